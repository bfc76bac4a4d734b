export { asSeen } from "./categories.ts";
export { ColumnRef, type ColumnRefs, columnsOf } from "./columns.ts";
export { defaultChains, type DefaultChainsOptions, type PlanStyle } from "./default-chains.ts";
export {
  characterTfidf,
  type CharacterTfidfOptions,
  characterTfidfParameters,
} from "./encoders/character-tfidf.ts";
export { type DatePartsOptions, dateParts, datePartsParameters } from "./encoders/date-parts.ts";
export {
  frequencyEncode,
  type FrequencyEncodeOptions,
  frequencyEncodeParameters,
} from "./encoders/frequency-encode.ts";
export {
  hashedTfidf,
  type HashedTfidfOptions,
  hashedTfidfParameters,
} from "./encoders/hashed-tfidf.ts";
export { hashing, type HashingOptions, hashingParameters } from "./encoders/hashing.ts";
export { numbers } from "./encoders/numbers.ts";
export { oneHot, type OneHotOptions, oneHotParameters } from "./encoders/one-hot.ts";
export { ordinal, type OrdinalOptions, ordinalParameters } from "./encoders/ordinal.ts";
export { targetEncode, type TargetEncodeOptions, targetEncodeParameters } from "./encoders/target-encode.ts";
export { tfidf, type TfidfOptions, tfidfParameters } from "./encoders/tfidf.ts";
export { timeSince, type TimeSinceOptions, timeSinceParameters } from "./encoders/time-since.ts";
export { tokens, type TokensOptions, tokensParameters } from "./encoders/tokens.ts";
export { type FeatureContext, fitFeatures, type FittedFeatures } from "./fit-features.ts";
export { firstTokens, type TokenUnit, withoutToken } from "./token-vocabulary.ts";
export { sourceWeights } from "./source-weights.ts";
export { feedsOf, graphInputs, inputDtype } from "./inputs.ts";
export {
  selectBest,
  type SelectBestOptions,
  selectBestParameters,
} from "./selections/select-best.ts";
export {
  varianceThreshold,
  type VarianceThresholdOptions,
  varianceThresholdParameters,
} from "./selections/variance-threshold.ts";
export type { Feature, Matrix, SparseRows } from "./matrix.ts";
export { featureColumn, joinRows, sparseMatrix, stackRows, takeSparseRows } from "./sparse.ts";
export {
  type Chain,
  chainOf,
  type Encoder,
  type FittedEncoder,
  type FittedTransform,
  type Narrowed,
  type Selection,
  type SourceColumn,
  type StepContext,
  type StepTarget,
  type Transform,
  type Union,
  union,
} from "./step.ts";
export {
  clipOutliers,
  type ClipOutliersOptions,
  clipOutliersParameters,
} from "./transforms/clip-outliers.ts";
export {
  kMeansDistances,
  type KMeansDistancesOptions,
  kMeansDistancesParameters,
} from "./transforms/k-means-distances.ts";
export { pca, type PcaOptions, pcaParameters } from "./transforms/pca.ts";
export {
  truncatedSvd,
  type TruncatedSvdOptions,
  truncatedSvdParameters,
} from "./transforms/truncated-svd.ts";
export { impute, type ImputeOptions, imputeParameters } from "./transforms/impute.ts";
export {
  interactions,
  type InteractionsOptions,
  interactionsParameters,
} from "./transforms/interactions.ts";
export {
  powerTransform,
  type PowerTransformOptions,
  powerTransformParameters,
} from "./transforms/power-transform.ts";
export {
  quantileTransform,
  type QuantileTransformOptions,
  quantileTransformParameters,
} from "./transforms/quantile-transform.ts";
export { scale, type ScaleOptions, scaleParameters } from "./transforms/scale.ts";
export {
  clusterSizes,
  kMeans,
  centerDistances,
  emitCenterDistances,
  type KMeansFit,
  lloyd,
  ownRowOrder,
  type Points,
  pointsOf,
  takePoints,
} from "./projections/k-means.ts";
export {
  leadingComponents,
  type PrincipalComponents,
  principalComponents,
  project,
} from "./projections/principal-components.ts";
export { symmetricEigen } from "./projections/symmetric-eigen.ts";
