/**
 * A mixture of normal distributions: rows come from k of them, and each row has a probability of each.
 *
 * Fitted by expectation maximisation from the groups of k-means, several times; covariances are full or
 * diagonal, and a small constant on their diagonals keeps them from collapsing onto single rows. BIC and AIC
 * say how many distributions the rows speak for. Source: Dempster, Laird & Rubin 1977, J. R. Stat. Soc. B
 * 39:1–38; McLachlan & Peel 2000, chapters 2, 3 and 6; formulas and defaults as scikit-learn's GaussianMixture.
 */
import {
  type ParameterTable,
  type ParameterValues,
  type Random,
  resolveParameters,
} from "../../core/index.ts";
import {
  clusterSizes,
  kMeans,
  ownRowOrder,
  type Points,
  pointsOf,
  takePoints,
} from "../../features/index.ts";
import { argMax } from "../../graph/index.ts";
import { requireFiniteNumbers } from "../training-rows.ts";
import type { Clusterer, FittedClusters } from "./clusterer.ts";
import { emitLogDensities, emitShares } from "./mixture-emit.ts";
import {
  expectation,
  maximisation,
  type Mixture,
  type MixtureShape,
  parameterCount,
} from "./mixture-steps.ts";
import { requireRows } from "./require.ts";

export const gaussianMixtureParameters = {
  clusters: { type: "integer", default: 3, min: 1, max: 200, meaning: "how many distributions" },
  covariance: {
    type: "choice",
    default: "full",
    choices: ["full", "diagonal"],
    meaning: "ellipsoids in any direction, or along the features",
  },
  starts: {
    type: "integer",
    default: 3,
    min: 1,
    max: 100,
    scale: "log",
    meaning: "how often it begins from other groups; the likeliest is kept",
  },
  maxIter: { type: "integer", default: 200, min: 1, max: 100_000, meaning: "most rounds of one start" },
  tolerance: {
    type: "number",
    default: 1e-4,
    min: 0,
    max: 1,
    scale: "log",
    meaning: "ends when the mean log-likelihood of a row gains less",
  },
  regularisation: {
    type: "number",
    default: 1e-6,
    min: 0,
    max: 1e6,
    scale: "log",
    meaning: "added to the diagonal of every covariance",
  },
  minRows: {
    type: "integer",
    default: 5,
    min: 1,
    max: 1_000_000,
    meaning: "a distribution of fewer rows is dissolved",
  },
} as const satisfies ParameterTable;
export type GaussianMixtureOptions = Partial<ParameterValues<typeof gaussianMixtureParameters>>;
type Parameters = ParameterValues<typeof gaussianMixtureParameters>;

/** A mixture of normal distributions. */
export function gaussianMixture(options: GaussianMixtureOptions = {}): Clusterer {
  const parameters = resolveParameters("gaussianMixture", gaussianMixtureParameters, options);
  return {
    method: "gaussianMixture",
    parameters,
    async fit(x, { random }) {
      requireFiniteNumbers("gaussianMixture", x);
      requireRows("gaussianMixture", x.rowCount, Math.max(2, parameters.clusters));
      const points = pointsOf(x.columns, x.rowCount);
      const order = ownRowOrder(points);
      const sorted = takePoints(points, order);
      let best: Fit | undefined;
      for (let start = 0; start < parameters.starts; start++) {
        const fit = fitOnce(sorted, parameters, random.child(start));
        if (best === undefined || fit.logLikelihood > best.logLikelihood + 1e-9) best = fit;
      }
      return fittedMixture(best!, sorted, order, parameters);
    },
  };
}

interface Fit {
  readonly mixture: Mixture;
  /** Mean of a row. */
  readonly logLikelihood: number;
  readonly rounds: number;
}

/** Rounds from a mixture until the likelihood stands still. */
export function maximiseExpectation(
  points: Points,
  start: Mixture,
  shape: MixtureShape,
  { maxIter, tolerance }: Pick<Parameters, "maxIter" | "tolerance">,
): Fit {
  let mixture = start;
  let before = -Infinity;
  for (let round = 1; ; round++) {
    const { shares, logLikelihood } = expectation(points, mixture, shape);
    if (Math.abs(logLikelihood - before) < tolerance || round > maxIter)
      return { mixture, logLikelihood, rounds: round - 1 };
    before = logLikelihood;
    mixture = maximisation(points, shares, mixture.weights.length, shape);
  }
}

function fitOnce(points: Points, parameters: Parameters, random: Random): Fit {
  const shape = { covariance: parameters.covariance, regularisation: parameters.regularisation };
  const begun = kMeans(points, parameters.clusters, {
    starts: 1,
    maxIter: 100,
    tolerance: 1e-4,
    minRows: parameters.minRows,
    random,
  });
  let k = begun.centers.length / points.featureCount;
  let shares = new Float64Array(points.rowCount * k);
  begun.labels.forEach((label, i) => (shares[i * k + label] = 1));
  for (;;) {
    const fit = maximiseExpectation(points, maximisation(points, shares, k, shape), shape, parameters);
    const { shares: found, labels } = expectation(points, fit.mixture, shape);
    const small = smallest(found, labels, k, parameters.minRows);
    if (small === undefined) return fit;
    // Its rows go where else they are likely, and the others settle.
    shares = without(found, k, small);
    k--;
  }
}

/** The smallest distribution where it is too small, or no row's likeliest. */
function smallest(shares: Float64Array, labels: Int32Array, k: number, minRows: number): number | undefined {
  if (k === 1) return undefined;
  const rows = new Float64Array(k);
  for (let at = 0; at < shares.length; at++) rows[at % k]! += shares[at]!;
  const sizes = clusterSizes(labels, k);
  const small = rows.indexOf(Math.min(...rows));
  const empty = sizes.indexOf(0);
  return rows[small]! < minRows ? small : empty < 0 ? undefined : empty;
}

function without(shares: Float64Array, k: number, gone: number): Float64Array<ArrayBuffer> {
  const n = shares.length / k;
  const out = new Float64Array(n * (k - 1));
  for (let i = 0; i < n; i++) {
    let total = 0;
    for (let c = 0, at = i * (k - 1); c < k; c++) {
      if (c === gone) continue;
      out[at++] = shares[i * k + c]!;
      total += shares[i * k + c]!;
    }
    for (let c = 0; c < k - 1; c++) {
      const at = i * (k - 1) + c;
      out[at] = total > 1e-12 ? out[at]! / total : 1 / (k - 1);
    }
  }
  return out;
}

function fittedMixture(fit: Fit, points: Points, order: Uint32Array, parameters: Parameters): FittedClusters {
  const shape = { covariance: parameters.covariance, regularisation: parameters.regularisation };
  const mixture = bySize(fit.mixture, points, shape);
  const k = mixture.weights.length;
  const { labels: sorted, logLikelihood } = expectation(points, mixture, shape);
  const labels = new Int32Array(points.rowCount);
  order.forEach((row, i) => (labels[row] = sorted[i]!));
  const n = points.rowCount;
  const free = parameterCount(k, points.featureCount, parameters.covariance);
  return {
    method: "gaussianMixture",
    clusterCount: k,
    noise: false,
    beside: "probabilities",
    labels,
    emit(x) {
      const densities = emitLogDensities(x, mixture, parameters.covariance);
      return {
        cluster: argMax(densities, { axis: 1, keepDims: true }),
        probabilities: emitShares(densities),
      };
    },
    reference(x) {
      const { shares, labels: found } = expectation(pointsOf(x.columns, x.rowCount), mixture, shape);
      return { labels: found, beside: shares };
    },
    summary: {
      clusters: k,
      rounds: fit.rounds,
      logLikelihood,
      bic: -2 * n * logLikelihood + free * Math.log(n),
      aic: -2 * n * logLikelihood + 2 * free,
    },
  };
}

/** The distribution with most rows first; of equals the one whose mean comes first. */
function bySize(mixture: Mixture, points: Points, shape: MixtureShape): Mixture {
  const p = points.featureCount;
  const k = mixture.weights.length;
  const sizes = clusterSizes(expectation(points, mixture, shape).labels, k);
  const order = Array.from({ length: k }, (_, c) => c).sort((a, b) => {
    if (sizes[a] !== sizes[b]) return sizes[b]! - sizes[a]!;
    for (let j = 0; j < p; j++) {
      const difference = mixture.means[a * p + j]! - mixture.means[b * p + j]!;
      if (difference !== 0) return difference;
    }
    return a - b;
  });
  const taken = (from: Float64Array, width: number): Float64Array => {
    const out = new Float64Array(from.length);
    order.forEach((c, at) => out.set(from.subarray(c * width, (c + 1) * width), at * width));
    return out;
  };
  const size = mixture.covariances.length / k;
  return {
    weights: taken(mixture.weights, 1),
    means: taken(mixture.means, p),
    covariances: taken(mixture.covariances, size),
    precisions: taken(mixture.precisions, size),
  };
}
