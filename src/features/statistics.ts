/**
 * Statistics of a column that may be written into a file.
 *
 * An order statistic of raw data is some person's value. So a quantile is exact
 * only where at least `minRows` rows hold it; elsewhere it is the mean of the
 * `minRows` neighbouring order statistics. A column with fewer values than that has
 * no statistic at all. Sums run in row order in float64.
 */
import { rowUniform } from "../core/index.ts";
import type { StepContext } from "./step.ts";

type Column = Float32Array | Float64Array;

/** Above so many values, ranks come from a seeded sample of about this size. */
const sampleSize = 100_000;

/**
 * The finite values in ascending order; of a very long column those of a seeded sample of rows.
 * None where there are fewer than `minRows`.
 */
export function sortedFinite(
  column: Column,
  context: Pick<StepContext, "random" | "rowIds" | "minRows">,
): Float64Array {
  const share = column.length > 2 * sampleSize ? sampleSize / column.length : 1;
  const seed = share < 1 ? context.random.child("ranks").integer(4294967296) : 0;
  const kept = new Float64Array(column.length);
  let count = 0;
  for (let i = 0; i < column.length; i++) {
    const value = column[i]!;
    if (!Number.isFinite(value)) continue;
    if (share < 1 && rowUniform(seed, context.rowIds?.[i] ?? i) >= share) continue;
    kept[count++] = value;
  }
  if (count < 1000 && share < 1) {
    // Nearly everything is missing: the few values that there are all count.
    count = 0;
    for (let i = 0; i < column.length; i++) if (Number.isFinite(column[i]!)) kept[count++] = column[i]!;
  }
  return kept.subarray(0, count < context.minRows ? 0 : count).sort();
}

/** First index whose value is not below `value`. */
function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether at least `minRows` of the values equal `value`. */
function isShared(sorted: Float64Array, value: number, minRows: number): boolean {
  const last = lowerBound(sorted, value) + minRows - 1;
  return last < sorted.length && sorted[last] === value;
}

/**
 * Quantile that names no single row: linear between order statistics that are
 * shared by `minRows` rows, else the mean of the `minRows` order statistics around it.
 *
 * @param sorted - At least one value, ascending.
 * @param level - In [0, 1].
 */
export function sharedQuantile(sorted: Float64Array, level: number, minRows: number): number {
  const last = sorted.length - 1;
  const position = level * last;
  const below = Math.floor(position);
  const above = Math.ceil(position);
  const a = sorted[below]!;
  const b = sorted[above]!;
  if (isShared(sorted, a, minRows) && isShared(sorted, b, minRows)) {
    const share = position - below;
    return a === b ? a : a * (1 - share) + b * share;
  }
  const reach = Math.floor(minRows / 2);
  let from = below - reach;
  let to = above + reach;
  if (from < 0) {
    from = 0;
    to = Math.max(to, minRows - 1);
  }
  if (to > last) {
    from = Math.max(0, Math.min(from, last + 1 - minRows));
    to = last;
  }
  let mean = 0;
  for (let i = from; i <= to; i++) mean += sorted[i]! / (to - from + 1);
  return mean;
}

/** Mean and standard deviation (divided by n) of the finite values; all 0 when there are fewer than `minRows`. */
export function moments(
  column: Column,
  { minRows }: Pick<StepContext, "minRows">,
): { count: number; mean: number; deviation: number } {
  let count = 0;
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < column.length; i++) {
    const value = column[i]!;
    if (!Number.isFinite(value)) continue;
    count++;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (count < minRows) return { count: 0, mean: 0, deviation: 0 };
  if (low === high) return { count, mean: low, deviation: 0 };
  // Squares of values beyond 1e±150 leave the range of float64: work in units of the largest.
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const unit = largest > 1e100 || largest < 1e-100 ? largest : 1;
  const origin = low / unit;
  let sum = 0;
  for (let i = 0; i < column.length; i++) {
    const value = column[i]!;
    if (Number.isFinite(value)) sum += value / unit - origin;
  }
  const offset = sum / count;
  let squares = 0;
  for (let i = 0; i < column.length; i++) {
    const value = column[i]!;
    if (Number.isFinite(value)) squares += (value / unit - origin - offset) ** 2;
  }
  return { count, mean: (origin + offset) * unit, deviation: Math.sqrt(squares / count) * unit };
}

/** Most frequent value of a sorted column among those of at least `minRows` rows; the smallest of equals. */
export function sharedMode(sorted: Float64Array, minRows: number): number | undefined {
  let best: number | undefined;
  let bestCount = minRows - 1;
  for (let i = 0; i < sorted.length; ) {
    let end = i + 1;
    while (end < sorted.length && sorted[end] === sorted[i]) end++;
    if (end - i > bestCount) {
      best = sorted[i]!;
      bestCount = end - i;
    }
    i = end;
  }
  return best;
}
