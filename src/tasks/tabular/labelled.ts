/** Rows with their answers: of the training table, or of another source read the same way. */
import { MillwrightError } from "../../core/index.ts";
import {
  type ContentRead,
  type Finding,
  openTable,
  type Reading,
  readingOf,
  readWithin,
} from "../../data/index.ts";
import { shareWithUnseen, takeTarget, type Target, unseenClasses } from "../../estimators/index.ts";
import { encodeTarget, rowsWithTarget, type Task } from "../../pipeline/index.ts";
import { type Frame, type Schema, takeRows } from "../../schema/index.ts";
import type { JudgedRows } from "../../select/index.ts";

export interface LabelledFrame {
  readonly frame: Frame;
  readonly y: Target;
  readonly weight?: Float64Array;
  /** Group of each row, where no column of the frame is the group. */
  readonly groups?: Int32Array;
  /** What was read for them, where that is a source of their own. */
  readonly reads?: readonly ContentRead[];
  /** Which rows they are, where that source did not fit into memory. */
  readonly findings?: readonly Finding[];
}

/** Some rows of labelled rows, in the order given. */
export function takeLabelled(rows: LabelledFrame, places: Uint32Array): LabelledFrame {
  return {
    frame: takeRows(rows.frame, places),
    y: takeTarget(rows.y, places),
    ...(rows.weight && { weight: Float64Array.from(places, (place) => rows.weight![place]!) }),
  };
}

/** Code of the positive class; undefined for a number or more than two classes. */
export function positiveCode(task: Task): number | undefined {
  return task.kind === "classification" && task.positive !== undefined
    ? task.classes.indexOf(task.positive)
    : undefined;
}

/** Rows as metrics want them; with their groups where the frame has a column of them. */
export function judgedRows(
  rows: Omit<LabelledFrame, "frame"> & Partial<LabelledFrame>,
  task: Task,
): JudgedRows {
  const groups = rows.groups ?? (rows.frame && groupsOf(rows.frame));
  return { y: rows.y, weight: rows.weight, positive: positiveCode(task), ...(groups && { groups }) };
}

/** Codes of the column with the role group, −1 where it is missing; undefined where there is none. */
export function groupsOf(frame: Frame): Int32Array | undefined {
  const column = frame.schema.columns.find((item) => item.role === "group");
  const cells = column && frame.columns.get(column.name);
  if (cells === undefined) return undefined;
  return cells.type === "string" ? cells.codes : codesOfNumbers(cells.values);
}

/** Codes by first appearance; a missing number is −1. */
function codesOfNumbers(values: Float64Array): Int32Array {
  const codes = new Map<number, number>();
  return Int32Array.from(values, (value) => {
    if (Number.isNaN(value)) return -1;
    const code = codes.get(value) ?? codes.size;
    codes.set(value, code);
    return code;
  });
}

/** The columns that judging reads: what the model takes, the answers, their weight and group. */
export function judgedSchema(schema: Schema): Schema {
  const read = new Set(["feature", "target", "weight", "group"]);
  return { columns: schema.columns.filter((column) => read.has(column.role)) };
}

/** How many times over rows to judge are held: as read, parted, and with columns shuffled. */
export const judgedCopies = 6;

/**
 * Rows with known answers from another source, read by a schema that is already settled.
 *
 * @throws MillwrightError `TARGET_MISSING` when no row has an answer; `SCHEMA_*` where the columns do not fit.
 */
export async function readLabelled(
  source: string | readonly string[],
  schema: Schema,
  task: Task,
  options: Reading & { readonly threads?: number; readonly optional?: readonly string[] },
): Promise<LabelledFrame> {
  const groupNames = schema.columns.filter(({ role }) => role === "group").map(({ name }) => name);
  const table = await openTable(source, {
    schema,
    ...readingOf(options),
    copies: judgedCopies,
    ...(options.threads !== undefined && { threads: options.threads }),
    // Without its groups a row is drawn alone: nothing that judging cannot do without.
    optional: [...(options.optional ?? []), ...groupNames],
  }).catch((error: unknown) => {
    throw answersMissing(error, task.target);
  });
  try {
    const within = { memory: options.memory, copies: judgedCopies };
    const { frame: whole, findings } = await readWithin(table, within);
    const rows = rowsWithTarget(whole, task.target);
    if (rows.length === 0) {
      throw new MillwrightError(
        "TARGET_MISSING",
        `${table.owner} has no value in the target "${task.target}" in all ${whole.rowCount} rows.`,
        "Bring rows with known answers.",
      );
    }
    const frame = rows.length === whole.rowCount ? whole : takeRows(whole, rows);
    const weightName = schema.columns.find((column) => column.role === "weight")?.name;
    const weighted = weightName !== undefined && frame.columns.has(weightName);
    return {
      frame,
      y: encodeTarget(frame, task),
      reads: await table.reads(),
      ...(findings.length > 0 && { findings }),
      ...(weighted && { weight: weightOf(frame, weightName) }),
    };
  } finally {
    await table.close();
  }
}

/** An error of a source that lacks the target, as `TARGET_MISSING`; any other as it is. */
export function answersMissing(error: unknown, target: string): unknown {
  const { code, what = "" } = error as Partial<MillwrightError>;
  if (code !== "SCHEMA_MISSING_COLUMN" || !what.includes(`"${target}"`)) return error;
  const [said] = what.split("; the nearest");
  return new MillwrightError(
    "TARGET_MISSING",
    `${said!.replace(/\.$/, "")}, which holds the answers to judge by.`,
    "Bring rows with known answers in that column.",
    { cause: error },
  );
}

/**
 * The weights of rows.
 *
 * @throws MillwrightError `SCHEMA_WRONG_KIND`, `DATA_BAD_VALUE` for a missing, infinite or negative weight.
 */
export function weightOf(frame: Frame, name: string): Float64Array {
  const cells = frame.columns.get(name);
  if (cells?.type !== "number") {
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `The weight "${name}" is not a number column.`,
      "Name a number column with --weight.",
    );
  }
  let total = 0;
  for (let row = 0; row < frame.rowCount; row++) {
    const value = cells.values[row]!;
    total += value;
    if (!(value >= 0 && value < Infinity)) {
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `The weight "${name}" is ${Number.isNaN(value) ? "missing" : value} in row ${row + 1}, and weights are finite and not negative.`,
        "Clean that row, or leave --weight out.",
      );
    }
  }
  if (total === 0) {
    throw new MillwrightError(
      "DATA_BAD_VALUE",
      `The weight "${name}" is 0 in all ${frame.rowCount} rows.`,
      "Clean it, or leave --weight out.",
    );
  }
  return cells.values;
}

/** The answer of doing nothing: the weighted mean, or the weighted class shares, of these rows. */
export function constantAnswer({ y, weight }: Omit<LabelledFrame, "frame">): Float64Array {
  const sums = new Float64Array(y.kind === "regression" ? 1 : y.classCount);
  let total = 0;
  const count = y.kind === "regression" ? y.values.length : y.codes.length;
  for (let row = 0; row < count; row++) {
    const w = weight?.[row] ?? 1;
    total += w;
    if (y.kind === "regression") sums[0] = sums[0]! + w * y.values[row]!;
    else sums[y.codes[row]!] = sums[y.codes[row]!]! + w;
  }
  const answer = sums.map((sum) => sum / total);
  const unseen = unseenClasses(y, weight);
  if (unseen !== undefined) shareWithUnseen(answer, answer.length, unseen);
  return answer;
}
