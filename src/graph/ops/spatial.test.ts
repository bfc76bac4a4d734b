import { afterAll, describe, expect, test } from "vitest";
import { evaluate, plain } from "../../../test/evaluate.ts";
import { checkGoldenLayer, goldenLayers } from "../../../test/golden-layers.ts";
import { createRandom, MillwrightError } from "../../core/index.ts";
import { releaseIdleSessions } from "../../runtime/index.ts";
import { apply } from "../definition.ts";
import { gradient } from "../gradient.ts";
import type { Dim, Value } from "../types.ts";
import { constant, input } from "../value.ts";
import { convolutionOps } from "./convolution.ts";
import * as ops from "./index.ts";

afterAll(releaseIdleSessions);

const f32 = (shape: readonly number[], ...data: number[]): Value =>
  constant({ dtype: "float32", shape, data: Float32Array.from(data) });
/** A picture of one channel. */
const picture = (...rows: number[][]): Value => f32([1, 1, rows.length, rows[0]!.length], ...rows.flat());
const of = (...shape: Dim[]): Value => input("x", "float32", shape);

function errorOf(run: () => unknown): [string, string] {
  try {
    run();
  } catch (error) {
    if (error instanceof MillwrightError) return [error.code, error.what];
    throw error;
  }
  return ["no error", ""];
}

/** Our function for each of PyTorch's. Ties are part of the pools' cases. */
const ofTorch: Readonly<Record<string, (...x: Value[]) => Value>> = {
  conv1d: (x, w, b) => ops.conv(x!, w!, b, { pads: 1 }),
  conv2d: (x, w, b) => ops.conv(x!, w!, b, { pads: 1 }),
  "conv2d of pixels": (x, w, b) => ops.conv(x!, w!, b, { strides: 2, pads: 2 }),
  "conv2d by strides and dilations": (x, w, b) =>
    ops.conv(x!, w!, b, { strides: [2, 1], dilations: [1, 2], pads: [1, 0, 1, 0] }),
  "conv2d in groups": (x, w, b) => ops.conv(x!, w!, b, { groups: 2, pads: 1 }),
  "conv2d by depth": (x, w, b) => ops.conv(x!, w!, b, { groups: 4, strides: 2, pads: 1 }),
  "conv2d of 1": (x, w, b) => ops.conv(x!, w!, b),
  conv3d: (x, w, b) => ops.conv(x!, w!, b, { pads: 1 }),
  conv_transpose1d: (x, w, b) => ops.convTranspose(x!, w!, b, { strides: 2, pads: 1 }),
  conv_transpose2d: (x, w, b) => ops.convTranspose(x!, w!, b, { strides: 2, pads: 1, outputPadding: 1 }),
  "conv_transpose2d in groups": (x, w, b) => ops.convTranspose(x!, w!, b, { strides: 2, groups: 2 }),
  max_pool1d: (x) => ops.maxPool(x!, 3, { strides: 2, pads: 1 }),
  max_pool2d: (x) => ops.maxPool(x!, 2),
  "max_pool2d overlapping": (x) => ops.maxPool(x!, 3, { strides: 2, pads: 1 }),
  "max_pool2d in ceil mode": (x) => ops.maxPool(x!, 3, { strides: 2, ceilMode: true }),
  "max_pool2d with dilations": (x) => ops.maxPool(x!, 2, { strides: 1, dilations: [2, 3] }),
  max_pool3d: (x) => ops.maxPool(x!, 2),
  "max_pool2d after relu": (x) => ops.maxPool(ops.relu(x!), 2),
  "relu after max_pool2d": (x) => ops.relu(ops.maxPool(x!, 2)),
  adaptive_max_pool2d: (x) => ops.globalMaxPool(x!),
  adaptive_avg_pool2d: (x) => ops.globalAveragePool(x!),
  avg_pool2d: (x) => ops.averagePool(x!, 2),
  "avg_pool2d without padding": (x) => ops.averagePool(x!, 3, { strides: 2, pads: 1 }),
  "avg_pool2d with padding in ceil mode": (x) =>
    ops.averagePool(x!, 3, { strides: 2, pads: 1, ceilMode: true, countPadding: true }),
  lp_pool2d: (x) => ops.lpPool(x!, 3, { strides: 2 }),
  "lp_pool2d over all": (x) => ops.globalLpPool(x!),
  local_response_norm: (x) => ops.localResponseNormalization(x!, { size: 3, alpha: 0.8, bias: 1.5 }),
  nearest: (x) => ops.resize(x!, { scales: 2 }),
  "nearest to a size": (x) => ops.resize(x!, { sizes: [5, 3] }),
  bilinear: (x) => ops.resize(x!, { scales: 2, mode: "linear" }),
  "bilinear to a size": (x) => ops.resize(x!, { sizes: [5, 3], mode: "linear" }),
  "bilinear with corners": (x) =>
    ops.resize(x!, { sizes: [5, 3], mode: "linear", coordinates: "align_corners" }),
  bicubic: (x) => ops.resize(x!, { scales: 2, mode: "cubic" }),
  pixel_shuffle: (x) => ops.depthToSpace(x!, 2, { mode: "CRD" }),
  "pad by reflection": (x) => ops.pad(x!, [0, 0, 1, 2, 0, 0, 2, 1], { mode: "reflect" }),
  "pad by the edge": (x) => ops.pad(x!, [0, 0, 1, 2, 0, 0, 2, 1], { mode: "edge" }),
  "pad around": (x) => ops.pad(x!, [0, 0, 1, 2, 0, 0, 2, 1], { mode: "wrap" }),
};

describe("answers and gradients are PyTorch's (2e-5 in float32)", () => {
  test.each(goldenLayers(...Object.keys(ofTorch)))("%s", async (_title, layer) =>
    checkGoldenLayer(layer, ofTorch[layer.name]!, "float32"),
  );

  test("every function has its case", () =>
    expect(goldenLayers(...Object.keys(ofTorch)).length).toBe(Object.keys(ofTorch).length));
});

describe("pictures of bytes", () => {
  const random = createRandom(5);
  const bytes = (...shape: number[]): Value => {
    const length = shape.reduce((a, b) => a * b, 1);
    return constant({ dtype: "uint8", shape, data: Uint8Array.from({ length }, () => random.integer(256)) });
  };

  test.each([1, 3])("of %i channels stay as they are in their own size", async (channels) => {
    const x = bytes(2, 7, 5, channels);
    const [y] = await evaluate(ops.resizePictures(x, 7, 5));
    expect(y).toEqual((await evaluate(ops.identity(x)))[0]);
  });

  test.each([
    [4, 3],
    [14, 20],
    [3, 11],
  ])("in %i × %i are those of numbers, rounded (1 level)", async (height, width) => {
    const x = bytes(2, 8, 6, 3);
    const numbers = ops.transpose(ops.cast(x, "float32"), [0, 3, 1, 2]);
    const wanted = ops.resize(numbers, { sizes: [height, width], mode: "linear", antialias: true });
    const [found, by] = await evaluate(
      ops.resizePictures(x, height, width),
      ops.transpose(wanted, [0, 2, 3, 1]),
    );
    expect(found!.shape).toEqual([2, height, width, 3]);
    plain(by!).forEach((level, i) =>
      expect(Math.abs(Number(found!.data[i]) - Number(level))).toBeLessThan(1.01),
    );
  });

  test("of numbers, or without a batch, are refused", () => {
    expect(errorOf(() => ops.resizePictures(of(1, 4, 4, 3), 2, 2))[1]).toMatch(
      /uint8 \[batch, height, width, channels\]/,
    );
    expect(errorOf(() => ops.resizePictures(bytes(4, 4, 3), 2, 2))[0]).toBe("SHAPE_MISMATCH");
  });
});

describe("a convolution's weights", () => {
  interface Shifted {
    readonly sizes: readonly number[];
    readonly kernel: readonly number[];
    readonly outputs: number;
    readonly pads?: readonly number[];
    readonly dilations?: readonly number[];
  }
  /** The places of a box, the last dimension fastest. */
  const placesOf = (sizes: readonly number[]): number[][] =>
    sizes.reduce<number[][]>(
      (all, size) => all.flatMap((place) => Array.from({ length: size }, (_, i) => [...place, i])),
      [[]],
    );
  const at = (place: readonly number[], sizes: readonly number[]): number =>
    place.reduce((sum, i, axis) => sum * sizes[axis]! + i, 0);

  test("of which every stop sees padding alone have no gradient", async () => {
    const w = f32([2, 1, 1, 1], 1, 2);
    const x = f32([2, 2, 2, 3], ...Array<number>(24).fill(1));
    const y = ops.conv(x, w, undefined, { groups: 2, strides: [4, 1], pads: [2, 0, 0, 0] });
    const [byW] = await evaluate(...gradient(ops.reduceSum(y), [w]));
    expect(byW!.shape).toEqual([2, 1, 1, 1]);
    expect(plain(byW!)).toEqual([0, 0]);
  });

  test("by steps so far beyond the window that the same size takes places away have none", () => {
    const w = f32([1, 1, 1], 1);
    const y = ops.conv(of(1, 1, 8), w, undefined, { strides: 4, pads: "sameUpper" });
    expect(errorOf(() => gradient(ops.reduceSum(y), [w]))).toEqual([
      "GRAPH_NO_GRADIENT",
      expect.stringMatching(/less than not at all/),
    ]);
  });

  test.each<[string, Shifted]>([
    ["many places", { sizes: [18, 17], kernel: [3, 3], outputs: 3, pads: [1, 1, 1, 1] }],
    [
      "dilations and uneven padding",
      { sizes: [19, 21], kernel: [2, 3], outputs: 2, pads: [1, 3, 0, 2], dilations: [3, 2] },
    ],
    ["no padding", { sizes: [20, 19], kernel: [3, 2], outputs: 2 }],
    ["padding beyond the window", { sizes: [17, 17], kernel: [2, 2], outputs: 2, pads: [2, 3, 3, 2] }],
    ["a window wider than the picture", { sizes: [5, 80], kernel: [4, 5], outputs: 2, pads: [6, 9, 6, 9] }],
    ["one row", { sizes: [4, 90], kernel: [1, 5], outputs: 3, pads: [0, 2, 0, 2] }],
    ["volumes", { sizes: [8, 7, 6], kernel: [2, 3, 2], outputs: 2, pads: [1, 1, 0, 0, 1, 1] }],
    ["few places, few outputs", { sizes: [6, 5], kernel: [3, 2], outputs: 5, pads: [1, 1, 1, 0] }],
    ["few places, many outputs", { sizes: [4, 3], kernel: [2, 2], outputs: 101 }],
  ])("%s: the gradient of plain loops (1e-5)", async (_name, { sizes, kernel, outputs, pads, dilations }) => {
    const [rows, channels] = [2, 4];
    const numbers = (length: number, seed: number): Float32Array => {
      const random = createRandom(seed);
      return Float32Array.from({ length }, () => random.normal());
    };
    const size = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
    const x = numbers(rows * channels * size(sizes), 1);
    const w = f32(
      [outputs, channels, ...kernel],
      ...Array<number>(outputs * channels * size(kernel)).fill(0),
    );
    const options = { ...(pads && { pads }), ...(dilations && { dilations }) };
    const y = ops.conv(f32([rows, channels, ...sizes], ...x), w, undefined, options);
    const stops = y.shape.slice(2).map(Number);
    const by = numbers(rows * outputs * size(stops), 2);
    const [byW] = gradient(ops.reduceSum(ops.mul(y, f32([rows, outputs, ...stops], ...by))), [w]);
    const [found] = await evaluate(byW!);
    const wanted = new Float64Array(outputs * channels * size(kernel));
    for (let row = 0; row < rows; row++)
      for (let o = 0; o < outputs; o++)
        for (const [s, stop] of placesOf(stops).entries())
          for (let c = 0; c < channels; c++)
            for (const [t, tap] of placesOf(kernel).entries()) {
              const place = tap.map(
                (i, axis) => stop[axis]! + i * (dilations?.[axis] ?? 1) - (pads?.[axis] ?? 0),
              );
              if (place.some((i, axis) => i < 0 || i >= sizes[axis]!)) continue;
              const seen = x[(row * channels + c) * size(sizes) + at(place, sizes)]!;
              wanted[(o * channels + c) * size(kernel) + t]! +=
                seen * by[(row * outputs + o) * size(stops) + s]!;
            }
    const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    wanted.forEach((value, i) =>
      expect(Math.abs(Number(found!.data[i]) - value), `element ${i}`).toBeLessThan(1e-5 * largest),
    );
  });
});

describe("sizes", () => {
  const w = of(8, 3, 3, 3);
  test.each<[string, () => Value, Dim[]]>([
    ["conv", () => ops.conv(of("batch", 3, 32, 30), w), ["batch", 8, 30, 28]],
    ["conv by strides", () => ops.conv(of(2, 3, 8, 7), w, undefined, { strides: 2, pads: 1 }), [2, 8, 4, 4]],
    [
      "conv keeps named sizes",
      () => ops.conv(of(1, 3, "h", "w"), w, undefined, { pads: 1 }),
      [1, 8, "h", "w"],
    ],
    ["conv of named sizes", () => ops.conv(of(1, 3, "h", 9), w), [1, 8, "?", 7]],
    [
      "conv pads to the same",
      () => ops.conv(of(1, 3, 7, 8), w, undefined, { strides: 2, pads: "sameUpper" }),
      [1, 8, 4, 4],
    ],
    [
      "convTranspose",
      () => ops.convTranspose(of("n", 8, 5, 5), w, undefined, { strides: 2, pads: 1, outputPadding: 1 }),
      ["n", 3, 10, 10],
    ],
    ["maxPool", () => ops.maxPool(of("n", 3, 7, 8), 2), ["n", 3, 3, 4]],
    ["maxPool in ceil mode", () => ops.maxPool(of(1, 3, 7, 8), 2, { ceilMode: true }), [1, 3, 4, 4]],
    [
      "a window that starts after the input is left out",
      () => ops.maxPool(of(1, 1, 3), 1, { strides: 2, pads: [0, 1], ceilMode: true }),
      [1, 1, 2],
    ],
    ["globalMaxPool", () => ops.globalMaxPool(of("n", 3, "h", 8)), ["n", 3, 1, 1]],
  ])("%s", (_name, make, wanted) => expect(make().shape).toEqual(wanted));

  test.each<[string, () => Value, string, RegExp]>([
    ["channels", () => ops.conv(of(1, 4, 8, 8), w), "SHAPE_MISMATCH", /4 channels.*take 3/],
    ["groups", () => ops.conv(of(1, 9, 8, 8), w, undefined, { groups: 3 }), "SHAPE_MISMATCH", /3 groups/],
    ["rank", () => ops.conv(of(3, 8, 8), w), "SHAPE_MISMATCH", /same rank/],
    [
      "a window larger than the input",
      () => ops.conv(of(1, 3, 2, 8), w),
      "SHAPE_MISMATCH",
      /window of 3 over 2/,
    ],
    [
      "strides",
      () => ops.conv(of(1, 3, 8, 8), w, undefined, { strides: [2] }),
      "SHAPE_MISMATCH",
      /strides \[2\]/,
    ],
    ["biases", () => ops.conv(of(1, 3, 8, 8), w, of(3)), "SHAPE_MISMATCH", /3 biases for 8/],
    ["float64", () => ops.conv(input("x", "float64", [1, 3, 8, 8]), w), "GRAPH_UNSUPPORTED", /float32 only/],
    ["pool of a matrix", () => ops.maxPool(of(3, 8), 2), "SHAPE_MISMATCH", /\[batch, channel/],
    [
      "dilations of a pool that pads by itself",
      () => ops.maxPool(of(1, 3, "h", 8), 2, { dilations: 2, pads: "sameUpper" }),
      "SHAPE_MISMATCH",
      /with dilations/,
    ],
    ["pool of a wrong rank", () => ops.maxPool(of(1, 3, 8), [2, 2]), "SHAPE_MISMATCH", /window \[2, 2\]/],
  ])("%s that do not fit are refused", (_name, make, code, what) => {
    const [found, message] = errorOf(make);
    expect([found, what.test(message)], message).toEqual([code, true]);
  });
});

test("a transposed convolution refuses an output_shape that no window reaches, and biases of another count", () => {
  const transpose = convolutionOps.find(({ type }) => type === "ConvTranspose")!;
  const [x, w] = [of(1, 1, 3), input("w", "float32", [1, 1, 2])];
  const to = (size: number) => apply(transpose, [x, w], { strides: [2], output_shape: [size] });
  expect(to(7).shape).toEqual([1, 1, 7]);
  expect(errorOf(() => to(8))).toEqual([
    "SHAPE_MISMATCH",
    expect.stringContaining("3 places along axis 2 reach 6 of 8"),
  ]);
  const [inputs, weights, bias] = [
    of(1, 4, 3, 3),
    input("w", "float32", [4, 2, 2, 2]),
    input("b", "float32", [4]),
  ];
  expect(errorOf(() => ops.convTranspose(inputs, weights, bias))).toEqual([
    "SHAPE_MISMATCH",
    expect.stringContaining("4 biases for 2 outputs"),
  ]);
});

test.each<[Parameters<typeof ops.resize>[1], string]>([
  [{ sizes: [8] }, "1 sizes for the 2 spatial dimensions"],
  [{ sizes: [8, 8, 8] }, "3 sizes for the 2 spatial dimensions"],
  [{ scales: [2] }, "1 scales for the 2 spatial dimensions"],
])("resize by %o is refused with its numbers", (options, words) => {
  expect(errorOf(() => ops.resize(of(1, 1, 4, 4), options))).toEqual([
    "SHAPE_MISMATCH",
    expect.stringContaining(words),
  ]);
});

const billion = 2 ** 30;
/** Values whose gradient would write out as many elements as a file happens to say. */
const endless: readonly [string, (x: Value) => Value, Value][] = [
  ["a window", (x) => ops.averagePool(x, billion), of(1, 1, billion)],
  ["a stride", (x) => ops.maxPool(x, 2, { strides: billion, pads: billion }), of(1, 1, 8)],
  ["a kernel", (w) => ops.conv(of(1, 1, billion), w), of(1, 1, billion)],
  ["a resize", (x) => ops.resize(x, { scales: billion }), of(1, 1, 8)],
  ["channels", (x) => ops.localResponseNormalization(x, { size: 5 }), of(1, billion, 8)],
  ["frames", (x) => ops.stft(x, { frameStep: 1, frameLength: 4096 }), of(1, billion)],
];

test.each(endless)("the gradient of %s of a billion is refused, not written out", (_name, y, x) => {
  const [code] = errorOf(() => gradient(ops.reduceSum(y(x)), [x]));
  expect(code).toBe("GRAPH_NO_GRADIENT");
});

test("the step of a window that stops once means nothing, however large", async () => {
  const x = f32([1, 1, 3], 1, 5, 2);
  for (const pool of [ops.maxPool, ops.averagePool]) {
    const [far] = await evaluate(...gradient(ops.reduceSum(pool(x, 3, { strides: billion })), [x]));
    const [near] = await evaluate(...gradient(ops.reduceSum(pool(x, 3, { strides: 1 })), [x]));
    expect(plain(far!)).toEqual(plain(near!));
  }
});

describe("maxPool", () => {
  /** The gradient of Σ (i + 1)·y_i. */
  const slope = async (x: Value, y: Value): Promise<(number | string)[]> => {
    const weights = y.shape.reduce<number>((product, dim) => product * Number(dim), 1);
    const by = f32(y.shape as number[], ...Array.from({ length: weights }, (_, i) => i + 1));
    const [g] = await evaluate(...gradient(ops.reduceSum(ops.mul(y, by)), [x]));
    return plain(g!);
  };
  const flat = picture([0, 0, 5, 5], [0, 0, 5, 5], [2, 7, 1, 1], [7, 2, 0, 1]);

  test("the first of a tie gets the whole gradient", async () =>
    expect(await slope(flat, ops.maxPool(flat, 2))).toEqual([
      1, 0, 2, 0, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0,
    ]));

  test("so it does where windows overlap", async () =>
    expect(await slope(flat, ops.maxPool(flat, 2, { strides: 1 }))).toEqual([
      1,
      0,
      2 + 3,
      0,
      0,
      0,
      6,
      0,
      0,
      4 + 5 + 7 + 8,
      9,
      0,
      0,
      0,
      0,
      0,
    ]));

  test("and over all places", async () =>
    expect(await slope(flat, ops.globalMaxPool(flat))).toEqual([
      0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
    ]));

  test("an infinite gradient stays in its window", async () => {
    const x = picture([-3, 0, 2, 4], [-4, -1, 1, 3]);
    const pooled = ops.reduceSum(ops.sqrt(ops.maxPool(x, 2)));
    const [g] = await evaluate(...gradient(pooled, [x]));
    const rows = plain(g!);
    expect([rows.slice(2, 4), rows.slice(6)]).toEqual([
      [0, 0.25],
      [0, 0],
    ]);
  });

  test("padding is never the largest", async () => {
    const [y] = await evaluate(ops.maxPool(picture([-3, -2], [-4, -1]), 2, { pads: 1 }));
    expect(plain(y!)).toEqual([-3, -2, -4, -1]);
  });
});
