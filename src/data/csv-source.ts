/** CSV and TSV files to raw columns: encoding and dialect found, one pass, a second one for columns that misled. */
import { MillwrightError } from "../core/index.ts";
import type { Schema } from "../schema/index.ts";
import { readBlocks } from "./bytes.ts";
import { type DialectOptions, findDialect, type FoundDialect } from "./csv/dialect.ts";
import { datetimeFromBytes } from "./csv/datetime-bytes.ts";
import { notPlain, numberFromBytes } from "./csv/number-bytes.ts";
import { CsvReader } from "./csv/read-csv.ts";
import type { Plan } from "./csv/sinks.ts";
import { InvalidUtf8 } from "./csv/string-table.ts";
import { detectEncoding, type Encoding, isUtf8, toUtf8 } from "./encoding.ts";
import type { Finding } from "./finding.ts";
import type { ColumnOverride } from "./infer/infer-column.ts";
import type { RawColumn, RawTable } from "./raw-column.ts";
import type { SourceFile } from "./source.ts";

export interface CsvOptions extends DialectOptions {
  readonly encoding?: Encoding;
  readonly signal?: AbortSignal;
  /** Bytes read, of all files. */
  readonly onBytes?: (done: number, total: number) => void;
}

interface Declared {
  readonly columns?: Readonly<Record<string, ColumnOverride>>;
  readonly schema?: Schema;
}

/** More columns than this cannot be inputs of a model file. */
const maxColumns = 10_000;
/** Share of rows that may be broken before the file is refused. */
const raggedShare = 0.01;
const sampleBytes = 1 << 20;

/** A CSV file whose encoding and dialect are known. */
interface OpenedCsv {
  readonly file: SourceFile;
  readonly encoding: Encoding;
  readonly markBytes: number;
  readonly found: FoundDialect;
}

/**
 * Reads files that have the same columns, one after the other.
 *
 * @throws MillwrightError `DATA_EMPTY`, `DATA_ENCODING`, `DATA_RAGGED_ROWS`, `DATA_TOO_MANY_COLUMNS`,
 *   `SCHEMA_MISMATCH` when a later file has other columns.
 */
export async function readCsvFiles(
  files: readonly SourceFile[],
  options: CsvOptions & Declared,
): Promise<{ raw: RawTable; findings: Finding[]; preferDecimalComma: boolean }> {
  const opened: OpenedCsv[] = [];
  for (const file of files) opened.push(await openCsv(file, options));
  const first = opened[0]!;
  for (const other of opened) requireSameNames(first, other);
  try {
    return await readOpened(opened, options);
  } catch (error) {
    if (!(error instanceof InvalidUtf8) || options.encoding !== undefined) throw refuseEncoding(error, first);
    // Bytes far down that are not UTF-8: then the file is in the one-byte encoding that holds every byte.
    const again = opened.map((csv): OpenedCsv => ({ ...csv, encoding: "windows-1252" }));
    return readOpened(again, options);
  }
}

function refuseEncoding(error: unknown, csv: OpenedCsv): unknown {
  if (!(error instanceof InvalidUtf8)) return error;
  return new MillwrightError(
    "DATA_ENCODING",
    `${csv.file.path} was read as ${csv.encoding} and holds bytes that are not.`,
    "Give its encoding with --encoding, or save it as UTF-8.",
  );
}

async function readOpened(
  opened: readonly OpenedCsv[],
  options: CsvOptions & Declared,
): Promise<{ raw: RawTable; findings: Finding[]; preferDecimalComma: boolean }> {
  const { names, sample, dialect } = opened[0]!.found;
  let plans = names.map((name, index) =>
    planColumn(
      name,
      sample.map((row) => row[index]!),
      options,
    ),
  );
  const first = await readAll(opened, plans, options);
  const columns = [...first.columns];
  if (columns.some((column) => column.type === "odd")) {
    plans = columns.map((column): Plan => (column.type === "odd" ? "string" : "skip"));
    const second = await readAll(opened, plans, options);
    for (const [index, column] of second.columns.entries()) {
      if (column.type !== "skip") columns[index] = column;
    }
  }
  const owner = opened.length === 1 ? opened[0]!.file.path : `${opened.length} files`;
  const findings = [...encodingFindings(opened), ...raggedFindings(owner, first)];
  return {
    raw: { names, columns, rowCount: first.rowCount, ragged: first.ragged },
    findings,
    preferDecimalComma: dialect.delimiter === 59,
  };
}

async function openCsv(file: SourceFile, options: CsvOptions): Promise<OpenedCsv> {
  const { head, complete } = await readHead(file);
  const detected = detectEncoding(head);
  const encoding = options.encoding ?? detected.encoding;
  const markBytes = encoding === detected.encoding ? detected.markBytes : 0;
  const parts: Uint8Array[] = [];
  // Half a UTF-16 unit at the end of the sample is cut off.
  const whole = complete || encoding === "utf-8" ? head : head.subarray(0, head.length - (head.length % 2));
  for await (const part of toUtf8(once(whole), encoding, markBytes, file.path)) parts.push(part);
  const bytes = Buffer.concat(parts);
  if (encoding === "utf-8" && !isUtf8(bytes)) {
    throw new MillwrightError(
      "DATA_ENCODING",
      `${file.path} is not UTF-8.`,
      "Give its encoding with --encoding, or save it as UTF-8.",
    );
  }
  const text = new TextDecoder().decode(bytes);
  const wanted =
    file.format === "tsv" && options.delimiter === undefined ? { ...options, delimiter: "\t" } : options;
  const found = findDialect(text, complete, file.path, wanted);
  if (found.names.length >= maxColumns) {
    throw new MillwrightError(
      "DATA_TOO_MANY_COLUMNS",
      `${file.path} has ${found.names.length} columns, and the limit is ${maxColumns - 1}.`,
      "Choose the columns to use with --sql, or reshape wide measurements into rows.",
    );
  }
  return { file, encoding, markBytes, found };
}

async function readHead(file: SourceFile): Promise<{ head: Uint8Array; complete: boolean }> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const block of readBlocks(file.path, file.gzipped)) {
    parts.push(block);
    size += block.length;
    if (size > sampleBytes) break;
  }
  const all = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  return { head: all.subarray(0, sampleBytes), complete: all.length <= sampleBytes };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function requireSameNames(first: OpenedCsv, other: OpenedCsv): void {
  const expected = first.found.names;
  const { names } = other.found;
  const index = expected.findIndex((name, at) => names[at] !== name);
  if (index < 0 && names.length === expected.length) return;
  throw new MillwrightError(
    "SCHEMA_MISMATCH",
    `${first.file.path} has the column "${expected[index] ?? ""}" at place ${index + 1} of ${expected.length}, and ${other.file.path} has "${names[index] ?? ""}" of ${names.length}.`,
    "Give files with the same columns in the same order.",
  );
}

/** How a column is best read: as declared, or as the sample suggests. */
function planColumn(name: string, sample: readonly string[], options: Declared): Plan {
  const declared = options.schema?.columns.find((column) => column.name === name);
  if (options.schema !== undefined && declared === undefined) return "skip";
  const kind = declared?.kind ?? options.columns?.[name]?.kind;
  if (kind !== undefined && kind !== "number" && kind !== "datetime") return "string";
  const present = sample.filter((cell) => cell.trim() !== "");
  if (present.length === 0) return kind ?? "string";
  const encoder = new TextEncoder();
  const fits = (parse: (bytes: Uint8Array, start: number, end: number) => number): boolean =>
    present.every((cell) => {
      const bytes = encoder.encode(cell);
      return parse(bytes, 0, bytes.length) !== notPlain;
    });
  if (kind !== "datetime" && fits(numberFromBytes)) return "number";
  const seen = { zoned: false };
  if (kind !== "number" && fits((bytes, start, end) => datetimeFromBytes(bytes, start, end, seen)))
    return "datetime";
  return "string";
}

async function readAll(
  opened: readonly OpenedCsv[],
  plans: readonly Plan[],
  options: CsvOptions,
): Promise<Omit<RawTable, "names">> {
  const total = opened.reduce((sum, csv) => sum + csv.file.bytes, 0);
  let before = 0;
  const parts: Omit<RawTable, "names">[] = [];
  for (const csv of opened) {
    const { file, found } = csv;
    const reader = new CsvReader({
      blocks: toUtf8(readBlocks(file.path, file.gzipped), csv.encoding, csv.markBytes, file.path),
      dialect: found.dialect,
      skipBytes: found.headerBytes,
      skipLines: found.headerLines,
      plans,
      expectedBytes: file.gzipped ? 0 : file.bytes,
      signal: options.signal,
      onBytes: (bytes) => options.onBytes?.(before + bytes, total),
    });
    for await (const count of reader.run()) void count;
    before += file.bytes;
    parts.push({ rowCount: reader.rowCount, columns: reader.takeColumns(), ragged: reader.ragged });
  }
  return parts.length === 1 ? parts[0]! : joinParts(parts, plans);
}

/** Rows of several files below one another; codes are renumbered into one dictionary. */
function joinParts(
  parts: readonly Omit<RawTable, "names">[],
  plans: readonly Plan[],
): Omit<RawTable, "names"> {
  const rowCount = parts.reduce((sum, part) => sum + part.rowCount, 0);
  const columns = plans.map((_, index) =>
    joinColumn(
      parts.map((part) => part.columns[index]!),
      rowCount,
    ),
  );
  const count = parts.reduce((sum, part) => sum + part.ragged.count, 0);
  return {
    rowCount,
    columns,
    ragged: { count, examples: parts.flatMap((part) => part.ragged.examples).slice(0, 20) },
  };
}

function joinColumn(columns: readonly RawColumn[], rowCount: number): RawColumn {
  const first = columns[0]!;
  if (first.type === "skip") return first;
  if (columns.some((column) => column.type !== first.type)) return { type: "odd" };
  if (first.type === "odd") return first;
  if (first.type === "string") {
    const dictionary: string[] = [];
    const byText = new Map<string, number>();
    const codes = new Int32Array(rowCount);
    let at = 0;
    for (const column of columns) {
      if (column.type !== "string") continue;
      const renumbered = column.dictionary.map((text) => {
        const code = byText.get(text) ?? dictionary.push(text) - 1;
        byText.set(text, code);
        return code;
      });
      for (const code of column.codes) codes[at++] = code < 0 ? -1 : renumbered[code]!;
    }
    return { type: "string", codes, dictionary };
  }
  const values = new Float64Array(rowCount);
  let at = 0;
  let zoned = false;
  for (const column of columns) {
    if (column.type === "datetime") {
      const present = column.values.some((value) => value === value);
      if (present && at > 0 && zoned !== column.zoned) return { type: "odd" };
      zoned = present ? column.zoned : zoned;
    }
    if (column.type !== "number" && column.type !== "datetime") continue;
    values.set(column.values, at);
    at += column.values.length;
  }
  return first.type === "number" ? { type: "number", values } : { type: "datetime", values, zoned };
}

function encodingFindings(opened: readonly OpenedCsv[]): Finding[] {
  return opened
    .filter((csv) => csv.encoding !== "utf-8")
    .map((csv) => ({
      kind: "encoding",
      column: null,
      evidence: `${csv.file.path} is written in ${csv.encoding}.`,
      effect: "readAs",
      undo: "--encoding utf-8",
    }));
}

function raggedFindings(owner: string, table: Omit<RawTable, "names">): Finding[] {
  const { count, examples } = table.ragged;
  if (count === 0) return [];
  const rows = count + table.rowCount;
  const shown = examples.slice(0, 5).map((row) => {
    return `line ${row.line} (${row.problem === "quote" ? "text after a closing quote" : `${row.fieldCount} fields`})`;
  });
  const list = `${shown.join(", ")}${count > shown.length ? ", …" : ""}`;
  if (count > raggedShare * rows) {
    throw new MillwrightError(
      "DATA_RAGGED_ROWS",
      `${count} of ${rows} rows of ${owner} have not the ${table.columns.length} fields of the others: ${list}.`,
      "Repair these lines, or tell the delimiter and quote with --delimiter and --quote.",
    );
  }
  return [
    {
      kind: "raggedRows",
      column: null,
      evidence: `${count} of ${rows} rows have not ${table.columns.length} fields and are left out: ${list}.`,
      effect: "leftOut",
      undo: null,
      numbers: { count, rows },
    },
  ];
}
