/**
 * A table as the checks need it in SQL: with the number of each row, with names that SQL can tell apart, and with
 * columns that are not of the kind expected read cell by cell, so that a cell that cannot be read is counted and
 * shown instead of stopping all.
 */
import {
  type Cells,
  type ColumnSchema,
  type Frame,
  meansMissing,
  type NumberFormat,
  readDatetimeCell,
  readNumberCell,
  type Schema,
} from "../../schema/index.ts";
import type { Table } from "../table.ts";
import type { ColumnExpectations } from "./expectations.ts";

/** What DuckDB is given: rows in order, of a schema. */
export type Rows = Pick<Table, "schema" | "stream">;

/** A column name that the table does not have, in whatever case. */
export function freeName(schema: Schema, wish: string): string {
  let name = wish;
  while (schema.columns.some((column) => column.name.toLowerCase() === name.toLowerCase())) name += "_";
  return name;
}

/** Of each column a name that differs from the others by more than its case, as SQL needs it. */
export function namesInSql({ columns }: Schema): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set(columns.map((column) => column.name.toLowerCase()));
  const used = new Set<string>();
  for (const { name } of columns) {
    let free = name;
    for (let again = used.has(name.toLowerCase()); again; again = taken.has(free.toLowerCase())) free += "_";
    used.add(free.toLowerCase());
    taken.add(free.toLowerCase());
    names.set(name, free);
  }
  return names;
}

/** Rows of some columns. */
export function columnsOf(table: Rows, wanted: (name: string) => boolean): Rows {
  const schema: Schema = { columns: table.schema.columns.filter(({ name }) => wanted(name)) };
  return {
    schema,
    async *stream() {
      for await (const frame of table.stream()) {
        const columns = new Map(schema.columns.map(({ name }) => [name, frame.columns.get(name)!] as const));
        yield { schema, rowCount: frame.rowCount, columns };
      }
    },
  };
}

/** Rows whose columns have other names. */
export function renamed(table: Rows, names: ReadonlyMap<string, string>): Rows {
  const to = (name: string): string => names.get(name) ?? name;
  if (table.schema.columns.every(({ name }) => to(name) === name)) return table;
  const schema: Schema = {
    columns: table.schema.columns.map((column) => ({ ...column, name: to(column.name) })),
  };
  return {
    schema,
    async *stream() {
      for await (const frame of table.stream()) {
        const columns = new Map([...frame.columns].map(([name, cells]) => [to(name), cells] as const));
        yield { schema, rowCount: frame.rowCount, columns };
      }
    },
  };
}

/** Rows with one more column: the 1-based number of each, in the order of the source. */
export function numbered(table: Rows, name: string): Rows {
  const number = { name, kind: "number", role: "ignore", dtype: "float64" } as const;
  const schema: Schema = { columns: [...table.schema.columns, number] };
  return {
    schema,
    async *stream() {
      let before = 0;
      for await (const frame of table.stream()) {
        const values = Float64Array.from({ length: frame.rowCount }, (_, row) => before + row + 1);
        before += frame.rowCount;
        const cells: Cells = { type: "number", values };
        yield { schema, rowCount: frame.rowCount, columns: new Map([...frame.columns, [name, cells]]) };
      }
    },
  };
}

/** A column to be read cell by cell. */
export interface CellColumn {
  readonly name: string;
  readonly kind: "number" | "datetime" | "boolean";
  readonly expected: ColumnExpectations;
  /** Cells that mean missing. */
  readonly missing: readonly string[];
  /** How most of its numbers are written. */
  readonly format?: NumberFormat | undefined;
  /** The column of marks: the cell where it cannot be read, else missing. */
  readonly mark: string;
}

/** Rows with some columns read anew as the kind expected; unreadable cells are missing there, and marked. */
export function readByCell(table: Rows, wanted: readonly CellColumn[]): Rows {
  if (wanted.length === 0) return table;
  const readers = new Map(wanted.map((column) => [column.name, new CellReader(column)]));
  const schema: Schema = {
    columns: [
      ...table.schema.columns.map((column) => readers.get(column.name)?.schema ?? column),
      ...wanted.map(({ mark }) => ({ name: mark, kind: "text", role: "ignore" }) as const),
    ],
  };
  return {
    schema,
    async *stream() {
      for await (const frame of table.stream()) {
        const columns = new Map(frame.columns);
        const marks: [string, Cells][] = [];
        for (const { name, mark } of wanted) {
          const { cells, marked } = readers.get(name)!.read(frame.columns.get(name)!);
          columns.set(name, cells);
          marks.push([mark, marked]);
        }
        for (const [name, cells] of marks) columns.set(name, cells);
        yield { schema, rowCount: frame.rowCount, columns } satisfies Frame;
      }
    },
  };
}

class CellReader {
  readonly schema: ColumnSchema;
  /** Whether the usual words for missing count. */
  private readonly usualWords: boolean;
  /** Of each entry of the dictionary, as far as it was read; undefined is unreadable. */
  private readonly known: (number | undefined)[] = [];
  private dictionary: readonly string[] | undefined;

  constructor({ name, kind, expected, missing, format }: CellColumn) {
    const base = { name, role: "feature" as const, missing };
    this.usualWords = expected.missingWords === undefined;
    this.schema =
      kind === "number"
        ? { ...base, kind, dtype: "float64", ...(format !== undefined && { format }) }
        : kind === "datetime"
          ? { ...base, kind, clock: "wall", ...(expected.order && { order: expected.order }) }
          : { ...base, kind };
  }

  read(cells: Cells): { readonly cells: Cells; readonly marked: Cells } {
    if (cells.type === "number") throw new Error(`Millwright defect: ${this.schema.name} holds no strings`);
    const { codes, dictionary } = cells;
    // Another dictionary: codes began anew.
    if (dictionary !== this.dictionary) this.known.length = 0;
    this.dictionary = dictionary;
    for (let next = this.known.length; next < dictionary.length; next++)
      this.known.push(this.parse(dictionary[next]!));
    const values = new Float64Array(codes.length).fill(Number.NaN);
    const marks = new Int32Array(codes.length).fill(-1);
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row]!;
      if (code < 0) continue;
      const value = this.known[code];
      if (value === undefined) marks[row] = code;
      else values[row] = value;
    }
    const marked: Cells = { type: "string", codes: marks, dictionary };
    if (this.schema.kind !== "boolean") return { cells: { type: "number", values }, marked };
    const truth = Int32Array.from(values, (value) => (value === value ? value : -1));
    return { cells: { type: "string", codes: truth, dictionary: ["false", "true"] }, marked };
  }

  private parse(text: string): number | undefined {
    const { schema } = this;
    if (this.usualWords && meansMissing(text, "values")) return Number.NaN;
    if (schema.missing?.includes(text.trim()) === true) return Number.NaN;
    switch (schema.kind) {
      case "number":
        return readNumberCell(text, schema);
      case "datetime":
        return readDatetimeCell(text, schema) ?? readDatetimeCell(text, { ...schema, clock: "instant" });
      default: {
        const word = text.trim().toLowerCase();
        return yes.has(word) ? 1 : no.has(word) ? 0 : undefined;
      }
    }
  }
}

const yes = new Set(["true", "t", "yes", "y", "on", "1"]);
const no = new Set(["false", "f", "no", "n", "off", "0"]);
