/**
 * Principal components: the directions along which rows differ most, each at a right angle to those before.
 *
 * Exact, by the eigenvectors of the covariance matrix, or, where there are fewer rows than features, of the
 * products of rows, which has the same ones. The largest entry of a direction is positive, as in
 * scikit-learn. Where both are many, `leadingComponents` finds the first few by random directions. Source: Jolliffe 2002, Principal Component Analysis, 2nd ed., sections 1.1 and 3.5.
 */
import type { Random } from "../../core/index.ts";
import { leadingDirections } from "./leading-directions.ts";
import { makeLargestPositive, symmetricEigen } from "./symmetric-eigen.ts";
import type { Points } from "./k-means.ts";

export interface PrincipalComponents {
  /** Shape [featureCount]. */
  readonly mean: Float64Array;
  /** Unit directions, row-major [components, featureCount]. */
  readonly components: Float64Array;
  /** Variance along each direction, divided by rows − 1. Shape [components]. */
  readonly variance: Float64Array;
  /** Share of the whole variance. Shape [components]. */
  readonly share: Float64Array;
}

/**
 * @param count - Most directions; there are no more than features, or rows less one.
 * @throws MillwrightError `FIT_DIVERGED` for numbers that are too large.
 */
export function principalComponents(points: Points, count: number): PrincipalComponents {
  const { rowCount: n, featureCount: p } = points;
  const { mean, centered } = centred(points);
  const kept = Math.max(1, Math.min(count, p, n - 1));
  const divisor = Math.max(1, n - 1);
  const byRows = n < p;
  const size = byRows ? n : p;
  const { values: eigen, vectors } = symmetricEigen(
    byRows ? rowProducts(centered, n, p) : columnProducts(centered, n, p),
    size,
  );
  const total = eigen.reduce((sum, value) => sum + Math.max(0, value), 0);
  const components = new Float64Array(kept * p);
  for (let c = 0; c < kept; c++) {
    const vector = vectors.subarray(c * size, (c + 1) * size);
    const direction = components.subarray(c * p, (c + 1) * p);
    if (!byRows) direction.set(vector);
    else {
      for (let i = 0; i < n; i++)
        for (let j = 0; j < p; j++) direction[j]! += vector[i]! * centered[i * p + j]!;
      const length = Math.hypot(...direction);
      if (length > 0) for (let j = 0; j < p; j++) direction[j]! /= length;
      makeLargestPositive(direction);
    }
  }
  const first = eigen.slice(0, kept).map((value) => Math.max(0, value));
  return {
    mean,
    components,
    variance: first.map((value) => value / divisor),
    share: first.map((value) => (total > 0 ? value / total : 0)),
  };
}

/** Up to so many rows or features the eigenvectors of their products are cheap. */
const exactSize = 300;
/** Passes over the rows, and the change of a variance that ends them, relative to the largest. */
const leading = { mostRounds: 8, stillness: 1e-4 };

/**
 * The first few components. Cost: rows × features × (count + 10) × 8 at most; exact where rows or features are
 * no more than 300, and above within a ten-thousandth of the largest variance where eight passes suffice.
 */
export function leadingComponents(points: Points, count: number, random: Random): PrincipalComponents {
  const { rowCount: n, featureCount: p } = points;
  if (Math.min(n, p) <= exactSize) return principalComponents(points, count);
  const { mean, centered } = centred(points);
  const product = (block: Float64Array, width: number): Float64Array =>
    productOf(centered, n, p, block, width);
  const { directions, values } = leadingDirections(product, p, Math.min(count, p), { random, ...leading });
  let total = 0;
  for (const value of centered) total += value * value;
  const first = values.map((value) => Math.max(0, value));
  return {
    mean,
    components: directions,
    variance: first.map((value) => value / (n - 1)),
    share: first.map((value) => (total > 0 ? value / total : 0)),
  };
}

function centred({ rowCount: n, featureCount: p, values }: Points): {
  readonly mean: Float64Array;
  readonly centered: Float64Array;
} {
  // From the first row on, so that the mean of equal numbers is that number.
  const offset = new Float64Array(p);
  for (let i = 0; i < n; i++) for (let j = 0; j < p; j++) offset[j]! += values[i * p + j]! - values[j]!;
  const mean = offset.map((sum, j) => values[j]! + sum / n);
  const centered = values.slice();
  for (let i = 0; i < n; i++) for (let j = 0; j < p; j++) centered[i * p + j]! -= mean[j]!;
  return { mean, centered };
}

/** Every direction times XᵀX, row-major [width, p]: one pass over the rows. */
function productOf(x: Float64Array, n: number, p: number, block: Float64Array, width: number): Float64Array {
  const out = new Float64Array(width * p);
  for (let i = 0; i < n; i++) {
    const row = x.subarray(i * p, (i + 1) * p);
    for (let c = 0; c < width; c++) {
      let along = 0;
      for (let j = 0; j < p; j++) along += row[j]! * block[c * p + j]!;
      if (along !== 0) for (let j = 0; j < p; j++) out[c * p + j]! += along * row[j]!;
    }
  }
  return out;
}

function columnProducts(x: Float64Array, n: number, p: number): Float64Array {
  const out = new Float64Array(p * p);
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < p; a++) {
      const value = x[i * p + a]!;
      if (value === 0) continue;
      for (let b = a; b < p; b++) out[a * p + b]! += value * x[i * p + b]!;
    }
  }
  for (let a = 0; a < p; a++) for (let b = 0; b < a; b++) out[a * p + b] = out[b * p + a]!;
  return out;
}

function rowProducts(x: Float64Array, n: number, p: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let a = 0; a < n; a++) {
    for (let b = a; b < n; b++) {
      let sum = 0;
      for (let j = 0; j < p; j++) sum += x[a * p + j]! * x[b * p + j]!;
      out[a * n + b] = sum;
      out[b * n + a] = sum;
    }
  }
  return out;
}

/** Where a row lies along the directions. Shape [components]. */
export function project(
  row: ArrayLike<number>,
  { mean, components, variance }: PrincipalComponents,
): Float64Array {
  const p = mean.length;
  const out = new Float64Array(variance.length);
  for (let c = 0; c < out.length; c++) {
    let sum = 0;
    for (let j = 0; j < p; j++) sum += (row[j]! - mean[j]!) * components[c * p + j]!;
    out[c] = sum;
  }
  return out;
}
