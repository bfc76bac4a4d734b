import { afterAll, describe, expect, test } from "vitest";
import { createRandom, type Tensor } from "../../core/index.ts";
import { releaseIdleSessions } from "../../runtime/index.ts";
import * as nn from "../index.ts";
import { Trainer } from "./trainer.ts";

afterAll(releaseIdleSessions);

const net = nn.network(
  { dtype: "float32", shape: [2, 6, 6] },
  nn.sequential({
    conv: nn.conv2d(5, 3),
    norm: nn.batchNorm(),
    act: nn.relu(),
    flat: nn.flatten(),
    head: nn.dense(3),
  }),
);
const weights = nn.initialise(net, { seed: 3 });
const groups = { "conv.**": { rate: 0.3, weightDecay: 0.02 }, "norm.weight": { frozen: true } };
const random = createRandom(5);
const batch = {
  inputs: {
    x: {
      dtype: "float32" as const,
      shape: [7, 2, 6, 6],
      data: Float32Array.from({ length: 7 * 72 }, () => random.normal()),
    },
  },
  target: {
    dtype: "int64" as const,
    shape: [7],
    data: BigInt64Array.from({ length: 7 }, () => BigInt(random.integer(3))),
  },
  weight: new Float32Array(7).fill(1),
  rows: Uint32Array.from({ length: 7 }, (_, i) => i),
};

const optimisers = {
  adam: nn.adam({ weightDecay: 0.01 }),
  adamw: nn.adamw({ weightDecay: 0.1, beta1: 0.8 }),
  momentum: nn.sgd({ momentum: 0.9, weightDecay: 0.01 }),
  nesterov: nn.sgd({ momentum: 0.9, nesterov: true }),
};

/** A running mean of the weights changes none of them, and keeps the update in the graph. */
const trainer = (optimiser: nn.Optimiser, more: { ema?: number; clipNorm?: number }): Promise<Trainer> =>
  Trainer.create(net, weights, {
    loss: nn.crossEntropy(),
    optimiser,
    batchSize: 7,
    seed: 1,
    groups,
    ...more,
  });

const bits = (tensors: Readonly<Record<string, Tensor>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, [...(data as Float32Array)]]));

describe.each(Object.entries(optimisers))("%s", (_name, optimiser) => {
  test.each([{}, { clipNorm: 0.5 }])("has the bits of the same update in the graph: %j", async (more) => {
    const [inPlace, inGraph] = [
      await trainer(optimiser, more),
      await trainer(optimiser, { ...more, ema: 0.5 }),
    ];
    expect(inPlace.plan.updates.map(({ path }) => path)).toEqual(inPlace.plan.trained);
    expect(inGraph.plan.updates).toEqual([]);
    for (let step = 1; step <= 12; step++) {
      const rate = 0.01 / step;
      const [a, b] = [await inPlace.step([batch], rate, step, 0), await inGraph.step([batch], rate, step, 0)];
      expect(a).toEqual(b);
    }
    expect(bits(inPlace.weights())).toEqual(bits(inGraph.weights(false)));
    const all = Object.entries(inGraph.snapshot());
    const kept = Object.fromEntries(all.filter(([name]) => !name.startsWith("ema/")));
    expect(bits(inPlace.snapshot())).toEqual(bits(kept));
    await inPlace.release();
    await inGraph.release();
  });
});

test("a snapshot brings back the slots too: the same bits from there on", async () => {
  const once = await trainer(optimisers.adam, {});
  for (let step = 1; step <= 3; step++) await once.step([batch], 0.01, step, 0);
  const kept = once.snapshot();
  for (let step = 4; step <= 6; step++) await once.step([batch], 0.01, step, 0);
  const again = await trainer(optimisers.adam, {});
  again.restore(kept);
  for (let step = 4; step <= 6; step++) await again.step([batch], 0.01, step, 0);
  expect(bits(again.snapshot())).toEqual(bits(once.snapshot()));
  await once.release();
  await again.release();
});
