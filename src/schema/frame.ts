/**
 * Columns in memory, as typed arrays: numbers by value, strings by code.
 *
 * Never arrays of objects. Codes are numbered by first appearance in row order,
 * so that the same rows give the same codes however they were read.
 */
import type { Schema } from "./schema.ts";

/** Numbers (NaN is missing) or datetimes (epoch milliseconds, wall-clock read as UTC; NaN is missing). */
export interface NumberCells {
  readonly type: "number";
  readonly values: Float64Array;
}

/** Categories, booleans (as written in the table; typed ones are "true" and "false"), texts and ids. */
export interface StringCells {
  readonly type: "string";
  /** Index into the dictionary; −1 is missing. */
  readonly codes: Int32Array;
  readonly dictionary: readonly string[];
}

export type Cells = NumberCells | StringCells;

/** Some rows of a table: every column of the schema, each with `rowCount` cells. */
export interface Frame {
  readonly schema: Schema;
  readonly rowCount: number;
  readonly columns: ReadonlyMap<string, Cells>;
}

/** The rows at `rows`, in that order; a row may be taken twice. Dictionaries are shared, not copied. */
export function takeRows(frame: Frame, rows: Uint32Array): Frame {
  const columns = new Map<string, Cells>();
  for (const [name, cells] of frame.columns) {
    if (cells.type === "number") {
      const values = new Float64Array(rows.length);
      for (let i = 0; i < rows.length; i++) values[i] = cells.values[rows[i]!]!;
      columns.set(name, { type: "number", values });
    } else {
      const codes = new Int32Array(rows.length);
      for (let i = 0; i < rows.length; i++) codes[i] = cells.codes[rows[i]!]!;
      columns.set(name, { type: "string", codes, dictionary: cells.dictionary });
    }
  }
  return { schema: frame.schema, rowCount: rows.length, columns };
}
