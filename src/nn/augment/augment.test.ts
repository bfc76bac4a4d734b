/** Changes of sound and spectrograms: what each does to rows of which the answer is known, and what it leaves alone. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import * as nn from "../index.ts";

const noise = (length: number, seed: number): Float32Array => {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => random.normal());
};
const changed = (change: nn.Augment, row: Float32Array, seed = 1): Float32Array => {
  const copy = row.slice();
  change(copy, createRandom(seed));
  return copy;
};
const power = (row: Float32Array): number => row.reduce((sum, x) => sum + x * x, 0) / row.length;
const seeds = Array.from({ length: 40 }, (_, seed) => seed);

describe("samples", () => {
  test("shiftTime moves within its reach and brings silence in", () => {
    const row = Float32Array.from({ length: 20 }, (_, i) => i + 1);
    const moves = new Set<number>();
    for (const seed of seeds) {
      const after = changed(nn.shiftTime(3), row, seed);
      const by = [-3, -2, -1, 0, 1, 2, 3].find((move) => after.every((x, i) => x === (row[i - move] ?? 0)));
      expect(by).toBeDefined();
      moves.add(by!);
    }
    expect(moves.size).toBe(7);
  });

  test("gain scales power by its decibels (relative 1e-5)", () => {
    const row = noise(500, 2);
    expect(power(changed(nn.gain([-20, -20]), row)) / power(row)).toBeCloseTo(0.01, 7);
  });

  test("addNoise adds power by its ratio (within a tenth)", () => {
    const row = Float32Array.from({ length: 20_000 }, (_, i) => Math.sin(i / 5));
    const after = changed(nn.addNoise([10, 10]), row);
    const added = after.map((x, i) => x - row[i]!);
    expect(Math.abs((10 * power(added)) / power(row) - 1)).toBeLessThan(0.1);
    expect(changed(nn.addNoise([0, 0]), new Float32Array(5))).toEqual(new Float32Array(5));
  });

  test("changeSpeed makes a tone higher: its zero crossings by the factor (within 3 %)", () => {
    const tone = Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i / 9));
    const crossings = (row: Float32Array): number =>
      row.reduce((sum, x, i) => sum + (i > 0 && x * row[i - 1]! < 0 ? 1 : 0), 0);
    const before = crossings(tone);
    expect(Math.abs(crossings(changed(nn.changeSpeed([0.8, 0.8]), tone)) / before / 0.8 - 1)).toBeLessThan(
      0.03,
    );
    const fast = changed(nn.changeSpeed([2, 2]), tone);
    // Twice as fast takes the middle half: as many crossings, silence on both sides.
    expect(Math.abs(crossings(fast) / before - 1)).toBeLessThan(0.03);
    expect(fast.subarray(0, 990).every((x) => x === 0)).toBe(true);
    expect(changed(nn.changeSpeed([1, 1]), tone)).toEqual(tone);
  });
});

describe("spectrograms", () => {
  const bands = 10;
  const frames = 12;
  const row = noise(bands * frames, 3);

  test("masks hide one run of bands or frames, up to the longest", () => {
    const lengths = { bands: new Set<number>(), frames: new Set<number>() };
    for (const seed of seeds) {
      const hidden = [nn.maskFrequency, nn.maskTime].map((mask) =>
        changed(mask({ bands, most: 4, fill: 9 }), row, seed),
      ) as [Float32Array, Float32Array];
      for (const after of hidden) for (const [i, x] of after.entries()) if (x !== 9) expect(x).toBe(row[i]);
      const inBands = Array.from({ length: bands }, (_, band) =>
        hidden[0].subarray(band * frames, (band + 1) * frames).every((x) => x === 9),
      );
      const inFrames = Array.from({ length: frames }, (_, frame) =>
        Array.from({ length: bands }, (_, band) => hidden[1][band * frames + frame]).every((x) => x === 9),
      );
      for (const [name, found, after] of [
        ["bands", inBands, hidden[0]],
        ["frames", inFrames, hidden[1]],
      ] as const) {
        const count = found.filter(Boolean).length;
        lengths[name].add(count);
        // One run: its ends are as far apart as it is long; nothing else is hidden.
        if (count > 0) expect(found.lastIndexOf(true) - found.indexOf(true) + 1).toBe(count);
        expect(after.filter((x) => x === 9)).toHaveLength(count * (name === "bands" ? frames : bands));
      }
    }
    expect([...lengths.bands].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
    expect([...lengths.frames].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  });

  test("warp by 1 changes nothing; planes stay planes inside (1e-5)", () => {
    expect(changed(nn.warp({ bands }), row)).toEqual(row);
    const plane = Float32Array.from(
      { length: bands * frames },
      (_, i) => Math.floor(i / frames) + 0.1 * (i % frames),
    );
    const after = changed(nn.warp({ bands, frequency: [1.25, 1.25], time: [2, 2] }), plane);
    const middle = (frames - 1) / 2;
    for (let band = 0; band < bands; band++)
      for (let frame = 0; frame < frames; frame++) {
        const wanted = band / 1.25 + 0.1 * (middle + (frame - middle) / 2);
        expect(Math.abs(after[band * frames + frame]! - wanted)).toBeLessThan(1e-5);
      }
  });

  test("warp moves frames, and the rim goes on", () => {
    const ramp = Float32Array.from({ length: frames }, (_, i) => i);
    const after = changed(nn.warp({ bands: 1, shift: 4 }), ramp, 5);
    const by = ramp[6]! - after[6]!;
    expect(Math.abs(by)).toBeGreaterThan(0.1);
    for (const [i, x] of after.entries())
      expect(Math.abs(x - Math.min(frames - 1, Math.max(0, i - by)))).toBeLessThan(1e-5);
  });

  test("tilt adds a line over the bands, the same in each frame (1e-5)", () => {
    const after = changed(nn.tilt({ bands, most: 2 }), row, 7);
    const added = Array.from({ length: bands }, (_, band) => after[band * frames]! - row[band * frames]!);
    const step = added[1]! - added[0]!;
    expect(Math.abs(step)).toBeGreaterThan(1e-3);
    expect(Math.max(...added.map(Math.abs))).toBeLessThan(2);
    for (const [i, x] of after.entries()) {
      const band = Math.floor(i / frames);
      expect(Math.abs(x - row[i]! - (added[0]! + band * step))).toBeLessThan(1e-5);
    }
  });
});

describe("together", () => {
  test("sometimes changes its share of rows (0.3 ± 0.1 of 400)", () => {
    const row = new Float32Array([1]);
    const change = nn.sometimes(0.3, (cells) => void (cells[0] = 2));
    const share = Array.from({ length: 400 }, (_, seed) => changed(change, row, seed)[0] === 2).filter(
      Boolean,
    ).length;
    expect(Math.abs(share / 400 - 0.3)).toBeLessThan(0.1);
  });

  test("inTurn applies all, each with draws of its own, the same for the same seed", () => {
    const row = noise(30, 1);
    const both = nn.inTurn(nn.gain([6, 12]), nn.shiftTime(4));
    expect(changed(both, row, 3)).toEqual(changed(both, row, 3));
    expect(changed(both, row, 4)).not.toEqual(changed(both, row, 3));
  });

  test("rows of whole numbers are refused", () => {
    expect(() => nn.gain([1, 1])(new Int32Array(4), createRandom(1))).toThrow(
      expect.objectContaining({ code: "DTYPE_MISMATCH", message: expect.stringContaining("Int32Array") }),
    );
  });

  test.each([
    { name: "changeSpeed from 0", make: () => nn.changeSpeed([0, 1]) },
    { name: "gain backwards", make: () => nn.gain([3, -3]) },
    { name: "a share of 2", make: () => nn.sometimes(2, nn.gain([0, 1])) },
    { name: "half a band", make: () => nn.maskTime({ bands: 0.5, most: 2 }) },
    { name: "a tilt below 0", make: () => nn.tilt({ bands: 4, most: -1 }) },
    { name: "a shift below 0", make: () => nn.warp({ bands: 4, shift: -1 }) },
  ])("refuses $name", ({ make }) => {
    expect(make).toThrow(expect.objectContaining({ code: "PARAMETER_RANGE" }));
  });
});
