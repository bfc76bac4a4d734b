export type {
  ClusterAnswers,
  ClusterContext,
  Clusterer,
  FittedClusters,
  ReferenceAnswers,
} from "./clusterer.ts";
export { kMeans, type KMeansOptions, kMeansParameters } from "./k-means.ts";
export { type Labeling, meanSilhouette, silhouettes } from "./silhouette.ts";
