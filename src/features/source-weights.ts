/**
 * Weights of features for distances, so that every table column counts about the same, however many
 * features it became.
 *
 * The features of a column together get the variance 1, as a scaled number has. A column that varies
 * little (a category that nearly all rows share) is raised by a factor of 2 at most: raised further, the few
 * other rows would be far from everything.
 */
import type { Matrix } from "./matrix.ts";

/** Variance of two equally common categories as one 0/1 feature; below it a column is not raised further. */
const leastVariance = 0.25;

/** @returns One factor a feature; 0 where its columns do not vary. Shape [features]. */
export function sourceWeights(x: Matrix): Float64Array {
  const keys = x.features.map((feature) => feature.sources.join("\0"));
  const total = new Map<string, number>();
  x.columns.forEach((column, j) => {
    total.set(keys[j]!, (total.get(keys[j]!) ?? 0) + variance(column));
  });
  return Float64Array.from(keys, (key) => {
    const sum = total.get(key)!;
    return sum > 0 ? 1 / Math.sqrt(Math.max(sum, leastVariance)) : 0;
  });
}

function variance(column: Float32Array | Float64Array): number {
  let mean = 0;
  for (const value of column) mean += value / column.length;
  let squares = 0;
  for (const value of column) squares += (value - mean) ** 2 / column.length;
  return squares;
}
