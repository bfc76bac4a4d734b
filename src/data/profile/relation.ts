/**
 * How well one column alone predicts the target, on rows that it did not see.
 *
 * The column is cut into groups, each group answers with its mean target (or class shares) over the other
 * folds, shrunk toward the overall mean, and the answers are scored: R² for a number, 2·AUC − 1 for classes
 * (averaged over them). Because a fold has one answer a group, the score needs only counts by fold and group.
 */
import { mix32 } from "../../core/index.ts";
import type { Cells } from "../../schema/index.ts";
import { binRows, type Bins } from "./bins.ts";
import type { ProfileTarget } from "./target.ts";

const folds = 5;
/** Rows' worth of the overall mean in every group's answer. */
const prior = 3;
/** The commonest classes are looked at; more would only repeat the picture. */
const maxClasses = 10;

/** Fold of a row; the same for every column. */
export function foldOf(row: number, count = folds): number {
  return mix32(row ^ 0x5bd1e995) % count;
}

/** Score in [0, 1]: 0 says nothing about the target, 1 gives it away. */
export function relation(cells: Cells, target: ProfileTarget, maxBins = 64): number {
  return relationOfBins(binRows(cells, target.rows, maxBins), target);
}

export function relationOfBins(bins: Bins, target: ProfileTarget): number {
  if (target.task === "regression") return r2OfGroups(bins, target.values, target.rows);
  const classes = commonClasses(target.codes, target.labels.length);
  const considered = classes.length === 2 ? classes.slice(1) : classes;
  let sum = 0;
  for (const label of considered) sum += separation(bins, target.codes, label, target.rows);
  return considered.length === 0 ? 0 : sum / considered.length;
}

/** Classes by number of rows, the commonest first. */
export function commonClasses(codes: Int32Array, classCount: number): number[] {
  const counts = new Int32Array(classCount);
  for (let i = 0; i < codes.length; i++) counts[codes[i]!]!++;
  return [...counts.keys()]
    .filter((label) => counts[label]! > 0)
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, maxClasses);
}

interface GroupSums {
  readonly count: Float64Array;
  readonly sum: Float64Array;
}

/** Row counts and target sums by fold and group, and the answer of each. */
function answers(
  bins: Bins,
  valueOf: (row: number) => number,
  rows: Uint32Array,
): GroupSums & { readonly answer: Float64Array } {
  const size = bins.count;
  const count = new Float64Array(size * folds);
  const sum = new Float64Array(size * folds);
  let total = 0;
  for (let i = 0; i < rows.length; i++) {
    const at = foldOf(rows[i]!) * size + bins.groups[i]!;
    const value = valueOf(i);
    count[at]!++;
    sum[at]! += value;
    total += value;
  }
  const mean = total / rows.length;
  const answer = new Float64Array(size * folds);
  for (let group = 0; group < size; group++) {
    let groupCount = 0;
    let groupSum = 0;
    for (let fold = 0; fold < folds; fold++) {
      groupCount += count[fold * size + group]!;
      groupSum += sum[fold * size + group]!;
    }
    for (let fold = 0; fold < folds; fold++) {
      const at = fold * size + group;
      answer[at] = (groupSum - sum[at]! + prior * mean) / (groupCount - count[at]! + prior);
    }
  }
  return { count, sum, answer };
}

function r2OfGroups(bins: Bins, values: Float64Array, rows: Uint32Array): number {
  const { count, sum, answer } = answers(bins, (i) => values[i]!, rows);
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += values[i]!;
  mean /= values.length;
  let total = 0;
  for (let i = 0; i < values.length; i++) total += (values[i]! - mean) ** 2;
  // Σ (y − a)² = Σ (y − m)² − 2 (a − m) Σ (y − m) + n (a − m)², so one pass over the groups is enough.
  let error = total;
  for (let at = 0; at < count.length; at++) {
    const shift = answer[at]! - mean;
    error += count[at]! * shift * shift - 2 * shift * (sum[at]! - count[at]! * mean);
  }
  return total > 0 ? Math.max(0, 1 - error / total) : 0;
}

/** 2·AUC − 1 of one class against the others; below chance is 0. */
function separation(bins: Bins, codes: Int32Array, label: number, rows: Uint32Array): number {
  const { count, sum, answer } = answers(bins, (i) => (codes[i] === label ? 1 : 0), rows);
  const order = [...answer.keys()].filter((at) => count[at]! > 0).sort((a, b) => answer[a]! - answer[b]!);
  let negatives = 0;
  let positives = 0;
  let wins = 0;
  for (let at = 0; at < order.length; ) {
    let tiedPositives = 0;
    let tiedNegatives = 0;
    const score = answer[order[at]!]!;
    for (; at < order.length && answer[order[at]!] === score; at++) {
      tiedPositives += sum[order[at]!]!;
      tiedNegatives += count[order[at]!]! - sum[order[at]!]!;
    }
    wins += tiedPositives * (negatives + tiedNegatives / 2);
    positives += tiedPositives;
    negatives += tiedNegatives;
  }
  return positives === 0 || negatives === 0 ? 0 : Math.max(0, (2 * wins) / (positives * negatives) - 1);
}
