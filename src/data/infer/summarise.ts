/** Summaries of columns, chunk by chunk: what inference decides on. */
import type { RawColumn } from "../raw-column.ts";
import { DigitScan, RoundingTable } from "./float-precision.ts";
import type { ColumnSummary } from "./infer-column.ts";
import { isLongId, namesRows } from "./infer-numbers.ts";
import { NumberSummary } from "./number-summary.ts";

/** Gathers one column; `undecided` asks for a second look at the numbers. */
export class ColumnSummariser {
  private type: "number" | "datetime" | "string" | "odd" | "skip" = "skip";
  private readonly numbers: NumberSummary;
  /** Present when all rows were scanned. */
  private digits: DigitScan | undefined;
  private rounding: RoundingTable | undefined;
  private rowCount = 0;
  private present = 0;
  private zoned: boolean | undefined;
  private dictionary: readonly string[] = [];
  private counts = new Float64Array(0);
  private typed: "boolean" | undefined;
  private readonly name: string;
  private readonly distinctBytes: number;
  /** Whether the distinct strings were too many to be kept: what is known is of the rows before. */
  crowded = false;

  /** @param distinctBytes - Bytes that the distinct values may take. */
  constructor(name: string, distinctBytes: number = Number.POSITIVE_INFINITY) {
    this.name = name;
    this.distinctBytes = distinctBytes;
    this.numbers = new NumberSummary(namesRows(name), distinctBytes);
  }

  /** Number of distinct strings so far, or before they were too many. */
  get distinctStrings(): number {
    return this.dictionary.length;
  }

  /** Whether the way the column was read did not fit. */
  get odd(): boolean {
    return this.type === "odd";
  }

  /** Whether it was read as numbers, and is an id that float64 does not hold. */
  get longId(): boolean {
    return this.type === "number" && isLongId(this.name, this.numbers);
  }

  /** Whether only a look at all values together shows if float32 keeps them apart. */
  get undecided(): boolean {
    return this.type === "number" && !this.numbers.keepsFloat32 && this.digits?.keeps !== true;
  }

  add(raw: RawColumn): void {
    if (this.type === "odd" || raw.type === "skip") return;
    if (this.type === "skip") this.type = raw.type;
    switch (raw.type) {
      case "odd":
        this.type = "odd";
        return;
      case "number":
        this.addNumbers(raw);
        return;
      case "datetime":
        this.addDatetimes(raw.values, raw.zoned);
        return;
      case "string":
        this.addStrings(raw.codes, raw.dictionary);
        this.typed = raw.typed;
    }
  }

  /** The second look: all values again, where `undecided`. */
  addRounded(raw: RawColumn): void {
    this.rounding ??= new RoundingTable(this.distinctBytes);
    if (raw.type === "number") this.rounding.add(raw.values);
  }

  /** Digits are scanned where the text does not tell how many there are. */
  private addNumbers(raw: RawColumn & { readonly type: "number" }): void {
    const first = this.numbers.rowCount === 0;
    this.numbers.add(raw.values, raw.decimals, raw.seen);
    this.numbers.infinite += raw.infinite ?? 0;
    const told = raw.decimals !== undefined && raw.decimals < 10;
    if (told || this.numbers.integral) return;
    // A scan that starts in the middle shows nothing about the rows before.
    if (first) this.digits = new DigitScan();
    this.digits?.add(raw.values);
  }

  private addDatetimes(values: Float64Array, zoned: boolean): void {
    let present = 0;
    for (let i = 0; i < values.length; i++) if (values[i] === values[i]) present++;
    this.present += present;
    if (present === 0) return;
    if (this.zoned !== undefined && this.zoned !== zoned) this.type = "odd";
    this.zoned = zoned;
  }

  private addStrings(codes: Int32Array, dictionary: readonly string[]): void {
    if (this.rowCount > 0 && dictionary !== this.dictionary) this.crowded = true;
    if (this.crowded) return;
    if (this.counts.length < dictionary.length) {
      const grown = new Float64Array(Math.max(dictionary.length, 2 * this.counts.length));
      grown.set(this.counts);
      this.counts = grown;
    }
    const { counts } = this;
    for (let i = 0; i < codes.length; i++) if (codes[i]! >= 0) counts[codes[i]!]!++;
    this.rowCount += codes.length;
    this.dictionary = dictionary;
  }

  summary(): ColumnSummary {
    switch (this.type) {
      case "number":
        return {
          type: "number",
          numbers: this.numbers,
          keepsFloat32: !this.undecided || this.rounding?.met === false,
        };
      case "datetime":
        return { type: "datetime", present: this.present, zoned: this.zoned === true };
      default: {
        const { rowCount, dictionary, counts, typed } = this;
        return { type: "string", rowCount, dictionary, counts: counts.subarray(0, dictionary.length), typed };
      }
    }
  }
}
