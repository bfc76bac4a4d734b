/**
 * Losses: what training makes small.
 *
 * Each gives one number per row (or per position of a row); the trainer weighs them by the rows'
 * weights, so that rows that only fill up a batch count for nothing.
 */
import { type DType, MillwrightError } from "../core/index.ts";
import * as ops from "../graph/index.ts";
import type { Dim, Value } from "../graph/index.ts";
import { requireShare, requireWithin } from "./layer.ts";

export interface Loss {
  readonly name: string;
  /** What targets must be for these scores. @throws MillwrightError `SHAPE_MISMATCH` where the scores do not suit. */
  target(scores: Value): {
    readonly dtype: DType;
    readonly shape: readonly Dim[];
    /** They are int64 codes of so many classes: 0 … codes − 1. */
    readonly codes?: number;
  };
  /** Loss by row: [batch], or [batch, positions]. */
  rows(scores: Value, target: Value): Value;
}

/** Axes after the batch. */
const rest = (x: Value): number[] => x.shape.map((_, axis) => axis).slice(1);

/** A loss of numbers, averaged over what a row has beside the batch. */
function elementwise(name: string, cost: (scores: Value, target: Value) => Value): Loss {
  return {
    name,
    target: (scores) => ({ dtype: scores.dtype, shape: scores.shape }),
    rows(scores, target) {
      const costs = cost(scores, target);
      return costs.shape.length === 1 ? costs : ops.reduceMean(costs, { axes: rest(costs) });
    },
  };
}

export interface CrossEntropyOptions {
  /** Share of each target spread evenly over all classes, in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /** Factor of the loss by the row's class. [classes]. */
  readonly classWeights?: readonly number[];
  /** Targets are shares of the classes (mixed rows) in place of codes. Default false. */
  readonly soft?: boolean;
}

/**
 * Cross entropy of raw scores over the last axis: scores [batch, classes] or [batch, positions, classes];
 * targets int64 codes [batch] or [batch, positions], or shares in the scores' shape with `soft`.
 */
export function crossEntropy({
  labelSmoothing = 0,
  classWeights,
  soft = false,
}: CrossEntropyOptions = {}): Loss {
  requireShare("crossEntropy", "labelSmoothing", labelSmoothing);
  classWeights?.forEach((weight, code) => requireWithin("crossEntropy", `classWeights[${code}]`, weight, 0));
  return {
    name: "crossEntropy",
    target(scores) {
      const classes = classCount("crossEntropy", scores);
      if (classWeights && classWeights.length !== classes) {
        throw new MillwrightError(
          "SHAPE_MISMATCH",
          `crossEntropy has ${classWeights.length} class weights, and the scores are of ${classes} classes.`,
          "Give one weight per class.",
        );
      }
      return soft
        ? { dtype: scores.dtype, shape: scores.shape }
        : { dtype: "int64", shape: scores.shape.slice(0, -1), codes: classes };
    },
    rows(scores, target) {
      const classes = classCount("crossEntropy", scores);
      let shares = soft ? target : oneHot(target, classes, scores.dtype);
      if (classWeights) shares = ops.mul(shares, vector(scores.dtype, classWeights));
      if (labelSmoothing > 0) {
        const spread = classWeights
          ? ops.mul(ops.reduceSum(shares, { axes: [-1], keepDims: true }), labelSmoothing / classes)
          : labelSmoothing / classes;
        shares = ops.add(ops.mul(shares, 1 - labelSmoothing), spread);
      }
      return ops.neg(ops.reduceSum(ops.mul(shares, ops.logSoftmax(scores, -1)), { axes: [-1] }));
    },
  };
}

function classCount(name: string, scores: Value): number {
  const classes = scores.shape.at(-1);
  if (scores.shape.length >= 2 && typeof classes === "number" && classes >= 2) return classes;
  throw new MillwrightError(
    "SHAPE_MISMATCH",
    `${name} needs scores [batch, classes] of at least two classes, and the network gives [${scores.shape.join(", ")}].`,
    "End the network with dense(classes), or use binaryCrossEntropy for one score.",
  );
}

function oneHot(codes: Value, classes: number, dtype: DType): Value {
  const list = ops.int64s(Array.from({ length: classes }, (_, code) => code));
  return ops.cast(ops.equal(ops.unsqueeze(codes, [-1]), list), dtype);
}

function vector(dtype: DType, numbers: readonly number[]): Value {
  const data = dtype === "float64" ? Float64Array.from(numbers) : Float32Array.from(numbers);
  return ops.constant({ dtype, shape: [numbers.length], data });
}

/**
 * Cross entropy of independent yes-or-no scores: scores and targets (0 … 1) in one shape.
 *
 * @param options.positiveWeight - Factor of the loss of positives. Default 1.
 */
export function binaryCrossEntropy({ positiveWeight = 1 }: { readonly positiveWeight?: number } = {}): Loss {
  requireWithin("binaryCrossEntropy", "positiveWeight", positiveWeight, 0, Infinity, true);
  return elementwise("binaryCrossEntropy", (s, y) => {
    const negative = ops.mul(softplus(s), ops.sub(1, y));
    const positive = ops.mul(softplus(ops.neg(s)), y);
    return ops.add(negative, positiveWeight === 1 ? positive : ops.mul(positive, positiveWeight));
  });
}

/** log(1 + eˣ) without overflow. */
function softplus(x: Value): Value {
  return ops.add(ops.relu(x), ops.log(ops.add(ops.exp(ops.neg(ops.abs(x))), 1)));
}

/**
 * Binary cross entropy that counts easy rows less: × (1 − p)^γ, where p is the share given to the
 * truth. Source: Lin et al. 2017, "Focal loss for dense object detection".
 *
 * @param options.gamma - Default 2.
 * @param options.alpha - Weight of positives; negatives weigh 1 − alpha. Default 0.25.
 */
export function focal({
  gamma = 2,
  alpha = 0.25,
}: {
  readonly gamma?: number;
  readonly alpha?: number;
} = {}): Loss {
  requireWithin("focal", "gamma", gamma, 0);
  requireWithin("focal", "alpha", alpha, 0, 1);
  return elementwise("focal", (s, y) => {
    const p = ops.sigmoid(s);
    const negative = ops.mul(ops.mul(softplus(s), ops.sub(1, y)), ops.mul(ops.pow(p, gamma), 1 - alpha));
    const positive = ops.mul(ops.mul(softplus(ops.neg(s)), y), ops.mul(ops.pow(ops.sub(1, p), gamma), alpha));
    return ops.add(negative, positive);
  });
}

/** Squared error. */
export const meanSquaredError = (): Loss =>
  elementwise("meanSquaredError", (s, y) => {
    const error = ops.sub(s, y);
    return ops.mul(error, error);
  });

/** Absolute error. */
export const meanAbsoluteError = (): Loss =>
  elementwise("meanAbsoluteError", (s, y) => ops.abs(ops.sub(s, y)));

/** Half the squared error up to `delta`, straight beyond: delta · (|error| − delta / 2). */
export function huber(delta = 1): Loss {
  requireWithin("huber", "delta", delta, 0, Infinity, true);
  return elementwise("huber", (s, y) => {
    const size = ops.abs(ops.sub(s, y));
    const inside = ops.min(size, delta);
    return ops.add(ops.mul(ops.mul(inside, inside), 0.5), ops.mul(ops.sub(size, inside), delta));
  });
}

/**
 * Pinball loss: one score per quantile, the same target for all. Scores [batch, quantiles], targets [batch, 1].
 *
 * @param quantiles - In (0, 1).
 */
export function quantile(quantiles: readonly number[]): Loss {
  if (quantiles.length === 0)
    throw new MillwrightError("PARAMETER_RANGE", "quantile has no quantile.", "Give one or more: [0.5].");
  quantiles.forEach((share, i) => requireWithin("quantile", `quantiles[${i}]`, share, 0, 1, true));
  return {
    name: "quantile",
    target(scores) {
      if (scores.shape.length !== 2 || scores.shape[1] !== quantiles.length) {
        throw new MillwrightError(
          "SHAPE_MISMATCH",
          `quantile has ${quantiles.length} quantiles, and the network gives [${scores.shape.join(", ")}].`,
          "End the network with one score per quantile.",
        );
      }
      return { dtype: scores.dtype, shape: [scores.shape[0]!, 1] };
    },
    rows(scores, target) {
      const error = ops.sub(target, scores);
      const above = ops.mul(error, vector(scores.dtype, quantiles));
      const below = ops.mul(
        error,
        vector(
          scores.dtype,
          quantiles.map((q) => q - 1),
        ),
      );
      return ops.reduceMean(ops.max(above, below), { axes: [1] });
    },
  };
}
