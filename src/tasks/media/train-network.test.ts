import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import * as nn from "../../nn/index.ts";
import { type NetworkOptions, trainNetwork } from "./train-network.ts";

const network = nn.network({ dtype: "float32", shape: [4] }, nn.dense(2));

function loader(rows: number, seed?: number): nn.Loader {
  const random = createRandom(rows);
  const x = Float32Array.from({ length: 4 * rows }, () => random.normal());
  return nn.arrayLoader(
    { x: { dtype: "float32", shape: [4], data: x } },
    { dtype: "int64", shape: [], data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % 2)) },
    { batchSize: 8, ...(seed !== undefined && { seed }) },
  );
}

const options = (epochs: number): NetworkOptions => ({
  network,
  train: loader(64, 1),
  recipe: { optimiser: "adamw", learningRate: 0.01, weightDecay: 0.01, labelSmoothing: 0 },
  epochs,
  seed: 1,
  threads: 1,
});

describe("a training that has a time", () => {
  test.each([
    ["with rows that choose the epoch", { validation: loader(16) }],
    ["without", {}],
  ])("%s, takes all epochs where they fit", async (_, rows) => {
    const fitted = await trainNetwork({ ...options(3), ...rows, deadlineMs: performance.now() + 3_600_000 });
    expect(fitted.epochs).toBe(3);
    expect(fitted.history).toHaveLength(3);
  });

  test("plans fewer where they do not", async () => {
    const planned = { ...options(1_000_000_000), validation: loader(16) };
    const ended = new AbortController();
    const fitting = trainNetwork({
      ...planned,
      deadlineMs: performance.now() + 2_000,
      signal: ended.signal,
      onProgress: ({ total }) => {
        // 8 batches an epoch.
        if (total! < 8_000_000_000) ended.abort();
      },
    });
    const fitted = await fitting.catch((error: unknown) => error as Error);
    if (fitted instanceof Error) expect(fitted.message).toContain("before its first epoch");
    else expect(fitted.epochs).toBeLessThan(1_000_000_000);
    expect(ended.signal.aborted).toBe(true);
  });
});
