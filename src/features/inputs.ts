/**
 * The graph's side of the file's contract: one input a column, [batch, 1], and
 * the tensors that feed it.
 *
 * Numbers come in the dtype of the schema, datetimes as float64 epoch
 * milliseconds, everything else as the string that stands in the table; NaN and
 * "" are missing.
 */
import { MillwrightError, nearest, type Tensor } from "../core/index.ts";
import { input, type Value } from "../graph/index.ts";
import type { Cells, ColumnSchema, Frame, Schema } from "../schema/index.ts";

/** Dtype of a column's graph input. */
export function inputDtype(column: ColumnSchema): "float32" | "float64" | "string" {
  if (column.kind === "number") return column.dtype;
  return column.kind === "datetime" ? "float64" : "string";
}

/**
 * Graph inputs of some columns, by name.
 *
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN`.
 */
export function graphInputs(schema: Schema, names: readonly string[]): Map<string, Value> {
  return new Map(
    names.map((name) => [name, input(name, inputDtype(columnNamed(schema, name)), ["batch", 1])]),
  );
}

/**
 * Tensors of some columns, [rows, 1] each.
 *
 * @param rows - Which rows; all of them when absent.
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN`.
 */
export function feedsOf(frame: Frame, names: readonly string[], rows?: Uint32Array): Record<string, Tensor> {
  return Object.fromEntries(
    names.map((name) => {
      const { schema, cells } = sourceOf(frame, name);
      const count = rows?.length ?? frame.rowCount;
      const dtype = inputDtype(schema);
      if (cells.type === "string") {
        const data = Array.from({ length: count }, (_, i) => {
          const code = cells.codes[rows ? rows[i]! : i]!;
          return code < 0 ? "" : cells.dictionary[code]!;
        });
        return [name, { dtype, shape: [count, 1], data }];
      }
      const all = rows === undefined && count === cells.values.length;
      if (all && dtype === "float64") return [name, { dtype, shape: [count, 1], data: cells.values }];
      const data = dtype === "float32" ? new Float32Array(count) : new Float64Array(count);
      for (let i = 0; i < count; i++) data[i] = cells.values[rows ? rows[i]! : i]!;
      return [name, { dtype, shape: [count, 1], data }];
    }),
  );
}

/** Looking each column up in a list would be quadratic in the number of columns. */
const columnsByName = new WeakMap<Schema, ReadonlyMap<string, ColumnSchema>>();

/** A column of a schema. @throws MillwrightError `SCHEMA_MISSING_COLUMN` with the nearest name. */
function columnNamed(schema: Schema, name: string): ColumnSchema {
  let byName = columnsByName.get(schema);
  if (byName === undefined) {
    byName = new Map(schema.columns.map((column) => [column.name, column]));
    columnsByName.set(schema, byName);
  }
  const column = byName.get(name);
  if (column === undefined) {
    const names = schema.columns.map((candidate) => candidate.name);
    const guess = nearest(name, names);
    throw new MillwrightError(
      "SCHEMA_MISSING_COLUMN",
      `The features need the column "${name}", and the table has ${names.length} columns without it${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
      "Rename the column, or leave it out of the features.",
    );
  }
  return column;
}

/**
 * A column of a frame with its cells.
 *
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN`; `SCHEMA_WRONG_KIND` where the cells do not hold the column's kind.
 */
export function sourceOf(frame: Frame, name: string): { schema: ColumnSchema; cells: Cells } {
  const schema = columnNamed(frame.schema, name);
  const cells = frame.columns.get(name);
  const needed = inputDtype(schema) === "string" ? "string" : "number";
  if (cells?.type !== needed) {
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `The column "${name}" is ${schema.kind} and needs ${needed} cells, and the table holds ${cells?.type ?? "none"}.`,
      "Read the table with this schema.",
    );
  }
  return { schema, cells };
}
