/** Rows of a table as sequences: one a group, in the order of their time. */
import { MillwrightError } from "../../core/index.ts";
import { requireCount } from "../layer.ts";
import type { RowData } from "../training/loader.ts";

/** Columns of a table, row by row. */
export interface SequenceTable {
  /** The group that each row belongs to, as codes. Shape [rows]. */
  readonly group: Int32Array;
  /** What orders the rows of a group; of equal times the earlier row comes first. Shape [rows]. */
  readonly time: Float64Array;
  /** Numbers by name; NaN where missing. Shape [rows] each. */
  readonly features: Readonly<Record<string, Float64Array>>;
}

export interface Sequences {
  /** [steps, features], the table's own numbers; 0 behind the end of a shorter sequence. */
  readonly x: RowData;
  /** Steps of each sequence that count. int32 []. */
  readonly lengths: RowData;
  /** Code of each sequence's group, by the first row of each. */
  readonly groups: Int32Array;
  /** Names of the features in their order. */
  readonly names: readonly string[];
  /** Groups with more rows than steps, of which the last ones were taken. */
  readonly cut: number;
}

/**
 * Gathers the rows of each group.
 *
 * @param steps - Length of all sequences; of longer groups the latest rows are taken. Default: the longest group.
 * @throws MillwrightError `SHAPE_MISMATCH` where columns differ in length, `DATA_EMPTY`, `DATA_BAD_VALUE` for a time
 *   that is no number.
 */
export function groupSequences(table: SequenceTable, steps?: number): Sequences {
  const names = Object.keys(table.features);
  const rowCount = requireColumns(table, names);
  const rowsOf = new Map<number, number[]>();
  for (let row = 0; row < rowCount; row++) {
    const code = table.group[row]!;
    const rows = rowsOf.get(code);
    if (rows) rows.push(row);
    else rowsOf.set(code, [row]);
  }
  let longest = 0;
  for (const rows of rowsOf.values()) longest = Math.max(longest, rows.length);
  const length = steps ?? longest;
  requireCount("groupSequences", "steps", length);
  const x = new Float32Array(rowsOf.size * length * names.length);
  const lengths = new Int32Array(rowsOf.size);
  let cut = 0;
  for (const [i, rows] of [...rowsOf.values()].entries()) {
    rows.sort((a, b) => table.time[a]! - table.time[b]! || a - b);
    if (rows.length > length) cut++;
    const taken = rows.slice(-length);
    lengths[i] = taken.length;
    for (const [step, row] of taken.entries())
      for (const [f, name] of names.entries())
        x[(i * length + step) * names.length + f] = table.features[name]![row]!;
  }
  return {
    x: { dtype: "float32", shape: [length, names.length], data: x },
    lengths: { dtype: "int32", shape: [], data: lengths },
    groups: Int32Array.from(rowsOf.keys()),
    names,
    cut,
  };
}

function requireColumns({ group, time, features }: SequenceTable, names: readonly string[]): number {
  const rowCount = group.length;
  if (rowCount === 0 || names.length === 0) {
    throw new MillwrightError(
      "DATA_EMPTY",
      `groupSequences has ${rowCount} rows and ${names.length} features.`,
      "Give at least one of each.",
    );
  }
  for (const [name, column] of [["time", time] as const, ...Object.entries(features)]) {
    if (column.length === rowCount) continue;
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `groupSequences has ${rowCount} groups by row, and ${column.length} values of "${name}".`,
      "Give every column a value for each row.",
    );
  }
  const bad = time.findIndex((value) => Number.isNaN(value));
  if (bad >= 0) {
    throw new MillwrightError(
      "DATA_BAD_VALUE",
      `groupSequences cannot order row ${bad}, whose time is no number.`,
      "Leave out rows without a time.",
    );
  }
  return rowCount;
}
