export {
  type BinaryFigures,
  type BinaryOptions,
  binaryAgainstNothing,
  type ClassFigures,
  classesAgainstNothing,
  commonestClass,
  type NumberFigures,
  numbersAgainstNothing,
} from "./against-nothing.ts";
export { bootstrapInterval, type BootstrapOptions, type ScoreInterval } from "./bootstrap.ts";
export { conformalMargin, leastErrors } from "./conformal.ts";
export {
  comparePaired,
  correctedResampledT,
  type PairedComparison,
  type ResampledComparison,
} from "./compare.ts";
export { type DelongComparison, delong } from "./delong.ts";
export { normalCdf, studentQuantile, studentTwoSided } from "./distributions.ts";
export { type LabelNoise, labelNoise } from "./label-noise.ts";
export {
  growingParts,
  learningCurve,
  type LearningOptions,
  type LearningPoint,
  learningSizes,
  learningTrend,
  type LearningTrend,
} from "./learning-curve.ts";
export {
  costAt,
  type Costs,
  operatingThreshold,
  type OperatingThreshold,
  type ThresholdPoint,
} from "./operating-threshold.ts";
export {
  type Dependence,
  type DependenceOptions,
  type DependencePoint,
  partialDependence,
} from "./partial-dependence.ts";
export {
  type ColumnImportance,
  type Importance,
  type ImportanceOptions,
  permutationImportance,
} from "./permutation-importance.ts";
export { resampler } from "./resample.ts";
export { type Predict, type RowContext, scoredRows, takeScored } from "./rows.ts";
export type { Condition } from "./segments.ts";
export { type Segment, type SegmentOptions, type Segments, worstSegments } from "./worst-segments.ts";
export { type WordEffect, type WordEffects, type WordOptions, wordEffects } from "./word-effects.ts";
export { withinFolds } from "./within-folds.ts";
