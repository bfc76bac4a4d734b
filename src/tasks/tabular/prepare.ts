/**
 * From a source to rows that can be learnt from: the table is read, roles are set,
 * rows without a target are set aside, and what gives the answer away is left out.
 */
import { MillwrightError } from "../../core/index.ts";
import { type Finding, findings as lookAt, samplePlace } from "../../data/index.ts";
import type { Target } from "../../estimators/index.ts";
import {
  encodeTarget,
  readTask,
  requireFreeOutputNames,
  rowsWithTarget,
  type Task,
} from "../../pipeline/index.ts";
import { type Frame, type Schema, takeRows } from "../../schema/index.ts";
import { refusePictureColumns } from "./refuse-pictures.ts";
import { weightOf } from "./labelled.ts";
import { trainCopies } from "./processes.ts";
import { readTable, type TableRead } from "../read-table.ts";
import { requireFeatures, withRoles } from "../roles.ts";
import type { TrainOptions } from "./options.ts";

export interface PreparedTable extends TableRead {
  /** Rows that have a target, with every column; leaks have the role `ignore`. */
  readonly frame: Frame;
  readonly task: Task;
  readonly y: Target;
  readonly weight?: Float64Array;
  readonly findings: readonly Finding[];
  /** Columns left out because they give the target away. */
  readonly leaks: readonly string[];
  readonly rowsWithoutTarget: number;
  /** Their places in the source, ascending, where they are not all. */
  readonly places?: Float64Array;
}

/** Fewest rows with a target that training starts with. */
const minRows = 20;

/**
 * @throws MillwrightError `TARGET_MISSING`, `TARGET_CONSTANT`, `DATA_TOO_FEW_ROWS`, `SCHEMA_*`, `SOURCE_*`, `DATA_*`.
 */
export async function prepareTable(options: TrainOptions): Promise<PreparedTable> {
  const named = [
    { flag: "--id", role: "id", names: [options.id] },
    { flag: "--group", role: "group", names: [options.group] },
    { flag: "--time-column", role: "time", names: [options.timeColumn] },
    { flag: "--weight", role: "weight", names: [options.weight] },
    { flag: "--target", role: "target", names: [options.target] },
  ] as const;
  const { frame: whole, findings: told, read } = await readTable(options, named, trainCopies);
  await refusePictureColumns(whole, options.source, spokenOf(options));
  const rows = rowsWithTarget(whole, options.target);
  const labelled = rows.length === whole.rowCount ? whole : takeRows(whole, rows);
  requireRows(options.target, whole.rowCount, rows.length);
  const column = labelled.schema.columns.find((item) => item.name === options.target)!;
  const task = readTask(labelled, column, {
    kind: options.task,
    positive: options.positive,
    order: options.order,
  });
  const findings = [
    ...told,
    ...(await lookAt(labelled, {
      target: options.target,
      task: task.kind,
      suggestLevels: options.task === undefined && options.order === undefined,
    })),
  ];
  const kept = new Set(options.keep ?? []);
  const leaks = findings
    .filter((finding) => finding.kind === "leak" && finding.column !== null && !kept.has(finding.column))
    .map((finding) => finding.column!);
  const schema = withRoles(labelled.schema, findings, options);
  requireFeatures(schema, findings, "predict from");
  requireFreeOutputNames(schema);
  requireTime(schema, options.timeColumn);
  const frame = { ...labelled, schema };
  const weight = options.weight === undefined ? undefined : weightOf(frame, options.weight);
  return {
    frame,
    task,
    y: encodeTarget(frame, task),
    ...(weight && { weight }),
    findings,
    leaks: [...new Set(leaks)],
    rowsWithoutTarget: whole.rowCount - rows.length,
    ...(read.sampledFrom !== undefined && {
      places: Float64Array.from(rows, (row) => samplePlace(row, whole.rowCount, read.sampledFrom!)),
    }),
    ...read,
  };
}

/** Columns that the user has spoken of. */
function spokenOf({ target, keep = [], drop = [], columns = {} }: TrainOptions): ReadonlySet<string> {
  return new Set([target, ...keep, ...drop, ...Object.keys(columns)]);
}

function requireRows(target: string, all: number, labelled: number): void {
  if (labelled === 0) {
    throw new MillwrightError(
      "TARGET_MISSING",
      `The target "${target}" is missing in all ${all} rows.`,
      "Choose another target, or bring rows with answers.",
    );
  }
  if (labelled < minRows) {
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `${labelled} rows have a value in "${target}", and training needs at least ${minRows}.`,
      "Bring more rows.",
    );
  }
}

function requireTime(schema: Schema, name: string | undefined): void {
  const column = schema.columns.find((item) => item.name === name);
  if (column === undefined || column.kind === "datetime" || column.kind === "number") return;
  throw new MillwrightError(
    "SCHEMA_WRONG_KIND",
    `The time column "${column.name}" is a ${column.kind} column, and time is a datetime or a number.`,
    `Name another with --time-column, or read it as one with --column ${column.name}=datetime.`,
  );
}
