/** Networks for tables equal PyTorch's: scores and gradients from the same weights. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import { gradient, graph, input, reduceMean } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import * as nn from "../index.ts";
import { buildNetwork } from "../network.ts";

interface Golden {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Case {
  readonly weights: Readonly<Record<string, Golden>>;
  readonly scores: Golden;
  readonly loss: number;
  readonly gradients: Readonly<Record<string, Golden>>;
}
const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/torch-tabular.json", import.meta.url), "utf8"),
) as {
  edges: readonly number[][];
  x: Golden;
  codes: readonly number[];
  numbers: Golden;
  code: Golden;
  cases: Readonly<Record<string, Case>>;
};

const tensor = ({ shape, data }: Golden): Tensor => ({
  dtype: "float64",
  shape,
  data: Float64Array.from(data),
});
const [rows, features] = golden.x.shape as [number, number];
const specification: nn.InputSpec = { dtype: "float64", shape: [features] };
const options = { members: 4, units: [5, 4], dropout: 0.5 };
const piecewise = nn.numericEmbedding(nn.piecewiseLinear(golden.edges), 4);
const waves = nn.numericEmbedding(nn.periodic(5), 4);
const byMember = nn.memberLoss(nn.crossEntropy());

function expectClose(found: Tensor, wanted: Golden, what: string): void {
  expect(found.shape, what).toEqual(wanted.shape);
  const scale = Math.max(...wanted.data.map(Math.abs));
  wanted.data.forEach((value, i) =>
    expect(Math.abs(Number(found.data[i]) - value), `${what} ${i}`).toBeLessThan(1e-10 * scale),
  );
}

describe("scores and gradients equal PyTorch's (relative 1e-10)", () => {
  test.each<[string, nn.Layer, nn.Loss]>([
    ["piecewise", nn.sequential({ embedding: piecewise, head: nn.dense(3) }), nn.crossEntropy()],
    ["periodic", nn.sequential({ embedding: waves, head: nn.dense(3) }), nn.crossEntropy()],
    ["tabM", nn.tabM(3, options), byMember],
    ["tabMOfNumbers", nn.tabM(1, options), nn.memberLoss(nn.meanSquaredError())],
    ["both", nn.sequential({ embedding: piecewise, net: nn.tabM(3, options) }), byMember],
  ])("%s", async (name, body, loss) => {
    const wanted = golden.cases[name]!;
    const net = nn.network(specification, body);
    const built = buildNetwork(net, { batch: rows, training: false, dtype: "float64" });
    expect([...built.declared.keys()].sort()).toEqual(Object.keys(wanted.weights).sort());
    const { dtype, shape } = loss.target(built.scores);
    const target = input("target", dtype, shape);
    const mean = reduceMean(loss.rows(built.scores, target));
    const paths = [...built.declared.keys()];
    const gradients = gradient(
      mean,
      paths.map((path) => built.values.get(path)!),
    );
    const session = await compile(
      graph({
        inputs: [...built.inputs, target, ...built.values.values()],
        outputs: {
          scores: built.scores,
          loss: mean,
          ...Object.fromEntries(paths.map((path, i) => [`gradient ${path}`, gradients[i]!])),
        },
      }),
      { threads: 1 },
    );
    const answer = await session.run({
      x: tensor(golden.x),
      target:
        dtype === "int64"
          ? { dtype, shape: [rows], data: BigInt64Array.from(golden.codes, BigInt) }
          : tensor(golden.numbers),
      ...Object.fromEntries(paths.map((path) => [path, tensor(wanted.weights[path]!)])),
    });
    await session.release();
    expectClose(answer["scores"]!, wanted.scores, "scores");
    expect(Number(answer["loss"]!.data[0])).toBeCloseTo(wanted.loss, 10);
    for (const path of paths) expectClose(answer[`gradient ${path}`]!, wanted.gradients[path]!, path);
  });

  test("places between edges", async () => {
    const code = nn.network(specification, nn.piecewiseLinear(golden.edges));
    const built = buildNetwork(code, { batch: "batch", training: false, dtype: "float64" });
    const session = await compile(graph({ inputs: built.inputs, outputs: { code: built.scores } }));
    const answer = await session.run({ x: tensor(golden.x) });
    await session.release();
    expectClose(answer["code"]!, golden.code, "code");
  });
});

test("no rows give no scores, where ONNX Runtime's batched product would end the process", async () => {
  const net = nn.network(
    { dtype: "float32", shape: [features] },
    nn.sequential({ embedding: piecewise, net: nn.tabM(3, options) }),
  );
  const session = await compile(nn.scoringGraph(net, nn.initialise(net, { seed: 1 })));
  const { scores } = await session.run({
    x: { dtype: "float32", shape: [0, features], data: new Float32Array(0) },
  });
  await session.release();
  expect(scores!.shape).toEqual([0, 4, 3]);
});

test("members start apart and learn: a curve to 20 % of its deviation by the mean of four", async () => {
  const x = Float32Array.from({ length: 300 }, (_, i) => (3 * i) / 299 - 1.5);
  const y = x.map((v) => Math.sin(4 * v));
  const edges = [Float32Array.from({ length: 17 }, (_, i) => (3 * i) / 16 - 1.5)];
  const net = nn.network(
    { dtype: "float32", shape: [1] },
    nn.sequential({
      embedding: nn.numericEmbedding(nn.piecewiseLinear(edges), 8),
      net: nn.tabM(1, { members: 4, units: [32], dropout: 0 }),
    }),
  );
  const loss = nn.memberLoss(nn.meanSquaredError());
  const loader = (seed?: number): nn.Loader =>
    nn.arrayLoader(
      { x: { dtype: "float32", shape: [1], data: x } },
      { dtype: "float32", shape: [1], data: y },
      {
        batchSize: 50,
        ...(seed !== undefined && { seed }),
      },
    );
  const { weights } = await nn.fit(net, nn.initialise(net, { seed: 1 }), {
    train: loader(1),
    loss,
    optimiser: nn.adam({ learningRate: 0.01 }),
    schedule: nn.cosine(),
    epochs: 120,
    seed: 1,
  });
  const evaluator = await nn.Evaluator.create(net, loss);
  const { scored } = await evaluator.run(weights, loader());
  await evaluator.release();
  expect(scored.scoreShape).toEqual([4, 1]);
  const own = (row: number): number[] => Array.from(scored.scores.slice(4 * row, 4 * row + 4));
  const errors = Array.from(y, (v, row) => (own(row).reduce((a, b) => a + b) / 4 - v) ** 2);
  expect(Math.sqrt(errors.reduce((a, b) => a + b) / 300)).toBeLessThan(0.2 * Math.SQRT1_2);
  expect(new Set(own(150)).size).toBe(4);
});

test.each<[string, () => unknown, RegExp]>([
  ["edges that do not rise", () => nn.piecewiseLinear([[0, 1, 1]]), /0, 1, 1 of feature 0.*PARAMETER_RANGE/],
  ["one edge", () => nn.piecewiseLinear([[0, 1], [2]]), /2 of feature 1.*PARAMETER_RANGE/],
  [
    "edges of other features",
    () => nn.initialise(nn.network(specification, nn.piecewiseLinear([[0, 1]])), { seed: 1 }),
    /edges of 1 features, and is given \[batch, 3\].*SHAPE_MISMATCH/,
  ],
  ["no member", () => nn.tabM(1, { members: 0 }), /members: 0.*PARAMETER_RANGE/],
  [
    "no feature",
    () => nn.initialise(nn.network({ dtype: "float32", shape: [0] }, nn.tabM(1)), { seed: 1 }),
    /features: 0.*PARAMETER_RANGE/,
  ],
  [
    "a loss by member of scores without members",
    () => nn.memberLoss(nn.crossEntropy()).target(input("s", "float32", [4, 3])),
    /\[batch, members, outputs\].*SHAPE_MISMATCH/,
  ],
])("%s: a clear error", (_, run, message) => {
  expect(run).toThrow(message);
});
