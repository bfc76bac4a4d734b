export { evaluateLabels, type LabelEvaluation } from "./evaluate-labels.ts";
export type { LabelOptions } from "./options.ts";
export { refitLabels, type RefitLabelOptions } from "./refit-labels.ts";
export type { LabelRecord } from "./run-record.ts";
export { type LabelResult, trainLabels } from "./train-labels.ts";
