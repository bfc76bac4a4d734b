import { describe, expect, test } from "vitest";
import { createRandom, MillwrightError, type Tensor } from "../core/index.ts";
import {
  add,
  constant,
  div,
  type Graph,
  gradient,
  graph,
  greater,
  input,
  matMul,
  mul,
  reduceMean,
  reshape,
  sqrt,
  sub,
  type Value,
} from "../graph/index.ts";
import { createTrainState } from "./index.ts";

const features = 3;
const scalarTensor = (value: number): Tensor => ({
  dtype: "float64",
  shape: [],
  data: Float64Array.of(value),
});
const zeros = (...shape: number[]): Tensor => ({
  dtype: "float64",
  shape,
  data: new Float64Array(shape.reduce((a, b) => a * b, 1)),
});

/** Linear least squares by gradient descent with momentum (Polyak), as one step graph. */
function momentumStep(): Graph {
  const x = input("x", "float64", ["batch", features]);
  const y = input("y", "float64", ["batch", 1]);
  const rate = input("rate", "float64", []);
  const w = input("w", "float64", [features, 1]);
  const v = input("v", "float64", [features, 1]);
  const error = sub(matMul(x, w), y);
  const loss = reduceMean(mul(error, error));
  const [g] = gradient(loss, [w]) as [Value];
  const nextV = add(mul(v, 0.9), g);
  return graph({
    inputs: [x, y, rate, w, v],
    outputs: { loss, "w/next": sub(w, mul(nextV, rate)), "v/next": nextV },
  });
}

/** The same in plain loops. */
function reference(
  x: Float64Array,
  y: Float64Array,
  steps: number,
  rate: number,
): { w: number[]; loss: number } {
  const n = y.length;
  const w = Array<number>(features).fill(0);
  const v = Array<number>(features).fill(0);
  let loss = 0;
  for (let step = 0; step < steps; step++) {
    const g = Array<number>(features).fill(0);
    loss = 0;
    for (let i = 0; i < n; i++) {
      let error = -y[i]!;
      for (let j = 0; j < features; j++) error += x[i * features + j]! * w[j]!;
      loss += (error * error) / n;
      for (let j = 0; j < features; j++) g[j] = g[j]! + (2 * error * x[i * features + j]!) / n;
    }
    for (let j = 0; j < features; j++) {
      v[j] = 0.9 * v[j]! + g[j]!;
      w[j] = w[j]! - rate * v[j]!;
    }
  }
  return { w, loss };
}

const random = createRandom(3);
const n = 40;
const data = Float64Array.from({ length: n * features }, () => random.normal());
const target = Float64Array.from(
  { length: n },
  (_, i) => 2 * data[i * features]! - data[i * features + 1]! + 0.1 * random.normal(),
);
const feeds = {
  x: { dtype: "float64", shape: [n, features], data },
  y: { dtype: "float64", shape: [n, 1], data: target },
  rate: scalarTensor(0.05),
} as const;
const options = {
  next: { w: "w/next", v: "v/next" },
  initial: { w: zeros(features, 1), v: zeros(features, 1) },
};

async function codeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof MillwrightError) return error.code;
    throw error;
  }
  return "no error";
}

describe("training state", () => {
  test("75 steps equal plain loops (relative 1e-12)", async () => {
    const state = await createTrainState(momentumStep(), options);
    expect(state.inputs.map((port) => port.name)).toEqual(["x", "y", "rate"]);
    let loss = 0;
    for (let i = 0; i < 75; i++) loss = Number((await state.step(feeds)).loss!.data[0]);
    const wanted = reference(data, target, 75, 0.05);
    expect(loss / wanted.loss).toBeCloseTo(1, 12);
    state.get("w").data.forEach((w, j) => expect(Number(w) / wanted.w[j]!).toBeCloseTo(1, 10));
    expect(options.initial.w.data[0]).toBe(0);
    await state.release();
  });

  test("a snapshot is a copy, and restoring it goes back", async () => {
    const state = await createTrainState(momentumStep(), options);
    await state.step(feeds);
    const kept = state.snapshot();
    const before = Number((await state.step(feeds)).loss!.data[0]);
    await state.step(feeds);
    state.restore(kept);
    expect(Number((await state.step(feeds)).loss!.data[0])).toBe(before);
    await state.release();
  });

  test("a failed step leaves the state as it was", async () => {
    const state = await createTrainState(momentumStep(), options);
    await state.step(feeds);
    const kept = state.snapshot();
    const narrow = {
      ...feeds,
      x: { dtype: "float64", shape: [n, 2], data: new Float64Array(2 * n) },
    } as const;
    expect(await codeOf(() => state.step(narrow))).toBe("RUNTIME_FAILED");
    expect(state.snapshot()).toEqual(kept);
    await state.release();
    expect(await codeOf(() => state.step(feeds))).toBe("RUNTIME_FAILED");
  });

  test.each([2, 8000])("what %i rows answer is what was asked, whatever makes it", async (rows) => {
    const all = (...row: number[]) => Float32Array.from({ length: 3 * rows }, (_, i) => row[i % 3]!);
    const [x, w] = [input("x", "float32", [rows, 3]), input("w", "float32", [rows, 3])];
    const codes = constant({ dtype: "int64", shape: [2], data: BigInt64Array.of(7n, 8n) });
    const next = add(w, x);
    const step = graph({
      inputs: [x, w],
      outputs: { "w/next": next, same: next, fed: x, codes, above: greater(x, 1), view: reshape(next, [-1]) },
    });
    const initial = { w: { dtype: "float32", shape: [rows, 3], data: all(1, 1, 1) } } as const;
    const state = await createTrainState(step, { next: { w: "w/next" }, initial });
    const fed = { dtype: "float32", shape: [rows, 3], data: all(0, 1, 2) } as const;
    const first = await state.step({ x: fed });
    const again = await state.step({ x: fed });
    const above = Uint8Array.from(all(0, 0, 1));
    expect(first).toEqual({
      same: { dtype: "float32", shape: [rows, 3], data: all(1, 2, 3) },
      view: { dtype: "float32", shape: [3 * rows], data: all(1, 2, 3) },
      fed,
      codes: { dtype: "int64", shape: [2], data: BigInt64Array.of(7n, 8n) },
      above: { dtype: "bool", shape: [rows, 3], data: above },
    });
    expect(again["same"]!.data).toEqual(all(1, 3, 5));
    expect(state.get("w").data).toEqual(all(1, 3, 5));
    await state.release();
  });

  test("outputs may have any name", async () => {
    const [x, w] = [input("end_", "float32", []), input("w", "float32", [70_000])];
    const step = graph({ inputs: [x, w], outputs: { "w/next": add(w, x), end: mul(x, x) } });
    const initial = { w: { dtype: "float32", shape: [70_000], data: new Float32Array(70_000) } } as const;
    const state = await createTrainState(step, { next: { w: "w/next" }, initial });
    const answer = await state.step({ end_: { dtype: "float32", shape: [], data: Float32Array.of(3) } });
    expect(answer["end"]!.data[0]).toBe(9);
    expect(state.get("w").data[69_999]).toBe(3);
    await state.release();
  });

  test("a step makes no second copy of the state", async () => {
    const size = 1_000_000;
    const [x, w] = [input("x", "float32", []), input("w", "float32", [size])];
    const step = graph({ inputs: [x, w], outputs: { loss: mul(x, x), "w/next": sub(w, x) } });
    const initial = { w: { dtype: "float32", shape: [size], data: new Float32Array(size) } } as const;
    const state = await createTrainState(step, { next: { w: "w/next" }, initial });
    const fed = { x: { dtype: "float32", shape: [], data: Float32Array.of(2) } } as const;
    const before = process.memoryUsage().arrayBuffers;
    expect((await state.step(fed))["loss"]!.data[0]).toBe(4);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(size);
    expect(state.get("w").data[size - 1]).toBe(-2);
    await state.release();
  });

  test("two steps at once are refused", async () => {
    const state = await createTrainState(momentumStep(), options);
    const first = state.step(feeds);
    expect(await codeOf(() => state.step(feeds))).toBe("RUNTIME_FAILED");
    await first;
    await state.release();
  });

  test.each([
    ["an input that is not there", { next: { u: "w/next" }, initial: { u: zeros(1) } }, "GRAPH_INVALID"],
    ["an output that is not there", { next: { w: "w2" }, initial: { w: zeros(3, 1) } }, "GRAPH_INVALID"],
    ["no initial value", { next: { w: "w/next" }, initial: {} }, "GRAPH_INVALID"],
    [
      "another dtype",
      {
        next: { w: "w/next" },
        initial: { w: { dtype: "float32", shape: [3, 1], data: new Float32Array(3) } as Tensor },
      },
      "DTYPE_MISMATCH",
    ],
  ])("%s is refused", async (_name, wrong, code) => {
    expect(await codeOf(() => createTrainState(momentumStep(), wrong))).toBe(code);
  });

  test("an optimiser with two slots (Adam) finds the least squares solution", async () => {
    const x = input("x", "float64", ["batch", features]);
    const y = input("y", "float64", ["batch", 1]);
    const correction1 = input("correction1", "float64", []);
    const correction2 = input("correction2", "float64", []);
    const [w, m, v] = ["w", "m", "v"].map((name) => input(name, "float64", [features, 1])) as [
      Value,
      Value,
      Value,
    ];
    const error = sub(matMul(x, w), y);
    const loss = reduceMean(mul(error, error));
    const [g] = gradient(loss, [w]) as [Value];
    const nextM = add(mul(m, 0.9), mul(g, 0.1));
    const nextV = add(mul(v, 0.999), mul(mul(g, g), 0.001));
    const move = div(mul(div(nextM, correction1), 0.05), add(sqrt(div(nextV, correction2)), 1e-8));
    const step = graph({
      inputs: [x, y, correction1, correction2, w, m, v],
      outputs: { loss, w2: sub(w, move), m2: nextM, v2: nextV },
    });
    const initial = { w: zeros(features, 1), m: zeros(features, 1), v: zeros(features, 1) };
    const state = await createTrainState(step, { next: { w: "w2", m: "m2", v: "v2" }, initial });
    for (let t = 1; t <= 600; t++) {
      await state.step({
        x: feeds.x,
        y: feeds.y,
        correction1: scalarTensor(1 - 0.9 ** t),
        correction2: scalarTensor(1 - 0.999 ** t),
      });
    }
    const long = reference(data, target, 3000, 0.05);
    state.get("w").data.forEach((found, j) => expect(Number(found)).toBeCloseTo(long.w[j]!, 3));
    await state.release();
  });
});
