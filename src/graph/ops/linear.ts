/** Matrix products. */
import { apply, defineOp, requireDtype, requireSameDtype, shapeError } from "../definition.ts";
import { broadcastShapes, showShape } from "../dims.ts";
import { sumTo } from "./elementwise.ts";
import type { Dim, GemmOptions, GradientRule, OpDefinition, Ops, Value } from "../types.ts";

function matchInner(call: { readonly name: string }, a: Value, b: Value, k1: Dim, k2: Dim): void {
  if (typeof k1 === "number" && typeof k2 === "number" && k1 !== k2) {
    throw shapeError(
      call,
      `needs equal inner sizes, and has ${showShape(a.shape)} × ${showShape(b.shape)}.`,
      "Transpose one side, or check which features reach it.",
    );
  }
}

/** Swaps the last two dimensions. */
function swap(x: Value, ops: Ops): Value {
  const order = x.shape.map((_, i) => i);
  order.push(...order.splice(-2, 1));
  return ops.transpose(x, order);
}

/** dA = G·Bᵀ and dB = Aᵀ·G; a vector counts as a matrix of one row or column, and batch dimensions are summed back. */
const matMulGradient: GradientRule = ({ inputs, gradient, needed }, ops) => {
  const [a, b] = inputs as [Value, Value];
  const left = a.shape.length === 1 ? ops.unsqueeze(a, [0]) : a;
  const right = b.shape.length === 1 ? ops.unsqueeze(b, [1]) : b;
  let g = gradient;
  if (b.shape.length === 1) g = ops.unsqueeze(g, [-1]);
  if (a.shape.length === 1) g = ops.unsqueeze(g, [-2]);
  let byA: Value | undefined;
  let byB: Value | undefined;
  if (needed[0]) {
    const full = sumTo(ops.matMul(g, swap(right, ops)), left, ops);
    byA = a.shape.length === 1 ? ops.squeeze(full, [0]) : full;
  }
  if (needed[1]) {
    // A batch against one matrix is one tall product: no batch of small products to sum afterwards.
    const tall = right.shape.length === 2 && left.shape.length > 2;
    const flat = (x: Value): Value => ops.reshape(x, ops.concat([ops.int64s([-1]), ops.shapeOf(x, -1)], 0));
    const full = tall
      ? ops.matMul(swap(flat(left), ops), flat(g))
      : sumTo(ops.matMul(swap(left, ops), g), right, ops);
    byB = b.shape.length === 1 ? ops.squeeze(full, [1]) : full;
  }
  return [byA, byB];
};

const matMulOp = defineOp({
  name: "matMul",
  type: "MatMul",
  inputs: [2, 2],
  infer(call) {
    const a = requireDtype(call, 0, ["float32", "float64", "int32", "int64"]);
    const b = call.inputs[1]!;
    const dtype = requireSameDtype(call);
    if (a.shape.length === 0 || b.shape.length === 0) {
      throw shapeError(
        call,
        `takes no scalars, and has ${showShape(a.shape)} × ${showShape(b.shape)}.`,
        "Use mul.",
      );
    }
    matchInner(call, a, b, a.shape.at(-1)!, b.shape.length === 1 ? b.shape[0]! : b.shape.at(-2)!);
    const batch = broadcastShapes(call.name, [a.shape.slice(0, -2), b.shape.slice(0, -2)]);
    const rows = a.shape.length === 1 ? [] : [a.shape.at(-2)!];
    const columns = b.shape.length === 1 ? [] : [b.shape.at(-1)!];
    return [{ dtype, shape: [...batch, ...rows, ...columns] }];
  },
  gradient: matMulGradient,
});

const gemmOp = defineOp({
  name: "gemm",
  type: "Gemm",
  inputs: [2, 3],
  attributes: { alpha: "float", beta: "float", transA: "int", transB: "int" },
  infer(call) {
    const a = requireDtype(call, 0, ["float32", "float64", "int32", "int64"]);
    const b = call.inputs[1]!;
    const dtype = requireSameDtype(call);
    if (a.shape.length !== 2 || b.shape.length !== 2) {
      throw shapeError(
        call,
        `takes two matrices, and has ${showShape(a.shape)} × ${showShape(b.shape)}.`,
        "Use matMul.",
      );
    }
    const transA = call.attributes.int("transA", 0) !== 0;
    const transB = call.attributes.int("transB", 0) !== 0;
    matchInner(call, a, b, a.shape[transA ? 0 : 1]!, b.shape[transB ? 1 : 0]!);
    const shape = [a.shape[transA ? 1 : 0]!, b.shape[transB ? 0 : 1]!];
    const c = call.inputs[2];
    if (c) broadcastShapes(call.name, [shape, c.shape]);
    return [{ dtype, shape }];
  },
  gradient({ inputs, attributes, gradient: g, needed }, ops) {
    const [a, b, c] = inputs as [Value, Value, Value | undefined];
    const alpha = attributes.float("alpha", 1);
    const transA = attributes.int("transA", 0) !== 0;
    const transB = attributes.int("transB", 0) !== 0;
    const byA = (): Value =>
      transA
        ? ops.gemm(b, g, undefined, { alpha, transA: transB, transB: true })
        : ops.gemm(g, b, undefined, { alpha, transB: !transB });
    const byB = (): Value =>
      transB
        ? ops.gemm(g, a, undefined, { alpha, transA: true, transB: transA })
        : ops.gemm(a, g, undefined, { alpha, transA: !transA });
    const beta = attributes.float("beta", 1);
    return [
      needed[0] ? byA() : undefined,
      needed[1] ? byB() : undefined,
      c && needed[2] ? sumTo(beta === 1 ? g : ops.mul(g, beta), c, ops) : undefined,
    ];
  },
});

/** Matrix product of the last two dimensions; leading ones broadcast. [.., m, k] × [.., k, n] → [.., m, n]. */
export function matMul(a: Value, b: Value): Value {
  return apply(matMulOp, [a, b]);
}

/** alpha·A·B + beta·C in one node: [m, k] × [k, n] + [m, n], where C broadcasts. */
export function gemm(a: Value, b: Value, c?: Value, options: GemmOptions = {}): Value {
  return apply(gemmOp, [a, b, c], {
    alpha: options.alpha === 1 ? undefined : options.alpha,
    beta: options.beta === 1 ? undefined : options.beta,
    transA: options.transA ? 1 : undefined,
    transB: options.transB ? 1 : undefined,
  });
}

export const linearOps: readonly OpDefinition[] = [matMulOp, gemmOp];
