/**
 * Pools: the largest or the mean of what a window sees.
 *
 * The largest of equal elements is the first one, in the order of rows, and it alone gets the
 * gradient, as in PyTorch. It matters: over the empty background of a picture every window
 * is a tie. MaxPool's second output, the indices, is not used: with it ONNX Runtime's pool is
 * far slower, and WebGPU has none.
 */
import { Attributes } from "../attributes.ts";
import { apply, defineOp, noGradient, requireDtype, shapeError } from "../definition.ts";
import { showShape, staticShape } from "../dims.ts";
import { constant, fillTensor, scalar } from "../value.ts";
import { mostWeights } from "./axis-matrix.ts";
import { requireFloat32 } from "./elementwise.ts";
import {
  attributesOf,
  autoPad,
  noWindowGradient,
  outputSizes,
  perAxis,
  reach,
  type Window,
  windowAttributes,
  windowOf,
} from "./window.ts";
import type {
  AveragePoolOptions,
  Dim,
  GradientCall,
  InferCall,
  OpDefinition,
  Ops,
  OutputType,
  PoolOptions,
  Value,
} from "../types.ts";

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
  const dilated = call.attributes.ints("dilations")?.some((n) => n !== 1) === true;
  if (dilated && autoPad(call).startsWith("SAME")) {
    throw shapeError(
      call,
      "pads to the same size with dilations, which ONNX Runtime leaves out of account.",
      "Give the pads as numbers.",
    );
  }
  const stops = outputSizes(call, kernel, sizes, call.attributes.int("ceil_mode", 0) === 1);
  return { dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...stops] };
}

/** A longer window is no network's: a hostile file must not make us write it out. */
const mostPlaces = 4096;

interface Settled {
  readonly window: Window;
  readonly sizes: readonly number[];
  /** Stops of the window along each axis. */
  readonly counts: readonly number[];
}

/** The window and sizes of a node whose gradient is built. @throws MillwrightError `GRAPH_NO_GRADIENT` for named sizes. */
function settled(
  name: string,
  { inputs, outputs, attributes }: Pick<GradientCall, "inputs" | "outputs" | "attributes">,
): Settled {
  const sizes = staticShape(inputs[0]!.shape.slice(2));
  const counts = staticShape(outputs[0]!.shape.slice(2));
  const window = sizes && windowOf({ name, attributes }, attributes.ints("kernel_shape")!, sizes);
  if (!window || !counts) return noWindowGradient(name, "over sizes known only when the graph runs");
  const longest = Math.max(
    ...window.kernel,
    ...counts.map((count, i) => (count > 1 ? window.strides[i]! : 1)),
  );
  if (longest > mostPlaces || counts.some((count) => count > mostWeights)) {
    throw noGradient(
      name,
      `with ${counts.join(" × ")} windows of ${window.kernel.join(" × ")} in steps of ${window.strides.join(" × ")}: windows and steps of ${mostPlaces} at most, ${mostWeights} stops`,
      "Pool in several stages.",
    );
  }
  return { window, sizes, counts };
}

const poolAttributes = { ...windowAttributes, ceil_mode: "int" } as const;

const maxPoolOp = defineOp({
  name: "maxPool",
  type: "MaxPool",
  inputs: [1, 1],
  outputs: [1, 2],
  attributes: { ...poolAttributes, storage_order: "int" },
  infer(call) {
    const y = inferPool(call);
    return [y, { dtype: "int64", shape: y.shape }];
  },
  gradient(call, ops) {
    return [maxGradient(call, call.gradient, ops)];
  },
});

/** One spatial dimension of a window: what each of its places sees at every stop, and the largest of that. */
interface Stage {
  readonly seen: readonly Value[];
  readonly largest: Value;
  /** Whether a pool of its own finds the largest. */
  readonly pooled: boolean;
}

/**
 * The window taken apart by dimension, the last one first: the largest of each row, then the largest
 * of those. Each step gives the gradient back along its own dimension, which needs k + k comparisons
 * instead of k · k, and still finds the first in the order of rows.
 */
function maxGradient(call: GradientCall, g: Value, ops: Ops): Value {
  const { window, sizes, counts } = settled("maxPool", call);
  const ceilMode = call.attributes.int("ceil_mode", 0) === 1;
  const stages: (Stage | undefined)[] = [];
  let x = call.inputs[0]!;
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    const { kernel, strides, begins, ends } = window;
    const same = kernel[axis] === 1 && strides[axis] === 1 && begins[axis] === 0 && ends[axis] === 0;
    const stage = same
      ? undefined
      : (apartAlong(x, window, axis, counts[axis]!, ops) ??
        slidingAlong(x, window, axis, counts[axis]!, ceilMode, ops));
    stages.unshift(stage);
    x = stage?.largest ?? x;
  }
  // Where no step needs a pool of its own, they are the pool.
  const pooled = stages.some((stage) => stage?.pooled === true);
  if (!pooled) call.offer([x]);
  let back = g;
  stages.forEach((stage, axis) => {
    if (stage === undefined) return;
    const largest = axis === 0 && pooled ? call.outputs[0]! : stage.largest;
    back = spreadAlong(
      firstLargest(stage.seen, largest, back, ops),
      axis,
      window,
      sizes[axis]!,
      counts[axis]!,
      ops,
    );
  });
  return back;
}

/** Windows that neither overlap nor reach into padding: one split takes them apart, and its parts give the largest. */
function apartAlong(x: Value, window: Window, axis: number, count: number, ops: Ops): Stage | undefined {
  const size = window.kernel[axis]!;
  if (window.strides[axis] !== size || window.dilations[axis] !== 1 || window.begins[axis] !== 0)
    return undefined;
  if (count * size > Number(x.shape[axis + 2]) || size > mostParts) return undefined;
  const cut = sliceAlong(x, axis, 0, count * size, 1, ops);
  const spatial = staticShape(x.shape.slice(2))!;
  const parts = ops.split(
    ops.reshape(cut, [0, 0, ...spatial.flatMap((places, i) => (i === axis ? [count, size] : [places]))]),
    axis + 3,
    size,
  );
  const shape = [0, 0, ...spatial.map((places, i) => (i === axis ? count : places))];
  const seen = parts.map((part) => ops.reshape(part, shape));
  return { seen, largest: seen.reduce((a, b) => ops.max(a, b)), pooled: false };
}

/** Longer windows are slid: so many slices are no fewer passes than a pool's. */
const mostParts = 16;

/** Windows of any kind: a slice for each place, and a pool along the dimension for the largest. */
function slidingAlong(
  x: Value,
  window: Window,
  axis: number,
  count: number,
  ceilMode: boolean,
  ops: Ops,
): Stage {
  const { kernel, strides, dilations, begins, ends } = window;
  const only = (list: readonly number[], otherwise: number): number[] =>
    list.map((n, i) => (i === axis ? n : otherwise));
  const largest = ops.maxPool(x, only(kernel, 1), {
    strides: only(strides, 1),
    dilations: only(dilations, 1),
    pads: [...only(begins, 0), ...only(ends, 0)],
    ceilMode,
  });
  const [size, begin, stride] = [Number(x.shape[axis + 2]), begins[axis]!, strides[axis]!];
  const covered = (count - 1) * stride + reach(window, axis);
  const end = Math.max(0, covered - begin - size);
  const padded = padAlong(x, axis, begin, end, ops, scalar(x.dtype, -Infinity));
  const seen = Array.from({ length: kernel[axis]! }, (_, place) => {
    const start = place * dilations[axis]!;
    return sliceAlong(padded, axis, start, start + (count - 1) * stride + 1, stride, ops);
  });
  return { seen, largest, pooled: true };
}

/**
 * What each place gets of the gradient: the first that holds the largest takes all.
 *
 * As a product and a difference, since `where` takes three times as long and one thread. The price is relu's: in a window
 * with an infinite gradient the others get NaN, where PyTorch has 0.
 */
function firstLargest(seen: readonly Value[], largest: Value, g: Value, ops: Ops): Value[] {
  let rest = g;
  const parts = seen.slice(0, -1).map((place) => {
    const part = ops.mul(rest, ops.cast(ops.equal(place, largest), g.dtype));
    rest = ops.sub(rest, part);
    return part;
  });
  return [...parts, rest];
}

/** Adds what each place of the window gives back to where it was seen. */
function spreadAlong(
  parts: readonly Value[],
  axis: number,
  window: Window,
  size: number,
  count: number,
  ops: Ops,
): Value {
  const [begin, dilation] = [window.begins[axis]!, window.dilations[axis]!];
  // Between one stop there is no step, and a hostile file may give any.
  const stride = count === 1 ? 1 : window.strides[axis]!;
  const shift = (i: number): number => Math.floor((i * dilation) / stride);
  const length = count + shift(parts.length - 1);
  // Places that differ by whole strides share a phase; the phases are then laid between each other.
  const phases: (Value | undefined)[] = Array<undefined>(stride).fill(undefined);
  parts.forEach((part, i) => {
    const moved = padAlong(part, axis, shift(i), length - count - shift(i), ops);
    const phase = (i * dilation) % stride;
    const before = phases[phase];
    phases[phase] = before ? ops.add(before, moved) : moved;
  });
  const zeros = phases.includes(undefined) ? ops.zerosLike(phases[0]!) : phases[0]!;
  const merged =
    stride === 1
      ? phases[0]!
      : interleave(
          phases.map((phase) => phase ?? zeros),
          axis,
          ops,
        );
  const cut = sliceAlong(merged, axis, begin, Math.min(begin + size, length * stride), 1, ops);
  return padAlong(cut, axis, 0, Math.max(0, begin + size - length * stride), ops);
}

function interleave(phases: readonly Value[], axis: number, ops: Ops): Value {
  const at = axis + 2;
  const joined = ops.concat(
    phases.map((phase) => ops.unsqueeze(phase, [at + 1])),
    at + 1,
  );
  const spatial = staticShape(phases[0]!.shape.slice(2))!;
  return ops.reshape(joined, [0, 0, ...spatial.map((size, i) => (i === axis ? size * phases.length : size))]);
}

function padAlong(x: Value, axis: number, begin: number, end: number, ops: Ops, value?: Value): Value {
  if (begin === 0 && end === 0) return x;
  const widths = (width: number): number[] => x.shape.map((_, i) => (i === axis + 2 ? width : 0));
  return ops.pad(x, [...widths(begin), ...widths(end)], value ? { value } : {});
}

function sliceAlong(x: Value, axis: number, start: number, end: number, stride: number, ops: Ops): Value {
  if (start === 0 && end === x.shape[axis + 2] && stride === 1) return x;
  return ops.slice(x, [start], [end], [axis + 2], stride === 1 ? undefined : [stride]);
}

const averagePoolOp = defineOp({
  name: "averagePool",
  type: "AveragePool",
  inputs: [1, 1],
  attributes: { ...poolAttributes, count_include_pad: "int" },
  infer: (call) => [inferPool(call)],
  gradient(call, ops) {
    const settledWindow = settled("averagePool", call);
    const padding = call.attributes.int("count_include_pad", 0) === 1;
    return [
      spreadWindows(call.gradient, settledWindow, (axis) => sharesOf(settledWindow, axis, padding), ops),
    ];
  },
});

/** Gives to each place what all windows over it hold for it, each first times its share along each axis. */
function spreadWindows(
  g: Value,
  { window, sizes, counts }: Settled,
  shares: ((axis: number) => readonly number[]) | undefined,
  ops: Ops,
): Value {
  let back = g;
  sizes.forEach((size, axis) => {
    if (shares) back = ops.mul(back, alongAxis(back, axis + 2, shares(axis)));
    const parts = Array<Value>(window.kernel[axis]!).fill(back);
    back = spreadAlong(parts, axis, window, size, counts[axis]!, ops);
  });
  return back;
}

/** Numbers along one axis of a value, to be broadcast over the others. */
function alongAxis(like: Value, axis: number, numbers: readonly number[]): Value {
  if (numbers.every((number) => number === numbers[0])) return scalar(like.dtype, numbers[0]!);
  const shape = like.shape.slice(axis).map((_, i) => (i === 0 ? numbers.length : 1));
  return constant({ dtype: like.dtype, shape, data: fillTensor(like.dtype, numbers) });
}

/** One over the elements that each window counts along an axis. */
function sharesOf({ window, sizes, counts }: Settled, axis: number, padding: boolean): number[] {
  const [size, stride, dilation] = [sizes[axis]!, window.strides[axis]!, window.dilations[axis]!];
  const [kernel, begin] = [window.kernel[axis]!, window.begins[axis]!];
  // Ceil mode may reach beyond the padding, and what lies there never counts.
  const [low, high] = padding ? [-begin, size + window.ends[axis]!] : [0, size];
  return Array.from({ length: counts[axis]! }, (_, stop) => {
    const first = stop * stride - begin;
    const from = Math.ceil(Math.max(0, low - first) / dilation);
    const to = Math.min(kernel - 1, Math.floor((high - 1 - first) / dilation));
    return 1 / Math.max(1, to - from + 1);
  });
}

/** A pool whose answer is the norm of order p. */
function normPool(
  name: string,
  type: string,
  attributes: OpDefinition["attributes"],
  infer: (call: InferCall) => OutputType,
  spread: (call: GradientCall, scaled: Value, ops: Ops) => Value,
): OpDefinition {
  return defineOp({
    name,
    type,
    inputs: [1, 1],
    attributes: { ...attributes, p: "int" },
    infer: (call) => [infer(call)],
    gradient(call, ops) {
      const [x, y] = [call.inputs[0]!, call.outputs[0]!];
      const p = call.attributes.int("p", 2);
      // dy/dx = sign(x)·(|x| / y)^(p − 1), and 0 where all of a window is 0.
      const safe = ops.where(ops.equal(y, 0), scalar(y.dtype, 1), y);
      const scaled = ops.mul(call.gradient, ops.pow(safe, 1 - p));
      const own = p === 2 ? x : ops.mul(ops.sign(x), ops.pow(ops.abs(x), p - 1));
      return [ops.mul(own, spread(call, scaled, ops))];
    },
  });
}

const lpPoolOp = normPool("lpPool", "LpPool", poolAttributes, inferPool, (call, scaled, ops) => {
  // The shape rule of ONNX Runtime 1.30 counts windows here that its kernel leaves out.
  if (call.attributes.int("ceil_mode", 0) === 1)
    throw noGradient("lpPool", "in ceil mode", "Pad its input so that the windows come out even.");
  return spreadWindows(scaled, settled("lpPool", call), undefined, ops);
});

function inferGlobal(call: InferCall): OutputType {
  const x = requireDtype(call, 0, "float");
  requireSpatial(call, x);
  return { dtype: x.dtype, shape: x.shape.map((dim, axis): Dim => (axis < 2 ? dim : 1)) };
}

function globalPool(
  name: string,
  type: string,
  gradient: NonNullable<OpDefinition["gradient"]>,
): OpDefinition {
  return defineOp({ name, type, inputs: [1, 1], infer: (call) => [inferGlobal(call)], gradient });
}

const globalLpPoolOp = normPool("globalLpPool", "GlobalLpPool", {}, inferGlobal, ({ inputs }, scaled, ops) =>
  ops.expandLike(scaled, inputs[0]!),
);

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
  return apply(maxPoolOp, [x], attributesOfPool("maxPool", x, kernel, options));
}

/**
 * The mean of what each window sees.
 *
 * @param x - [batch, channel, …size]. float32.
 * @param kernel - Size of the window, one number for all spatial dimensions or one each.
 * @param options - Strides default to the window's size; padding does not count unless told.
 */
export function averagePool(
  x: Value,
  kernel: number | readonly number[],
  options: AveragePoolOptions = {},
): Value {
  return apply(averagePoolOp, [requireFloat32("averagePool", x)], {
    ...attributesOfPool("averagePool", x, kernel, options),
    count_include_pad: options.countPadding ? 1 : undefined,
  });
}

/**
 * The norm of what each window sees: (Σ |x|^p)^(1/p).
 *
 * @param x - [batch, channel, …size]. float32.
 * @param kernel - Size of the window, one number for all spatial dimensions or one each.
 * @param options - Strides default to the window's size, p to 2.
 */
export function lpPool(
  x: Value,
  kernel: number | readonly number[],
  options: Omit<PoolOptions, "ceilMode"> & { readonly p?: number } = {},
): Value {
  return apply(lpPoolOp, [requireFloat32("lpPool", x)], {
    ...attributesOfPool("lpPool", x, kernel, options),
    p: options.p,
  });
}

/**
 * Options as attributes that ONNX Runtime 1.30 gets right: it knows no padding to the same size with
 * windows narrower than their strides, and its shape rule for ceil mode counts windows that its kernels leave out.
 */
function attributesOfPool(
  name: string,
  x: Value,
  kernel: number | readonly number[],
  options: PoolOptions,
): ReturnType<typeof attributesOf> & { kernel_shape: readonly number[]; ceil_mode: number | undefined } {
  const rank = x.shape.length - 2;
  const size = perAxis(kernel, rank)!;
  const given = {
    ...attributesOf({ ...options, strides: options.strides ?? size }, rank),
    kernel_shape: size,
    ceil_mode: options.ceilMode ? 1 : undefined,
  };
  const sizes = staticShape(x.shape.slice(2));
  if (!sizes || size.length !== sizes.length) return given;
  const call = { name, attributes: Attributes.of(poolAttributes, given) };
  const window = given.auto_pad === undefined ? undefined : windowOf(call, size, sizes);
  const plain = window ? { ...given, auto_pad: undefined, pads: [...window.begins, ...window.ends] } : given;
  if (!options.ceilMode) return plain;
  const [whole, started] = [false, true].map((ceil) => outputSizes(call, size, sizes, ceil));
  return { ...plain, ceil_mode: whole!.every((count, axis) => count === started![axis]) ? undefined : 1 };
}

/** The mean over all spatial dimensions, which stay with size 1. */
export function globalAveragePool(x: Value): Value {
  return apply(globalAveragePoolOp, [requireFloat32("globalAveragePool", x)]);
}

/** The largest over all spatial dimensions, which stay with size 1; the first of a tie gets the gradient. */
export function globalMaxPool(x: Value): Value {
  return apply(globalMaxPoolOp, [requireFloat32("globalMaxPool", x)]);
}

/** The norm over all spatial dimensions, which stay with size 1. */
export function globalLpPool(x: Value, p = 2): Value {
  return apply(globalLpPoolOp, [requireFloat32("globalLpPool", x)], { p });
}

export const poolingOps: readonly OpDefinition[] = [
  maxPoolOp,
  averagePoolOp,
  lpPoolOp,
  globalLpPoolOp,
  globalAveragePoolOp,
  globalMaxPoolOp,
];
