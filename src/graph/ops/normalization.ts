/**
 * Normalisations: mean and scale of a group of elements brought to 0 and 1, then scaled and shifted.
 *
 * They differ in which elements share a mean. All gradients come from one formula, with x̂ the normalised value,
 * s = 1/√(variance + epsilon), and means over the group:
 *
 *     dx = s·(g − mean g − x̂·mean(g·x̂))
 *
 * ONNX Runtime has no float64 kernel for InstanceNormalization, and computes GroupNormalization in float32 whatever
 * its input: in float64 both are written out.
 */
import type { Attributes } from "../attributes.ts";
import {
  apply,
  applyAll,
  defineOp,
  noGradient,
  requireDtype,
  requireSameDtype,
  shapeError,
} from "../definition.ts";
import { broadcastShapes, normalAxis, productDim, showShape } from "../dims.ts";
import { int64s, scalar } from "../value.ts";
import { add, div, mul, reciprocal, sqrt, sub } from "./arithmetic.ts";
import { sumTo } from "./elementwise.ts";
import { zerosLike } from "./filling.ts";
import { reduceMean } from "./reduction.ts";
import { concat, joined, reshape, reshapeLike, shapeOf } from "./shape.ts";
import type { Dim, GradientCall, InferCall, OpDefinition, Ops, OutputType, Value } from "../types.ts";

const defaultEpsilon = 1e-5;

/** Axes from one on to the last. */
function axesFrom(x: Value, first: number): number[] {
  return Array.from({ length: x.shape.length - first }, (_, i) => first + i);
}

/** x̂ and 1/√(variance + epsilon) over some axes, or those of the root mean square where nothing is centred. */
function normalise(
  x: Value,
  axes: readonly number[],
  epsilon: number,
  ops: Pick<Ops, "sub" | "mul" | "add" | "sqrt" | "reciprocal" | "reduceMean">,
  centred = true,
): { readonly hat: Value; readonly inverse: Value } {
  const middle = centred ? ops.sub(x, ops.reduceMean(x, { axes, keepDims: true })) : x;
  const variance = ops.reduceMean(ops.mul(middle, middle), { axes, keepDims: true });
  const inverse = ops.reciprocal(ops.sqrt(ops.add(variance, epsilon)));
  return { hat: ops.mul(middle, inverse), inverse };
}

/** The formula above; `g` is the gradient by x̂. */
function backThrough(
  g: Value,
  { hat, inverse }: { readonly hat: Value; readonly inverse: Value },
  axes: readonly number[],
  ops: Ops,
  centred = true,
): Value {
  const along = ops.reduceMean(ops.mul(g, hat), { axes, keepDims: true });
  const rest = ops.sub(g, ops.mul(hat, along));
  return ops.mul(inverse, centred ? ops.sub(rest, ops.reduceMean(g, { axes, keepDims: true })) : rest);
}

/** A vector with one element a channel, in a shape that broadcasts against [batch, channels, …]. */
function perChannel(vector: Value, x: Value, ops: Pick<Ops, "reshape">): Value {
  return x.shape.length <= 2 ? vector : ops.reshape(vector, [-1, ...x.shape.slice(2).map(() => 1)]);
}

/** The axes of [batch, channels, …] without that of the channels. */
function allButChannels(x: Value): number[] {
  return x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
}

function requireChannels(call: InferCall, x: Value, from: number, to: number): void {
  const channels = x.shape.length === 1 ? 1 : x.shape[1]!;
  for (let i = from; i <= to; i++) {
    const { shape } = call.inputs[i]!;
    const wrong = typeof shape[0] === "number" && typeof channels === "number" && shape[0] !== channels;
    if (shape.length !== 1 || wrong) {
      throw shapeError(
        call,
        `takes one number a channel as input ${i + 1}, ${showShape([channels])}, and has ${showShape(shape)}.`,
        "Give a vector as long as the second dimension.",
      );
    }
  }
}

/** Scale and shift must broadcast to x without making it larger. */
function requireInside(call: InferCall, x: Value): void {
  for (const each of call.inputs.slice(1)) {
    if (!each) continue;
    const both = broadcastShapes(call.name, [x.shape, each.shape]);
    const grows = both.some((dim, i) => typeof dim === "number" && x.shape[i] === 1 && dim !== 1);
    if (both.length > x.shape.length || grows) {
      throw shapeError(
        call,
        `has x ${showShape(x.shape)} and a scale or shift of ${showShape(each.shape)}.`,
        "Give one that broadcasts to x.",
      );
    }
  }
}

const layerAttributes = { axis: "int", epsilon: "float", stash_type: "int" } as const;

const layerNormalizationOp = defineOp({
  name: "layerNormalization",
  type: "LayerNormalization",
  inputs: [2, 3],
  outputs: [1, 3],
  attributes: layerAttributes,
  infer(call) {
    const x = requireDtype(call, 0, "float");
    const dtype = requireSameDtype(call);
    const axis = normalAxis(call.name, call.attributes.int("axis", -1), x.shape.length);
    requireInside(call, x);
    const kept = x.shape.map((dim, i): Dim => (i < axis ? dim : 1));
    const statistics: OutputType = { dtype: "float32", shape: kept };
    return [{ dtype, shape: x.shape }, statistics, statistics];
  },
  gradient(call, ops) {
    const [x, scale, shift] = call.inputs as [Value, Value, Value | undefined];
    const [, mean, inverse] = call.outputs;
    const [g, byMean, byInverse] = call.gradients;
    const axes = axesFrom(
      x,
      normalAxis("layerNormalization", call.attributes.int("axis", -1), x.shape.length),
    );
    // The runtime gives its statistics in float32 only.
    const given = mean && inverse && x.dtype === "float32";
    const statistics = given
      ? { hat: ops.mul(ops.sub(x, mean), inverse), inverse }
      : normalise(x, axes, call.attributes.float("epsilon", defaultEpsilon), ops);
    const { hat } = statistics;
    const parts: Value[] = [];
    if (call.needed[0]) {
      if (g) parts.push(backThrough(ops.mul(g, scale), statistics, axes, ops));
      const share = (part: Value): Value => ops.div(ops.cast(part, x.dtype), countOf(x, axes, ops));
      if (byMean) parts.push(ops.expandLike(share(byMean), x));
      // d(1/σ)/dx = −x̂/(n·σ²)
      if (byInverse) {
        const square = ops.mul(statistics.inverse, statistics.inverse);
        parts.push(ops.neg(ops.mul(hat, ops.mul(share(byInverse), square))));
      }
    }
    return [
      parts.length === 0 ? undefined : parts.reduce((a, b) => ops.add(a, b)),
      g && call.needed[1] ? sumTo(ops.mul(g, hat), scale, ops) : undefined,
      g && shift && call.needed[2] ? sumTo(g, shift, ops) : undefined,
    ];
  },
});

/** How many elements lie along some axes. */
function countOf(x: Value, axes: readonly number[], ops: Ops): Value {
  const count = productDim(axes.map((axis) => x.shape[axis]!));
  if (typeof count === "number") return scalar(x.dtype, count);
  const sizes = axes.map((axis) => ops.shapeOf(x, axis, axis + 1));
  return ops.cast(ops.reduceProd(joined(sizes, 0)), x.dtype);
}

const rmsNormalizationOp = defineOp({
  name: "rmsNormalization",
  type: "RMSNormalization",
  since: 23,
  inputs: [2, 2],
  attributes: layerAttributes,
  infer(call) {
    const x = requireDtype(call, 0, "float");
    const dtype = requireSameDtype(call);
    normalAxis(call.name, call.attributes.int("axis", -1), x.shape.length);
    requireInside(call, x);
    return [{ dtype, shape: x.shape }];
  },
  gradient({ inputs, attributes, gradient: g, needed }, ops) {
    const [x, scale] = inputs as [Value, Value];
    const axes = axesFrom(x, normalAxis("rmsNormalization", attributes.int("axis", -1), x.shape.length));
    const statistics = normalise(x, axes, attributes.float("epsilon", defaultEpsilon), ops, false);
    return [
      needed[0] ? backThrough(ops.mul(g, scale), statistics, axes, ops, false) : undefined,
      needed[1] ? sumTo(ops.mul(g, statistics.hat), scale, ops) : undefined,
    ];
  },
});

/** Gradient by x, scale and shift where the mean is taken over `axes`, and scale and shift are one number a channel. */
function channelGradient(
  { inputs, gradient: g, needed }: GradientCall,
  statistics: { readonly hat: Value; readonly inverse: Value },
  back: (g: Value) => Value,
  ops: Ops,
): (Value | undefined)[] {
  const [x, scale] = inputs as [Value, Value];
  const others = allButChannels(x);
  return [
    needed[0] ? back(ops.mul(g, perChannel(scale, x, ops))) : undefined,
    needed[1] ? vectorOf(ops.reduceSum(ops.mul(g, statistics.hat), { axes: others }), x, ops) : undefined,
    needed[2] ? vectorOf(ops.reduceSum(g, { axes: others }), x, ops) : undefined,
  ];
}

/** A sum over all but the channels; of a plain vector, whose one channel has no axis, it becomes a vector again. */
function vectorOf(sum: Value, x: Value, ops: Pick<Ops, "reshape">): Value {
  return x.shape.length === 1 ? ops.reshape(sum, [1]) : sum;
}

const batchNormalizationOp = defineOp({
  name: "batchNormalization",
  type: "BatchNormalization",
  inputs: [5, 5],
  outputs: [1, 3],
  attributes: { epsilon: "float", momentum: "float", training_mode: "int" },
  infer(call) {
    const x = requireDtype(call, 0, "float");
    const dtype = requireSameDtype(call);
    if (x.shape.length === 0) throw shapeError(call, "takes no scalars.", "Give [batch, channels, …].");
    requireChannels(call, x, 1, 4);
    const running: OutputType = { dtype, shape: call.inputs[3]!.shape };
    return [{ dtype, shape: x.shape }, running, running];
  },
  gradient(call, ops) {
    const [x, scale, , mean, variance] = call.inputs as [Value, Value, Value, Value, Value];
    const { attributes, needed } = call;
    const epsilon = attributes.float("epsilon", defaultEpsilon);
    if (attributes.int("training_mode", 0) !== 0) return trainingGradient(call, ops);
    const inverse = ops.reciprocal(ops.sqrt(ops.add(variance, epsilon)));
    const spread = perChannel(inverse, x, ops);
    const hat = ops.mul(ops.sub(x, perChannel(mean, x, ops)), spread);
    // The rule for mean and variance is in terms of those for shift and scale.
    const wanted = { ...call, needed: [needed[0]!, needed[1]! || needed[4]!, needed[2]! || needed[3]!] };
    const [byX, byScale, byShift] = channelGradient(
      wanted,
      { hat, inverse: spread },
      (g) => ops.mul(g, spread),
      ops,
    );
    const slope = ops.mul(scale, inverse);
    return [
      byX,
      byScale,
      byShift,
      needed[3] ? ops.neg(ops.mul(byShift!, slope)) : undefined,
      needed[4] ? ops.mul(ops.mul(byScale!, ops.mul(slope, inverse)), -0.5) : undefined,
    ];
  },
});

/** What the training op answers, in other ops, and what its gradient takes up again. */
interface TrainingForm {
  readonly y: Value;
  /** The running figures after the step. */
  readonly running: readonly [Value, Value];
  /** x − mean, 1/σ and scale/σ. */
  readonly middle: Value;
  readonly inverse: Value;
  readonly slope: Value;
}

function trainingForm(
  inputs: readonly Value[],
  attributes: Attributes,
  ops: Pick<Ops, "add" | "sub" | "mul" | "sqrt" | "reciprocal" | "reduceMean" | "reshape">,
): TrainingForm {
  const [x, scale, shift, runningMean, runningVariance] = inputs as [Value, Value, Value, Value, Value];
  const axes = allButChannels(x);
  const over = (value: Value): Value => vectorOf(ops.reduceMean(value, { axes }), x, ops);
  const mean = over(x);
  const middle = ops.sub(x, perChannel(mean, x, ops));
  const variance = over(ops.mul(middle, middle));
  const epsilon = attributes.float("epsilon", defaultEpsilon);
  const inverse = ops.reciprocal(ops.sqrt(ops.add(variance, epsilon)));
  const slope = ops.mul(scale, inverse);
  const momentum = attributes.float("momentum", 0.9);
  const blend = (kept: Value, fresh: Value): Value =>
    momentum === 0 ? fresh : ops.add(ops.mul(kept, momentum), ops.mul(fresh, 1 - momentum));
  return {
    y: ops.add(ops.mul(middle, perChannel(slope, x, ops)), perChannel(shift, x, ops)),
    running: [blend(runningMean, mean), blend(runningVariance, variance)],
    middle,
    inverse,
    slope,
  };
}

/**
 * The gradient where mean and variance are the batch's.
 *
 * With c = x − mean and k = scale/σ, the formula at the top is dx = k·g − c·k·Σ(g·c)/(n·σ²) − k·Σg/n: what stands beside
 * g and c is one number a channel.
 */
function trainingGradient(call: GradientCall, ops: Ops): (Value | undefined)[] {
  const [x] = call.inputs as [Value];
  const [g, ...byRunning] = call.gradients;
  if (byRunning.some((each) => each)) {
    throw noGradient("batchNormalization", "by its running mean and variance", "Leave them out of the loss.");
  }
  if (!g) return [];
  const { y, running, middle, inverse, slope } = trainingForm(
    call.inputs as readonly Value[],
    call.attributes,
    ops,
  );
  call.offer([y, ...running]);
  const axes = allButChannels(x);
  const wide = (value: Value): Value => perChannel(value, x, ops);
  const total = vectorOf(ops.reduceSum(g, { axes }), x, ops);
  const byMiddle = vectorOf(ops.reduceSum(ops.mul(g, middle), { axes }), x, ops);
  let byX: Value | undefined;
  if (call.needed[0]) {
    const share = ops.neg(ops.div(slope, countOf(x, axes, ops)));
    const ofMiddle = ops.mul(share, ops.mul(byMiddle, ops.mul(inverse, inverse)));
    // What is scaled and shifted by channel may be one op on a device.
    const rest = ops.add(ops.mul(middle, wide(ofMiddle)), wide(ops.mul(share, total)));
    byX = ops.add(ops.mul(g, wide(slope)), rest);
  }
  return [byX, ops.mul(byMiddle, inverse), total];
}

const instanceNormalizationOp = defineOp({
  name: "instanceNormalization",
  type: "InstanceNormalization",
  inputs: [3, 3],
  attributes: { epsilon: "float" },
  infer(call) {
    const x = requireDtype(call, 0, "float");
    const dtype = requireSameDtype(call);
    requireSpace(call, x);
    requireChannels(call, x, 1, 2);
    return [{ dtype, shape: x.shape }];
  },
  gradient(call, ops) {
    const x = call.inputs[0]!;
    const axes = axesFrom(x, 2);
    const statistics = normalise(x, axes, call.attributes.float("epsilon", defaultEpsilon), ops);
    return channelGradient(call, statistics, (g) => backThrough(g, statistics, axes, ops), ops);
  },
});

function requireSpace(call: InferCall, x: Value): void {
  if (x.shape.length >= 3) return;
  throw shapeError(
    call,
    `takes [batch, channels, …] of rank 3 or more, and has ${showShape(x.shape)}.`,
    "Add a dimension.",
  );
}

const groupNormalizationOp = defineOp({
  name: "groupNormalization",
  type: "GroupNormalization",
  inputs: [3, 3],
  attributes: { epsilon: "float", num_groups: "int", stash_type: "int" },
  infer(call) {
    const x = requireDtype(call, 0, "float");
    const dtype = requireSameDtype(call);
    requireSpace(call, x);
    requireChannels(call, x, 1, 2);
    requireGroups(call.name, x, call.attributes.int("num_groups", 0));
    return [{ dtype, shape: x.shape }];
  },
  gradient(call, ops) {
    const x = call.inputs[0]!;
    const shape = groupedShape(x, call.attributes.int("num_groups", 1), ops);
    const grouped = normalise(
      ops.reshape(x, shape),
      [2],
      call.attributes.float("epsilon", defaultEpsilon),
      ops,
    );
    const statistics = { ...grouped, hat: ops.reshapeLike(grouped.hat, x) };
    const back = (g: Value): Value =>
      ops.reshapeLike(backThrough(ops.reshape(g, shape), grouped, [2], ops), x);
    return channelGradient(call, statistics, back, ops);
  },
});

function requireGroups(name: string, x: Value, groups: number): void {
  const channels = x.shape[1]!;
  if (groups >= 1 && (typeof channels !== "number" || channels % groups === 0)) return;
  throw shapeError(
    { name },
    `has ${groups} groups of ${channels} channels.`,
    "Choose a number of groups that divides the channels.",
  );
}

/** [batch, groups, elements of a group] */
function groupedShape(
  x: Value,
  groups: number,
  ops: Pick<Ops, "concat" | "shapeOf" | "int64s">,
): readonly number[] | Value {
  const batch = x.shape[0]!;
  const size = productDim(x.shape.slice(1));
  if (typeof batch === "number" && batch > 0) return [batch, groups, -1];
  if (typeof size === "number" && size > 0) return [-1, groups, size / groups];
  return ops.concat([ops.shapeOf(x, 0, 1), ops.int64s([groups, -1])], 0);
}

const lpNormalizationOp = defineOp({
  name: "lpNormalization",
  type: "LpNormalization",
  inputs: [1, 1],
  attributes: { axis: "int", p: "int" },
  infer(call) {
    const x = requireDtype(call, 0, "float");
    normalAxis(call.name, call.attributes.int("axis", -1), x.shape.length);
    const p = call.attributes.int("p", 2);
    if (p !== 1 && p !== 2) throw shapeError(call, `has p = ${p}.`, "Choose 1 or 2.");
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  /** y = x/‖x‖, so dx = (g − ∂‖x‖·Σ g·y)/‖x‖; a vector of zeros stays zeros, and so does its gradient. */
  gradient({ inputs: [x], outputs: [y], attributes, gradient: g }, ops) {
    const axes = [attributes.int("axis", -1)];
    const first = attributes.int("p", 2) === 1;
    const total = ops.reduceSum(first ? ops.abs(x!) : ops.mul(x!, x!), { axes, keepDims: true });
    const zero = ops.equal(total, 0);
    const norm = ops.where(zero, scalar(x!.dtype, 1), first ? total : ops.sqrt(total));
    const along = ops.reduceSum(ops.mul(g, y!), { axes, keepDims: true });
    const slope = first ? ops.sign(x!) : y!;
    const inside = ops.div(ops.sub(g, ops.mul(slope, along)), norm);
    return [ops.where(zero, scalar(x!.dtype, 0), inside)];
  },
});

export interface NormalizationOptions {
  /** Added to the variance before the root. Default 1e-5. */
  readonly epsilon?: number;
}
export interface LayerNormalizationOptions extends NormalizationOptions {
  /** First of the axes that are normalised together, up to the last. Default −1. */
  readonly axis?: number;
}

/**
 * Mean 0 and deviation 1 over the last dimensions of each row, then scaled and shifted.
 *
 * @param scale - Broadcasts to x, usually [x.shape[axis], …].
 * @param shift - The same; none when absent.
 */
export function layerNormalization(
  x: Value,
  scale: Value,
  shift?: Value,
  options: LayerNormalizationOptions = {},
): Value {
  const attributes = { axis: options.axis ?? -1, epsilon: options.epsilon ?? defaultEpsilon };
  // With the statistics as outputs, the gradient need not compute them again.
  return applyAll(layerNormalizationOp, [x, scale, shift], attributes, x.dtype === "float32" ? 3 : 1)[0]!;
}

/**
 * The last dimensions of each row divided by their root mean square, then scaled.
 *
 * Written out, since the op RMSNormalization came with opset 23 and our files are of opset 21.
 */
export function rmsNormalization(x: Value, scale: Value, options: LayerNormalizationOptions = {}): Value {
  const axes = axesFrom(x, normalAxis("rmsNormalization", options.axis ?? -1, x.shape.length));
  const mean = reduceMean(mul(x, x), { axes, keepDims: true });
  return mul(div(x, sqrt(add(mean, options.epsilon ?? defaultEpsilon))), scale);
}

/**
 * (x − mean)/√(variance + epsilon)·scale + shift with means and variances that are given, as a trained net has them.
 *
 * @param x - [batch, channels, …].
 * @param scale - [channels], as shift, mean and variance are.
 */
export function batchNormalization(
  x: Value,
  scale: Value,
  shift: Value,
  mean: Value,
  variance: Value,
  options: NormalizationOptions = {},
): Value {
  return apply(batchNormalizationOp, [x, scale, shift, mean, variance], {
    epsilon: options.epsilon ?? defaultEpsilon,
  });
}

/**
 * The same with the batch's own means and variances, as it trains. A step made by `differentiate` holds it written in
 * other ops, which compute these figures once.
 *
 * @param x - [batch, channels, …].
 * @param scale - [channels], as shift is.
 * @returns `y` in the shape of x; `mean` and `variance` of the batch, [channels], by which no gradient flows. The
 *   variance is divided by n.
 */
export function batchNormalizationInTraining(
  x: Value,
  scale: Value,
  shift: Value,
  options: NormalizationOptions = {},
): { readonly y: Value; readonly mean: Value; readonly variance: Value } {
  const before = zerosLike(scale);
  const settings = { epsilon: options.epsilon ?? defaultEpsilon, momentum: 0, training_mode: 1 };
  const [y, mean, variance] = applyAll(batchNormalizationOp, [x, scale, shift, before, before], settings, 3);
  return { y: y!, mean: mean!, variance: variance! };
}

/** The outputs of a node of BatchNormalization in training, in other ops: for devices without it. */
export function writtenBatchNormalization(inputs: readonly Value[], attributes: Attributes): Value[] {
  const { y, running } = trainingForm(inputs, attributes, {
    add,
    sub,
    mul,
    sqrt,
    reciprocal,
    reduceMean,
    reshape,
  });
  return [y, ...running];
}

/**
 * Mean 0 and deviation 1 over the positions of each channel of each row.
 *
 * @param x - [batch, channels, …positions].
 * @param scale - [channels], as shift is.
 */
export function instanceNormalization(
  x: Value,
  scale: Value,
  shift: Value,
  options: NormalizationOptions = {},
): Value {
  const epsilon = options.epsilon ?? defaultEpsilon;
  if (x.dtype !== "float64") return apply(instanceNormalizationOp, [x, scale, shift], { epsilon });
  return scaled(written(x, axesFrom(x, 2), epsilon), scale, shift, x);
}

/**
 * Mean 0 and deviation 1 over each group of channels of each row.
 *
 * @param x - [batch, channels, …positions].
 * @param scale - [channels], as shift is.
 * @param groups - Divides the number of channels.
 */
export function groupNormalization(
  x: Value,
  scale: Value,
  shift: Value,
  groups: number,
  options: NormalizationOptions = {},
): Value {
  const epsilon = options.epsilon ?? defaultEpsilon;
  if (x.dtype !== "float64") {
    return apply(groupNormalizationOp, [x, scale, shift], { epsilon, num_groups: groups });
  }
  requireGroups("groupNormalization", x, groups);
  const grouped = reshape(x, groupedShape(x, groups, { concat, shapeOf, int64s }));
  return scaled(reshapeLike(written(grouped, [2], epsilon), x), scale, shift, x);
}

function written(x: Value, axes: readonly number[], epsilon: number): Value {
  return normalise(x, axes, epsilon, { sub, mul, add, sqrt, reciprocal, reduceMean }).hat;
}
function scaled(hat: Value, scale: Value, shift: Value, x: Value): Value {
  return add(mul(hat, perChannel(scale, x, { reshape })), perChannel(shift, x, { reshape }));
}

export interface LpNormalizationOptions {
  /** Default −1. */
  readonly axis?: number;
  /** Sum of absolute values, or root of the sum of squares (default). */
  readonly p?: 1 | 2;
}
/** Divided by the norm along an axis; a vector of zeros stays as it is. */
export function lpNormalization(x: Value, options: LpNormalizationOptions = {}): Value {
  return apply(lpNormalizationOp, [x], { axis: options.axis ?? -1, p: options.p ?? 2 });
}

export const normalizationOps: readonly OpDefinition[] = [
  layerNormalizationOp,
  rmsNormalizationOp,
  batchNormalizationOp,
  instanceNormalizationOp,
  groupNormalizationOp,
  lpNormalizationOp,
];
