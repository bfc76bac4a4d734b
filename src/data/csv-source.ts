/** CSV and TSV files as a source: encoding and dialect are found, then files are read one after the other. */
import { MillwrightError } from "../core/index.ts";
import { hashFiles, readBlocks } from "./bytes.ts";
import { type DialectOptions, findDialect, type FoundDialect } from "./csv/dialect.ts";
import { datetimeFromBytes } from "./csv/datetime-bytes.ts";
import { notPlain, numberFromBytes } from "./csv/number-bytes.ts";
import { CsvReader } from "./csv/read-csv.ts";
import type { Plan } from "./csv/sinks.ts";
import { InvalidUtf8 } from "./csv/string-table.ts";
import { detectEncoding, type Encoding, isUtf8, toUtf8 } from "./encoding.ts";
import type { Finding } from "./finding.ts";
import type { Ragged, RawColumn } from "./raw-column.ts";
import type { Declared, RawChunk, RawSource, ScanOptions } from "./raw-source.ts";
import type { SourceFile } from "./source.ts";

export interface CsvOptions extends DialectOptions {
  readonly encoding?: Encoding;
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
 * Opens files that have the same columns, to be read one after the other.
 *
 * @throws MillwrightError `DATA_EMPTY`, `DATA_ENCODING`, `DATA_TOO_MANY_COLUMNS`, `SCHEMA_MISMATCH` when a later
 *   file has other columns.
 */
export async function openCsvFiles(files: readonly SourceFile[], options: CsvOptions): Promise<CsvSource> {
  const opened: OpenedCsv[] = [];
  for (const file of files) opened.push(await openCsv(file, options));
  for (const other of opened) requireSameNames(opened[0]!, other);
  return new CsvSource(opened, options.encoding !== undefined);
}

/** Bytes of columns in memory for a byte of the file; gzip packs text about five to one. */
const memoryShare = { plain: 1, gzipped: 5 };

export class CsvSource implements RawSource {
  readonly owner: string;
  readonly names: readonly string[];
  readonly preferDecimalComma: boolean;
  readonly expectedBytes: number;
  ragged: Ragged = { count: 0, examples: [] };
  private opened: readonly OpenedCsv[];
  private readonly encodingGiven: boolean;
  private rowCount = 0;

  constructor(opened: readonly OpenedCsv[], encodingGiven: boolean) {
    const { file, found } = opened[0]!;
    this.opened = opened;
    this.encodingGiven = encodingGiven;
    this.owner = opened.length === 1 ? file.path : `${file.path} and ${opened.length - 1} more`;
    this.names = found.names;
    this.preferDecimalComma = found.dialect.delimiter === 59;
    this.expectedBytes = opened.reduce(
      (sum, csv) => sum + csv.file.bytes * (csv.file.gzipped ? memoryShare.gzipped : memoryShare.plain),
      0,
    );
  }

  plan(declared: Declared): readonly Plan[] {
    const { sample } = this.opened[0]!.found;
    return this.names.map((name, index) =>
      planColumn(
        name,
        sample.map((row) => row[index]!),
        declared,
      ),
    );
  }

  /**
   * @throws MillwrightError `DATA_RAGGED_ROWS` when more than a small share of the rows is broken.
   */
  async *scan(plans: readonly Plan[], options: ScanOptions): AsyncGenerator<RawChunk> {
    let started = false;
    try {
      for await (const chunk of this.scanOnce(plans, options)) {
        started = true;
        yield chunk;
      }
    } catch (error) {
      if (!(error instanceof InvalidUtf8)) throw error;
      if (this.encodingGiven || started) throw refuseEncoding(this.opened[0]!);
      // Bytes far down that are not UTF-8: then the file is in the one-byte encoding that holds every byte.
      this.opened = this.opened.map((csv) => ({ ...csv, encoding: "windows-1252" as const }));
      yield* this.scanOnce(plans, options);
    }
    requireFewRagged(this.owner, this.names.length, this.rowCount, this.ragged);
  }

  findings(): readonly Finding[] {
    return [
      ...headerFindings(this.opened[0]!),
      ...encodingFindings(this.opened),
      ...raggedFindings(this.names.length, this.rowCount, this.ragged),
    ];
  }

  fingerprint(): Promise<string> {
    return hashFiles(this.opened.map((csv) => csv.file.path));
  }

  async close(): Promise<void> {}

  private async *scanOnce(plans: readonly Plan[], options: ScanOptions): AsyncGenerator<RawChunk> {
    const total = this.opened.reduce((sum, csv) => sum + csv.file.bytes, 0);
    let before = 0;
    this.rowCount = 0;
    const ragged = { count: 0, examples: [] as Ragged["examples"][number][] };
    this.ragged = ragged;
    const joiner = new Joiner(plans, this.opened.length === 1);
    for (const csv of this.opened) {
      const { file, found } = csv;
      const reader = new CsvReader({
        blocks: toUtf8(readBlocks(file.path, file.gzipped), csv.encoding, csv.markBytes, file.path),
        dialect: found.dialect,
        skipBytes: found.headerBytes,
        skipLines: found.headerLines,
        plans,
        expectedBytes: file.gzipped || options.whole !== true ? 0 : file.bytes,
        signal: options.signal,
        onBytes: (bytes) => options.onProgress?.(before + Math.min(bytes, file.bytes), total),
      });
      for await (const count of reader.run()) {
        if (options.whole !== true && count > 0) {
          yield { rowCount: count, columns: joiner.join([reader.takeColumns(true)]) };
        }
      }
      before += file.bytes;
      this.rowCount += reader.rowCount;
      ragged.count += reader.ragged.count;
      ragged.examples.push(...reader.ragged.examples);
      if (options.whole === true) joiner.keep(reader.takeColumns(false));
    }
    if (options.whole === true) yield { rowCount: this.rowCount, columns: joiner.join(joiner.kept) };
  }
}

/** Columns of several readers below one another, with one dictionary a column. */
class Joiner {
  readonly kept: (readonly RawColumn[])[] = [];
  private readonly plans: readonly Plan[];
  private readonly dictionaries = new Map<
    number,
    { readonly codes: Map<string, number>; readonly texts: string[] }
  >();

  private readonly single: boolean;

  /** @param single - There is one file, whose codes and dictionaries can stay as they are. */
  constructor(plans: readonly Plan[], single: boolean) {
    this.plans = plans;
    this.single = single;
  }

  keep(columns: readonly RawColumn[]): void {
    this.kept.push(columns);
  }

  join(parts: readonly (readonly RawColumn[])[]): readonly RawColumn[] {
    return this.plans.map((_, index) =>
      this.joinColumn(
        index,
        parts.map((part) => part[index]!),
      ),
    );
  }

  private joinColumn(index: number, parts: readonly RawColumn[]): RawColumn {
    const first = parts[0]!;
    if (parts.length === 1 && (this.single || first.type !== "string")) return first;
    if (parts.some((part) => part.type !== first.type)) return { type: "odd" };
    if (first.type === "skip" || first.type === "odd") return first;
    if (first.type === "string") {
      const strings = parts.flatMap((part) => (part.type === "string" ? [part] : []));
      return this.joinStrings(index, strings);
    }
    const numeric = parts.flatMap((part) =>
      part.type === "number" || part.type === "datetime" ? [part] : [],
    );
    const values = new Float64Array(numeric.reduce((sum, part) => sum + part.values.length, 0));
    let at = 0;
    const zones = new Set<boolean>();
    for (const part of numeric) {
      values.set(part.values, at);
      at += part.values.length;
      if (part.type === "datetime" && part.values.some((value) => value === value)) zones.add(part.zoned);
    }
    if (first.type === "number") return { type: "number", values };
    return zones.size > 1 ? { type: "odd" } : { type: "datetime", values, zoned: zones.has(true) };
  }

  private joinStrings(
    index: number,
    parts: readonly { readonly codes: Int32Array; readonly dictionary: readonly string[] }[],
  ): RawColumn {
    const shared = this.dictionaries.get(index) ?? { codes: new Map<string, number>(), texts: [] };
    this.dictionaries.set(index, shared);
    const codes = new Int32Array(parts.reduce((sum, part) => sum + part.codes.length, 0));
    let at = 0;
    for (const part of parts) {
      // Codes by first appearance in the rows, so that a chunk's rows decide as one long file would.
      const renumbered = new Int32Array(part.dictionary.length).fill(-2);
      for (const code of part.codes) {
        let next = code < 0 ? -1 : renumbered[code]!;
        if (next === -2) {
          const text = part.dictionary[code]!;
          next = shared.codes.get(text) ?? shared.texts.push(text) - 1;
          shared.codes.set(text, next);
          renumbered[code] = next;
        }
        codes[at++] = next;
      }
    }
    return { type: "string", codes, dictionary: shared.texts };
  }
}

function refuseEncoding(csv: OpenedCsv): MillwrightError {
  return new MillwrightError(
    "DATA_ENCODING",
    `${csv.file.path} was read as ${csv.encoding} and holds bytes that are not.`,
    "Give its encoding with --encoding, or save it as UTF-8.",
  );
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
function planColumn(name: string, sample: readonly string[], declaredColumns: Declared): Plan {
  const declared = declaredColumns.schema?.columns.find((column) => column.name === name);
  if (declaredColumns.schema !== undefined && declared === undefined) return "skip";
  const kind = declared?.kind ?? declaredColumns.columns?.[name]?.kind;
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

function headerFindings(csv: OpenedCsv): Finding[] {
  if (csv.found.hasHeader) return [];
  return [
    {
      kind: "header",
      column: null,
      evidence: `${csv.file.path} has no header: its columns are named ${csv.found.names[0]} to ${csv.found.names.at(-1)}.`,
      effect: "readAs",
      undo: "--header",
    },
  ];
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

function listRagged(ragged: Ragged): string {
  const shown = ragged.examples.slice(0, 5).map(({ line, problem, fieldCount }) => {
    return `line ${line} (${problem === "quote" ? "text after a closing quote" : `${fieldCount} fields`})`;
  });
  return `${shown.join(", ")}${ragged.count > shown.length ? ", …" : ""}`;
}

function requireFewRagged(owner: string, columnCount: number, rowCount: number, ragged: Ragged): void {
  const rows = ragged.count + rowCount;
  if (ragged.count <= raggedShare * rows) return;
  throw new MillwrightError(
    "DATA_RAGGED_ROWS",
    `${ragged.count} of ${rows} rows of ${owner} have not the ${columnCount} fields of the others: ${listRagged(ragged)}.`,
    "Repair these lines, or tell the delimiter and quote with --delimiter and --quote.",
  );
}

function raggedFindings(columnCount: number, rowCount: number, ragged: Ragged): Finding[] {
  if (ragged.count === 0) return [];
  const rows = ragged.count + rowCount;
  return [
    {
      kind: "raggedRows",
      column: null,
      evidence: `${ragged.count} of ${rows} rows have not ${columnCount} fields and are left out: ${listRagged(ragged)}.`,
      effect: "leftOut",
      undo: null,
      numbers: { count: ragged.count, rows },
    },
  ];
}
