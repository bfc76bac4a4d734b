/** What is refused before any work is done: options against each other, against the task, and rows that cannot be judged. */
import { MillwrightError } from "../../core/index.ts";
import { type ContentRead, withoutPassword } from "../../data/index.ts";
import { requireRowLimit } from "../../estimators/index.ts";
import { scoredRows } from "../../evaluate/index.ts";
import type { Metric } from "../../metrics/index.ts";
import type { Task } from "../../pipeline/index.ts";
import type { ColumnSchema } from "../../schema/index.ts";
import { family, type RacedFamily } from "../../select/index.ts";
import { constantAnswer, judgedRows, type LabelledFrame } from "./labelled.ts";
import { whyUndefined } from "./judge.ts";
import type { TrainOptions } from "./options.ts";

/** @throws MillwrightError `PARAMETER_CONFLICT`, `PARAMETER_UNKNOWN` for a family that does not exist. */
export function requireOptions(options: TrainOptions): void {
  const { time, budget, testSource, testSize, sql, keep = [], drop = [], families = [] } = options;
  if (time !== undefined && budget !== undefined) {
    throw conflict("--time and --budget are both given.", "Give one of them.");
  }
  if (testSource !== undefined && testSize !== undefined) {
    throw conflict("--test and --test-size are both given.", "Give one of them.");
  }
  if (testSource !== undefined && sql !== undefined) {
    throw conflict(
      `--sql asks the source, and --test ${withoutPassword(testSource)} would be read without the query.`,
      "Leave --test out, or write the query's rows to a file first.",
    );
  }
  const both = keep.find((name) => drop.includes(name));
  if (both !== undefined) {
    throw conflict(`The column "${both}" stands in --keep and in --drop.`, "Take it out of one of them.");
  }
  for (const name of familyNamesIn(families)) family(name);
}

/** The families of ours that are named one by one. */
function familyNamesIn(families: readonly RacedFamily[]): string[] {
  return families.filter((item) => typeof item === "string").filter((name) => name !== "usual");
}

/** @throws MillwrightError `PARAMETER_CONFLICT` for an option of another task. */
export function requireTaskOptions(options: TrainOptions, task: Task): void {
  if (options.cost === undefined || (task.kind === "classification" && task.positive !== undefined)) return;
  const what = task.kind === "regression" ? "is a number" : `has ${task.classes.length} classes`;
  throw conflict(
    `--cost sets the threshold between two classes, and "${task.target}" ${what}.`,
    "Leave --cost out.",
  );
}

/** @throws MillwrightError `DATA_BAD_VALUE`, `PARAMETER_CONFLICT` when a family that the user named cannot learn this target, or from these columns. */
export function requireFamilies(
  families: readonly RacedFamily[] = [],
  y: LabelledFrame["y"],
  columns: readonly ColumnSchema[],
): void {
  for (const name of familyNamesIn(families)) {
    const { requireTarget, oneNumber } = family(name);
    if (y.kind === "regression") requireTarget?.(y.values);
    if (!oneNumber || (columns.length === 1 && columns[0]!.kind === "number")) continue;
    throw conflict(
      `The family ${name} is a function of one number, and the model would read ${columns.length === 1 ? `the ${columns[0]!.kind} "${columns[0]!.name}"` : `${columns.length} columns`}.`,
      "Leave other columns out with --drop, or leave the family out.",
    );
  }
}

/** @throws MillwrightError `DATA_LIMIT` when a fold has more rows than a family that the user named may carry. */
export function requireCarriable(families: readonly RacedFamily[] = [], rowCount: number): void {
  for (const name of familyNamesIn(families)) {
    const { maxRows = Infinity } = family(name);
    requireRowLimit(`The family ${name}`, rowCount, maxRows, "carries training rows in the file");
  }
}

/** Rows of a class that are needed to learn it and to judge it, where there are two. */
const minClassRows = 5;

/** @throws MillwrightError `DATA_TOO_FEW_ROWS` when fewer than two classes have the rows to be learnt and judged. */
export function requireClasses(task: Task, y: LabelledFrame["y"]): void {
  if (task.kind === "regression" || y.kind === "regression") return;
  const counts = new Array<number>(task.classes.length).fill(0);
  for (const code of y.codes) counts[code]!++;
  if (counts.filter((count) => count >= minClassRows).length >= 2) return;
  const rarest = counts.indexOf(Math.min(...counts));
  throw new MillwrightError(
    "DATA_TOO_FEW_ROWS",
    `"${task.classes[rarest]}" stands in ${counts[rarest]} row${counts[rarest] === 1 ? "" : "s"} of ${y.codes.length} in "${task.target}", and two labels need at least ${minClassRows} rows each to be learnt and judged.`,
    "Bring more rows of it, or choose another target.",
  );
}

/**
 * Asks the metric about doing nothing on these rows, so that rows which it cannot judge are found before training.
 *
 * @param which - The rows, for the message: "The untouched rows".
 * @throws MillwrightError as the metric does, with the rows named.
 */
export function requireJudgeable(
  metric: Metric,
  rows: Omit<LabelledFrame, "frame">,
  task: Task,
  which: string,
): void {
  const judged = judgedRows(rows, task);
  const constant = constantAnswer(rows);
  const count = rows.y.kind === "regression" ? rows.y.values.length : rows.y.codes.length;
  const answers = new Float64Array(count * constant.length);
  for (let i = 0; i < answers.length; i++) answers[i] = constant[i % constant.length]!;
  try {
    metric.score(scoredRows(rows.y, answers, judged));
  } catch (error) {
    if (!(error instanceof MillwrightError)) throw error;
    throw new MillwrightError(
      error.code,
      `${which} cannot be judged. ${metric.name} ${whyUndefined(error, metric, rows.y, task)}.`,
      "Bring more rows, split in another way, or choose another metric with --metric.",
      { cause: error },
    );
  }
}

function conflict(what: string, fix: string): MillwrightError {
  return new MillwrightError("PARAMETER_CONFLICT", what, fix);
}

/**
 * The same bytes under --test would be learnt from and called untouched.
 *
 * @param reads - What was read to learn from, and to test on.
 * @throws MillwrightError `PARAMETER_CONFLICT`
 */
export function requireOtherRows(reads: readonly ContentRead[], testReads: readonly ContentRead[]): void {
  const known = new Map(reads.map(({ sha256, source }) => [sha256, source]));
  const same = testReads.find(({ sha256 }) => known.has(sha256));
  if (same === undefined) return;
  const source = known.get(same.sha256)!;
  throw conflict(
    `--test names ${same.source}, which holds the same bytes as ${source === same.source ? "what is learnt from" : source}: no row would be untouched.`,
    "Leave --test out, and a part of the rows is kept aside, or name rows that were not learnt from.",
  );
}
