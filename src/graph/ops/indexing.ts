/** Ops that pick elements by position, put them back, or lay them out again: slices, gathers, scatters, tiles. */
import type { DType } from "../../core/index.ts";
import {
  apply,
  defineOp,
  noGradient,
  requireDtype,
  requireSameDtype,
  requireVector,
  shapeError,
} from "../definition.ts";
import { normalAxis, productDim, showShape, staticShape, unknownDim, unknownShape } from "../dims.ts";
import { integersIn, sizesIn } from "../shape-data.ts";
import { constant, fillTensor, int64s, vector } from "../value.ts";
import type {
  Dim,
  GradientCall,
  OpDefinition,
  Ops,
  Reduction,
  ScatterOptions,
  Sizes,
  Value,
} from "../types.ts";

const indices: readonly DType[] = ["int64", "int32"];

const sliceOp = defineOp({
  name: "slice",
  type: "Slice",
  inputs: [3, 5],
  infer(call) {
    const x = call.inputs[0]!;
    requireDtype(call, 1, indices);
    const [starts, ends, axes, steps] = [1, 2, 3, 4].map((i) => integersIn(call.inputs[i]));
    const given = call.inputs[3] ? axes : starts?.map((_, i) => i);
    for (const each of [ends, given, steps]) {
      if (starts && each && each.length !== starts.length) {
        throw shapeError(
          call,
          `has ${starts.length} starts and ${each.length} ends, axes or steps.`,
          "Give as many of each.",
        );
      }
    }
    if (!given) return [{ dtype: x.dtype, shape: unknownShape(call.name, x.shape.length) }];
    const shape = [...x.shape];
    given.forEach((each, i) => {
      const axis = normalAxis(call.name, each, x.shape.length);
      const step = call.inputs[4] ? steps?.[i] : 1;
      if (step === 0) throw shapeError(call, "has a step of 0.", "Step by at least 1, or by −1 to reverse.");
      shape[axis] =
        starts === undefined || ends === undefined || step === undefined
          ? unknownDim
          : sliceLength(x.shape[axis]!, starts[i]!, ends[i]!, step);
    });
    return [{ dtype: x.dtype, shape }];
  },
  gradient({ inputs, gradient: g }, ops) {
    const [x, starts, ends, axes, steps] = inputs as [Value, Value, Value, Value?, Value?];
    const padded = padBack(inputs as readonly (Value | undefined)[], g, ops);
    if (padded) return [padded];
    // Position of every kept element, axis by axis: the same slice of 0, 1, 2 …, scattered back.
    const count = starts.shape[0];
    const first =
      typeof count === "number" && count <= x.shape.length
        ? x.shape.slice(0, count).map((_, i) => i)
        : undefined;
    const list = axes ? integersIn(axes) : first;
    if (!list) throw noGradient("slice", "along axes that are only known when the graph runs");
    let result = g;
    list.forEach((each, i) => {
      const axis = normalAxis("slice", each, x.shape.length);
      const one = (v: Value): Value => ops.slice(v, [i], [i + 1], [0]);
      const places = apply(sliceOp, [
        ops.positions(x, axis),
        one(starts),
        one(ends),
        int64s([0]),
        steps && one(steps),
      ]);
      result = scatterAlong(result, places, axis, x, ops);
    });
    return [result];
  },
});

/** A slice at constant places is undone by zeros: between the elements for steps, then around them. */
function padBack(inputs: readonly (Value | undefined)[], g: Value, ops: Ops): Value | undefined {
  const x = inputs[0]!;
  const starts = integersIn(inputs[1]);
  const ends = integersIn(inputs[2]);
  const axes = inputs[3] ? integersIn(inputs[3]) : starts?.map((_, i) => i);
  const steps = inputs[4] ? integersIn(inputs[4]) : starts?.map(() => 1);
  if (!starts || !ends || !axes || !steps) return undefined;
  const rank = x.shape.length;
  const pads = Array<number>(2 * rank).fill(0);
  let spread = g;
  for (let i = 0; i < axes.length; i++) {
    const axis = normalAxis("slice", axes[i]!, rank);
    const size = x.shape[axis]!;
    const count = g.shape[axis]!;
    if (typeof size !== "number" || typeof count !== "number" || count === 0) return undefined;
    const step = Math.abs(steps[i]!);
    const forward = steps[i]! > 0;
    const first = starts[i]! < 0 ? Math.max(0, starts[i]! + size) : Math.min(size - 1, starts[i]!);
    if (!forward) spread = ops.slice(spread, [-1], [-count - 1], [axis], [-1]);
    const apart = step === 1 ? spread : zerosBetween(spread, axis, step, ops);
    if (!apart) return undefined;
    spread = apart;
    pads[axis] = forward ? first : first - (count - 1) * step;
    pads[axis + rank] = size - pads[axis]! - count * step;
  }
  return ops.pad(spread, pads);
}

/** step − 1 zeros after each element along an axis; undefined where a size behind it is a name. */
function zerosBetween(x: Value, axis: number, step: number, ops: Ops): Value | undefined {
  const behind = staticShape(x.shape.slice(axis));
  if (!behind) return undefined;
  const widths = Array.from({ length: 2 * x.shape.length + 2 }, (_, i) =>
    i === x.shape.length + axis + 2 ? step - 1 : 0,
  );
  const padded = ops.pad(ops.unsqueeze(x, [axis + 1]), widths);
  const front = x.shape.slice(0, axis).map(() => 0);
  return ops.reshape(padded, [...front, behind[0]! * step, ...behind.slice(1)]);
}

/** Adds slices of `g` into zeros of the shape that `like` has along `axis`, at `places` (int64 vector). */
export function scatterAlong(g: Value, places: Value, axis: number, like: Value, ops: Ops): Value {
  const rank = g.shape.length;
  const size = like.shape[axis]!;
  const zeros =
    typeof size === "number"
      ? ops.zerosWith(g, axis, int64s([size]))
      : ops.zerosWith(g, axis, ops.shapeOf(like, axis, axis + 1));
  const shape = Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1));
  const index = ops.expandLike(ops.reshape(places, shape), g);
  return ops.scatterElements(zeros, index, g, { axis, reduction: "add" });
}

function sliceLength(size: Dim, start: number, end: number, step: number): Dim {
  if (typeof size === "number") {
    const clamp = (at: number, low: number, high: number): number =>
      Math.min(high, Math.max(low, at < 0 ? at + size : at));
    const from = step > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1);
    const to = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
    return Math.max(0, Math.ceil((to - from) / step));
  }
  return start === 0 && end >= 2 ** 31 - 1 && step === 1 ? size : unknownDim;
}

const gatherOp = defineOp({
  name: "gather",
  type: "Gather",
  inputs: [2, 2],
  attributes: { axis: "int" },
  infer(call) {
    const x = call.inputs[0]!;
    const index = requireDtype(call, 1, indices);
    const axis = normalAxis(call.name, call.attributes.int("axis", 0), x.shape.length);
    return [
      { dtype: x.dtype, shape: [...x.shape.slice(0, axis), ...index.shape, ...x.shape.slice(axis + 1)] },
    ];
  },
  gradient({ inputs, attributes, gradient: g }, ops) {
    const [x, index] = inputs as [Value, Value];
    const rank = x.shape.length;
    const axis = normalAxis("gather", attributes.int("axis", 0), rank);
    const back = gatheredBack(x, index, axis, g, ops);
    if (back) return [back];
    // Bring the picked axes to the front, add row by row into zeros, and bring the axis back.
    const width = index.shape.length;
    const front = [
      ...Array.from({ length: width }, (_, i) => axis + i),
      ...Array.from({ length: axis }, (_, i) => i),
      ...Array.from({ length: rank - axis - 1 }, (_, i) => axis + width + i),
    ];
    const moved = axis === 0 ? g : ops.transpose(g, front);
    const order = [axis, ...x.shape.map((_, i) => i).filter((i) => i !== axis)];
    const target = axis === 0 ? x : ops.transpose(x, order);
    const summed = ops.scatterND(
      ops.zerosLike(target),
      ops.unsqueeze(ops.cast(index, "int64"), [-1]),
      moved,
      "add",
    );
    return [
      axis === 0
        ? summed
        : ops.transpose(
            summed,
            order.map((_, i) => order.indexOf(i)),
          ),
    ];
  },
});

/**
 * Places that are known, and none of them twice, are gathered back: ONNX Runtime moves whole rows then, where a scatter
 * adds one number after another.
 */
function gatheredBack(x: Value, index: Value, axis: number, g: Value, ops: Ops): Value | undefined {
  const size = x.shape[axis]!;
  const list = index.shape.length === 1 ? integersIn(index) : undefined;
  if (!list || typeof size !== "number" || 2 * list.length < size) return undefined;
  const wentTo = Array<number>(size).fill(list.length);
  for (const [place, at] of list.entries()) {
    const from = at < 0 ? at + size : at;
    if (wentTo[from] !== list.length) return undefined;
    wentTo[from] = place;
  }
  const widths = Array<number>(2 * x.shape.length).fill(0);
  widths[x.shape.length + axis] = 1;
  // Elements that were left out find a row of zeros behind the last.
  const padded = list.length < size ? ops.pad(g, widths) : g;
  const places = constant({ dtype: index.dtype, shape: [size], data: fillTensor(index.dtype, wentTo) });
  return apply(gatherOp, [padded, places], { axis });
}

const gatherElementsOp = defineOp({
  name: "gatherElements",
  type: "GatherElements",
  inputs: [2, 2],
  attributes: { axis: "int" },
  infer(call) {
    const x = call.inputs[0]!;
    const index = requireDtype(call, 1, indices);
    normalAxis(call.name, call.attributes.int("axis", 0), x.shape.length);
    if (index.shape.length !== x.shape.length) {
      throw shapeError(
        call,
        `needs indices of rank ${x.shape.length}, and has ${showShape(index.shape)}.`,
        "Use gather.",
      );
    }
    return [{ dtype: x.dtype, shape: index.shape }];
  },
  gradient: ({ inputs: [x, index], attributes, gradient: g }, ops) => [
    ops.scatterElements(ops.zerosLike(x!), index!, g, { axis: attributes.int("axis", 0), reduction: "add" }),
  ],
});

const gatherNDOp = defineOp({
  name: "gatherND",
  type: "GatherND",
  inputs: [2, 2],
  attributes: { batch_dims: "int" },
  infer(call) {
    const x = call.inputs[0]!;
    const index = requireDtype(call, 1, ["int64"]);
    const batch = call.attributes.int("batch_dims", 0);
    const depth = index.shape.at(-1);
    if (typeof depth !== "number") return [{ dtype: x.dtype, shape: undefined }];
    if (depth + batch > x.shape.length) {
      throw shapeError(
        call,
        `picks by ${depth} coordinates in ${showShape(x.shape)}.`,
        "Give at most one coordinate a dimension.",
      );
    }
    return [{ dtype: x.dtype, shape: [...index.shape.slice(0, -1), ...x.shape.slice(batch + depth)] }];
  },
  gradient({ inputs: [x, index], attributes, gradient: g }, ops) {
    const batch = attributes.int("batch_dims", 0);
    let full = index!;
    // ScatterND has no batch dimensions: each becomes one more coordinate.
    for (let i = batch - 1; i >= 0; i--) {
      const column = ops.reshape(
        ops.positions(index!, i),
        index!.shape.map((_, j) => (j === i ? -1 : 1)),
      );
      const spread = ops.expand(column, ops.concat([ops.shapeOf(index!, 0, -1), int64s([1])], 0));
      full = ops.concat([spread, full], -1);
    }
    return [ops.scatterND(ops.zerosLike(x!), full, g, "add")];
  },
});

const scatterElementsOp = defineOp({
  name: "scatterElements",
  type: "ScatterElements",
  inputs: [3, 3],
  attributes: { axis: "int", reduction: "string" },
  infer(call) {
    const x = call.inputs[0]!;
    requireDtype(call, 1, indices);
    requireSameDtype(call, [0, 2]);
    normalAxis(call.name, call.attributes.int("axis", 0), x.shape.length);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  gradient(call, ops) {
    const [, index] = call.inputs as [Value, Value, Value];
    const axis = call.attributes.int("axis", 0);
    return scatterGradient(call, ops, {
      put: (into, updates, reduction) => ops.scatterElements(into, index, updates, { axis, reduction }),
      take: (from) => ops.gatherElements(from, index, axis),
    });
  },
});

const scatterNDOp = defineOp({
  name: "scatterND",
  type: "ScatterND",
  inputs: [3, 3],
  attributes: { reduction: "string" },
  infer(call) {
    const x = call.inputs[0]!;
    requireDtype(call, 1, ["int64"]);
    requireSameDtype(call, [0, 2]);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  gradient(call, ops) {
    const [, index] = call.inputs as [Value, Value, Value];
    return scatterGradient(call, ops, {
      put: (into, updates, reduction) => ops.scatterND(into, index, updates, reduction),
      take: (from) => ops.gatherND(from, index),
    });
  },
});

/** How a scatter puts its updates, and the gather that takes from the same places. */
interface Places {
  readonly put: (into: Value, updates: Value, reduction: Reduction) => Value;
  readonly take: (from: Value) => Value;
}

/**
 * Every element of the result is one of x reduced with the updates that meet there. Ties for a
 * minimum or maximum share the gradient, as in the reductions.
 */
function scatterGradient(call: GradientCall, ops: Ops, { put, take }: Places): (Value | undefined)[] {
  const { gradient: g, needed } = call;
  const [x, , updates] = call.inputs as [Value, Value, Value];
  const pair = (byX: () => Value, byUpdates: () => Value): (Value | undefined)[] => [
    needed[0] ? byX() : undefined,
    undefined,
    needed[2] ? byUpdates() : undefined,
  ];
  const reduction = call.attributes.string("reduction", "none");
  if (reduction === "add")
    return pair(
      () => g,
      () => take(g),
    );
  if (reduction === "mul")
    return pair(
      () => ops.mul(g, put(ops.onesLike(x), updates, "mul")),
      () => ops.mul(take(ops.mul(g, x)), productOfOthers(x, updates, ops, { put, take })),
    );
  if (reduction === "min" || reduction === "max") {
    const y = call.outputs[0]!;
    const chosen = ops.cast(ops.equal(x, y), g.dtype);
    const taken = ops.cast(ops.equal(updates, take(y)), g.dtype);
    const share = ops.div(g, put(chosen, taken, "add"));
    return pair(
      () => ops.mul(chosen, share),
      () => ops.mul(taken, take(share)),
    );
  }
  return pair(
    () => put(g, ops.zerosLike(updates), "none"),
    () => take(g),
  );
}

/** For each update the product of the others that meet it: by division, but for zeros, which are counted. */
function productOfOthers(x: Value, updates: Value, ops: Ops, { put, take }: Places): Value {
  const zero = ops.equal(updates, 0);
  const filled = ops.where(zero, 1, updates);
  const product = ops.div(take(put(ops.onesLike(x), filled, "mul")), filled);
  const zeros = take(put(ops.zerosLike(x), ops.cast(zero, x.dtype), "add"));
  const otherZeros = ops.sub(zeros, ops.cast(zero, x.dtype));
  return ops.where(ops.equal(otherZeros, 0), product, 0);
}

const tileOp = defineOp({
  name: "tile",
  type: "Tile",
  inputs: [2, 2],
  infer(call) {
    const x = call.inputs[0]!;
    requireVector(call, 1);
    const repeats = sizesIn(call.inputs[1]);
    if (repeats && repeats.length !== x.shape.length) {
      throw shapeError(
        call,
        `has ${repeats.length} repeats for ${showShape(x.shape)}.`,
        "Give one a dimension.",
      );
    }
    return [
      {
        dtype: x.dtype,
        shape: x.shape.map((dim, i) => (repeats ? productDim([dim, repeats[i]!]) : unknownDim)),
      },
    ];
  },
  gradient({ inputs: [x, repeats], gradient: g }, ops) {
    // [r0·n0, r1·n1 …] seen as [r0, n0, r1, n1 …], summed over the r's.
    const rank = x!.shape.length;
    const pairs = ops.concat([ops.unsqueeze(repeats!, [1]), ops.unsqueeze(ops.shapeOf(x!), [1])], 1);
    const seen = ops.reshape(g, ops.reshape(pairs, [2 * rank]));
    return [
      ops.reshapeLike(ops.reduceSum(seen, { axes: Array.from({ length: rank }, (_, i) => 2 * i) }), x!),
    ];
  },
});

const constantOfShapeOp = defineOp({
  name: "constantOfShape",
  type: "ConstantOfShape",
  inputs: [1, 1],
  attributes: { value: "tensor" },
  infer(call) {
    const target = requireVector(call, 0);
    const length = target.shape[0];
    const shape =
      sizesIn(target) ?? (typeof length === "number" ? unknownShape(call.name, length) : undefined);
    return [{ dtype: call.attributes.tensor("value")?.dtype ?? "float32", shape }];
  },
  gradient: "constant",
});

const rangeOp = defineOp({
  name: "range",
  type: "Range",
  inputs: [3, 3],
  infer(call) {
    const dtype = requireSameDtype(call);
    const [start, limit, step] = [0, 1, 2].map((i) => sizesIn(call.inputs[i])?.[0]);
    const numbers =
      typeof start === "number" && typeof limit === "number" && typeof step === "number" && step !== 0;
    if (numbers) return [{ dtype, shape: [Math.max(0, Math.ceil((limit - start) / step))] }];
    return [{ dtype, shape: [start === 0 && step === 1 && limit !== undefined ? limit : unknownDim] }];
  },
  gradient: "constant",
});

/**
 * Cuts ranges out of axes, as Python's `x[start:end:step]`.
 *
 * @param axes - The first ones when absent.
 */
export function slice(x: Value, starts: Sizes, ends: Sizes, axes?: Sizes, steps?: Sizes): Value {
  return apply(sliceOp, [x, vector(starts), vector(ends), axes && vector(axes), steps && vector(steps)]);
}
/** Picks slices along an axis by number; negative numbers count from the end. */
export function gather(x: Value, index: Value | readonly number[], axis = 0): Value {
  return apply(gatherOp, [x, vector(index)], { axis });
}
/** Picks element by element along an axis; the result has the shape of `index`. */
export function gatherElements(x: Value, index: Value, axis = 0): Value {
  return apply(gatherElementsOp, [x, index], { axis });
}
/** Picks by coordinates, which are the last dimension of `index`. */
export function gatherND(x: Value, index: Value): Value {
  return apply(gatherNDOp, [x, index]);
}

/** Puts updates into a copy of x, element by element along an axis. */
export function scatterElements(x: Value, index: Value, updates: Value, options: ScatterOptions = {}): Value {
  return apply(scatterElementsOp, [x, index, updates], {
    axis: options.axis ?? 0,
    reduction: options.reduction,
  });
}
/** Puts updates into a copy of x by coordinates, which are the last dimension of `index`. */
export function scatterND(x: Value, index: Value, updates: Value, reduction?: Reduction): Value {
  return apply(scatterNDOp, [x, index, updates], { reduction });
}

/** Repeats the whole value along each dimension. */
export function tile(x: Value, repeats: Sizes): Value {
  return apply(tileOp, [x, vector(repeats)]);
}
/** A value filled with one number, of a shape known when the graph runs. */
export function constantOfShape(shape: Sizes, fill: Value): Value {
  const { producer } = fill;
  if (producer.kind !== "constant")
    throw shapeError({ name: "constantOfShape" }, "needs a constant to fill with.", "Use expand.");
  return apply(constantOfShapeOp, [vector(shape)], { value: { ...producer.tensor, shape: [1] } });
}
/** start, start + step … before limit; scalars of one dtype. */
export function range(start: Value, limit: Value, step: Value): Value {
  return apply(rangeOp, [start, limit, step]);
}

export const indexingOps: readonly OpDefinition[] = [
  sliceOp,
  gatherOp,
  gatherElementsOp,
  gatherNDOp,
  scatterElementsOp,
  scatterNDOp,
  tileOp,
  constantOfShapeOp,
  rangeOp,
];
