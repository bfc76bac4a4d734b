/**
 * Accuracy and balanced accuracy: the share of rows that got their class, over
 * all rows or averaged over the classes. Source: Brodersen et al. 2010, ICPR;
 * scikit-learn's `accuracy_score` and `balanced_accuracy_score`.
 */
import { checkedMatrix, type LabelOptions } from "./confusion-matrix.ts";

/**
 * Weighted share of rows whose predicted class is the true one.
 *
 * @param labels - True class code a row. Shape [n].
 * @param predicted - Predicted class code a row. Shape [n].
 * @returns Share in [0, 1].
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function accuracy(labels: Int32Array, predicted: Int32Array, options: LabelOptions = {}): number {
  const { matrix, classCount } = checkedMatrix("accuracy", labels, predicted, options);
  return accuracyOf(matrix, classCount);
}

/**
 * Mean over the classes present of the share that was recognised.
 *
 * @returns Share in [0, 1]; 1 / classes is chance.
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function balancedAccuracy(
  labels: Int32Array,
  predicted: Int32Array,
  options: LabelOptions = {},
): number {
  const { matrix, classCount } = checkedMatrix("balancedAccuracy", labels, predicted, options);
  return balancedAccuracyOf(matrix, classCount);
}

/** Accuracy of a confusion matrix. */
export function accuracyOf(matrix: Float64Array, classCount: number): number {
  let right = 0;
  let total = 0;
  for (let i = 0; i < matrix.length; i++) {
    total += matrix[i]!;
    if (i % (classCount + 1) === 0) right += matrix[i]!;
  }
  return right / total;
}

/** Balanced accuracy of a confusion matrix; classes without a row do not count. */
export function balancedAccuracyOf(matrix: Float64Array, classCount: number): number {
  let sum = 0;
  let present = 0;
  for (let c = 0; c < classCount; c++) {
    let support = 0;
    for (let d = 0; d < classCount; d++) support += matrix[c * classCount + d]!;
    if (support === 0) continue;
    present++;
    sum += matrix[c * classCount + c]! / support;
  }
  return sum / present;
}
