/**
 * Precision, recall and F1, of one class or averaged over the classes.
 *
 * Averages as in scikit-learn's `precision_recall_fscore_support`: `macro` is the
 * plain mean over the classes that occur among labels or predictions, `weighted`
 * the mean by support, `micro` counts all decisions together. A share with an
 * empty denominator is 0.
 */
import { MillwrightError } from "../core/index.ts";
import { checkedMatrix, type LabelOptions } from "./confusion-matrix.ts";

export const averages = ["binary", "macro", "micro", "weighted"] as const;
/** How the classes come together in one number. */
export type Average = (typeof averages)[number];

export interface AverageOptions extends LabelOptions {
  /** `binary` looks at the class `positive` only; the default for two classes, else `macro`. */
  readonly average?: Average | undefined;
  /** The class that counts under `binary`; default 1. */
  readonly positive?: number | undefined;
}

/** Shares in [0, 1]. */
export interface PrecisionRecall {
  /** Share of the rows called this class that are it. */
  readonly precision: number;
  /** Share of the rows of this class that were called it. */
  readonly recall: number;
  /** Harmonic mean of the two. */
  readonly f1: number;
}

/**
 * Precision, recall and F1 together.
 *
 * @param labels - True class code a row. Shape [n].
 * @param predicted - Predicted class code a row. Shape [n].
 * @throws MillwrightError `PARAMETER_CONFLICT` for `binary` with more than two classes and no `positive`.
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function precisionRecall(
  labels: Int32Array,
  predicted: Int32Array,
  options: AverageOptions = {},
): PrecisionRecall {
  const { matrix, classCount } = checkedMatrix("precisionRecall", labels, predicted, options);
  const average = options.average ?? (classCount === 2 ? "binary" : "macro");
  if (average === "binary" && classCount > 2 && options.positive === undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `precisionRecall with average "binary" needs one positive class, and there are ${classCount}.`,
      'Name it with positive, or set average to "macro", "micro" or "weighted".',
    );
  }
  return precisionRecallOf(matrix, classCount, average, options.positive ?? 1);
}

/** Precision alone; see `precisionRecall`. */
export function precision(labels: Int32Array, predicted: Int32Array, options: AverageOptions = {}): number {
  return precisionRecall(labels, predicted, options).precision;
}

/** Recall alone; see `precisionRecall`. */
export function recall(labels: Int32Array, predicted: Int32Array, options: AverageOptions = {}): number {
  return precisionRecall(labels, predicted, options).recall;
}

/** F1 alone; see `precisionRecall`. */
export function f1(labels: Int32Array, predicted: Int32Array, options: AverageOptions = {}): number {
  return precisionRecall(labels, predicted, options).f1;
}

/** The same figures of a confusion matrix. */
export function precisionRecallOf(
  matrix: Float64Array,
  classCount: number,
  average: Average,
  positive: number,
): PrecisionRecall {
  const perClass = Array.from({ length: classCount }, (_, c) => countsOf(matrix, classCount, c));
  if (average === "binary") return shares(perClass[positive]!);
  if (average === "micro") {
    const all = { hits: 0, called: 0, support: 0 };
    for (const counts of perClass) {
      all.hits += counts.hits;
      all.called += counts.called;
      all.support += counts.support;
    }
    return shares(all);
  }
  const sums = { precision: 0, recall: 0, f1: 0 };
  let total = 0;
  for (const counts of perClass) {
    if (counts.support === 0 && counts.called === 0) continue;
    const share = average === "macro" ? 1 : counts.support;
    const figures = shares(counts);
    sums.precision += share * figures.precision;
    sums.recall += share * figures.recall;
    sums.f1 += share * figures.f1;
    total += share;
  }
  return { precision: sums.precision / total, recall: sums.recall / total, f1: sums.f1 / total };
}

interface Counts {
  hits: number;
  called: number;
  support: number;
}

function countsOf(matrix: Float64Array, classCount: number, c: number): Counts {
  const counts = { hits: matrix[c * classCount + c]!, called: 0, support: 0 };
  for (let d = 0; d < classCount; d++) {
    counts.called += matrix[d * classCount + c]!;
    counts.support += matrix[c * classCount + d]!;
  }
  return counts;
}

function shares({ hits, called, support }: Counts): PrecisionRecall {
  const both = called + support;
  return {
    precision: called === 0 ? 0 : hits / called,
    recall: support === 0 ? 0 : hits / support,
    f1: both === 0 ? 0 : (2 * hits) / both,
  };
}
