/**
 * Eigenvalues and eigenvectors of a symmetric matrix, all of them, to working precision.
 *
 * Householder reflections make it tridiagonal, implicit QL steps with Wilkinson's shift make that diagonal.
 * About 9 n³ operations. Source: Golub & Van Loan, Matrix Computations, 4th ed., sections 8.3.1–8.3.5.
 */
import { MillwrightError } from "../../core/index.ts";

export interface Eigen {
  /** Descending. Shape [size]. */
  readonly values: Float64Array;
  /** Row i is the unit vector of value i; its largest entry is positive. Row-major [size, size]. */
  readonly vectors: Float64Array;
}

/** Most QL steps for one eigenvalue; three are usual. */
const mostSteps = 60;

/**
 * @param matrix - Symmetric, row-major [size, size]; not changed.
 * @throws MillwrightError `FIT_DIVERGED` for a matrix that is not finite.
 */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  if (!matrix.every(Number.isFinite)) throw notFinite(size);
  const { diagonal, beside, vectors } = tridiagonal(matrix.slice(), size);
  diagonalise(diagonal, beside, vectors, size);
  const order = Array.from({ length: size }, (_, i) => i).sort(
    (a, b) => diagonal[b]! - diagonal[a]! || a - b,
  );
  const sorted = new Float64Array(size * size);
  order.forEach((from, to) => sorted.set(vectors.subarray(from * size, (from + 1) * size), to * size));
  for (let i = 0; i < size; i++) makeLargestPositive(sorted.subarray(i * size, (i + 1) * size));
  return { values: Float64Array.from(order, (i) => diagonal[i]!), vectors: sorted };
}

/** Turns a vector round where its largest entry is negative; of nearly equal ones the first counts. */
export function makeLargestPositive(vector: Float64Array): void {
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  const first = vector.find((value) => Math.abs(value) >= largest * (1 - 1e-9));
  if (first !== undefined && first < 0) for (let j = 0; j < vector.length; j++) vector[j] = -vector[j]!;
}

/** A = Qᵀ T Q. `beside[i]` stands between i and i + 1; the rows of `vectors` are those of Q. */
function tridiagonal(
  a: Float64Array,
  n: number,
): { diagonal: Float64Array; beside: Float64Array; vectors: Float64Array } {
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  const beside = new Float64Array(n);
  const v = new Float64Array(n);
  const w = new Float64Array(n);
  for (let k = 0; k < n - 1; k++) {
    let squares = 0;
    for (let i = k + 1; i < n; i++) squares += (v[i] = a[i * n + k]!) ** 2;
    const length = Math.sqrt(squares);
    beside[k] = v[k + 1]! > 0 ? -length : length;
    if (length === 0 || k === n - 2) {
      beside[k] = v[k + 1]!;
      continue;
    }
    v[k + 1]! -= beside[k]!;
    let norm = 0;
    for (let i = k + 1; i < n; i++) norm += v[i]! ** 2;
    norm = Math.sqrt(norm);
    for (let i = k + 1; i < n; i++) v[i]! /= norm;
    // The reflection I − 2 v vᵀ from both sides is a change of rank two.
    let along = 0;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += a[i * n + j]! * v[j]!;
      w[i] = 2 * sum;
      along += w[i]! * v[i]!;
    }
    for (let i = k + 1; i < n; i++) w[i]! -= along * v[i]!;
    for (let i = k + 1; i < n; i++)
      for (let j = k + 1; j < n; j++) a[i * n + j]! -= v[i]! * w[j]! + w[i]! * v[j]!;
    reflectRows(vectors, v, k + 1, n);
  }
  return { diagonal: Float64Array.from({ length: n }, (_, i) => a[i * n + i]!), beside, vectors };
}

/** Q ← (I − 2 v vᵀ) Q on the rows from `from` on. */
function reflectRows(q: Float64Array, v: Float64Array, from: number, n: number): void {
  const product = new Float64Array(n);
  for (let i = from; i < n; i++) for (let j = 0; j < n; j++) product[j]! += v[i]! * q[i * n + j]!;
  for (let i = from; i < n; i++) for (let j = 0; j < n; j++) q[i * n + j]! -= 2 * v[i]! * product[j]!;
}

function diagonalise(d: Float64Array, e: Float64Array, rows: Float64Array, n: number): void {
  for (let l = 0; l < n; l++) {
    for (let step = 0; ; step++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++;
      if (m === l) break;
      if (step === mostSteps || !Number.isFinite(d[l]!)) throw notFinite(n);
      chase(d, e, rows, n, l, m);
    }
  }
}

/** One implicit QL step on the block from l to m: a rotation at a time from its end up. */
function chase(d: Float64Array, e: Float64Array, rows: Float64Array, n: number, l: number, m: number): void {
  const half = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  const root = Math.hypot(half, 1);
  let g = d[m]! - d[l]! + e[l]! / (half + (half >= 0 ? root : -root));
  let sine = 1;
  let cosine = 1;
  let lag = 0;
  for (let i = m - 1; i >= l; i--) {
    const f = sine * e[i]!;
    const b = cosine * e[i]!;
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= lag;
      e[m] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = d[i + 1]! - lag;
    const t = (d[i]! - g) * sine + 2 * cosine * b;
    lag = sine * t;
    d[i + 1] = g + lag;
    g = cosine * t - b;
    for (let k = 0, low = i * n, high = (i + 1) * n; k < n; k++, low++, high++) {
      const upper = rows[high]!;
      rows[high] = sine * rows[low]! + cosine * upper;
      rows[low] = cosine * rows[low]! - sine * upper;
    }
  }
  d[l]! -= lag;
  e[l] = g;
  e[m] = 0;
}

function notFinite(size: number): MillwrightError {
  return new MillwrightError(
    "FIT_DIVERGED",
    `The eigenvalues of a ${size} × ${size} matrix do not settle: it holds numbers that are too large or none.`,
    "Scale the columns first.",
  );
}
