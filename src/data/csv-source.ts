/** CSV and TSV files as a source: encoding and dialect are found, then files are read one after the other. */
import { availableParallelism } from "node:os";
import { MillwrightError } from "../core/index.ts";
import { type FieldPlan, InvalidUtf8, type RaggedRow } from "../kernels/index.ts";
import { type Content, readBlocks, readStart } from "./bytes.ts";
import type { Block } from "./csv/block.ts";
import { addBlock, ColumnBuilder } from "./csv/columns.ts";
import { type DialectOptions, findDialect, type FoundDialect } from "./csv/dialect.ts";
import { Misaligned, parallelBytes, parseSegments, SegmentTeam } from "./csv/segments.ts";
import { type CsvText, parseFile, parseSequentially } from "./csv/sequential.ts";
import { detectEncoding, type Encoding, isUtf8, toUtf8 } from "./encoding.ts";
import type { Finding } from "./finding.ts";
import type { Ragged, RawColumn } from "./raw-column.ts";
import { type Declared, type RawChunk, type RawSource, ScanAgain, type ScanOptions } from "./raw-source.ts";
import { contentOfFiles, type SourceFile } from "./source.ts";
import { requireRunning } from "./table.ts";

export interface CsvOptions extends DialectOptions {
  readonly encoding?: Encoding;
  /** Threads that parse large files; as many as the machine has by default. */
  readonly threads?: number;
}

/** Fields of a chunk when rows are streamed, and rows where there are very many columns. */
const chunkFields = 1 << 18;
const chunkRows = 1024;
/** More columns than this cannot be inputs of a model file. */
const maxColumns = 10_000;
/** Share of rows that may be broken before the file is refused. */
const raggedShare = 0.01;
/** A row longer than this is an open quote or no table. */
const maxRowBytes = 256 * 1024 * 1024;
const sampleBytes = 1 << 20;

/** A CSV file whose encoding and dialect are known. */
interface OpenedCsv {
  readonly file: SourceFile;
  readonly encoding: Encoding;
  readonly markBytes: number;
  readonly found: FoundDialect;
  /** Whether a newline inside quotes was met where the file would be cut. */
  quotedNewlines: boolean;
}

/**
 * Opens files that have the same columns, to be read one after the other.
 *
 * @throws MillwrightError `DATA_EMPTY`, `DATA_ENCODING`, `DATA_TOO_MANY_COLUMNS`, `SCHEMA_MISMATCH` when a later
 *   file has other columns.
 */
export async function openCsvFiles(files: readonly SourceFile[], options: CsvOptions): Promise<CsvSource> {
  const threads = options.threads ?? availableParallelism();
  // Their threads start while the beginning of the first file is looked at.
  const team = threads > 1 && isLarge(files[0]!) ? new SegmentTeam(threads - 1) : undefined;
  try {
    const opened: OpenedCsv[] = [];
    for (const file of files) opened.push(await openCsv(file, options));
    for (const other of opened) requireSameNames(opened[0]!, other);
    return new CsvSource(opened, options.encoding !== undefined, threads, team);
  } catch (error) {
    await team?.close();
    throw error;
  }
}

/** Whether a file may be worth several threads. */
const isLarge = ({ packing, bytes }: SourceFile): boolean => packing === "none" && bytes >= parallelBytes;

/** Bytes of columns in memory for a byte of the file; packed text takes a fifth. */
const memoryShare = { none: 1, gzip: 5, zstd: 5 };

export class CsvSource implements RawSource {
  readonly owner: string;
  readonly names: readonly string[];
  readonly preferDecimalComma: boolean;
  readonly expectedBytes: number;
  /** Rows of all files, estimated from the sample of the first, a little high. */
  private readonly rowsExpected: number;
  ragged: Ragged = { count: 0, examples: [] };
  private opened: readonly OpenedCsv[];
  private readonly encodingGiven: boolean;
  private rowCount = 0;

  private readonly threads: number;
  /** For the first pass over a large file. */
  private team: SegmentTeam | undefined;

  /** @param team - Closed by the first pass that uses it, or with the source. */
  constructor(
    opened: readonly OpenedCsv[],
    encodingGiven: boolean,
    threads: number,
    team: SegmentTeam | undefined,
  ) {
    this.threads = threads;
    this.team = team;
    const { file, found } = opened[0]!;
    this.opened = opened;
    this.encodingGiven = encodingGiven;
    this.owner = opened.length === 1 ? file.name : `${file.name} and ${opened.length - 1} more`;
    this.names = found.names;
    this.preferDecimalComma = found.dialect.delimiter === 59;
    const textBytes = opened.reduce((sum, csv) => sum + csv.file.bytes * memoryShare[csv.file.packing], 0);
    this.rowsExpected = Math.ceil((textBytes / found.bytesPerRow) * 1.02) + 64;
    // Short numbers take more as float64 than as text.
    this.expectedBytes = Math.max(textBytes, 8 * this.rowsExpected * found.names.length);
  }

  plan(declared: Declared): readonly FieldPlan[] {
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
  async *scan(plans: readonly FieldPlan[], options: ScanOptions): AsyncGenerator<RawChunk> {
    let started = false;
    try {
      for await (const chunk of this.scanOnce(plans, options)) {
        started = true;
        yield chunk;
      }
    } catch (error) {
      if (error instanceof ScanAgain && !started) {
        yield* this.scanOnce(plans, options);
        requireFewRagged(this.owner, this.names.length, this.rowCount, this.ragged);
        return;
      }
      if (!(error instanceof InvalidUtf8)) throw error;
      if (this.encodingGiven) throw refuseEncoding(this.opened[0]!);
      // Bytes far down that are not UTF-8: then the file is in the one-byte encoding that holds every byte.
      this.opened = this.opened.map((csv) => ({ ...csv, encoding: "windows-1252" as const }));
      if (started) throw new ScanAgain();
      yield* this.scanOnce(plans, options);
    }
    requireFewRagged(this.owner, this.names.length, this.rowCount, this.ragged);
  }

  findings(): readonly Finding[] {
    return [
      ...this.opened.flatMap(({ file }) => file.findings ?? []),
      ...headerFindings(this.opened[0]!),
      ...encodingFindings(this.opened),
      ...raggedFindings(this.names.length, this.rowCount, this.ragged),
    ];
  }

  content(): Promise<Content> {
    return contentOfFiles(this.opened.map((csv) => csv.file));
  }

  async close(): Promise<void> {
    await this.team?.close();
  }

  private async *scanOnce(plans: readonly FieldPlan[], options: ScanOptions): AsyncGenerator<RawChunk> {
    const whole = options.whole === true;
    const total = this.opened.reduce((sum, csv) => sum + csv.file.bytes, 0);
    const columns = plans.map(
      () => new ColumnBuilder(whole ? this.rowsExpected : 0, options.dictionaryBytes),
    );
    const take = (more: boolean): RawColumn[] =>
      columns.map((column, index) => (plans[index] === "skip" ? { type: "skip" } : column.take(more)));
    this.rowCount = 0;
    const ragged = { count: 0, examples: [] as RaggedRow[] };
    this.ragged = ragged;
    let before = 0;
    // Rows since the last chunk.
    let waiting = 0;
    for (const [index, csv] of this.opened.entries()) {
      const onBytes = (bytes: number): void => {
        options.onProgress?.(before + Math.min(bytes, csv.file.bytes), total);
      };
      let line = 1 + csv.found.headerLines;
      let left = 0;
      for await (const { block, parser } of this.blocksOf(
        csv,
        { plans, dictionaryBytes: options.dictionaryBytes },
        onBytes,
      )) {
        requireRunning(options.signal);
        addBlock(columns, block, `${index}/${parser}`);
        for (const row of block.ragged) ragged.examples.push({ ...row, line: line + row.line - 1 });
        ragged.count += block.raggedCount;
        line += block.lines;
        this.rowCount += block.rowCount;
        left = block.leftBytes;
        if (left > maxRowBytes) refuseOpenQuote(csv, line, left);
        waiting += block.rowCount;
        if (whole || waiting * plans.length < chunkFields || waiting < chunkRows) continue;
        yield { rowCount: waiting, columns: take(true) };
        waiting = 0;
      }
      if (left > 0) refuseOpenQuote(csv, line, left);
      before += csv.file.bytes;
    }
    if (whole || waiting > 0) yield { rowCount: waiting, columns: take(!whole) };
  }

  /** Blocks of one file, by several threads where it is large and can be cut. */
  private async *blocksOf(
    csv: OpenedCsv,
    how: Pick<CsvText, "plans" | "dictionaryBytes">,
    onBytes: (bytes: number) => void,
  ): AsyncGenerator<{ readonly block: Block; readonly parser: number }> {
    const { file, found } = csv;
    const { dialect, headerBytes } = found;
    const text: CsvText = { dialect, skipBytes: headerBytes, ...how };
    const plain = file.packing === "none" && csv.encoding === "utf-8";
    const cut = isLarge(file) && csv.encoding === "utf-8" && !csv.quotedNewlines && this.threads > 1;
    const firstByte = csv.markBytes + headerBytes;
    if (cut) {
      const work = { path: file.path, fileBytes: file.bytes, firstByte, text };
      const team = this.team ?? new SegmentTeam(this.threads - 1);
      this.team = undefined;
      try {
        yield* parseSegments(work, team, onBytes);
        return;
      } catch (error) {
        if (!(error instanceof Misaligned)) throw error;
        // A newline inside quotes stood where the file was cut: from now on it is read by one thread.
        csv.quotedNewlines = true;
        throw new ScanAgain();
      }
    }
    if (plain) {
      for await (const block of parseFile(file.path, firstByte, text, onBytes)) yield { block, parser: 0 };
      return;
    }
    const blocks = toUtf8(
      readBlocks(file.path, file.packing, file.name),
      csv.encoding,
      csv.markBytes,
      file.name,
    );
    for await (const block of parseSequentially(text, blocks, onBytes)) yield { block, parser: 0 };
  }
}

function refuseOpenQuote(csv: OpenedCsv, line: number, bytes: number): never {
  throw new MillwrightError(
    "DATA_RAGGED_ROWS",
    `The row that starts on line ${line} of ${csv.file.name} does not end within ${bytes} bytes: a quote is not closed.`,
    "Close it, double it where it is part of the text, or read without quotes with --quote ''.",
  );
}

function refuseEncoding(csv: OpenedCsv): MillwrightError {
  return new MillwrightError(
    "DATA_ENCODING",
    `${csv.file.name} was read as ${csv.encoding} and holds bytes that are not.`,
    "Give its encoding with --encoding, or save it as UTF-8.",
  );
}

async function openCsv(file: SourceFile, given: CsvOptions): Promise<OpenedCsv> {
  const options = { ...given, ...file.written };
  const { head, complete } = await readHead(file);
  const detected = detectEncoding(head);
  const encoding = options.encoding ?? detected.encoding;
  const markBytes = encoding === detected.encoding ? detected.markBytes : 0;
  const parts: Uint8Array[] = [];
  // Half a UTF-16 unit at the end of the sample is cut off.
  const whole = complete || encoding === "utf-8" ? head : head.subarray(0, head.length - (head.length % 2));
  for await (const part of toUtf8(once(whole), encoding, markBytes, file.name)) parts.push(part);
  const bytes = Buffer.concat(parts);
  if (encoding === "utf-8" && !isUtf8(bytes)) {
    throw new MillwrightError(
      "DATA_ENCODING",
      `${file.name} is not UTF-8.`,
      "Give its encoding with --encoding, or save it as UTF-8.",
    );
  }
  const text = new TextDecoder().decode(bytes);
  requireText(text, file.name);
  const wanted =
    file.format === "tsv" && options.delimiter === undefined ? { ...options, delimiter: "\t" } : options;
  const found = findDialect(text, complete, file.name, wanted);
  if (found.names.length >= maxColumns) {
    throw new MillwrightError(
      "DATA_TOO_MANY_COLUMNS",
      `${file.name} has ${found.names.length} columns, and the limit is ${maxColumns - 1}.`,
      "Choose the columns to use with --sql, or reshape wide measurements into rows.",
    );
  }
  return { file, encoding, markBytes, found, quotedNewlines: false };
}

/** Share of control characters from which a file is no text; a stray one now and then is. */
const controlShare = 0.02;
const controlSample = 1 << 17;

/** @throws MillwrightError `SOURCE_FORMAT` for binary data. */
function requireText(text: string, path: string): void {
  const length = Math.min(text.length, controlSample);
  let found = 0;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code < 9 || (code > 13 && code < 32) || code === 127) found++;
  }
  if (found <= controlShare * length) return;
  throw new MillwrightError(
    "SOURCE_FORMAT",
    `${path} is not text: ${found} of its first ${length} characters are control characters.`,
    "Give a CSV file, or tell what it is with --format or --encoding.",
  );
}

/** The beginning of a file, and whether that is all of it. */
async function readHead(file: SourceFile): Promise<{ head: Uint8Array; complete: boolean }> {
  const { path, packing, name } = file;
  const all = packing === "none" ? readStart(path, name, sampleBytes + 1) : await unpackStart(file);
  return { head: all.subarray(0, sampleBytes), complete: all.length <= sampleBytes };
}

async function unpackStart({ path, packing, name }: SourceFile): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const block of readBlocks(path, packing, name, sampleBytes)) {
    parts.push(block);
    size += block.length;
    if (size > sampleBytes) break;
  }
  return Buffer.concat(parts);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function requireSameNames(first: OpenedCsv, other: OpenedCsv): void {
  const expected = first.found.names;
  const { names } = other.found;
  const index = expected.findIndex((name, at) => names[at] !== name);
  if (index < 0 && names.length === expected.length) return;
  const lacking = expected.filter((name) => !names.includes(name));
  const extra = names.filter((name) => !expected.includes(name));
  const differences = [
    ...(lacking.length > 0 ? [`lacks ${someNames(lacking)}`] : []),
    ...(extra.length > 0 ? [`has ${someNames(extra)} besides`] : []),
  ];
  const said =
    differences.length > 0
      ? `${other.file.name} ${differences.join(" and ")}: ${first.file.name} has ${expected.length} columns, and it has ${names.length}`
      : `${first.file.name} has the column "${expected[index]}" at place ${index + 1} of ${expected.length}, and ${other.file.name} has "${names[index]}" there`;
  throw new MillwrightError(
    "SCHEMA_MISMATCH",
    `${said}.`,
    differences.length > 0
      ? "Give files with the same columns, or put them together with --sql and UNION ALL BY NAME."
      : "Give files with the same columns in the same order.",
  );
}

function someNames(names: readonly string[]): string {
  const shown = names.slice(0, 4).map((name) => `"${clipName(name)}"`);
  const rest = names.length - shown.length;
  return `the column${names.length > 1 ? "s" : ""} ${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function clipName(name: string): string {
  return name.length <= 60 ? name : `${name.slice(0, 59)}…`;
}

/** How a column is best read: as declared, or as the sample suggests. */
function planColumn(name: string, sample: readonly string[], declaredColumns: Declared): FieldPlan {
  const declared = declaredColumns.schema?.columns.find((column) => column.name === name);
  if (declaredColumns.schema !== undefined && declared === undefined) return "skip";
  const kind = declared?.kind ?? declaredColumns.columns?.[name]?.kind;
  if (kind !== undefined && kind !== "number" && kind !== "datetime") return "string";
  const present = sample.map((cell) => cell.trim()).filter((cell) => cell !== "");
  if (present.length === 0) return kind ?? "string";
  const every = (pattern: RegExp): boolean => present.every((cell) => pattern.test(cell));
  if (kind !== "datetime" && every(plainNumber)) return "number";
  return kind !== "number" && every(isoDatetime) ? "datetime" : "string";
}

/** Without leading zeros, which mean a code. */
const plainNumber = /^[+-]?(?:(?:0|[1-9]\d*)\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const isoDatetime = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?$/;

function headerFindings(csv: OpenedCsv): Finding[] {
  if (csv.found.hasHeader) return [];
  return [
    {
      kind: "header",
      column: null,
      evidence: `${csv.file.name} has no header: its columns are named ${csv.found.names[0]} to ${csv.found.names.at(-1)}.`,
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
      evidence: `${csv.file.name} is written in ${csv.encoding}.`,
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
    `${ragged.count} of ${rows} rows of ${owner} have not the ${columnCount} fields of ${rowCount === 0 ? "the header" : "the others"}: ${listRagged(ragged)}.`,
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
