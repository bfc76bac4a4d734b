/**
 * Least squares by Householder QR with column pivoting, for designs that normal equations lose.
 *
 * Columns come scaled to length one. Where the rank is short, the rows of R that
 * are left are reduced from the other side as well (complete orthogonal
 * decomposition), which gives the solution of least norm. Source: Golub & Van Loan
 * 2013, Matrix Computations, sections 5.4.2, 5.5.2 and 5.5.7.
 */
import { dot } from "./cholesky.ts";

/**
 * Solves min ‖A x − b‖, of least ‖x‖ among all minima.
 *
 * @param columns - Columns of A, each of length m; overwritten.
 * @param b - Length m; overwritten.
 * @returns `x`, one value a column, and the numerical rank.
 */
export function leastSquaresQr(
  columns: Float64Array[],
  b: Float64Array,
): { readonly x: Float64Array; readonly rank: number } {
  const n = columns.length;
  const m = b.length;
  const steps = Math.min(m, n);
  const order = Int32Array.from(columns, (_, j) => j);
  const diagonal = new Float64Array(steps);
  let rank = 0;
  for (; rank < steps; rank++) {
    const k = rank;
    swapLongest(columns, order, k, m);
    const column = columns[k]!;
    const length = Math.sqrt(dot(column, k, column, k, m - k));
    if (length <= Math.max(m, n) * 2.3e-16 * Math.abs(k === 0 ? 1 : diagonal[0]!)) break;
    const alpha = column[k]! > 0 ? -length : length;
    column[k]! -= alpha;
    const half = dot(column, k, column, k, m - k) / 2;
    for (let j = k + 1; j < n; j++) reflect(column, columns[j]!, k, m, half);
    reflect(column, b, k, m, half);
    diagonal[k] = alpha;
  }
  const solved = solveTrapezoid(columns, diagonal, b, rank);
  const x = new Float64Array(n);
  for (let k = 0; k < n; k++) x[order[k]!] = solved[k]!;
  return { x, rank };
}

/** Brings the column with the longest rest to place k. Lengths are measured anew: they lose digits when updated. */
function swapLongest(columns: Float64Array[], order: Int32Array, k: number, m: number): void {
  let best = k;
  let most = -1;
  for (let j = k; j < columns.length; j++) {
    const rest = dot(columns[j]!, k, columns[j]!, k, m - k);
    if (rest > most) {
      most = rest;
      best = j;
    }
  }
  [columns[k], columns[best]] = [columns[best]!, columns[k]!];
  [order[k], order[best]] = [order[best]!, order[k]!];
}

function reflect(v: Float64Array, x: Float64Array, from: number, m: number, half: number): void {
  const share = dot(v, from, x, from, m - from) / half;
  for (let i = from; i < m; i++) x[i]! -= share * v[i]!;
}

/**
 * Solves the upper trapezoid [R S] z = c of `rank` rows for the z of least norm.
 *
 * @param columns - Above the diagonal: R and S.
 */
function solveTrapezoid(
  columns: readonly Float64Array[],
  diagonal: Float64Array,
  c: Float64Array,
  rank: number,
): Float64Array {
  const n = columns.length;
  const entry = (row: number, column: number): number =>
    row === column ? diagonal[row]! : columns[column]![row]!;
  const z = new Float64Array(n);
  if (rank === n) {
    for (let k = rank - 1; k >= 0; k--) {
      let rest = c[k]!;
      for (let j = k + 1; j < rank; j++) rest -= entry(k, j) * z[j]!;
      z[k] = rest / diagonal[k]!;
    }
    return z;
  }
  // Least norm: z = Qᵗ w with [R S]ᵀ = Q T, T upper triangular, and Tᵀ w = c.
  const rows = Array.from({ length: rank }, (_, k) =>
    Float64Array.from({ length: n }, (__, j) => (j < k ? 0 : entry(k, j))),
  );
  const halves = new Float64Array(rank);
  const heads = new Float64Array(rank);
  for (let k = 0; k < rank; k++) {
    const row = rows[k]!;
    const length = Math.sqrt(dot(row, k, row, k, n - k));
    heads[k] = row[k]! > 0 ? -length : length;
    row[k]! -= heads[k]!;
    halves[k] = dot(row, k, row, k, n - k) / 2;
    for (let j = k + 1; j < rank; j++) reflect(row, rows[j]!, k, n, halves[k]!);
  }
  for (let k = 0; k < rank; k++) {
    let rest = c[k]!;
    for (let i = 0; i < k; i++) rest -= rows[k]![i]! * z[i]!;
    z[k] = rest / heads[k]!;
  }
  for (let k = rank - 1; k >= 0; k--) reflect(rows[k]!, z, k, n, halves[k]!);
  return z;
}
