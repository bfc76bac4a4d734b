import { describe, expect, test } from "vitest";
import { layerCases } from "../../test/gradient-cases/layers.ts";
import { spatialCases } from "../../test/gradient-cases/spatial.ts";
import { checkGradient, type GradientCase, namingsOf } from "../../test/gradient-check.ts";
import { MillwrightError } from "../core/index.ts";
import { apply } from "./definition.ts";
import { gradient } from "./gradient.ts";
import { graph } from "./graph.ts";
import { definitions } from "./ops/catalogue.ts";
import * as ops from "./ops/index.ts";
import type { Value } from "./types.ts";
import { constant, input, parameter, scalar } from "./value.ts";

/** Away from 0 and of both signs, from 0.3 upwards, and inside (−1, 1). */
const nonZero = (z: number): number => (z < 0 ? z - 0.3 : z + 0.3);
const positive = (z: number): number => Math.abs(z) + 0.3;
const inside = (z: number): number => 0.9 * Math.tanh(z);
/** All different and apart by more than the step, so that ranks do not change. */
const ranked = (z: number, _random: unknown, i: number): number => ((i * 7) % 23) / 5 + 0.01 * Math.tanh(z);

const oneShape = [[[2, 3]], [[1, 4, 2]], [[]]];
const pairs = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 1]],
  [
    [4, 1, 3],
    [2, 1],
  ],
  [[], [2]],
];
const floats64 = (shape: readonly number[], ...data: number[]): Value =>
  constant({ dtype: "float64", shape, data: Float64Array.from(data) });
const ints = (shape: readonly number[], ...data: number[]): Value =>
  constant({ dtype: "int64", shape, data: BigInt64Array.from(data, BigInt) });

const unary: GradientCase[] = (
  [
    ["Neg", ops.neg],
    ["Abs", ops.abs, nonZero],
    ["Exp", ops.exp],
    ["Log", ops.log, positive],
    ["Sqrt", ops.sqrt, positive],
    ["Reciprocal", ops.reciprocal, nonZero],
    ["Sin", ops.sin],
    ["Cos", ops.cos],
    ["Identity", ops.identity],
    ["Relu", ops.relu, nonZero],
    ["Sigmoid", ops.sigmoid],
    ["Tanh", ops.tanh],
  ] as const
).map(([op, f, domain]) => ({
  op,
  f,
  shapes: oneShape,
  twice: !["Abs", "Relu", "Neg", "Identity"].includes(op),
  ...(domain ? { domain } : {}),
}));

/** No float64 kernel in ONNX Runtime. */
const unary32: GradientCase[] = (
  [
    ["Atan", ops.atan],
    ["Tan", ops.tan, inside],
    ["Asin", ops.asin, inside],
    ["Acos", ops.acos, inside],
    ["Sinh", ops.sinh],
    ["Cosh", ops.cosh],
    ["Asinh", ops.asinh],
    ["Acosh", ops.acosh, (z: number) => 1.3 + Math.abs(z)],
    ["Atanh", ops.atanh, inside],
    ["LeakyRelu", (x: Value) => ops.leakyRelu(x, 0.2), nonZero],
    ["ThresholdedRelu", (x: Value) => ops.thresholdedRelu(x, 0.1), nonZero],
    ["Softplus", ops.softplus],
    ["Softsign", ops.softsign],
    ["Erf", ops.erf],
    ["Gelu", (x: Value) => ops.gelu(x)],
    ["Gelu", (x: Value) => ops.gelu(x, "tanh")],
    ["Elu", (x: Value) => ops.elu(x, 1.3), nonZero],
    ["Celu", (x: Value) => ops.celu(x, 1.3), nonZero],
    ["Selu", ops.selu, nonZero],
    ["HardSigmoid", (x: Value) => ops.hardSigmoid(x, 0.3, 0.45)],
    ["HardSwish", ops.hardSwish],
    ["Mish", ops.mish],
  ] as const
).map(([op, f, domain], i) => ({
  op,
  f,
  name: `float32 ${i}`,
  dtype: "float32",
  shapes: oneShape,
  ...(domain ? { domain } : {}),
}));

/** Written out where there is no float64 kernel: another path of the same functions. */
const composed64: GradientCase[] = (
  [
    ["Div", (x: Value) => ops.tan(ops.mul(x, 0.3))],
    ["Exp", ops.sinh],
    ["Exp", ops.cosh],
    ["Log", ops.asinh],
    ["Log", (x: Value) => ops.acosh(ops.add(ops.abs(x), 1))],
    ["Log", (x: Value) => ops.atanh(ops.mul(ops.sigmoid(x), 0.9))],
    ["Div", (x: Value) => ops.mean([x, ops.mul(x, x)])],
    ["Where", (x: Value) => ops.leakyRelu(x, 0.2)],
    ["Where", (x: Value) => ops.thresholdedRelu(x, 0.1)],
    ["Where", (x: Value) => ops.pRelu(x, ops.exp(x))],
    ["Log", (x: Value) => ops.softplus(x)],
    ["Where", (x: Value) => ops.elu(x, 1.2)],
    ["Where", (x: Value) => ops.celu(x, 1.2)],
    ["Where", ops.selu],
    ["Div", ops.softsign],
    ["Min", (x: Value) => ops.hardSigmoid(x)],
    ["Min", ops.hardSwish],
    ["Tanh", ops.mish],
    ["Tanh", (x: Value) => ops.gelu(x, "tanh")],
  ] as const
).map(([op, f], i) => ({ op, f, name: `composed ${i}`, shapes: [[[3, 4]]], domain: nonZero }));

const binary: GradientCase[] = (
  [
    ["Add", ops.add],
    ["Sub", ops.sub],
    ["Mul", ops.mul],
    ["Div", ops.div, nonZero],
    ["Pow", ops.pow, positive],
    ["Min", ops.min],
    ["Max", ops.max],
    ["Mod", ops.mod, (z: number, random: { next(): number }) => (z < 0 ? -1 : 1) * (1 + 0.2 * random.next())],
  ] as const
).map(([op, f, domain]) => ({ op, f: f as GradientCase["f"], shapes: pairs, ...(domain ? { domain } : {}) }));

const reductions: GradientCase[] = (
  [
    ["ReduceSum", ops.reduceSum],
    ["ReduceMean", ops.reduceMean],
    ["ReduceMax", ops.reduceMax, ranked],
    ["ReduceMin", ops.reduceMin, ranked],
    ["ReduceProd", ops.reduceProd, nonZero],
    ["ReduceSumSquare", ops.reduceSumSquare],
    ["ReduceL1", ops.reduceL1, nonZero],
    ["ReduceL2", ops.reduceL2],
    ["ReduceLogSum", ops.reduceLogSum, positive],
    ["ReduceLogSumExp", ops.reduceLogSumExp],
  ] as const
).flatMap(([op, f, domain]) => [
  {
    op,
    f: (x: Value) => f(x, { axes: [-1, 0] }),
    name: "two axes",
    shapes: [[[2, 3, 2]], [[3, 4]]],
    ...(domain ? { domain } : {}),
  },
  {
    op,
    f: (x: Value) => f(x, { axes: [1], keepDims: true }),
    name: "kept",
    shapes: [[[2, 3, 2]]],
    ...(domain ? { domain } : {}),
  },
  { op, f: (x: Value) => f(x), name: "all", shapes: [[[2, 3]], [[5]]], ...(domain ? { domain } : {}) },
  {
    op,
    f: (x: Value) => f(x, { axes: runTime(x, [1]), keepDims: true }),
    name: "axes at run time",
    shapes: [[[2, 3, 2]]],
    ...(domain ? { domain } : {}),
  },
]);

/** A vector that is not a constant, as far as shape rules can see. */
function runTime(x: Value, numbers: readonly number[]): Value {
  const zero = ops.cast(ops.mul(ops.reduceMin(ops.abs(x)), 0), "int64");
  return ops.add(ints([numbers.length], ...numbers), zero);
}

const products: GradientCase[] = [
  {
    op: "MatMul",
    f: (a, b) => ops.matMul(a!, b!),
    shapes: [
      [
        [2, 3],
        [3, 4],
      ],
      [[3], [3]],
      [[3], [3, 2]],
      [[2, 3], [3]],
      [
        [2, 4, 3],
        [3, 5],
      ],
      [
        [4, 3],
        [2, 3, 5],
      ],
      [
        [2, 1, 4, 3],
        [3, 3, 2],
      ],
      [[3], [2, 3, 5]],
    ],
    twice: true,
  },
  ...[0, 1, 2, 3].map((bits): GradientCase => {
    const [transA, transB] = [(bits & 1) === 1, bits > 1];
    return {
      op: "Gemm",
      name: `trans ${bits}`,
      f: (a, b, c) => ops.gemm(a!, b!, c, { alpha: 0.7, beta: 1.4, transA, transB }),
      shapes: [
        [transA ? [3, 2] : [2, 3], transB ? [4, 3] : [3, 4], [4]],
        [transA ? [3, 2] : [2, 3], transB ? [4, 3] : [3, 4], [2, 1]],
      ],
    };
  }),
  {
    op: "Gemm",
    name: "two inputs",
    f: (a, b) => ops.gemm(a!, b!),
    shapes: [
      [
        [2, 3],
        [3, 2],
      ],
    ],
  },
];

const shapes: GradientCase[] = [
  { op: "Cast", f: (x) => ops.cast(ops.mul(x!, x!), "float64"), shapes: [[[2, 3]]], dtype: "float32" },
  { op: "Reshape", f: (x) => ops.reshape(x!, [0, -1]), shapes: [[[2, 3, 2]]] },
  {
    op: "Reshape",
    name: "to a computed shape",
    f: (x) => ops.reshape(x!, runTime(x!, [3, 2])),
    shapes: [[[2, 3]]],
  },
  { op: "Transpose", f: (x) => ops.transpose(x!, [2, 0, 1]), shapes: [[[2, 3, 4]]], twice: false },
  { op: "Transpose", name: "reversed", f: (x) => ops.transpose(x!), shapes: [[[2, 3]]] },
  {
    op: "Concat",
    f: (a, b, c) => ops.concat([a!, b!, c!], -1),
    shapes: [
      [
        [2, 1],
        [2, 3],
        [2, 2],
      ],
    ],
  },
  { op: "Split", f: (x) => ops.split(x!, 1, [1, 3]), shapes: [[[2, 4]]], fixedOnly: true },
  { op: "Split", name: "unused part", f: (x) => ops.split(x!, 0, 2)[1]!, shapes: [[[4, 3]]] },
  { op: "Squeeze", f: (x) => ops.squeeze(x!, [1]), shapes: [[[2, 1, 3]]] },
  { op: "Unsqueeze", f: (x) => ops.unsqueeze(x!, [0, -1]), shapes: [[[2, 3]]] },
  { op: "Expand", f: (x) => ops.expand(x!, [4, 2, 3]), shapes: [[[2, 1]], [[3]], [[2, 3]]] },
  {
    op: "Expand",
    name: "run time",
    f: (x) => ops.expand(x!, runTime(x!, [2, 3])),
    shapes: [[[2, 1]], [[3]]],
  },
  { op: "Flatten", f: (x) => ops.flatten(x!, 2), shapes: [[[2, 3, 2]]] },
  { op: "Pad", f: (x) => ops.pad(x!, [1, 0, 2, 1]), shapes: [[[2, 3]]] },
  { op: "Pad", name: "cut", f: (x) => ops.pad(x!, [-1, 2, 0, -1]), shapes: [[[3, 4]]] },
  {
    op: "Pad",
    name: "reflect",
    f: (x) => ops.pad(x!, [1, 2, 1, 1], { mode: "reflect" }),
    shapes: [[[3, 4]]],
  },
  { op: "Pad", name: "edge", f: (x) => ops.pad(x!, [1, 2, 1, 0], { mode: "edge" }), shapes: [[[2, 3]]] },
  { op: "Pad", name: "wrap", f: (x) => ops.pad(x!, [1, 0, 1, 2], { mode: "wrap" }), shapes: [[[2, 3]]] },
  {
    op: "Pad",
    name: "by a value",
    f: (x, v) => ops.pad(x!, [1, 0, 0, 2], { value: v! }),
    shapes: [[[2, 3], []]],
  },
  { op: "Tile", f: (x) => ops.tile(x!, [2, 3]), shapes: [[[2, 3]], [[1, 2]]] },
];

const indexing: GradientCase[] = [
  { op: "Slice", f: (x) => ops.slice(x!, [1], [3], [1]), shapes: [[[2, 4]], [[3, 5, 2]]] },
  { op: "Slice", name: "two axes", f: (x) => ops.slice(x!, [0, -3], [2, 100]), shapes: [[[3, 4]]] },
  {
    op: "Slice",
    name: "steps",
    f: (x) => ops.slice(x!, [0, -1], [10, -10], [0, 1], [2, -1]),
    shapes: [[[5, 3]]],
  },
  {
    op: "Slice",
    name: "steps that leave some over",
    f: (x) => ops.slice(x!, [1, 4, -1], [10, 0, -3], [0, 1, 2], [3, -3, -2]),
    shapes: [[[6, 5, 4]]],
    batched: true,
  },
  {
    op: "Slice",
    name: "run time",
    f: (x) => ops.slice(x!, runTime(x!, [1]), runTime(x!, [3]), [0]),
    shapes: [[[4, 2]]],
  },
  { op: "Gather", f: (x) => ops.gather(x!, ints([2, 2], 2, 0, 2, -1)), shapes: [[[3, 2]], [[3]]] },
  { op: "Gather", name: "each once", f: (x) => ops.gather(x!, [2, 0, -3], 1), shapes: [[[2, 4, 2]]] },
  { op: "Gather", name: "all of them", f: (x) => ops.gather(x!, [2, 0, 1]), shapes: [[[3, 2]]] },
  { op: "Gather", name: "inner axis", f: (x) => ops.gather(x!, [1, 1, 0], 1), shapes: [[[2, 3, 2]]] },
  {
    op: "Gather",
    name: "scalar index",
    f: (x) => ops.gather(x!, scalar("int64", 1), 1),
    shapes: [[[2, 3, 2]]],
  },
  { op: "GatherElements", f: (x) => ops.gatherElements(x!, ints([2, 2], 0, 2, 1, 1), 1), shapes: [[[2, 3]]] },
  { op: "GatherND", f: (x) => ops.gatherND(x!, ints([3, 1], 1, 1, 0)), shapes: [[[2, 3]]] },
  { op: "GatherND", name: "full", f: (x) => ops.gatherND(x!, ints([2, 2], 1, 2, 0, 0)), shapes: [[[2, 3]]] },
  {
    op: "GatherND",
    name: "batched",
    f: (x) => apply(gatherND, [x!, ints([2, 2, 1], 2, 0, 1, 1)], { batch_dims: 1 }),
    shapes: [[[2, 3, 2]]],
  },
  ...(["none", "add", "mul", "min", "max"] as const).flatMap((reduction): GradientCase[] => [
    {
      op: "ScatterElements",
      name: reduction,
      // Two updates meet, but for "none", where the last one would win.
      f: (x, u) =>
        ops.scatterElements(x!, ints([2, 2], 0, 2, 1, reduction === "none" ? 0 : 1), u!, {
          axis: 1,
          reduction,
        }),
      shapes: [
        [
          [2, 3],
          [2, 2],
        ],
      ],
    },
    {
      op: "ScatterND",
      name: reduction,
      f: (x, u) => ops.scatterND(x!, ints([2, 1], 2, reduction === "none" ? 0 : 2), u!, reduction),
      shapes: [
        [
          [3, 2],
          [2, 2],
        ],
      ],
    },
  ]),
];

const gatherND = definitions.find((op) => op.type === "GatherND")!;
const oneHot = definitions.find((op) => op.type === "OneHot")!;
const condition = constant({ dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) });
const choosing: GradientCase[] = [
  {
    op: "PRelu",
    f: (x, s) => ops.pRelu(x!, s!),
    shapes: [
      [[2, 3], [3]],
      [[2, 3], [1]],
    ],
    domain: nonZero,
    dtype: "float32",
  },
  { op: "Clip", f: (x) => ops.clip(x!, -0.8, 0.9), shapes: oneShape },
  {
    op: "Clip",
    name: "bounds",
    f: (x, low, high) => ops.clip(x!, low, high),
    shapes: [[[3, 4], [], []]],
    domain: (z, _r, i) => (i === 0 ? z * 2 : z),
  },
  { op: "Softmax", f: (x) => ops.softmax(x!), shapes: [[[2, 3]], [[4]]], twice: true },
  { op: "Softmax", name: "axis 0", f: (x) => ops.softmax(x!, 0), shapes: [[[2, 3]]] },
  { op: "LogSoftmax", f: (x) => ops.logSoftmax(x!, 1), shapes: [[[2, 3, 2]]], twice: true },
  {
    op: "Where",
    f: (a, b) => ops.where(condition, a!, b!),
    shapes: [
      [[2, 3], [3]],
      [[2, 1], [3]],
    ],
  },
  {
    op: "OneHot",
    f: (values) => apply(oneHot, [ints([3], 1, 0, 5), ints([1], 3), values!]),
    shapes: [[[2]]],
    dtype: "float32",
  },
  { op: "TopK", f: (x) => ops.topK(x!, 2).values, shapes: [[[3, 4]]], domain: ranked },
  {
    op: "TopK",
    name: "smallest, axis 0",
    f: (x) => ops.topK(x!, 2, { axis: 0, largest: false }).values,
    shapes: [[[3, 2]]],
    domain: ranked,
  },
  { op: "CumSum", f: (x) => ops.cumSum(x!, 1), shapes: [[[2, 4]]] },
  {
    op: "CumSum",
    name: "reverse exclusive",
    f: (x) => ops.cumSum(x!, 0, { exclusive: true, reverse: true }),
    shapes: [[[3, 2]]],
  },
  { op: "Trilu", f: (x) => ops.trilu(x!), shapes: [[[3, 3]]] },
  { op: "Trilu", name: "below", f: (x) => ops.trilu(x!, { upper: false, k: 1 }), shapes: [[[2, 3, 3]]] },
  { op: "Sum", f: (a, b, c) => ops.sum([a!, b!, c!]), shapes: [[[2, 3], [3], []]] },
  {
    op: "Mean",
    f: (a, b) => ops.mean([a!, b!]),
    shapes: [
      [
        [2, 3],
        [2, 1],
      ],
    ],
    dtype: "float32",
  },
];

const cases = [
  ...unary,
  ...unary32,
  ...composed64,
  ...binary,
  ...reductions,
  ...products,
  ...shapes,
  ...indexing,
  ...choosing,
  ...spatialCases,
  ...layerCases,
];

describe("every gradient rule agrees with central differences (2e-6 in float64, 5e-3 in float32)", () => {
  const runs = cases.flatMap((each) =>
    each.shapes.flatMap((shape) => namingsOf(each).map((naming) => ({ each, shape, naming }))),
  );
  const suffix = { none: "", all: " named", batch: " named batch" };
  const titled = runs.map(
    ({ each, shape, naming }) =>
      [
        `${each.op} ${each.name ?? ""} ${JSON.stringify(shape)}${suffix[naming]}`,
        { each, shape, naming },
      ] as const,
  );
  test.each(titled)("%s", async (_title, { each, shape, naming }) => checkGradient(each, shape, naming));

  test("every differentiable op has a case", () => {
    const covered = new Set(cases.map((each) => each.op));
    const missing = definitions.filter((op) => typeof op.gradient === "function" && !covered.has(op.type));
    expect(missing.map((op) => op.type)).toEqual([]);
  });
});

describe("gradient", () => {
  const w = parameter("layer.weight", { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) });
  const code = (run: () => unknown): [string, string] => {
    try {
      run();
    } catch (error) {
      if (error instanceof MillwrightError) return [error.code, error.what];
      throw error;
    }
    return ["none", ""];
  };

  test("a value used twice collects both gradients", async () => {
    const [g] = gradient(ops.reduceSum(ops.mul(w, ops.add(w, w))), [w]);
    expect(graph({ inputs: [], outputs: { g: g! } }).nodes.length).toBeGreaterThan(2);
  });

  test("an op without a rule on the path is an error that names the node", () => {
    const off = ops.oneHot(ops.cast(w, "int64"), 3);
    expect(code(() => gradient(ops.reduceSum(off), [w]))).toEqual([
      "GRAPH_NO_GRADIENT",
      'The loss does not depend on the parameter "layer.weight" by a differentiable path.',
    ]);
    const axes = input("axes", "int64", [1]);
    const cut = ops.slice(w, ints([1], 0), ints([1], 1), axes);
    const [found, what] = code(() => gradient(ops.reduceSum(cut), [w]));
    expect(found).toBe("GRAPH_NO_GRADIENT");
    expect(what).toMatch(/slice.*axes/);
  });

  test("a cut path is an error, not a zero", () => {
    expect(code(() => gradient(ops.reduceSum(ops.floor(w)), [w]))[0]).toBe("GRAPH_NO_GRADIENT");
    const x = input("x", "float32", [2]);
    expect(code(() => gradient(ops.reduceSum(x), [w]))[0]).toBe("GRAPH_NO_GRADIENT");
  });

  test("a loss of several numbers is refused", () => {
    expect(code(() => gradient(w, [w]))[0]).toBe("SHAPE_MISMATCH");
  });

  test.each([
    ["one zero among the factors", [0, 3, 2], [5 * 6, 0, 0]],
    ["two zeros", [0, 3, 0], [0, 0, 0]],
  ] as const)("products of %s", async (_name, numbers, wanted) => {
    const u = floats64([3], ...numbers);
    const into = floats64([2], 5, 7);
    const at = ints([3], 0, 0, 0);
    const scattered = ops.scatterElements(into, at, u, { reduction: "mul" });
    const [byScatter] = gradient(ops.reduceSum(scattered), [u]);
    const [byReduction] = gradient(ops.mul(ops.reduceProd(u), 5), [u]);
    const { compile } = await import("../runtime/index.ts");
    const session = await compile(graph({ inputs: [], outputs: { a: byScatter!, b: byReduction! } }));
    const { a, b } = await session.run({});
    expect([Array.from(a!.data as Float64Array), Array.from(b!.data as Float64Array)]).toEqual([
      wanted,
      wanted,
    ]);
    await session.release();
  });

  test("an infinite gradient to a 0 of relu is NaN, as docs/ops.md says, and a finite one 0", async () => {
    const x = floats64([2], -1, 4);
    const [bare] = gradient(ops.reduceSum(ops.sqrt(ops.relu(x))), [x]);
    const [kept] = gradient(ops.reduceSum(ops.sqrt(ops.add(ops.relu(x), 1e-12))), [x]);
    const { compile } = await import("../runtime/index.ts");
    const session = await compile(graph({ inputs: [], outputs: { bare: bare!, kept: kept! } }));
    const answers = await session.run({});
    expect(Array.from(answers["bare"]!.data as Float64Array)).toEqual([NaN, 0.25]);
    const [off, on] = Array.from(answers["kept"]!.data as Float64Array);
    expect(off).toBe(0);
    expect(on).toBeCloseTo(0.25, 12);
    await session.release();
  });

  test("ties share: the gradient of a maximum over equal elements is spread evenly", async () => {
    const x = floats64([4], 2, 5, 5, 5);
    const [g] = gradient(ops.reduceMax(x), [x]);
    const { compile } = await import("../runtime/index.ts");
    const session = await compile(graph({ inputs: [], outputs: { g: g! } }));
    expect(Array.from((await session.run({})).g!.data as Float64Array)).toEqual([0, 1 / 3, 1 / 3, 1 / 3]);
    await session.release();
  });

  test("at its bounds a clip passes the gradient on, but from 0 on, where it is a rectifier", async () => {
    const x = floats64([4], -1, 0, 3, 6);
    const slopes = (low: number): Value => gradient(ops.reduceSum(ops.clip(x, low, 6)), [x])[0]!;
    const { compile } = await import("../runtime/index.ts");
    const session = await compile(
      graph({ inputs: [], outputs: { rectifier: slopes(0), other: slopes(-1) } }),
    );
    const { rectifier, other } = await session.run({});
    expect(Array.from(rectifier!.data as Float64Array)).toEqual([0, 0, 1, 0]);
    expect(Array.from(other!.data as Float64Array)).toEqual([1, 1, 1, 1]);
    await session.release();
  });
});
