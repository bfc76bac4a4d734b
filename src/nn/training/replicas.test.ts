import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { createRandom, type Tensor } from "../../core/index.ts";
import { releaseIdleSessions } from "../../runtime/index.ts";
import * as nn from "../index.ts";
import type { Batch } from "./loader.ts";
import { Trainer } from "./trainer.ts";

afterAll(releaseIdleSessions);

const random = createRandom(5);
const rowCount = 8;
const pictures = Float32Array.from({ length: rowCount * 72 }, () => random.normal());
const codes = BigInt64Array.from({ length: rowCount }, () => BigInt(random.integer(3)));

/** Rows `from` to `to` as a batch. */
function batchOf(from: number, to: number, weights: readonly number[]): Batch {
  return {
    inputs: {
      x: { dtype: "float32", shape: [to - from, 2, 6, 6], data: pictures.slice(from * 72, to * 72) },
    },
    target: { dtype: "int64", shape: [to - from], data: codes.slice(from, to) },
    weight: Float32Array.from(weights.slice(from, to)),
    rows: Uint32Array.from({ length: to - from }, (_, i) => from + i),
  };
}

const even = Array<number>(rowCount).fill(1);
const uneven = [1, 2, 0, 1, 3, 1, 1, 0.5];

function network(norm: nn.Layer): nn.Network {
  return nn.network(
    { dtype: "float32", shape: [2, 6, 6] },
    nn.sequential({
      conv: nn.conv2d(5, 3, { bias: false }),
      norm,
      act: nn.relu(),
      flat: nn.flatten(),
      head: nn.dense(3),
    }),
  );
}
const plain = network(nn.layerNorm());
const byBatch = network(nn.batchNorm());

const optimisers = {
  // Small gradients are not to be blown up to whole steps, rounding and all.
  adam: nn.adam({ weightDecay: 0.01, epsilon: 0.01 }),
  momentum: nn.sgd({ momentum: 0.9 }),
  nesterov: nn.sgd({ momentum: 0.9, nesterov: true }),
};

interface Setting {
  readonly optimiser?: nn.Optimiser;
  readonly batchSize?: number;
  readonly replicas?: number;
  readonly threads?: number;
  readonly clipNorm?: number;
}

function trainer(net: nn.Network, { batchSize = rowCount, ...setting }: Setting): Promise<Trainer> {
  const optimiser = optimisers.momentum;
  const weights = nn.initialise(net, { seed: 3 });
  return Trainer.create(net, weights, { loss: nn.crossEntropy(), optimiser, batchSize, seed: 1, ...setting });
}

const bits = (tensors: Readonly<Record<string, Tensor>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, [...(data as Float32Array)]]));

/** Steps from rows of all weights, and what is left at the end. */
async function after(
  net: nn.Network,
  setting: Setting,
  weights = even,
  steps = 5,
): Promise<{ state: Record<string, number[]>; losses: number[]; norms: (number | undefined)[] }> {
  const each = await trainer(net, setting);
  const losses: number[] = [];
  const norms: (number | undefined)[] = [];
  for (let step = 1; step <= steps; step++) {
    const { loss, gradientNorm } = await each.step([batchOf(0, rowCount, weights)], 0.05, step, 0);
    losses.push(loss);
    norms.push(gradientNorm);
  }
  const state = bits(each.snapshot());
  await each.release();
  return { state, losses, norms };
}

function expectClose(a: Record<string, number[]>, b: Record<string, number[]>): void {
  expect(Object.keys(a)).toEqual(Object.keys(b));
  for (const [name, values] of Object.entries(a))
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(b[name]![i]!, 5);
}

describe.each(Object.entries(optimisers))("%s", (_name, optimiser) => {
  test.each([{}, { clipNorm: 0.3 }])("parts take the step of the whole batch: %j", async (more) => {
    const whole = await after(plain, { optimiser, ...more }, uneven);
    const parts = await after(plain, { optimiser, ...more, replicas: 2 }, uneven);
    expectClose(parts.state, whole.state);
    for (const [i, loss] of whole.losses.entries()) expect(parts.losses[i]).toBeCloseTo(loss, 5);
    for (const [i, norm] of whole.norms.entries()) {
      if (norm === undefined) expect(parts.norms[i]).toBeUndefined();
      else expect(parts.norms[i]).toBeCloseTo(norm, 4);
    }
  });
});

test("the bits do not tell which thread took a part", async () => {
  const setting = { optimiser: optimisers.adam, replicas: 4, clipNorm: 0.3 };
  const alone = await after(byBatch, setting, uneven);
  for (const threads of [2, 3, 4])
    expect(await after(byBatch, { ...setting, threads }, uneven)).toEqual(alone);
});

test("batch normalisation takes the figures of its part, and keeps the mean of them", async () => {
  const halves = await Promise.all(
    [0, 4].map(async (from) => {
      const half = await trainer(byBatch, { batchSize: 4 });
      const { loss } = await half.step([batchOf(from, from + 4, uneven)], 0.05, 1, 0);
      const weights = bits(half.weights());
      await half.release();
      return { loss, weights, share: uneven.slice(from, from + 4).reduce((a, b) => a + b) };
    }),
  );
  const [first, second] = halves as [(typeof halves)[0], (typeof halves)[0]];
  const { state, losses } = await after(byBatch, { replicas: 2, threads: 2 }, uneven, 1);
  const total = first.share + second.share;
  expect(losses[0]).toBeCloseTo((first.loss * first.share + second.loss * second.share) / total, 5);
  // A first step of gradient descent is linear in the gradient, and running figures in those of the batch.
  for (const [path, values] of Object.entries(first.weights)) {
    const [a, b] = path.includes("running") ? [0.5, 0.5] : [first.share / total, second.share / total];
    for (const [i, value] of values.entries())
      expect(state[path]![i]).toBeCloseTo(a * value + b * second.weights[path]![i]!, 5);
  }
  expect(Object.keys(first.weights).filter((path) => path.includes("running"))).toHaveLength(2);
});

test("a part of filling alone leaves the running figures as they are", async () => {
  const filled = [1, 1, 1, 1, 0, 0, 0, 0];
  const { state } = await after(byBatch, { replicas: 2 }, filled, 1);
  const half = await trainer(byBatch, { batchSize: 4 });
  await half.step([batchOf(0, 4, filled)], 0.05, 1, 0);
  const expected = bits(half.weights());
  await half.release();
  for (const path of Object.keys(expected).filter((each) => each.includes("running")))
    expect(state[path]).toEqual(expected[path]);
});

test("a snapshot brings back everything: the same bits from there on", async () => {
  const batch = batchOf(0, rowCount, uneven);
  const setting = { optimiser: optimisers.adam, replicas: 2, threads: 2 };
  const once = await trainer(byBatch, setting);
  for (let step = 1; step <= 3; step++) await once.step([batch], 0.01, step, 0);
  const kept = once.snapshot();
  for (let step = 4; step <= 6; step++) await once.step([batch], 0.01, step, 0);
  const again = await trainer(byBatch, setting);
  again.restore(kept);
  for (let step = 4; step <= 6; step++) await again.step([batch], 0.01, step, 0);
  expect(bits(again.snapshot())).toEqual(bits(once.snapshot()));
  await once.release();
  await again.release();
});

test("each part draws masks of its own", async () => {
  const net = nn.network(
    { dtype: "float32", shape: [2, 6, 6] },
    nn.sequential([nn.flatten(), nn.dropout(0.5), nn.dense(3)]),
  );
  const twice = { ...batchOf(0, 4, even), target: batchOf(0, 4, even).target };
  const double: Batch = {
    inputs: {
      x: { ...twice.inputs["x"]!, shape: [8, 2, 6, 6], data: twin(pictures.slice(0, 288)) } as Tensor,
    },
    target: { dtype: "int64", shape: [8], data: twin(codes.slice(0, 4)) },
    weight: new Float32Array(8).fill(1),
    rows: Uint32Array.from({ length: 8 }, (_, i) => i % 4),
  };
  const [parts, half] = [await trainer(net, { replicas: 2 }), await trainer(net, { batchSize: 4 })];
  const { loss } = await parts.step([double], 0.05, 1, 0);
  // With one mask for both, the two equal halves would have the loss of one: step 2 draws what part 0 of step 1 does.
  const same = await half.step([batchOf(0, 4, even)], 0, 2, 0);
  expect(Math.abs(loss - same.loss)).toBeGreaterThan(1e-4);
  await parts.release();
  await half.release();
});

function twin<A extends Float32Array | BigInt64Array>(data: A): A {
  const both = new (data.constructor as new (length: number) => A)(2 * data.length);
  both.set(data as never);
  both.set(data as never, data.length);
  return both;
}

test.each([
  [1, 64, 1],
  [2, 64, 2],
  [3, 64, 2],
  [3, 66, 3],
  [16, 64, 8],
  [4, 31, 1],
  [2, 8, 1],
])("%i threads and %i rows: %i parts", (threads, rows, parts) => {
  expect(nn.partsWithin(threads, rows)).toBe(parts);
});

test("what cannot be done in parts is refused", async () => {
  const conflict = { code: "PARAMETER_CONFLICT" };
  await expect(trainer(plain, { replicas: 3 })).rejects.toMatchObject({
    ...conflict,
    message: expect.stringMatching(/equal parts of batches of 8 rows[^]*6 or 9 rows/),
  });
  await expect(trainer(plain, { replicas: 2, optimiser: nn.rmsProp() })).rejects.toMatchObject(conflict);
  await expect(trainer(plain, { replicas: 0 })).rejects.toMatchObject({ code: "PARAMETER_RANGE" });
  const weights = nn.initialise(plain, { seed: 3 });
  const ema = {
    loss: nn.crossEntropy(),
    optimiser: optimisers.adam,
    batchSize: 8,
    seed: 1,
    ema: 0.9,
    replicas: 2,
  };
  await expect(Trainer.create(plain, weights, ema)).rejects.toMatchObject(conflict);
  await expect(Trainer.create(plain, weights, { ...ema, device: "webgpu" })).rejects.toMatchObject(conflict);
});

test("fit trains in parts, and goes on from a checkpoint with the same parts only", async () => {
  const folder = mkdtempSync(join(tmpdir(), "replicas-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "c.safetensors");
  const train = nn.arrayLoader(
    { x: { dtype: "float32", shape: [2, 6, 6], data: pictures } },
    { dtype: "int64", shape: [], data: codes },
    { batchSize: 4, seed: 2 },
  );
  const weights = nn.initialise(byBatch, { seed: 3 });
  const how = {
    train,
    loss: nn.crossEntropy(),
    optimiser: nn.adam({ learningRate: 0.01 }),
    seed: 1,
    replicas: 2,
  };
  const whole = await nn.fit(byBatch, weights, { ...how, epochs: 4, threads: 2 });
  expect(whole.history.at(-1)!.loss).toBeLessThan(whole.history[0]!.loss);
  const stop = new AbortController();
  const first = { ...how, epochs: 4, checkpoint: { path }, signal: stop.signal };
  await nn.fit(byBatch, weights, first, (event) => {
    if (event.type === "step" && event.step === 3) stop.abort();
  });
  const { signal: _, ...rest } = first;
  const resumed = { ...rest, checkpoint: { path, resume: true } };
  await expect(nn.fit(byBatch, weights, { ...resumed, replicas: 4 })).rejects.toMatchObject({
    code: "MODEL_CHANGED",
  });
  const again = await nn.fit(byBatch, weights, { ...resumed, threads: 2 });
  expect(bits(again.weights)).toEqual(bits(whole.weights));
});
