/**
 * A metric that ranks rows, taken fold by fold.
 *
 * The answers of a cross-validation come from one model a fold, and what one calls likely another may call rare. Ranked
 * together, even a constant model looks better or worse than chance: its answer moves with the class share of its
 * training part. Ranked within the folds and then averaged, it is exactly at chance.
 * Source: Forman & Scholz 2010, SIGKDD Explorations 12(1):49-57; Airola et al. 2011, Computational Statistics & Data
 * Analysis 55:1828-1844.
 */
import type { Metric, ScoredRows, Scorer } from "../metrics/index.ts";
import { takeScored } from "./rows.ts";

/**
 * @param folds - The fold of each row that will be scored. Shape [n].
 * @returns The mean over the folds, by their weight; a fold where the metric is undefined is left out.
 */
export function withinFolds(metric: Metric, folds: Int32Array): Metric {
  const rowsOf = new Map<number, number[]>();
  folds.forEach((fold, row) => {
    const rows = rowsOf.get(fold);
    if (rows === undefined) rowsOf.set(fold, [row]);
    else rows.push(row);
  });
  const parts = [...rowsOf.values()].map((rows) => Uint32Array.from(rows));
  const scorer = (rows: ScoredRows): Scorer => {
    const prepared = parts.map((places) => ({
      places,
      weight: new Float64Array(places.length),
      score: metric.scorer(takeScored(rows, places)),
    }));
    return (weight) => {
      let sum = 0;
      let total = 0;
      for (const part of prepared) {
        let share = 0;
        for (let i = 0; i < part.places.length; i++) {
          part.weight[i] = weight[part.places[i]!]!;
          share += part.weight[i]!;
        }
        const score = part.score(part.weight);
        if (Number.isNaN(score)) continue;
        sum += share * score;
        total += share;
      }
      return sum / total;
    };
  };
  return {
    ...metric,
    scorer,
    score(rows) {
      const score = scorer(rows)(rows.weight ?? new Float64Array(rows.y.length).fill(1));
      // Undefined in every fold: the metric itself says why.
      return Number.isNaN(score) ? metric.score(rows) : score;
    },
  };
}
