/**
 * Comparing two models: on the same rows by a paired bootstrap, on the same folds
 * by the corrected resampled t-test.
 *
 * Pairing matters: the scores of two models on the same rows rise and fall
 * together, so their difference is far surer than two overlapping intervals
 * suggest. Over folds the training parts overlap, so the plain t-test claims too
 * much; the correction widens its variance by test rows / training rows.
 * Source: Efron & Tibshirani 1993, chapter 16; Nadeau & Bengio 2003, Machine
 * Learning 52:239–281.
 */
import { MillwrightError, quantile } from "../core/index.ts";
import type { Metric, ScoredRows } from "../metrics/index.ts";
import {
  type BootstrapOptions,
  bootstrapScores,
  allEqual,
  definedOnly,
  standardDeviation,
} from "./bootstrap.ts";
import { studentQuantile, studentTwoSided } from "./distributions.ts";

export interface PairedComparison {
  readonly scoreA: number;
  readonly scoreB: number;
  /** How much better B is than A, so positive is better whatever the metric's direction. */
  readonly gain: number;
  /** NaN, as all below, where every resample has the same gain, and it is not 0: one row, say. */
  readonly low: number;
  readonly high: number;
  readonly standardError: number;
  /** Chance of a gain at least this far from 0 if the models were equal, two-sided. */
  readonly pValue: number;
  /** Share of resamples in which B is better, a tie counting one half. */
  readonly chanceBetter: number;
}

/**
 * Compares model B with model A on the same rows, by resampling the rows.
 *
 * @param a - Rows as model A answers them.
 * @param b - The same rows as model B answers them: equal `y` and weights.
 * @throws MillwrightError `SHAPE_MISMATCH` if the rows differ, and as `bootstrapInterval`.
 */
export function comparePaired(
  metric: Metric,
  a: ScoredRows,
  b: ScoredRows,
  options: Omit<BootstrapOptions, "method">,
): PairedComparison {
  requireSameRows(a, b);
  const sign = metric.greaterIsBetter ? 1 : -1;
  const scoreA = metric.score(a);
  const scoreB = metric.score(b);
  const [scoresA, scoresB] = bootstrapScores([metric.scorer(a), metric.scorer(b)], a, options);
  const gains = definedOnly(
    metric.name,
    scoresB!.map((score, i) => sign * (score - scoresA![i]!)),
  );
  // Models that answer alike have a gain of 0 on any rows; another gain that never varies tells nothing about them.
  if (gains[0] !== 0 && allEqual(gains)) {
    const none = Number.NaN;
    const untold = { low: none, high: none, standardError: none, pValue: none, chanceBetter: none };
    return { scoreA, scoreB, gain: sign * (scoreB - scoreA), ...untold };
  }
  let better = 0;
  let worse = 0;
  for (const gain of gains) {
    if (gain > 0) better++;
    else if (gain < 0) worse++;
  }
  const ties = gains.length - better - worse;
  const { confidence = 0.95 } = options;
  return {
    scoreA,
    scoreB,
    gain: sign * (scoreB - scoreA),
    low: quantile(gains, (1 - confidence) / 2),
    high: quantile(gains, (1 + confidence) / 2),
    standardError: standardDeviation(gains),
    // The added 1 keeps a finite number of resamples from claiming certainty.
    pValue: Math.min(1, (2 * (Math.min(better, worse) + ties + 1)) / (gains.length + 1)),
    chanceBetter: (better + ties / 2) / gains.length,
  };
}

function requireSameRows(a: ScoredRows, b: ScoredRows): void {
  const same = (x: ArrayLike<number>, y: ArrayLike<number>): boolean =>
    x.length === y.length && Array.prototype.every.call(x, (value, i) => value === y[i]);
  const sameWeight =
    a.weight === undefined || b.weight === undefined ? a.weight === b.weight : same(a.weight, b.weight);
  if (same(a.y, b.y) && sameWeight) return;
  throw new MillwrightError(
    "SHAPE_MISMATCH",
    `A paired comparison needs both models on the same rows, and got ${a.y.length} and ${b.y.length} rows with different targets or weights.`,
    "Score both models on the same rows, in the same order.",
  );
}

export interface ResampledComparison {
  /** Mean difference over the folds. */
  readonly mean: number;
  /** Its corrected standard error. */
  readonly standardError: number;
  /** mean / standardError; 0 when all differences are 0. */
  readonly t: number;
  /** Two-sided, by Student's t with folds − 1 degrees. */
  readonly pValue: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Corrected resampled t-test of score differences over the folds of a cross-validation.
 *
 * @param differences - One score difference a fold (all repeats together), at least 2.
 * @param sizes - Rows in the test and in the training part of a fold: 1 and 4 for five folds.
 * @param confidence - Of the interval; default 0.95.
 * @throws MillwrightError `DATA_TOO_FEW_ROWS` for fewer than 2 differences, `DATA_BAD_VALUE` for one that is NaN.
 */
export function correctedResampledT(
  differences: Float64Array,
  sizes: { readonly test: number; readonly train: number },
  confidence = 0.95,
): ResampledComparison {
  const count = differences.length;
  if (count < 2) {
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `correctedResampledT needs at least 2 differences, and got ${count}.`,
      "Use more folds.",
    );
  }
  const bad = differences.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new MillwrightError(
      "DATA_BAD_VALUE",
      `correctedResampledT needs finite differences, and fold ${bad} has ${differences[bad]}.`,
      "Score both models in every fold.",
    );
  }
  const mean = differences.reduce((sum, value) => sum + value, 0) / count;
  const standardError = standardDeviation(differences) * Math.sqrt(1 / count + sizes.test / sizes.train);
  const t = mean === 0 ? 0 : mean / standardError;
  const reach = studentQuantile(confidence, count - 1) * standardError;
  return {
    mean,
    standardError,
    t,
    pValue: studentTwoSided(t, count - 1),
    low: mean - reach,
    high: mean + reach,
  };
}
