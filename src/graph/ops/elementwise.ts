/** Building blocks of element-wise ops: shape rules by broadcasting, numbers as operands, and the sum that undoes a broadcast. */
import { assert, type DType, MillwrightError } from "../../core/index.ts";
import { defineOp, requireDtype, requireSameDtype, shapeError } from "../definition.ts";
import { broadcastShapes, sameDim } from "../dims.ts";
import { scalar } from "../value.ts";
import type { GradientRule, InferCall, OpDefinition, Operand, Ops, OutputType, Value } from "../types.ts";

/** Turns number operands into scalars of the dtype that the values have. */
export function operands(a: Operand, b: Operand): [Value, Value] {
  if (isValue(a)) return [a, isValue(b) ? b : scalar(a.dtype, b)];
  assert(isValue(b), "one operand must be a value of the graph");
  return [scalar(b.dtype, a), b];
}

export function isValue(operand: Operand): operand is Value {
  return typeof operand === "object";
}

/**
 * Refuses float64 for an op that ONNX Runtime has no such kernel for, and that we do not write out.
 *
 * @throws MillwrightError `GRAPH_UNSUPPORTED`.
 */
export function requireFloat32(name: string, x: Value): Value {
  if (x.dtype !== "float64") return x;
  throw new MillwrightError(
    "GRAPH_UNSUPPORTED",
    `${name} runs in float32 only, and has float64.`,
    "Cast it to float32.",
  );
}

export type Allowed = readonly DType[] | "float" | "number";

/** An op of one input whose output has the same type. */
export function unaryOp(
  name: string,
  type: string,
  allowed: Allowed,
  gradient: GradientRule | "constant" | undefined,
  more: Partial<OpDefinition> = {},
): OpDefinition {
  return defineOp({
    name,
    type,
    inputs: [1, 1],
    infer: (call) => [{ dtype: requireDtype(call, 0, allowed).dtype, shape: call.inputs[0]!.shape }],
    ...(gradient ? { gradient } : {}),
    ...more,
  });
}

/** Shape rule of broadcasting ops; the output has the inputs' dtype unless told. */
export function inferBroadcast(call: InferCall, allowed: Allowed, dtype?: DType): OutputType[] {
  requireDtype(call, 0, allowed);
  const same = requireSameDtype(call);
  return [
    {
      dtype: dtype ?? same,
      shape: broadcastShapes(
        call.name,
        call.inputs.map((x) => x!.shape),
      ),
    },
  ];
}

/** An op of two broadcasting inputs of one dtype. */
export function binaryOp(
  name: string,
  type: string,
  allowed: Allowed,
  gradient: GradientRule | "constant",
  more: Partial<OpDefinition> & { readonly dtype?: DType } = {},
): OpDefinition {
  const { dtype, ...rest } = more;
  return defineOp({
    name,
    type,
    inputs: [2, 2],
    infer: (call) => inferBroadcast(call, allowed, dtype),
    gradient,
    ...rest,
  });
}

/**
 * Sums a gradient over the dimensions along which `like` was broadcast.
 *
 * Where sizes are names and it cannot be told which side was 1, the axes are found when the graph runs.
 */
export function sumTo(gradient: Value, like: Value, ops: Ops): Value {
  const rank = gradient.shape.length;
  const lead = rank - like.shape.length;
  if (lead < 0)
    throw shapeError(
      { name: "gradient" },
      "has fewer dimensions than what it belongs to.",
      "Check the file's declared shapes.",
    );
  const axes: number[] = [];
  let open = false;
  for (let i = 0; i < rank; i++) {
    const to = i < lead ? 1 : like.shape[i - lead]!;
    if (i < lead) axes.push(i);
    else if (sameDim(gradient.shape[i]!, to)) continue;
    else if (to === 1) axes.push(i);
    else open = true;
  }
  if (open) {
    const target = ops.shapeOf(like);
    const padded = lead === 0 ? target : ops.concat([ops.int64s(Array<number>(lead).fill(1)), target], 0);
    const different = ops.not(ops.equal(ops.shapeOf(gradient), padded));
    const where = ops.reshape(ops.nonZero(different), [-1]);
    return ops.reshapeLike(ops.reduceSum(gradient, { axes: where, keepDims: true }), like);
  }
  if (axes.length === 0) return gradient;
  const summed = ops.reduceSum(gradient, { axes, keepDims: true });
  return lead === 0 ? summed : ops.squeeze(summed, axes.slice(0, lead));
}
