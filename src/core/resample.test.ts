import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { resample } from "./resample.ts";

interface Case {
  readonly from: number;
  readonly to: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
}
const golden = JSON.parse(readFileSync(new URL("../../test/golden/media.json", import.meta.url), "utf8")) as {
  readonly resample: readonly Case[];
};

function sine(frequency: number, rate: number, seconds: number): Float32Array {
  return Float32Array.from({ length: rate * seconds }, (_, i) =>
    Math.sin((2 * Math.PI * frequency * i) / rate),
  );
}

/** Root mean square of the middle, where no end is felt. */
function level(samples: Float32Array, of: (i: number) => number = () => 0): number {
  const [start, end] = [Math.floor(samples.length * 0.25), Math.floor(samples.length * 0.75)];
  let sum = 0;
  for (let i = start; i < end; i++) sum += (samples[i]! - of(i)) ** 2;
  return Math.sqrt(sum / (end - start));
}

describe("resample", () => {
  test.each(golden.resample)(
    "$from to $to Hz as SciPy's resample_poly with this filter, 1e-6",
    ({ from, to, x, y }) => {
      const got = resample(Float32Array.from(x), from, to);
      expect(got.length).toBe(y.length);
      for (const [i, value] of y.entries()) expect(Math.abs(got[i]! - value)).toBeLessThan(1e-6);
    },
  );

  const rates = [
    [44_100, 16_000],
    [48_000, 16_000],
    [8000, 16_000],
    [22_050, 16_000],
    [16_000, 44_100],
    [11_025, 8000],
    [44_099, 16_000],
  ] as const;

  test.each(rates)(
    "%i to %i Hz: sines up to 0.9 of the lower half are the same sines, within 0.001",
    (from, to) => {
      for (const share of [0.01, 0.3, 0.7, 0.9]) {
        const frequency = share * (Math.min(from, to) / 2);
        const got = resample(sine(frequency, from, 0.25), from, to);
        const off = level(got, (i) => Math.sin((2 * Math.PI * frequency * i) / to));
        expect(off / Math.SQRT1_2, `${frequency} Hz`).toBeLessThan(1e-3);
      }
    },
  );

  test.each([
    [44_100, 16_000],
    [48_000, 16_000],
    [22_050, 16_000],
    [44_099, 16_000],
  ])("%i to %i Hz: what the new rate cannot hold stays under −85 dB", (from, to) => {
    for (const frequency of [to / 2 + 1, 0.55 * to, from * 0.4, from * 0.49].filter((f) => f > to / 2)) {
      const got = resample(sine(frequency, from, 0.25), from, to);
      expect(20 * Math.log10(level(got) / Math.SQRT1_2), `${frequency} Hz`).toBeLessThan(-85);
    }
  });

  test("nothing is mirrored into the new half where the rate rises, −85 dB", () => {
    const got = resample(sine(3000, 8000, 0.25), 8000, 48_000);
    // The mirror of 3000 Hz at 8000 Hz is 5000 Hz: its share in the answer.
    let [real, imaginary] = [0, 0];
    const middle = got.subarray(got.length / 4, (3 * got.length) / 4);
    for (const [i, value] of middle.entries()) {
      const window = Math.sin((Math.PI * (i + 0.5)) / middle.length) ** 4;
      real += window * value * Math.cos((2 * Math.PI * 5000 * i) / 48_000);
      imaginary += window * value * Math.sin((2 * Math.PI * 5000 * i) / 48_000);
    }
    const amplitude = (Math.hypot(real, imaginary) / (0.375 * middle.length)) * 2;
    expect(20 * Math.log10(amplitude)).toBeLessThan(-85);
  });

  test("a constant stays itself away from the ends, and the length is the time's", () => {
    const got = resample(new Float32Array(4410).fill(0.5), 44_100, 16_000);
    expect(got.length).toBe(1600);
    for (let i = 200; i < 1400; i++) expect(got[i]).toBeCloseTo(0.5, 6);
  });

  test("the same rate copies; nothing, one sample and rates without a common divisor are taken", () => {
    const x = Float32Array.of(0.1, -0.2, 0.3);
    const same = resample(x, 8000, 8000);
    expect(same).toEqual(x);
    expect(same.buffer).not.toBe(x.buffer);
    expect(resample(new Float32Array(0), 8000, 16_000).length).toBe(0);
    expect(resample(Float32Array.of(1), 3, 7).length).toBe(3);
    expect(resample(new Float32Array(1000).fill(0.25), 99_991, 997).length).toBe(10);
  });

  test.each([
    [0, 8000],
    [8000, -1],
    [8000.5, 16_000],
    [8000, Number.NaN],
    [2_000_000, 8000],
    [1, 16_000],
    [960_000, 1000],
  ])("rates %f and %f are refused", (from, to) => {
    expect(() => resample(new Float32Array(3), from, to)).toThrow("[PARAMETER_RANGE]");
  });
});
