/**
 * Logarithmic loss (cross-entropy): the mean surprise at the true class, in nats.
 *
 * Probabilities are kept within the machine epsilon of 0 and 1, as in scikit-learn's
 * `log_loss`, so a sure mistake costs 36 nats and not infinity.
 */
import { checkedWeight, requireCodes, requireProbabilities, requireSameLength } from "./checks.ts";
import { meanScorer, type Scorer } from "./scorer.ts";

export interface ProbabilityOptions {
  /** Non-negative weight a row, default 1. Shape [n]. */
  readonly weight?: Float64Array | undefined;
}

/**
 * Mean of −ln(probability of the true class).
 *
 * @param labels - Class code a row. Shape [n].
 * @param probabilities - Row-major [n × classCount].
 * @returns At least 0, in nats; ln(classCount) is an even guess.
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function logLoss(
  labels: Int32Array,
  probabilities: Float64Array,
  classCount: number,
  options: ProbabilityOptions = {},
): number {
  requireSameLength("logLoss", { labels });
  requireCodes("logLoss", "labels", labels, classCount);
  requireProbabilities("logLoss", probabilities, labels.length, classCount);
  const weight = checkedWeight("logLoss", labels.length, options.weight);
  return logLossScorer(labels, probabilities, classCount)(weight);
}

/** Prepares `logLoss` of checked rows. */
export function logLossScorer(labels: Int32Array, probabilities: Float64Array, classCount: number): Scorer {
  return meanScorer(logLossRows(labels, probabilities, classCount));
}

/** Log loss of each row. Shape [n]. */
export function logLossRows(
  labels: Int32Array,
  probabilities: Float64Array,
  classCount: number,
): Float64Array {
  const loss = new Float64Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const p = probabilities[i * classCount + labels[i]!]!;
    loss[i] = -Math.log(Math.min(Math.max(p, Number.EPSILON), 1 - Number.EPSILON));
  }
  return loss;
}
