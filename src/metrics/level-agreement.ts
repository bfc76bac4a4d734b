/**
 * How well predicted levels agree with true ones, a miss by two levels counting more than a miss by one.
 *
 * Quadratic weighted kappa is 1 less the mean squared distance over the one that the same shares would have by
 * chance; the mean level error is the mean distance. Both read the order of the classes from their codes. Source:
 * Cohen 1968, Psychological Bulletin 70(4); scikit-learn's cohen_kappa_score(weights="quadratic").
 */
import { checkedMatrix, type LabelOptions } from "./confusion-matrix.ts";

/**
 * Cohen's kappa with quadratic weights.
 *
 * @param labels - True level a row, 0 … classCount − 1. Shape [n].
 * @param predicted - Predicted level a row. Shape [n].
 * @returns At most 1, which is perfect; 0 is chance, and also rows whose levels, true and predicted, are all the same one.
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function quadraticKappa(
  labels: Int32Array,
  predicted: Int32Array,
  options: LabelOptions = {},
): number {
  const { matrix, classCount } = checkedMatrix("quadraticKappa", labels, predicted, options);
  return quadraticKappaOf(matrix, classCount);
}

/** Mean distance between true and predicted levels, in levels. @throws as `quadraticKappa`. */
export function levelError(labels: Int32Array, predicted: Int32Array, options: LabelOptions = {}): number {
  const { matrix, classCount } = checkedMatrix("levelError", labels, predicted, options);
  return levelErrorOf(matrix, classCount);
}

export function quadraticKappaOf(matrix: Float64Array, classCount: number): number {
  const truth = new Float64Array(classCount);
  const said = new Float64Array(classCount);
  let total = 0;
  let distance = 0;
  for (let a = 0; a < classCount; a++) {
    for (let b = 0; b < classCount; b++) {
      const count = matrix[a * classCount + b]!;
      truth[a]! += count;
      said[b]! += count;
      total += count;
      distance += count * (a - b) ** 2;
    }
  }
  let chance = 0;
  for (let a = 0; a < classCount; a++)
    for (let b = 0; b < classCount; b++) chance += truth[a]! * said[b]! * (a - b) ** 2;
  return chance === 0 ? 0 : 1 - (distance * total) / chance;
}

export function levelErrorOf(matrix: Float64Array, classCount: number): number {
  let total = 0;
  let distance = 0;
  for (let a = 0; a < classCount; a++) {
    for (let b = 0; b < classCount; b++) {
      total += matrix[a * classCount + b]!;
      distance += matrix[a * classCount + b]! * Math.abs(a - b);
    }
  }
  return distance / total;
}

/** How far a sum of probabilities may be from one half and still be it: sums in a graph round in their own way. */
export const halfTolerance = 1e-9;

/** The median level of each row: the first that half of the probability lies at or below, which errs least on average. */
export function medianLevels(probabilities: Float64Array, classCount: number): Int32Array {
  const levels = new Int32Array(probabilities.length / classCount);
  for (let i = 0; i < levels.length; i++) {
    let level = 0;
    let upTo = probabilities[i * classCount]!;
    while (level < classCount - 1 && upTo < 0.5 - halfTolerance)
      upTo += probabilities[i * classCount + ++level]!;
    levels[i] = level;
  }
  return levels;
}
