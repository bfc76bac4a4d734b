/**
 * Convolution and its transpose, over one, two or three spatial dimensions.
 *
 * Gradients, as Dumoulin & Visin, "A guide to convolution arithmetic for deep learning"
 * (2016), section 4: the gradient by the input of one is the other with the same weights.
 * The gradient by the weights is, place by place of the kernel, a product of what that
 * place saw with the output's gradient: a batched MatMul, since ONNX Runtime is
 * slower at the equal convolution with the gradient as its kernel.
 */
import { Attributes } from "../attributes.ts";
import { apply, defineOp, noGradient, requireDtype, requireSameDtype, shapeError } from "../definition.ts";
import { showShape, staticShape, sumDim, unknownDim } from "../dims.ts";
import { scalar } from "../value.ts";
import { requireFloat32 } from "./elementwise.ts";
import { joined } from "./shape.ts";
import {
  attributesOf,
  autoPad,
  noWindowGradient,
  outputSizes,
  padSpatial,
  perAxis,
  reach,
  seenBy,
  stepsOf,
  taps,
  type Window,
  windowAttributes,
  windowOf,
} from "./window.ts";
import type {
  ConvOptions,
  ConvTransposeOptions,
  Dim,
  InferCall,
  OpDefinition,
  Ops,
  Value,
} from "../types.ts";

const attributes = { ...windowAttributes, group: "int" } as const;

/** x [batch, channel, …], w and b of one dtype, with as many channels as the groups take. */
function checkInputs(
  call: InferCall,
  wantedChannels: (w: Value, groups: number) => Dim,
  outputsOf: (w: Value, groups: number) => Dim,
): number {
  const x = requireDtype(call, 0, "float");
  const [, w, b] = call.inputs as [Value, Value, Value?];
  requireSameDtype(call);
  if (x.shape.length < 3 || w.shape.length !== x.shape.length) {
    throw shapeError(
      call,
      `takes [batch, channel, …] and weights of the same rank, and has ${showShape(x.shape)} and ${showShape(w.shape)}.`,
      "Unsqueeze one of them.",
    );
  }
  const groups = call.attributes.int("group", 1);
  const [channels, outputs] = [x.shape[1]!, w.shape[0]!];
  if (
    !Number.isSafeInteger(groups) ||
    groups < 1 ||
    (typeof outputs === "number" && outputs % groups !== 0)
  ) {
    throw shapeError(
      call,
      `has ${groups} groups for weights ${showShape(w.shape)}.`,
      "Take a number of groups that divides the weights' first size.",
    );
  }
  const wanted = wantedChannels(w, groups);
  if (typeof wanted === "number" && typeof channels === "number" && wanted !== channels) {
    throw shapeError(
      call,
      `has ${channels} channels, and its weights ${showShape(w.shape)} in ${groups} groups take ${wanted}.`,
      "Check the weights' sizes and the number of groups.",
    );
  }
  const [biases, made] = [b?.shape[0], outputsOf(w, groups)];
  if (typeof biases === "number" && typeof made === "number" && biases !== made)
    throw shapeError(call, `has ${biases} biases for ${made} outputs.`, "Give one an output.");
  if (b && b.shape.length !== 1)
    throw shapeError(call, `takes a vector as bias, and has ${showShape(b.shape)}.`, "Reshape it to [-1].");
  return groups;
}

/** Spatial sizes of the kernel; undefined where they are names. */
function kernelOf(call: Pick<InferCall, "attributes">, w: Value): number[] | undefined {
  return staticShape(w.shape.slice(2)) ?? call.attributes.ints("kernel_shape");
}

const times = (size: Dim, factor: number): Dim => (typeof size === "number" ? size * factor : unknownDim);

/** Weights [out, in / groups, …kernel] of which a gradient rule needs every size. */
function weightShape(name: string, w: Value): number[] {
  return staticShape(w.shape) ?? noWindowGradient(name, "with weights of unknown size");
}

/** Gradient of a bias: the sum over everything but the channel. */
function biasGradient(g: Value, ops: Ops): Value {
  return ops.reduceSum(g, { axes: g.shape.map((_, axis) => axis).filter((axis) => axis !== 1) });
}

/** Fewer channels than this are laid out as columns for one wide product: ones of so few are narrow. */
const fewChannels = 4;

/**
 * Fewer places than this, and one product over batch and places together beats a product for each row of
 * the batch and place of the window. With 128 channels the two were equal at 16 × 16; with more places it loses.
 */
const fewPlaces = 256;

/** With fewer outputs, a product whose rows are the channels takes less time than one whose rows are the outputs. */
const manyOutputs = 96;

/** Windows of up to so many places are laid out at once: beyond, what is laid out would outgrow the pictures too far. */
const mostStacked = 64;

/** A window of more places than this is no network's: a hostile file must not make us write them out. */
const mostTaps = 4096;

/**
 * Σ over batch and places of image ⊗ field, by kernel place.
 *
 * @param image - What the window slides over. [batch, C, …size]
 * @param field - One vector a stop of the window. [batch, M, …stops]
 * @returns [M, C / groups, …kernel].
 */
function weightGradient(
  image: Value,
  field: Value,
  shape: readonly number[],
  window: Window,
  groups: number,
  ops: Ops,
): Value {
  const [outputs, width] = shape as [number, number];
  const tapCount = window.kernel.reduce((a, b) => a * b, 1);
  if (tapCount > mostTaps)
    throw noGradient(
      "conv",
      `with a window of ${tapCount} places, ${mostTaps} at most`,
      "Use a smaller kernel.",
    );
  const padded = padSpatial(image, window.begins, window.ends, ops);
  const seenIn = (x: Value): Value[] => taps(window.kernel).map((tap) => seenBy(tap, x, field, window, ops));
  const places = staticShape(field.shape.slice(2))?.reduce((a, b) => a * b, 1) ?? -1;
  const grouped = (x: Value, count: number): Value =>
    ops.reshape(x, groups === 1 ? [0, count, places] : [0, groups, count / groups, places]);
  const swap = (x: Value): Value => ops.transpose(x, groups === 1 ? [0, 2, 1] : [0, 1, 3, 2]);
  if (width === 1 && groups === outputs) {
    const found = correlation(image, field, shape, window, ops);
    if (found) return found;
    const axes = field.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
    const sums = seenIn(padded).map((part) => ops.reduceSum(ops.mul(part, field), { axes }));
    return ops.reshape(
      ops.concat(
        sums.map((sum) => ops.unsqueeze(sum, [1])),
        1,
      ),
      shape,
    );
  }
  if (groups === 1 && width >= fewChannels && places > 0) {
    const turn = (x: Value): Value => ops.transpose(x, [1, 0, ...x.shape.map((_, axis) => axis).slice(2)]);
    if (places < fewPlaces && tapCount <= mostStacked) {
      const columns = seenIn(turn(padded)).map((part) => ops.reshape(part, [width, 1, -1]));
      const all = ops.reshape(joined(columns, 1), [width * tapCount, -1]);
      const rows = ops.reshape(turn(field), [outputs, -1]);
      if (outputs >= manyOutputs) return ops.reshape(ops.gemm(rows, all, undefined, { transB: true }), shape);
      const product = ops.reshape(ops.gemm(all, rows, undefined, { transB: true }), [
        width,
        tapCount,
        outputs,
      ]);
      return ops.reshape(ops.transpose(product, [2, 0, 1]), shape);
    }
    const shared = sharedShifts(image, field, shape, window, turn, ops);
    if (shared) return shared;
  }
  const seen = seenIn(padded);
  const by = grouped(field, outputs);
  const product = (x: Value, count: number): Value =>
    ops.reduceSum(ops.matMul(by, swap(grouped(x, count))), { axes: [0] });
  if (groups === 1 && width < fewChannels) {
    const columns = product(joined(seen, 1), width * seen.length);
    return ops.reshape(ops.transpose(ops.reshape(columns, [outputs, seen.length, width]), [0, 2, 1]), shape);
  }
  const parts = seen.map((part) => ops.reshape(product(part, groups * width), [outputs, width, 1]));
  return ops.reshape(joined(parts, 2), shape);
}

/**
 * The gradient of weights of which each channel has its own: the sum over the batch of the image convolved with the
 * field. What was the window's stride is then its dilation, and the other way round.
 *
 * @returns Undefined where sizes are names.
 */
function correlation(
  image: Value,
  field: Value,
  shape: readonly number[],
  { kernel, strides, dilations, begins }: Window,
  ops: Ops,
): Value | undefined {
  const [seen, stops] = [staticShape(image.shape), staticShape(field.shape.slice(2))];
  if (!seen || !stops) return undefined;
  const [rows, channels, ...sizes] = seen as [number, number, ...number[]];
  const ends = kernel.map(
    (size, axis) =>
      (size - 1) * dilations[axis]! + (stops[axis]! - 1) * strides[axis]! + 1 - sizes[axis]! - begins[axis]!,
  );
  // All stops see padding alone.
  if (sizes.some((size, axis) => size + ends[axis]! <= 0))
    return ops.expand(scalar(image.dtype, 0), [...shape]);
  // Where the last step of the window leaves some of the image over, it is cut off.
  const cut = sizes.flatMap((_, axis) => (ends[axis]! < 0 ? [axis] : []));
  const used =
    cut.length === 0
      ? image
      : ops.slice(
          image,
          cut.map(() => 0),
          cut.map((axis) => sizes[axis]! + ends[axis]!),
          cut.map((axis) => axis + 2),
        );
  const groups = rows * channels;
  const byRow = ops.conv(
    ops.reshape(used, [1, groups, ...staticShape(used.shape.slice(2))!]),
    ops.reshape(field, [groups, 1, ...stops]),
    undefined,
    {
      groups,
      strides: dilations,
      dilations: strides,
      pads: [...begins, ...ends.map((end) => Math.max(0, end))],
    },
  );
  return ops.reshape(ops.reduceSum(ops.reshape(byRow, [rows, channels, -1]), { axes: [0] }), shape);
}

/**
 * The weights' gradient with the shifts of the window shared between its two sides: the image is moved along the first
 * spatial axis, the field against the window along the others. So k + k copies stand in the place of k · k, and no
 * product is wider than it must be. Where the two meet, the plain sum over places is the same, by other names.
 *
 * @param turn - Brings channels before the batch.
 * @returns Undefined where it does not apply: strides, sizes that are names, windows of one row, and shifts out of the
 *   picture.
 */
function sharedShifts(
  image: Value,
  field: Value,
  shape: readonly number[],
  { kernel, strides, dilations, begins }: Window,
  turn: (x: Value) => Value,
  ops: Ops,
): Value | undefined {
  const [outputs, width] = shape as [number, number];
  const [sizes, stops] = [staticShape(image.shape.slice(2)), staticShape(field.shape.slice(2))];
  const [first = 1, ...others] = kernel;
  if (!sizes || !stops || others.length === 0 || first === 1 || strides.some((stride) => stride !== 1))
    return undefined;
  const offset = (tap: number, axis: number): number => tap * dilations[axis]! - begins[axis]!;
  const leaves = (offsets: readonly number[], axis: number): boolean =>
    offsets.some(
      (by) => by <= -Math.min(sizes[axis]!, stops[axis]!) || by >= Math.min(sizes[axis]!, stops[axis]!),
    );
  if (kernel.some((size, axis) => leaves([offset(0, axis), offset(size - 1, axis)], axis))) return undefined;
  /** What lies `by` places on along an axis, as many as `length`. */
  const moved = (x: Value, axis: number, by: number, length: number): Value => {
    const end = length - Number(x.shape[axis + 2]) + by;
    if (by === 0 && end === 0) return x;
    const widths = (width: number): number[] => x.shape.map((_, i) => (i === axis + 2 ? width : 0));
    return ops.pad(x, [...widths(-by), ...widths(end)]);
  };
  const [turned, against] = [turn(image), turn(field)];
  const rows = Array.from({ length: first }, (_, tap) => moved(turned, 0, offset(tap, 0), stops[0]!));
  const left = ops.reshape(ops.concat(rows, 0), [first * width, -1]);
  const products = taps(others).map((tap) => {
    const right = tap.reduce((x, at, i) => moved(x, i + 1, -offset(at, i + 1), sizes[i + 1]!), against);
    const product = ops.gemm(left, ops.reshape(right, [outputs, -1]), undefined, { transB: true });
    return ops.reshape(product, [first, width, 1, outputs]);
  });
  return ops.reshape(ops.transpose(joined(products, 2), [3, 1, 0, 2]), shape);
}

/**
 * The same at stride 1 as a convolution with the kernel turned round, which takes less time than a ConvTranspose from 32
 * channels on, and where each channel has its own kernel; with few channels it is the other way round. Larger strides are
 * those of a field with zeros between its stops, which is quick to make where whole rows of memory move.
 */
function turnedRound(
  g: Value,
  w: Value,
  like: Value,
  window: Window,
  groups: number,
  ops: Ops,
): Value | undefined {
  const { kernel, strides, dilations, begins, ends } = window;
  const [outputs, inputs] = w.shape as [Dim, Dim];
  if (typeof outputs !== "number" || typeof inputs !== "number") return undefined;
  const depthwise = inputs === 1 && groups === outputs;
  if (!depthwise && (groups > 1 || Math.min(outputs, inputs) < manyChannels)) return undefined;
  const spatial = kernel.map((_, axis) => axis);
  const free = spatial.map((axis) => dilations[axis]! * (kernel[axis]! - 1));
  const before = spatial.map((axis) => free[axis]! - begins[axis]!);
  if (before.some((width) => width < 0)) return undefined;
  let after = spatial.map((axis) => free[axis]! - ends[axis]!);
  let field = g;
  if (strides.some((stride) => stride !== 1)) {
    const [stops, sizes] = [staticShape(g.shape.slice(2)), staticShape(like.shape.slice(2))];
    if (!depthwise || !stops || !sizes || strides.at(-1) !== 1 || stops.at(-1)! < longRow) return undefined;
    // After the last stop come as many zeros as there are after each, of which too many are cut off.
    after = spatial.map((axis) => sizes[axis]! + free[axis]! - before[axis]! - stops[axis]! * strides[axis]!);
    const cut = spatial.filter((axis) => after[axis]! < 0);
    field = spread(g, stops, strides, ops);
    if (cut.length > 0) {
      field = ops.slice(
        field,
        cut.map(() => 0),
        cut.map((axis) => stops[axis]! * strides[axis]! + after[axis]!),
        cut.map((axis) => axis + 2),
      );
      after = after.map((width) => Math.max(0, width));
    }
  }
  if (after.some((width) => width < 0)) return undefined;
  const pads = [...before, ...after];
  const places = spatial.map((axis) => axis + 2);
  const turned = kernel.every((size) => size === 1)
    ? w
    : ops.slice(
        w,
        kernel.map(() => -1),
        kernel.map((size) => -size - 1),
        places,
        kernel.map(() => -1),
      );
  const swapped = depthwise ? turned : ops.transpose(turned, [1, 0, ...places]);
  return ops.conv(field, swapped, undefined, { dilations, pads, groups });
}

/** Numbers beside each other that are moved together about as quickly as longer rows. */
const longRow = 8;

/** A field with zeros behind each stop, so many that the next one comes a stride later. */
function spread(g: Value, stops: readonly number[], strides: readonly number[], ops: Ops): Value {
  const apart = stops.flatMap((count, axis) => (strides[axis] === 1 ? [count] : [count, 1]));
  const zeros = stops.flatMap((_, axis) => (strides[axis] === 1 ? [0] : [0, strides[axis]! - 1]));
  const none = [0, 0, ...zeros.map(() => 0)];
  const padded = ops.pad(ops.reshape(g, [0, 0, ...apart]), [...none, 0, 0, ...zeros]);
  return ops.reshape(padded, [0, 0, ...stops.map((count, axis) => count * strides[axis]!)]);
}

const manyChannels = 32;

/** Undoes a sliding window: adds what each stop gives back to the places that it saw. */
function transposed(g: Value, w: Value, like: Value, window: Window, groups: number, ops: Ops): Value {
  const { kernel, strides, dilations, begins, ends } = window;
  const sizes = staticShape(like.shape.slice(2));
  if (sizes) {
    const outputPadding = sizes.map(
      (size, axis) => (size + begins[axis]! + ends[axis]! - reach(window, axis)) % strides[axis]!,
    );
    return ops.convTranspose(g, w, undefined, {
      strides,
      dilations,
      groups,
      outputPadding,
      pads: [...begins, ...ends],
    });
  }
  // Sizes that are names: as long as any input of so many stops may be, then cut to the input's size.
  const whole = ops.convTranspose(g, w, undefined, {
    strides,
    dilations,
    groups,
    outputPadding: strides.map((stride) => stride - 1),
  });
  const first = ops.int64s(begins);
  const last = ops.add(ops.shapeOf(like, 2), first);
  return ops.slice(
    whole,
    first,
    last,
    kernel.map((_, axis) => axis + 2),
  );
}

const convOp = defineOp({
  name: "conv",
  type: "Conv",
  inputs: [2, 3],
  attributes,
  infer(call) {
    checkInputs(
      call,
      (w, groups) => times(w.shape[1]!, groups),
      (w) => w.shape[0]!,
    );
    const [x, w] = call.inputs as [Value, Value];
    const outputs = w.shape[0]!;
    const kernel = kernelOf(call, w);
    const sizes = x.shape.slice(2);
    const stops = kernel ? outputSizes(call, kernel, sizes, false) : sizes.map((): Dim => unknownDim);
    return [{ dtype: x.dtype, shape: [x.shape[0]!, outputs, ...stops] }];
  },
  gradient({ inputs, attributes: given, gradient: g, needed }, ops) {
    const [x, w] = inputs as [Value, Value];
    const shape = weightShape("conv", w);
    const call = { name: "conv", attributes: given };
    const window = windowOf(call, shape.slice(2), x.shape.slice(2));
    if (!window)
      return noWindowGradient(
        "conv",
        "that pads sizes known only when the graph runs, or less than not at all",
      );
    const groups = given.int("group", 1);
    return [
      needed[0]
        ? (turnedRound(g, w, x, window, groups, ops) ?? transposed(g, w, x, window, groups, ops))
        : undefined,
      needed[1] ? weightGradient(x, g, shape, window, groups, ops) : undefined,
      needed[2] ? biasGradient(g, ops) : undefined,
    ];
  },
});

/** The padding that is cut from the output, and what is added to its end. */
function transposeWindow(
  call: Pick<InferCall, "name" | "attributes">,
  kernel: readonly number[],
  sizes: readonly Dim[],
): { window: Window; extra: readonly number[] } | undefined {
  const steps = stepsOf(call, kernel);
  const extra = call.attributes.ints("output_padding") ?? kernel.map(() => 0);
  if (extra.length !== kernel.length || extra.some((n, axis) => n < 0 || n >= steps.strides[axis]!)) {
    throw shapeError(
      call,
      `has output_padding ${showShape(extra)} for the strides ${showShape(steps.strides)}.`,
      "Give one number each, from 0 to below the stride: ONNX Runtime refuses more.",
    );
  }
  const auto = autoPad(call);
  const wanted = call.attributes.ints("output_shape")?.slice(-kernel.length);
  const zeros = kernel.map(() => 0);
  if (!wanted && auto === "NOTSET") return { window: steps, extra };
  if (!wanted && auto === "VALID") return { window: { ...steps, begins: zeros, ends: zeros }, extra };
  const totals: number[] = [];
  for (const [axis, size] of sizes.entries()) {
    const [stride, extent] = [steps.strides[axis]!, reach(steps, axis)];
    // (size − 1)·stride + extra + extent − total is the wanted size, and stride·size for auto_pad.
    if (!wanted) totals.push(extra[axis]! + extent - stride);
    else if (typeof size !== "number") return undefined;
    else {
      const reached = (size - 1) * stride + extra[axis]! + extent;
      if (wanted[axis]! - reached >= stride) {
        throw shapeError(
          call,
          `has output_shape ${showShape(wanted)}, and ${size} places along axis ${axis + 2} reach ${reached} of ${wanted[axis]}: ONNX Runtime refuses it.`,
          `Ask for less than ${reached + stride}.`,
        );
      }
      totals.push(reached - wanted[axis]!);
    }
  }
  const small = totals.map((total) => Math.floor(Math.max(0, total) / 2));
  const large = totals.map((total) => Math.ceil(Math.max(0, total) / 2));
  const upper = auto === "SAME_UPPER";
  return {
    window: { ...steps, begins: upper ? small : large, ends: upper ? large : small },
    extra: extra.map((n, axis) => n + (wanted ? Math.max(0, -totals[axis]!) : 0)),
  };
}

const convTransposeOp = defineOp({
  name: "convTranspose",
  type: "ConvTranspose",
  inputs: [2, 3],
  attributes: { ...attributes, output_padding: "ints", output_shape: "ints" },
  infer(call) {
    const groups = checkInputs(
      call,
      (w) => w.shape[0]!,
      (w, groupCount) => times(w.shape[1]!, groupCount),
    );
    const [x, w] = call.inputs as [Value, Value];
    const kernel = kernelOf(call, w);
    const sizes = x.shape.slice(2);
    const found = kernel && transposeWindow(call, kernel, sizes);
    const made = sizes.map((size, axis): Dim => {
      if (!found) return call.attributes.ints("output_shape")?.slice(-sizes.length)[axis] ?? unknownDim;
      const { window, extra } = found;
      const stride = window.strides[axis]!;
      const more = extra[axis]! + reach(window, axis) - stride - window.begins[axis]! - window.ends[axis]!;
      if (typeof size === "number") return size * stride + more;
      return stride === 1 && more >= 0 ? sumDim([size, more]) : unknownDim;
    });
    return [{ dtype: x.dtype, shape: [x.shape[0]!, times(w.shape[1]!, groups), ...made] }];
  },
  gradient({ inputs, attributes: given, gradient: g, needed }, ops) {
    const [x, w] = inputs as [Value, Value];
    const shape = weightShape("convTranspose", w);
    const call = { name: "convTranspose", attributes: given };
    const found = transposeWindow(call, shape.slice(2), x.shape.slice(2));
    if (!found) return noWindowGradient("convTranspose", "of a size known only when the graph runs");
    const { window } = found;
    const groups = given.int("group", 1);
    const { strides, dilations, begins, ends } = window;
    const pads = [...begins, ...ends];
    return [
      needed[0] ? ops.conv(g, w, undefined, { strides, dilations, groups, pads }) : undefined,
      needed[1] ? weightGradient(g, x, shape, window, groups, ops) : undefined,
      needed[2] ? biasGradient(g, ops) : undefined,
    ];
  },
});

/**
 * Convolution (cross-correlation, as all frameworks call it).
 *
 * @param x - [batch, channel, …size], with one, two or three spatial dimensions. float32.
 * @param w - [out, channel / groups, …kernel].
 * @param b - Added to every output channel: [out].
 * @param options - Strides default to 1.
 * @returns [batch, out, …stops].
 */
export function conv(x: Value, w: Value, b?: Value, options: ConvOptions = {}): Value {
  return apply(convOp, [requireFloat32("conv", x), w, b], convAttributes(x, withNumbers(x, w, options)));
}

/** ONNX Runtime pads to the same size only without dilations: with them the padding is given in numbers. */
function withNumbers(x: Value, w: Value, options: ConvOptions): ConvOptions {
  const dilated = perAxis(options.dilations, 1)?.some((n) => n !== 1) === true;
  if (typeof options.pads !== "string" || !dilated) return options;
  const kernel = staticShape(w.shape.slice(2));
  const call = { name: "conv", attributes: Attributes.of(attributes, convAttributes(x, options)) };
  const window = kernel && windowOf(call, kernel, x.shape.slice(2));
  if (!window) {
    throw shapeError(
      call,
      `pads to the same size with dilations and strides, and has ${showShape(x.shape)}.`,
      "Fix the sizes, or give the pads as numbers.",
    );
  }
  return { ...options, pads: [...window.begins, ...window.ends] };
}

/**
 * Transposed convolution: the gradient of a convolution by its input, used to upsample.
 *
 * @param x - [batch, channel, …size]. float32.
 * @param w - [channel, out / groups, …kernel].
 * @param b - [out].
 * @param options - Strides default to 1; pads are cut from the output.
 * @returns [batch, out, …(size − 1) · stride + dilation · (kernel − 1) + 1 + outputPadding − pads].
 */
export function convTranspose(x: Value, w: Value, b?: Value, options: ConvTransposeOptions = {}): Value {
  return apply(convTransposeOp, [requireFloat32("convTranspose", x), w, b], {
    ...convAttributes(x, options),
    output_padding: perAxis(options.outputPadding, x.shape.length - 2),
  });
}

function convAttributes(
  x: Value,
  options: ConvOptions,
): ReturnType<typeof attributesOf> & { group: number | undefined } {
  return {
    ...attributesOf(options, x.shape.length - 2),
    group: options.groups === 1 ? undefined : options.groups,
  };
}

export const convolutionOps: readonly OpDefinition[] = [convOp, convTransposeOp];
