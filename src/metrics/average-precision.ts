/**
 * Average precision: the area under the precision-recall curve as a sum of steps.
 *
 * AP = Σ (Rₙ − Rₙ₋₁) Pₙ over the distinct scores from the highest down, without
 * interpolation, which would be too kind (Davis & Goadrich 2006). Follows
 * scikit-learn's `average_precision_score`.
 */
import { MillwrightError } from "../core/index.ts";
import { checkedWeight } from "./checks.ts";
import { rank, requireRanking } from "./ranking.ts";
import type { RankingOptions } from "./roc-auc.ts";
import type { Scorer } from "./scorer.ts";

/**
 * Average precision of one class against the others.
 *
 * @param labels - Class code a row. Shape [n].
 * @param scores - Higher means more positive. Shape [n].
 * @returns In (0, 1]; the share of positives is chance.
 * @throws MillwrightError `DATA_ONE_CLASS` if there is no positive.
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function averagePrecision(
  labels: Int32Array,
  scores: Float64Array,
  options: RankingOptions = {},
): number {
  requireRanking("averagePrecision", labels, scores);
  const weight = checkedWeight("averagePrecision", labels.length, options.weight);
  const area = averagePrecisionScorer(labels, scores, options.positive ?? 1)(weight);
  if (Number.isNaN(area)) {
    throw new MillwrightError(
      "DATA_ONE_CLASS",
      `averagePrecision needs positives, and none of ${labels.length} rows is of class ${options.positive ?? 1}.`,
      "Evaluate on more rows, or make a stratified split.",
    );
  }
  return area;
}

/** Prepares `averagePrecision` of checked rows. */
export function averagePrecisionScorer(labels: Int32Array, scores: Float64Array, positive = 1): Scorer {
  const { order, positive: isPositive, ends } = rank(labels, scores, positive);
  return (weight) => {
    let area = 0;
    let hits = 0;
    let called = 0;
    let place = 0;
    for (let g = 0; g < ends.length; g++) {
      const before = hits;
      for (const end = ends[g]!; place < end; place++) {
        const w = weight[order[place]!]!;
        called += w;
        if (isPositive[place] === 1) hits += w;
      }
      if (hits > before) area += ((hits - before) * hits) / called;
    }
    return area / hits;
  };
}
