/**
 * The two steps of expectation maximisation for a mixture of normal distributions.
 *
 * A covariance C is kept beside P with P Pᵀ = C⁻¹, its Cholesky factor, so that the distance of a row is the
 * length of (x − mean) P and the determinant is on P's diagonal. Everything is row-major.
 */
import { MillwrightError } from "../../core/index.ts";
import type { Points } from "../../features/index.ts";

export interface MixtureShape {
  readonly covariance: "full" | "diagonal";
  readonly regularisation: number;
}

export interface Mixture {
  /** Sum 1. Shape [clusters]. */
  readonly weights: Float64Array;
  /** Shape [clusters, features]. */
  readonly means: Float64Array;
  /** Full: [clusters, features, features]; diagonal: [clusters, features]. */
  readonly covariances: Float64Array;
  /** P of each covariance, upper triangular; diagonal: one over the deviation. Shape as `covariances`. */
  readonly precisions: Float64Array;
}

const logTwoPi = Math.log(2 * Math.PI);

/** log(weight × density) of every row under every distribution. Row-major [rowCount, clusters]. */
export function logDensities(
  { rowCount: n, featureCount: p, values }: Points,
  { weights, means, precisions }: Mixture,
  covariance: MixtureShape["covariance"],
): Float64Array {
  const k = weights.length;
  const out = new Float64Array(n * k);
  const difference = new Float64Array(p);
  for (let c = 0; c < k; c++) {
    const constant = constantOf(weights, precisions, p, covariance, c);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < p; j++) difference[j] = values[i * p + j]! - means[c * p + j]!;
      let squares = 0;
      if (covariance === "diagonal") {
        for (let j = 0; j < p; j++) squares += (difference[j]! * precisions[c * p + j]!) ** 2;
      } else {
        for (let b = 0; b < p; b++) {
          let sum = 0;
          for (let a = 0; a <= b; a++) sum += difference[a]! * precisions[(c * p + a) * p + b]!;
          squares += sum * sum;
        }
      }
      out[i * k + c] = constant - squares / 2;
    }
  }
  return out;
}

/** What does not depend on the row: log weight + log determinant of P − p/2 log 2π. */
export function constantOf(
  weights: Float64Array,
  precisions: Float64Array,
  p: number,
  covariance: MixtureShape["covariance"],
  c: number,
): number {
  let logDeterminant = 0;
  for (let j = 0; j < p; j++)
    logDeterminant += Math.log(
      covariance === "diagonal" ? precisions[c * p + j]! : precisions[(c * p + j) * p + j]!,
    );
  return Math.log(weights[c]!) + logDeterminant - (p * logTwoPi) / 2;
}

/** Probability of every distribution for every row, the likeliest one, and the mean log-likelihood. */
export function expectation(
  points: Points,
  mixture: Mixture,
  { covariance }: Pick<MixtureShape, "covariance">,
): { readonly shares: Float64Array; readonly labels: Int32Array; readonly logLikelihood: number } {
  const k = mixture.weights.length;
  const shares = logDensities(points, mixture, covariance);
  const labels = new Int32Array(points.rowCount);
  let total = 0;
  for (let i = 0; i < points.rowCount; i++) {
    const row = shares.subarray(i * k, (i + 1) * k);
    let best = 0;
    for (let c = 1; c < k; c++) if (row[c]! > row[best]!) best = c;
    const most = row[best]!;
    let sum = 0;
    for (let c = 0; c < k; c++) sum += row[c] = Math.exp(row[c]! - most);
    for (let c = 0; c < k; c++) row[c]! /= sum;
    labels[i] = best;
    total += most + Math.log(sum);
  }
  return { shares, labels, logLikelihood: total / points.rowCount };
}

/**
 * The likeliest mixture for given shares.
 *
 * @throws MillwrightError `FIT_SINGULAR` for a covariance that is not positive definite.
 */
export function maximisation(
  { rowCount: n, featureCount: p, values }: Points,
  shares: Float64Array,
  k: number,
  { covariance, regularisation }: MixtureShape,
): Mixture {
  const full = covariance === "full";
  const size = full ? p * p : p;
  const weights = new Float64Array(k);
  const means = new Float64Array(k * p);
  const covariances = new Float64Array(k * size);
  const precisions = new Float64Array(k * size);
  const difference = new Float64Array(p);
  for (let c = 0; c < k; c++) {
    let rows = 10 * Number.EPSILON;
    for (let i = 0; i < n; i++) rows += shares[i * k + c]!;
    weights[c] = rows / n;
    for (let i = 0; i < n; i++) {
      const share = shares[i * k + c]!;
      if (share > 0) for (let j = 0; j < p; j++) means[c * p + j]! += share * values[i * p + j]!;
    }
    for (let j = 0; j < p; j++) means[c * p + j]! /= rows;
    const own = covariances.subarray(c * size, (c + 1) * size);
    for (let i = 0; i < n; i++) {
      const share = shares[i * k + c]!;
      if (share === 0) continue;
      for (let j = 0; j < p; j++) difference[j] = values[i * p + j]! - means[c * p + j]!;
      if (!full) for (let j = 0; j < p; j++) own[j]! += share * difference[j]! ** 2;
      else
        for (let a = 0; a < p; a++) {
          const weighted = share * difference[a]!;
          for (let b = 0; b <= a; b++) own[a * p + b]! += weighted * difference[b]!;
        }
    }
    const precision = precisions.subarray(c * size, (c + 1) * size);
    for (let j = 0; j < size; j++) own[j]! /= rows;
    for (let j = 0; j < p; j++) own[full ? j * p + j : j]! += regularisation;
    if (full) {
      for (let a = 0; a < p; a++) for (let b = 0; b < a; b++) own[b * p + a] = own[a * p + b]!;
      invertCholesky(own, precision, p);
    } else {
      for (let j = 0; j < p; j++) {
        if (!(own[j]! > 0)) throw collapsed(p);
        precision[j] = 1 / Math.sqrt(own[j]!);
      }
    }
  }
  let total = 0;
  for (const weight of weights) total += weight;
  for (let c = 0; c < k; c++) weights[c]! /= total;
  return { weights, means, covariances, precisions };
}

/** C = L Lᵀ; writes P = L⁻ᵀ, upper triangular, so that P Pᵀ = C⁻¹. */
export function invertCholesky(c: Float64Array, out: Float64Array, p: number): void {
  const lower = new Float64Array(p * p);
  for (let a = 0; a < p; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = c[a * p + b]!;
      for (let j = 0; j < b; j++) sum -= lower[a * p + j]! * lower[b * p + j]!;
      if (a !== b) lower[a * p + b] = sum / lower[b * p + b]!;
      else if (sum > 0 && sum < Infinity) lower[a * p + a] = Math.sqrt(sum);
      else throw collapsed(p);
    }
  }
  out.fill(0);
  for (let column = 0; column < p; column++) {
    // L y = e_column; y is a row of P, since P = L⁻ᵀ.
    for (let a = column; a < p; a++) {
      let sum = a === column ? 1 : 0;
      for (let j = column; j < a; j++) sum -= lower[a * p + j]! * out[column * p + j]!;
      out[column * p + a] = sum / lower[a * p + a]!;
    }
  }
}

function collapsed(p: number): MillwrightError {
  return new MillwrightError(
    "FIT_SINGULAR",
    `gaussianMixture has a covariance of ${p} features without a volume: its rows lie in a plane.`,
    "Raise the regularisation, ask for fewer clusters, or leave out columns that repeat others.",
  );
}

/** Free numbers of a mixture: weights, means and covariances. */
export function parameterCount(k: number, p: number, covariance: MixtureShape["covariance"]): number {
  return k - 1 + k * p + k * (covariance === "full" ? (p * (p + 1)) / 2 : p);
}
