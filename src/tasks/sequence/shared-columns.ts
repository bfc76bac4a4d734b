/** Columns of a sequence file that both readings have. */
import type { ColumnSchema, Schema, SequenceColumnSchema } from "../../schema/index.ts";
import type { SequenceTable } from "./read-sequences.ts";
import { sequenceInput } from "./run-graph.ts";

/** The file's one input, under a name that no column bears. */
export function inputColumn(
  schema: Schema,
  columns: readonly string[],
  steps: number,
  pad: SequenceColumnSchema["pad"],
): SequenceColumnSchema {
  const names = new Set(schema.columns.map(({ name }) => name));
  let name: string = sequenceInput;
  for (let n = 2; names.has(name); n++) name = `${sequenceInput} ${n}`;
  return { name, kind: "sequence", role: "feature", steps, columns, pad };
}

/** How the table's columns are read, without the target. What the sequence gathers is no input by itself. */
export function fileColumns({ frame }: SequenceTable, without: readonly string[]): ColumnSchema[] {
  return frame.schema.columns
    .filter(({ name }) => !without.includes(name))
    .map((column) => (column.role === "feature" ? { ...column, role: "ignore" } : column));
}

/** Mean and spread of the numbers that are there; spread 1 where there is none. */
export function figuresOf(values: Float64Array): { readonly mean: number; readonly deviation: number } {
  let [count, sum] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
  }
  if (count === 0) return { mean: 0, deviation: 1 };
  const mean = sum / count;
  let squares = 0;
  for (const value of values) if (!Number.isNaN(value)) squares += (value - mean) ** 2;
  const deviation = Math.sqrt(squares / count);
  return { mean, deviation: deviation > 0 ? deviation : 1 };
}
