export { demoCsv } from "./demo-data.ts";
export { type EvaluateOptions, type Evaluation, evaluateFile } from "./evaluate.ts";
export type { TrainOptions } from "./options.ts";
export { type PredictedRows, predictRows } from "./predict.ts";
export type { MetricFigure } from "./judge.ts";
export { parseRequirement, type Requirement, type RequirementResult } from "./requirements.ts";
export type { LeaderboardRow, RunRecord } from "./run-record.ts";
export { trainTable, type TrainResult } from "./train.ts";
export { carriedText } from "./carried.ts";
