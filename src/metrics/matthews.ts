/**
 * Matthews correlation: how far labels and predictions go together, fair to rare classes.
 *
 * The correlation between the one-hot matrices of labels and predictions; with two
 * classes it is the phi coefficient. Source: Matthews 1975; Gorodkin 2004 (R_K) for
 * more classes; scikit-learn's `matthews_corrcoef`, whose 0 for a constant side it follows.
 */
import { checkedMatrix, type LabelOptions } from "./confusion-matrix.ts";

/**
 * Matthews correlation coefficient of labels and predictions.
 *
 * @param labels - True class code a row. Shape [n].
 * @param predicted - Predicted class code a row. Shape [n].
 * @returns In [−1, 1]; 1 is perfect, 0 is chance or a constant prediction.
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function matthews(labels: Int32Array, predicted: Int32Array, options: LabelOptions = {}): number {
  const { matrix, classCount } = checkedMatrix("matthews", labels, predicted, options);
  return matthewsOf(matrix, classCount);
}

/** Matthews correlation of a confusion matrix. */
export function matthewsOf(matrix: Float64Array, classCount: number): number {
  let total = 0;
  let right = 0;
  let cross = 0;
  let labelSquares = 0;
  let predictedSquares = 0;
  for (let c = 0; c < classCount; c++) {
    let support = 0;
    let called = 0;
    for (let d = 0; d < classCount; d++) {
      support += matrix[c * classCount + d]!;
      called += matrix[d * classCount + c]!;
    }
    right += matrix[c * classCount + c]!;
    total += support;
    cross += support * called;
    labelSquares += support * support;
    predictedSquares += called * called;
  }
  const spread = (total * total - labelSquares) * (total * total - predictedSquares);
  return spread <= 0 ? 0 : (right * total - cross) / Math.sqrt(spread);
}
