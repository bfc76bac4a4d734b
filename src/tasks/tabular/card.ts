/** The model card inside the file: what it is, what is in it, what it does with odd rows. */
import type { Json } from "../../core/index.ts";
import type { Calibration } from "../../estimators/calibration/index.ts";
import type { ModelCard } from "../../model/index.ts";
import { featureColumns } from "../../schema/index.ts";
import { type Choice, familyOf } from "../../select/index.ts";
import { carriedSentences } from "./carried.ts";
import type { PreparedTable } from "./prepare.ts";

/** What every model file of ours does with odd rows; `model/` keeps these promises. */
const policy = {
  "missing column": "an error that names the column and the nearest name in the row",
  "wrong kind": "an error that names the row, the column, what came and what was needed",
  "missing cell": "the learned answer for missing cells: null, NaN or the empty string",
  "unseen category": "the learned answer for categories held by fewer than 5 training rows",
} as const;

export function cardOf(
  table: PreparedTable,
  choice: Choice,
  calibration: Calibration["kind"],
  software: string,
): ModelCard {
  const { task, frame } = table;
  const count = featureColumns(frame.schema).length;
  const what =
    task.kind === "regression"
      ? "the number"
      : `one of ${task.classes.length} ${task.ordered === true ? "levels in their order" : "labels"} of`;
  const left = new Set(table.leaks);
  const carried = carriedSentences(choice);
  return {
    summary: `Predicts ${what} "${task.target}" from ${count} columns.`,
    members: choice.members.map(({ entry, weight }) => ({
      family: familyOf(entry.candidate).title,
      weight,
      parameters: entry.candidate.parameters,
      summary: entry.summaries as Json,
    })),
    policy,
    leftOut: table.frame.schema.columns
      .filter((column) => column.role === "ignore" || column.role === "id")
      .map((column) => ({
        column: column.name,
        reason: left.has(column.name)
          ? "it gives the target away"
          : column.role === "id"
            ? "it names the row"
            : "left out",
      })),
    notes: [
      ...(carried.length > 0
        ? ["Golden rows are synthetic.", ...carried]
        : ["Golden rows are synthetic; no record of a person is in this file."]),
      ...(calibration === "none"
        ? []
        : [`Probabilities are calibrated (${calibration}) on out-of-fold answers.`]),
      ...(task.kind === "classification" && task.positive !== undefined
        ? [`The positive label is "${task.positive}".`]
        : []),
    ],
    software,
  };
}
