/**
 * Gaussian process regression on the unit cube: a smooth guess of a function seen at a few points, with its doubt.
 *
 * Kernel: s² · Matérn 5/2 with a length for each dimension, and noise as a share g of s². The values are standardised.
 * s² has a closed form; lengths and g maximise the marginal likelihood times log-normal priors, one after the other
 * on falling steps, so that few points cannot make the guess wild. Source: Rasmussen & Williams 2006, sections 2.2,
 * 4.2 and 5.4; Snoek et al. 2012 for the kernel.
 */
import { cholesky, choleskySolve } from "../../estimators/linear/index.ts";

export interface Belief {
  readonly mean: number;
  /** Standard deviation of the function, without the noise of its values. */
  readonly deviation: number;
}

export interface Kernel {
  /** One for each dimension, in units of the cube's edge. */
  readonly lengths: Float64Array;
  /** Variance of the noise as a share of the function's. */
  readonly noise: number;
}

export interface GaussianProcess {
  readonly kernel: Kernel;
  /** Natural logarithm of the likelihood of the standardised values, s² at its best. */
  readonly logLikelihood: number;
  at(point: Float64Array): Belief;
}

/** Medians and spreads, in logarithms, of the priors. */
const lengthPrior = { median: 0.6, spread: 1 };
const noisePrior = { median: 0.05, spread: 1.5 };

/**
 * @param points - At least one. Each of the same dimension.
 * @param values - As many, finite.
 */
export function fitGaussianProcess(
  points: readonly Float64Array[],
  values: Float64Array,
  given?: Kernel,
): GaussianProcess {
  const { standard, centre, spread } = standardised(values);
  const kernel = given ?? likeliest(points, standard);
  const solved = solve(points, standard, kernel)!;
  const { factor, alpha, variance, logLikelihood } = solved;
  const n = points.length;
  return {
    kernel,
    logLikelihood,
    at(point) {
      const reach = new Float64Array(n);
      let mean = 0;
      for (let i = 0; i < n; i++) {
        reach[i] = matern(point, points[i]!, kernel.lengths);
        mean += reach[i]! * alpha[i]!;
      }
      const back = choleskySolve(factor, n, reach.slice());
      let known = 0;
      for (let i = 0; i < n; i++) known += reach[i]! * back[i]!;
      const deviation = Math.sqrt(Math.max(0, variance * (1 - known)));
      return { mean: centre + spread * mean, deviation: spread * deviation };
    },
  };
}

function standardised(values: Float64Array) {
  const centre = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length;
  const spread = square > 0 ? Math.sqrt(square) : 1;
  return { standard: values.map((value) => (value - centre) / spread), centre, spread };
}

function matern(a: Float64Array, b: Float64Array, lengths: Float64Array): number {
  let square = 0;
  for (let d = 0; d < a.length; d++) square += ((a[d]! - b[d]!) / lengths[d]!) ** 2;
  const r = Math.sqrt(5 * square);
  return (1 + r + (r * r) / 3) * Math.exp(-r);
}

/** (R + gI) factored, its solution of the values, s², and the likelihood; undefined where it is not positive definite. */
function solve(points: readonly Float64Array[], values: Float64Array, { lengths, noise }: Kernel) {
  const n = points.length;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++)
      matrix[i * n + j] = matrix[j * n + i] = matern(points[i]!, points[j]!, lengths);
    matrix[i * n + i] = 1 + noise;
  }
  const factor = cholesky(matrix, n);
  if (factor === undefined) return undefined;
  const alpha = choleskySolve(factor, n, values.slice());
  let quadratic = 0;
  let logDeterminant = 0;
  for (let i = 0; i < n; i++) {
    quadratic += values[i]! * alpha[i]!;
    logDeterminant += 2 * Math.log(factor[i * n + i]!);
  }
  const variance = Math.max(1e-12, quadratic / n);
  const logLikelihood = -0.5 * (n * Math.log(2 * Math.PI * variance) + logDeterminant + n);
  return { factor, alpha, variance, logLikelihood };
}

/** The kernel that best explains the values: each setting in turn is moved while that helps, in ever smaller steps. */
function likeliest(points: readonly Float64Array[], values: Float64Array): Kernel {
  const dimensions = points[0]!.length;
  const settings = new Float64Array(dimensions + 1).fill(Math.log(lengthPrior.median));
  settings[dimensions] = Math.log(noisePrior.median);
  const kernelOf = (): Kernel => ({
    lengths: Float64Array.from({ length: dimensions }, (_, d) => Math.exp(settings[d]!)),
    noise: Math.exp(settings[dimensions]!),
  });
  const score = (): number => {
    let sum = solve(points, values, kernelOf())?.logLikelihood ?? -Infinity;
    for (let k = 0; k <= dimensions; k++) {
      const { median, spread } = k < dimensions ? lengthPrior : noisePrior;
      sum -= 0.5 * ((settings[k]! - Math.log(median)) / spread) ** 2;
    }
    return sum;
  };
  let best = score();
  for (const step of [1, 0.5, 0.25]) {
    for (let k = 0; k <= dimensions; k++) {
      for (const move of [step, -step]) {
        const before = settings[k]!;
        settings[k] = before + move;
        const moved = score();
        if (moved > best) {
          best = moved;
          break;
        }
        settings[k] = before;
      }
    }
  }
  return kernelOf();
}
