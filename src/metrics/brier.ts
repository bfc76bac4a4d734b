/**
 * Brier score: the mean squared distance between probabilities and what happened.
 *
 * With two classes of the positive one only, in [0, 1]; with more of all classes,
 * in [0, 2]. Source: Brier 1950; scikit-learn's `brier_score_loss` (`scale_by_half="auto"`).
 */
import { checkedWeight, requireCodes, requireProbabilities, requireSameLength } from "./checks.ts";
import type { ProbabilityOptions } from "./log-loss.ts";
import { meanScorer, type Scorer } from "./scorer.ts";

/**
 * Brier score of probabilities.
 *
 * @param labels - Class code a row. Shape [n].
 * @param probabilities - Row-major [n × classCount].
 * @returns 0 is perfect; 0.25 an even guess between two classes.
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function brier(
  labels: Int32Array,
  probabilities: Float64Array,
  classCount: number,
  options: ProbabilityOptions = {},
): number {
  requireSameLength("brier", { labels });
  requireCodes("brier", "labels", labels, classCount);
  requireProbabilities("brier", probabilities, labels.length, classCount);
  const weight = checkedWeight("brier", labels.length, options.weight);
  return brierScorer(labels, probabilities, classCount)(weight);
}

/** Prepares `brier` of checked rows. */
export function brierScorer(labels: Int32Array, probabilities: Float64Array, classCount: number): Scorer {
  const loss = new Float64Array(labels.length);
  const scale = classCount === 2 ? 0.5 : 1;
  for (let i = 0; i < labels.length; i++) {
    let sum = 0;
    for (let c = 0; c < classCount; c++) {
      const miss = probabilities[i * classCount + c]! - (labels[i] === c ? 1 : 0);
      sum += miss * miss;
    }
    loss[i] = scale * sum;
  }
  return meanScorer(loss);
}
