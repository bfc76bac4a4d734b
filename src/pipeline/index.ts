export {
  type ClusterModelParts,
  type ClusterOutputs,
  composeClusters,
  noiseLabel,
} from "./compose-clusters.ts";
export { type ComposedModel, composedOf, composeModel, type Member, type ModelParts } from "./compose.ts";
export { requireOurResults } from "./our-results.ts";
export {
  type FittedPipeline,
  fitRecipe,
  type LabelledRows,
  type PipelineContext,
  type Recipe,
} from "./fit.ts";
export { distributionOf, minRowsShown, referenceProfile } from "./profile.ts";
export { composeLabels, type LabelModelParts } from "./compose-labels.ts";
export {
  encodeTarget,
  inferTaskKind,
  isOrdered,
  readTask,
  requireFreeOutputNames,
  rowsWithTarget,
  type Task,
  type TaskRequest,
} from "./target.ts";
export {
  type Pipeline,
  pipeline,
  type PipelineFitOptions,
  type PipelineOptions,
  type TrainedPipeline,
} from "./pipeline.ts";
