/**
 * Reductions along axes. A NaN stays a NaN; an empty sum is 0.
 *
 * Axes are counted from 0, negative from the end; all of them when absent. They
 * are an input of the node (opset 18), here nearly always a constant.
 */
import type { DType } from "../../core/index.ts";
import { apply, defineOp, requireDtype, shapeError } from "../definition.ts";
import { normalAxis, productDim, unknownDim } from "../dims.ts";
import { integersIn } from "../shape-data.ts";
import { int64s, scalar } from "../value.ts";
import type {
  Dim,
  GradientCall,
  InferCall,
  OpDefinition,
  Ops,
  OutputType,
  ReduceOptions,
  Value,
} from "../types.ts";

/** The axes that a node reduces, or undefined if they are only known when the graph runs. */
function reducedAxes(call: Pick<GradientCall, "inputs" | "attributes">, name: string): number[] | undefined {
  const rank = call.inputs[0]!.shape.length;
  const all = Array.from({ length: rank }, (_, i) => i);
  const given = call.inputs[1];
  const axes = given ? integersIn(given) : [];
  if (!axes) return undefined;
  if (axes.length === 0) return call.attributes.int("noop_with_empty_axes", 0) === 1 ? [] : all;
  if (axes.length > rank)
    throw shapeError({ name }, `names ${axes.length} axes of ${rank}.`, "Name each axis once.");
  return axes.map((axis) => normalAxis(name, axis, rank)).sort((a, b) => a - b);
}

function inferReduction(call: InferCall, allowed: readonly DType[] | "float" | "number"): OutputType[] {
  const x = requireDtype(call, 0, allowed);
  if (call.inputs[1]) requireDtype(call, 1, ["int64"]);
  const axes = reducedAxes(call, call.name);
  const keep = call.attributes.int("keepdims", 1) === 1;
  if (!axes) return [{ dtype: x.dtype, shape: keep ? x.shape.map((): Dim => unknownDim) : undefined }];
  if (new Set(axes).size < axes.length) {
    throw shapeError(call, `names an axis twice: ${axes.join(", ")}.`, "Name each axis once.");
  }
  const shape: Dim[] = [];
  x.shape.forEach((dim, i) => {
    if (!axes.includes(i)) shape.push(dim);
    else if (keep) shape.push(1);
  });
  return [{ dtype: x.dtype, shape }];
}

/** Spreads a reduced value (gradient or result) back over the input's shape. */
function spread(call: GradientCall, ops: Ops, reduced: Value): Value {
  return ops.expandLike(keepDimensions(call, ops, reduced), call.inputs[0]!);
}

/** The reduced value with the reduced dimensions as 1. */
function keepDimensions(call: GradientCall, ops: Ops, reduced: Value): Value {
  if (call.attributes.int("keepdims", 1) === 1) return reduced;
  const axes = reducedAxes(call, "reduction");
  if (axes) return axes.length === 0 ? reduced : ops.unsqueeze(reduced, axes);
  return ops.unsqueeze(reduced, call.inputs[1]!);
}

/** How many elements went into each result, as a scalar of the input's dtype. */
function countOf(call: GradientCall, ops: Ops): Value {
  const x = call.inputs[0]!;
  const axes = reducedAxes(call, "reduction");
  const count = axes && productDim(axes.map((axis) => x.shape[axis]!));
  if (typeof count === "number") return scalar(x.dtype, count);
  return ops.div(ops.cast(ops.sizeOf(x), x.dtype), ops.cast(ops.sizeOf(call.outputs[0]!), x.dtype));
}

type Slope = (call: GradientCall, ops: Ops, x: Value) => Value;

function reduction(
  name: string,
  type: string,
  allowed: readonly DType[] | "float" | "number",
  slope: Slope,
): OpDefinition {
  return defineOp({
    name,
    type,
    inputs: [1, 2],
    attributes: { keepdims: "int", noop_with_empty_axes: "int" },
    infer: (call) => inferReduction(call, allowed),
    gradient: (call, ops) => [slope(call, ops, call.inputs[0]!)],
  });
}

/** Ties share the gradient equally. */
const extremeSlope: Slope = (call, ops, x) => {
  const chosen = ops.cast(ops.equal(x, keepDimensions(call, ops, call.outputs[0]!)), x.dtype);
  const axes = reducedAxes(call, "reduction") ?? call.inputs[1]!;
  const ties =
    Array.isArray(axes) && axes.length === 0 ? chosen : ops.reduceSum(chosen, { axes, keepDims: true });
  return ops.mul(chosen, ops.div(keepDimensions(call, ops, call.gradient), ties));
};

const reduceSumOp = reduction("reduceSum", "ReduceSum", "number", (call, ops) =>
  spread(call, ops, call.gradient),
);
const reduceMeanOp = reduction("reduceMean", "ReduceMean", "number", (call, ops) =>
  spread(call, ops, ops.div(call.gradient, countOf(call, ops))),
);
const reduceMaxOp = reduction(
  "reduceMax",
  "ReduceMax",
  ["float32", "float64", "int64", "int32", "uint8", "bool"],
  extremeSlope,
);
const reduceMinOp = reduction(
  "reduceMin",
  "ReduceMin",
  ["float32", "float64", "int64", "int32", "uint8", "bool"],
  extremeSlope,
);
/** y/x_i, except that a single zero makes it the product of the others; so the others are multiplied out by logs of none. */
const reduceProdOp: OpDefinition = {
  ...reduction("reduceProd", "ReduceProd", "number", (call, ops, x) => {
    // The product of the others = product with x_i replaced by 1. With zeros in x this needs care:
    // count zeros; none: y/x; one: product of the rest at the zero, 0 elsewhere; two or more: 0.
    const axes = reducedAxes(call, "reduceProd") ?? call.inputs[1]!;
    const zero = ops.equal(x, 0);
    const zeros = ops.reduceSum(ops.cast(zero, x.dtype), { axes, keepDims: true });
    const filled = ops.where(zero, scalar(x.dtype, 1), x);
    const rest = ops.div(ops.reduceProd(filled, { axes, keepDims: true }), filled);
    const alone = ops.where(ops.equal(zeros, 0), rest, scalar(x.dtype, 0));
    const others = ops.where(ops.and(zero, ops.equal(zeros, 1)), rest, alone);
    return ops.mul(others, keepDimensions(call, ops, call.gradient));
  }),
};
const reduceSumSquareOp = reduction("reduceSumSquare", "ReduceSumSquare", "number", (call, ops, x) =>
  ops.mul(ops.mul(x, 2), keepDimensions(call, ops, call.gradient)),
);
const reduceL1Op = reduction("reduceL1", "ReduceL1", "number", (call, ops, x) =>
  ops.mul(ops.sign(x), keepDimensions(call, ops, call.gradient)),
);
/** x/‖x‖, and 0 at the origin. */
const reduceL2Op = reduction("reduceL2", "ReduceL2", "number", (call, ops, x) => {
  const norm = keepDimensions(call, ops, call.outputs[0]!);
  const safe = ops.where(ops.equal(norm, 0), scalar(x.dtype, 1), norm);
  return ops.mul(x, ops.div(keepDimensions(call, ops, call.gradient), safe));
});
const reduceLogSumOp = reduction("reduceLogSum", "ReduceLogSum", "number", (call, ops) =>
  spread(call, ops, ops.div(call.gradient, ops.exp(call.outputs[0]!))),
);
const reduceLogSumExpOp = reduction("reduceLogSumExp", "ReduceLogSumExp", "number", (call, ops, x) =>
  ops.mul(
    ops.exp(ops.sub(x, keepDimensions(call, ops, call.outputs[0]!))),
    keepDimensions(call, ops, call.gradient),
  ),
);

function reduce(definition: OpDefinition, x: Value, { axes, keepDims = false }: ReduceOptions): Value {
  const list =
    axes === undefined || Array.isArray(axes) ? (axes as readonly number[] | undefined) : undefined;
  const none = list?.length === 0;
  const given = list === undefined ? (axes as Value | undefined) : none ? undefined : int64s(list);
  // No axes at all means "as it is", which ONNX must be told; a run-time vector may turn out empty.
  const noop = none || (given !== undefined && list === undefined) ? 1 : undefined;
  return apply(definition, [x, given], { keepdims: keepDims ? 1 : 0, noop_with_empty_axes: noop });
}

/** Sum along axes. */
export function reduceSum(x: Value, options: ReduceOptions = {}): Value {
  return reduce(reduceSumOp, x, options);
}
/** Mean along axes. */
export function reduceMean(x: Value, options: ReduceOptions = {}): Value {
  return reduce(reduceMeanOp, x, options);
}
/** Largest along axes; ties share the gradient. */
export function reduceMax(x: Value, options: ReduceOptions = {}): Value {
  return reduce(reduceMaxOp, x, options);
}
/** Smallest along axes; ties share the gradient. */
export function reduceMin(x: Value, options: ReduceOptions = {}): Value {
  return reduce(reduceMinOp, x, options);
}
/** Product along axes. */
export function reduceProd(x: Value, options: ReduceOptions = {}): Value {
  return reduce(reduceProdOp, x, options);
}
/** Sum of squares along axes. */
export function reduceSumSquare(x: Value, options: ReduceOptions = {}): Value {
  return reduce(reduceSumSquareOp, x, options);
}
/** Sum of absolute values along axes. */
export function reduceL1(x: Value, options: ReduceOptions = {}): Value {
  return reduce(reduceL1Op, x, options);
}
/** Euclidean norm along axes. */
export function reduceL2(x: Value, options: ReduceOptions = {}): Value {
  return reduce(reduceL2Op, x, options);
}
/** log Σ x along axes. */
export function reduceLogSum(x: Value, options: ReduceOptions = {}): Value {
  return reduce(reduceLogSumOp, x, options);
}
/** log Σ exp x along axes, without overflow. */
export function reduceLogSumExp(x: Value, options: ReduceOptions = {}): Value {
  return reduce(reduceLogSumExpOp, x, options);
}

export const reductionOps: readonly OpDefinition[] = [
  reduceSumOp,
  reduceMeanOp,
  reduceMaxOp,
  reduceMinOp,
  reduceProdOp,
  reduceSumSquareOp,
  reduceL1Op,
  reduceL2Op,
  reduceLogSumOp,
  reduceLogSumExpOp,
];
