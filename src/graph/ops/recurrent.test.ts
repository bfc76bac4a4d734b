import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { exportedFile, exportedGolden } from "../../../test/golden-layers.ts";
import { createRandom, MillwrightError, type Tensor } from "../../core/index.ts";
import { compile, releaseIdleSessions } from "../../runtime/index.ts";
import { apply, applyAll } from "../definition.ts";
import { differentiate, gradient } from "../gradient.ts";
import { graph } from "../graph.ts";
import { readOnnx } from "../onnx/read.ts";
import { simplify } from "../simplify.ts";
import type { Dim, Value } from "../types.ts";
import { constant, input } from "../value.ts";
import { definitionOf } from "./catalogue.ts";
import * as ops from "./index.ts";

afterAll(releaseIdleSessions);

type Kind = "lstm" | "gru" | "rnn";
interface Setting {
  readonly kind: Kind;
  readonly title: string;
  readonly direction?: ops.Direction;
  readonly bias?: false;
  readonly initial?: false;
  readonly lengths?: readonly number[];
  readonly linearBeforeReset?: boolean;
  readonly activation?: "relu";
  /** Which outputs the loss takes: y, h, c. Default all. */
  readonly outputs?: readonly number[];
  readonly steps?: number;
  /** The batch is only known when the graph runs. */
  readonly named?: boolean;
}

const [batch, inputs, hidden] = [3, 2, 4];
const gateCounts = { lstm: 4, gru: 3, rnn: 1 };
const statesOf = (kind: Kind): number => (kind === "lstm" ? 2 : 1);

function shapesOf({ kind, direction, bias, initial, steps = 4 }: Setting): number[][] {
  const directions = direction === "bidirectional" ? 2 : 1;
  const gates = gateCounts[kind] * hidden;
  const states = Array.from({ length: initial === false ? 0 : statesOf(kind) }, () => [
    directions,
    batch,
    hidden,
  ]);
  return [
    [steps, batch, inputs],
    [directions, gates, inputs],
    [directions, gates, hidden],
    ...(bias === false ? [] : [[directions, 2 * gates]]),
    ...states,
  ];
}

function layer(setting: Setting, values: readonly Value[]): Value[] {
  const { kind, direction, lengths, linearBeforeReset = true, activation = "tanh" } = setting;
  const [x, w, r, ...more] = values as [Value, Value, Value, ...Value[]];
  const bias = setting.bias === false ? undefined : more.shift();
  const [initialH, initialC] = more;
  const fixed =
    lengths && constant({ dtype: "int32", shape: [lengths.length], data: Int32Array.from(lengths) });
  const options = { bias, initialH, direction, lengths: fixed };
  if (kind === "lstm") {
    const { y, h, c } = ops.lstm(x, w, r, { ...options, initialC });
    return [y, h, c];
  }
  const made =
    kind === "gru"
      ? ops.gru(x, w, r, { ...options, linearBeforeReset })
      : ops.rnn(x, w, r, { ...options, activation });
  return [made.y, made.h];
}

/** Answers and gradients; in float64 both are those of the steps written out, by the rules of their single ops. */
async function run(
  setting: Setting,
  dtype: "float32" | "float64",
  once = false,
): Promise<Record<string, Tensor>> {
  const random = createRandom(3).child(setting.title);
  const shapes = shapesOf(setting);
  const place = (shape: readonly number[]): Dim[] =>
    shape.map((size, axis) => (setting.named && axis === 1 && size === batch ? "batch" : size));
  const values = shapes.map((shape, i) => input(`x${i}`, dtype, place(shape)));
  const feeds = Object.fromEntries(
    shapes.map((shape, i) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal());
      return [`x${i}`, { dtype, shape, data: dtype === "float32" ? data : Float64Array.from(data) }];
    }),
  );
  const outputs = layer(setting, values);
  const taken = setting.outputs ?? outputs.map((_, i) => i);
  const terms = taken.map((k) => {
    const weights = ops.cumSum(ops.onesLike(outputs[k]!), outputs[k]!.shape.length - 1);
    return ops.reduceSum(ops.mul(outputs[k]!, ops.sin(ops.add(weights, k + 1))));
  });
  const loss = terms.reduce((a, b) => ops.add(a, b));
  const found = once
    ? differentiate(loss, values, outputs)
    : { loss, gradients: gradient(loss, values), beside: outputs };
  const named = (letter: string, list: readonly Value[]): [string, Value][] =>
    list.map((value, i) => [`${letter}${i}`, value]);
  const whole = graph({
    inputs: values,
    outputs: Object.fromEntries([
      ["loss", found.loss],
      ...named("y", found.beside),
      ...named("g", found.gradients),
    ]),
  });
  expect(whole.nodes.some((node) => ["LSTM", "GRU", "RNN"].includes(node.type))).toBe(
    dtype === "float32" && !once,
  );
  const session = await compile(whole);
  const results = await session.run(feeds);
  await session.release();
  return results;
}

const settings: Setting[] = (["lstm", "gru", "rnn"] as const).flatMap((kind): Setting[] => {
  const of = (title: string, more: Omit<Setting, "kind" | "title"> = {}): Setting => ({
    kind,
    title: `${kind} ${title}`,
    ...more,
  });
  return [
    of("forward"),
    of("reverse", { direction: "reverse" }),
    of("both directions", { direction: "bidirectional" }),
    of("without bias", { bias: false }),
    of("without a first state", { initial: false }),
    of("with lengths", { lengths: [4, 1, 2] }),
    of("with lengths, both directions, no first state", {
      lengths: [2, 4, 3],
      direction: "bidirectional",
      initial: false,
    }),
    of("with an empty sequence", { lengths: [0, 4, 2] }),
    of("last state only", { outputs: [1] }),
    of("last state only, lengths", { outputs: [1], lengths: [1, 4, 3], direction: "reverse" }),
    of("answers only", { outputs: [0] }),
    of("one step", { steps: 1 }),
    of("a batch of any size", { named: true, initial: false, direction: "bidirectional" }),
    ...(kind === "lstm"
      ? [
          of("last cell state only", { outputs: [2] }),
          of("last cell state only, lengths", { outputs: [2], lengths: [4, 2, 1] }),
        ]
      : []),
    ...(kind === "gru"
      ? [
          of("reset before", { linearBeforeReset: false }),
          of("reset before, without bias, both directions", {
            linearBeforeReset: false,
            bias: false,
            direction: "bidirectional",
          }),
          of("reset before, lengths", { linearBeforeReset: false, lengths: [3, 4, 1] }),
        ]
      : []),
    ...(kind === "rnn" ? [of("by relu", { activation: "relu", direction: "bidirectional" })] : []),
  ];
});

describe("the op's answers and gradients equal those of the steps written out in float64 (relative 1e-5)", () => {
  test.each(settings.map((setting) => [setting.title, setting] as const))("%s", async (_title, setting) => {
    const wanted = await run(setting, "float64");
    for (const found of [await run(setting, "float32"), await run(setting, "float32", true)]) {
      expect(Object.keys(found)).toEqual(Object.keys(wanted));
      for (const [name, { shape, data }] of Object.entries(wanted)) {
        expect(found[name]!.shape, name).toEqual(shape);
        Array.from(data as Float64Array).forEach((value, i) => {
          const gap = Math.abs(Number(found[name]!.data[i]) - value) / Math.max(1, Math.abs(value));
          expect(gap, `${name}[${i}]: ${String(found[name]!.data[i])}, float64 ${value}`).toBeLessThan(1e-5);
        });
      }
    }
  });
});

describe("differentiate", () => {
  test("computes two layers once, each node once", async () => {
    const x = input("x", "float32", [3, 2, 2]);
    const weights = [
      [1, 16, 2],
      [1, 16, 4],
      [1, 16, 4],
      [1, 16, 4],
    ].map((shape, i) => input(`w${i}`, "float32", shape));
    const [w0, r0, w1, r1] = weights as [Value, Value, Value, Value];
    const first = ops.lstm(x, w0, r0).y;
    const second = ops.lstm(ops.squeeze(first, [1]), w1, r1);
    const loss = ops.reduceSum(ops.mul(second.h, second.h));
    const all = [x, ...weights];
    const once = differentiate(loss, all, [second.y]);
    const outputs = {
      loss: once.loss,
      y: once.beside[0]!,
      ...Object.fromEntries(once.gradients.map((g, i) => [`g${i}`, g])),
    };
    const small = graph({ inputs: all, outputs });
    const twice = gradient(loss, all);
    const large = graph({
      inputs: all,
      outputs: { loss, y: second.y, ...Object.fromEntries(twice.map((g, i) => [`g${i}`, g])) },
    });
    const tanhs = (of: typeof small): number => of.nodes.filter((node) => node.type === "Tanh").length;
    // Three steps, two layers, two tanh each.
    expect([tanhs(small), tanhs(large)]).toEqual([12, 12]);
    expect(small.nodes.some((node) => node.type === "LSTM")).toBe(false);
    expect(large.nodes.filter((node) => node.type === "LSTM")).toHaveLength(2);
    const feeds = Object.fromEntries(
      all.map((value, k) => {
        const shape = value.shape as number[];
        const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
          Math.sin(i * 1.7 + k),
        );
        return [`${k === 0 ? "x" : `w${k - 1}`}`, { dtype: "float32", shape, data } as const];
      }),
    );
    const [a, b] = [await compile(small), await compile(large)];
    const [found, wanted] = [await a.run(feeds), await b.run(feeds)];
    for (const [name, tensor] of Object.entries(wanted)) {
      tensor.data.forEach((value, i) => expect(found[name]!.data[i], name).toBeCloseTo(Number(value), 5));
    }
    await Promise.all([a.release(), b.release()]);
  });
  test("without a recurrent layer it is the gradient", () => {
    const x = input("x", "float32", [3]);
    const loss = ops.reduceSum(ops.mul(x, x));
    const found = differentiate(loss, [x], [x]);
    expect([found.loss, found.beside[0]]).toEqual([loss, x]);
    expect(found.gradients).toHaveLength(1);
  });
});

describe("refused", () => {
  const of = (...shape: Dim[]): Value => input("x", "float32", shape);
  const [x, w, r] = [of(3, 2, 2), of(1, 16, 2), of(1, 16, 4)];
  const errorOf = (make: () => Value): [string, string] => {
    try {
      gradient(ops.reduceSum(make()), [x]);
    } catch (error) {
      if (error instanceof MillwrightError) return [error.code, error.what];
      throw error;
    }
    return ["no error", ""];
  };
  const node = (attributes: Record<string, number | string[]>, ...more: (Value | undefined)[]): Value =>
    apply(definitionOf("", "LSTM")!, [x, w, r, ...more], { hidden_size: 4, ...attributes });

  test.each<[string, () => Value, string, RegExp]>([
    ["the gradient of clip", () => node({ clip: 1 }), "GRAPH_NO_GRADIENT", /clip/],
    ["of input_forget", () => node({ input_forget: 1 }), "GRAPH_NO_GRADIENT", /input_forget/],
    [
      "of other activations",
      () => node({ activations: ["Relu", "Tanh", "Tanh"] }),
      "GRAPH_NO_GRADIENT",
      /relu, tanh, tanh/,
    ],
    [
      "of peepholes",
      () => node({}, undefined, undefined, undefined, undefined, of(1, 12)),
      "GRAPH_NO_GRADIENT",
      /peepholes/,
    ],
    ["rows of the weights", () => ops.lstm(x, of(1, 12, 2), r).y, "SHAPE_MISMATCH", /12.*needs 16/],
    ["inputs", () => ops.lstm(of(3, 2, 5), w, r).y, "SHAPE_MISMATCH", /2 for inputs of a step, and needs 5/],
    [
      "directions",
      () => ops.lstm(x, w, r, { direction: "bidirectional" }).y,
      "SHAPE_MISMATCH",
      /directions, and needs 2/,
    ],
    [
      "numbers of the bias",
      () => ops.lstm(x, w, r, { bias: of(1, 16) }).y,
      "SHAPE_MISMATCH",
      /16 for numbers of the bias/,
    ],
    [
      "lengths",
      () => ops.lstm(x, w, r, { lengths: input("n", "int32", [3]) }).y,
      "SHAPE_MISMATCH",
      /3 for lengths/,
    ],
    [
      "rows of a state",
      () => ops.gru(x, of(1, 12, 2), of(1, 12, 4), { initialH: of(1, 5, 4) }).y,
      "SHAPE_MISMATCH",
      /5 for rows/,
    ],
    ["a matrix", () => ops.rnn(of(3, 2), of(1, 4, 2), of(1, 4, 4)).y, "SHAPE_MISMATCH", /rank 3 as input 1/],
  ])("%s", (_name, make, code, words) => {
    const [found, what] = errorOf(make);
    expect(found).toBe(code);
    expect(what).toMatch(words);
  });
  test("the gradient over a number of steps that is not known", () => {
    const open = of("time", 2, 2);
    const loss = ops.reduceSum(ops.lstm(open, w, r).y);
    expect(() => gradient(loss, [open])).toThrow(/lstm has no gradient.*"time"/);
    const wide = input("x", "float64", ["time", 2, 2]);
    const [w64, r64] = [input("w", "float64", [1, 4, 2]), input("r", "float64", [1, 4, 4])];
    expect(() => ops.rnn(wide, w64, r64)).toThrow(/float64.*"time"/);
  });
});

test("a file exported by PyTorch, two LSTM layers and a GRU, has PyTorch's gradients (1e-5)", async () => {
  const read = simplify(readOnnx(readFileSync(exportedFile)));
  expect(read.nodes.filter((node) => node.type === "LSTM" || node.type === "GRU")).toHaveLength(3);
  const [y] = [...read.outputs.values()] as [Value];
  const wanted = Object.entries(exportedGolden.gradients);
  const weights = wanted.map(([name]) => read.constants.find((value) => value.label === name) as Value);
  const once = differentiate(ops.reduceSum(ops.mul(y, y)), weights, [y]);
  const outputs = { y: once.beside[0]!, ...Object.fromEntries(once.gradients.map((g, i) => [`g${i}`, g])) };
  const session = await compile(graph({ inputs: read.inputs, outputs }));
  const x: Tensor = { dtype: "int64", shape: [2, 5], data: BigInt64Array.from(exportedGolden.x, BigInt) };
  const found = await session.run({ x });
  await session.release();
  for (const [i, { shape, data }] of [exportedGolden.y, ...wanted.map(([, each]) => each)].entries()) {
    const ours = found[i === 0 ? "y" : `g${i - 1}`]!;
    expect(ours.shape).toEqual(shape);
    data.forEach((value, k) => expect(Math.abs(Number(ours.data[k]) - value)).toBeLessThan(1e-5));
  }
});

test("sizes, with names where they are only known when the graph runs", () => {
  const x = input("x", "float32", ["time", "batch", 2]);
  const [w, r] = [input("w", "float32", [2, 16, 2]), input("r", "float32", [2, 16, 4])];
  const { y, h, c } = ops.lstm(x, w, r, { direction: "bidirectional" });
  expect([y.shape, h.shape, c.shape]).toEqual([
    ["time", 2, "batch", 4],
    [2, "batch", 4],
    [2, "batch", 4],
  ]);
  const [swapped] = applyAll(
    definitionOf("", "LSTM")!,
    [x, w, r],
    { layout: 1, direction: "bidirectional" },
    3,
  );
  expect(swapped!.shape).toEqual(["time", "batch", 2, 4]);
});
