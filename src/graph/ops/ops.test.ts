import { afterAll, describe, expect, test } from "vitest";
import { evaluate, plain } from "../../../test/evaluate.ts";
import { createRandom, type DType, MillwrightError, type TensorData } from "../../core/index.ts";
import { compile, releaseIdleSessions } from "../../runtime/index.ts";
import { graph } from "../graph.ts";
import type { Value } from "../types.ts";
import { constant, input, scalar } from "../value.ts";
import { supportedOps } from "./catalogue.ts";
import * as ops from "./index.ts";

afterAll(releaseIdleSessions);

const of = (dtype: DType, shape: readonly number[], data: TensorData): Value =>
  constant({ dtype, shape, data });
const f64 = (...data: number[]): Value => of("float64", [data.length], Float64Array.from(data));
const f32 = (...data: number[]): Value => of("float32", [data.length], Float32Array.from(data));
const i64 = (...data: number[]): Value => ops.int64s(data);
const strings = (...data: string[]): Value => of("string", [data.length], data);
const matrix = (rows: number[][]): Value =>
  of("float64", [rows.length, rows[0]!.length], Float64Array.from(rows.flat()));
const m = matrix([
  [1, 5, 3],
  [4, 2, 6],
]);

async function expectValues(
  y: Value,
  wanted: readonly (number | string)[],
  shape?: readonly number[],
): Promise<void> {
  const [found] = await evaluate(y);
  expect(plain(found!)).toEqual(wanted);
  if (shape) expect(found!.shape).toEqual(shape);
  y.shape.forEach((dim, axis) => {
    if (typeof dim === "number") expect(dim).toBe(found!.shape[axis]);
  });
}
function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof MillwrightError) return error.code;
    throw error;
  }
  return "no error";
}

describe("functions of one number agree with Math (relative 1e-12 in float64, 1e-5 in float32)", () => {
  const erf = (x: number): number => {
    // ∫ by Simpson's rule: slow and obvious.
    const n = 2000;
    let sum = 1 + Math.exp(-x * x);
    for (let i = 1; i < n; i++) sum += (i % 2 === 1 ? 4 : 2) * Math.exp(-(((x * i) / n) ** 2));
    return (2 / Math.sqrt(Math.PI)) * (x / n / 3) * sum;
  };
  const elu = (x: number, a: number): number => (x > 0 ? x : a * Math.expm1(x));
  const table: readonly [string, (x: Value) => Value, (x: number) => number, "float32 only"?][] = [
    ["neg", ops.neg, (x) => -x],
    ["abs", ops.abs, Math.abs],
    ["exp", ops.exp, Math.exp],
    ["log", (x) => ops.log(ops.abs(x)), (x) => Math.log(Math.abs(x))],
    ["sqrt", (x) => ops.sqrt(ops.abs(x)), (x) => Math.sqrt(Math.abs(x))],
    ["reciprocal", ops.reciprocal, (x) => 1 / x],
    ["floor", ops.floor, Math.floor],
    ["ceil", ops.ceil, Math.ceil],
    ["sign", ops.sign, Math.sign],
    ["sin", ops.sin, Math.sin],
    ["cos", ops.cos, Math.cos],
    ["tan", ops.tan, Math.tan],
    ["asin", (x) => ops.asin(ops.tanh(x)), (x) => Math.asin(Math.tanh(x)), "float32 only"],
    ["acos", (x) => ops.acos(ops.tanh(x)), (x) => Math.acos(Math.tanh(x)), "float32 only"],
    ["atan", ops.atan, Math.atan, "float32 only"],
    ["sinh", ops.sinh, Math.sinh],
    ["cosh", ops.cosh, Math.cosh],
    ["tanh", ops.tanh, Math.tanh],
    ["asinh", ops.asinh, Math.asinh],
    ["acosh", (x) => ops.acosh(ops.add(ops.abs(x), 1)), (x) => Math.acosh(Math.abs(x) + 1)],
    ["atanh", (x) => ops.atanh(ops.mul(ops.tanh(x), 0.9)), (x) => Math.atanh(0.9 * Math.tanh(x))],
    ["relu", ops.relu, (x) => Math.max(0, x)],
    ["leakyRelu", (x) => ops.leakyRelu(x, 0.2), (x) => (x > 0 ? x : 0.2 * x)],
    ["thresholdedRelu", (x) => ops.thresholdedRelu(x, 0.5), (x) => (x > 0.5 ? x : 0)],
    ["sigmoid", ops.sigmoid, (x) => 1 / (1 + Math.exp(-x))],
    ["softplus", ops.softplus, (x) => Math.log1p(Math.exp(x))],
    ["softsign", ops.softsign, (x) => x / (1 + Math.abs(x))],
    ["erf", ops.erf, erf, "float32 only"],
    ["gelu", ops.gelu, (x) => (x / 2) * (1 + erf(x / Math.SQRT2)), "float32 only"],
    [
      "gelu by tanh",
      (x) => ops.gelu(x, "tanh"),
      (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    ],
    ["elu", (x) => ops.elu(x, 1.2), (x) => elu(x, 1.2)],
    ["celu", (x) => ops.celu(x, 1.2), (x) => (x > 0 ? x : 1.2 * Math.expm1(x / 1.2))],
    ["selu", ops.selu, (x) => 1.05070102214813232421875 * elu(x, 1.67326319217681884765625)],
    ["hardSigmoid", (x) => ops.hardSigmoid(x, 0.3, 0.4), (x) => Math.min(1, Math.max(0, 0.3 * x + 0.4))],
    ["hardSwish", ops.hardSwish, (x) => x * Math.min(1, Math.max(0, x / 6 + 0.5))],
    ["mish", ops.mish, (x) => x * Math.tanh(Math.log1p(Math.exp(x)))],
    ["clip", (x) => ops.clip(x, -1, 1.5), (x) => Math.min(1.5, Math.max(-1, x))],
  ];
  const random = createRandom(5);
  const numbers = Array.from({ length: 40 }, () => 2 * random.normal());

  test.each(table)("%s", async (name, f, reference, only) => {
    for (const dtype of ["float64", "float32"] as const) {
      const x = dtype === "float64" ? f64(...numbers) : f32(...numbers);
      if (dtype === "float64" && only) {
        expect(
          codeOf(() => f(x)),
          `${name} says that it has no float64`,
        ).toBe("GRAPH_UNSUPPORTED");
        continue;
      }
      const [y] = await evaluate(f(x));
      expect(y!.dtype).toBe(dtype);
      const tolerance = dtype === "float64" ? 1e-12 : 1e-5;
      plain(y!).forEach((found, i) => {
        const wanted = reference(dtype === "float32" ? Math.fround(numbers[i]!) : numbers[i]!);
        expect(Math.abs(Number(found) - wanted), `${name}(${numbers[i]})`).toBeLessThanOrEqual(
          tolerance * Math.max(1, Math.abs(wanted)),
        );
      });
    }
  });

  test("round takes halves to the even one", () =>
    expectValues(ops.round(f64(0.5, 1.5, 2.5, -0.5, -1.5)), [0, 2, 2, -0, -2]));
});

describe("functions of two", () => {
  const a = f64(7, -7, 0.5);
  test.each<[string, () => Value, (number | string)[]]>([
    ["add", () => ops.add(a, 1), [8, -6, 1.5]],
    ["sub from a number", () => ops.sub(1, a), [-6, 8, 0.5]],
    ["mul", () => ops.mul(a, f64(2, 0, -1)), [14, -0, -0.5]],
    ["div", () => ops.div(a, 2), [3.5, -3.5, 0.25]],
    ["div of integers truncates", () => ops.div(i64(7, -7), 2), [3, -3]],
    ["pow", () => ops.pow(f64(2, 9, 4), f64(3, 0.5, -1)), [8, 3, 0.25]],
    ["mod of floats has the sign of the first", () => ops.mod(a, 4), [3, -3, 0.5]],
    ["mod of integers has the sign of the second", () => ops.mod(i64(7, -7), 4), [3, 1]],
    ["min", () => ops.min(a, 1), [1, -7, 0.5]],
    ["max", () => ops.max(a, 1), [7, 1, 1]],
    ["sum", () => ops.sum([a, a, f64(1, 1, 1)]), [15, -13, 2]],
    ["mean", () => ops.mean([a, f64(1, 1, 1)]), [4, -3, 0.75]],
    ["mean of float32", () => ops.mean([f32(1, 2), f32(2, 4)]), [1.5, 3]],
    ["equal", () => ops.equal(a, 7), [1, 0, 0]],
    ["equal of strings", () => ops.equal(strings("a", "", "ä"), strings("a", "b", "ä")), [1, 0, 1]],
    ["less", () => ops.less(a, 0.5), [0, 1, 0]],
    ["lessOrEqual", () => ops.lessOrEqual(a, 0.5), [0, 1, 1]],
    ["greater", () => ops.greater(a, 0.5), [1, 0, 0]],
    ["greaterOrEqual", () => ops.greaterOrEqual(a, 0.5), [1, 0, 1]],
    [
      "and, or, xor, not",
      () =>
        ops.and(ops.or(ops.less(a, 0), ops.greater(a, 1)), ops.xor(ops.not(ops.less(a, 0)), ops.isNaN(a))),
      [1, 0, 0],
    ],
    ["where with a number", () => ops.where(ops.greater(a, 0), a, -1), [7, -1, 0.5]],
  ])("%s", (_name, make, wanted) => expectValues(make(), wanted));

  test("shapes broadcast", () =>
    expectValues(ops.add(matrix([[1], [2]]), f64(10, 20, 30)), [11, 21, 31, 12, 22, 32], [2, 3]));
  test("shapes that do not are refused with both", () => {
    expect(() => ops.add(m, f64(1, 2))).toThrow("add needs shapes that broadcast, and has [2, 3] and [2]");
  });
  test("dtypes are not mixed", () => {
    expect(() => ops.add(f64(1), f32(1))).toThrow("add needs one dtype, and has float64 and float32");
    expect(() => ops.exp(i64(1))).toThrow("exp takes float32 or float64 as input 1, and has int64");
  });
});

describe("reductions of [[1, 5, 3], [4, 2, 6]]", () => {
  test.each<[string, () => Value, number[], number[]]>([
    ["reduceSum of all", () => ops.reduceSum(m), [21], []],
    ["reduceSum along 0", () => ops.reduceSum(m, { axes: [0] }), [5, 7, 9], [3]],
    ["reduceSum along −1, kept", () => ops.reduceSum(m, { axes: [-1], keepDims: true }), [9, 12], [2, 1]],
    ["reduceSum along no axis", () => ops.reduceSum(m, { axes: [] }), [1, 5, 3, 4, 2, 6], [2, 3]],
    ["reduceMean", () => ops.reduceMean(m, { axes: [1] }), [3, 4], [2]],
    ["reduceMax", () => ops.reduceMax(m, { axes: [0] }), [4, 5, 6], [3]],
    ["reduceMin", () => ops.reduceMin(m, { axes: [1] }), [1, 2], [2]],
    ["reduceProd", () => ops.reduceProd(m, { axes: [1] }), [15, 48], [2]],
    ["reduceSumSquare", () => ops.reduceSumSquare(m, { axes: [1] }), [35, 56], [2]],
    ["reduceL1", () => ops.reduceL1(ops.neg(m), { axes: [1] }), [9, 12], [2]],
    ["reduceL2", () => ops.reduceL2(matrix([[3, 4]])), [5], []],
  ])("%s", (_name, make, wanted, shape) => expectValues(make(), wanted, shape));

  test("logarithms of sums", async () => {
    const [a, b] = await evaluate(ops.reduceLogSum(m), ops.reduceLogSumExp(f64(1000, 1000)));
    expect(a!.data[0]).toBeCloseTo(Math.log(21), 12);
    expect(b!.data[0]).toBeCloseTo(1000 + Math.LN2, 10);
  });
  test("an axis out of range is refused", () => {
    expect(() => ops.reduceSum(m, { axes: [2] })).toThrow("reduceSum has the axis 2 for rank 2");
  });
});

describe("products", () => {
  test("matMul", () =>
    expectValues(
      ops.matMul(
        m,
        matrix([
          [1, 0],
          [0, 1],
          [1, 1],
        ]),
      ),
      [4, 8, 10, 8],
      [2, 2],
    ));
  test("gemm", () =>
    expectValues(
      ops.gemm(m, m, f64(1, 2), { transB: true, alpha: 0.5, beta: 10 }),
      [27.5, 36, 26, 48],
      [2, 2],
    ));
  test("inner sizes are checked", () => {
    expect(() => ops.matMul(m, m)).toThrow("matMul needs equal inner sizes, and has [2, 3] × [2, 3]");
  });
});

describe("shapes and places", () => {
  test.each<[string, () => Value, (number | string)[], number[]]>([
    ["reshape", () => ops.reshape(m, [3, -1]), [1, 5, 3, 4, 2, 6], [3, 2]],
    [
      "reshapeLike",
      () => ops.reshapeLike(m, matrix([[0], [0], [0], [0], [0], [0]])),
      [1, 5, 3, 4, 2, 6],
      [6, 1],
    ],
    ["transpose", () => ops.transpose(m), [1, 4, 5, 2, 3, 6], [3, 2]],
    ["concat", () => ops.concat([m, m], 0), [1, 5, 3, 4, 2, 6, 1, 5, 3, 4, 2, 6], [4, 3]],
    ["concat of strings", () => ops.concat([strings("a"), strings("", "c")], 0), ["a", "", "c"], [3]],
    ["split", () => ops.split(m, 1, [2, 1])[1]!, [3, 6], [2, 1]],
    [
      "squeeze and unsqueeze",
      () => ops.squeeze(ops.unsqueeze(m, [0, 3]), [0]),
      [1, 5, 3, 4, 2, 6],
      [2, 3, 1],
    ],
    ["expand", () => ops.expand(f64(1, 2), [2, 2]), [1, 2, 1, 2], [2, 2]],
    ["flatten", () => ops.flatten(ops.reshape(m, [1, 2, 3]), 2), [1, 5, 3, 4, 2, 6], [2, 3]],
    ["tile", () => ops.tile(f64(1, 2), [2]), [1, 2, 1, 2], [4]],
    ["pad", () => ops.pad(f64(1, 2), [1, 2], { value: scalar("float64", 9) }), [9, 1, 2, 9, 9], [5]],
    ["pad by reflection", () => ops.pad(f64(1, 2, 3), [2, 1], { mode: "reflect" }), [3, 2, 1, 2, 3, 2], [6]],
    ["slice", () => ops.slice(m, [-1, 0], [100, 2]), [4, 2], [1, 2]],
    ["slice backwards", () => ops.slice(f64(1, 2, 3), [-1], [-100], [0], [-2]), [3, 1], [2]],
    ["gather", () => ops.gather(m, [2, 0], 1), [3, 1, 6, 4], [2, 2]],
    ["gather of strings", () => ops.gather(strings("a", "b"), i64(1, 1, 0)), ["b", "b", "a"], [3]],
    [
      "gatherElements",
      () => ops.gatherElements(m, of("int64", [1, 3], BigInt64Array.of(1n, 0n, 1n)), 0),
      [4, 5, 6],
      [1, 3],
    ],
    ["gatherND", () => ops.gatherND(m, of("int64", [2, 2], BigInt64Array.of(0n, 1n, 1n, 2n))), [5, 6], [2]],
    [
      "scatterElements",
      () => ops.scatterElements(f64(1, 2, 3), i64(0, 0), f64(10, 20), { reduction: "add" }),
      [31, 2, 3],
      [3],
    ],
    [
      "scatterND",
      () => ops.scatterND(f64(1, 2, 3), of("int64", [1, 1], BigInt64Array.of(2n)), f64(9)),
      [1, 2, 9],
      [3],
    ],
    ["shapeOf", () => ops.shapeOf(m, -1), [3], [1]],
    ["sizeOf", () => ops.sizeOf(m), [6], []],
    ["constantOfShape", () => ops.constantOfShape([2, 1], scalar("int64", 7)), [7, 7], [2, 1]],
    ["range", () => ops.range(scalar("int64", 2), scalar("int64", 9), scalar("int64", 3)), [2, 5, 8], [3]],
    ["identity", () => ops.identity(m), [1, 5, 3, 4, 2, 6], [2, 3]],
    ["cast truncates", () => ops.cast(f64(1.9, -1.9), "int32"), [1, -1], [2]],
    ["cast of text", () => ops.cast(strings("1.5", "-2e3"), "float64"), [1.5, -2000], [2]],
    ["onesLike", () => ops.onesLike(m), [1, 1, 1, 1, 1, 1], [2, 3]],
  ])("%s", (_name, make, wanted, shape) => expectValues(make(), wanted, shape));

  test.each<[string, () => unknown, RegExp]>([
    [
      "a reshape that does not come out",
      () => ops.reshape(m, [4, -1]),
      /cannot make \[4, -1\] of 6 elements/,
    ],
    ["a reshape to another count", () => ops.reshape(m, [7]), /7 elements, of \[2, 3\], 6/],
    ["a concat of different widths", () => ops.concat([m, f64(1)], 0), /joins along axis 0/],
    ["a split that does not add up", () => ops.split(m, 1, [1, 1]), /cuts 3 into 1 \+ 1 = 2/],
    ["a squeeze of a size that is not 1", () => ops.squeeze(m, [0]), /whose size is not 1/],
    ["an order that names an axis twice", () => ops.transpose(m, [0, 0]), /Name every axis once/],
    ["a step of 0", () => ops.slice(m, [0], [1], [0], [0]), /step of 0/],
  ])("%s is refused", (_name, make, message) => expect(make).toThrow(message));
});

describe("choosing", () => {
  test.each<[string, () => Value, (number | string)[], number[]]>([
    ["argMax takes the first of ties", () => ops.argMax(f64(1, 3, 3)), [1], []],
    ["argMin along 0, kept", () => ops.argMin(m, { axis: 0, keepDims: true }), [0, 1, 0], [1, 3]],
    ["topK values", () => ops.topK(m, 2).values, [5, 3, 6, 4], [2, 2]],
    [
      "topK indices of the smallest",
      () => ops.topK(m, 1, { axis: 0, largest: false }).indices,
      [0, 1, 0],
      [1, 3],
    ],
    ["isNaN", () => ops.isNaN(f64(Number.NaN, 1, Infinity)), [1, 0, 0], [3]],
    ["isInf", () => ops.isInf(f64(Number.NaN, -Infinity, Infinity)), [0, 1, 1], [3]],
    ["isInf of one sign", () => ops.isInf(f64(-Infinity, Infinity), "negative"), [1, 0], [2]],
    ["oneHot", () => ops.oneHot(i64(2, 0, 7), 3, { dtype: "float64" }), [0, 0, 1, 1, 0, 0, 0, 0, 0], [3, 3]],
    ["cumSum", () => ops.cumSum(m, 1), [1, 6, 9, 4, 6, 12], [2, 3]],
    [
      "cumSum from the end, without itself",
      () => ops.cumSum(f64(1, 2, 3), 0, { reverse: true, exclusive: true }),
      [5, 3, 0],
      [3],
    ],
    ["nonZero", () => ops.nonZero(f64(0, 2, 0, -1)), [1, 3], [1, 2]],
    ["trilu", () => ops.trilu(m, { upper: false }), [1, 0, 0, 4, 2, 0], [2, 3]],
    ["softmax", () => ops.mul(ops.softmax(f64(0, 0)), 2), [1, 1], [2]],
    ["logSoftmax keeps small probabilities", () => ops.logSoftmax(f64(0, -800)), [0, -800], [2]],
    ["pRelu", () => ops.pRelu(m, f64(2, 2, 2)), [1, 5, 3, 4, 2, 6], [2, 3]],
  ])("%s", (_name, make, wanted, shape) => expectValues(make(), wanted, shape));
});

describe("text", () => {
  test.each<[string, () => Value, (number | string)[]]>([
    [
      "stringNormalizer lowers beyond ASCII",
      () => ops.stringNormalizer(strings("ÄB c", "x"), { case: "lower" }),
      ["äb c", "x"],
    ],
    [
      "stringNormalizer drops stop words",
      () => ops.stringNormalizer(strings("the", "cat"), { stopWords: ["the"] }),
      ["cat"],
    ],
    [
      "stringSplit",
      () => ops.stringSplit(strings("a,b", "c"), { delimiter: "," }).parts,
      ["a", "b", "c", ""],
    ],
    ["stringSplit counts", () => ops.stringSplit(strings("a b  c", "")).counts, [3, 0]],
    ["stringConcat", () => ops.stringConcat(strings("a", ""), strings("é")), ["aé", "é"]],
    ["regexFullMatch", () => ops.regexFullMatch(strings("12", "12a", ""), "[0-9]+"), [1, 0, 0]],
    [
      "tokenizer by pattern",
      () => ops.tokenizer(strings("Fix the bug!", "ok"), { pattern: "[\\p{L}]+", padValue: "#" }),
      ["Fix", "the", "bug", "ok", "#", "#"],
    ],
    [
      "tokenizer by separators",
      () => ops.tokenizer(strings("a b"), { separators: [" "], padValue: "" }),
      ["a", "b"],
    ],
  ])("%s", (_name, make, wanted) => expectValues(make(), wanted));

  test("tfIdfVectorizer counts words and pairs", () =>
    expectValues(
      ops.tfIdfVectorizer(of("string", [2, 3], ["a", "b", "a", "b", "a", "c"]), {
        mode: "TFIDF",
        minGram: 1,
        maxGram: 2,
        starts: [0, 2],
        columns: [0, 1, 2],
        pool: ["a", "b", "b", "a"],
        weights: Float32Array.of(1, 10, 100),
      }),
      [2, 10, 100, 1, 10, 100],
      [2, 3],
    ));

  test("tfIdfVectorizer of integers", () =>
    expectValues(
      ops.tfIdfVectorizer(i64(5, 7, 5), {
        mode: "TF",
        minGram: 1,
        maxGram: 1,
        starts: [0],
        columns: [0, 1],
        pool: [5, 7],
      }),
      [2, 1],
      [2],
    ));

  const keys = {
    string: ["a", "", "ü"],
    float64: Float64Array.of(1.5, Number.NaN, -2),
    float32: Float32Array.of(1.5, 3, -2),
    int64: BigInt64Array.of(1n, 2n ** 53n + 1n, -2n),
  };
  const values = {
    string: ["x", "", "z"],
    float64: Float64Array.of(0.1, 2, 3),
    float32: Float32Array.of(1, 2, 3),
    int64: BigInt64Array.of(1n, 2n, 3n),
  };
  const pairs: [keyof typeof keys, keyof typeof values][] = [
    ["string", "float64"],
    ["string", "float32"],
    ["string", "int64"],
    ["string", "string"],
    ["int64", "float64"],
    ["int64", "string"],
    ["int64", "int64"],
    ["float32", "float32"],
    ["float64", "float64"],
    ["float64", "string"],
  ];
  test.each(pairs)("labelEncoder from %s to %s", async (from, to) => {
    const otherwise = to === "string" ? "other" : to === "int64" ? -1n : -1;
    const given = keys[from];
    const unknown =
      from === "string"
        ? ["zz"]
        : from === "int64"
          ? BigInt64Array.of(77n)
          : from === "float32"
            ? Float32Array.of(77)
            : Float64Array.of(77);
    const x = ops.concat([of(from, [3], given), of(from, [1], unknown)], 0);
    const [y] = await evaluate(ops.labelEncoder(x, { keys: given, values: values[to], otherwise }));
    expect(Array.from(y!.data as ArrayLike<unknown>)).toEqual([...values[to], otherwise]);
    expect(y!.dtype).toBe(to);
  });
  test("labelEncoder refuses keys of another dtype, and uneven lists", () => {
    expect(
      codeOf(() =>
        ops.labelEncoder(strings("a"), { keys: Float64Array.of(1), values: ["a"], otherwise: "" }),
      ),
    ).toBe("DTYPE_MISMATCH");
    expect(
      codeOf(() => ops.labelEncoder(strings("a"), { keys: ["a"], values: ["a", "b"], otherwise: "" })),
    ).toBe("SHAPE_MISMATCH");
  });

  test("murmurHash3 is the published function", async () => {
    // Reference vectors of MurmurHash3_x86_32, seed 0: "" → 0, "hello" → 0x248bfa47, "hello, world" → 0x149bbb7f.
    await expectValues(ops.murmurHash3(strings("", "hello", "hello, world")), [0, 0x248bfa47, 0x149bbb7f]);
  });
});

describe("treeEnsemble", () => {
  // Node 0 tests feature 0 against 0.5, node 1 asks whether feature 1 is in {2, 5}.
  const trees: ops.TreeEnsembleOptions = {
    targetCount: 2,
    roots: [0],
    features: [0, 1],
    splits: Float64Array.of(0.1, 0),
    modes: Uint8Array.of(ops.treeModes.lessOrEqual, ops.treeModes.member),
    trueIds: [0, 1],
    trueIsLeaf: [1, 1],
    falseIds: [1, 2],
    falseIsLeaf: [0, 1],
    missingGoesTrue: [1, 0],
    leafTargets: [0, 1, 1],
    leafWeights: Float64Array.of(1e-17, 2, 3),
    members: Float64Array.of(2, 5, Number.NaN),
  };
  test("thresholds are exact, NaN goes where it is told, sets are asked", async () => {
    const x = matrix([
      [0.1, 9],
      [0.1 + 1e-16, 2],
      [Number.NaN, 9],
      [1, 5],
      [1, 4],
      [1, Number.NaN],
    ]);
    await expectValues(ops.treeEnsemble(x, trees), [1e-17, 0, 0, 2, 1e-17, 0, 0, 2, 0, 3, 0, 3], [6, 2]);
  });
  test("takes float64 only", () => {
    expect(codeOf(() => ops.treeEnsemble(of("float32", [1, 2], new Float32Array(2)), trees))).toBe(
      "DTYPE_MISMATCH",
    );
  });
});

describe("named dimensions", () => {
  const x = input("x", "float32", ["batch", 3]);
  const y = input("y", "float32", ["batch", 1]);
  test.each<[string, () => Value, string]>([
    ["broadcasting keeps the name", () => ops.add(x, y), "batch,3"],
    ["a name against a number is the number", () => ops.add(input("z", "float32", [5, 3]), x), "5,3"],
    ["concat adds", () => ops.concat([x, x, input("z", "float32", [2, 3])], 0), "2*batch+2,3"],
    ["flatten multiplies", () => ops.reshape(x, [-1]), "3*batch"],
    ["reshape divides again", () => ops.reshape(ops.reshape(x, [-1]), [-1, 3]), "batch,3"],
    [
      "a computed shape is followed",
      () => ops.reshape(x, ops.concat([ops.shapeOf(x, 0, 1), ops.int64s([1, 3])], 0)),
      "batch,1,3",
    ],
    ["split in two", () => ops.split(input("z", "float32", ["2*n"]), 0, 2)[0]!, "n"],
    ["tile multiplies", () => ops.tile(x, [2, 1]), "2*batch,3"],
    ["matMul", () => ops.matMul(ops.transpose(x), y), "3,1"],
    ["what cannot be told is ?", () => ops.slice(x, [1], [4]), "?,3"],
  ])("%s", (_name, make, shape) => expect(make().shape.join()).toBe(shape));

  test("two different names broadcast when the graph runs", async () => {
    const [a, b] = [input("a", "float32", ["n"]), input("b", "float32", ["m"])];
    const session = await compile(graph({ inputs: [a, b], outputs: { c: ops.add(a, b) } }));
    const feed = (...data: number[]): { dtype: "float32"; shape: number[]; data: Float32Array } => ({
      dtype: "float32",
      shape: [data.length],
      data: Float32Array.from(data),
    });
    expect(plain((await session.run({ a: feed(1), b: feed(1, 2) })).c!)).toEqual([2, 3]);
    expect(plain((await session.run({ a: feed(1, 2), b: feed(1) })).c!)).toEqual([2, 3]);
    await session.release();
  });
});

test("the table of supported ops is sorted and says what has a gradient", () => {
  const table = supportedOps();
  expect(table.length).toBeGreaterThan(100);
  expect(table).toContainEqual({ name: "MatMul", domain: "ai.onnx", gradient: "yes" });
  expect(table).toContainEqual({ name: "TreeEnsemble", domain: "ai.onnx.ml", gradient: "constant" });
  expect(table).toContainEqual({ name: "Tokenizer", domain: "com.microsoft", gradient: "constant" });
  expect(new Set(table.map((op) => `${op.domain}:${op.name}`)).size).toBe(table.length);
});
