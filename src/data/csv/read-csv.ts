/**
 * One pass over a CSV file: blocks of bytes in, columns out.
 *
 * Rows that do not end in their block are carried to the next. Nothing here decides what a column is: the
 * caller gives a plan for each, and learns which columns did not fit it.
 */
import { MillwrightError } from "../../core/index.ts";
import type { Ragged, RawColumn } from "../raw-column.ts";
import { DatetimeSink, NumberSink, type Plan, StringSink } from "./sinks.ts";
import { type Dialect, Rows, tokenize } from "./tokenize.ts";

/** What a pass over a CSV needs. */
export interface CsvRequest {
  /** UTF-8 without byte order mark. */
  readonly blocks: AsyncIterable<Uint8Array>;
  readonly dialect: Dialect;
  /** Bytes and lines of the header, which are left out. */
  readonly skipBytes: number;
  readonly skipLines: number;
  readonly plans: readonly Plan[];
  /** Bytes of the whole file, to size the arrays; 0 when unknown. */
  readonly expectedBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** Bytes read so far. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** A row longer than this is an open quote or no table. */
const maxRowBytes = 256 * 1024 * 1024;

type AnySink = NumberSink | DatetimeSink | StringSink | undefined;

/**
 * Reads a file block by block.
 *
 * After each step of `run`, `takeColumns` gives the rows that came since the last take.
 */
export class CsvReader {
  rowCount = 0;
  private readonly request: CsvRequest;
  private readonly rows: Rows;
  private sinks: AnySink[] = [];

  constructor(request: CsvRequest) {
    this.request = request;
    this.rows = new Rows(request.plans.length);
    this.rows.line = 1 + request.skipLines;
  }

  get ragged(): Ragged {
    return { count: this.rows.raggedCount, examples: this.rows.ragged };
  }

  /** Reads block after block; yields the rows of each. */
  async *run(): AsyncGenerator<number> {
    const { signal, onBytes } = this.request;
    let carried = new Uint8Array(0);
    let done = 0;
    let skip = this.request.skipBytes;
    for await (const block of this.request.blocks) {
      if (signal?.aborted === true) {
        throw new MillwrightError(
          "CANCELLED",
          "Reading was stopped.",
          "Start it again to read the whole table.",
        );
      }
      let bytes = block.subarray(Math.min(skip, block.length));
      skip -= block.length - bytes.length;
      if (carried.length > 0) {
        const joined = new Uint8Array(carried.length + bytes.length);
        joined.set(carried);
        joined.set(bytes, carried.length);
        bytes = joined;
      }
      const before = this.rowCount;
      this.prepareSinks(bytes);
      const consumed = this.parse(bytes, false);
      carried = bytes.slice(consumed);
      if (carried.length > maxRowBytes) this.refuseLongRow(carried.length);
      done += block.length;
      onBytes?.(done);
      yield this.rowCount - before;
    }
    const before = this.rowCount;
    this.prepareSinks(carried);
    this.parse(carried, true);
    if (this.rows.openQuoteLine > 0) this.refuseLongRow(carried.length);
    yield this.rowCount - before;
  }

  /**
   * The columns since the last take; dictionaries are those of the whole file so far.
   *
   * @param more - Whether rows will follow, for which the arrays are kept.
   */
  takeColumns(more: boolean): RawColumn[] {
    return this.request.plans.map((plan, index): RawColumn => {
      if (plan === "skip") return { type: "skip" };
      const sink = this.sinks[index];
      if (sink === undefined) return emptyColumn(plan);
      if (sink.odd) return { type: "odd" };
      if (sink instanceof StringSink) {
        return { type: "string", codes: sink.take(more), dictionary: sink.dictionary() };
      }
      if (sink instanceof DatetimeSink) {
        return { type: "datetime", values: sink.take(more), zoned: sink.zonedCount > 0 };
      }
      return { type: "number", values: sink.take(more) };
    });
  }

  private parse(bytes: Uint8Array, last: boolean): number {
    const { rows, sinks } = this;
    const { dialect } = this.request;
    rows.consumed = 0;
    for (;;) {
      const more = tokenize(bytes, bytes.length, last, dialect, rows);
      for (let column = 0; column < sinks.length; column++) sinks[column]?.append(bytes, rows, column);
      this.rowCount += rows.count;
      if (!more) return rows.consumed;
    }
  }

  private prepareSinks(bytes: Uint8Array): void {
    if (this.sinks.length > 0) return;
    let sampleRows = 1;
    const end = Math.min(bytes.length, 1 << 20);
    for (let i = 0; i < end; i++) if (bytes[i] === 10) sampleRows++;
    const share = this.request.expectedBytes === 0 ? bytes.length : this.request.expectedBytes;
    const capacity = Math.min(100_000_000, Math.ceil((share / Math.max(1, end)) * sampleRows * 1.02) + 16);
    this.sinks = this.request.plans.map((plan) => {
      if (plan === "skip") return undefined;
      if (plan === "string") return new StringSink(capacity, this.request.dialect);
      return plan === "number" ? new NumberSink(capacity) : new DatetimeSink(capacity);
    });
  }

  private refuseLongRow(length: number): never {
    throw new MillwrightError(
      "DATA_RAGGED_ROWS",
      `The quote that opens on line ${Math.max(this.rows.line, this.rows.openQuoteLine)} is not closed within ${length} bytes.`,
      "Close it, double it if it is part of the text, or read without quotes with { quote: '' }.",
    );
  }
}

function emptyColumn(plan: Exclude<Plan, "skip">): RawColumn {
  if (plan === "number") return { type: "number", values: new Float64Array(0) };
  if (plan === "datetime") return { type: "datetime", values: new Float64Array(0), zoned: false };
  return { type: "string", codes: new Int32Array(0), dictionary: [] };
}
