export type { ClusterDifference, ClusterReportData, ClusterSummary } from "./cluster-report-data.ts";
export { renderClusterReport } from "./render-cluster-report.ts";
export { modelCard } from "./card.ts";
export { summaryLines } from "./headline.ts";
export { renderReport } from "./render-report.ts";
export type {
  BoardEntry,
  Calibration,
  CalibrationBin,
  ChosenInfo,
  Confusion,
  Curve,
  DataInfo,
  Estimate,
  Finding,
  Importance,
  LearningPoint,
  PictureExample,
  MetricInfo,
  Operating,
  PartialDependence,
  PrecisionRecallCurve,
  RegressionErrors,
  ReportData,
  RunInfo,
  Segment,
  SimplerModel,
  SplitInfo,
  TargetInfo,
  Task,
  TestScore,
  ThresholdPoint,
  TrainingCurve,
  WordEffect,
  Words,
} from "./report-data.ts";
