/** Tables: columns with a schema, in memory. */
import { MillwrightError, nearest } from "../core/index.ts";
import type { Cells, Frame, Schema } from "../schema/index.ts";
import type { Content, ContentRead } from "./bytes.ts";
import type { Finding } from "./finding.ts";

/** A table with its schema. Close it when done. */
export interface Table {
  /** Where it came from, for messages. */
  readonly owner: string;
  readonly schema: Schema;
  readonly rowCount: number;
  /** Bytes that the rows would take, where they are not kept in memory. */
  readonly streamedBytes?: number;
  /** What was noticed while reading. */
  readonly findings: readonly Finding[];
  /**
   * Columns in memory; all of the schema when no names are given.
   *
   * @throws MillwrightError `SCHEMA_MISSING_COLUMN` with the nearest name.
   */
  read(columns?: readonly string[]): Promise<Frame>;
  /**
   * The rows in chunks, in order, for tables that are larger than memory. Dictionaries grow from chunk to
   * chunk and are the same arrays, so a code means the same in all of them; only a column of more distinct strings than
   * the memory holds begins a new one now and then.
   *
   * @throws MillwrightError `SCHEMA_MISSING_COLUMN` with the nearest name, `CANCELLED`.
   */
  stream(columns?: readonly string[], signal?: AbortSignal): AsyncGenerator<Frame>;
  /**
   * At most `rowCount` rows, evenly spread over the table and always the same ones.
   *
   * @throws MillwrightError `SCHEMA_MISSING_COLUMN` with the nearest name.
   */
  sample(rowCount: number, columns?: readonly string[]): Promise<Frame>;
  /** SHA-256 of the source's content, lower-case hexadecimal. */
  fingerprint(): Promise<string>;
  /** Everything that was read for it, each with its size and fingerprint. */
  reads(): Promise<readonly ContentRead[]>;
  close(): Promise<void>;
}

/** Where in the table the row of that number of a sample stands. */
export function samplePlace(row: number, sampleRows: number, rowCount: number): number {
  return Math.floor((row * rowCount) / sampleRows);
}

/**
 * @param taken - Names that are something else for sure, so no misspelling of this one.
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN` with the nearest name.
 */
export function requireColumn(
  owner: string,
  name: string,
  names: ReadonlySet<string>,
  taken?: ReadonlySet<string>,
): void {
  if (names.has(name)) return;
  const guess = nearest(
    name,
    [...names].filter((other) => taken?.has(other) !== true),
  );
  throw new MillwrightError(
    "SCHEMA_MISSING_COLUMN",
    `${owner} has no column "${name}" among its ${names.size}${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
    guess === undefined ? "Check the name." : `Name the column "${guess}", or rename it in the table.`,
  );
}

/** @throws MillwrightError `TARGET_MISSING` with the nearest name, or some of the names there are. */
export function requireTarget(owner: string, name: string, names: ReadonlySet<string>): void {
  if (names.has(name)) return;
  const guess = nearest(name, names);
  const some = [...names].slice(0, 12).map((known) => (known.length > 40 ? `${known.slice(0, 40)}…` : known));
  throw new MillwrightError(
    "TARGET_MISSING",
    `${owner} has no column "${name}" among its ${names.size}${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
    `Name one of ${some.join(", ")}${names.size > some.length ? ", …" : ""} with --target.`,
  );
}

/** The part of a schema with the names asked for, in schema order. */
export function schemaOf(owner: string, schema: Schema, names: readonly string[] | undefined): Schema {
  if (names === undefined) return schema;
  const known = new Set(schema.columns.map((column) => column.name));
  for (const name of names) requireColumn(owner, name, known);
  return { columns: schema.columns.filter((column) => names.includes(column.name)) };
}

/** Rows per chunk when columns in memory are streamed. */
const chunkRows = 65_536;

export interface MemoryTableParts {
  readonly owner: string;
  readonly schema: Schema;
  readonly rowCount: number;
  readonly cells: ReadonlyMap<string, Cells>;
  readonly findings: readonly Finding[];
  readonly content: () => Promise<Content>;
}

export class MemoryTable implements Table {
  readonly owner: string;
  readonly schema: Schema;
  readonly rowCount: number;
  readonly findings: readonly Finding[];
  private readonly cells: ReadonlyMap<string, Cells>;
  private readonly content: () => Promise<Content>;
  private known: Promise<Content> | undefined;

  constructor(parts: MemoryTableParts) {
    this.owner = parts.owner;
    this.schema = parts.schema;
    this.rowCount = parts.rowCount;
    this.cells = parts.cells;
    this.findings = parts.findings;
    this.content = parts.content;
  }

  async read(names?: readonly string[]): Promise<Frame> {
    const schema = schemaOf(this.owner, this.schema, names);
    const columns = new Map(schema.columns.map((column) => [column.name, this.cells.get(column.name)!]));
    return { schema, rowCount: this.rowCount, columns };
  }

  async *stream(names?: readonly string[], signal?: AbortSignal): AsyncGenerator<Frame> {
    const { schema, rowCount, columns } = await this.read(names);
    for (let start = 0; start < rowCount; start += chunkRows) {
      requireRunning(signal);
      const end = Math.min(rowCount, start + chunkRows);
      const part = new Map([...columns].map(([name, cells]) => [name, slice(cells, start, end)] as const));
      yield { schema, rowCount: end - start, columns: part };
    }
  }

  async sample(rowCount: number, names?: readonly string[]): Promise<Frame> {
    const whole = await this.read(names);
    if (whole.rowCount <= rowCount) return whole;
    const rows = Float64Array.from({ length: rowCount }, (_, i) => samplePlace(i, rowCount, whole.rowCount));
    const columns = new Map([...whole.columns].map(([name, cells]) => [name, pick(cells, rows)] as const));
    return { schema: whole.schema, rowCount, columns };
  }

  async fingerprint(): Promise<string> {
    this.known ??= this.content();
    return (await this.known).sha256;
  }

  async reads(): Promise<readonly ContentRead[]> {
    this.known ??= this.content();
    return (await this.known).reads;
  }

  async close(): Promise<void> {}
}

/** @throws MillwrightError `CANCELLED` once the signal says so. */
export function requireRunning(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new MillwrightError("CANCELLED", "Reading was stopped.", "Start it again to read the whole table.");
}

function slice(cells: Cells, start: number, end: number): Cells {
  return cells.type === "number"
    ? { type: "number", values: cells.values.subarray(start, end) }
    : { type: "string", codes: cells.codes.subarray(start, end), dictionary: cells.dictionary };
}

/** Cells of some rows. */
function pick(cells: Cells, rows: ArrayLike<number>): Cells {
  if (cells.type === "number") {
    const values = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) values[i] = cells.values[rows[i]!]!;
    return { type: "number", values };
  }
  const codes = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) codes[i] = cells.codes[rows[i]!]!;
  return { type: "string", codes, dictionary: cells.dictionary };
}
