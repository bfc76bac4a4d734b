export { applyLayer } from "./apply-layer.ts";
export type { EpochRecord, TrainEvent } from "./events.ts";
export { accuracyOfScores, Evaluator, type FitMetric, type Scored } from "./evaluation.ts";
export {
  type CheckpointOptions,
  type FallBack,
  fit,
  type FitOptions,
  type FitResult,
  trainEvents,
} from "./fit.ts";
export { partsWithin, type ReplicaOptions } from "./replicas.ts";
export { arrayLoader, type ArrayLoaderOptions } from "./array-loader.ts";
export type { Batch, Loader, OpenLoader, RowData } from "./loader.ts";
export { type GroupOptions, scoresOf, scoringGraph, type StepOptions } from "./step.ts";
export { findLearningRate, type FoundRate, type RateFinderOptions } from "./find-learning-rate.ts";
export { type RowSource, type RowsRead, sourceLoader, type SourceLoaderOptions } from "./source-loader.ts";
export { streamLoader, type StreamLoaderOptions } from "./stream-loader.ts";
export { type ColumnsInput, tableLoader, type TableLoaderOptions } from "./table-loader.ts";
