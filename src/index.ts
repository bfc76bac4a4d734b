/**
 * The main door: the main job in code. Everything else has a door of its own
 * (`millwright/graph`, `millwright/features`, …); applications that only predict
 * import `millwright/model`, which is light.
 */
export { type ErrorCode, MillwrightError } from "./core/index.ts";
export { openTable, type Table, tableFromRows } from "./data/index.ts";
export { defineMetric, type Metric, type MetricDefinition } from "./metrics/index.ts";
export { load, type Model, type ModelRecipe } from "./model/index.ts";
export { type Pipeline, pipeline, type TrainedPipeline } from "./pipeline/index.ts";
export {
  boolean,
  category,
  datetime,
  defineSchema,
  id,
  number,
  type PredictionOf,
  type RowOf,
  text,
} from "./schema/index.ts";
export type { OwnModule, OwnStep, RacedFamily } from "./select/index.ts";
export {
  refit,
  type RefitOptions,
  type RunRecord,
  saveRun,
  type TrainOptions,
  type TrainRequest,
  type TrainResult,
  trainTable,
} from "./tasks/index.ts";
