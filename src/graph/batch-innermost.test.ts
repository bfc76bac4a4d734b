import { describe, expect, test } from "vitest";
import { createRandom, type Tensor } from "../core/index.ts";
import { compile } from "../runtime/index.ts";
import { batchInnermost } from "./batch-innermost.ts";
import { differentiate } from "./gradient.ts";
import { graph } from "./graph.ts";
import {
  add,
  averagePool,
  batchNormalizationInTraining,
  clip,
  concat,
  conv,
  div,
  flatten,
  gemm,
  globalAveragePool,
  maxPool,
  mul,
  reduceMean,
  reduceSum,
  relu,
  sigmoid,
  softmax,
  sub,
} from "./ops/index.ts";
import { input } from "./value.ts";
import type { Value } from "./types.ts";

const x = input("x", "float32", [8, 8, 9, 8]);
const gates = input("gates", "float32", [8, 8, 1, 1]);
const w = input("w", "float32", [8, 8, 3, 3]);
const scale = input("scale", "float32", [8]);
const shift = input("shift", "float32", [8]);
const rows = input("rows", "float32", [32, 400]);
const dense = input("dense", "float32", [400, 400]);
const [fewRows, few] = [input("fewRows", "float32", [32, 100]), input("few", "float32", [100, 100])];
const bias = input("bias", "float32", [400]);
const head = input("head", "float32", [5, 576]);
// In two blocks of eight rows.
const [photos, lines] = [input("photos", "float32", [16, 6, 9, 8]), input("lines", "float32", [16, 6, 20])];
const [own, ownOfLine] = [input("own", "float32", [6, 1, 3, 3]), input("ownOfLine", "float32", [6, 1, 3])];
const [point, wider] = [input("point", "float32", [6, 6, 1, 1]), input("wider", "float32", [6, 6, 3, 3])];
const each = [input("each", "float32", [6]), input("other", "float32", [6])] as const;
const last = input("last", "float32", [6, 5]);
const inputs = [
  ...[x, w, scale, shift, gates, rows, dense, bias, head],
  ...[photos, lines, own, ownOfLine, point, wider, ...each, last],
];
const convolved = (from: Value): Value => conv(from, w, undefined, { pads: 1 });

// With no two elements of a window so near to each other that rounding decides.
const random = createRandom(2);
const feeds = Object.fromEntries(
  inputs.map(({ shape, producer }) => {
    const sizes = shape.map(Number);
    const data = Float32Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, () => random.normal());
    return [(producer as { name: string }).name, { dtype: "float32" as const, shape: sizes, data }];
  }),
);

interface Answers {
  readonly values: Readonly<Record<string, Tensor>>;
  readonly types: readonly string[];
}

/** The values and the gradients of the first by all inputs that it knows, and the forward pass's ops. */
async function answersOf(values: readonly Value[]): Promise<Answers> {
  const known = inputs.filter((each) => dependsOn(values[0]!, each));
  const weighed = mul(values[0]!, sigmoid(values[0]!));
  const { gradients, beside } = differentiate(reduceSum(weighed), known, values);
  const named = [...gradients, ...beside].map((value, i) => [`v${i}`, value]);
  const session = await compile(graph({ inputs: known, outputs: Object.fromEntries(named) }));
  const given = known.map(({ producer }) => (producer as { name: string }).name);
  const found = await session.run(Object.fromEntries(given.map((name) => [name, feeds[name]!])));
  await session.release();
  const forward = graph({ inputs: known, outputs: Object.fromEntries(values.map((y, i) => [`v${i}`, y])) });
  return { values: found, types: forward.nodes.map(({ type }) => type) };
}

function dependsOn(value: Value, leaf: Value): boolean {
  if (value.producer === leaf.producer) return true;
  if (value.producer.kind !== "node") return false;
  return value.producer.inputs.some((each) => each !== undefined && dependsOn(each as Value, leaf));
}

/** Expects the same answers, and this many ways in and out of the layout. */
async function expectSame(values: readonly Value[], transposes: number, block = 0): Promise<Answers> {
  const [plain, moved] = [await answersOf(values), await answersOf(batchInnermost(values, block))];
  for (const [name, { shape, data }] of Object.entries(plain.values)) {
    const found = moved.values[name]!;
    expect(found.shape, name).toEqual(shape);
    const wanted = data as Float32Array;
    const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const apart = wanted.reduce(
      (most, value, i) => Math.max(most, Math.abs(Number(found.data[i]) - value)),
      0,
    );
    expect(apart, name).toBeLessThanOrEqual(3e-5 * largest);
  }
  expect(moved.types.filter((type) => type === "Transpose")).toHaveLength(transposes);
  expect(moved.types.includes("Conv")).toBe(block > 0);
  return moved;
}

const normalised = (from: Value): Value[] => {
  const { y, mean, variance } = batchNormalizationInTraining(from, scale, shift);
  return [y, mean, variance];
};
/** Flat, and convolved on. */
function wantedInBoth(): Value[] {
  const y = relu(convolved(x));
  return [reduceMean(flatten(y), { axes: [1] }), convolved(y)];
}
const layered = (from: Value, by = dense): Value => gemm(from, by, bias, { transB: true });
const wide = (): Value => concat([dense, dense], 1);
const perFeature = (from: Value): Value => batchNormalizationInTraining(from, bias, bias).y;
const residual = (from: Value): Value => add(from, relu(convolved(from)));

describe("values with the batch innermost are those of the plain graph, and so are their gradients (3e-5 of the largest)", () => {
  test.each<[string, () => readonly Value[], number]>([
    ["a convolution", () => [convolved(x)], 2],
    ["normalisation, with its figures", () => normalised(convolved(x)), 2],
    ["a residual block", () => [residual(residual(x))], 2],
    ["the largest of windows", () => [maxPool(convolved(x), 2, { strides: 2 })], 2],
    [
      "the largest of windows before a convolution",
      () => [convolved(maxPool(x, [3, 2], { strides: [3, 2] }))],
      2,
    ],
    ["means of windows", () => [averagePool(convolved(x), 2, { strides: 2 })], 2],
    ["means over pictures", () => [reduceMean(convolved(x), { axes: [2, 3], keepDims: false })], 2],
    [
      "means over pictures that stay pictures",
      () => [reduceMean(convolved(x), { axes: [-1, -2], keepDims: true })],
      2,
    ],
    ["steps of two between", () => [convolved(conv(convolved(x), w, undefined, { strides: 2 }))], 2],
    ["a number for each channel", () => [div(mul(convolved(x), channelwise()), add(channelwise(), 3))], 2],
    ["numbers from before", () => [sub(3, mul(convolved(x), 2))], 2],
    ["a number for each channel of each picture", () => [mul(convolved(x), sigmoid(gates))], 3],
    ["a value that is wanted in both layouts", wantedInBoth, 3],
    ["ops between that do not know the layout", () => [convolved(softmax(convolved(x), 1))], 4],
    ["overlapping windows between", () => [convolved(maxPool(convolved(x), 3, { strides: 1, pads: 1 }))], 4],
    [
      "flat pictures and a small layer",
      () => [gemm(flatten(convolved(x)), head, undefined, { transB: true })],
      2,
    ],
    ["a dense layer, which turns what comes from outside", () => [layered(rows)], 1],
    ["dense layers and what stands between", () => [layered(mul(relu(layered(rows)), rows))], 2],
    ["dense layers by weights turned round", () => [gemm(gemm(rows, dense), dense, bias)], 1],
    ["normalised rows of features", () => [layered(perFeature(layered(rows)))], 1],
    ["joined features", () => [layered(relu(layered(concat([rows, relu(rows)], 1), wide())))], 2],
    ["joined channels", () => [concat([convolved(x), relu(convolved(x)), x], 1)], 2],
  ])("%s", async (_, values, transposes) => {
    await expectSame(values(), transposes);
  });

  const channelwise = (): Value => reduceMean(w, { axes: [0, 2, 3] });
});

const alone = (from: Value, strides = 1): Value =>
  conv(from, own, undefined, { pads: 1, groups: 6, strides });
const pointwise = (from: Value): Value => conv(from, point, each[0]);
const normal = (from: Value): Value => relu(batchNormalizationInTraining(from, ...each).y);
const twice = (from: Value): Value => separable(separable(from));
const separable = (from: Value, strides = 1): Value => normal(pointwise(normal(alone(from, strides))));
const meanOf = (from: Value): Value => reduceMean(from, { axes: [2, 3], keepDims: false });
const gated = (from: Value): Value => mul(from, sigmoid(reduceMean(from, { axes: [2, 3], keepDims: true })));

const figures = (from: Value): Value[] => {
  const { y, mean, variance } = batchNormalizationInTraining(from, ...each);
  return [y, mean, variance];
};

describe("values with the batch in blocks are those of the plain graph, and so are their gradients (3e-5 of the largest)", () => {
  test.each<[string, () => readonly Value[], number]>([
    ["channels by themselves", () => [normal(alone(normal(alone(photos))))], 2],
    ["windows of one place between, steps of two", () => [separable(separable(photos), 2)], 2],
    ["figures of normalisation", () => figures(alone(separable(photos))), 2],
    ["a residual block", () => [add(photos, twice(photos))], 2],
    [
      "windows over all of a few channels",
      () => [twice(normal(conv(photos, wider, undefined, { dilations: 2 })))],
      2,
    ],
    ["means over pictures, and a layer", () => [gemm(relu(meanOf(separable(photos))), last)], 2],
    ["channels that are weighed", () => [gated(twice(photos))], 2],
    ["flat pictures", () => [relu(flatten(twice(photos)))], 2],
    [
      "clipped numbers, and the pool over all",
      () => [globalAveragePool(separable(clip(alone(separable(photos)), 0, 6)))],
      2,
    ],
    ["the largest of windows", () => [maxPool(separable(photos), 2, { strides: 2 })], 2],
    ["joined channels", () => [concat([twice(photos), photos], 1)], 2],
    [
      "sequences",
      () => [
        reduceMean(
          normal(
            conv(relu(conv(lines, ownOfLine, undefined, { groups: 6, pads: 1 })), ownOfLine, undefined, {
              groups: 6,
              dilations: 2,
            }),
          ),
          { axes: [2], keepDims: false },
        ),
      ],
      2,
    ],
  ])("%s", async (_, values, transposes) => {
    await expectSame(values(), transposes, 8);
  });
});

test("the largest of windows are found once, by the steps of the gradient", async () => {
  const y = maxPool(convolved(x), 2, { strides: 2 });
  const { loss, gradients } = differentiate(reduceSum(y), [x]);
  const types = graph({ inputs: [x, w], outputs: { loss, dx: gradients[0]! } }).nodes.map(({ type }) => type);
  expect(types).toContain("Max");
  expect(types).not.toContain("MaxPool");
});

test.each<[string, Value]>([
  ["a layer that gains less than the way out costs", relu(gemm(fewRows, few, undefined, { transB: true }))],
  ["a product with a factor", gemm(rows, dense, undefined, { alpha: 0.5 })],
  [
    "a product of what is turned round",
    gemm(rows, input("turned", "float32", [32, 400]), undefined, { transA: true }),
  ],
  ["no convolution", relu(maxPool(x, 2, { strides: 2 }))],
  [
    "channels by themselves",
    relu(conv(x, input("alone", "float32", [8, 1, 3, 3]), undefined, { groups: 8 })),
  ],
  ["windows of one place only", relu(conv(x, input("one", "float32", [8, 8, 1, 1])))],
])("%s: the values stay as they are", (_, value) => {
  expect(batchInnermost([value])[0]).toBe(value);
});

test.each<[string, Value, number]>([
  ["a batch that is no whole blocks", separable(photos), 12],
  ["a block of fewer numbers than a row should have", separable(photos), 4],
  ["windows of one place only", normal(pointwise(photos)), 8],
  ["no blocks", separable(photos), 0],
])("%s: the values do not go into blocks", (_, value, block) => {
  expect(batchInnermost([value], block)[0]).toBe(value);
});
