/**
 * Expected calibration error: how far stated probabilities are from the shares that came true.
 *
 * Rows fall into equal-width bins of confidence; the error is the mean over the
 * bins, by weight, of |mean confidence − share that came true|. With two classes
 * the confidence is the probability of the positive class and the event that it
 * came; with more it is the largest probability and the event that it was right.
 * Source: Naeini et al. 2015; Guo et al. 2017 (15 bins).
 */
import { checkedWeight, requireCodes, requireProbabilities, requireSameLength } from "./checks.ts";
import type { ProbabilityOptions } from "./log-loss.ts";
import { type Scorer, withoutRounding } from "./scorer.ts";

export interface CalibrationErrorOptions extends ProbabilityOptions {
  /** Bins over [0, 1]; default 15. */
  readonly bins?: number | undefined;
  /** With two classes, the class whose probability is looked at; default 1. */
  readonly positive?: number | undefined;
}

/**
 * Expected calibration error of probabilities.
 *
 * @param labels - Class code a row. Shape [n].
 * @param probabilities - Row-major [n × classCount].
 * @returns In [0, 1]; 0.02 means that stated shares are off by two points on average.
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function expectedCalibrationError(
  labels: Int32Array,
  probabilities: Float64Array,
  classCount: number,
  options: CalibrationErrorOptions = {},
): number {
  const owner = "expectedCalibrationError";
  requireSameLength(owner, { labels });
  requireCodes(owner, "labels", labels, classCount);
  requireProbabilities(owner, probabilities, labels.length, classCount);
  const weight = checkedWeight(owner, labels.length, options.weight);
  const { bins, positive } = options;
  return expectedCalibrationErrorScorer(labels, probabilities, classCount, positive, bins)(weight);
}

/** Prepares `expectedCalibrationError` of checked rows. */
export function expectedCalibrationErrorScorer(
  labels: Int32Array,
  probabilities: Float64Array,
  classCount: number,
  positive = 1,
  bins = 15,
): Scorer {
  const { confidence, event } = confidences(labels, probabilities, classCount, positive);
  const bin = Uint32Array.from(confidence, (p) => Math.min(bins - 1, Math.max(0, Math.floor(p * bins))));
  const gap = confidence.map((p, i) => p - event[i]!);
  const sums = new Float64Array(bins);
  return (weight) => {
    sums.fill(0);
    let total = 0;
    for (let i = 0; i < gap.length; i++) {
      sums[bin[i]!]! += weight[i]! * gap[i]!;
      total += weight[i]!;
    }
    return withoutRounding(sums.reduce((sum, value) => sum + Math.abs(value), 0) / total, gap.length);
  };
}

/** What was claimed (a probability) and whether it came true (0 or 1), per row. */
function confidences(
  labels: Int32Array,
  probabilities: Float64Array,
  classCount: number,
  positive: number,
): { confidence: Float64Array; event: Uint8Array } {
  const confidence = new Float64Array(labels.length);
  const event = new Uint8Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    let claimed = positive;
    if (classCount > 2) {
      claimed = 0;
      for (let c = 1; c < classCount; c++) {
        if (probabilities[i * classCount + c]! > probabilities[i * classCount + claimed]!) claimed = c;
      }
    }
    confidence[i] = probabilities[i * classCount + claimed]!;
    event[i] = labels[i] === claimed ? 1 : 0;
  }
  return { confidence, event };
}
