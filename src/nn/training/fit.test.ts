import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createRandom, MillwrightError } from "../../core/index.ts";
import * as nn from "../index.ts";

const folder = mkdtempSync(join(tmpdir(), "millwright-fit-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Two rings: a class by the distance from the middle. */
function rings(count: number, seed: number): { x: nn.RowData; y: nn.RowData } {
  const random = createRandom(seed);
  const x = new Float32Array(count * 2);
  const y = new BigInt64Array(count);
  for (let i = 0; i < count; i++) {
    const label = i % 2;
    const angle = 2 * Math.PI * random.next();
    const radius = 1 + label + 0.15 * random.normal();
    x[2 * i] = radius * Math.cos(angle);
    x[2 * i + 1] = radius * Math.sin(angle);
    y[i] = BigInt(label);
  }
  return { x: { dtype: "float32", shape: [2], data: x }, y: { dtype: "int64", shape: [], data: y } };
}

const train = rings(230, 1);
const held = rings(100, 2);
const codes = train.y.data as BigInt64Array;
const floats = Float32Array.from(codes, Number);
const loader = (options: Partial<nn.ArrayLoaderOptions> = {}): nn.Loader =>
  nn.arrayLoader({ x: train.x }, train.y, { batchSize: 32, seed: 3, ...options });
const validation = nn.arrayLoader({ x: held.x }, held.y, { batchSize: 32 });
const net = nn.network(
  { dtype: "float32", shape: [2] },
  nn.sequential({ body: nn.sequential([nn.dense(16), nn.relu(), nn.dropout(0.2)]), head: nn.dense(2) }),
);
const weights = nn.initialise(net, { seed: 1 });
const base = (): nn.FitOptions => ({
  train: loader(),
  loss: nn.crossEntropy(),
  optimiser: nn.adam({ learningRate: 0.02 }),
  epochs: 4,
  seed: 7,
});

async function eventsOf(options: nn.FitOptions): Promise<{ events: nn.TrainEvent[]; result: nn.FitResult }> {
  const events: nn.TrainEvent[] = [];
  const result = await nn.fit(net, weights, options, (event) => events.push(event));
  return { events, result };
}
const lossesOf = (events: readonly nn.TrainEvent[]): number[] =>
  events.flatMap((event) => (event.type === "step" ? [event.loss] : []));

async function errorOf(run: () => Promise<unknown>): Promise<MillwrightError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof MillwrightError) return error;
    throw error;
  }
  throw new Error("no error");
}

describe("fit", () => {
  test("learns, keeps the best epoch, and tells it as events", async () => {
    const { events, result } = await eventsOf({
      ...base(),
      epochs: 30,
      validation,
      metric: nn.accuracyOfScores,
      schedule: nn.oneCycle(),
    });
    const epochs = events.filter((event) => event.type === "epoch");
    expect(epochs).toHaveLength(30);
    expect(events[0]).toMatchObject({ type: "start", parameterCount: 82, stepsPerEpoch: 8 });
    expect(events.at(-1)).toEqual({ type: "end", reason: "done", step: 240 });
    const best = Math.max(...epochs.map((event) => event.validationMetric!));
    expect(best).toBeGreaterThan(0.97);
    expect(result.history[result.bestEpoch! - 1]!.validationMetric).toBe(best);
    // The weights that come back are the best epoch's.
    const evaluator = await nn.Evaluator.create(net, nn.crossEntropy());
    const { loss, scored } = await evaluator.run(result.weights, validation);
    await evaluator.release();
    expect(nn.accuracyOfScores.score(scored)).toBe(best);
    expect(loss).toBe(result.history[result.bestEpoch! - 1]!.validationLoss);
  });

  test("same seed, same bits; another seed, others", async () => {
    const [one, again, other] = [
      await eventsOf(base()),
      await eventsOf(base()),
      await eventsOf({ ...base(), seed: 8 }),
    ];
    expect(again.result.weights).toEqual(one.result.weights);
    expect(lossesOf(other.events)).not.toEqual(lossesOf(one.events));
  });

  test("stops after epochs without a better one", async () => {
    const { result } = await eventsOf({ ...base(), epochs: 200, validation, patience: 3 });
    expect(result.reason).toBe("patience");
    expect(result.history.length).toBe(result.bestEpoch! + 3);
  });

  test("falls back to the best epoch's weights in smaller steps, so often and no more", async () => {
    const fallBack = { patience: 2, factor: 0.1, times: 3 };
    const { events, result } = await eventsOf({ ...base(), epochs: 200, validation, fallBack });
    const falls = events.filter((event) => event.type === "fall");
    expect(falls.map((event) => event.learningRate / 0.02)).toEqual([
      expect.closeTo(0.1, 10),
      expect.closeTo(0.01, 10),
      expect.closeTo(0.001, 10),
    ]);
    expect(result.reason).toBe("patience");
    expect(result.history.length).toBeLessThan(200);
    expect(result.bestValue).toBe(Math.min(...result.history.map((each) => each.validationLoss!)));
    expect(result.bestValue).toBe(result.history[result.bestEpoch! - 1]!.validationLoss);
    // Steps of nearly nothing after a fall leave the best epoch's loss.
    const still = await eventsOf({
      ...base(),
      epochs: 60,
      validation,
      fallBack: { patience: 1, factor: 1e-9, times: 1 },
    });
    const at = still.events.findIndex((event) => event.type === "fall");
    const [fell, after] = [
      still.events[at]!,
      still.events.slice(at).find((event) => event.type === "epoch")!,
    ];
    if (fell.type !== "fall" || after.type !== "epoch") throw new Error("no fall");
    expect(after.validationLoss).toBeCloseTo(
      still.result.history.find(({ epoch }) => epoch === fell.epoch)!.validationLoss!,
      6,
    );
  });

  test("a loss that is not finite is fallen back from, to the start if need be", async () => {
    const wild = { ...base(), optimiser: nn.sgd({ learningRate: 1e30 }), validation, epochs: 9 };
    expect((await errorOf(() => eventsOf(wild))).code).toBe("FIT_DIVERGED");
    const { events, result } = await eventsOf({
      ...wild,
      fallBack: { patience: 3, factor: 1e-31, times: 1 },
    });
    expect(events.filter((event) => event.type === "fall")).toEqual([
      { type: "fall", epoch: 0, learningRate: expect.closeTo(0.1, 10) },
    ]);
    expect(result.bestEpoch).toBeGreaterThan(1);
    expect(result.history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    const none = await eventsOf({ ...wild, fallBack: { patience: 3, factor: 0.9, times: 0 } });
    expect(none.result).toMatchObject({ reason: "patience", bestEpoch: 0, weights });
  });

  test.each<[string, Partial<nn.FitOptions>, RegExp]>([
    [
      "without validation",
      { fallBack: { patience: 1, factor: 0.3, times: 1 } },
      /no \{ validation \}.*PARAMETER_CONFLICT/,
    ],
    [
      "beside patience",
      { validation, patience: 2, fallBack: { patience: 1, factor: 0.3, times: 1 } },
      /both say when.*PARAMETER_CONFLICT/,
    ],
    ["to more", { validation, fallBack: { patience: 1, factor: 1.5, times: 1 } }, /factor: 1.5.*RANGE/],
  ])("to fall back %s is refused", async (_, options, message) => {
    expect((await errorOf(() => eventsOf({ ...base(), ...options }))).message).toMatch(message);
  });

  test("a signal ends it between two steps, with the weights so far", async () => {
    const stop = new AbortController();
    const seen: nn.TrainEvent[] = [];
    const result = await nn.fit(net, weights, { ...base(), signal: stop.signal }, (event) => {
      seen.push(event);
      if (event.type === "step" && event.step === 11) stop.abort();
    });
    expect(result.reason).toBe("aborted");
    expect(seen.at(-1)).toEqual({ type: "end", reason: "aborted", step: 11 });
    expect(result.weights["head.weight"]).not.toEqual(weights["head.weight"]);
  });

  test("batches whose gradients are added up equal one large batch (relative 1e-5)", async () => {
    const plain = nn.network(
      { dtype: "float32", shape: [2] },
      nn.sequential([nn.dense(8), nn.tanh(), nn.dense(2)]),
    );
    const start = nn.initialise(plain, { seed: 2 });
    const options = { loss: nn.crossEntropy(), optimiser: nn.adam(), epochs: 3, seed: 1 };
    const whole = await nn.fit(plain, start, { ...options, train: loader({ batchSize: 96 }) });
    const parts = await nn.fit(plain, start, { ...options, train: loader({ batchSize: 32 }), accumulate: 3 });
    for (const [path, { data }] of Object.entries(whole.weights)) {
      (parts.weights[path]!.data as Float32Array).forEach((w, i) =>
        expect(Math.abs(w - (data as Float32Array)[i]!)).toBeLessThan(1e-5),
      );
    }
    parts.history.forEach(({ loss }, i) => expect(loss / whole.history[i]!.loss).toBeCloseTo(1, 5));
  });

  test("long gradients are cut to { clipNorm }, and their length is told", async () => {
    const { events } = await eventsOf({
      ...base(),
      optimiser: nn.sgd({ learningRate: 1 }),
      clipNorm: 0.01,
      epochs: 1,
    });
    const steps = events.filter((event) => event.type === "step");
    expect(steps.every((event) => event.gradientNorm! > 0.01)).toBe(true);
    // Eight steps of length 0.01 move the weights by 0.08 at most.
    const after = (
      await eventsOf({ ...base(), optimiser: nn.sgd({ learningRate: 1 }), clipNorm: 0.01, epochs: 1 })
    ).result.weights;
    let moved = 0;
    for (const [path, { data }] of Object.entries(weights)) {
      (data as Float32Array).forEach((w, i) => {
        moved += (w - (after[path]!.data as Float32Array)[i]!) ** 2;
      });
    }
    expect(Math.sqrt(moved)).toBeGreaterThan(0.001);
    expect(Math.sqrt(moved)).toBeLessThanOrEqual(0.0801);
  });

  test("the running mean of weights is what comes back, and follows the weights", async () => {
    const { result } = await eventsOf({ ...base(), ema: 0.5 });
    const { result: raw } = await eventsOf(base());
    expect(result.weights["head.weight"]).not.toEqual(raw.weights["head.weight"]);
    const one = { ...base(), epochs: 1, train: loader({ batchSize: 230 }) };
    const [mean, last] = [await nn.fit(net, weights, { ...one, ema: 0.9 }), await nn.fit(net, weights, one)];
    (weights["head.weight"]!.data as Float32Array).forEach((start, i) =>
      expect(mean.weights["head.weight"]!.data[i]).toBeCloseTo(
        0.9 * start + 0.1 * Number(last.weights["head.weight"]!.data[i]),
        6,
      ),
    );
    const almost = await eventsOf({ ...base(), ema: 1e-9 });
    (almost.result.weights["head.weight"]!.data as Float32Array).forEach((w, i) =>
      expect(w).toBeCloseTo((raw.weights["head.weight"]!.data as Float32Array)[i]!, 5),
    );
  });

  test("groups: a tenth of the rate moves a tenth as far, and decay is the group's", async () => {
    const first = async (groups: Readonly<Record<string, nn.GroupOptions>>): Promise<nn.Weights> => {
      const plain = { ...base(), optimiser: nn.sgd({ learningRate: 0.1 }) };
      const one = { ...plain, epochs: 1, train: loader({ batchSize: 230 }) };
      return (await nn.fit(net, weights, { ...one, ...(Object.keys(groups).length > 0 && { groups }) }))
        .weights;
    };
    const at = (of: nn.Weights): Float32Array => of["head.weight"]!.data as Float32Array;
    const [whole, tenth] = [await first({}), await first({ "head.*": { rate: 0.1 } })];
    const decayed = await first({ "head.*": { weightDecay: 0.5 } });
    at(weights).forEach((start, i) => {
      const moved = at(whole)[i]! - start;
      expect(Math.abs(moved)).toBeGreaterThan(0);
      expect(at(tenth)[i]! - start).toBeCloseTo(0.1 * moved, 6);
      expect(at(decayed)[i]! - start).toBeCloseTo(moved - 0.1 * 0.5 * start, 6);
    });
    expect(decayed["body.0.weight"]).toEqual(whole["body.0.weight"]);
  });

  test("groups: frozen weights stay, and so does what has a rate of 0", async () => {
    const frozen = (await eventsOf({ ...base(), groups: { "body.**": { frozen: true } } })).result.weights;
    expect(frozen["body.0.weight"]).toEqual(weights["body.0.weight"]);
    expect(frozen["head.weight"]).not.toEqual(weights["head.weight"]);
    const still = (await eventsOf({ ...base(), groups: { "head.*": { rate: 0 } } })).result.weights;
    expect(still["head.weight"]).toEqual(weights["head.weight"]);
    expect(still["body.0.weight"]).not.toEqual(weights["body.0.weight"]);
    const error = await errorOf(() => eventsOf({ ...base(), groups: { "tail.**": { frozen: true } } }));
    expect(error.message).toMatch(/"tail\.\*\*" fits none of the 4 parameters.*PARAMETER_UNKNOWN/);
    const nothing = await errorOf(() => eventsOf({ ...base(), groups: { "**": { frozen: true } } }));
    expect(nothing.message).toMatch(/nothing to train.*PARAMETER_CONFLICT/);
  });

  test("every trainable tensor moves at the first step", async () => {
    const one = await nn.fit(net, weights, { ...base(), epochs: 1, train: loader({ batchSize: 230 }) });
    for (const [path, { data }] of Object.entries(weights))
      expect(one.weights[path]!.data, path).not.toEqual(data);
  });

  test("rows of weight 0 count for nothing", async () => {
    const plain = nn.network(
      { dtype: "float32", shape: [2] },
      nn.sequential([nn.dense(8), nn.tanh(), nn.dense(2)]),
    );
    const start = nn.initialise(plain, { seed: 2 });
    const options = { loss: nn.crossEntropy(), optimiser: nn.sgd({ learningRate: 0.1 }), epochs: 2, seed: 1 };
    const spoilt = { ...train.x, data: train.x.data.slice() };
    (spoilt.data as Float32Array).fill(1e3, 400);
    const some = Float32Array.from({ length: 230 }, (_, i) => (i < 200 ? 1 : 0));
    const batch = { batchSize: 230 };
    const fewer = await nn.fit(plain, start, {
      ...options,
      train: nn.arrayLoader(
        { x: { ...train.x, data: train.x.data.slice(0, 400) } },
        { ...train.y, data: train.y.data.slice(0, 200) },
        batch,
      ),
    });
    const weighted = await nn.fit(plain, start, {
      ...options,
      train: nn.arrayLoader({ x: spoilt }, train.y, { ...batch, weights: some }),
    });
    (weighted.weights["0.weight"]!.data as Float32Array).forEach((w, i) =>
      expect(w).toBeCloseTo((fewer.weights["0.weight"]!.data as Float32Array)[i]!, 5),
    );
  });

  test("a loss that is not finite stops it and names the batch", async () => {
    const data = (train.x.data as Float32Array).slice();
    data[2 * 17] = NaN;
    const bad = nn.arrayLoader({ x: { ...train.x, data } }, train.y, { batchSize: 32 });
    const error = await errorOf(() => eventsOf({ ...base(), train: bad }));
    expect(error.message).toMatch(
      /^The loss is NaN at step 1 \(epoch 1, batch 1, learning rate 0\.0200; rows 0, 1, 2, .*FIT_DIVERGED/,
    );
  });

  test.each<[string, nn.Loader, RegExp]>([
    [
      "a code that is no class",
      nn.arrayLoader({ x: train.x }, { ...train.y, data: codes.with(200, 2n) }, { batchSize: 230, seed: 3 }),
      /^The target of row 200 is 2, and crossEntropy has the classes 0 to 1\..*DATA_BAD_VALUE/,
    ],
    [
      "a code below 0",
      nn.arrayLoader({ x: train.x }, { ...train.y, data: codes.with(7, -1n) }, { batchSize: 32 }),
      /^The target of row 7 is -1, .*DATA_BAD_VALUE/,
    ],
    [
      "targets of another dtype",
      nn.arrayLoader({ x: train.x }, { ...train.y, dtype: "float32", data: floats }, { batchSize: 32 }),
      /"target" as float32 \[32\], and crossEntropy on these scores takes int64 \[(32|batch)\].*DTYPE_MISMATCH/,
    ],
    [
      "targets of another shape",
      nn.arrayLoader({ x: train.x }, { ...train.y, shape: [1] }, { batchSize: 32 }),
      /"target" as int64 \[32, 1\], and crossEntropy on these scores takes int64 \[(32|batch)\].*SHAPE_MISMATCH/,
    ],
    [
      "rows of another shape",
      nn.arrayLoader({ x: { ...train.x, shape: [1, 2] } }, train.y, { batchSize: 32 }),
      /"x" as float32 \[32, 1, 2\], and the network takes float32 \[32, 2\].*SHAPE_MISMATCH/,
    ],
    [
      "a weight below 0",
      loader({ batchSize: 230, weights: new Float32Array(230).fill(1).with(9, -0.5) }),
      /^The weight of row 9 is -0\.5.*DATA_BAD_VALUE/,
    ],
  ])("%s is refused, in training and in validation", async (_, odd, message) => {
    expect((await errorOf(() => eventsOf({ ...base(), train: odd }))).message).toMatch(message);
    expect((await errorOf(() => eventsOf({ ...base(), validation: odd }))).message).toMatch(message);
  });

  test("a code that is no class, at weight 0, is only filling", async () => {
    const ignored = loader({ weights: new Float32Array(230).fill(1).with(200, 0) });
    const odd = nn.arrayLoader(
      { x: train.x },
      { ...train.y, data: codes.with(200, -100n) },
      {
        batchSize: 32,
        seed: 3,
        weights: new Float32Array(230).fill(1).with(200, 0),
      },
    );
    const [one, other] = [
      await eventsOf({ ...base(), train: ignored }),
      await eventsOf({ ...base(), train: odd }),
    ];
    expect(lossesOf(other.events)).toEqual(lossesOf(one.events));
  });

  test("scores that do not suit the loss are refused before any step", async () => {
    const one = nn.network({ dtype: "float32", shape: [2] }, nn.dense(1));
    const error = await errorOf(() => nn.fit(one, nn.initialise(one, { seed: 1 }), base()));
    expect(error.message).toMatch(/at least two classes, and the network gives \[32, 1\].*SHAPE_MISMATCH/);
  });
});

test("the recorded rate is that of the epoch's last step, and frozen numbers are not counted", async () => {
  const { events } = await eventsOf({
    ...base(),
    schedule: nn.cosine(),
    groups: { "body.**": { frozen: true } },
  });
  expect(events[0]).toMatchObject({ type: "start", parameterCount: 16 * 2 + 2 });
  const last = events.findLast((event) => event.type === "step")!;
  expect(events.findLast((event) => event.type === "epoch")!.learningRate).toBe(last.learningRate);
  expect(last.learningRate).toBeGreaterThan(0);
});

test("a figure that is no number is never the best, before and after a checkpoint", async () => {
  const path = join(folder, "no-number.safetensors");
  let asked = 0;
  const metric: nn.FitMetric = {
    name: "odd",
    better: "higher",
    score: () => (asked++ === 0 ? Number.NaN : 1 / asked),
  };
  const options = { ...base(), validation, metric, checkpoint: { path, resume: true } };
  for await (const event of nn.trainEvents(net, weights, options))
    if (event.type === "step" && event.step > 9) break;
  const { events, result } = await eventsOf(options);
  expect(result.history[0]!.validationMetric).toBeNaN();
  expect(events.filter((event) => event.type === "epoch").map(({ best }) => best)).toEqual([
    true,
    false,
    false,
  ]);
  expect(result.bestEpoch).toBe(2);
});

test("a listener's error comes through, and ends the training", async () => {
  let heard = 0;
  const listening = nn.fit(net, weights, base(), () => {
    heard++;
    throw new Error("of the listener");
  });
  await expect(listening).rejects.toThrow("of the listener");
  expect(heard).toBe(1);
});

test.each<[string, Partial<nn.FitOptions>, RegExp]>([
  ["clipNorm", { clipNorm: -1 }, /clipNorm: -1/],
  ["ema", { ema: 1 }, /ema: 1/],
  ["rate", { groups: { "body.**": { rate: -2 } } }, /"body\.\*\*".*-2/],
  ["patience", { patience: 0 }, /patience/],
  ["weightDecay", { groups: { "body.**": { weightDecay: -1 } } }, /"body\.\*\*".*weightDecay: -1/],
  ["threads", { threads: 0 }, /threads: 0/],
  ["seed", { seed: Number.NaN }, /seed: NaN/],
  ["everySteps", { checkpoint: { path: "never.safetensors", everySteps: 0 } }, /everySteps/],
])("a %s that trains backwards or not at all is refused", async (_name, given, says) => {
  const error = await errorOf(() => eventsOf({ ...base(), ...given }));
  expect([error.code, says.test(error.message)]).toEqual(["PARAMETER_RANGE", true]);
});

test.each<[string, Partial<nn.FitOptions>, string]>([
  ["patience", { patience: 2 }, "{ patience }"],
  ["a metric", { metric: nn.accuracyOfScores }, "{ metric }"],
  ["a plateau", { schedule: nn.plateau() }, 'the schedule "plateau"'],
  ["a plateau after a rise", { schedule: nn.warmUp(3, nn.plateau()) }, 'the schedule "warmUp+plateau"'],
])("%s without validation is refused: it would watch nothing", async (_name, given, says) => {
  const { code, message } = await errorOf(() => eventsOf({ ...base(), ...given }));
  expect(code).toBe("PARAMETER_CONFLICT");
  expect(message).toContain(`fit has ${says} and no { validation }`);
});

test("a group's setting of another name is refused, with the nearest", async () => {
  const groups = { "body.**": { frozn: true } as object };
  const { message } = await errorOf(() => eventsOf({ ...base(), groups }));
  expect(message).toMatch(
    /The group "body\.\*\*" has no \{ frozn \}; the nearest name is \{ frozen \}\..*PARAMETER_UNKNOWN/,
  );
});

test("weights that the last step made infinite are no result", async () => {
  const wild = {
    ...base(),
    optimiser: nn.sgd({ learningRate: 1e39 }),
    epochs: 1,
    train: loader({ batchSize: 230 }),
  };
  expect((await errorOf(() => eventsOf(wild))).message).toMatch(
    /^The weight ".*" is not finite after step 1\..*FIT_DIVERGED/,
  );
});

test("an array of another class than its dtype is refused", async () => {
  const doubles = { ...train.x, data: Float64Array.from(train.x.data as Float32Array) };
  const { message } = await errorOf(async () => nn.arrayLoader({ x: doubles }, train.y, { batchSize: 8 }));
  expect(message).toMatch(/"x" is to be float32, and its data is Float64Array\..*DTYPE_MISMATCH/);
});

describe("checkpoints", () => {
  test("a signal leaves one, and what goes on from there has the bits of a run that was not stopped", async () => {
    const path = join(folder, "signalled.safetensors");
    const whole = await eventsOf({ ...base(), accumulate: 2 });
    const stop = new AbortController();
    const given = { ...base(), accumulate: 2, checkpoint: { path, resume: true } };
    const stopped = await nn.fit(net, weights, { ...given, signal: stop.signal }, (event) => {
      if (event.type === "step" && event.step === 6) stop.abort();
    });
    expect(stopped.reason).toBe("aborted");
    const rest = await eventsOf(given);
    expect(rest.events[0]).toMatchObject({ type: "start", epoch: 2, step: 6 });
    expect(rest.result).toEqual(whole.result);
  });

  const options = (path: string, resume = false): nn.FitOptions => ({
    ...base(),
    validation,
    ema: 0.9,
    schedule: nn.plateau({ patience: 1 }),
    checkpoint: { path, everySteps: 3, resume },
  });

  const lastCheckpoint = (step: number): number => {
    const before = step - 1;
    return Math.max(before - (before % 3), before - (before % 8));
  };

  test.each([1, 5, 8, 13, 26])("going on from after step %i gives the same bits", async (stopAt) => {
    const whole = await eventsOf(options(join(folder, "whole.safetensors")));
    const path = join(folder, `stopped-${stopAt}.safetensors`);
    rmSync(path, { force: true });
    const stopped: nn.TrainEvent[] = [];
    for await (const event of nn.trainEvents(net, weights, options(path))) {
      stopped.push(event);
      if (event.type === "step" && event.step === stopAt) break;
    }
    expect(existsSync(path)).toBe(stopAt > 3);
    const rest = await eventsOf(options(path, true));
    expect(rest.result).toEqual(whole.result);
    // It goes on from the last checkpoint before the stop: every three steps and at the end of an epoch.
    expect(rest.events[0]).toMatchObject({ type: "start", step: lastCheckpoint(stopAt) });
    expect(lossesOf(rest.events)).toEqual(lossesOf(whole.events).slice(-lossesOf(rest.events).length));
  });

  test("going on around a fall gives the same bits", async () => {
    const falling = (path: string, resume = false): nn.FitOptions => ({
      ...options(path, resume),
      optimiser: nn.adam({ learningRate: 0.3 }),
      schedule: nn.constantRate(),
      epochs: 12,
      fallBack: { patience: 1, factor: 0.3, times: 4 },
    });
    const whole = await eventsOf(falling(join(folder, "whole-falls.safetensors")));
    const first = whole.events.findIndex((event) => event.type === "fall");
    const before = lossesOf(whole.events.slice(0, first)).length;
    expect(before).toBeGreaterThan(8);
    const path = join(folder, "stopped-falls.safetensors");
    for (const stopAt of [before - 5, before + 6]) {
      rmSync(path, { force: true });
      for await (const event of nn.trainEvents(net, weights, falling(path)))
        if (event.type === "step" && event.step === stopAt) break;
      const rest = await eventsOf(falling(path, true));
      expect(rest.result).toEqual(whole.result);
    }
  });

  test("a finished training has nothing left to do", async () => {
    const path = join(folder, "done.safetensors");
    const whole = await eventsOf(options(path));
    const again = await eventsOf(options(path, true));
    expect(lossesOf(again.events)).toEqual([]);
    expect(again.result).toEqual(whole.result);
  });

  test("another training's file is refused, and what differs is named; without resume it is replaced", async () => {
    const path = join(folder, "other.safetensors");
    await eventsOf(options(path));
    const changed = { ...options(path, true), optimiser: nn.adam({ learningRate: 0.01 }), epochs: 9 };
    const error = await errorOf(() => eventsOf(changed));
    expect(error.message).toMatch(/another training: it differs in optimiser, epochs\..*MODEL_CHANGED/);
    const weighed = { train: loader({ weights: new Float32Array(230).fill(2) }) };
    for (const [part, given] of Object.entries({
      metric: { validation, metric: nn.accuracyOfScores },
      patience: { patience: 3 },
      data: weighed,
    })) {
      const refused = await errorOf(() => eventsOf({ ...options(path, true), ...given }));
      expect(refused.message).toMatch(new RegExp(`differs in .*${part}`));
    }
    await eventsOf({ ...options(path), epochs: 1 });
    writeFileSync(path, "nonsense");
    expect((await errorOf(() => eventsOf(options(path, true)))).code).toBe("MODEL_INVALID");
    await eventsOf({ ...options(path), epochs: 1 });
    expect(Object.keys(nn.readSafetensors(readFileSync(path)).tensors)).toContain("slot/first/head.weight");
  });
});

describe("arrayLoader", () => {
  test("each epoch has every row once, in an order of its own; from a batch on it is the same", () => {
    const source = loader();
    const rows = (epoch: number, from = 0): number[] =>
      [...(source.batches(epoch, from) as Iterable<nn.Batch>)].flatMap((batch) => [...batch.rows]);
    expect([...rows(0)].sort((a, b) => a - b)).toEqual(Array.from({ length: 230 }, (_, i) => i));
    expect(rows(1)).not.toEqual(rows(0));
    expect(rows(1, 3)).toEqual(rows(1).slice(96));
  });

  test("the last batch is filled up with rows of weight 0, or left out", () => {
    const batches = [...(loader().batches(0) as Iterable<nn.Batch>)];
    expect(batches).toHaveLength(8);
    const last = batches.at(-1)!;
    expect(last.inputs["x"]!.shape).toEqual([32, 2]);
    expect([last.rows.length, last.weight.reduce((a, b) => a + b)]).toEqual([6, 6]);
    expect([...(loader({ dropLast: true }).batches(0) as Iterable<nn.Batch>)]).toHaveLength(7);
  });

  test("augmentation draws by seed, epoch and row, wherever it starts, and leaves the source alone", () => {
    const before = (train.x.data as Float32Array).slice();
    const noisy = loader({
      augment: {
        x: (row, random) => {
          (row as Float32Array)[0]! += random.normal();
        },
      },
    });
    const take = (epoch: number, from: number): nn.Batch =>
      [...(noisy.batches(epoch, from) as Iterable<nn.Batch>)].at(-1)!;
    expect(take(2, 6)).toEqual(take(2, 0));
    expect(take(3, 0).inputs).not.toEqual(take(2, 0).inputs);
    expect(train.x.data).toEqual(before);
  });

  test.each([
    [
      "fewer targets",
      () => nn.arrayLoader({ x: train.x }, held.y, { batchSize: 8 }),
      /230 rows.*target has 100/,
    ],
    ["fewer weights", () => loader({ weights: new Float32Array(3) }), /3 weights.*230/],
    [
      "a row's shape that does not fit",
      () => nn.arrayLoader({ x: { ...train.x, shape: [7] } }, train.y, { batchSize: 8 }),
      /460 elements.*\[7\]/,
    ],
    ["no batch", () => loader({ batchSize: 0 }), /batchSize: 0/],
    [
      "augmentation without a seed",
      () => nn.arrayLoader({ x: train.x }, train.y, { batchSize: 8, augment: { x: () => undefined } }),
      /has no seed/,
    ],
    [
      "no row",
      () =>
        nn.arrayLoader(
          { x: { ...train.x, data: new Float32Array(0) } },
          { ...train.y, data: new BigInt64Array(0) },
          { batchSize: 8 },
        ),
      /no rows.*DATA_EMPTY/,
    ],
  ])("%s: a clear error", (_name, run, message) => {
    expect(run).toThrow(message);
  });
});
