/**
 * Calibration of what is shipped, fitted on out-of-fold answers. It is taken only
 * where it clearly lowers the log loss and does not cost the metric chosen by:
 * a step-wise map may tie rows that the model tells apart.
 */
import { type Calibration, chooseCalibration, noCalibration } from "../../estimators/calibration/index.ts";
import { scoredRows } from "../../evaluate/index.ts";
import type { Metric } from "../../metrics/index.ts";
import type { JudgedRows } from "../../select/index.ts";

/**
 * @param judged - Rows with their targets.
 * @param answers - Out-of-fold answers of what is shipped for those rows.
 */
export function calibrationFor(
  judged: JudgedRows,
  answers: Float64Array,
  metric: Metric,
  seed: number,
): Calibration {
  const { y, weight } = judged;
  if (y.kind === "regression") return noCalibration;
  const { chosen } = chooseCalibration(
    { probabilities: answers, codes: y.codes, classCount: y.classCount, weight },
    seed,
  );
  if (chosen.kind === "none") return chosen;
  const before = metric.score(scoredRows(y, answers, judged));
  const after = metric.score(scoredRows(y, chosen.reference(answers), judged));
  const worse = metric.greaterIsBetter ? after < before - 1e-9 : after > before + 1e-9;
  return worse ? noCalibration : chosen;
}
