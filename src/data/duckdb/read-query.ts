/**
 * The columns of a query as raw columns: numbers and datetimes as float64, everything else as codes of strings.
 *
 * Each DuckDB type is cast in SQL to one of two shapes that can be copied without looking at the rows.
 */
import { stringBytes } from "../memory.ts";
import { StringTable } from "./string-table.ts";
import type { RawColumn } from "../raw-column.ts";
import type { Chunk, Engine } from "./engine.ts";

/** How a DuckDB type reaches us. */
export type Shape = "number" | "wall" | "instant" | "boolean" | "string";

/** A column of a query. */
export interface QueryColumn {
  readonly name: string;
  readonly type: string;
  readonly shape: Shape;
}

/** Columns of a query with the shape of each. */
export async function queryColumns(engine: Engine, sql: string): Promise<readonly QueryColumn[]> {
  const columns = await engine.describe(sql);
  return columns.map(({ name, type }) => ({ name, type, shape: shapeOf(type) }));
}

function shapeOf(type: string): Shape {
  if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\([\d,]+\))$/.test(type)) return "number";
  if (type === "BOOLEAN") return "boolean";
  if (type === "DATE" || /^TIMESTAMP(_S|_MS|_NS)?$/.test(type)) return "wall";
  if (type === "TIMESTAMP WITH TIME ZONE") return "instant";
  return "string";
}

/** A name as SQL writes it. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string as SQL writes it. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function expression({ name, shape, type }: QueryColumn): string {
  const column = sqlName(name);
  switch (shape) {
    case "number":
      return `coalesce(${column}::DOUBLE, 'nan'::DOUBLE)`;
    case "wall":
    case "instant": {
      const time = type === "DATE" ? `${column}::TIMESTAMP` : column;
      return `CASE WHEN isfinite(${column}) THEN epoch_us(${time}) / 1000.0 ELSE 'nan'::DOUBLE END`;
    }
    case "boolean":
      return `coalesce(${column}::UTINYINT::DOUBLE, 'nan'::DOUBLE)`;
    default:
      return /^(STRUCT|MAP|UNION|.*\[\d*\]|JSON)/.test(type)
        ? `to_json(${column})::VARCHAR`
        : `${column}::VARCHAR`;
  }
}

/** Query with every column of `columns` in its shape. */
export function shapedQuery(sql: string, columns: readonly QueryColumn[]): string {
  return `SELECT ${columns.map(expression).join(", ")} FROM (${sql})`;
}

/** A column being collected. */
export interface Collector {
  add(chunk: Chunk, column: number): void;
  /** What came since the last take. */
  take(): RawColumn;
}

/** @param dictionaryBytes - A dictionary that takes more is given up when rows are taken, and a new one begun. */
export function collectorOf(
  column: QueryColumn,
  dictionaryBytes: number = Number.POSITIVE_INFINITY,
): Collector {
  return column.shape === "string" ? new StringCollector(dictionaryBytes) : new NumberCollector(column.shape);
}

class NumberCollector implements Collector {
  private values = new Float64Array(4096);
  private length = 0;
  private infinite = 0;
  private readonly shape: Exclude<Shape, "string">;
  /** Of booleans: the words met so far, and the code of each truth value. */
  private readonly words: string[] = [];
  private readonly codeOf = [-1, -1];

  constructor(shape: Exclude<Shape, "string">) {
    this.shape = shape;
  }

  add(chunk: Chunk, column: number): void {
    const more = chunk.rowCount;
    if (this.length + more > this.values.length) {
      const grown = new Float64Array(Math.max(this.length + more, this.values.length * 2));
      grown.set(this.values.subarray(0, this.length));
      this.values = grown;
    }
    const from = chunk.doubles(column);
    this.values.set(from, this.length);
    for (let i = 0; i < from.length; i++) {
      if (from[i] !== Number.POSITIVE_INFINITY && from[i] !== Number.NEGATIVE_INFINITY) continue;
      this.values[this.length + i] = Number.NaN;
      this.infinite++;
    }
    this.length += more;
  }

  take(): RawColumn {
    const values = this.values.slice(0, this.length);
    this.length = 0;
    if (this.shape === "number") {
      const { infinite } = this;
      this.infinite = 0;
      return { type: "number", values, ...(infinite > 0 ? { infinite } : {}) };
    }
    if (this.shape !== "boolean") return { type: "datetime", values, zoned: this.shape === "instant" };
    const { words, codeOf } = this;
    const codes = new Int32Array(values.length);
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value !== value) {
        codes[i] = -1;
        continue;
      }
      if (codeOf[value]! < 0) codeOf[value] = words.push(value === 1 ? "true" : "false") - 1;
      codes[i] = codeOf[value]!;
    }
    return { type: "string", codes, dictionary: words, typed: "boolean" };
  }
}

class StringCollector implements Collector {
  private codes = new Int32Array(4096);
  private length = 0;
  private table = new StringTable();
  private decoded: string[] = [];
  private bytes = 0;
  private readonly dictionaryBytes: number;

  constructor(dictionaryBytes: number) {
    this.dictionaryBytes = dictionaryBytes;
  }

  add(chunk: Chunk, column: number): void {
    const more = chunk.rowCount;
    if (this.length + more > this.codes.length) {
      const grown = new Int32Array(Math.max(this.length + more, this.codes.length * 2));
      grown.set(this.codes.subarray(0, this.length));
      this.codes = grown;
    }
    const records = chunk.records(column);
    const lengths = new DataView(records.buffer, records.byteOffset);
    const validity = chunk.validity(column);
    const { codes, table } = this;
    for (let row = 0; row < more; row++) {
      const at = this.length + row;
      if (validity !== null && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) {
        codes[at] = -1;
        continue;
      }
      const length = lengths.getUint32(row * 16, true);
      if (length === 0) codes[at] = -1;
      else if (length <= 12) codes[at] = table.intern(records, row * 16 + 4, row * 16 + 4 + length);
      else codes[at] = table.intern(chunk.longBytes(records, row, length), 0, length);
    }
    this.length += more;
  }

  take(): RawColumn {
    const codes = this.codes.slice(0, this.length);
    this.length = 0;
    const dictionary = this.decoded;
    for (const value of this.table.decode(dictionary.length)) {
      dictionary.push(value);
      this.bytes += stringBytes(value);
    }
    if (this.bytes > this.dictionaryBytes) {
      this.table = new StringTable();
      this.decoded = [];
      this.bytes = 0;
    }
    return { type: "string", codes, dictionary };
  }
}
