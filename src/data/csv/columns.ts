/**
 * Columns put together from blocks, in the order of the file.
 *
 * Each parser has codes of its own; here strings get one dictionary a column, numbered by first appearance in the
 * rows, whoever parsed them.
 */
import type { NumbersSeen } from "../../kernels/index.ts";
import { joinSeen } from "../infer/number-summary.ts";
import { stringBytes } from "../memory.ts";
import type { RawColumn } from "../raw-column.ts";
import type { Block, BlockColumn } from "./block.ts";

/** Code of a parser's string that has none here yet. */
const unknown = -2;

export class ColumnBuilder {
  odd = false;
  private numbers = new Float64Array(0);
  private codes = new Int32Array(0);
  private length = 0;
  private type: BlockColumn["type"] = "skip";
  private zoned = false;
  private unzoned = false;
  private decimals = 0;
  private seen: NumbersSeen | undefined;
  private dictionary: string[] = [];
  private codeOf = new Map<string, number>();
  /** Bytes that the dictionary takes, about. */
  private bytes = 0;
  /** Codes here of each parser's codes, or `unknown`; and its strings, where they may be needed again. */
  private readonly renumbered = new Map<string, { size: number; codes: Int32Array; strings: string[] }>();
  private readonly expectedRows: number;
  private readonly dictionaryBytes: number;

  /**
   * @param expectedRows - To size the arrays; 0 when unknown.
   * @param dictionaryBytes - A dictionary that takes more is given up when rows are taken, and a new one begun.
   */
  constructor(expectedRows: number, dictionaryBytes: number = Number.POSITIVE_INFINITY) {
    this.expectedRows = expectedRows;
    this.dictionaryBytes = dictionaryBytes;
  }

  /** @param parser - Names the parser that the codes belong to. */
  add(column: BlockColumn, parser: string): void {
    if (this.odd || column.type === "skip") return;
    if (column.type === "odd") {
      this.odd = true;
      this.numbers = new Float64Array(0);
      return;
    }
    this.type = column.type;
    if (column.type === "string") {
      this.addCodes(column, parser);
      return;
    }
    const end = this.length + column.values.length;
    if (end > this.numbers.length) {
      const grown = new Float64Array(this.capacity(end, this.numbers.length));
      grown.set(this.numbers.subarray(0, this.length));
      this.numbers = grown;
    }
    this.numbers.set(column.values, this.length);
    this.length = end;
    if (column.type === "number" && column.values.length > 0) {
      this.decimals = Math.max(this.decimals, column.decimals);
      this.seen = this.seen === undefined ? column.seen : joinSeen(this.seen, column.seen);
    }
    if (column.type !== "datetime") return;
    this.zoned ||= column.zoned;
    this.unzoned ||= column.unzoned;
    this.odd = this.zoned && this.unzoned;
  }

  private capacity(needed: number, have: number): number {
    return Math.max(needed, have === 0 ? this.expectedRows : Math.ceil(have * 1.5));
  }

  private addCodes(column: Extract<BlockColumn, { readonly type: "string" }>, parser: string): void {
    const { codes, added } = column;
    const known = this.renumbered.get(parser) ?? { size: 0, codes: new Int32Array(0), strings: [] };
    this.renumbered.set(parser, known);
    if (column.anew === true) {
      known.size = 0;
      known.strings = [];
    }
    const size = known.size + added.length;
    if (size > known.codes.length) {
      const grown = new Int32Array(Math.max(size, 2 * known.codes.length));
      grown.set(known.codes);
      known.codes = grown;
    }
    // A parser's new strings stand in the order in which its rows met them.
    for (const text of added) known.codes[known.size++] = this.codeFor(text);
    if (this.dictionaryBytes < Number.POSITIVE_INFINITY) for (const text of added) known.strings.push(text);
    const end = this.length + codes.length;
    if (end > this.codes.length) {
      const grown = new Int32Array(this.capacity(end, this.codes.length));
      grown.set(this.codes.subarray(0, this.length));
      this.codes = grown;
    }
    const out = this.codes;
    const table = known.codes;
    for (let i = 0, at = this.length; i < codes.length; i++, at++) {
      const code = codes[i]!;
      let own = code < 0 ? -1 : table[code]!;
      if (own === unknown) {
        own = this.codeFor(known.strings[code]!);
        table[code] = own;
      }
      out[at] = own;
    }
    this.length = end;
  }

  private codeFor(text: string): number {
    let code = this.codeOf.get(text);
    if (code === undefined) {
      code = this.dictionary.push(text) - 1;
      this.codeOf.set(text, code);
      this.bytes += stringBytes(text);
    }
    return code;
  }

  /** The strings of the rows to come get a new dictionary; parsers keep their codes, which are looked up anew. */
  private beginDictionary(): void {
    this.dictionary = [];
    this.codeOf = new Map();
    this.bytes = 0;
    for (const known of this.renumbered.values()) known.codes.fill(unknown);
  }

  /**
   * The rows since the last take; the dictionary is that of all rows so far, one array that grows until it is too large.
   *
   * @param more - Whether rows will follow, for which the arrays are kept.
   */
  take(more: boolean): RawColumn {
    const { length, type, seen } = this;
    this.length = 0;
    this.seen = undefined;
    if (this.odd) return { type: "odd" };
    if (type === "skip" || type === "odd") return { type: "skip" };
    if (type === "string") {
      const { dictionary } = this;
      if (this.bytes > this.dictionaryBytes) this.beginDictionary();
      return { type, codes: this.part(this.codes, length, more), dictionary };
    }
    const values = this.part(this.numbers, length, more);
    return type === "number"
      ? { type, values, decimals: this.decimals, ...(seen === undefined ? {} : { seen }) }
      : { type, values, zoned: this.zoned };
  }

  /** What was filled: a copy while more follows, the array itself at the end where it is nearly full. */
  private part<T extends Float64Array | Int32Array>(values: T, length: number, more: boolean): T {
    const whole = !more && length > 0.9 * values.length;
    return (whole ? values.subarray(0, length) : values.slice(0, length)) as T;
  }
}

/** Adds a block to its columns. */
export function addBlock(columns: readonly ColumnBuilder[], block: Block, parser: string): void {
  for (let index = 0; index < columns.length; index++) columns[index]!.add(block.columns[index]!, parser);
}
