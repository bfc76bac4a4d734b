import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../test/evaluate.ts";
import type { Tensor } from "../core/index.ts";
import { compile } from "../runtime/index.ts";
import { gradient } from "./gradient.ts";
import { type Graph, graph } from "./graph.ts";
import { writeOnnx } from "./onnx/write.ts";
import * as ops from "./ops/index.ts";
import { simplify } from "./simplify.ts";
import type { Value } from "./types.ts";
import { constant, input, parameter, scalar, tensorOf } from "./value.ts";

const x = input("x", "float64", ["batch", 3]);
const types = (g: Graph): string[] => g.nodes.map((node) => node.type);
const simple = (...values: Value[]): Graph =>
  simplify(graph({ inputs: [x], outputs: Object.fromEntries(values.map((v, i) => [`y${i}`, v])) }));
const f64 = (shape: number[], ...data: number[]): Value =>
  constant({ dtype: "float64", shape, data: Float64Array.from(data) });
const f32 = (...data: number[]): Value =>
  constant({ dtype: "float32", shape: [data.length], data: Float32Array.from(data) });
const bool = (...data: number[]): Value =>
  constant({ dtype: "bool", shape: [data.length], data: Uint8Array.from(data) });

describe("simplify", () => {
  test("nodes that no output needs are gone, inputs stay", () => {
    const g = simple(ops.neg(x));
    ops.exp(x);
    expect([types(g), g.inputs.length]).toEqual([["Neg"], 1]);
  });

  test("equal expressions are computed once", () => {
    const once = (): Value => ops.exp(ops.mul(x, 2.5));
    expect(types(simple(ops.add(once(), once())))).toEqual(["Mul", "Exp", "Add"]);
    expect(
      types(simple(ops.leakyRelu(ops.cast(x, "float32"), 0.1), ops.leakyRelu(ops.cast(x, "float32"), 0.2))),
    ).toEqual(["Cast", "LeakyRelu", "LeakyRelu"]);
  });

  test("constants are merged by content, −0 and 0 apart", () => {
    const g = simple(ops.add(x, 1), ops.add(ops.exp(x), 1), ops.mul(x, 0), ops.mul(x, -0));
    expect(g.constants.map((value) => Array.from(tensorOf(value)!.data as Float64Array))).toEqual([
      [1],
      [0],
      [-0],
    ]);
  });

  test("equal dictionaries in different objects are one, different ones stay apart", () => {
    const text = input("t", "string", ["batch", 1]);
    const code = (...values: number[]): Value =>
      ops.labelEncoder(text, {
        keys: ["", "a,", "b"].slice(0, values.length),
        values: Float64Array.from(values),
        otherwise: Number.NaN,
      });
    const g = simplify(
      graph({
        inputs: [text],
        outputs: {
          y: ops.concat([code(1, 0, 2), code(1, 0, 2), code(1, -0, 2), code(1, 0, 3), code(1, 0)], 1),
        },
      }),
    );
    expect(types(g)).toEqual([...Array<string>(4).fill("LabelEncoder"), "Concat"]);
  });

  test("parameters are not folded, nor merged with equal ones", () => {
    const w = (name: string): Value =>
      parameter(name, { dtype: "float64", shape: [1], data: Float64Array.of(1) });
    const g = simple(ops.add(ops.mul(x, w("a")), ops.mul(x, w("b"))));
    expect(types(g)).toEqual(["Mul", "Mul", "Add"]);
  });

  test.each<[string, Value]>([
    ["identity", ops.identity(x)],
    ["× 1", ops.mul(x, 1)],
    ["1 ×", ops.mul(1, x)],
    ["÷ 1", ops.div(x, 1)],
    ["− 0", ops.sub(x, 0)],
    ["transposed twice", ops.transpose(ops.transpose(x, [1, 0]), [1, 0])],
    ["a reshape to the same shape", ops.reshape(ops.reshape(x, [-1]), [-1, 3])],
    ["an expand to what it is", ops.expand(x, ops.shapeOf(x))],
    ["a concat of one", ops.concat([x], 0)],
  ])("%s gives way to its input", (_name, y) => {
    const nodes = types(simple(ops.neg(y))).filter((type) => type !== "Reshape" && type !== "Shape");
    expect(nodes).toEqual(["Neg"]);
  });

  test.each<[string, Value, string]>([
    ["x + 0 turns −0 into 0", ops.add(x, 0), "Add"],
    ["x − (−0) is x + 0", ops.sub(x, -0), "Sub"],
    ["× 1 that spreads", ops.mul(x, f64([2, 1, 1], 1, 1)), "Mul"],
  ])("%s: it stays", (_name, y, type) => expect(types(simple(y))).toEqual([type]));

  test("sizes that are known are constants; others are left to the run", () => {
    const fixed = input("f", "float32", [4, 5]);
    const g = simplify(
      graph({
        inputs: [fixed, x],
        outputs: { a: ops.shapeOf(fixed), b: ops.sizeOf(fixed), c: ops.shapeOf(x, 1), d: ops.shapeOf(x) },
      }),
    );
    expect(types(g)).toEqual(["Shape"]);
  });

  test("the rows of what is put together from columns are those of its first part, which alone stays", () => {
    const [a, b] = [input("a", "float32", ["n", 2]), input("b", "float32", ["n", 3])];
    const wide = ops.concat([ops.neg(a), ops.exp(b)], -1);
    const tall = ops.concat([a, a], 0);
    const rows = (value: Value): Graph =>
      simplify(graph({ inputs: [a, b], outputs: { rows: ops.shapeOf(value, 0, 1) } }));
    expect(types(rows(wide))).toEqual(["Neg", "Shape"]);
    expect(types(rows(tall))).toEqual(["Concat", "Shape"]);
    const columns = simplify(graph({ inputs: [a, b], outputs: { all: ops.shapeOf(wide) } }));
    expect(types(columns)).toContain("Concat");
  });

  test("is stable: simplifying again changes nothing, and equal graphs stay equal", () => {
    const make = (): Graph => {
      const w = parameter("w", { dtype: "float64", shape: [3, 2], data: new Float64Array(6).fill(0.5) });
      const loss = ops.reduceMean(ops.logSoftmax(ops.matMul(x, w)));
      return graph({ inputs: [x], outputs: { loss, g: gradient(loss, [w])[0]! } });
    };
    const first = simplify(make());
    expect(writeOnnx(simplify(first))).toEqual(writeOnnx(first));
    expect(writeOnnx(simplify(make()))).toEqual(writeOnnx(first));
    expect(first.nodes.length).toBeLessThan(make().nodes.length);
  });

  test("a training graph answers the same bits as before", async () => {
    const w = parameter("w", {
      dtype: "float64",
      shape: [3, 4],
      data: Float64Array.from({ length: 12 }, (_, i) => Math.sin(i)),
    });
    const hidden = ops.tanh(ops.matMul(x, w));
    const loss = ops.reduceSum(
      ops.pow(ops.softmax(ops.concat([hidden, ops.slice(hidden, [1], [3], [1])], 1)), 2.5),
    );
    const [gw, gx] = gradient(loss, [w, x]);
    const g = graph({ inputs: [x], outputs: { loss, gw: gw!, gx: gx! } });
    const feed: Tensor = {
      dtype: "float64",
      shape: [5, 3],
      data: Float64Array.from({ length: 15 }, (_, i) => Math.cos(3 * i)),
    };
    const [before, after] = [await compile(g), await compile(simplify(g))];
    expect(await after.run({ x: feed })).toEqual(await before.run({ x: feed }));
    await Promise.all([before.release(), after.release()]);
  });

  test("dictionaries of many folds answer the same bits when the equal ones are shared", async () => {
    const words = ["", "a", "a,", "ä", "é", "雪", "😀", "value 1", " "];
    const table = fc.record({
      keys: fc.uniqueArray(fc.constantFrom(...words.slice(0, 5)), { minLength: 1, maxLength: 3 }),
      values: fc.array(fc.constantFrom(0, -0, 1, Number.NaN, 0.1), { minLength: 3, maxLength: 3 }),
      otherwise: fc.constantFrom(0, -0, Number.NaN),
    });
    const text = input("t", "string", ["batch", 1]);
    const feed: Tensor = { dtype: "string", shape: [words.length, 1], data: words };
    const property = fc.asyncProperty(
      fc.array(table, { minLength: 2, maxLength: 12 }),
      fc.integer({ min: 1, max: 3 }),
      async (tables, copies) => {
        const encoded = Array.from({ length: copies }, () => tables)
          .flat()
          .map(({ keys, values, otherwise }) =>
            ops.labelEncoder(text, {
              keys,
              values: Float64Array.from(keys, (_, i) => values[i]!),
              otherwise,
            }),
          );
        const g = graph({ inputs: [text], outputs: { y: ops.concat([...encoded, encoded[0]!], 1) } });
        const small = simplify(g);
        expect(small.nodes.length - 1).toBeLessThanOrEqual(tables.length);
        const [before, after] = [await compile(g), await compile(small)];
        const [wanted, got] = [await before.run({ t: feed }), await after.run({ t: feed })];
        expect(got).toEqual(wanted);
        await Promise.all([before.release(), after.release()]);
      },
    );
    await fc.assert(property, { numRuns: 25, seed: 7 });
  });
});

describe("folding gives the bits of the runtime", () => {
  const a = f64([2, 3], 0.1, -0, 3e300, 7, -2.5, 1 / 3);
  const b = f64([3], 0.2, 3, -1e10);
  const n = ops.int64s([7, -7, 0, 3]);
  const i32 = constant({ dtype: "int32", shape: [2], data: Int32Array.of(2 ** 31 - 1, -5) });
  test.each<[string, Value]>([
    ["float64 +", ops.add(a, b)],
    ["float64 −", ops.sub(a, b)],
    ["float64 ×", ops.mul(a, b)],
    ["float64 ÷", ops.div(a, b)],
    ["float32 +", ops.add(f32(0.1, 1e8, 3e38), f32(0.2, 1, 3e38))],
    ["float32 ×", ops.mul(f32(0.1, 1e-30, -0), f32(0.3, 1e-15, 5))],
    ["float32 ÷", ops.div(f32(1, 2, 1), f32(3, 0, 7))],
    ["neg, abs, floor, ceil", ops.ceil(ops.floor(ops.abs(ops.neg(a))))],
    ["int64 + − × ÷", ops.div(ops.sub(ops.mul(ops.add(n, 3), 5), 1), 4)],
    ["int64 min, max", ops.max(ops.min(n, 2), -1)],
    ["int32", ops.sub(i32, 7)],
    ["equal", ops.equal(a, f64([1], 7))],
    ["less, lessOrEqual", ops.and(ops.less(a, 1), ops.lessOrEqual(a, 0.1))],
    ["greater, or, not", ops.or(ops.not(ops.greater(a, 1)), ops.greaterOrEqual(a, 7))],
    [
      "equal of strings",
      ops.equal(
        constant({ dtype: "string", shape: [2], data: ["a", "b"] }),
        constant({ dtype: "string", shape: [1], data: ["b"] }),
      ),
    ],
    ["where", ops.where(bool(1, 0, 1), a, b)],
    ["cast to float32", ops.cast(a, "float32")],
    ["cast to int64", ops.cast(f64([3], 1.9, -1.9, 2 ** 40), "int64")],
    ["cast to bool", ops.cast(f64([3], 0, -0, 0.5), "bool")],
    ["cast to uint8", ops.cast(ops.int64s([0, 255]), "uint8")],
    ["cast of int64 to float32", ops.cast(ops.int64s([2 ** 24 + 1, -3]), "float32")],
    [
      "reshape, squeeze, unsqueeze, flatten",
      ops.flatten(ops.unsqueeze(ops.squeeze(ops.reshape(a, [3, 1, 2])), [0]), 2),
    ],
    ["transpose", ops.transpose(f64([1, 2, 3], 1, 2, 3, 4, 5, 6), [2, 0, 1])],
    ["expand", ops.expand(f64([2, 1], 1, 2), [3, 2, 2])],
    ["tile", ops.tile(a, [2, 2])],
    ["concat", ops.concat([a, f64([2, 1], 8, 9)], 1)],
    ["gather", ops.gather(a, [2, -1, 0], 1)],
    ["slice", ops.slice(a, [-1, 100], [-100, -100], [0, 1], [-1, -2])],
    ["constantOfShape", ops.constantOfShape([2, 2], scalar("float64", -0))],
    ["range", ops.range(scalar("int64", 9), scalar("int64", 1), scalar("int64", -3))],
  ])("%s", async (_name, y) => {
    const folded = simplify(graph({ inputs: [], outputs: { y } }));
    expect(types(folded)).toEqual([]);
    const [found] = await evaluate(y);
    expect(tensorOf([...folded.outputs.values()][0]!)).toEqual(found);
  });

  test.each<[string, Value]>([
    ["exp: its last bits are the runtime's", ops.exp(a)],
    ["a sum: its order is the runtime's", ops.reduceSum(a)],
    ["int64 overflow", ops.mul(ops.int64s([2n ** 62n]), 4)],
    ["int32 overflow", ops.add(i32, 1)],
    ["division by 0", ops.div(n, 0)],
    ["a cast out of range", ops.cast(f64([1], 1e300), "int64")],
    ["a cast of text", ops.cast(constant({ dtype: "string", shape: [1], data: ["1"] }), "float64")],
    ["an int64 beyond 2^53 to float32", ops.cast(ops.int64s([2n ** 60n + 1n]), "float32")],
    ["a large result", ops.expand(f64([1], 1), [2000])],
  ])("%s is left alone", (_name, y) => {
    expect(types(simplify(graph({ inputs: [], outputs: { y } })))).not.toEqual([]);
  });
});
