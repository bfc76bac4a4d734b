import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { augment, augmentation } from "../index.ts";
import { recoloured } from "./colour-jitter.ts";
import { cropped } from "./crop.ts";
import { flipped } from "./flip.ts";
import type { Sample, Step } from "./step.ts";
import { warped } from "./warp.ts";

const { colourJitter, flip, randomAffine, randomCrop, randomErasing, randomResizedCrop, rotate, zoom } =
  augment;

function picture(height: number, width: number, channels: number, seed = 1): Uint8Array {
  const random = createRandom(seed);
  return Uint8Array.from({ length: height * width * channels }, () => random.integer(256));
}
const sample = (height: number, width: number, channels: number): Sample => ({
  data: picture(height, width, channels),
  shape: [height, width, channels],
});
const asFloats = ({ data, shape }: Sample): Sample => ({
  data: Float32Array.from(data, (v) => v / 255),
  shape,
});
/** Runs one step with its random numbers of a row. */
const run = (step: Step, { data, shape }: Sample, seed = 1) =>
  augmentation([step]).apply(data, shape, createRandom(seed));

describe("flip", () => {
  test.each([
    [true, false],
    [false, true],
    [true, true],
  ])("horizontal %s, vertical %s: twice is the image itself, once is not", (horizontal, vertical) => {
    const image = sample(5, 7, 3);
    const once = flipped(image, horizontal, vertical);
    expect(once.data).not.toEqual(image.data);
    expect(flipped(once, horizontal, vertical)).toEqual(image);
  });

  test("pixels go where they belong", () => {
    const image = { data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3, 1] };
    expect([...flipped(image, true, false).data]).toEqual([3, 2, 1, 6, 5, 4]);
    expect([...flipped(image, false, true).data]).toEqual([4, 5, 6, 1, 2, 3]);
    const pixels = { data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [1, 2, 3] };
    expect([...flipped(pixels, true, false).data]).toEqual([4, 5, 6, 1, 2, 3]);
  });

  test("the share of images that are flipped is the one asked for, within 4 standard errors", () => {
    const image = { data: Uint8Array.of(1, 2), shape: [1, 2, 1] };
    let count = 0;
    for (let seed = 0; seed < 2000; seed++)
      if (run(flip({ horizontal: 0.3 }), image, seed).data[0] === 2) count++;
    expect(Math.abs(count / 2000 - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / 2000));
  });
});

describe("crops", () => {
  test("a part beyond the edges is filled", () => {
    const image = { data: Uint8Array.of(1, 2, 3, 4), shape: [2, 2, 1] };
    expect([...cropped(image, -1, -1, 3, 3, 9).data]).toEqual([9, 9, 9, 9, 1, 2, 9, 3, 4]);
    expect([...cropped(image, 1, 1, 2, 2, 9).data]).toEqual([4, 9, 9, 9]);
    expect([...cropped(image, 5, 5, 2, 2, 9).data]).toEqual([9, 9, 9, 9]);
    expect([...cropped(image, 0, -7, 1, 3, 9).data]).toEqual([9, 9, 9]);
  });

  test("padding 1 gives all nine shifts, each equally often within 5 standard errors", () => {
    const image = { data: Uint8Array.from({ length: 9 }, (_, i) => i + 1), shape: [3, 3, 1] };
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 1800; seed++) {
      const key = run(randomCrop({ padding: 1 }), image, seed).data.join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const shifts = [-1, 0, 1].flatMap((y) =>
      [-1, 0, 1].map((x) => cropped(image, y, x, 3, 3, 0).data.join()),
    );
    expect([...counts.keys()].sort()).toEqual(shifts.sort());
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(5 * Math.sqrt(200));
  });

  test("a smaller part without padding lies inside; a constant image stays constant", () => {
    const image = sample(6, 9, 3);
    const { data, shape } = run(randomCrop({ padding: 0, height: 4, width: 5 }), image);
    expect(shape).toEqual([4, 5, 3]);
    const places = Array.from({ length: 3 * 5 }, (_, i) =>
      cropped(image, Math.floor(i / 5), i % 5, 4, 5, 0).data.join(),
    );
    expect(places).toContain(data.join());
    const flat = { data: new Uint8Array(8 * 8 * 3).fill(77), shape: [8, 8, 3] };
    for (const step of [
      randomCrop({ padding: 0, height: 3, width: 2 }),
      randomResizedCrop({ height: 5, width: 11 }),
    ]) {
      for (let seed = 0; seed < 20; seed++)
        expect(new Set(run(step, flat, seed).data)).toEqual(new Set([77]));
    }
  });

  test("a part that is too large is told with its numbers", () => {
    expect(() => run(randomCrop({ padding: 1, height: 9 }), sample(6, 6, 1))).toThrow(
      "randomCrop takes 9 × 6 pixels, and the image has 6 × 6 with 1 of padding.",
    );
  });

  test("a resized part keeps to its range and its size, floats and bytes within half a level", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(1000),
        (height, width, seed) => {
          const image = sample(height, width, 3);
          const step = randomResizedCrop({ height: 4, width: 6, minArea: 0.1 });
          const bytes = run(step, image, seed);
          const floats = run(step, asFloats(image), seed);
          expect(bytes.shape).toEqual([4, 6, 3]);
          expect(bytes.data).toBeInstanceOf(Uint8Array);
          expect(floats.data).toBeInstanceOf(Float32Array);
          for (const [i, value] of floats.data.entries())
            expect(Math.abs(value * 255 - bytes.data[i]!)).toBeLessThan(0.51);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("the whole image at its own size is the image", () => {
    const image = sample(6, 6, 3);
    const whole = randomResizedCrop({ minArea: 1, maxArea: 1, minRatio: 1, maxRatio: 1 });
    expect(run(whole, image)).toEqual(image);
  });

  test("areas are spread over the range that is given", () => {
    // Columns of levels 0 … 63: the range of levels seen tells the width of the part.
    const size = 64;
    const image = {
      data: Float32Array.from({ length: size * size }, (_, i) => (i % size) / 63),
      shape: [size, size, 1],
    };
    const step = randomResizedCrop({
      height: size,
      width: size,
      minArea: 0.25,
      maxArea: 0.64,
      minRatio: 1,
      maxRatio: 1,
    });
    const widths = Array.from({ length: 100 }, (_, seed) => {
      const { data } = run(step, image, seed);
      return (data[size - 1]! - data[0]!) * 63 + 1;
    });
    expect(Math.min(...widths)).toBeGreaterThan(31);
    expect(Math.max(...widths)).toBeLessThan(53);
    expect(Math.max(...widths) - Math.min(...widths)).toBeGreaterThan(15);
  });
});

describe("turning and zooming", () => {
  const still = { degrees: 0, zoom: 1, right: 0, down: 0 };

  test("four quarters are the image itself, a quarter moves each pixel unchanged", () => {
    const image = sample(6, 6, 3);
    const quarter = warped(image, { ...still, degrees: 90 }, 0);
    for (let y = 0; y < 6; y++) {
      for (let x = 0; x < 6; x++) {
        // Anticlockwise: what was on the right is on top.
        const from = (x * 6 + (5 - y)) * 3;
        expect([...quarter.data.subarray((y * 6 + x) * 3, (y * 6 + x) * 3 + 3)]).toEqual([
          ...image.data.subarray(from, from + 3),
        ]);
      }
    }
    let turned = image;
    for (let k = 0; k < 4; k++) turned = warped(turned, { ...still, degrees: -90 }, 0);
    expect(turned).toEqual(image);
    expect(warped(image, { ...still, degrees: 180 }, 0)).toEqual(flipped(image, true, true));
    expect(warped(image, { ...still, degrees: 360 }, 0)).toEqual(image);
  });

  test("an image that is not square is turned by half a turn exactly, too", () => {
    const image = sample(4, 7, 1);
    expect(warped(image, { ...still, degrees: 180 }, 0)).toEqual(flipped(image, true, true));
  });

  test("shifts by whole pixels are crops, and half a pixel is the mean of two", () => {
    const image = sample(5, 5, 1);
    expect(warped(image, { ...still, right: 2, down: -1 }, 9)).toEqual(cropped(image, 1, -2, 5, 5, 9));
    const row = { data: Float32Array.of(0, 1, 0.5), shape: [1, 3, 1] };
    expect([...warped(row, { ...still, right: 0.5 }, 0).data]).toEqual([0, 0.5, 0.75]);
  });

  test("a constant image filled with its own level stays constant", () => {
    const flat = { data: new Uint8Array(7 * 9 * 3).fill(51), shape: [7, 9, 3] };
    for (let seed = 0; seed < 20; seed++) {
      for (const step of [
        rotate({ degrees: 180, fill: 0.2 }),
        zoom({ min: 0.5, max: 2, fill: 0.2 }),
        randomAffine({ degrees: 90, shift: 0.5, minZoom: 0.5, maxZoom: 2, fill: 0.2 }),
      ]) {
        expect(new Set(run(step, flat, seed).data)).toEqual(new Set([51]));
      }
    }
  });

  test("a shift moves what is seen by up to its share of each side, and fills the rest", () => {
    const white = { data: new Uint8Array(20 * 20).fill(255), shape: [20, 20, 1] };
    let widest = 0;
    for (let seed = 0; seed < 200; seed++) {
      const { data } = run(randomAffine({ degrees: 0, shift: 0.25, minZoom: 1, maxZoom: 1 }), white, seed);
      const black = Array.from({ length: 20 }, (_, x) => x).filter((x) => data[10 * 20 + x] === 0).length;
      widest = Math.max(widest, black);
    }
    // A quarter of 20 pixels; a pixel between both is grey.
    expect(widest).toBeGreaterThanOrEqual(3);
    expect(widest).toBeLessThanOrEqual(10);
  });

  test("zooming to twice the size shows the middle, and back loses only the rim", () => {
    const ramp = { data: Float32Array.from({ length: 9 }, (_, i) => i / 10), shape: [1, 9, 1] };
    const large = warped(ramp, { ...still, zoom: 2 }, 0);
    expect([...large.data].map((v) => Number(v.toFixed(5)))).toEqual([
      0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6,
    ]);
    const back = warped(large, { ...still, zoom: 0.5 }, 0);
    expect([...back.data.subarray(2, 7)].map((v) => Number(v.toFixed(5)))).toEqual([0.2, 0.3, 0.4, 0.5, 0.6]);
  });

  test("probability 0 and no range change nothing", () => {
    const image = sample(5, 5, 3);
    for (const step of [
      rotate({ probability: 0 }),
      zoom({ probability: 0 }),
      rotate({ degrees: 0 }),
      zoom({ min: 1, max: 1 }),
      randomAffine({ degrees: 0, shift: 0, minZoom: 1, maxZoom: 1 }),
    ]) {
      expect(run(step, image)).toEqual(image);
    }
  });
});

describe("colours", () => {
  const none = { brightness: 1, contrast: 1, saturation: 1 };

  test("factors of 1 change nothing", () => {
    const image = sample(5, 6, 3);
    expect(recoloured(image, none)).toEqual(image);
    expect(run(colourJitter({ brightness: 0, contrast: 0, saturation: 0 }), image)).toEqual(image);
  });

  test("brightness multiplies, contrast 0 is one grey, saturation 0 is the grey picture", () => {
    const image = { data: Uint8Array.of(10, 20, 30, 200, 100, 0), shape: [1, 2, 3] };
    expect([...recoloured(image, { ...none, brightness: 1.5 }).data]).toEqual([15, 30, 45, 255, 150, 0]);
    const greys = [0.299 * 10 + 0.587 * 20 + 0.114 * 30, 0.299 * 200 + 0.587 * 100];
    const flat = recoloured(image, { ...none, contrast: 0 });
    expect(new Set(flat.data)).toEqual(new Set([Math.round((greys[0]! + greys[1]!) / 2)]));
    const grey = recoloured(image, { ...none, saturation: 0 });
    expect([...grey.data]).toEqual(
      greys.flatMap((level) => [Math.round(level), Math.round(level), Math.round(level)]),
    );
  });

  test("floats and bytes agree within half a level, and stay in their range", () => {
    const image = sample(6, 6, 3);
    for (let seed = 0; seed < 20; seed++) {
      const step = colourJitter({ brightness: 0.9, contrast: 0.9, saturation: 1 });
      const bytes = run(step, image, seed);
      const floats = run(step, asFloats(image), seed);
      for (const [i, value] of floats.data.entries()) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        expect(Math.abs(value * 255 - bytes.data[i]!)).toBeLessThan(0.51);
      }
    }
  });

  test("a grey image keeps its one channel; other numbers of channels are refused", () => {
    expect(run(colourJitter(), sample(4, 4, 1)).shape).toEqual([4, 4, 1]);
    expect(() => run(colourJitter(), sample(4, 4, 4))).toThrow("1 or 3 channels, and was given 4");
  });
});

describe("randomErasing", () => {
  test("what changes is one rectangle of the area that is asked for", () => {
    const [height, width] = [40, 60];
    const image = { data: new Uint8Array(height * width * 3).fill(10), shape: [height, width, 3] };
    const step = randomErasing({ probability: 1, minArea: 0.1, maxArea: 0.2, with: "level", level: 1 });
    for (let seed = 0; seed < 30; seed++) {
      const { data } = run(step, image, seed);
      const changed = Array.from({ length: height * width }, (_, i) => i).filter((i) => data[3 * i] === 255);
      const rows = changed.map((i) => Math.floor(i / width));
      const columns = changed.map((i) => i % width);
      const box =
        (Math.max(...rows) - Math.min(...rows) + 1) * (Math.max(...columns) - Math.min(...columns) + 1);
      expect(box).toBe(changed.length);
      expect(changed.length / (height * width)).toBeGreaterThan(0.09);
      expect(changed.length / (height * width)).toBeLessThan(0.21);
      expect(data.filter((value) => value === 255).length).toBe(3 * changed.length);
    }
  });

  test("noise differs from pixel to pixel and fills the range; images that are spared stay", () => {
    const image = { data: new Float32Array(30 * 30).fill(2), shape: [30, 30, 1] };
    const step = randomErasing({ probability: 1, minArea: 0.3, maxArea: 0.3 });
    const noise = [...run(step, image).data].filter((value) => value !== 2);
    expect(noise.length).toBeGreaterThan(200);
    expect(Math.min(...noise)).toBeLessThan(0.1);
    expect(Math.max(...noise)).toBeGreaterThan(0.9);
    expect(run(randomErasing({ probability: 0 }), image)).toEqual(image);
  });
});
