/**
 * What boosting can minimise, one table entry each: where scores start, the loss that early stopping watches, and how
 * a score becomes the answer, in the graph and by hand. First and second derivatives are kernels of the same name.
 * Source: Friedman 2001; Friedman, Hastie & Tibshirani 2000 (logistic, multiclass); Jørgensen 1987 (tweedie);
 * Koenker & Bassett 1978 (quantile).
 */
import { concat, exp, sigmoid, softmax, sub, type Value } from "../../graph/index.ts";
import { answerByHand, bestScore, costOf, emitAnswer, type Loss } from "../index.ts";

export interface Objective {
  /** Scores a row: 1, or one a class. */
  outputs(classCount: number): number;
  /** Scores before the first tree, the best constants. `weights` undefined means all 1. */
  base(
    targets: Float64Array,
    weights: Float64Array | undefined,
    rows: Uint32Array,
    classCount: number,
  ): number[];
  /** Weighted mean loss of the rows; `scores` holds one array an output. */
  loss(
    scores: readonly Float64Array[],
    targets: Float64Array,
    weights: Float64Array | undefined,
    rows: Uint32Array,
  ): number;
  /** Scores float64 [batch, outputs] to the answer. */
  emit(scores: Value): Value;
  /** The same by hand; row-major in and out. */
  reference(scores: Float64Array, outputs: number): Float64Array;
  /** A number of the loss: the power of tweedie, the delta of huber, the level of quantile. */
  readonly parameter?: number;
  /** Leaves hold this quantile of their rows' errors in place of a Newton step, since the loss has no curvature. */
  readonly leafQuantile?: number;
  /** A loss of the user's own: no kernel knows its derivatives. */
  readonly own?: Loss;
}

/** Weighted share of rows per class, never quite 0 or 1. */
function shares(
  targets: Float64Array,
  weights: Float64Array | undefined,
  rows: Uint32Array,
  classCount: number,
): number[] {
  const sums = new Array<number>(classCount).fill(0);
  let total = 0;
  for (const row of rows) {
    const w = weights?.[row] ?? 1;
    sums[targets[row]!]! += w;
    total += w;
  }
  return sums.map((sum) => Math.min(1 - 1e-12, Math.max(1e-12, sum / total)));
}

/** log(1 + e^x) without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function weightedMean(
  weights: Float64Array | undefined,
  rows: Uint32Array,
  term: (row: number) => number,
): number {
  let sum = 0;
  let total = 0;
  for (const row of rows) {
    const w = weights?.[row] ?? 1;
    sum += w * term(row);
    total += w;
  }
  return sum / total;
}

// Bases are rounded to single precision: a sum over rows in another order then gives the same number.
const fixed = {
  squared: {
    outputs: () => 1,
    base: (targets, weights, rows) => [Math.fround(weightedMean(weights, rows, (row) => targets[row]!))],
    loss: (scores, targets, weights, rows) =>
      weightedMean(weights, rows, (row) => (scores[0]![row]! - targets[row]!) ** 2),
    emit: (scores) => scores,
    reference: (scores) => scores,
  },
  logistic: {
    outputs: () => 1,
    base(targets, weights, rows) {
      const p = shares(targets, weights, rows, 2)[1]!;
      return [Math.fround(Math.log(p / (1 - p)))];
    },
    loss: (scores, targets, weights, rows) =>
      weightedMean(weights, rows, (row) =>
        softplus(targets[row] === 1 ? -scores[0]![row]! : scores[0]![row]!),
      ),
    emit(scores) {
      const p = sigmoid(scores);
      return concat([sub(1, p), p], 1);
    },
    reference(scores) {
      const answer = new Float64Array(scores.length * 2);
      for (let i = 0; i < scores.length; i++) {
        const p = 1 / (1 + Math.exp(-scores[i]!));
        answer[2 * i] = 1 - p;
        answer[2 * i + 1] = p;
      }
      return answer;
    },
  },
  softmax: {
    outputs: (classCount) => classCount,
    base: (targets, weights, rows, classCount) =>
      shares(targets, weights, rows, classCount).map((p) => Math.fround(Math.log(p))),
    loss: (scores, targets, weights, rows) =>
      weightedMean(weights, rows, (row) => {
        let highest = -Infinity;
        for (const own of scores) highest = Math.max(highest, own[row]!);
        let sum = 0;
        for (const own of scores) sum += Math.exp(own[row]! - highest);
        return Math.log(sum) + highest - scores[targets[row]!]![row]!;
      }),
    emit: (scores) => softmax(scores, 1),
    reference(scores, outputs) {
      const answer = new Float64Array(scores.length);
      for (let at = 0; at < scores.length; at += outputs) {
        let highest = -Infinity;
        for (let k = 0; k < outputs; k++) highest = Math.max(highest, scores[at + k]!);
        let sum = 0;
        for (let k = 0; k < outputs; k++) sum += answer[at + k] = Math.exp(scores[at + k]! - highest);
        for (let k = 0; k < outputs; k++) answer[at + k]! /= sum;
      }
      return answer;
    },
  },
} as const satisfies Record<string, Objective>;

/** Numbers above 0, told by their logarithm. */
function logarithmic(loss: (score: number, target: number) => number, parameter?: number): Objective {
  return {
    outputs: () => 1,
    base: (targets, weights, rows) => [
      // A part of the rows may hold zeros alone.
      Math.fround(
        Math.log(
          Math.max(
            1e-12,
            weightedMean(weights, rows, (row) => targets[row]!),
          ),
        ),
      ),
    ],
    loss: (scores, targets, weights, rows) =>
      weightedMean(weights, rows, (row) => loss(scores[0]![row]!, targets[row]!)),
    emit: (scores) => exp(scores),
    reference: (scores) => scores.map((score) => Math.exp(score)),
    ...(parameter !== undefined && { parameter }),
  };
}

/** A loss of the error alone; answers the score itself. */
function ofError(
  base: Objective["base"],
  loss: (error: number) => number,
  rest: Pick<Objective, "parameter" | "leafQuantile">,
): Objective {
  return {
    ...fixed.squared,
    base,
    loss: (scores, targets, weights, rows) =>
      weightedMean(weights, rows, (row) => loss(targets[row]! - scores[0]![row]!)),
    ...rest,
  };
}

/** The constant at which the errors, held within ± delta, add to 0; by halving. */
function huberCenter(
  delta: number,
  targets: Float64Array,
  weights: Float64Array | undefined,
  rows: Uint32Array,
): number {
  let low = Infinity;
  let high = -Infinity;
  for (const row of rows) {
    low = Math.min(low, targets[row]!);
    high = Math.max(high, targets[row]!);
  }
  for (let i = 0; i < 60 && low < high; i++) {
    const middle = low / 2 + high / 2;
    const pull = weightedMean(weights, rows, (row) =>
      Math.max(-delta, Math.min(delta, targets[row]! - middle)),
    );
    if (pull > 0) low = middle;
    else high = middle;
  }
  return low / 2 + high / 2;
}

/** The least value with at least `level` of the weight at or below it. */
export function weightedQuantile(
  level: number,
  rows: Uint32Array,
  values: ArrayLike<number>,
  weights: Float64Array | undefined,
): number {
  if (weights === undefined) {
    const sorted = Float64Array.from(rows, (row) => values[row]!).sort();
    // As below: summing must not reach past the last row.
    return sorted[Math.max(0, Math.ceil(level * sorted.length * (1 - 1e-12)) - 1)]!;
  }
  const order = Array.from(rows).sort((a, b) => values[a]! - values[b]! || a - b);
  const total = order.reduce((sum, row) => sum + weights[row]!, 0);
  let below = 0;
  for (const row of order) {
    below += weights[row]!;
    if (below >= level * total * (1 - 1e-12) && below > 0) return values[row]!;
  }
  return values[order.at(-1)!]!;
}

/** A loss of the user's own as an objective. */
export function objectiveOfLoss(loss: Loss): Objective {
  return {
    outputs: () => 1,
    base: (targets, weights, rows) => [Math.fround(bestScore(loss, targets, weights, rows))],
    loss: (scores, targets, weights, rows) =>
      weightedMean(weights, rows, (row) => costOf(loss, scores[0]![row]!, targets[row]!)),
    emit: (scores) => emitAnswer(loss, scores),
    reference: (scores) => answerByHand(loss, scores),
    own: loss,
  };
}

/** The losses for numbers that a user may name. */
export const numberObjectives = ["squared", "poisson", "gamma", "tweedie", "huber", "quantile"] as const;
export type NumberObjective = (typeof numberObjectives)[number];
export type ObjectiveName = NumberObjective | "logistic" | "softmax";

/** Numbers that some objectives ask for. */
export interface ObjectiveSettings {
  /** Between 1 (counts) and 2 (amounts). */
  readonly tweediePower: number;
  /** In units of the target. */
  readonly huberDelta: number;
  /** Between 0 and 1. */
  readonly quantile: number;
}

export function objectiveNamed(name: ObjectiveName, settings: ObjectiveSettings): Objective {
  const { tweediePower: p, huberDelta: delta, quantile: level } = settings;
  switch (name) {
    case "poisson":
      return logarithmic((s, y) => Math.exp(s) - y * s);
    case "gamma":
      return logarithmic((s, y) => y * Math.exp(-s) + s);
    case "tweedie":
      return logarithmic(
        (s, y) => Math.exp((2 - p) * s) / (2 - p) - (y * Math.exp((1 - p) * s)) / (1 - p),
        p,
      );
    case "huber":
      return ofError(
        (targets, weights, rows) => [Math.fround(huberCenter(delta, targets, weights, rows))],
        (e) => (Math.abs(e) <= delta ? (e * e) / 2 : delta * (Math.abs(e) - delta / 2)),
        { parameter: delta },
      );
    case "quantile":
      return ofError(
        (targets, weights, rows) => [Math.fround(weightedQuantile(level, rows, targets, weights))],
        (e) => Math.max(level * e, (level - 1) * e),
        { parameter: level, leafQuantile: level },
      );
    default:
      return fixed[name];
  }
}
