/** k-means as a clusterer: the nearest of k means, and the distance to each. See `features/projections/k-means.ts`. */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { kMeans as fitKMeans, centerDistances, emitCenterDistances, pointsOf } from "../../features/index.ts";
import { argMin } from "../../graph/index.ts";
import { requireFiniteNumbers } from "../training-rows.ts";
import type { Clusterer, FittedClusters } from "./clusterer.ts";
import { requireRows } from "./require.ts";

export const kMeansParameters = {
  clusters: { type: "integer", default: 3, min: 1, max: 1000, meaning: "how many groups" },
  starts: {
    type: "integer",
    default: 10,
    min: 1,
    max: 1000,
    scale: "log",
    meaning: "how often it begins from other rows; the best is kept",
  },
  maxIter: { type: "integer", default: 300, min: 1, max: 10_000, meaning: "most rounds of one start" },
  tolerance: {
    type: "number",
    default: 1e-4,
    min: 0,
    max: 1,
    scale: "log",
    meaning: "ends when the means' squared moves sum to this share of a feature's variance",
  },
  minRows: {
    type: "integer",
    default: 5,
    min: 1,
    max: 1_000_000,
    meaning: "a group of fewer rows is dissolved",
  },
} as const satisfies ParameterTable;
export type KMeansOptions = Partial<ParameterValues<typeof kMeansParameters>>;

/** k-means with greedy k-means++ starts. */
export function kMeans(options: KMeansOptions = {}): Clusterer {
  const parameters = resolveParameters("kmeans", kMeansParameters, options);
  return {
    method: "kmeans",
    parameters,
    async fit(x, { random }) {
      requireFiniteNumbers("kmeans", x);
      requireRows("kmeans", x.rowCount, Math.max(2, parameters.clusters));
      const points = pointsOf(x.columns, x.rowCount);
      const fit = fitKMeans(points, parameters.clusters, { ...parameters, random });
      return fittedKMeans(fit.centers, x.columns.length, fit.labels, {
        inertia: fit.inertia,
        iterations: fit.iterations,
      });
    },
  };
}

function fittedKMeans(
  centers: Float64Array,
  featureCount: number,
  labels: Int32Array,
  outcome: { readonly inertia: number; readonly iterations: number },
): FittedClusters {
  const clusterCount = centers.length / featureCount;
  return {
    method: "kmeans",
    clusterCount,
    noise: false,
    beside: "distances",
    labels,
    emit(x) {
      const distances = emitCenterDistances(x, centers, featureCount);
      return { cluster: argMin(distances, { axis: 1, keepDims: true }), distances };
    },
    reference(x) {
      const beside = new Float64Array(x.rowCount * clusterCount);
      const found = new Int32Array(x.rowCount);
      const row = new Float64Array(featureCount);
      for (let i = 0; i < x.rowCount; i++) {
        x.columns.forEach((column, j) => (row[j] = column[i]!));
        const distances = centerDistances(row, centers);
        beside.set(distances, i * clusterCount);
        found[i] = distances.indexOf(Math.min(...distances));
      }
      return { labels: found, beside };
    },
    summary: { clusters: clusterCount, ...outcome },
  };
}
