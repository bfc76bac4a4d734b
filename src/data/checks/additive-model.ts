/**
 * A cheap model of several columns: a sum of one step function a column, fitted by cyclic boosting.
 *
 * It answers one question: how well can the target be predicted without a suspicious column? Source: Lou,
 * Caruana & Gehrke 2012, "Intelligible models for classification and regression".
 */
import type { Bins } from "../profile/bins.ts";
import { commonClasses, foldOf } from "../profile/relation.ts";
import type { ProfileTarget } from "../profile/target.ts";

const folds = 3;
const rounds = 40;
const rate = 0.3;
const prior = 5;

/**
 * Cross-validated score of all columns together, on the scale of `relation`.
 *
 * @param columns - Groups of the target's rows, one a column.
 */
export function additiveScore(columns: readonly Bins[], target: ProfileTarget): number {
  if (columns.length === 0) return 0;
  if (target.task === "regression") {
    const predicted = outOfFold(columns, target.values, target.rows);
    let mean = 0;
    for (const value of target.values) mean += value;
    mean /= target.values.length;
    let error = 0;
    let total = 0;
    for (let i = 0; i < predicted.length; i++) {
      error += (target.values[i]! - predicted[i]!) ** 2;
      total += (target.values[i]! - mean) ** 2;
    }
    return Math.max(0, 1 - error / total);
  }
  const classes = commonClasses(target.codes, target.labels.length).slice(0, 5);
  const considered = classes.length === 2 ? classes.slice(1) : classes;
  let sum = 0;
  for (const label of considered) {
    const values = Float64Array.from(target.codes, (code) => (code === label ? 1 : 0));
    sum += rankSeparation(outOfFold(columns, values, target.rows), values);
  }
  return sum / considered.length;
}

/** Predictions of each row by the model that did not see its fold. */
function outOfFold(columns: readonly Bins[], values: Float64Array, rows: Uint32Array): Float64Array {
  const out = new Float64Array(values.length);
  const foldOfRow = Uint8Array.from(rows, (row) => foldOf(row, folds));
  for (let fold = 0; fold < folds; fold++) {
    let mean = 0;
    let seen = 0;
    for (let i = 0; i < values.length; i++) {
      if (foldOfRow[i] === fold) continue;
      mean += values[i]!;
      seen++;
    }
    mean /= Math.max(1, seen);
    const residual = Float64Array.from(values, (value) => value - mean);
    const steps = columns.map((bins) => new Float64Array(bins.count));
    for (let round = 0; round < rounds; round++) {
      for (const [index, bins] of columns.entries()) boost(bins, residual, foldOfRow, fold, steps[index]!);
    }
    for (let i = 0; i < values.length; i++) {
      if (foldOfRow[i] !== fold) continue;
      out[i] = values[i]! - residual[i]!;
    }
  }
  return out;
}

/** Moves one column's steps toward the residuals of the rows outside the fold; all rows' residuals follow. */
function boost(
  bins: Bins,
  residual: Float64Array,
  foldOfRow: Uint8Array,
  fold: number,
  steps: Float64Array,
): void {
  const { groups, count } = bins;
  const sum = new Float64Array(count);
  const weight = new Float64Array(count).fill(prior);
  for (let i = 0; i < groups.length; i++) {
    if (foldOfRow[i] === fold) continue;
    sum[groups[i]!]! += residual[i]!;
    weight[groups[i]!]!++;
  }
  for (let group = 0; group < count; group++) {
    sum[group] = (rate * sum[group]!) / weight[group]!;
    steps[group]! += sum[group]!;
  }
  for (let i = 0; i < groups.length; i++) residual[i]! -= sum[groups[i]!]!;
}

function rankSeparation(scores: Float64Array, positive: Float64Array): number {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
  const groups = new Int32Array(scores.length);
  let group = -1;
  for (let i = 0; i < order.length; i++) {
    if (i === 0 || scores[order[i]!] !== scores[order[i - 1]!]) group++;
    groups[order[i]!] = group;
  }
  const ranks = new Float64Array(group + 1);
  const sums = new Float64Array(group + 1);
  for (let i = 0; i < groups.length; i++) {
    ranks[groups[i]!]!++;
    sums[groups[i]!]! += positive[i]!;
  }
  let negatives = 0;
  let positives = 0;
  let wins = 0;
  for (let at = 0; at <= group; at++) {
    const tiedNegatives = ranks[at]! - sums[at]!;
    wins += sums[at]! * (negatives + tiedNegatives / 2);
    positives += sums[at]!;
    negatives += tiedNegatives;
  }
  return positives === 0 || negatives === 0 ? 0 : Math.max(0, (2 * wins) / (positives * negatives) - 1);
}
