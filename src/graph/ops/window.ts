/**
 * Windows that slide over the spatial dimensions: what convolutions and pools share.
 *
 * Spatial dimensions are those after batch and channel: one for sequences, two for
 * pictures, three for volumes. Sizes follow the ONNX operator texts of Conv,
 * ConvTranspose and MaxPool; a size that is a name stays one where the window keeps it.
 */
import type { Attributes, PlainAttribute } from "../attributes.ts";
import { noGradient, shapeError } from "../definition.ts";
import { showShape, unknownDim } from "../dims.ts";
import { int64s } from "../value.ts";
import type { Dim, Ops, WindowOptions, Value } from "../types.ts";

export const windowAttributes = {
  auto_pad: "string",
  dilations: "ints",
  kernel_shape: "ints",
  pads: "ints",
  strides: "ints",
} as const;

/** A window with all numbers, one each spatial dimension. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after. */
  readonly begins: readonly number[];
  readonly ends: readonly number[];
}

/** The window of a sequence as that of a picture of one row; of a picture as it is. */
export function pictureWindow(window: Window): Window {
  if (window.kernel.length !== 1) return window;
  return {
    kernel: [1, ...window.kernel],
    strides: [1, ...window.strides],
    dilations: [1, ...window.dilations],
    begins: [0, ...window.begins],
    ends: [0, ...window.ends],
  };
}

/** Extent of a dilated kernel. */
export function reach({ kernel, dilations }: Window, axis: number): number {
  return (kernel[axis]! - 1) * dilations[axis]! + 1;
}

interface Call {
  readonly name: string;
  readonly attributes: Attributes;
}

/** The window's steps without its padding, checked. @throws MillwrightError `SHAPE_MISMATCH`. */
export function stepsOf(call: Call, kernel: readonly number[]): Window {
  const each = (name: string, length: number, otherwise: number, least: number): number[] => {
    const list = call.attributes.ints(name) ?? Array<number>(length).fill(otherwise);
    if (list.length === length && list.every((n) => Number.isSafeInteger(n) && n >= least)) return list;
    throw shapeError(
      call,
      `has ${name} ${showShape(list)} for ${kernel.length} spatial dimensions.`,
      `Give ${length} numbers of at least ${least}.`,
    );
  };
  const rank = kernel.length;
  const pads = each("pads", 2 * rank, 0, 0);
  return {
    kernel,
    strides: each("strides", rank, 1, 1),
    dilations: each("dilations", rank, 1, 1),
    begins: pads.slice(0, rank),
    ends: pads.slice(rank),
  };
}

/**
 * The window with the padding that `auto_pad` gives, or undefined where that needs sizes that are names, or is less than
 * none: for windows that steps go beyond by more than a place.
 */
export function windowOf(call: Call, kernel: readonly number[], sizes: readonly Dim[]): Window | undefined {
  const steps = stepsOf(call, kernel);
  const auto = autoPad(call);
  if (auto === "NOTSET") return steps;
  const zeros = kernel.map(() => 0);
  if (auto === "VALID") return { ...steps, begins: zeros, ends: zeros };
  const totals: number[] = [];
  for (const [axis, size] of sizes.entries()) {
    const [stride, extent] = [steps.strides[axis]!, reach(steps, axis)];
    if (stride === 1) totals.push(extent - 1);
    else if (typeof size !== "number") return undefined;
    else totals.push((Math.ceil(size / stride) - 1) * stride + extent - size);
  }
  // Steps beyond the window leave places over, of which ONNX Runtime cuts some off before the first.
  if (totals.some((total) => total < -1)) return undefined;
  const small = totals.map((total) => Math.floor(Math.max(0, total) / 2));
  const large = totals.map((total) => Math.ceil(Math.max(0, total) / 2));
  const upper = auto === "SAME_UPPER";
  return { ...steps, begins: upper ? small : large, ends: upper ? large : small };
}

export function autoPad(call: Call): "NOTSET" | "VALID" | "SAME_UPPER" | "SAME_LOWER" {
  const auto = call.attributes.string("auto_pad", "NOTSET");
  if (auto === "NOTSET" || auto === "VALID" || auto === "SAME_UPPER" || auto === "SAME_LOWER") return auto;
  throw shapeError(call, `has the auto_pad "${auto}".`, "Choose NOTSET, VALID, SAME_UPPER or SAME_LOWER.");
}

/** How often the window fits, by spatial dimension. @throws MillwrightError `SHAPE_MISMATCH` if it does not. */
export function outputSizes(
  call: Call,
  kernel: readonly number[],
  sizes: readonly Dim[],
  ceil: boolean,
): Dim[] {
  const auto = autoPad(call);
  const window = stepsOf(call, kernel);
  if (auto === "SAME_UPPER" || auto === "SAME_LOWER") {
    return sizes.map((size, axis): Dim => {
      const stride = window.strides[axis]!;
      if (stride === 1) return size;
      return typeof size === "number" ? Math.ceil(size / stride) : unknownDim;
    });
  }
  return sizes.map((size, axis): Dim => {
    const [stride, extent] = [window.strides[axis]!, reach(window, axis)];
    const [begin, end] = auto === "VALID" ? [0, 0] : [window.begins[axis]!, window.ends[axis]!];
    if (typeof size !== "number") return stride === 1 && begin + end === extent - 1 ? size : unknownDim;
    const room = size + begin + end - extent;
    if (room < 0) {
      throw shapeError(
        call,
        `has a window of ${extent} over ${size} + ${begin + end} padding, along spatial dimension ${axis}.`,
        "Take a smaller window, pad more, or give larger inputs.",
      );
    }
    if (!ceil) return Math.floor(room / stride) + 1;
    const count = Math.ceil(room / stride) + 1;
    // A last window that would start in the padding after the input is left out.
    return (count - 1) * stride >= size + begin ? count - 1 : count;
  });
}

/** A number for all spatial dimensions, or one each. */
export function perAxis(value: number | readonly number[] | undefined, rank: number): number[] | undefined {
  if (value === undefined) return undefined;
  return typeof value === "number" ? Array<number>(rank).fill(value) : [...value];
}

/** Options as ONNX attributes. */
export function attributesOf(
  options: WindowOptions,
  rank: number,
): Record<"auto_pad" | "dilations" | "pads" | "strides", PlainAttribute | undefined> {
  const { pads } = options;
  const auto = pads === "sameUpper" ? "SAME_UPPER" : pads === "sameLower" ? "SAME_LOWER" : undefined;
  return {
    auto_pad: auto,
    dilations: perAxis(options.dilations, rank),
    pads: typeof pads === "string" ? undefined : perAxis(pads, 2 * rank),
    strides: perAxis(options.strides, rank),
  };
}

/** Every place in the kernel, the last dimension fastest. */
export function taps(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (list, size) => list.flatMap((tap) => Array.from({ length: size }, (_, i) => [...tap, i])),
    [[]],
  );
}

/** Pads the spatial dimensions; the same value where nothing is added. */
export function padSpatial(x: Value, begins: readonly number[], ends: readonly number[], ops: Ops): Value {
  if ([...begins, ...ends].every((width) => width === 0)) return x;
  return ops.pad(x, [0, 0, ...begins, 0, 0, ...ends]);
}

/**
 * What one place of the kernel sees at every stop of the window: a slice by strides.
 *
 * @param padded - The input with its padding.
 * @param like - A value with as many spatial places as the window has stops.
 */
export function seenBy(tap: readonly number[], padded: Value, like: Value, window: Window, ops: Ops): Value {
  const { strides, dilations } = window;
  const sizes = padded.shape.slice(2);
  const stops = like.shape.slice(2);
  const starts = tap.map((at, axis) => at * dilations[axis]!);
  const numbers = stops.every((count) => typeof count === "number");
  const ends = numbers ? stops.map((count, axis) => starts[axis]! + (count - 1) * strides[axis]! + 1) : [];
  const all = tap.map((_, axis) => axis);
  const cut = numbers
    ? all.filter((axis) => starts[axis] !== 0 || ends[axis] !== sizes[axis] || strides[axis] !== 1)
    : all;
  if (cut.length === 0) return padded;
  const of = (list: readonly number[]): number[] => cut.map((axis) => list[axis]!);
  const last = numbers
    ? of(ends)
    : ops.add(
        ops.mul(ops.shapeOf(like, 2), int64s(strides)),
        int64s(starts.map((start, axis) => start + 1 - strides[axis]!)),
      );
  const steps = of(strides);
  return ops.slice(
    padded,
    of(starts),
    last,
    cut.map((axis) => axis + 2),
    steps.some((step) => step !== 1) ? steps : undefined,
  );
}

/** What is only known when a graph runs. @throws MillwrightError `GRAPH_NO_GRADIENT`, always. */
export function noWindowGradient(name: string, why: string): never {
  throw noGradient(name, why, "Fix the sizes of its inputs, or stop training what lies before it.");
}
