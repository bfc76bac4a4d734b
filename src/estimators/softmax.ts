/** Class probabilities out of scores by hand: what the reference of a family needs that emits a softmax. */
import type { Matrix } from "../features/index.ts";

/** Shares of the classes from their scores. Shape [classes]. */
export function softmaxOf(scores: Float64Array): Float64Array {
  const top = scores.reduce((most, value) => Math.max(most, value), -Infinity);
  const parts = scores.map((value) => Math.exp(value - top));
  const total = parts.reduce((sum, value) => sum + value, 0);
  return parts.map((value) => value / total);
}

/**
 * @param score - Of a row's features for a class; −Infinity for a class that cannot be.
 * @returns Row-major [rows, classes]; each row sums to 1.
 */
export function softmaxRows(
  { rowCount, columns }: Matrix,
  classCount: number,
  score: (row: Float64Array, code: number) => number,
): Float64Array {
  const out = new Float64Array(rowCount * classCount);
  for (let i = 0; i < rowCount; i++) {
    const row = Float64Array.from(columns, (column) => column[i]!);
    const scores = Float64Array.from({ length: classCount }, (_, code) => score(row, code));
    out.set(softmaxOf(scores), i * classCount);
  }
  return out;
}
