/**
 * Least squares with an optional L2 penalty, by the cheapest method that keeps its digits.
 *
 * Normal equations on centred moments, scaled to a unit diagonal, by Cholesky;
 * two refinement steps with residuals taken from the rows when their condition
 * passes 1e6; Householder QR on the scaled columns beyond 1e12. A rank that is
 * plainly short (one-hot columns that sum to one) is cut on the Gram matrix itself, and
 * the answer is the one of least norm in standard deviations. Measured on NIST
 * StRD: Longley 13 digits, Filip 7 (an SVD without scaling has none).
 */
import { MillwrightError } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { cholesky, choleskySolve, conditionEstimate, pivotedCholesky } from "./cholesky.ts";
import { type Moments, varyingFeatures } from "./moments.ts";
import { leastSquaresQr } from "./orthogonal.ts";

export interface Rows {
  readonly x: Matrix;
  readonly y: Float64Array;
  readonly weight: Float64Array | undefined;
}

export interface Solution {
  /** On the given features; 0 for a constant one. Shape [p]. */
  readonly coefficients: Float64Array;
  readonly method: "cholesky" | "refined cholesky" | "rank-cut cholesky" | "qr" | "by rows";
  /** Numerical rank of the design without its intercept. */
  readonly rank: number;
}

/**
 * Minimises ½ Σ w (y − x b)² + ½ Σ penalty b² over centred columns.
 *
 * @param penalty - Per feature; 0 for none. Shape [p].
 */
export function solveLeastSquares(moments: Moments, rows: Rows, penalty: Float64Array): Solution {
  const used = varyingFeatures(moments);
  const n = used.length;
  const p = moments.mean.length;
  const coefficients = new Float64Array(p);
  if (n === 0) return { coefficients, method: "cholesky", rank: 0 };
  const scale = Float64Array.from(used, (j) => 1 / Math.sqrt(moments.gram[j * p + j]! + penalty[j]!));
  const system = new Float64Array(n * n);
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < n; b++) {
      system[a * n + b] = moments.gram[used[a]! * p + used[b]!]! * scale[a]! * scale[b]!;
    }
    system[a * n + a] = 1;
  }
  const right = Float64Array.from(used, (j, a) => moments.xy[j]! * scale[a]!);
  const l = cholesky(system, n, 1e-13);
  const condition = l === undefined ? Infinity : conditionEstimate(system, l, n);
  const spread = (z: Float64Array): Float64Array => {
    for (let a = 0; a < n; a++) coefficients[used[a]!] = z[a]! * scale[a]!;
    return coefficients;
  };
  if (l !== undefined && condition < 1e12) {
    const z = choleskySolve(l, n, right.slice());
    if (condition < 1e6) return { coefficients: spread(z), method: "cholesky", rank: n };
    for (let step = 0; step < 2; step++) {
      const rest = residualGradient(moments, rows, penalty, spread(z));
      const change = choleskySolve(
        l,
        n,
        Float64Array.from(used, (j, a) => rest[j]! * scale[a]!),
      );
      for (let a = 0; a < n; a++) z[a]! += change[a]!;
    }
    return { coefficients: spread(z), method: "refined cholesky", rank: n };
  }
  const cut = rankCut(system, n, right);
  if (cut !== undefined) return { coefficients: spread(cut.z), method: "rank-cut cholesky", rank: cut.rank };
  const { x, rank } = solveByQr(moments, rows, penalty, used, scale);
  return { coefficients: spread(x), method: "qr", rank };
}

/** Σ w (x − mean)(y − yMean − (x − mean) b) − penalty b, from the rows. Shape [p]. */
export function residualGradient(
  moments: Moments,
  { x, y, weight }: Rows,
  penalty: Float64Array,
  b: Float64Array,
): Float64Array {
  const residual = y.map((value) => value - moments.yMean);
  for (let j = 0; j < b.length; j++) {
    const column = x.columns[j]!;
    const mean = moments.mean[j]!;
    const slope = b[j]!;
    if (slope !== 0) for (let i = 0; i < residual.length; i++) residual[i]! -= (column[i]! - mean) * slope;
  }
  if (weight !== undefined) for (let i = 0; i < residual.length; i++) residual[i]! *= weight[i]!;
  return Float64Array.from(x.columns, (column, j) => {
    const mean = moments.mean[j]!;
    let total = 0;
    for (let i = 0; i < residual.length; i++) total += (column[i]! - mean) * residual[i]!;
    return total - penalty[j]! * b[j]!;
  });
}

/**
 * Solves where the pivots fall off a cliff: all kept ones above 1e-6, all others below 1e-12. Between
 * those, what is rank and what is rounding cannot be told from a Gram matrix.
 */
function rankCut(
  system: Float64Array,
  n: number,
  right: Float64Array,
): { readonly z: Float64Array; readonly rank: number } | undefined {
  const { order, pivots, r } = pivotedCholesky(system, n);
  const rank = pivots.findIndex((pivot) => pivot < 1e-12);
  if (rank < 1 || pivots[rank - 1]! < 1e-6) return undefined;
  // R z is Q times the target, and R₁₁ᵀ (R z) is the right side of the columns kept.
  const c = new Float64Array(rank);
  for (let k = 0; k < rank; k++) {
    let rest = right[order[k]!]!;
    for (let i = 0; i < k; i++) rest -= r[i * n + order[k]!]! * c[i]!;
    c[k] = rest / r[k * n + order[k]!]!;
  }
  const columns = Array.from({ length: n }, (_, j) =>
    Float64Array.from({ length: rank }, (__, k) => r[k * n + j]!),
  );
  const { x, rank: kept } = leastSquaresQr(columns, c);
  return { z: x, rank: kept };
}

/** QR of the centred, weighted, scaled columns, with the roots of the penalties as further rows. */
function solveByQr(
  moments: Moments,
  { x, y, weight }: Rows,
  penalty: Float64Array,
  used: Int32Array,
  scale: Float64Array,
): { readonly x: Float64Array; readonly rank: number } {
  const n = y.length;
  const extra = used.some((j) => penalty[j]! > 0) ? used.length : 0;
  if (2 * n * used.length ** 2 > 4e11) {
    throw new MillwrightError(
      "FIT_SINGULAR",
      `The ${used.length} features over ${n} rows are nearly linearly dependent, and an orthogonal solution of that size takes minutes.`,
      "Choose ridge, which needs no independent features, or leave out redundant columns.",
    );
  }
  const root = (i: number): number => (weight === undefined ? 1 : Math.sqrt(weight[i]!));
  const columns = Array.from(used, (j, a) => {
    const column = new Float64Array(n + extra);
    for (let i = 0; i < n; i++) column[i] = (x.columns[j]![i]! - moments.mean[j]!) * scale[a]! * root(i);
    if (extra > 0) column[n + a] = Math.sqrt(penalty[j]!) * scale[a]!;
    return column;
  });
  const target = new Float64Array(n + extra);
  for (let i = 0; i < n; i++) target[i] = (y[i]! - moments.yMean) * root(i);
  return leastSquaresQr(columns, target);
}
