/**
 * Cholesky factors of small symmetric matrices, row-major in one Float64Array.
 *
 * Rows of the factor are contiguous, so that the inner products of the
 * factorisation and of the forward solve run along memory. Source: Golub & Van
 * Loan 2013, Matrix Computations, sections 4.2 and 4.2.8 (pivoted).
 */

/**
 * Factors A = L Lᵀ in place of a copy.
 *
 * @param a - Symmetric. Shape [n, n].
 * @param tolerance - Pivots at or below this share of their diagonal entry count as not positive.
 * @returns L in the lower triangle, shape [n, n]; undefined when A is not positive definite.
 */
export function cholesky(a: Float64Array, n: number, tolerance = 0): Float64Array | undefined {
  const l = a.slice();
  for (let i = 0; i < n; i++) {
    const diagonal = l[i * n + i]!;
    for (let j = 0; j <= i; j++) {
      const rest = l[i * n + j]! - dot(l, i * n, l, j * n, j);
      if (j < i) {
        l[i * n + j] = rest / l[j * n + j]!;
      } else {
        if (!(rest > tolerance * diagonal)) return undefined;
        l[i * n + i] = Math.sqrt(rest);
      }
    }
  }
  return l;
}

/** Solves L Lᵀ x = b in place of b. */
export function choleskySolve(l: Float64Array, n: number, b: Float64Array): Float64Array {
  for (let i = 0; i < n; i++) b[i] = (b[i]! - dot(l, i * n, b, 0, i)) / l[i * n + i]!;
  for (let i = n - 1; i >= 0; i--) {
    const x = b[i]! / l[i * n + i]!;
    b[i] = x;
    for (let j = 0; j < i; j++) b[j]! -= l[i * n + j]! * x;
  }
  return b;
}

/**
 * Estimate of the condition number of A = L Lᵀ in the 2-norm, by a few power and inverse iterations:
 * a lower bound that is nearly always within a small factor.
 */
export function conditionEstimate(a: Float64Array, l: Float64Array, n: number): number {
  const start = Float64Array.from({ length: n }, (_, i) => 1 + (i % 7) / 7 - (i % 2 === 0 ? 0 : 2));
  const largest = iterate(start.slice(), n, (x) => multiplySymmetric(a, n, x));
  const smallest = iterate(start, n, (x) => choleskySolve(l, n, x));
  return largest * smallest;
}

/**
 * Pivoted Cholesky Pᵀ A P = Rᵀ R of a positive semidefinite matrix with unit diagonal.
 *
 * @returns `order`: the pivots' columns, largest first; `pivots`: what was left on the diagonal when
 *   each was taken, falling; `r`: row k holds row k of R over all columns, unpermuted. Shape [n, n].
 */
export function pivotedCholesky(
  a: Float64Array,
  n: number,
): { readonly order: Int32Array; readonly pivots: Float64Array; readonly r: Float64Array } {
  const rest = Float64Array.from({ length: n }, (_, i) => a[i * n + i]!);
  const order = new Int32Array(n);
  const pivots = new Float64Array(n);
  const taken = new Uint8Array(n);
  const r = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    let pivot = -1;
    for (let j = 0; j < n; j++) if (taken[j] === 0 && (pivot < 0 || rest[j]! > rest[pivot]!)) pivot = j;
    order[k] = pivot;
    pivots[k] = Math.max(0, rest[pivot]!);
    taken[pivot] = 1;
    if (!(rest[pivot]! > 0)) continue;
    const root = Math.sqrt(rest[pivot]!);
    const row = r.subarray(k * n, (k + 1) * n);
    row.set(a.subarray(pivot * n, (pivot + 1) * n));
    for (let i = 0; i < k; i++) {
      const factor = r[i * n + pivot]!;
      for (let j = 0; j < n; j++) row[j]! -= factor * r[i * n + j]!;
    }
    for (let j = 0; j < n; j++) {
      row[j] = taken[j] === 1 ? 0 : row[j]! / root;
      rest[j]! -= row[j]! ** 2;
    }
    r[k * n + pivot] = root;
  }
  return { order, pivots, r };
}

/** y = A x of a full symmetric matrix, into a new array. */
export function multiplySymmetric(a: Float64Array, n: number, x: Float64Array): Float64Array {
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) y[i] = dot(a, i * n, x, 0, n);
  return y;
}

/** Inner product of two runs; four sums, so that the additions do not wait for each other. */
export function dot(a: Float64Array, atA: number, b: Float64Array, atB: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += a[atA + k]! * b[atB + k]!;
    s1 += a[atA + k + 1]! * b[atB + k + 1]!;
    s2 += a[atA + k + 2]! * b[atB + k + 2]!;
    s3 += a[atA + k + 3]! * b[atB + k + 3]!;
  }
  for (; k < length; k++) s0 += a[atA + k]! * b[atB + k]!;
  return s0 + s1 + (s2 + s3);
}

function iterate(x: Float64Array, n: number, step: (x: Float64Array) => Float64Array): number {
  let growth = 0;
  for (let k = 0; k < 6; k++) {
    let norm = 0;
    for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(x[i]!));
    for (let i = 0; i < n; i++) x[i]! /= norm;
    const before = Math.sqrt(dot(x, 0, x, 0, n));
    x = step(x);
    growth = Math.sqrt(dot(x, 0, x, 0, n)) / before;
  }
  return growth;
}
