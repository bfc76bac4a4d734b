/** Changes of pictures, against what can be said of each without doing it. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { erase, flip, inTurn, light, move, sometimes } from "./index.ts";
import type { Augment } from "../training/loader.ts";

const shape = { height: 6, width: 9, channels: 3 };
const length = 6 * 9 * 3;
const noise = (seed: number): Uint8Array => {
  const random = createRandom(seed);
  return Uint8Array.from({ length }, () => random.integer(256));
};
const changed = (change: Augment, pixels: Uint8Array, seed = 1): Uint8Array => {
  const row = pixels.slice();
  change(row, createRandom(seed));
  return row;
};
const at = (pixels: Uint8Array, x: number, y: number, c: number): number => pixels[(y * 9 + x) * 3 + c]!;

describe("flip", () => {
  test("mirrors each line, and twice is nothing", () => {
    const pixels = noise(1);
    const mirrored = changed(flip(shape), pixels);
    for (let y = 0; y < 6; y++)
      for (let x = 0; x < 9; x++)
        for (let c = 0; c < 3; c++) expect(at(mirrored, x, y, c)).toBe(at(pixels, 8 - x, y, c));
    expect(changed(flip(shape), mirrored)).toEqual(pixels);
  });
});

describe("move", () => {
  test("without a range it is nothing", () => {
    expect(changed(move(shape, {}), noise(2))).toEqual(noise(2));
  });

  test("half a turn about the middle reverses the pixels", () => {
    // A draw of exactly one end: a generator that always gives 1.
    const end = { ...createRandom(1), next: () => 1 } as ReturnType<typeof createRandom>;
    const pixels = noise(3);
    const row = pixels.slice();
    move(shape, { degrees: 180 })(row, end);
    for (let y = 0; y < 6; y++)
      for (let x = 0; x < 9; x++) expect(at(row, x, y, 1)).toBe(at(pixels, 8 - x, 5 - y, 1));
  });

  test("a shift by whole pixels copies them, and the rim goes on", () => {
    const end = { ...createRandom(1), next: () => 1 } as ReturnType<typeof createRandom>;
    const pixels = noise(4);
    const row = pixels.slice();
    // Two ninths of 9 are two pixels across; a plain picture stays plain whatever comes down.
    move({ ...shape, height: 1, width: 54 }, { shift: 2 / 54 })(row, end);
    const line = (from: Uint8Array, x: number): number => from[3 * x]!;
    for (let x = 2; x < 54; x++) expect(line(row, x)).toBe(line(pixels, x - 2));
    expect([line(row, 0), line(row, 1)]).toEqual([line(pixels, 0), line(pixels, 0)]);
  });

  test("zoom keeps the middle and a plain picture plain", () => {
    const plain = new Uint8Array(length).fill(77);
    expect(changed(move(shape, { zoom: [0.5, 2], degrees: 30, shift: 0.2 }), plain)).toEqual(plain);
    const odd = { height: 5, width: 5, channels: 1 };
    const dot = new Uint8Array(25);
    dot[12] = 200;
    expect(changed(move(odd, { zoom: [3, 3] }), dot)[12]).toBe(200);
  });
});

describe("light", () => {
  test("moves the mean by the brightness, and the deviation by the contrast", () => {
    const pixels = noise(5).map((level) => 100 + (level >> 3));
    const mean = (of: Uint8Array): number => of.reduce((a, b) => a + b, 0) / of.length;
    const end = { ...createRandom(1), next: () => 1 } as ReturnType<typeof createRandom>;
    const brighter = pixels.slice();
    light(shape, { brightness: 0.2 })(brighter, end);
    expect(mean(brighter) - mean(pixels)).toBeCloseTo(51, 6);
    const steeper = pixels.slice();
    light(shape, { contrast: [2, 2] })(steeper, end);
    steeper.forEach((level, i) =>
      expect(Math.abs(level - (mean(pixels) + 2 * (pixels[i]! - mean(pixels))))).toBeLessThan(0.51),
    );
    const grey = pixels.slice();
    light(shape, { colour: [0, 0] })(grey, end);
    for (let i = 0; i < length; i += 3) expect(grey[i]).toBe(grey[i + 2]);
  });

  test("stays within 0 … 255", () => {
    const row = changed(light(shape, { brightness: 1, contrast: [5, 5] }), noise(6), 3);
    expect(row.some((level) => level === 0 || level === 255)).toBe(true);
  });
});

describe("erase", () => {
  test.each([1, 2, 3, 4, 5])("hides one box of about the share, seed %i", (seed) => {
    const big = { height: 40, width: 40, channels: 1 };
    const row = changed(erase(big, [0.1, 0.1]), new Uint8Array(1600), seed);
    const hidden = [...row.keys()].filter((i) => row[i] === 128);
    const xs = hidden.map((i) => i % 40);
    const ys = hidden.map((i) => Math.floor(i / 40));
    const box = (Math.max(...xs) - Math.min(...xs) + 1) * (Math.max(...ys) - Math.min(...ys) + 1);
    expect(hidden.length).toBe(box);
    expect(Math.abs(box - 160)).toBeLessThan(25);
    expect(row.every((level) => level === 0 || level === 128)).toBe(true);
  });
});

test("what is drawn depends on the row's generator alone", () => {
  const all = inTurn(
    sometimes(0.5, flip(shape)),
    move(shape, { shift: 0.2, zoom: [0.8, 1.2], degrees: 15 }),
    light(shape, { brightness: 0.2, contrast: [0.7, 1.3], colour: [0.5, 1.5] }),
    erase(shape),
  );
  const one = changed(all, noise(7), 9);
  changed(all, noise(8), 10);
  expect(changed(all, noise(7), 9)).toEqual(one);
  expect(changed(all, noise(7), 11)).not.toEqual(one);
});

test("ranges that mean nothing are refused", () => {
  expect(() => move(shape, { zoom: [0, 1] })).toThrow(/range/);
  expect(() => move(shape, { shift: -1 })).toThrow(/range/);
  expect(() => erase(shape, [0.1, 2])).toThrow(/share of 2/);
});
