export { type BinOptions, openBins } from "./bin-matrix.ts";
export type { BinnedDataset, BinnedFeature } from "./binned-dataset.ts";
export { boosting, type BoostingSettings } from "./boosting.ts";
export { boostedRowBytes, fitBoostingStreamed, type StreamedRows } from "./boosting-stream.ts";
export { type BoostedTrees, type BoostTargets, fitBoosted } from "./fit-boosted.ts";
export {
  decisionTree,
  decisionTreeParameters,
  extraTrees,
  extraTreesParameters,
  randomForest,
  randomForestParameters,
} from "./forest.ts";
export { type BoostingParameters, boostingParameters } from "./parameters.ts";
