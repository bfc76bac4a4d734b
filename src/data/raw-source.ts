/** Where rows come from: CSV files, or a query. Read as often as wanted, whole or in chunks. */
import type { Schema } from "../schema/index.ts";
import type { FieldPlan } from "../kernels/index.ts";
import type { Content } from "./bytes.ts";
import type { Finding } from "./finding.ts";
import type { ColumnOverride } from "./infer/infer-column.ts";
import type { Ragged, RawColumn } from "./raw-column.ts";

/** What is declared about columns before they are read. */
export interface Declared {
  /** Declarations by column name; the rest is inferred. */
  readonly columns?: Readonly<Record<string, ColumnOverride>> | undefined;
  /** A whole schema: nothing is inferred, other columns of the source are left out. */
  readonly schema?: Schema | undefined;
  /** Numbers stay as they are read, and none is rounded to float32: for computing on, not for a model. */
  readonly exactNumbers?: boolean | undefined;
}

/**
 * Some rows, column by column; the dictionary of a string column is the same growing array in every chunk, unless its
 * size is limited: then another array says that codes began anew.
 */
export interface RawChunk {
  readonly rowCount: number;
  readonly columns: readonly RawColumn[];
}

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined;
  /** All rows in one chunk, instead of as they come. */
  readonly whole?: boolean;
  /** Bytes that the distinct strings of a column may take; without a limit unless given. */
  readonly dictionaryBytes?: number | undefined;
  /** Work done and in all, in bytes. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Thrown by a scan that found out midway how to read its source; the next scan does. */
export class ScanAgain extends Error {}

export interface RawSource {
  /** The source in messages. */
  readonly owner: string;
  readonly names: readonly string[];
  readonly preferDecimalComma: boolean;
  /** Bytes that the columns may take in memory, roughly; 0 when unknown. */
  readonly expectedBytes: number;
  /** How each column is best read at first. */
  plan(declared: Declared): readonly FieldPlan[];
  /**
   * Reads all rows.
   *
   * @throws ScanAgain when chunks were given out before it was known how to read them.
   * @throws MillwrightError `CANCELLED` when asked to stop, and what the source brings: `DATA_*`, `SOURCE_*`.
   */
  scan(plans: readonly FieldPlan[], options: ScanOptions): AsyncGenerator<RawChunk>;
  /** Rows that the last scan could not take. */
  readonly ragged: Ragged;
  /** What is to be told about how the source is written. */
  findings(): readonly Finding[];
  /** Fingerprints of the content; can be asked for after the source is closed. */
  content(): Promise<Content>;
  close(): Promise<void>;
}
