/**
 * A table of sequences: which columns count as numbers, how rows fall into sequences, and which of the two readings it is.
 *
 * With a horizon the target is a series and its next values are the answer. Without one, each group has one answer, so
 * the target must be the same in all of its rows. A table that fits neither is refused, never guessed about.
 */
import { MillwrightError } from "../../core/index.ts";
import { type Finding, shellWord } from "../../data/index.ts";
import { requireFreeOutputNames } from "../../pipeline/index.ts";
import {
  type BooleanColumnSchema,
  type Cells,
  type ColumnSchema,
  type Frame,
  readStringCell,
  type Schema,
} from "../../schema/index.ts";
import { readTable, type TableRead } from "../read-table.ts";
import type { NamedColumns } from "../roles.ts";
import type { SequenceTaskOptions } from "./options.ts";
import { findStep, placesOf, type TimeStep } from "./time-step.ts";

/** The rows of one group in the order of their time. */
export interface Sequence {
  /** The group's name; empty where the table is one series. */
  readonly name: string;
  readonly times: Float64Array;
  /** Rows of the table. */
  readonly rows: Uint32Array;
}

export interface SequenceTable extends TableRead {
  readonly frame: Frame;
  /** Columns of a row's numbers by name; NaN is missing. The target stands first where it is a series. */
  readonly numbers: ReadonlyMap<string, Float64Array>;
  readonly sequences: readonly Sequence[];
  readonly dates: boolean;
  readonly leftOut: readonly { readonly column: string; readonly reason: string }[];
  readonly findings: readonly Finding[];
}

/** What a run holds for each byte of the table. */
const copies = 6;

/** @throws MillwrightError `SCHEMA_*`, `DATA_*`, `PARAMETER_*`, `SOURCE_*`. */
export async function readSequenceTable(options: SequenceTaskOptions): Promise<SequenceTable> {
  const { target, timeColumn, group } = options;
  if (group === undefined && options.horizon === undefined) {
    throw new MillwrightError(
      "PARAMETER_MISSING",
      "Neither --group nor --horizon is given, so that it is open what a sequence is told by.",
      `Name the column that tells sequences apart with --group, for one answer a group; or give --horizon 24 to forecast the next 24 values of "${target}".`,
    );
  }
  const named: readonly NamedColumns[] = [
    { flag: "--time-column", role: "time", names: [timeColumn] },
    { flag: "--group", role: "group", names: [group] },
    { flag: "--id", role: "id", names: [options.id] },
    { flag: "--target", role: "target", names: [target] },
  ];
  const { frame, findings, read } = await readTable(options, named, copies);
  const { schema } = frame;
  requireFreeOutputNames(schema);
  const time = columnNamed(schema, timeColumn);
  if (time.kind !== "number" && time.kind !== "datetime") {
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `The time column "${timeColumn}" is ${time.kind}, and the order of rows needs dates or numbers.`,
      `Name another column with --time-column, or declare it with --column ${shellWord(timeColumn)}:kind=datetime.`,
    );
  }
  const { numbers, leftOut } = numbersOf(frame, options);
  return {
    frame,
    numbers,
    sequences: sequencesOf(frame, options),
    dates: time.kind === "datetime",
    leftOut,
    findings,
    ...read,
  };
}

export function columnNamed(schema: Schema, name: string): ColumnSchema {
  const column = schema.columns.find((each) => each.name === name);
  if (column !== undefined) return column;
  throw new MillwrightError("SCHEMA_MISSING_COLUMN", `The table has no column "${name}".`, "Check its name.");
}

/** Numbers and booleans as numbers; other columns are left out. */
function numbersOf(
  frame: Frame,
  { target, horizon }: SequenceTaskOptions,
): Pick<SequenceTable, "numbers" | "leftOut"> {
  const numbers = new Map<string, Float64Array>();
  const leftOut: { column: string; reason: string }[] = [];
  if (horizon !== undefined) {
    const column = columnNamed(frame.schema, target);
    const values = column.kind === "number" ? numbersIn(column, frame.columns.get(target)!) : undefined;
    if (values === undefined) {
      throw new MillwrightError(
        "SCHEMA_WRONG_KIND",
        `The target "${target}" is ${column.kind}, and --horizon forecasts numbers.`,
        "Name a column of numbers, or leave --horizon out to tell one label a group.",
      );
    }
    numbers.set(target, values);
  }
  for (const column of frame.schema.columns) {
    if (column.role !== "feature") continue;
    const values = numbersIn(column, frame.columns.get(column.name)!);
    if (values === undefined)
      leftOut.push({ column: column.name, reason: `it is ${column.kind}, no number` });
    else if (values.every(Number.isNaN)) leftOut.push({ column: column.name, reason: "it is empty" });
    else numbers.set(column.name, values);
  }
  if (numbers.size > 0) return { numbers, leftOut };
  throw new MillwrightError(
    "DATA_EMPTY",
    "No column of numbers is left to read a sequence from.",
    "Bring columns of numbers besides target, group and time; write labels as numbers or as true and false.",
  );
}

/** A column's cells as numbers, where they are numbers or booleans. */
export function numbersIn(column: ColumnSchema, cells: Cells): Float64Array | undefined {
  if (column.kind === "number" && cells.type === "number") return cells.values;
  if (column.kind !== "boolean" || cells.type !== "string") return undefined;
  const [yes, no] = wordsOf(column);
  const values = cells.dictionary.map((text) => {
    const word = readStringCell(text, column);
    return word === yes ? 1 : word === no ? 0 : Number.NaN;
  });
  return Float64Array.from(cells.codes, (code) => (code < 0 ? Number.NaN : values[code]!));
}

const wordsOf = (column: BooleanColumnSchema): readonly (string | null)[] =>
  (column.written ?? ["true", "false"]).map((word) => readStringCell(word, column));

/** Rows by group, ordered by time. @throws MillwrightError `DATA_BAD_VALUE`, `PARAMETER_MISSING`. */
export function sequencesOf(
  frame: Frame,
  { timeColumn, group }: { readonly timeColumn: string; readonly group?: string | undefined },
): Sequence[] {
  const time = frame.columns.get(timeColumn)!;
  const times = time.type === "number" ? time.values : new Float64Array(frame.rowCount).fill(Number.NaN);
  const names = group === undefined ? undefined : wordsIn(frame.columns.get(group)!);
  const rowsOf = new Map<string, number[]>();
  for (let row = 0; row < frame.rowCount; row++) {
    if (Number.isNaN(times[row]!)) {
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `Row ${row + 1} has no time in "${timeColumn}", so that it has no place in a sequence.`,
        "Fill it in, or leave the row out.",
      );
    }
    const name = names === undefined ? "" : names(row);
    if (name === undefined) {
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `Row ${row + 1} has no group in "${group}", so that it belongs to no sequence.`,
        "Fill it in, or leave the row out.",
      );
    }
    const rows = rowsOf.get(name);
    if (rows) rows.push(row);
    else rowsOf.set(name, [row]);
  }
  return [...rowsOf].map(([name, rows]) => {
    rows.sort((a, b) => times[a]! - times[b]! || a - b);
    const sorted = Float64Array.from(rows, (row) => times[row]!);
    requireDistinct(sorted, name, timeColumn, group);
    return { name, times: sorted, rows: Uint32Array.from(rows) };
  });
}

function requireDistinct(times: Float64Array, name: string, timeColumn: string, group?: string): void {
  const twice = times.findIndex((time, i) => i > 0 && time === times[i - 1]);
  if (twice < 0) return;
  throw new MillwrightError(
    group === undefined ? "PARAMETER_MISSING" : "DATA_BAD_VALUE",
    group === undefined
      ? `Several rows have one time in "${timeColumn}", so that the table holds more than one sequence.`
      : `Two rows of the group "${name}" have one time in "${timeColumn}".`,
    group === undefined
      ? "Name the column that tells them apart with --group."
      : "Leave one of them out, or name the column that tells the sequences apart with --group.",
  );
}

/** The text of each cell; undefined where it is missing. */
function wordsIn(cells: Cells): (row: number) => string | undefined {
  if (cells.type === "string")
    return (row) => (cells.codes[row]! < 0 ? undefined : cells.dictionary[cells.codes[row]!]!);
  return (row) => (Number.isNaN(cells.values[row]!) ? undefined : String(cells.values[row]!));
}

/** A series on the grid of its time step: places without a row are missing. */
export interface GridSeries {
  readonly name: string;
  /** Of each place. */
  readonly times: Float64Array;
  /** Row-major [places, columns]; NaN is missing. */
  readonly values: Float64Array;
}

export function ontoGrid(
  sequences: readonly Sequence[],
  numbers: ReadonlyMap<string, Float64Array>,
  step: TimeStep,
): GridSeries[] {
  const columns = [...numbers.values()];
  return sequences.map(({ name, times, rows }) => {
    const places = placesOf(times, step);
    const count = places.at(-1)! + 1;
    const values = new Float64Array(count * columns.length).fill(Number.NaN);
    const at = new Float64Array(count).fill(Number.NaN);
    places.forEach((place, i) => {
      at[place] = times[i]!;
      columns.forEach((column, c) => (values[place * columns.length + c] = column[rows[i]!]!));
    });
    return { name, times: filledTimes(at), values };
  });
}

/** Times of places between two rows, evenly. */
function filledTimes(times: Float64Array): Float64Array {
  let before = 0;
  for (let i = 1; i < times.length; i++) {
    if (Number.isNaN(times[i]!)) continue;
    const span = (times[i]! - times[before]!) / (i - before);
    for (let k = before + 1; k < i; k++) times[k] = times[before]! + (k - before) * span;
    before = i;
  }
  return times;
}

export const stepOf = ({ sequences, dates }: Pick<SequenceTable, "sequences" | "dates">): TimeStep =>
  findStep(
    sequences.map(({ times }) => times),
    dates,
  );
