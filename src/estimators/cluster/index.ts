export type {
  ClusterAnswers,
  ClusterContext,
  Clusterer,
  FittedClusters,
  ReferenceAnswers,
} from "./clusterer.ts";
export { dbscan, type DbscanOptions, dbscanParameters } from "./dbscan.ts";
export { hdbscan, type HdbscanOptions, hdbscanParameters } from "./hdbscan.ts";
export {
  gaussianMixture,
  type GaussianMixtureOptions,
  gaussianMixtureParameters,
} from "./gaussian-mixture.ts";
export { alongComponents, type ComponentLimits, onComponents } from "./on-components.ts";
export { kMeans, type KMeansOptions, kMeansParameters } from "./k-means.ts";
export { type Labeling, meanSilhouette, silhouettes } from "./silhouette.ts";
