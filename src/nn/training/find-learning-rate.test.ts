import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import * as nn from "../index.ts";

const random = createRandom(1);
const x = Float32Array.from({ length: 256 * 4 }, () => random.normal());
const y = Float32Array.from({ length: 256 }, (_, i) => 2 * x[4 * i]! - x[4 * i + 1]!);
const train = nn.arrayLoader(
  { x: { dtype: "float32", shape: [4], data: x } },
  { dtype: "float32", shape: [1], data: y },
  { batchSize: 32, seed: 1 },
);
const net = nn.network({ dtype: "float32", shape: [4] }, nn.dense(1));
const weights = nn.initialise(net, { seed: 1 });
const options = { train, loss: nn.meanSquaredError(), optimiser: nn.sgd(), seed: 1 };

describe("findLearningRate", () => {
  test("finds a rate that trains, below where the loss of a quadratic runs away", async () => {
    const { learningRate, curve } = await nn.findLearningRate(net, weights, options);
    // Squared error on standard normal inputs: steps diverge above 1 / curvature = 1.
    expect(learningRate).toBeGreaterThan(0.003);
    expect(learningRate).toBeLessThan(1);
    expect(curve[0]!.learningRate).toBeCloseTo(1e-7, 12);
    const trained = await nn.fit(net, weights, {
      ...options,
      optimiser: nn.sgd({ learningRate }),
      epochs: 10,
    });
    expect(trained.history.at(-1)!.loss).toBeLessThan(0.05 * trained.history[0]!.loss);
  });

  test("a signal ends it, and a loss that is no number is named with its rows", async () => {
    const signal = AbortSignal.abort();
    await expect(nn.findLearningRate(net, weights, { ...options, signal })).rejects.toThrow(/CANCELLED/);
    const broken = nn.arrayLoader(
      { x: { dtype: "float32", shape: [4], data: new Float32Array(32).fill(Number.NaN) } },
      { dtype: "float32", shape: [1], data: new Float32Array(8) },
      { batchSize: 8 },
    );
    await expect(nn.findLearningRate(net, weights, { ...options, train: broken })).rejects.toThrow(
      /loss is NaN before any step \(rows 0, 1.*FIT_DIVERGED/,
    );
  });

  test("the same seed finds the same, and the weights stay as they were", async () => {
    const before = structuredClone(weights);
    const [one, again] = [
      await nn.findLearningRate(net, weights, options),
      await nn.findLearningRate(net, weights, options),
    ];
    expect(again).toEqual(one);
    expect(weights).toEqual(before);
  });

  test.each([
    ["a range the wrong way round", { from: 1, to: 0.1 }, /from 1 to 0\.1.*PARAMETER_RANGE/],
    ["a loss that only grows", { from: 100, to: 1000 }, /does not fall at any learning rate.*FIT_DIVERGED/],
  ])("%s: a clear error", async (_name, range, message) => {
    await expect(nn.findLearningRate(net, weights, { ...options, ...range })).rejects.toThrow(message);
  });
});
