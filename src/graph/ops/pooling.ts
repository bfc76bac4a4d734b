/**
 * Pools: the largest or the mean of what a window sees.
 *
 * The largest of equal elements is the first one, in the order of rows, and it alone gets the
 * gradient, as in PyTorch. It matters: over the empty background of a picture every window
 * is a tie. MaxPool's second output, the indices, is not used: with it ONNX Runtime's pool is
 * nine times slower, and WebGPU has none.
 */
import { apply, defineOp, requireDtype, shapeError } from "../definition.ts";
import { showShape, staticShape } from "../dims.ts";
import { constant, fillTensor, scalar } from "../value.ts";
import { requireFloat32 } from "./elementwise.ts";
import {
  attributesOf,
  noWindowGradient,
  outputSizes,
  padSpatial,
  perAxis,
  reach,
  seenBy,
  taps,
  type Window,
  windowAttributes,
  windowOf,
} from "./window.ts";
import type { Dim, InferCall, OpDefinition, Ops, OutputType, Value, WindowOptions } from "../types.ts";

function requireSpatial(call: InferCall, x: Value): void {
  if (x.shape.length >= 3) return;
  throw shapeError(call, `takes [batch, channel, …], and has ${showShape(x.shape)}.`, "Unsqueeze it.");
}

function inferPool(call: InferCall): OutputType {
  const x = requireDtype(call, 0, ["float32", "float64", "uint8"]);
  requireSpatial(call, x);
  const kernel = call.attributes.ints("kernel_shape") ?? [];
  const sizes = x.shape.slice(2);
  if (kernel.length !== sizes.length || kernel.some((size) => size < 1)) {
    throw shapeError(
      call,
      `has a window ${showShape(kernel)} over ${showShape(x.shape)}.`,
      "Give one size each spatial dimension.",
    );
  }
  const stops = outputSizes(call, kernel, sizes, call.attributes.int("ceil_mode", 0) === 1);
  return { dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...stops] };
}

const maxPoolOp = defineOp({
  name: "maxPool",
  type: "MaxPool",
  inputs: [1, 1],
  outputs: [1, 2],
  attributes: { ...windowAttributes, ceil_mode: "int", storage_order: "int" },
  infer(call) {
    const y = inferPool(call);
    return [y, { dtype: "int64", shape: y.shape }];
  },
  gradient({ inputs: [x], outputs: [y], attributes, gradients: [g] }, ops) {
    if (!g) return [undefined];
    const call = { name: "maxPool", attributes };
    const window = windowOf(call, attributes.ints("kernel_shape")!, x!.shape.slice(2));
    if (!window) return noWindowGradient("maxPool", "that pads sizes known only when the graph runs");
    return [maxGradient(x!, y!, g, window, ops)];
  },
});

/** Place by place of the window: where it held the first of the largest, it gets the gradient. */
function maxGradient(x: Value, y: Value, g: Value, window: Window, ops: Ops): Value {
  const lowest = scalar(x.dtype, -Infinity);
  // Windows of ceil mode reach beyond the padding.
  const ends = window.ends.map((end, axis) => {
    const [size, count] = [x.shape[axis + 2]!, y.shape[axis + 2]!];
    if (typeof size !== "number" || typeof count !== "number") return end + window.strides[axis]! - 1;
    const last = (count - 1) * window.strides[axis]! + reach(window, axis);
    return Math.max(end, last - size - window.begins[axis]!);
  });
  const padded = padSpatial(x, window.begins, ends, ops, lowest);
  const zero = scalar(g.dtype, 0);
  let open: Value | undefined;
  const parts = taps(window.kernel).map((tap) => {
    const equal = ops.equal(seenBy(tap, padded, y, window, ops), y);
    const first = open ? ops.and(equal, open) : equal;
    open = open ? ops.and(open, ops.not(equal)) : ops.not(equal);
    return ops.unsqueeze(ops.where(first, g, zero), [2]);
  });
  return spreadBack(parts, x, { ...window, ends }, ops);
}

/**
 * Adds each place's share to where it was seen: a transposed convolution by a kernel of ones and zeros.
 *
 * @param parts - One a place of the window: [batch, channel, 1, …stops].
 */
function spreadBack(parts: readonly Value[], x: Value, window: Window, ops: Ops): Value {
  const { kernel, strides, dilations, begins, ends } = window;
  const count = parts.length;
  const unit = Array<number>(count * count).fill(0);
  for (let i = 0; i < count; i++) unit[i * count + i] = 1;
  const w = constant({ dtype: "float32", shape: [count, 1, ...kernel], data: fillTensor("float32", unit) });
  const stops = parts[0]!.shape.slice(3);
  const all = ops.concat(parts, 2);
  const sizes = staticShape(x.shape.slice(2));
  const fixed = staticShape(stops);
  const flat = ops.reshape(
    all,
    fixed ? [-1, count, ...fixed] : ops.concat([ops.int64s([-1, count]), ops.shapeOf(all, 3)], 0),
  );
  const outputPadding = sizes
    ? sizes.map((size, axis) => (size + begins[axis]! + ends[axis]! - reach(window, axis)) % strides[axis]!)
    : strides.map((stride) => stride - 1);
  const back = ops.convTranspose(flat, w, undefined, {
    strides,
    dilations,
    outputPadding,
    ...(sizes ? { pads: [...begins, ...ends] } : {}),
  });
  if (sizes) return ops.reshapeLike(back, x);
  const first = ops.int64s(begins);
  const last = ops.add(ops.shapeOf(x, 2), first);
  return ops.reshapeLike(
    ops.slice(
      back,
      first,
      last,
      kernel.map((_, axis) => axis + 2),
    ),
    x,
  );
}

function globalPool(name: string, type: string, gradient: OpDefinition["gradient"]): OpDefinition {
  return defineOp({
    name,
    type,
    inputs: [1, 1],
    infer(call) {
      const x = requireDtype(call, 0, "float");
      requireSpatial(call, x);
      const shape = x.shape.map((dim, axis): Dim => (axis < 2 ? dim : 1));
      return [{ dtype: x.dtype, shape }];
    },
    ...(gradient ? { gradient } : {}),
  });
}

const globalAveragePoolOp = globalPool(
  "globalAveragePool",
  "GlobalAveragePool",
  ({ inputs, gradient: g }, ops) => {
    const x = inputs[0]!;
    const sizes = staticShape(x.shape.slice(2));
    const count = sizes
      ? scalar(
          g.dtype,
          sizes.reduce((a, b) => a * b, 1),
        )
      : ops.cast(ops.reduceProd(ops.shapeOf(x, 2)), g.dtype);
    return [ops.expandLike(ops.div(g, count), x)];
  },
);

const globalMaxPoolOp = globalPool("globalMaxPool", "GlobalMaxPool", ({ inputs, gradient: g }, ops) => {
  const x = inputs[0]!;
  const flat = ops.reshape(x, ops.concat([ops.shapeOf(x, 0, 2), ops.int64s([-1])], 0));
  const first = ops.argMax(flat, { axis: 2, keepDims: true });
  const chosen = ops.equal(ops.positions(flat, 2), first);
  const spread = ops.where(chosen, ops.reshape(g, [0, 0, 1]), scalar(g.dtype, 0));
  return [ops.reshapeLike(spread, x)];
});

/**
 * The largest of what each window sees. Padding counts as nothing.
 *
 * @param x - [batch, channel, …size]. A tie's gradient goes to its first element, in the order of rows.
 * @param kernel - Size of the window, one number for all spatial dimensions or one each.
 * @param options - Strides default to the window's size.
 */
export function maxPool(x: Value, kernel: number | readonly number[], options: PoolOptions = {}): Value {
  return apply(maxPoolOp, [x], poolAttributes(x, kernel, options));
}

export interface PoolOptions extends WindowOptions {
  /** Also count a last window that reaches beyond the input. Default false. */
  readonly ceilMode?: boolean;
}

function poolAttributes(
  x: Value,
  kernel: number | readonly number[],
  options: PoolOptions,
): ReturnType<typeof attributesOf> & { kernel_shape: readonly number[]; ceil_mode: number | undefined } {
  const rank = x.shape.length - 2;
  const size = perAxis(kernel, rank)!;
  return {
    ...attributesOf({ ...options, strides: options.strides ?? size }, rank),
    kernel_shape: size,
    ceil_mode: options.ceilMode ? 1 : undefined,
  };
}

/** The mean over all spatial dimensions, which stay with size 1. */
export function globalAveragePool(x: Value): Value {
  return apply(globalAveragePoolOp, [requireFloat32("globalAveragePool", x)]);
}

/** The largest over all spatial dimensions, which stay with size 1; the first of a tie gets the gradient. */
export function globalMaxPool(x: Value): Value {
  return apply(globalMaxPoolOp, [requireFloat32("globalMaxPool", x)]);
}

export const poolingOps: readonly OpDefinition[] = [maxPoolOp, globalAveragePoolOp, globalMaxPoolOp];
