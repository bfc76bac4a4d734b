/**
 * Area under the ROC curve, by the rank-sum identity.
 *
 * The area equals the chance that a random positive outscores a random negative,
 * a tie counting one half. Sorting gives it in O(n log n) without drawing the
 * curve, and with weights the pairs count by the product of theirs. Several
 * classes: each against the rest, averaged. Source: Hanley & McNeil 1982,
 * Radiology 143(1):29–36; Provost & Domingos 2000 for one against the rest.
 */
import { checkedWeight, requireCodes, requireProbabilities, requireSameLength } from "./checks.ts";
import { classColumn, oneClassError, rank, requireRanking } from "./ranking.ts";
import type { Scorer } from "./scorer.ts";

export interface RankingOptions {
  /** Non-negative weight a row, default 1. Shape [n]. */
  readonly weight?: Float64Array | undefined;
  /** The class whose scores these are; default 1. */
  readonly positive?: number | undefined;
}

/**
 * Area under the ROC curve of one class against the others.
 *
 * @param labels - Class code a row. Shape [n].
 * @param scores - Higher means more positive; need not be a probability. Shape [n].
 * @returns Area in [0, 1]; 0.5 is chance.
 * @throws MillwrightError `SHAPE_MISMATCH` if the lengths differ, `DATA_BAD_VALUE` if a score is NaN.
 * @throws MillwrightError `DATA_ONE_CLASS` if a class is absent: the area is undefined, not 0.5.
 */
export function rocAuc(labels: Int32Array, scores: Float64Array, options: RankingOptions = {}): number {
  requireRanking("rocAuc", labels, scores);
  const weight = checkedWeight("rocAuc", labels.length, options.weight);
  const area = rocAucScorer(labels, scores, options.positive ?? 1)(weight);
  if (Number.isNaN(area)) throw oneClassError("rocAuc", labels);
  return area;
}

/** Prepares `rocAuc` of checked rows: sorts once, then each weighting costs O(n). */
export function rocAucScorer(labels: Int32Array, scores: Float64Array, positive = 1): Scorer {
  const { order, positive: isPositive, ends } = rank(labels, scores, positive);
  return (weight) => {
    let area = 0;
    let positives = 0;
    let negatives = 0;
    let place = 0;
    for (let g = 0; g < ends.length; g++) {
      const end = ends[g]!;
      let tiedPositives = 0;
      let tiedNegatives = 0;
      for (; place < end; place++) {
        const w = weight[order[place]!]!;
        if (isPositive[place] === 1) tiedPositives += w;
        else tiedNegatives += w;
      }
      area += tiedNegatives * (positives + tiedPositives / 2);
      positives += tiedPositives;
      negatives += tiedNegatives;
    }
    return area / (positives * negatives);
  };
}

export interface OneVsRestOptions {
  readonly weight?: Float64Array | undefined;
  /** `macro`: plain mean over the classes present (default); `weighted`: by their share of the rows. */
  readonly average?: "macro" | "weighted" | undefined;
}

/**
 * Area under the ROC curve of several classes, each against the rest.
 *
 * Classes that have no row are left out of the mean.
 *
 * @param labels - Class code a row. Shape [n].
 * @param probabilities - Row-major [n × classCount].
 * @returns Area in [0, 1]; 0.5 is chance.
 * @throws MillwrightError `DATA_ONE_CLASS` if all rows are of one class.
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function rocAucOneVsRest(
  labels: Int32Array,
  probabilities: Float64Array,
  classCount: number,
  options: OneVsRestOptions = {},
): number {
  requireSameLength("rocAuc", { labels });
  requireCodes("rocAuc", "labels", labels, classCount);
  requireProbabilities("rocAuc", probabilities, labels.length, classCount);
  const weight = checkedWeight("rocAuc", labels.length, options.weight);
  const average = options.average ?? "macro";
  const area = oneVsRestScorer(labels, probabilities, classCount, average, rocAucScorer)(weight);
  if (Number.isNaN(area)) throw oneClassError("rocAuc", labels);
  return area;
}

/** Averages a binary ranking metric over the classes present, each against the rest; NaN when fewer than two are. */
export function oneVsRestScorer(
  labels: Int32Array,
  probabilities: Float64Array,
  classCount: number,
  average: "macro" | "weighted",
  binary: (labels: Int32Array, scores: Float64Array, positive: number) => Scorer,
): Scorer {
  const scorers = Array.from({ length: classCount }, (_, c) =>
    binary(labels, classColumn(probabilities, classCount, c), c),
  );
  return (weight) => {
    const support = new Float64Array(classCount);
    for (let i = 0; i < labels.length; i++) support[labels[i]!]! += weight[i]!;
    let sum = 0;
    let total = 0;
    let present = 0;
    for (let c = 0; c < classCount; c++) {
      if (support[c] === 0) continue;
      present++;
      const share = average === "macro" ? 1 : support[c]!;
      sum += share * scorers[c]!(weight);
      total += share;
    }
    return present < 2 ? Number.NaN : sum / total;
  };
}
