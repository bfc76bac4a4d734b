/** Training equals PyTorch's, step by step: same weights, same rows, same losses. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import * as nn from "../index.ts";
import { Trainer } from "./trainer.ts";

interface Golden {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Curve {
  readonly x: Golden;
  readonly target: Golden;
  readonly weights: Readonly<Record<string, Golden>>;
  readonly losses: Readonly<Record<nn.Precision, readonly number[]>>;
}
type Group = Readonly<Record<string, Curve>>;

const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/torch-training.json", import.meta.url), "utf8"),
) as { networks: Group; optimisers: Group; losses: Group };

const tensor = ({ shape, data }: Golden, dtype: nn.Precision): Tensor => ({
  dtype,
  shape,
  data: dtype === "float64" ? Float64Array.from(data) : Float32Array.from(data),
});

/** Losses of 20 steps from the golden weights. */
async function curve(
  { x, target, weights }: Curve,
  body: nn.Layer,
  { dtype, loss, optimiser }: { dtype: nn.Precision; loss: nn.Loss; optimiser: nn.Optimiser },
): Promise<number[]> {
  const rows = x.shape[0]!;
  const net = nn.network({ dtype, shape: x.shape.slice(1) }, body);
  const declared = nn.initialise(net, { seed: 1, dtype });
  const start = Object.fromEntries(
    Object.entries(declared).map(([path, { shape }]) => {
      const given = weights[path];
      if (!given) throw new Error(`no golden weights at ${path}`);
      return [path, tensor({ shape, data: given.data }, dtype)];
    }),
  );
  expect(Object.keys(weights).sort()).toEqual(Object.keys(declared).sort());
  // Decay of every parameter, vectors too, as PyTorch has it.
  const groups = { "**": { weightDecay: optimiser.weightDecay } };
  const trainer = await Trainer.create(net, start, {
    loss,
    optimiser,
    batchSize: rows,
    dtype,
    seed: 1,
    groups,
  });
  const losses: number[] = [];
  const codes = target.shape.length === 1;
  const batch = {
    inputs: { x: tensor(x, dtype) },
    target: codes
      ? { dtype: "int64" as const, shape: target.shape, data: BigInt64Array.from(target.data, BigInt) }
      : tensor(target, dtype),
    weight: new Float32Array(rows).fill(1),
    rows: Uint32Array.from({ length: rows }, (_, i) => i),
  };
  for (let step = 1; step <= 20; step++) {
    losses.push((await trainer.step([batch], optimiser.learningRate, step, 0)).loss);
  }
  await trainer.release();
  return losses;
}

function expectClose(found: readonly number[], wanted: readonly number[], tolerance: number): void {
  expect(found.length).toBe(wanted.length);
  found.forEach((loss, i) =>
    expect(Math.abs(loss / wanted[i]! - 1), `step ${i + 1}`).toBeLessThan(tolerance),
  );
}

const mlp = (): nn.Layer => nn.sequential([nn.dense(8), nn.relu(), nn.dense(8), nn.tanh(), nn.dense(3)]);
const smallCnn = (): nn.Layer =>
  nn.sequential([
    nn.conv2d(4, 3),
    nn.relu(),
    nn.maxPool(2),
    nn.conv2d(6, 3),
    nn.relu(),
    nn.maxPool(2),
    nn.flatten(),
    nn.dense(3),
  ]);
/** A class by the state after the last step. */
const reading = (cell: nn.Layer): nn.Layer =>
  nn.sequential({ cell, last: nn.pick(1, -1), head: nn.dense(3) });
const crossEntropy = nn.crossEntropy();

const networks: Readonly<Record<string, { body: nn.Layer; rate: number; dtypes: readonly nn.Precision[] }>> =
  {
    mlp: { body: mlp(), rate: 0.1, dtypes: ["float32", "float64"] },
    cnn: {
      body: smallCnn(),
      rate: 0.05,
      dtypes: ["float32"],
    },
    cnnOnBackground: {
      body: smallCnn(),
      rate: 0.3,
      dtypes: ["float32"],
    },
    batchNorm: {
      body: nn.sequential({
        conv: nn.conv2d(4, 3, { bias: false }),
        norm: nn.batchNorm(),
        act: nn.relu(),
        pool: nn.globalPool(),
        head: nn.dense(3),
      }),
      rate: 0.05,
      dtypes: ["float32"],
    },
    lstm: { body: reading(nn.lstm(5)), rate: 0.5, dtypes: ["float32", "float64"] },
    gru: { body: reading(nn.gru(5)), rate: 0.5, dtypes: ["float32", "float64"] },
    bidirectional: {
      body: reading(nn.lstm(5, { bidirectional: true })),
      rate: 0.5,
      dtypes: ["float32", "float64"],
    },
    transformer: {
      body: nn.sequential({
        block: nn.transformerBlock({ heads: 2, feedForward: 16, preNorm: false }),
        pool: nn.meanOver(1),
        head: nn.dense(3),
      }),
      rate: 0.1,
      dtypes: ["float32", "float64"],
    },
  };

describe("loss curves of networks equal PyTorch's (relative 1e-4 in float32, 1e-9 in float64)", () => {
  const cases = Object.entries(networks).flatMap(([name, { body, rate, dtypes }]) =>
    dtypes.map((dtype) => ({ name, dtype, body, rate })),
  );
  test.each(cases)("$name in $dtype", async ({ name, dtype, body, rate }) => {
    const wanted = golden.networks[name]!;
    const optimiser = nn.sgd({ learningRate: rate });
    const found = await curve(wanted, body, { dtype, loss: crossEntropy, optimiser });
    expectClose(found, wanted.losses[dtype], dtype === "float64" ? 1e-9 : 1e-4);
  });
});

describe("optimisers walk as PyTorch's (relative 1e-9)", () => {
  test.each([
    ["sgd", nn.sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.01 })],
    ["nesterov", nn.sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true })],
    ["adam", nn.adam({ learningRate: 0.01, weightDecay: 0.01 })],
    ["adamw", nn.adamw({ learningRate: 0.01, weightDecay: 0.1, beta1: 0.8, beta2: 0.95 })],
    ["rmsProp", nn.rmsProp({ learningRate: 0.005 })],
    ["rmsPropMomentum", nn.rmsProp({ learningRate: 0.002, momentum: 0.9, alpha: 0.9 })],
  ] as const)("%s", async (name, optimiser) => {
    const wanted = golden.optimisers[name]!;
    const found = await curve(wanted, mlp(), { dtype: "float64", loss: crossEntropy, optimiser });
    expectClose(found, wanted.losses.float64, 1e-9);
  });
});

describe("losses equal PyTorch's (relative 1e-9)", () => {
  test.each([
    ["smoothed", nn.crossEntropy({ labelSmoothing: 0.1 })],
    ["soft", nn.crossEntropy({ soft: true })],
    ["binaryCrossEntropy", nn.binaryCrossEntropy()],
    ["positiveWeight", nn.binaryCrossEntropy({ positiveWeight: 3 })],
    ["meanSquaredError", nn.meanSquaredError()],
    ["meanAbsoluteError", nn.meanAbsoluteError()],
    ["huber", nn.huber(0.7)],
  ] as const)("%s", async (name, loss) => {
    const wanted = golden.losses[name]!;
    const optimiser = nn.sgd({ learningRate: 0.1 });
    const found = await curve(wanted, mlp(), { dtype: "float64", loss, optimiser });
    expectClose(found, wanted.losses.float64, 1e-9);
  });
});
