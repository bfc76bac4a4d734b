/**
 * What boosting can minimise, one table entry each: where scores start, the loss that early stopping watches, and how
 * a score becomes the answer, in the graph and by hand. First and second derivatives are kernels of the same name.
 * Source: Friedman 2001; Friedman, Hastie & Tibshirani 2000 (logistic, multiclass).
 */
import { concat, sigmoid, softmax, sub, type Value } from "../../graph/index.ts";

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
export const objectives = {
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

export type ObjectiveName = keyof typeof objectives;
