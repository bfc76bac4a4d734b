/** From which probability on the answer is "positive", chosen on out-of-fold answers, never on test rows. */
import { operatingThreshold, scoredRows } from "../../evaluate/index.ts";
import type { ClassificationRows } from "../../metrics/index.ts";
import type { Task } from "../../pipeline/index.ts";
import type { JudgedRows } from "../../select/index.ts";
import type { TrainOptions } from "./options.ts";

/**
 * @param answers - Out-of-fold probabilities of what is shipped, for the judged rows.
 * @returns undefined unless there are two classes; 0.5 without costs.
 */
export function thresholdFor(
  cost: TrainOptions["cost"],
  task: Task,
  judged: JudgedRows,
  answers: Float64Array,
): number | undefined {
  if (task.kind !== "classification" || task.positive === undefined) return undefined;
  if (cost === undefined) return 0.5;
  const { threshold } = operatingThreshold(scoredRows(judged.y, answers, judged) as ClassificationRows, cost);
  return Math.min(1, Math.max(0, Number(threshold.toPrecision(6))));
}
