/**
 * Bootstrap interval of any metric.
 *
 * The metric prepares its rows once and is scored under the weights of each
 * resample, so a thousand ROC areas of 20,000 rows need one sort (about 0.4 s).
 * Percentile intervals, or BCa, which also corrects for bias and skew by a jackknife.
 * Source: Efron 1987, JASA 82:171–185; Efron & Tibshirani 1993, chapters 13 and 14.
 */
import { createRandom, MillwrightError, normalQuantile, quantile } from "../core/index.ts";
import type { Metric, ScoredRows, Scorer } from "../metrics/index.ts";
import { normalCdf } from "./distributions.ts";
import { resampler } from "./resample.ts";

export interface BootstrapOptions {
  readonly seed: number;
  /** Resamples, at least 20; default 1000. */
  readonly replicates?: number | undefined;
  /** Share of intervals that hold the true score; default 0.95. */
  readonly confidence?: number | undefined;
  /** Default `percentile`. */
  readonly method?: "percentile" | "bca" | undefined;
  /**
   * Classes keep their number of rows in each resample; default false. True answers how sure the
   * score is for rows of just this class mix: for new rows, whose mix varies too, a 95 % interval
   * of accuracy or log loss then holds the truth only about 75 times of 100.
   */
  readonly stratified?: boolean | undefined;
  /** Whole groups are drawn, −1 is a group of its own; then resamples are not stratified. Shape [n]. */
  readonly groups?: Int32Array | undefined;
}

export interface ScoreInterval {
  /** Score of the rows themselves. */
  readonly score: number;
  /** NaN, as `high`, where no interval is defined: every resample has the same score (one row; rows that all agree). */
  readonly low: number;
  readonly high: number;
  /** Standard deviation over the resamples; NaN where no interval is defined. */
  readonly standardError: number;
  readonly confidence: number;
  /** Resamples whose score is defined. */
  readonly replicates: number;
}

/**
 * Score of rows with its bootstrap interval. The same seed gives the same interval.
 *
 * @throws MillwrightError `DATA_TOO_FEW_ROWS` if the score is undefined in more than half of the resamples.
 * @throws MillwrightError `PARAMETER_RANGE`, and what the metric throws for these rows.
 */
export function bootstrapInterval(
  metric: Metric,
  rows: ScoredRows,
  options: BootstrapOptions,
): ScoreInterval {
  const { confidence = 0.95 } = options;
  const score = metric.score(rows);
  const scorer = metric.scorer(rows);
  const replicates = bootstrapScores([scorer], rows, options)[0]!;
  const defined = definedOnly(metric.name, replicates);
  if (allEqual(defined)) {
    const none = Number.NaN;
    return { score, low: none, high: none, standardError: none, confidence, replicates: defined.length };
  }
  const [low, high] =
    options.method === "bca"
      ? bcaInterval(defined, score, jackknife(scorer, rows, options.groups), confidence)
      : [quantile(defined, (1 - confidence) / 2), quantile(defined, (1 + confidence) / 2)];
  return {
    score,
    low,
    high,
    standardError: standardDeviation(defined),
    confidence,
    replicates: defined.length,
  };
}

/**
 * Scores of several scorers under the same resamples of their common rows.
 *
 * @returns One array a scorer, with NaN where undefined. Shape [scorers][replicates].
 */
export function bootstrapScores(
  scorers: readonly Scorer[],
  rows: ScoredRows,
  options: BootstrapOptions,
): Float64Array[] {
  const { seed, replicates = 1000, confidence = 0.95, stratified = false, groups } = options;
  if (!(Number.isInteger(replicates) && replicates >= 20 && confidence > 0 && confidence < 1)) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `A bootstrap needs at least 20 replicates and a confidence between 0 and 1, and got ${replicates} and ${confidence}.`,
      "Change them; the defaults are 1000 and 0.95.",
    );
  }
  const rowCount = rows.y.length;
  if (groups !== undefined && groups.length !== rowCount) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `A bootstrap by group needs a group a row, and got ${groups.length} for ${rowCount} rows.`,
      "Pass the groups of the same rows.",
    );
  }
  const strata = stratified && "classCount" in rows ? rows.y : undefined;
  const resample = resampler({ rowCount, strata, groups }, rows.weight);
  const random = createRandom(seed).child("bootstrap");
  const weight = new Float64Array(rowCount);
  const scores = scorers.map(() => new Float64Array(replicates));
  for (let b = 0; b < replicates; b++) {
    resample(random, weight);
    for (let s = 0; s < scorers.length; s++) scores[s]![b] = scorers[s]!(weight);
  }
  return scores;
}

/** The defined scores, sorted. */
export function definedOnly(owner: string, scores: Float64Array): Float64Array {
  const defined = scores.filter((score) => !Number.isNaN(score)).sort();
  if (defined.length * 2 < scores.length) {
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `The interval of ${owner} needs resamples in which it is defined, and it is in ${defined.length} of ${scores.length}.`,
      "Evaluate on more rows.",
    );
  }
  return defined;
}

/** Whether sorted scores differ by no more than rounding: then they tell nothing about other rows. */
export function allEqual(sorted: Float64Array): boolean {
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  return last - first <= 1e-12 * Math.max(1e-300, Math.abs(first), Math.abs(last));
}

/** Bias-corrected and accelerated limits; `sorted` are the replicates, `left` the scores without each block of rows. */
function bcaInterval(
  sorted: Float64Array,
  score: number,
  left: Float64Array,
  confidence: number,
): [number, number] {
  let below = 0;
  for (const replicate of sorted) below += replicate < score ? 1 : replicate === score ? 0.5 : 0;
  const bias = normalQuantile(Math.min(Math.max(below / sorted.length, 1e-9), 1 - 1e-9));
  const centre = left.reduce((sum, value) => sum + value, 0) / left.length;
  let squares = 0;
  let cubes = 0;
  for (const value of left) {
    squares += (centre - value) ** 2;
    cubes += (centre - value) ** 3;
  }
  const acceleration = squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
  const limit = (chance: number): number => {
    const z = bias + normalQuantile(chance);
    return quantile(sorted, normalCdf(bias + z / (1 - acceleration * z)));
  };
  return [limit((1 - confidence) / 2), limit((1 + confidence) / 2)];
}

/** Scores without each row or group, or, from 400 of them on, without each of 200 blocks: enough for a skewness. */
function jackknife(scorer: Scorer, rows: ScoredRows, groups?: Int32Array): Float64Array {
  const weight = rows.weight?.slice() ?? new Float64Array(rows.y.length).fill(1);
  const units = groups === undefined ? unitRows(weight.length) : unitGroups(groups);
  const blockCount = units.length <= 400 ? units.length : 200;
  const left: number[] = [];
  for (let block = 0; block < blockCount; block++) {
    const kept: [row: number, weight: number][] = [];
    for (let unit = block; unit < units.length; unit += blockCount) {
      for (const row of units[unit]!) {
        kept.push([row, weight[row]!]);
        weight[row] = 0;
      }
    }
    const score = scorer(weight);
    if (!Number.isNaN(score)) left.push(score);
    for (const [row, value] of kept) weight[row] = value;
  }
  return Float64Array.from(left);
}

function unitRows(rowCount: number): number[][] {
  return Array.from({ length: rowCount }, (_, row) => [row]);
}

function unitGroups(groups: Int32Array): number[][] {
  const lists = new Map<number, number[]>();
  groups.forEach((group, row) => {
    const key = group < 0 ? -1 - row : group;
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [row]);
    else list.push(row);
  });
  return [...lists.values()];
}

/** Standard deviation with n − 1; 0 for one number. */
export function standardDeviation(values: ArrayLike<number>): number {
  const count = values.length;
  let mean = 0;
  for (let i = 0; i < count; i++) mean += values[i]! / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (values[i]! - mean) ** 2;
  return count < 2 ? 0 : Math.sqrt(squares / (count - 1));
}
