import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { blockSize, createTrainState } from "../../runtime/index.ts";
import * as nn from "../index.ts";
import { feedNames, trainingStep } from "./step.ts";
import { Trainer } from "./trainer.ts";

const pictures = nn.network(
  { dtype: "float32", shape: [3, 9, 9] },
  nn.sequential([
    nn.conv2d(8, 3, { bias: false }),
    nn.batchNorm(),
    nn.relu(),
    nn.residual(nn.conv2d(8, 3)),
    nn.conv2d(12, 3, { stride: 2, bias: false }),
    nn.conv2d(8, 3, { padding: 0 }),
    nn.globalPool(),
    nn.dense(3),
  ]),
);
const sounds = nn.network(
  { dtype: "float32", shape: [10, 9] },
  nn.dsCnn(3, { channels: 8, blocks: 2, dropout: 0 }),
);

describe("a step with the batch innermost", () => {
  test.each([
    ["all of it", pictures, 0, 8],
    ["in blocks", sounds, undefined, 32],
  ])(
    "%s, gives the loss, the gradients and the running figures of the plain step (1e-5 of the largest)",
    async (_, net, asked, batchSize) => {
      // That of this machine's kernels, which the step is then lowered to.
      const block = asked ?? ((await blockSize("cpu")) || 16);
      const weights = nn.initialise(net, { seed: 1 });
      const options = { loss: nn.crossEntropy(), optimiser: nn.adamw(), batchSize, updateOutside: true };
      const random = createRandom(2);
      const shape = [batchSize, ...net.inputs["x"]!.shape.map(Number)];
      const feeds = {
        ...weights,
        x: {
          dtype: "float32" as const,
          shape,
          data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
        },
        [feedNames.target]: {
          dtype: "int64" as const,
          shape: [batchSize],
          data: BigInt64Array.from({ length: batchSize }, (_each, i) => BigInt(i % 3)),
        },
        [feedNames.weight]: {
          dtype: "float32" as const,
          shape: [batchSize],
          data: new Float32Array(batchSize).fill(1 / batchSize),
        },
      };
      const answers = [];
      for (const layout of [{}, { batchInnermost: { block } }]) {
        const { graph, initial } = trainingStep(net, weights, { ...options, ...layout });
        const plainly = graph.nodes.some(
          ({ type, inputs }) => type === "Conv" && inputs[0]!.shape![0] === batchSize,
        );
        expect(plainly).toBe(!("batchInnermost" in layout));
        const state = await createTrainState(graph, { next: {}, initial: {} });
        answers.push(await state.step({ ...initial, ...feeds }));
        await state.release();
      }
      const [plain, fast] = answers as [
        Record<string, nn.Weights[string]>,
        Record<string, nn.Weights[string]>,
      ];
      expect(Object.keys(fast)).toEqual(Object.keys(plain));
      // Gradients beside the largest of them: a scale before another normalisation has none, but for rounding.
      const largestOf = (kept: (name: string) => boolean): number =>
        Object.entries(plain)
          .flatMap(([name, { data }]) => (kept(name) ? Array.from(data as Float32Array, Math.abs) : []))
          .reduce((most, value) => Math.max(most, value), 0);
      const slopes = largestOf((name) => name.startsWith("gradient/"));
      for (const [name, { data }] of Object.entries(plain)) {
        const found = fast[name]!.data as Float32Array;
        const largest = name.startsWith("gradient/") ? slopes : largestOf((each) => each === name);
        (data as Float32Array).forEach((value, i) =>
          expect(Math.abs(found[i]! - value), name).toBeLessThanOrEqual(1e-5 * largest),
        );
      }
    },
  );
});

/** The state of a trainer; zeros without a sign, which sums of gradients may bear. */
function numbersOf(trainer: Trainer): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(trainer.snapshot()).map(([name, { data }]) => [
      name,
      Array.from(data as Float32Array, (value) => value + 0),
    ]),
  );
}

describe("a step of several batches", () => {
  test.each(["float32", "float64"] as const)("that fails leaves no trace, in %s", async (dtype) => {
    const net = nn.network(
      { dtype: "int64", shape: [3] },
      nn.sequential([nn.embedding(9, 4), nn.meanOver(1), nn.batchNorm(), nn.dense(3)]),
    );
    const batch = (...codes: number[]): nn.Batch => ({
      inputs: { x: { dtype: "int64", shape: [2, 3], data: BigInt64Array.from(codes, BigInt) } },
      target: { dtype: "int64", shape: [2], data: BigInt64Array.of(0n, 1n) },
      weight: Float32Array.of(1, 1),
      rows: Uint32Array.of(0, 1),
    });
    const [good, other, bad] = [batch(0, 1, 2, 3, 4, 5), batch(8, 7, 6, 5, 4, 3), batch(0, 1, 2, 3, 4, 99)];
    const weights = nn.initialise(net, { seed: 1, dtype });
    const options = {
      loss: nn.crossEntropy(),
      optimiser: nn.adam(),
      batchSize: 2,
      accumulate: 2,
      seed: 1,
      dtype,
    };
    const [failed, plain] = [
      await Trainer.create(net, weights, options),
      await Trainer.create(net, weights, options),
    ];
    for (const trainer of [failed, plain]) await trainer.step([good, other], 0.1, 1, 0);
    await expect(failed.step([other, bad], 0.1, 2, 0)).rejects.toThrow("[RUNTIME_FAILED]");
    expect(numbersOf(failed)).toEqual(numbersOf(plain));
    const answers = [];
    for (const trainer of [failed, plain]) answers.push(await trainer.step([other, good], 0.1, 2, 0));
    expect(answers[0]).toEqual(answers[1]);
    expect(numbersOf(failed)).toEqual(numbersOf(plain));
    await Promise.all([failed.release(), plain.release()]);
  });
});
