import { afterAll, describe, expect, test } from "vitest";
import { evaluate, plain } from "../../../test/evaluate.ts";
import { checkGoldenLayer, type GoldenLayer, goldenLayers } from "../../../test/golden-layers.ts";
import { createRandom, MillwrightError } from "../../core/index.ts";
import { compile, releaseIdleSessions } from "../../runtime/index.ts";
import { differentiate, gradient } from "../gradient.ts";
import { graph } from "../graph.ts";
import { readOnnx } from "../onnx/read.ts";
import { writeOnnx } from "../onnx/write.ts";
import { substitute } from "../rebuild.ts";
import type { Dim, Value } from "../types.ts";
import { constant, input, scalar } from "../value.ts";
import { definitionOf } from "./catalogue.ts";
import { apply, applyAll } from "../definition.ts";
import * as ops from "./index.ts";

afterAll(releaseIdleSessions);

const of = (...shape: Dim[]): Value => input("x", "float32", shape);
const f32 = (shape: readonly number[], ...data: number[]): Value =>
  constant({ dtype: "float32", shape, data: Float32Array.from(data) });

function errorOf(run: () => unknown): [string, string] {
  try {
    run();
  } catch (error) {
    if (error instanceof MillwrightError) return [error.code, error.what];
    throw error;
  }
  return ["no error", ""];
}

const directionOf = ({ settings }: GoldenLayer): ops.Direction => settings["direction"] as ops.Direction;

const layers: Readonly<Record<string, (layer: GoldenLayer, x: Value[]) => Value | readonly Value[]>> = {
  layerNormalization: ({ settings }, [x, s, b]) => ops.layerNormalization(x!, s!, b, settings),
  rmsNormalization: ({ settings }, [x, s]) => ops.rmsNormalization(x!, s!, settings),
  batchNormalization: ({ settings }, [x, s, b, m, v]) => ops.batchNormalization(x!, s!, b!, m!, v!, settings),
  instanceNormalization: ({ settings }, [x, s, b]) => ops.instanceNormalization(x!, s!, b!, settings),
  groupNormalization: ({ settings }, [x, s, b]) =>
    ops.groupNormalization(x!, s!, b!, Number(settings["groups"]), settings),
  lpNormalization: ({ settings }, [x]) => ops.lpNormalization(x!, settings),
  einsum: ({ settings }, x) => ops.einsum(String(settings["equation"]), x),
  lstm: (layer, [x, w, r, bias, initialH, initialC]) => {
    const options = { bias, initialH, initialC, direction: directionOf(layer) };
    const { y, h, c } = ops.lstm(x!, w!, r!, options);
    return [y, h, c];
  },
  gru: (layer, [x, w, r, bias, initialH]) => {
    const { y, h } = ops.gru(x!, w!, r!, { bias, initialH, direction: directionOf(layer) });
    return [y, h];
  },
  rnn: (layer, [x, w, r, bias, initialH]) => {
    const { y, h } = ops.rnn(x!, w!, r!, { bias, initialH, direction: directionOf(layer) });
    return [y, h];
  },
};

describe("layers and their gradients equal PyTorch's (relative 1e-9 in float64, 2e-5 in float32)", () => {
  test.each(goldenLayers(...Object.keys(layers)))("%s", async (_title, layer) => {
    for (const dtype of ["float64", "float32"] as const) {
      await checkGoldenLayer(layer, (...x) => layers[layer.name]!(layer, x), dtype);
    }
  });
});

describe("sizes", () => {
  test.each<[string, () => Value, Dim[]]>([
    ["layerNormalization", () => ops.layerNormalization(of("batch", 8, 4), of(4)), ["batch", 8, 4]],
    ["einsum", () => ops.einsum("bij,bjk->bik", [of("b", 3, 4), of("b", 4, "k")]), ["b", 3, "k"]],
    ["einsum without an arrow", () => ops.einsum("ba,ac", [of(2, 3), of(3, 4)]), [2, 4]],
    ["einsum of spread axes", () => ops.einsum("...i,i", [of(5, 1, 3), of(3)]), [5, 1]],
    ["einsum where 1 gives way", () => ops.einsum("ij,jk->jk", [of(2, 1), of("j", 4)]), ["j", 4]],
  ])("%s", (_name, make, wanted) => expect(make().shape).toEqual(wanted));
});

describe("refused", () => {
  test.each<[string, () => unknown, string, RegExp]>([
    ["two sizes of an index", () => ops.einsum("ij,jk", [of(2, 3), of(4, 5)]), "SHAPE_MISMATCH", /3 and 4/],
    ["a missing term", () => ops.einsum("ij", [of(2, 3), of(3)]), "SHAPE_MISMATCH", /2 operands.*has 1/],
    ["a term too short", () => ops.einsum("i", [of(2, 3)]), "SHAPE_MISMATCH", /"i".*\[2, 3\]/],
    ["an index from nowhere", () => ops.einsum("i->j", [of(2)]), "SHAPE_MISMATCH", /result "j"/],
    ["an index twice in the result", () => ops.einsum("i->ii", [of(2)]), "SHAPE_MISMATCH", /"ii"/],
    ["a sign", () => ops.einsum("i+j", [of(2)]), "SHAPE_MISMATCH", /cannot read/],
    ["a long scale", () => ops.layerNormalization(of(2, 3), of(4)), "SHAPE_MISMATCH", /broadcast/],
    ["a scale with rows", () => ops.layerNormalization(of(1, 3), of(2, 3)), "SHAPE_MISMATCH", /\[2, 3\]/],
    [
      "channels",
      () => ops.instanceNormalization(of(1, 3, 4), of(2), of(3)),
      "SHAPE_MISMATCH",
      /\[3\].*\[2\]/,
    ],
    ["no space", () => ops.groupNormalization(of(1, 4), of(4), of(4), 2), "SHAPE_MISMATCH", /rank 3/],
    ["groups", () => ops.groupNormalization(of(1, 4, 2), of(4), of(4), 3), "SHAPE_MISMATCH", /3 groups of 4/],
    ["a ratio", () => ops.dropout(of(2), { ratio: 1 }), "PARAMETER_RANGE", /ratio 1/],
  ])("%s", (_name, run, code, words) => {
    const [found, what] = errorOf(run);
    expect(found).toBe(code);
    expect(what).toMatch(words);
  });
});

describe("dropout", () => {
  const x = f32([64], ...Array.from({ length: 64 }, (_, i) => i + 1));

  test("keeps and scales the same elements in the answer and in the gradient", async () => {
    const y = ops.dropout(x, { ratio: 0.25, training: true, seed: 5 });
    const [g] = gradient(ops.reduceSum(y), [x]);
    const [found, slope] = (await evaluate(y, g!)).map(plain);
    const kept = slope!.filter((each) => each !== 0).length;
    expect(kept).toBeGreaterThan(32);
    expect(kept).toBeLessThan(64);
    slope!.forEach((each, i) => {
      expect([0, Math.fround(1 / 0.75)]).toContain(Math.fround(Number(each)));
      expect(found![i]).toBeCloseTo((i + 1) * Number(each), 4);
    });
  });
  test("told at run time to train, it drops", async () => {
    const y = ops.dropout(x, { training: ops.greater(ops.reduceSum(x), 0) });
    const [g] = gradient(ops.reduceSum(y), [x]);
    const [found, slope] = (await evaluate(y, g!)).map(plain);
    slope!.forEach((each, i) => expect(found![i]).toBe((i + 1) * Number(each)));
    expect(new Set(slope)).toEqual(new Set([0, 2]));
  });
  test("passes outside training", async () => {
    const [found] = await evaluate(ops.dropout(x, { ratio: 0.9 }));
    expect(plain(found!)).toEqual(plain((await evaluate(x))[0]!));
  });
  test("without its mask, training has no gradient", () => {
    const y = apply(definitionOf("", "Dropout")!, [x, scalar("float32", 0.5), scalar("bool", true)]);
    const [code, what] = errorOf(() => gradient(ops.reduceSum(y), [x]));
    expect([code, what]).toEqual(["GRAPH_NO_GRADIENT", expect.stringMatching(/which elements it kept/)]);
  });
});

test("lpNormalization leaves zeros as they are, in the gradient too", async () => {
  const x = f32([2, 2], 0, 0, 3, 4);
  for (const p of [1, 2] as const) {
    const y = ops.lpNormalization(x, { p });
    const [g] = gradient(ops.reduceSum(y), [x]);
    const [found, slope] = (await evaluate(y, g!)).map(plain);
    expect([...found!.slice(0, 2), ...slope!.slice(0, 2)]).toEqual([0, 0, 0, 0]);
  }
});

test("a training step of batchNormalization has no training op, and the op's answers (1e-5)", async () => {
  const [x, scale, shift] = [of(4, 3, 5), input("scale", "float32", [3]), input("shift", "float32", [3])];
  const [before, spread] = [f32([3], 1, -2, 3), f32([3], 0.5, 1, 2)];
  const attributes = { training_mode: 1, momentum: 0.7 };
  const outputs = applyAll(
    definitionOf("", "BatchNormalization")!,
    [x, scale, shift, before, spread],
    attributes,
    3,
  );
  const loss = ops.reduceSum(ops.mul(outputs[0]!, outputs[0]!));
  const { loss: again, gradients, beside } = differentiate(loss, [x, scale, shift], outputs);
  const named = { loss, y: outputs[0]!, mean: outputs[1]!, variance: outputs[2]! };
  const written = { loss: again, y: beside[0]!, mean: beside[1]!, variance: beside[2]! };
  const training = graph({
    inputs: [x, scale, shift],
    outputs: { ...written, ...Object.fromEntries(gradients.map((g, i) => [`g${i}`, g])) },
  });
  expect(training.nodes.filter((node) => node.attributes.int("training_mode", 0) === 1)).toEqual([]);
  const random = createRandom(4);
  const feed = (...shape: number[]) => ({
    dtype: "float32" as const,
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 5 + random.normal()),
  });
  const feeds = { x: feed(4, 3, 5), scale: feed(3), shift: feed(3) };
  const sessions = [
    await compile(training),
    await compile(graph({ inputs: [x, scale, shift], outputs: named })),
  ];
  const [found, wanted] = [await sessions[0]!.run(feeds), await sessions[1]!.run(feeds)];
  for (const name of ["loss", "y", "mean", "variance"]) {
    wanted[name]!.data.forEach((value, i) => {
      const gap = Math.abs(Number(found[name]!.data[i]) - Number(value));
      expect(gap / Math.max(1, Math.abs(Number(value))), `${name}[${i}]`).toBeLessThan(1e-5);
    });
  }
  await Promise.all(sessions.map((session) => session.release()));
});

test("batchNormalization in training keeps its gradient where what lies under it is replaced", () => {
  const [x, one] = [of(4, 3, 5), f32([3], 1, 1, 1)];
  const { y } = ops.batchNormalizationInTraining(ops.relu(x), one, one);
  const other = of(4, 3, 5);
  const [moved] = substitute([y], new Map([[x, ops.mul(other, 2)]])) as [Value];
  const stepOf = (value: Value, by: Value): string[] => {
    const loss = ops.reduceSum(ops.mul(value, value));
    const { loss: now, gradients } = differentiate(loss, [by]);
    return graph({ inputs: [by], outputs: { now, g: gradients[0]! } }).nodes.map(({ type }) => type);
  };
  expect(stepOf(moved, other)).not.toContain("BatchNormalization");
  // The factor, forward and back.
  expect(stepOf(moved, other).length).toBe(stepOf(y, x).length + 2);
});

test("the running mean of a batchNormalization in training has no gradient", () => {
  const [x, one] = [of(2, 3), f32([3], 1, 1, 1)];
  const node = definitionOf("", "BatchNormalization")!;
  const outputs = applyAll(node, [x, one, one, one, one], { training_mode: 1 }, 3);
  expect(gradient(ops.reduceSum(outputs[0]!), [x])[0]!.shape).toEqual([2, 3]);
  const [code, what] = errorOf(() => gradient(ops.reduceSum(outputs[1]!), [x]));
  expect([code, what]).toEqual(["GRAPH_NO_GRADIENT", expect.stringMatching(/running mean/)]);
});

test("an op that is newer than our opset raises the file's", () => {
  const y = apply(definitionOf("", "RMSNormalization")!, [of(2, 3), f32([3], 1, 2, 3)], { axis: -1 });
  const inputs = [(y.producer as { inputs: readonly Value[] }).inputs[0]!];
  const file = writeOnnx(graph({ inputs, outputs: { y } }));
  expect(writeOnnx(readOnnx(file))).toEqual(file);
  expect(readOnnx(file).nodes.map((node) => node.definition?.since)).toEqual([23]);
});
