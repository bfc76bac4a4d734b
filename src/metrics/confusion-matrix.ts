/** Counts of true against predicted classes: all label metrics are read from it. */
import { checkedWeight, countClasses, requireCodes, requireSameLength } from "./checks.ts";
import type { Scorer } from "./scorer.ts";

/** Options of the metrics of predicted labels. */
export interface LabelOptions {
  /** Non-negative weight a row, default 1. Shape [n]. */
  readonly weight?: Float64Array | undefined;
  /** Number of classes; the largest code + 1 unless told. */
  readonly classCount?: number | undefined;
}

/**
 * Sum of weights per true and predicted class.
 *
 * @param labels - True class code a row. Shape [n].
 * @param predicted - Predicted class code a row. Shape [n].
 * @returns Row-major [classCount × classCount]: row = true class, column = predicted class.
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function confusionMatrix(
  labels: Int32Array,
  predicted: Int32Array,
  options: LabelOptions = {},
): Float64Array {
  return checkedMatrix("confusionMatrix", labels, predicted, options).matrix;
}

/** The confusion matrix of checked rows, for a metric named `owner`. */
export function checkedMatrix(
  owner: string,
  labels: Int32Array,
  predicted: Int32Array,
  options: LabelOptions,
): { matrix: Float64Array; classCount: number } {
  requireSameLength(owner, { labels, predictions: predicted });
  const classCount = options.classCount ?? countClasses(labels, predicted);
  requireCodes(owner, "labels", labels, classCount);
  requireCodes(owner, "predictions", predicted, classCount);
  const weight = checkedWeight(owner, labels.length, options.weight);
  return { matrix: countPairs(labels, predicted, classCount, weight), classCount };
}

/** Scores a figure read off the confusion matrix. */
export function matrixScorer(
  labels: Int32Array,
  predicted: Int32Array,
  classCount: number,
  figure: (matrix: Float64Array, classCount: number) => number,
): Scorer {
  return (weight) => figure(countPairs(labels, predicted, classCount, weight), classCount);
}

function countPairs(
  labels: Int32Array,
  predicted: Int32Array,
  classCount: number,
  weight: Float64Array,
): Float64Array {
  const matrix = new Float64Array(classCount * classCount);
  for (let i = 0; i < labels.length; i++) matrix[labels[i]! * classCount + predicted[i]!]! += weight[i]!;
  return matrix;
}
