/**
 * Opens a table: finds out how its source is written, reads it once, infers a schema, and keeps the columns.
 *
 * Columns are read as plain numbers, ISO datetimes or strings, as a sample suggests; a column that turns out
 * to be something else is read a second time as strings, and the parsers of `schema/` decide.
 */
import { MillwrightError, nearest } from "../core/index.ts";
import type { Cells, ColumnSchema, Frame, Schema } from "../schema/index.ts";
import { type CsvOptions, readCsvFiles } from "./csv-source.ts";
import { Engine } from "./duckdb/engine.ts";
import { queryColumns, readQuery, sqlText } from "./duckdb/read-query.ts";
import type { Finding } from "./finding.ts";
import { convertColumn } from "./infer/convert.ts";
import { type ColumnOverride, inferColumn } from "./infer/infer-column.ts";
import type { RawTable } from "./raw-column.ts";
import { findFiles, type Format, type SourceFile } from "./source.ts";

export interface OpenOptions extends CsvOptions {
  /** Format, where the extension does not say. */
  readonly format?: Format;
  /** Declarations by column name; the rest is inferred. */
  readonly columns?: Readonly<Record<string, ColumnOverride>>;
  /** A whole schema: nothing is inferred, other columns of the source are left out. */
  readonly schema?: Schema;
  /** Columns of `schema` that the source may lack: the target at predict. */
  readonly optional?: readonly string[];
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** A table with its schema. */
export interface Table {
  /** Where it came from, for messages. */
  readonly owner: string;
  readonly schema: Schema;
  readonly rowCount: number;
  /** What was noticed while reading. */
  readonly findings: readonly Finding[];
  /**
   * Columns in memory; all of the schema when no names are given.
   *
   * @throws MillwrightError `SCHEMA_MISSING_COLUMN` with the nearest name.
   */
  read(columns?: readonly string[]): Promise<Frame>;
  close(): Promise<void>;
}

/**
 * Opens a file, or several of one format by a glob.
 *
 * @param source - Path or glob.
 * @throws MillwrightError `SOURCE_*` when it cannot be reached, `DATA_*` when it holds no usable table,
 *   `SCHEMA_DUPLICATE_COLUMN`, `SCHEMA_MISSING_COLUMN`.
 */
export async function openTable(source: string, options: OpenOptions = {}): Promise<Table> {
  const files = await findFiles(source, options.format);
  const { raw, findings, preferDecimalComma } = await readFiles(files, options);
  if (raw.rowCount === 0) {
    throw new MillwrightError(
      "DATA_EMPTY",
      `${source} has ${raw.names.length} columns and no rows.`,
      "Give a file with rows below the header.",
    );
  }
  return tableOfRaw(source, raw, findings, preferDecimalComma, options);
}

interface ReadFiles {
  readonly raw: RawTable;
  readonly findings: readonly Finding[];
  readonly preferDecimalComma: boolean;
}

async function readFiles(files: readonly SourceFile[], options: OpenOptions): Promise<ReadFiles> {
  const format = files[0]!.format;
  if (format === "csv" || format === "tsv") return readCsvFiles(files, options);
  const engine = await Engine.open(options.threads === undefined ? {} : { threads: options.threads });
  try {
    const list = `[${files.map((file) => sqlText(file.path)).join(", ")}]`;
    const sql =
      format === "parquet"
        ? `SELECT * FROM read_parquet(${list})`
        : `SELECT * FROM read_json(${list}, format = '${format === "ndjson" ? "newline_delimited" : "auto"}', sample_size = -1)`;
    const columns = await queryColumns(engine, sql);
    const read = await readQuery(engine, sql, columns, options.signal);
    const raw = { ...read, names: columns.map((column) => column.name), ragged: { count: 0, examples: [] } };
    return { raw, findings: [], preferDecimalComma: false };
  } finally {
    engine.close();
  }
}

/** Infers a schema for raw columns, or obeys a given one, and converts them. */
export function tableOfRaw(
  owner: string,
  raw: RawTable,
  readFindings: readonly Finding[],
  preferDecimalComma: boolean,
  options: Pick<OpenOptions, "columns" | "schema" | "optional">,
): Table {
  checkNames(owner, raw.names, options);
  const findings = [...readFindings];
  const columns: ColumnSchema[] = [];
  const cells = new Map<string, Cells>();
  for (const [index, name] of raw.names.entries()) {
    const column = raw.columns[index]!;
    if (options.schema !== undefined) {
      const declared = options.schema.columns.find((other) => other.name === name);
      if (declared === undefined) continue;
      columns.push(declared);
      cells.set(name, convertColumn(column, declared, owner));
      continue;
    }
    const place = { index, count: raw.names.length, preferDecimalComma };
    const inferred = inferColumn(name, column, place, options.columns?.[name]);
    findings.push(...inferred.findings);
    columns.push(inferred.column);
    cells.set(name, convertColumn(column, inferred.column, owner));
  }
  return new MemoryTable(owner, { columns }, raw.rowCount, cells, findings);
}

function checkNames(
  owner: string,
  names: readonly string[],
  options: Pick<OpenOptions, "columns" | "schema" | "optional">,
): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new MillwrightError(
        "SCHEMA_DUPLICATE_COLUMN",
        `${owner} has two columns named "${name}" among its ${names.length}.`,
        "Rename one of them.",
      );
    }
    seen.add(name);
  }
  const wanted = [
    ...Object.keys(options.columns ?? {}),
    ...(options.schema?.columns ?? [])
      .filter((column) => column.role !== "ignore" && options.optional?.includes(column.name) !== true)
      .map((column) => column.name),
  ];
  for (const name of wanted) requireColumn(owner, name, seen);
}

function requireColumn(owner: string, name: string, names: ReadonlySet<string>): void {
  if (names.has(name)) return;
  const guess = nearest(name, names);
  throw new MillwrightError(
    "SCHEMA_MISSING_COLUMN",
    `${owner} has no column "${name}" among its ${names.size}${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
    guess === undefined ? "Check the name." : `Name the column "${guess}", or rename it in the table.`,
  );
}

class MemoryTable implements Table {
  readonly owner: string;
  readonly schema: Schema;
  readonly rowCount: number;
  readonly findings: readonly Finding[];
  private readonly cells: ReadonlyMap<string, Cells>;

  constructor(
    owner: string,
    schema: Schema,
    rowCount: number,
    cells: ReadonlyMap<string, Cells>,
    findings: readonly Finding[],
  ) {
    this.owner = owner;
    this.schema = schema;
    this.rowCount = rowCount;
    this.cells = cells;
    this.findings = findings;
  }

  async read(names?: readonly string[]): Promise<Frame> {
    const known = new Set(this.cells.keys());
    for (const name of names ?? []) requireColumn(this.owner, name, known);
    const wanted = this.schema.columns.filter((column) => names?.includes(column.name) ?? true);
    const columns = new Map(wanted.map((column) => [column.name, this.cells.get(column.name)!]));
    return { schema: { columns: wanted }, rowCount: this.rowCount, columns };
  }

  async close(): Promise<void> {}
}
