export { accuracy, balancedAccuracy } from "./accuracy.ts";
export { averagePrecision } from "./average-precision.ts";
export { brier } from "./brier.ts";
export { type CalibrationBin, type CalibrationCurveOptions, calibrationCurve } from "./calibration-curve.ts";
export { confusionMatrix, type LabelOptions } from "./confusion-matrix.ts";
export { type CurveOptions, prCurve, type PrecisionRecallCurve, type RocCurve, rocCurve } from "./curves.ts";
export { type CalibrationErrorOptions, expectedCalibrationError } from "./expected-calibration-error.ts";
export { logLoss, logLossRows, type ProbabilityOptions } from "./log-loss.ts";
export { matthews } from "./matthews.ts";
export type { ClassificationRows, Metric, RegressionRows, ScoredRows, Task } from "./metric.ts";
export { mostProbable } from "./metric-kinds.ts";
export { halfTolerance, levelError, medianLevels, quadraticKappa } from "./level-agreement.ts";
export { defaultMetric, metric, metricsFor, metricTable, type MetricTarget, misfit } from "./metric-table.ts";
export {
  f1ByLabel,
  type LabelMetric,
  labelMetrics,
  type LabelRows,
  thresholdOfBestF1,
} from "./multilabel.ts";
export { ascendingOrder } from "./order.ts";
export { type ClassRows, defineMetric, type MetricDefinition, type NumberRows } from "./define-metric.ts";
export {
  type Average,
  type AverageOptions,
  averages,
  f1,
  precision,
  type PrecisionRecall,
  precisionRecall,
  recall,
} from "./precision-recall.ts";
export { r2 } from "./r2.ts";
export { classColumn } from "./ranking.ts";
export { type ErrorOptions, mae, mape, mse, pinball, rmse } from "./regression-errors.ts";
export { type OneVsRestOptions, type RankingOptions, rocAuc, rocAucOneVsRest } from "./roc-auc.ts";
export type { Scorer } from "./scorer.ts";
export {
  isBioTag,
  type Span,
  type SpanCounts,
  spanCounts,
  type SpanMetric,
  spanMetrics,
  type SpanScores,
  spanScores,
  spanScoresOf,
  spansOf,
} from "./spans.ts";
