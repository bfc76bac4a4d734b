/**
 * The target column as a learner sees it: a number a row, or a class code a row.
 *
 * Class labels are the distinct values in a fixed order (numbers ascending when
 * every label is one, else by code unit), so codes do not depend on row order.
 */
import { MillwrightError } from "../core/index.ts";
import { knownOrder, requireSquares, shellWord } from "../data/index.ts";
import type { Target } from "../estimators/index.ts";
import type { Cells, ColumnSchema, Frame, Schema } from "../schema/index.ts";

/** What is predicted and how its answers are named. */
export type Task =
  | { readonly kind: "regression"; readonly target: string }
  | {
      readonly kind: "classification";
      readonly target: string;
      /** Labels in the order of the probabilities. */
      readonly classes: readonly string[];
      /** Labels are levels, from the least to the most. */
      readonly ordered?: true;
      /** The label counted as positive; two classes only. */
      readonly positive?: string;
    };

/** Whether what is predicted are levels in their order. */
export function isOrdered(task: Task): boolean {
  return task.kind === "classification" && task.ordered === true;
}

/** Words that name the event of interest, lower-case; the first class that is one is positive. */
const positiveWords = new Set([
  "1",
  "true",
  "yes",
  "y",
  "t",
  "positive",
  "pos",
  "churn",
  "churned",
  "bad",
  "fraud",
  "spam",
  "default",
  "malignant",
  "survived",
  "sick",
  "ja",
  "oui",
  "si",
  "sí",
  ">50k",
]);

/** How many distinct whole numbers a number column may have and still be read as classes. */
const maxNumberClasses = 2;

/** Decides the task from the target column. A number with two distinct whole values is a class, every other number is a quantity. */
export function inferTaskKind(column: ColumnSchema, frame: Frame): Task["kind"] {
  if (column.kind !== "number") return "classification";
  const cells = frame.columns.get(column.name);
  if (cells?.type !== "number") return "classification";
  const distinct = new Set<number>();
  for (const value of cells.values) {
    if (Number.isNaN(value)) continue;
    if (!Number.isInteger(value)) return "regression";
    distinct.add(value);
    if (distinct.size > maxNumberClasses) return "regression";
  }
  return "classification";
}

/** The label of each row of a class target; missing is undefined. */
function labelOf(frame: Frame, name: string): (row: number) => string | undefined {
  const cells = frame.columns.get(name);
  if (cells === undefined) {
    throw new MillwrightError(
      "TARGET_MISSING",
      `The table has no column "${name}" for the target.`,
      "Name a column of the table with --target.",
    );
  }
  if (cells.type === "string") {
    return (row) => (cells.codes[row]! < 0 ? undefined : cells.dictionary[cells.codes[row]!]);
  }
  return (row) => (Number.isNaN(cells.values[row]!) ? undefined : String(cells.values[row]));
}

/** Rows that have a target, ascending. */
export function rowsWithTarget(frame: Frame, name: string): Uint32Array {
  const cells = frame.columns.get(name);
  const rows: number[] = [];
  for (let row = 0; row < frame.rowCount; row++) {
    const present =
      cells === undefined
        ? false
        : cells.type === "string"
          ? cells.codes[row]! >= 0
          : Number.isFinite(cells.values[row]!);
    if (present) rows.push(row);
  }
  return Uint32Array.from(rows);
}

/** What a user says of the task; the rest is decided from the column. */
export interface TaskRequest {
  readonly kind?: Task["kind"] | "ordinal" | undefined;
  /** The label that counts as positive. */
  readonly positive?: string | undefined;
  /** Levels from the least to the most, all of them. */
  readonly order?: readonly string[] | undefined;
}

/**
 * Reads the task from the rows that have a target.
 *
 * @throws MillwrightError `TARGET_MISSING`, `TARGET_CONSTANT`, `SCHEMA_WRONG_KIND`, `PARAMETER_CONFLICT`,
 *   `PARAMETER_MISSING` for levels whose order is not known, `PARAMETER_RANGE`, `DATA_BAD_VALUE` for numbers whose
 *   squares are beyond float64.
 */
export function readTask(frame: Frame, column: ColumnSchema, request: TaskRequest = {}): Task {
  const { kind, positive, order } = request;
  const name = column.name;
  if (order !== undefined && kind !== undefined && kind !== "ordinal") {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `--order names levels, and --task is ${kind}.`,
      "Use --task ordinal, or leave --order out.",
    );
  }
  if (kind === "ordinal" || order !== undefined) return readLevels(frame, name, request);
  const task = kind ?? inferTaskKind(column, frame);
  const cells = frame.columns.get(name);
  if (task === "regression") {
    if (cells?.type !== "number" || column.kind === "datetime") {
      throw new MillwrightError(
        "SCHEMA_WRONG_KIND",
        `Regression needs a number, and the target "${name}" is a ${column.kind} column.`,
        `Use --task classification, or ${numberAdvice(name, column, cells)}.`,
      );
    }
    if (positive !== undefined) {
      throw new MillwrightError(
        "PARAMETER_CONFLICT",
        `--positive names a class, and "${name}" is predicted as a number.`,
        "Leave --positive out, or use --task classification.",
      );
    }
    let low = Infinity;
    let high = -Infinity;
    for (const value of cells.values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (!(low < high)) throw constantTarget(name, frame.rowCount, String(low));
    requireSquares(name, cells.values);
    return { kind: "regression", target: name };
  }
  const classes = labelsIn(frame, name);
  if (classes.length < 2) throw constantTarget(name, frame.rowCount, classes[0] ?? "missing");
  if (classes.length > 1000 || (classes.length > 50 && classes.length > frame.rowCount / 5)) {
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `The target "${name}" has ${classes.length} different labels in ${frame.rowCount} rows: too few rows a label to learn from.`,
      column.kind === "number"
        ? "Use --task regression."
        : "Choose another target, or group its rare labels.",
    );
  }
  if (positive !== undefined && !classes.includes(positive)) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `--positive is "${positive}", and the labels of "${name}" are ${classes.slice(0, 10).join(", ")}.`,
      "Name one of the labels.",
    );
  }
  if (classes.length > 2) {
    if (positive !== undefined) {
      throw new MillwrightError(
        "PARAMETER_CONFLICT",
        `--positive needs two classes, and "${name}" has ${classes.length}.`,
        "Leave --positive out.",
      );
    }
    return { kind: "classification", target: name, classes };
  }
  return {
    kind: "classification",
    target: name,
    classes,
    positive: positive ?? guessPositive(frame, name, classes),
  };
}

/** Labels that rows hold, in a fixed order. */
function labelsIn(frame: Frame, name: string): string[] {
  const label = labelOf(frame, name);
  const seen = new Set<string>();
  for (let row = 0; row < frame.rowCount; row++) {
    const value = label(row);
    if (value !== undefined) seen.add(value);
  }
  return sortLabels([...seen]);
}

/** Most levels that are learnt one cut at a time. */
const mostLevels = 30;

/** Levels in their order: as the user names them, as numbers ascend, or as known words stand. */
function readLevels(frame: Frame, name: string, { positive, order }: TaskRequest): Task {
  if (positive !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `--positive names one label, and "${name}" is predicted as levels.`,
      "Leave --positive out, or use --task classification.",
    );
  }
  const labels = labelsIn(frame, name);
  const twice = order?.find((level, at) => order.indexOf(level) < at);
  const unnamed = order && labels.find((label) => !order.includes(label));
  const absent = order?.find((level) => !labels.includes(level));
  if (twice !== undefined || unnamed !== undefined || absent !== undefined) {
    const what =
      twice !== undefined
        ? `--order names "${twice}" twice`
        : unnamed !== undefined
          ? `--order does not name "${unnamed}"`
          : `--order names "${absent}", which no row holds`;
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `${what}; the levels of "${name}" are ${labels.slice(0, 12).join(", ")}.`,
      "Name each of them once, from the least to the most.",
    );
  }
  requireLevels(frame, name, labels, labels.length);
  const numeric = labels.every((label) => label.trim() !== "" && Number.isFinite(Number(label)));
  const classes = order ?? (numeric ? labels : knownOrder(labels));
  if (classes === undefined) {
    throw new MillwrightError(
      "PARAMETER_MISSING",
      `The order of the levels of "${name}" is not known: ${labels.slice(0, 12).join(", ")}.`,
      "Name them from the least to the most, as --order low,medium,high; in code as the labels of the target.",
    );
  }
  return { kind: "classification", target: name, classes: [...classes], ordered: true };
}

/**
 * The task of levels that a schema names from the least to the most; rows need not hold all of them.
 *
 * @throws MillwrightError `TARGET_CONSTANT`, `PARAMETER_CONFLICT` for fewer than 3 levels or more than 30,
 *   `PARAMETER_RANGE` for a level that is named twice.
 */
export function levelsTask(frame: Frame, name: string, levels: readonly string[]): Task {
  const twice = levels.find((level, at) => levels.indexOf(level) < at);
  if (twice !== undefined) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `The schema names the level "${twice}" of "${name}" twice, among ${levels.length}.`,
      "Name each of them once, from the least to the most.",
    );
  }
  requireLevels(frame, name, labelsIn(frame, name), levels.length);
  return { kind: "classification", target: name, classes: levels, ordered: true };
}

function requireLevels(frame: Frame, name: string, held: readonly string[], count: number): void {
  if (held.length < 2) throw constantTarget(name, frame.rowCount, held[0] ?? "missing");
  if (count > 2 && count <= mostLevels) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `The target "${name}" has ${count} levels, and --task ordinal takes 3 to ${mostLevels}.`,
    count === 2 ? "Use --task classification." : "Use --task regression, or put levels together.",
  );
}

/** How a target that is no number becomes one: by its kind where every label reads as a number, else by a query. */
function numberAdvice(name: string, column: ColumnSchema, cells: Cells | undefined): string {
  const labels = cells?.type === "string" ? cells.dictionary : [];
  const isNumber = (label: string): boolean => label.trim() !== "" && Number.isFinite(Number(label));
  if (column.kind !== "datetime" && labels.length > 0 && labels.every(isNumber))
    return `read it as a number with --column ${shellWord(`${name}=number`)}`;
  const quoted = /^[A-Za-z_]\w*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
  const number =
    column.kind === "datetime"
      ? `epoch(${quoted})`
      : `CASE ${quoted} WHEN '${(labels[0] ?? "yes").slice(0, 40).replaceAll("'", "''")}' THEN 1 ELSE 0 END`;
  const sql = `SELECT * REPLACE (${number} AS ${quoted}) FROM FILE`;
  return `make a number of it in a query, as --sql ${/["$`\\]/.test(sql) ? shellWord(sql) : `"${sql}"`} with the name of your file, less its extension, for FILE`;
}

function constantTarget(name: string, rowCount: number, value: string): MillwrightError {
  return new MillwrightError(
    "TARGET_CONSTANT",
    `The target "${name}" has one value, ${JSON.stringify(value)}, in all ${rowCount} rows: there is nothing to learn.`,
    "Choose another target with --target, or bring rows of another kind.",
  );
}

/** The label that names an event, else the rarer one. */
function guessPositive(frame: Frame, name: string, classes: readonly string[]): string {
  const words = classes.filter((label) => positiveWords.has(label.trim().toLowerCase()));
  if (words.length === 1) return words[0]!;
  const label = labelOf(frame, name);
  let first = 0;
  let total = 0;
  for (let row = 0; row < frame.rowCount; row++) {
    const value = label(row);
    if (value === undefined) continue;
    total++;
    if (value === classes[0]) first++;
  }
  return first * 2 < total ? classes[0]! : classes[1]!;
}

function sortLabels(labels: string[]): string[] {
  const numeric = labels.every((label) => label.trim() !== "" && Number.isFinite(Number(label)));
  return labels.sort((a, b) => (numeric ? Number(a) - Number(b) : 0) || (a < b ? -1 : a > b ? 1 : 0));
}

/**
 * The target of every row.
 *
 * @param frame - Rows that all have a target (`rowsWithTarget`).
 * @throws MillwrightError `SCHEMA_WRONG_KIND` when a row's label is not one of the task's classes.
 */
export function encodeTarget(frame: Frame, task: Task): Target {
  if (task.kind === "regression") {
    const cells = frame.columns.get(task.target);
    if (cells?.type !== "number") {
      throw new MillwrightError(
        "TARGET_MISSING",
        `The table has no number column "${task.target}".`,
        "Bring the target column with the rows.",
      );
    }
    return { kind: "regression", values: cells.values };
  }
  const index = new Map(task.classes.map((label, code) => [label, code]));
  const label = labelOf(frame, task.target);
  const codes = new Int32Array(frame.rowCount);
  for (let row = 0; row < frame.rowCount; row++) {
    const value = label(row);
    const code = value === undefined ? undefined : index.get(value);
    if (code === undefined) {
      throw new MillwrightError(
        "SCHEMA_WRONG_KIND",
        `Row ${row + 1} has the label ${JSON.stringify(value ?? null)} in "${task.target}", and the model knows ${task.classes.slice(0, 10).join(", ")}.`,
        "Remove the row, or train again with that label.",
      );
    }
    codes[row] = code;
  }
  return {
    kind: "classification",
    classCount: task.classes.length,
    codes,
    ...(task.ordered && { ordered: true }),
  };
}

/**
 * @param beside - Outputs of the graph beside the prediction, which no feature may be named like either.
 * @throws MillwrightError `SCHEMA_DUPLICATE_COLUMN` when a feature is named like an answer of the model.
 */
export function requireFreeOutputNames(
  schema: Schema,
  beside: readonly ("probabilities" | "distances")[] = ["probabilities"],
): void {
  const taken = new Set<string>(["prediction", ...beside]);
  const clash = schema.columns.find(({ name, role }) => role === "feature" && taken.has(name));
  if (clash === undefined) return;
  throw new MillwrightError(
    "SCHEMA_DUPLICATE_COLUMN",
    `The column "${clash.name}" is named like what the model answers.`,
    `Leave it out (--drop ${clash.name}), or rename it.`,
  );
}
