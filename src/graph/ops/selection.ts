/** Ops that choose: by condition, by rank, by class; and running sums. */
import type { DType } from "../../core/index.ts";
import { apply, applyAll, defineOp, requireDtype, requireSameDtype, shapeError } from "../definition.ts";
import { broadcastShapes, normalAxis, unknownDim } from "../dims.ts";
import { sizesIn } from "../shape-data.ts";
import { constant, int64s, scalar } from "../value.ts";
import { operands, sumTo, unaryOp } from "./elementwise.ts";
import { equal, not } from "./comparison.ts";
import { cast } from "./shape.ts";
import type { ArgOptions, Dim, OpDefinition, Operand, Value } from "../types.ts";

const whereOp = defineOp({
  name: "where",
  type: "Where",
  inputs: [3, 3],
  infer(call) {
    requireDtype(call, 0, ["bool"]);
    const dtype = requireSameDtype(call, [1, 2]);
    return [
      {
        dtype,
        shape: broadcastShapes(
          call.name,
          call.inputs.map((x) => x!.shape),
        ),
      },
    ];
  },
  gradient({ inputs, gradient: g, needed }, ops) {
    const [condition, a, b] = inputs as [Value, Value, Value];
    const zero = scalar(g.dtype, 0);
    return [
      undefined,
      needed[1] ? sumTo(ops.where(condition, g, zero), a, ops) : undefined,
      needed[2] ? sumTo(ops.where(condition, zero, g), b, ops) : undefined,
    ];
  },
});

function argOp(name: string, type: string): OpDefinition {
  return defineOp({
    name,
    type,
    inputs: [1, 1],
    attributes: { axis: "int", keepdims: "int", select_last_index: "int" },
    infer(call) {
      const x = requireDtype(call, 0, "number");
      const axis = normalAxis(call.name, call.attributes.int("axis", 0), x.shape.length);
      const keep = call.attributes.int("keepdims", 1) === 1;
      const shape = keep
        ? x.shape.map((dim, i) => (i === axis ? 1 : dim))
        : x.shape.filter((_, i) => i !== axis);
      return [{ dtype: "int64", shape }];
    },
    gradient: "constant",
  });
}
const argMaxOp = argOp("argMax", "ArgMax");
const argMinOp = argOp("argMin", "ArgMin");

const topKOp = defineOp({
  name: "topK",
  type: "TopK",
  inputs: [2, 2],
  outputs: [2, 2],
  attributes: { axis: "int", largest: "int", sorted: "int" },
  infer(call) {
    const x = requireDtype(call, 0, "number");
    const axis = normalAxis(call.name, call.attributes.int("axis", -1), x.shape.length);
    const k = sizesIn(requireDtype(call, 1, ["int64"]))?.[0] ?? unknownDim;
    const size = x.shape[axis]!;
    if (typeof k === "number" && typeof size === "number" && k > size) {
      throw shapeError(call, `takes ${k} of ${size} elements.`, "Take fewer.");
    }
    const shape = x.shape.map((dim, i): Dim => (i === axis ? k : dim));
    return [
      { dtype: x.dtype, shape },
      { dtype: "int64", shape },
    ];
  },
  gradient({ inputs: [x], outputs: [, index], attributes, gradients: [g] }, ops) {
    if (!g) return [undefined];
    const axis = attributes.int("axis", -1);
    return [ops.scatterElements(ops.zerosLike(x!), index!, g, { axis, reduction: "add" })];
  },
});

const isNaNOp = unaryOp("isNaN", "IsNaN", "float", "constant", {
  infer: (call) => [{ dtype: "bool", shape: requireDtype(call, 0, "float").shape }],
});
const isInfOp = unaryOp("isInf", "IsInf", "float", "constant", {
  attributes: { detect_negative: "int", detect_positive: "int" },
  infer: (call) => [{ dtype: "bool", shape: requireDtype(call, 0, "float").shape }],
});

const oneHotOp = defineOp({
  name: "oneHot",
  type: "OneHot",
  inputs: [3, 3],
  attributes: { axis: "int" },
  infer(call) {
    const index = requireDtype(call, 0, "number");
    const depth = sizesIn(call.inputs[1])?.[0] ?? unknownDim;
    const axis = normalAxis(call.name, call.attributes.int("axis", -1), index.shape.length + 1);
    const shape = [...index.shape];
    shape.splice(axis, 0, depth);
    return [{ dtype: call.inputs[2]!.dtype, shape }];
  },
  gradient({ inputs, outputs: [y], attributes, gradient: g }, ops) {
    // y = off + (on − off)·hit: each of both values collects the gradient of its places.
    const [index, depth] = inputs as [Value, Value, Value];
    const unit = apply(oneHotOp, [index, depth, ops.cast(int64s([0, 1]), y!.dtype)], {
      axis: attributes.int("axis", -1),
    });
    const on = ops.reduceSum(ops.mul(g, unit));
    const off = ops.sub(ops.reduceSum(g), on);
    return [undefined, undefined, ops.concat([ops.unsqueeze(off, [0]), ops.unsqueeze(on, [0])], 0)];
  },
});

const cumSumOp = defineOp({
  name: "cumSum",
  type: "CumSum",
  inputs: [2, 2],
  attributes: { exclusive: "int", reverse: "int" },
  infer(call) {
    const x = requireDtype(call, 0, ["float32", "float64", "int64", "int32"]);
    requireDtype(call, 1, ["int64", "int32"]);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  gradient: ({ inputs: [, axis], attributes, gradient: g }) => [
    apply(cumSumOp, [g, axis], {
      exclusive: attributes.int("exclusive", 0),
      reverse: 1 - attributes.int("reverse", 0),
    }),
  ],
});

const nonZeroOp = defineOp({
  name: "nonZero",
  type: "NonZero",
  inputs: [1, 1],
  infer: (call) => [{ dtype: "int64", shape: [call.inputs[0]!.shape.length, unknownDim] }],
  gradient: "constant",
});

const triluOp = defineOp({
  name: "trilu",
  type: "Trilu",
  inputs: [1, 2],
  attributes: { upper: "int" },
  infer: (call) => [{ dtype: call.inputs[0]!.dtype, shape: call.inputs[0]!.shape }],
  gradient: ({ inputs: [, k], attributes, gradient: g }) => [
    apply(triluOp, [g, k], { upper: attributes.int("upper", 1) }),
  ],
});

/** a where the condition holds, b elsewhere; all three broadcast. One of a and b may be a number. */
export function where(condition: Value, a: Operand, b: Operand): Value {
  return apply(whereOp, [condition, ...operands(a, b)]);
}

function arg(definition: OpDefinition, x: Value, { axis = -1, keepDims = false }: ArgOptions): Value {
  return apply(definition, [x], { axis, keepdims: keepDims ? 1 : 0 });
}
/** Index of the largest element along an axis (the last one when absent), the first of ties. int64. */
export function argMax(x: Value, options: ArgOptions = {}): Value {
  return arg(argMaxOp, x, options);
}
/** Index of the smallest element along an axis (the last one when absent), the first of ties. int64. */
export function argMin(x: Value, options: ArgOptions = {}): Value {
  return arg(argMinOp, x, options);
}
/** The k largest (or smallest) along an axis, in order, and their indices. */
export function topK(
  x: Value,
  k: number | Value,
  options: { readonly axis?: number; readonly largest?: boolean } = {},
): { values: Value; indices: Value } {
  const count = typeof k === "number" ? int64s([k]) : k;
  const attributes = { axis: options.axis ?? -1, largest: options.largest === false ? 0 : 1, sorted: 1 };
  const [values, indices] = applyAll(topKOp, [x, count], attributes, 2);
  return { values: values!, indices: indices! };
}
export function isNaN(x: Value): Value {
  return apply(isNaNOp, [x]);
}
/** Whether infinite; of one sign only when told. */
export function isInf(x: Value, only?: "positive" | "negative"): Value {
  return apply(isInfOp, [x], {
    detect_negative: only === "positive" ? 0 : undefined,
    detect_positive: only === "negative" ? 0 : undefined,
  });
}
/** 1 at the index and 0 elsewhere, along a new axis. An index outside 0 … depth − 1 gives zeros only. Default float32. */
export function oneHot(
  index: Value,
  depth: number,
  options: { readonly axis?: number; readonly dtype?: DType } = {},
): Value {
  const values = constant({ dtype: "float32", shape: [2], data: Float32Array.of(0, 1) });
  const hot = apply(oneHotOp, [index, scalar("int64", depth), values], { axis: options.axis ?? -1 });
  return cast(hot, options.dtype ?? "float32");
}
/** Running sum along an axis. */
export function cumSum(
  x: Value,
  axis: number,
  options: { readonly exclusive?: boolean; readonly reverse?: boolean } = {},
): Value {
  return apply(cumSumOp, [x, scalar("int64", normalAxis("cumSum", axis, x.shape.length))], {
    exclusive: options.exclusive ? 1 : undefined,
    reverse: options.reverse ? 1 : undefined,
  });
}
/** Coordinates of the elements that are not 0. [rank, found], int64. */
export function nonZero(x: Value): Value {
  return apply(nonZeroOp, [x.dtype === "float64" ? not(equal(x, 0)) : x]);
}
/** Keeps the triangle on and above (or below) the k-th diagonal of each matrix, zeros elsewhere. */
export function trilu(x: Value, options: { readonly upper?: boolean; readonly k?: number } = {}): Value {
  const k = options.k === undefined ? undefined : scalar("int64", options.k);
  return apply(triluOp, [x, k], { upper: options.upper === false ? 0 : 1 });
}

export const selectionOps: readonly OpDefinition[] = [
  whereOp,
  argMaxOp,
  argMinOp,
  topKOp,
  isNaNOp,
  isInfOp,
  oneHotOp,
  cumSumOp,
  nonZeroOp,
  triluOp,
];
