/**
 * The form in which metrics are computed: rows are prepared once (sorted, binned,
 * losses taken), then scored under any weights. A bootstrap replicate is the same
 * rows under other weights, so 1,000 of them need one sort, not 1,000.
 */

/**
 * The score of prepared rows under these weights.
 *
 * @param weight - Non-negative, one a row; a weight of 0 is as if the row were absent. Shape [n].
 * @returns NaN where the metric is undefined under these weights (a class is absent, say).
 */
export type Scorer = (weight: Float64Array) => number;

/** A score that is 0 but for the rounding of a sum over so many rows is 0. */
export function withoutRounding(score: number, rowCount: number): number {
  return Math.abs(score) <= rowCount * Number.EPSILON ? 0 : score;
}

/** Scores the weighted mean of a loss per row. */
export function meanScorer(loss: Float64Array): Scorer {
  return (weight) => {
    let sum = 0;
    let total = 0;
    for (let i = 0; i < loss.length; i++) {
      const w = weight[i]!;
      // A row of weight 0 is absent, even where its loss is infinite.
      if (w === 0) continue;
      sum += w * loss[i]!;
      total += w;
    }
    return sum / total;
  };
}
