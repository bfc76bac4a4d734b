/** Ops that move, join or cut elements without changing them, and those that read sizes. */
import { type DType, MillwrightError } from "../../core/index.ts";
import {
  apply,
  applyAll,
  defineOp,
  isFloat,
  requireDtype,
  requireSameDtype,
  requireVector,
  shapeError,
} from "../definition.ts";
import {
  normalAxis,
  productDim,
  quotientDim,
  requireRank,
  sameDim,
  showShape,
  staticShape,
  sumDim,
  unknownShape,
  unknownDim,
} from "../dims.ts";
import { integersIn, sizesIn } from "../shape-data.ts";
import { vector } from "../value.ts";
import { sumTo } from "./elementwise.ts";
import type { Dim, OpDefinition, Sizes, Value } from "../types.ts";

/** Length of an int64 vector input, when it is known. */
function lengthOf(value: Value): number | undefined {
  const length = value.shape[0];
  return typeof length === "number" ? length : undefined;
}

const same = (call: {
  readonly inputs: readonly (Value | undefined)[];
}): { dtype: DType; shape: readonly Dim[] }[] => [
  { dtype: call.inputs[0]!.dtype, shape: call.inputs[0]!.shape },
];

const identityOp = defineOp({
  name: "identity",
  type: "Identity",
  inputs: [1, 1],
  infer: same,
  gradient: ({ gradient: g }) => [g],
});

/** Numbers that ONNX gives to element types. */
export const onnxType: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float64: 11,
};
export const dtypeOfOnnx: ReadonlyMap<number, DType> = new Map(
  Object.entries(onnxType).map(([dtype, code]) => [code, dtype as DType]),
);

const castOp = defineOp({
  name: "cast",
  type: "Cast",
  inputs: [1, 1],
  attributes: { to: "int", saturate: "int" },
  infer(call) {
    const dtype = dtypeOfOnnx.get(call.attributes.int("to", 0));
    if (!dtype) {
      throw new MillwrightError(
        "DTYPE_MISMATCH",
        `cast goes to ONNX type ${call.attributes.int("to", 0)}, which we do not compute with.`,
        `Choose from ${Object.keys(onnxType).join(", ")}.`,
      );
    }
    return [{ dtype, shape: call.inputs[0]!.shape }];
  },
  gradient: ({ inputs: [x], outputs: [y], gradient: g }, ops) =>
    isFloat(x!.dtype) && isFloat(y!.dtype) ? [ops.cast(g, x!.dtype)] : [undefined],
});

const reshapeOp = defineOp({
  name: "reshape",
  type: "Reshape",
  inputs: [2, 2],
  attributes: { allowzero: "int" },
  infer(call) {
    const x = call.inputs[0]!;
    const target = requireVector(call, 1);
    const sizes = sizesIn(target);
    if (!sizes) {
      const rank = lengthOf(target);
      return [{ dtype: x.dtype, shape: rank === undefined ? undefined : unknownShape(call.name, rank) }];
    }
    const keepZero = call.attributes.int("allowzero", 0) === 1;
    const shape = sizes.map((size, i) => (size === 0 && !keepZero ? (x.shape[i] ?? 0) : size));
    const total = productDim(x.shape);
    const hole = shape.indexOf(-1);
    if (hole >= 0) {
      const rest = productDim(shape.filter((_, i) => i !== hole));
      shape[hole] = quotientDim(total, rest);
      if (typeof total === "number" && typeof rest === "number" && shape[hole] === unknownDim && rest !== 0) {
        throw shapeError(
          call,
          `cannot make ${showShape(sizes)} of ${total} elements.`,
          "Choose sizes whose product divides it.",
        );
      }
      if (rest === 0) shape[hole] = total === 0 ? 0 : unknownDim;
    }
    const made = productDim(shape);
    if (typeof total === "number" && typeof made === "number" && total !== made) {
      throw shapeError(
        call,
        `cannot make ${showShape(shape)}, ${made} elements, of ${showShape(x.shape)}, ${total}.`,
        "Choose sizes with the same product.",
      );
    }
    return [{ dtype: x.dtype, shape }];
  },
  gradient: ({ inputs: [x], gradient: g }, ops) => [ops.reshapeLike(g, x!)],
});

const transposeOp = defineOp({
  name: "transpose",
  type: "Transpose",
  inputs: [1, 1],
  attributes: { perm: "ints" },
  infer(call) {
    const x = call.inputs[0]!;
    const perm = call.attributes.ints("perm") ?? x.shape.map((_, i) => x.shape.length - 1 - i);
    const sorted = [...perm].sort((a, b) => a - b);
    if (perm.length !== x.shape.length || sorted.some((axis, i) => axis !== i)) {
      throw shapeError(
        call,
        `has the order ${perm.join(", ")} for ${showShape(x.shape)}.`,
        "Name every axis once.",
      );
    }
    return [{ dtype: x.dtype, shape: perm.map((axis) => x.shape[axis]!) }];
  },
  gradient({ inputs: [x], attributes, gradient: g }, ops) {
    const perm = attributes.ints("perm") ?? x!.shape.map((_, i) => x!.shape.length - 1 - i);
    const inverse = perm.map((_, axis) => perm.indexOf(axis));
    return [ops.transpose(g, inverse)];
  },
});

const concatOp = defineOp({
  name: "concat",
  type: "Concat",
  inputs: [1, 2 ** 31],
  attributes: { axis: "int" },
  infer(call) {
    const first = call.inputs[0]!;
    const dtype = requireSameDtype(call);
    const rank = first.shape.length;
    const axis = normalAxis(call.name, call.attributes.int("axis", 0), rank);
    const shape = [...first.shape];
    for (const part of call.inputs.slice(1)) {
      const bad =
        part!.shape.length !== rank ||
        part!.shape.some(
          (dim, i) =>
            i !== axis && typeof dim === "number" && typeof shape[i] === "number" && dim !== shape[i],
        );
      if (bad) {
        throw shapeError(
          call,
          `joins along axis ${axis}, and has ${showShape(first.shape)} and ${showShape(part!.shape)}.`,
          "Make the other sizes equal.",
        );
      }
      part!.shape.forEach((dim, i) => {
        if (i !== axis && typeof dim === "number") shape[i] = dim;
        else if (i !== axis && shape[i] === unknownDim) shape[i] = dim;
      });
    }
    shape[axis] = sumDim(call.inputs.map((part) => part!.shape[axis]!));
    return [{ dtype, shape }];
  },
  gradient({ inputs, attributes, gradient: g, needed }, ops) {
    if (inputs.length === 1) return [g];
    const axis = normalAxis("concat", attributes.int("axis", 0), g.shape.length);
    const sizes = staticShape(inputs.map((x) => x!.shape[axis]!));
    const parts = sizes
      ? ops.split(g, axis, sizes)
      : ops.split(
          g,
          axis,
          ops.concat(
            inputs.map((x) => ops.shapeOf(x!, axis, axis + 1)),
            0,
          ),
          inputs.length,
        );
    return parts.map((part, i) => (needed[i] ? part : undefined));
  },
});

const splitOp = defineOp({
  name: "split",
  type: "Split",
  inputs: [1, 2],
  outputs: [1, 2 ** 31],
  attributes: { axis: "int", num_outputs: "int" },
  infer(call) {
    const x = call.inputs[0]!;
    const axis = normalAxis(call.name, call.attributes.int("axis", 0), x.shape.length);
    const whole = x.shape[axis]!;
    const count = call.outputCount;
    const given = call.inputs[1];
    const parts = given ? sizesIn(given) : evenParts(whole, call.attributes.int("num_outputs", count), count);
    if (parts && parts.length < count) {
      throw shapeError(call, `has ${parts.length} sizes for ${count} outputs.`, "Give one size an output.");
    }
    const total = parts && sumDim(parts);
    if (typeof total === "number" && typeof whole === "number" && total !== whole) {
      throw shapeError(
        call,
        `cuts ${whole} into ${parts!.join(" + ")} = ${total}.`,
        "Make the sizes add up.",
      );
    }
    return Array.from({ length: count }, (_, i) => ({
      dtype: x.dtype,
      shape: x.shape.map((dim, j) => (j === axis ? (parts?.[i] ?? unknownDim) : dim)),
    }));
  },
  gradient({ outputs, gradients, attributes }, ops) {
    const parts = outputs.map((y, i) => gradients[i] ?? ops.zerosLike(y));
    return [ops.concat(parts, attributes.int("axis", 0))];
  },
});

/** The first `outputs` of `count` parts of equal size, the last one smaller if it does not come out even. */
function evenParts(whole: Dim, count: number, outputs: number): readonly Dim[] | undefined {
  if (count < outputs) return undefined;
  if (typeof whole !== "number") {
    const part = quotientDim(whole, count);
    return part === unknownDim ? undefined : Array<Dim>(outputs).fill(part);
  }
  const size = Math.ceil(whole / count);
  return Array.from({ length: outputs }, (_, i) => Math.max(0, Math.min(size, whole - i * size)));
}

function squeezedAxes(call: { name: string }, value: Value | undefined, rank: number): number[] | undefined {
  const axes = value && integersIn(value);
  if (axes && axes.length > rank)
    throw shapeError(call, `names ${axes.length} axes of ${rank}.`, "Name each once.");
  return axes?.map((axis) => normalAxis(call.name, axis, rank)).sort((a, b) => a - b);
}

const squeezeOp = defineOp({
  name: "squeeze",
  type: "Squeeze",
  inputs: [1, 2],
  infer(call) {
    const x = call.inputs[0]!;
    const given = call.inputs[1];
    let axes = squeezedAxes(call, given, x.shape.length);
    if (!given) {
      if (!staticShape(x.shape)) return [{ dtype: x.dtype, shape: undefined }];
      axes = x.shape.flatMap((dim, i) => (dim === 1 ? [i] : []));
    }
    if (!axes) return [{ dtype: x.dtype, shape: undefined }];
    for (const axis of axes) {
      const dim = x.shape[axis];
      if (typeof dim === "number" && dim !== 1) {
        throw shapeError(
          call,
          `drops axis ${axis} of ${showShape(x.shape)}, whose size is not 1.`,
          "Drop an axis of size 1.",
        );
      }
    }
    return [{ dtype: x.dtype, shape: x.shape.filter((_, i) => !axes.includes(i)) }];
  },
  gradient: ({ inputs: [x], gradient: g }, ops) => [ops.reshapeLike(g, x!)],
});

const unsqueezeOp = defineOp({
  name: "unsqueeze",
  type: "Unsqueeze",
  inputs: [2, 2],
  infer(call) {
    const x = call.inputs[0]!;
    const given = requireDtype(call, 1, ["int64"]);
    const count = given.shape.length === 0 ? 1 : lengthOf(given);
    if (count === undefined) return [{ dtype: x.dtype, shape: undefined }];
    const rank = x.shape.length + count;
    requireRank(call.name, rank);
    const axes = squeezedAxes(call, given, rank);
    if (!axes) return [{ dtype: x.dtype, shape: unknownShape(call.name, rank) }];
    const rest = [...x.shape];
    return [
      {
        dtype: x.dtype,
        shape: Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : rest.shift()!)),
      },
    ];
  },
  gradient: ({ inputs: [x], gradient: g }, ops) => [ops.reshapeLike(g, x!)],
});

const expandOp = defineOp({
  name: "expand",
  type: "Expand",
  inputs: [2, 2],
  infer(call) {
    const x = call.inputs[0]!;
    const target = requireVector(call, 1);
    const sizes = sizesIn(target);
    const rank = lengthOf(target);
    if (!sizes) {
      if (rank === undefined) return [{ dtype: x.dtype, shape: undefined }];
      return [{ dtype: x.dtype, shape: unknownShape(call.name, Math.max(rank, x.shape.length)) }];
    }
    return [{ dtype: x.dtype, shape: expandShape(call.name, x.shape, sizes) }];
  },
  gradient: ({ inputs: [x], gradient: g }, ops) => [sumTo(g, x!, ops)],
});

function expandShape(name: string, from: readonly Dim[], to: readonly Dim[]): Dim[] {
  const rank = Math.max(from.length, to.length);
  return Array.from({ length: rank }, (_, i): Dim => {
    const a = from[i - rank + from.length] ?? 1;
    const b = to[i - rank + to.length] ?? 1;
    if (sameDim(a, b) || b === 1) return a;
    if (a === 1) return b;
    if (typeof a === "number" && typeof b === "number") {
      throw shapeError(
        { name },
        `cannot spread ${showShape(from)} to ${showShape(to)}.`,
        "Start from sizes of 1.",
      );
    }
    return typeof a === "number" ? a : typeof b === "number" ? b : unknownDim;
  });
}

const flattenOp = defineOp({
  name: "flatten",
  type: "Flatten",
  inputs: [1, 1],
  attributes: { axis: "int" },
  infer(call) {
    const x = call.inputs[0]!;
    const rank = x.shape.length;
    const given = call.attributes.int("axis", 1);
    const axis = given === rank ? rank : normalAxis(call.name, given, Math.max(rank, 1));
    return [{ dtype: x.dtype, shape: [productDim(x.shape.slice(0, axis)), productDim(x.shape.slice(axis))] }];
  },
  gradient: ({ inputs: [x], gradient: g }, ops) => [ops.reshapeLike(g, x!)],
});

const shapeOp = defineOp({
  name: "shapeOf",
  type: "Shape",
  inputs: [1, 1],
  attributes: { start: "int", end: "int" },
  infer(call) {
    const { attributes } = call;
    const end = attributes.has("end") ? attributes.int("end", 0) : undefined;
    return [{ dtype: "int64", shape: [call.inputs[0]!.shape.slice(attributes.int("start", 0), end).length] }];
  },
  gradient: "constant",
});
const sizeOp = defineOp({
  name: "sizeOf",
  type: "Size",
  inputs: [1, 1],
  infer: () => [{ dtype: "int64", shape: [] }],
  gradient: "constant",
});

/** The value itself, in a node of its own. */
export function identity(x: Value): Value {
  return apply(identityOp, [x]);
}
/**
 * Converts elements; the same value when it has the dtype already.
 * Float to integer truncates, text to number reads as C's `stod` does (guard it), number to bool is "not 0".
 */
export function cast(x: Value, to: DType): Value {
  return x.dtype === to ? x : apply(castOp, [x], { to: onnxType[to] });
}
/** The same elements in another shape; one size may be −1 (what is left), 0 copies the input's size. */
export function reshape(x: Value, shape: Sizes): Value {
  return apply(reshapeOp, [x, vector(shape)]);
}
/** The elements in the shape of another value. */
export function reshapeLike(x: Value, like: Value): Value {
  if (x.shape.length === like.shape.length && x.shape.every((dim, i) => sameDim(dim, like.shape[i]!)))
    return x;
  const fixed = staticShape(like.shape);
  // Without zeros (0 would copy the input's size), one unknown size is what is left: no Shape node needed.
  if (fixed && !fixed.includes(0)) return reshape(x, fixed);
  const names = like.shape.filter((dim) => typeof dim === "string");
  if (!fixed && names.length === 1 && !like.shape.includes(0)) {
    const made = reshape(
      x,
      like.shape.map((dim) => (typeof dim === "string" ? -1 : dim)),
    );
    if (made.shape.every((dim, i) => sameDim(dim, like.shape[i]!))) return made;
  }
  return apply(reshapeOp, [x, shapeOf(like)], { allowzero: 1 });
}
/** Reorders dimensions; reverses them when no order is given. */
export function transpose(x: Value, order?: readonly number[]): Value {
  return apply(transposeOp, [x], { perm: order ?? x.shape.map((_, i) => x.shape.length - 1 - i) });
}
/** Joins values along an axis. */
export function concat(values: readonly Value[], axis: number): Value {
  return apply(concatOp, values, { axis });
}

/** Values one behind the other, for rules: one alone stays as it is. */
export function joined(values: readonly Value[], axis: number): Value {
  return values.length === 1 ? values[0]! : concat(values, axis);
}
/**
 * Cuts along an axis.
 *
 * @param sizes - Sizes of the parts; or a number of equal parts; or a value, and then `count` says how many.
 */
export function split(
  x: Value,
  axis: number,
  sizes: readonly number[] | number | Value,
  count?: number,
): Value[] {
  if (typeof sizes === "number") return applyAll(splitOp, [x], { axis, num_outputs: sizes }, sizes);
  const parts = vector(sizes);
  return applyAll(splitOp, [x, parts], { axis }, count ?? lengthOf(parts) ?? 1);
}
/** Drops axes of size 1. */
export function squeeze(x: Value, axes?: Sizes): Value {
  return apply(squeezeOp, [x, axes && vector(axes)]);
}
/** Inserts axes of size 1; positions are those in the result. */
export function unsqueeze(x: Value, axes: Sizes): Value {
  return apply(unsqueezeOp, [x, vector(axes)]);
}
/** Repeats along dimensions of size 1 to the sizes given. */
export function expand(x: Value, shape: Sizes): Value {
  return apply(expandOp, [x, vector(shape)]);
}
/** Repeats to the shape of another value. */
export function expandLike(x: Value, like: Value): Value {
  if (x.shape.length === like.shape.length && x.shape.every((dim, i) => sameDim(dim, like.shape[i]!)))
    return x;
  return expand(x, staticShape(like.shape) ?? shapeOf(like));
}
/** A matrix: dimensions before the axis become rows, the others columns. */
export function flatten(x: Value, axis = 1): Value {
  return apply(flattenOp, [x], { axis });
}
/** Sizes as an int64 vector, from dimension `start` up to before `end`. */
export function shapeOf(x: Value, start?: number, end?: number): Value {
  return apply(shapeOp, [x], { start, end });
}
/** Number of elements, an int64 scalar. */
export function sizeOf(x: Value): Value {
  return apply(sizeOp, [x]);
}

export const shapeOps: readonly OpDefinition[] = [
  identityOp,
  castOp,
  reshapeOp,
  transposeOp,
  concatOp,
  splitOp,
  squeezeOp,
  unsqueezeOp,
  expandOp,
  flattenOp,
  shapeOp,
  sizeOp,
];
