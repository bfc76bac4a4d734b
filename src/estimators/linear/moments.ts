/**
 * Centred second moments of features and target, by one Gram product over blocks of rows.
 *
 * Rough means come first; the Gram matrix of [x − mean, y − mean, 1], each row times the
 * root of its weight, then gives all sums at once, and its last row corrects the
 * means. So normal equations start from numbers that have lost nothing to a large offset. Source: Chan, Golub & LeVeque 1983, The American Statistician 37(3).
 */
import { MillwrightError } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { requireFiniteNumbers } from "../index.ts";
import { gramOfBlocks } from "./gram.ts";

/** Where features and target lie, and how far they spread. */
export interface Design {
  /** Weighted means; 0 for a fit without intercept. Shape [p]. */
  readonly mean: Float64Array;
  readonly yMean: number;
  /** Σ w (x_j − mean_j)². Shape [p]. */
  readonly spread: Float64Array;
  /** Σ w (y − yMean)². */
  readonly yy: number;
  readonly totalWeight: number;
  /** Whether means were subtracted: false for a fit without intercept. */
  readonly centred: boolean;
}

export interface Moments extends Design {
  /** Σ w (x_i − mean_i)(x_j − mean_j). Shape [p, p]. */
  readonly gram: Float64Array;
  /** Σ w (x_i − mean_i)(y − yMean). Shape [p]. */
  readonly xy: Float64Array;
}

/** Whether products of features were formed, not only means and spreads. */
export function hasMoments(design: Design): design is Moments {
  return "gram" in design;
}

/** Features whose spread is more than rounding of their size. */
export function varyingFeatures({ mean, spread, totalWeight }: Design): Int32Array {
  return Int32Array.from(mean, (_, j) => j).filter((j) => {
    const deviation = Math.sqrt(spread[j]! / totalWeight);
    return deviation > 1e-13 * Math.abs(mean[j]!) && deviation > 0;
  });
}

/** Features, or rows, beyond which a Gram matrix (200 MB there) is refused. */
export const gramLimit = 5000;

/**
 * Rows per block: equal parts of at most 8,192. With 30 features a block has 2 MB, which stays in cache
 * while it is filled and multiplied.
 */
export function blockWidth(rowCount: number): number {
  return Math.ceil(rowCount / Math.ceil(rowCount / 8192));
}

/** @throws MillwrightError `DATA_TOO_MANY_COLUMNS` where the matrix of all pairs of features would be too large. */
export function requireGramSize(family: string, x: Matrix): void {
  const p = x.columns.length;
  if (p <= gramLimit) return;
  throw new MillwrightError(
    "DATA_TOO_MANY_COLUMNS",
    `${family} forms a matrix of all pairs of features, and ${p} features over ${x.rowCount} rows are more than its ${gramLimit}.`,
    "Keep fewer features, or choose boosting or mlp.",
  );
}

/** Weighted means of the columns. @throws MillwrightError for a category or a value that is not finite. */
export function columnMeans(family: string, x: Matrix, weight: Float64Array | undefined): Float64Array {
  let total = x.rowCount;
  if (weight !== undefined) total = sum(weight);
  const means = Float64Array.from(x.columns, (column) =>
    weight === undefined ? sum(column) / total : weightedSum(column, weight) / total,
  );
  requireNumbers(family, x);
  const j = means.findIndex((mean) => !Number.isFinite(mean));
  if (j >= 0) {
    requireFiniteNumbers(family, x);
    throw tooLarge(family, x, j);
  }
  return means;
}

/** Mean of at most 256 rows spread over all: near enough to subtract, since the products correct it. */
function roughMean(column: Float32Array | Float64Array): number {
  const stride = Math.ceil(column.length / 256);
  let total = 0;
  let count = 0;
  for (let i = 0; i < column.length; i += stride, count++) total += column[i]!;
  return total / count;
}

function requireNumbers(family: string, x: Matrix): void {
  if (x.features.some((f) => f.kind === "category")) requireFiniteNumbers(family, x);
}

/**
 * Moments of all features and the target.
 *
 * @param center - Subtract means; false for a fit without intercept.
 * @param threads - Threads for the products; the result does not depend on it.
 */
export async function secondMoments(
  family: string,
  x: Matrix,
  y: Float64Array,
  weight: Float64Array | undefined,
  center: boolean,
  threads: number,
): Promise<Moments> {
  const p = x.columns.length;
  const q = p + 2;
  requireGramSize(family, x);
  requireNumbers(family, x);
  const offsets = Float64Array.from(x.columns, (column) => (center ? roughMean(column) : 0));
  const yOffset = center ? roughMean(y) : 0;
  const roots = weight?.map(Math.sqrt);
  const columns = [...x.columns, y];
  const rowsPerBlock = blockWidth(x.rowCount);
  const full = await gramOfBlocks(
    { blockCount: Math.ceil(x.rowCount / rowsPerBlock), rows: q, columns: rowsPerBlock, threads },
    (block, out, width) => {
      const start = block * width;
      const count = Math.min(width, x.rowCount - start);
      for (let j = 0; j <= p; j++) {
        fillRow(out, j * width, columns[j]!, start, count, width, j < p ? offsets[j]! : yOffset, roots);
      }
      out.fill(1, (p + 1) * width, (p + 1) * width + count);
      out.fill(0, (p + 1) * width + count, (p + 2) * width);
      if (roots !== undefined) out.set(roots.subarray(start, start + count), (p + 1) * width);
    },
  );
  const totalWeight = full[q * q - 1]!;
  const shift = Float64Array.from({ length: p + 1 }, (_, j) =>
    center ? full[j * q + p + 1]! / totalWeight : 0,
  );
  const centred = (i: number, j: number): number => full[i * q + j]! - totalWeight * shift[i]! * shift[j]!;
  const gram = new Float64Array(p * p);
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) gram[i * p + j] = centred(i, j);
  for (let j = 0; j < p; j++) {
    if (Number.isFinite(gram[j * p + j])) continue;
    requireFiniteNumbers(family, x);
    throw tooLarge(family, x, j);
  }
  return {
    mean: offsets.map((offset, j) => offset + shift[j]!),
    yMean: yOffset + shift[p]!,
    gram,
    spread: diagonal(gram, p),
    xy: Float64Array.from({ length: p }, (_, j) => centred(j, p)),
    yy: Math.max(0, centred(p, p)),
    totalWeight,
    centred: center,
  };
}

/** Moments of several sets of rows together. */
export function combineMoments(parts: readonly Moments[]): Moments {
  const first = parts[0]!;
  if (parts.length === 1) return first;
  const p = first.mean.length;
  const totalWeight = parts.reduce((total, part) => total + part.totalWeight, 0);
  const mean = new Float64Array(p);
  let yMean = 0;
  for (const part of parts) {
    const share = part.totalWeight / totalWeight;
    for (let j = 0; j < p; j++) mean[j]! += share * part.mean[j]!;
    yMean += share * part.yMean;
  }
  const gram = new Float64Array(p * p);
  const xy = new Float64Array(p);
  let yy = 0;
  for (const part of parts) {
    const shift = part.mean.map((m, j) => m - mean[j]!);
    const yShift = part.yMean - yMean;
    for (let i = 0; i < p; i++) {
      const factor = part.totalWeight * shift[i]!;
      for (let j = 0; j < p; j++) gram[i * p + j]! += part.gram[i * p + j]! + factor * shift[j]!;
      xy[i]! += part.xy[i]! + factor * yShift;
    }
    yy += part.yy + part.totalWeight * yShift * yShift;
  }
  return { mean, yMean, gram, spread: diagonal(gram, p), xy, yy, totalWeight, centred: first.centred };
}

function diagonal(gram: Float64Array, p: number): Float64Array {
  return Float64Array.from({ length: p }, (_, j) => Math.max(0, gram[j * p + j]!));
}

/** Writes (column − offset) × root for one block, zeros after its end. */
function fillRow(
  out: Float64Array,
  at: number,
  column: Float32Array | Float64Array,
  start: number,
  count: number,
  width: number,
  offset: number,
  roots: Float64Array | undefined,
): void {
  out.set(column.subarray(start, start + count), at);
  if (roots === undefined) for (let i = at; i < at + count; i++) out[i]! -= offset;
  else for (let i = 0; i < count; i++) out[at + i] = (out[at + i]! - offset) * roots[start + i]!;
  if (count < width) out.fill(0, at + count, at + width);
}

/** Sum by four running sums: as fast as memory, and rounding grows a quarter as fast. */
export function sum(column: Float32Array | Float64Array): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 3 < column.length; i += 4) {
    s0 += column[i]!;
    s1 += column[i + 1]!;
    s2 += column[i + 2]!;
    s3 += column[i + 3]!;
  }
  for (; i < column.length; i++) s0 += column[i]!;
  return s0 + s1 + (s2 + s3);
}

function weightedSum(column: Float32Array | Float64Array, weight: Float64Array): number {
  let total = 0;
  for (let i = 0; i < column.length; i++) total += column[i]! * weight[i]!;
  return total;
}

function tooLarge(family: string, x: Matrix, j: number): MillwrightError {
  let largest = 0;
  for (const value of x.columns[j]!) largest = Math.max(largest, Math.abs(value));
  return new MillwrightError(
    "DATA_BAD_VALUE",
    `${family} squares its features, and "${x.features[j]!.name}" reaches ${largest.toExponential(1)}, beyond what a float64 square holds.`,
    "Clip or rescale that feature first.",
  );
}
