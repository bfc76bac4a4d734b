/** Cases of the gradient check for ops over spatial dimensions. ONNX Runtime has their kernels in float32 only. */
import * as ops from "../../src/graph/ops/index.ts";
import type { Value } from "../../src/graph/types.ts";
import type { GradientCase } from "../gradient-check.ts";

/** All different and apart by more than the step of the check: no maximum changes its place. */
const ranked = (z: number, _random: unknown, i: number): number => ((i * 7) % 23) / 5 + 0.01 * Math.tanh(z);

/** x, w and b of a convolution by what is seen: [batch, C, …], [M, C / groups, …kernel]. */
const conv = (
  name: string,
  x: readonly number[],
  w: readonly number[],
  options: ops.ConvOptions = {},
  more: Partial<GradientCase> = {},
): GradientCase => ({
  op: "Conv",
  name,
  f: (a, b, c) => ops.conv(a!, b!, c, options),
  shapes: [[x, w, [w[0]!]]],
  weights: [1, 2],
  batched: true,
  dtype: "float32",
  ...more,
});

const convolutions: GradientCase[] = [
  conv("one dimension", [2, 3, 5], [2, 3, 3], { pads: 1 }),
  conv("two dimensions", [2, 4, 4, 5], [3, 4, 3, 2], { pads: [1, 0, 0, 1] }),
  conv("two channels as columns", [2, 2, 4, 4], [3, 2, 3, 3], { pads: 1 }),
  conv("three dimensions", [1, 1, 3, 3, 4], [2, 1, 2, 2, 2]),
  conv("strides that leave some over", [2, 4, 6, 5], [2, 4, 3, 2], { strides: 2 }),
  conv("dilations", [1, 4, 6, 5], [2, 4, 2, 2], { dilations: [2, 3], strides: [2, 1] }),
  conv("groups", [2, 4, 4, 3], [6, 2, 2, 2], { groups: 2 }),
  conv("depthwise", [2, 3, 5, 4], [3, 1, 3, 3], { groups: 3, pads: 1, strides: 2 }),
  conv("depthwise with two outputs a channel", [2, 3, 3, 4], [6, 1, 2, 2], { groups: 3 }),
  conv("depthwise by strides that leave some over", [2, 3, 6, 7], [3, 1, 3, 2], {
    groups: 3,
    strides: 2,
    dilations: [1, 2],
  }),
  conv("depthwise at stride 1", [2, 3, 5, 4], [3, 1, 3, 2], { groups: 3, pads: [1, 0, 1, 1] }),
  conv("1 × 1", [2, 4, 3, 2], [3, 4, 1, 1]),
  conv("1 × 1 by strides", [2, 4, 3, 4], [3, 4, 1, 1], { strides: 2 }),
  conv("same above", [1, 2, 5, 4], [2, 2, 2, 3], { pads: "sameUpper" }),
  conv(
    "same below by strides",
    [1, 2, 5, 4],
    [2, 2, 2, 3],
    { pads: "sameLower", strides: 2 },
    { fixedOnly: true },
  ),
];

const squared: readonly [string, GradientCase["f"], ...number[][]][] = [
  ["Conv", (x, w) => ops.conv(x!, w!, undefined, { strides: 2, pads: 1 }), [1, 4, 3, 3], [2, 4, 2, 2]],
  ["Conv", (x, w) => ops.conv(x!, w!, undefined, { groups: 2 }), [1, 2, 3, 3], [2, 1, 2, 2]],
  [
    "ConvTranspose",
    (x, w) => ops.convTranspose(x!, w!, undefined, { strides: 2 }),
    [1, 4, 2, 2],
    [4, 1, 2, 2],
  ],
  ["AveragePool", (x) => ops.averagePool(x!, 2), [2, 1, 4, 4]],
  ["MaxPool", (x) => ops.maxPool(x!, 2), [2, 1, 4, 4]],
  ["Resize", (x) => ops.resize(x!, { scales: 2, mode: "linear" }), [1, 1, 3, 2]],
];
/** Gradients of gradients: a square, since what is linear has none. */
const squares: GradientCase[] = squared.map(([op, f, ...shapes]) => ({
  op,
  name: "twice",
  f: (...x) => {
    const y = f(...x) as Value;
    return ops.mul(y, y);
  },
  shapes: [shapes],
  domain: op === "MaxPool" ? ranked : (z) => z / 3,
  dtype: "float32",
  fixedOnly: true,
  twice: true,
}));

const transposed = (
  name: string,
  x: readonly number[],
  w: readonly number[],
  options: ops.ConvTransposeOptions = {},
): GradientCase => ({
  op: "ConvTranspose",
  name,
  f: (a, b, c) => ops.convTranspose(a!, b!, c, options),
  shapes: [[x, w, [w[1]! * (options.groups ?? 1)]]],
  weights: [1, 2],
  batched: true,
  dtype: "float32",
});

const transposedConvolutions: GradientCase[] = [
  transposed("one dimension", [2, 3, 4], [3, 2, 3], { strides: 2 }),
  transposed("two dimensions", [2, 4, 3, 2], [4, 3, 2, 3]),
  transposed("added ends", [1, 4, 3, 2], [4, 2, 3, 3], { strides: [2, 3], pads: 1, outputPadding: [1, 2] }),
  transposed("groups", [2, 4, 3, 3], [4, 3, 2, 2], { groups: 2, strides: 2, pads: [1, 0, 0, 1] }),
  transposed("depthwise", [2, 3, 2, 3], [3, 1, 3, 3], { groups: 3, strides: 2, pads: 1 }),
  transposed("same", [1, 2, 3, 3], [2, 2, 3, 4], { strides: 2, pads: "sameUpper" }),
];

const pool = (
  name: string,
  x: readonly number[],
  kernel: number | readonly number[],
  options: ops.PoolOptions = {},
): GradientCase => ({
  op: "MaxPool",
  name,
  f: (a) => ops.maxPool(a!, kernel, options),
  shapes: [[x]],
  domain: ranked,
  batched: true,
  fixedOnly: true,
});

const means = (
  name: string,
  x: readonly number[],
  kernel: number | readonly number[],
  options: ops.AveragePoolOptions = {},
): GradientCase => ({
  op: "AveragePool",
  name,
  f: (a) => ops.averagePool(a!, kernel, options),
  shapes: [[x]],
  dtype: "float32",
  batched: true,
  fixedOnly: true,
});

const pools: GradientCase[] = [
  pool("halves", [2, 2, 4, 4], 2),
  pool("one dimension", [2, 2, 6], 3),
  pool("three dimensions", [2, 1, 4, 2, 3], [2, 1, 3]),
  pool("overlapping", [2, 1, 5, 4], 3, { strides: 2, pads: 1 }),
  pool("by steps of one", [2, 1, 4, 3], [3, 2], { strides: 1, pads: [1, 0, 1, 1] }),
  pool("what is left over", [2, 2, 5, 3], 2),
  pool("ceil mode", [2, 1, 5, 4], [2, 3], { ceilMode: true }),
  pool("gaps between windows", [2, 1, 7, 5], 2, { strides: 3 }),
  pool("dilations", [2, 1, 7, 6], 2, { strides: [2, 1], dilations: [3, 2] }),
  pool("same", [2, 1, 5, 4], 3, { strides: 2, pads: "sameUpper" }),
  means("halves", [2, 2, 4, 4], 2),
  means("one dimension", [2, 2, 7], 3, { strides: 2 }),
  means("three dimensions", [2, 1, 4, 2, 3], [2, 1, 3]),
  means("padding", [2, 1, 5, 4], 3, { strides: 2, pads: 1 }),
  means("counted padding", [2, 1, 5, 4], 3, { strides: 2, pads: [1, 0, 0, 1], countPadding: true }),
  means("ceil mode", [2, 1, 5, 4], [2, 3], { ceilMode: true }),
  means("ceil mode with counted padding", [2, 1, 5, 4], 3, {
    strides: 2,
    pads: 1,
    ceilMode: true,
    countPadding: true,
  }),
  means("dilations", [2, 1, 7, 6], 2, { strides: [2, 1], dilations: [3, 2] }),
  means("same", [2, 1, 5, 4], 3, { strides: 2, pads: "sameLower" }),
];

const resizes: GradientCase[] = (
  [
    ["nearest", [2, 2, 2, 3], { scales: 2, mode: "nearest" }],
    ["nearest, one dimension", [2, 2, 3], { scales: 3, mode: "nearest" }],
    ["nearest, smaller", [2, 1, 4, 3], { sizes: [3, 2], mode: "nearest", coordinates: "half_pixel" }],
    ["linear", [2, 2, 3, 2], { scales: 2, mode: "linear" }],
    ["linear to sizes", [2, 1, 3, 4], { sizes: [5, 3], mode: "linear" }],
    [
      "linear with corners aligned",
      [2, 1, 3, 4],
      { sizes: [5, 3], mode: "linear", coordinates: "align_corners" },
    ],
    ["linear, three dimensions", [2, 1, 2, 3, 2], { scales: [1, 2, 1.5], mode: "linear" }],
    ["linear against aliases", [2, 1, 6, 5], { sizes: [2, 3], mode: "linear", antialias: true }],
    ["cubic", [2, 1, 3, 4], { scales: [2, 1.5], mode: "cubic" }],
  ] as const
).map(([name, shape, options]) => ({
  op: "Resize",
  name,
  f: (x) => ops.resize(x!, options),
  shapes: [[shape]],
  dtype: "float32",
  batched: true,
  fixedOnly: true,
}));

/** Of both signs and away from 0. */
const awayFromZero = (z: number): number => (z < 0 ? z - 0.5 : z + 0.5);
const norms: GradientCase[] = (
  [
    ["LpPool", "2", (x) => ops.lpPool(x!, 2), true],
    ["LpPool", "3, overlapping", (x) => ops.lpPool(x!, [3, 2], { p: 3, strides: 2, pads: 1 }), true],
    ["LpPool", "1", (x) => ops.lpPool(x!, [2, 1], { p: 1 }), true],
    ["GlobalLpPool", "2", (x) => ops.globalLpPool(x!), false],
    ["GlobalLpPool", "3", (x) => ops.globalLpPool(x!, 3), false],
    ["LRN", "odd", (x) => ops.localResponseNormalization(x!, { size: 3, alpha: 0.8, bias: 1.5 }), true],
    ["LRN", "wide", (x) => ops.localResponseNormalization(x!, { size: 5, alpha: 0.5, beta: 0.6 }), true],
  ] satisfies [string, string, GradientCase["f"], boolean][]
).map(([op, name, f, fixedOnly]) => ({
  op,
  name,
  f,
  shapes: [[[2, 4, 4, 3]]],
  domain: awayFromZero,
  dtype: "float32",
  batched: true,
  fixedOnly,
}));

const blocks: GradientCase[] = [
  { op: "DepthToSpace", f: (x) => ops.depthToSpace(x!, 2), shapes: [[[2, 8, 1, 3]]], batched: true },
  {
    op: "DepthToSpace",
    name: "columns first",
    f: (x) => ops.depthToSpace(x!, 2, { mode: "CRD" }),
    shapes: [[[2, 8, 2, 3]]],
    batched: true,
    fixedOnly: true,
  },
  { op: "SpaceToDepth", f: (x) => ops.spaceToDepth(x!, 2), shapes: [[[2, 2, 4, 2]]], batched: true },
];

const whole = (op: string, f: (x: Value) => Value): GradientCase => ({
  op,
  f: (x) => f(x!),
  shapes: [[[2, 3, 2, 3]], [[1, 2, 4]]],
  batched: true,
  domain: ranked,
  dtype: "float32",
});

export const spatialCases: GradientCase[] = [
  ...convolutions,
  ...transposedConvolutions,
  ...squares,
  ...pools,
  ...resizes,
  ...blocks,
  ...norms,
  whole("GlobalAveragePool", ops.globalAveragePool),
  whole("GlobalMaxPool", ops.globalMaxPool),
];
