import { afterAll, describe, expect, test } from "vitest";
import { evaluate, plain } from "../../../test/evaluate.ts";
import { createRandom, MillwrightError } from "../../core/index.ts";
import { releaseIdleSessions } from "../../runtime/index.ts";
import { gradient } from "../gradient.ts";
import type { Dim, Value } from "../types.ts";
import { constant, input } from "../value.ts";
import * as ops from "./index.ts";

afterAll(releaseIdleSessions);

const random = createRandom(9);
const numbers = (count: number): number[] => Array.from({ length: count }, () => random.normal());
const f64 = (shape: readonly number[], data: readonly number[]): Value =>
  constant({ dtype: "float64", shape, data: Float64Array.from(data) });

/** The definition, pair by pair: [re, im] of each frequency. */
function slowDft(re: readonly number[], im: readonly number[], sign = -1): number[][] {
  return re.map((_, k) => {
    const angles = re.map((_value, n) => (sign * 2 * Math.PI * k * n) / re.length);
    const sum = (f: (n: number) => number): number => angles.reduce((total, _angle, n) => total + f(n), 0);
    return [
      sum((n) => re[n]! * Math.cos(angles[n]!) - im[n]! * Math.sin(angles[n]!)),
      sum((n) => re[n]! * Math.sin(angles[n]!) + im[n]! * Math.cos(angles[n]!)),
    ];
  });
}

async function expectClose(y: Value, shape: readonly number[], wanted: readonly number[]): Promise<void> {
  const [found] = await evaluate(y);
  expect(found!.shape).toEqual(shape);
  expect(y.shape.map((dim, i) => (typeof dim === "number" ? dim : shape[i]))).toEqual(shape);
  plain(found!).forEach((value, i) =>
    expect(Math.abs(Number(value) - wanted[i]!), `element ${i}`).toBeLessThan(1e-7),
  );
}

describe("windows equal their formulas (1e-7)", () => {
  const [a, b] = [25 / 46, 21 / 46];
  test.each<[string, typeof ops.hannWindow, (angle: number) => number]>([
    ["hannWindow", ops.hannWindow, (t) => 0.5 - 0.5 * Math.cos(t)],
    ["hammingWindow", ops.hammingWindow, (t) => a - b * Math.cos(t)],
    ["blackmanWindow", ops.blackmanWindow, (t) => 0.42 - 0.5 * Math.cos(t) + 0.08 * Math.cos(2 * t)],
  ])("%s", async (_name, make, formula) => {
    for (const periodic of [true, false]) {
      const wanted = Array.from({ length: 7 }, (_, n) => formula((2 * Math.PI * n) / (periodic ? 7 : 6)));
      await expectClose(make(7, { periodic, dtype: "float64" }), [7], wanted);
    }
  });
});

describe("Fourier transforms equal their definition (1e-7)", () => {
  const [re, im] = [numbers(6), numbers(6)];
  const complex = re.flatMap((value, i) => [value, im[i]!]);
  test("of complex numbers", () =>
    expectClose(ops.dft(f64([1, 6, 2], complex)), [1, 6, 2], slowDft(re, im).flat()));
  test("of real numbers, half", () =>
    expectClose(
      ops.dft(f64([1, 6, 1], re), { onesided: true }),
      [1, 4, 2],
      slowDft(
        re,
        re.map(() => 0),
      )
        .slice(0, 4)
        .flat(),
    ));
  test("back again", () =>
    expectClose(
      ops.dft(f64([1, 6, 2], complex), { inverse: true }),
      [1, 6, 2],
      slowDft(re, im, 1)
        .flat()
        .map((value) => value / 6),
    ));
  test("along another axis, filled with zeros", () => {
    const long = [...re, 0, 0];
    return expectClose(
      ops.dft(f64([6, 1, 1], re), { axis: 0, length: 8 }),
      [8, 1, 2],
      slowDft(
        long,
        long.map(() => 0),
      ).flat(),
    );
  });
  test("frame by frame, with a window", () => {
    const signal = numbers(20);
    const factors = Array.from({ length: 8 }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / 8));
    const frames = [0, 5, 10].map((start) => factors.map((factor, n) => factor * signal[start + n]!));
    const zero = factors.map(() => 0);
    return expectClose(
      ops.stft(f64([1, 20], signal), { frameStep: 5, window: ops.hannWindow(8, { dtype: "float64" }) }),
      [1, 3, 5, 2],
      frames.flatMap((frame) => slowDft(frame, zero).slice(0, 5).flat()),
    );
  });
  test("frame by frame, both sides, without a window", () => {
    const signal = numbers(9);
    const frames = [0, 4].map((start) => signal.slice(start, start + 4));
    return expectClose(
      ops.stft(f64([1, 9, 1], signal), { frameStep: 4, frameLength: 4, onesided: false }),
      [1, 2, 4, 2],
      frames.flatMap((frame) => slowDft(frame, [0, 0, 0, 0]).flat()),
    );
  });
});

test("melWeightMatrix: triangles between the edges that the mel scale gives (1e-7)", async () => {
  const [bins, dftLength, sampleRate, low, high] = [5, 64, 8000, 100, 3800];
  const mel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
  const hertz = (value: number): number => 700 * (10 ** (value / 2595) - 1);
  const step = (mel(high) - mel(low)) / (bins + 2);
  const edges = Array.from({ length: bins + 2 }, (_, i) =>
    Math.floor(((dftLength + 1) * hertz(mel(low) + step * i)) / sampleRate),
  );
  const wanted = Array.from({ length: dftLength / 2 + 1 }, (_, k) =>
    Array.from({ length: bins }, (_filter, i) => {
      const [left, middle, right] = edges.slice(i, i + 3) as [number, number, number];
      if (k >= left && k <= middle) return middle === left ? 1 : (k - left) / (middle - left);
      return k > middle && k < right ? (right - k) / (right - middle) : 0;
    }),
  );
  await expectClose(
    ops.melWeightMatrix({ bins, dftLength, sampleRate, low, high, dtype: "float64" }),
    [33, 5],
    wanted.flat(),
  );
});

test("a gradient that needs sizes, or by a window, is refused", () => {
  const open = input("x", "float32", [1, "samples"]);
  const fixed = input("x", "float32", [1, 8]);
  const window = input("window", "float32", [4]);
  const spectrum = input("x", "float32", [1, 5, 2]);
  const half = ops.dft(spectrum, { inverse: true, onesided: true });
  const lossOf = (y: Value): Value => ops.reduceSum(ops.mul(y, y));
  expect(() => gradient(lossOf(ops.stft(open, { frameStep: 2, frameLength: 4 })), [open])).toThrow(
    /stft has no gradient where the number of samples/,
  );
  expect(() => gradient(lossOf(ops.stft(fixed, { frameStep: 2, window })), [window])).toThrow(
    /by its window/,
  );
  expect(() => gradient(lossOf(half), [spectrum])).toThrow(/half a spectrum/);
});

describe("sizes and refusals", () => {
  const of = (...shape: Dim[]): Value => input("x", "float32", shape);
  test.each<[string, () => Value, Dim[]]>([
    [
      "stft of any length",
      () => ops.stft(of("batch", "samples"), { frameStep: 4, frameLength: 16 }),
      ["batch", "?", 9, 2],
    ],
    [
      "stft of one second",
      () => ops.stft(of("batch", 8000), { frameStep: 80, frameLength: 200 }),
      ["batch", 98, 101, 2],
    ],
    ["dft of any length", () => ops.dft(of("batch", "n", 1)), ["batch", "n", 2]],
    ["dft to a length", () => ops.dft(of("batch", "n", 1), { length: 16, onesided: true }), ["batch", 9, 2]],
    [
      "a window whose size is only known when the graph runs",
      () => ops.hannWindow(input("n", "int64", [])),
      ["?"],
    ],
  ])("%s", (_name, make, wanted) => expect(make().shape).toEqual(wanted));

  test.each<[string, () => Value, RegExp]>([
    [
      "a frame longer than the signal",
      () => ops.stft(of(1, 8), { frameStep: 4, frameLength: 9 }),
      /frames of 9 from 8/,
    ],
    ["no frame", () => ops.stft(of(1, 8), { frameStep: 4 }), /no window and no length/],
    ["a step of 0", () => ops.stft(of(1, 8), { frameStep: 0, frameLength: 4 }), /step of 0/],
    ["a last dimension of 3", () => ops.dft(of(1, 8, 3)), /last dimension of 1/],
    ["along the parts", () => ops.dft(of(1, 8, 2), { axis: -1 }), /real and imaginary/],
  ])("%s", (_name, make, words) => {
    expect(make).toThrow(MillwrightError);
    expect(make).toThrow(words);
  });
});
