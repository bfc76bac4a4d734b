/**
 * Raw columns to cells by a column's schema: the one way from a source to a Frame, in training and at predict.
 *
 * Strings are converted once per distinct value, then spread by code. A converter keeps what it has learnt, so
 * that chunk after chunk of one column get the same codes.
 */
import { MillwrightError } from "../../core/index.ts";
import type { NumbersSeen } from "../../kernels/index.ts";
import {
  type Cells,
  type ColumnSchema,
  missingNumbers,
  plainDecimal,
  readDatetimeCell,
  readNumberCell,
  readStringCell,
} from "../../schema/index.ts";
import { stringBytes } from "../memory.ts";
import type { RawColumn } from "../raw-column.ts";

/** Code of a cell not looked at yet. */
const unknown = -2;

export class ColumnConverter {
  private readonly column: ColumnSchema;
  private readonly owner: string;
  /** Rows converted so far. */
  private rowCount = 0;
  /** Number of each distinct raw string. */
  private numbers = new Float64Array(0);
  private numbersKnown = 0;
  /** Code of each raw code, or `unknown`. */
  private renumbered = new Int32Array(0);
  private codeOfText = new Map<string, number>();
  private codeOfValue = new Map<number, number>();
  private dictionary: string[] = [];
  /** Bytes that the dictionary takes, about. */
  private bytes = 0;
  private raw: readonly string[] | undefined;
  private readonly dictionaryBytes: number;

  /**
   * @param owner - The source, for messages.
   * @param dictionaryBytes - A dictionary that takes more is given up, and another begun with the next rows.
   */
  constructor(column: ColumnSchema, owner: string, dictionaryBytes: number = Number.POSITIVE_INFINITY) {
    this.column = column;
    this.owner = owner;
    this.dictionaryBytes = dictionaryBytes;
  }

  /**
   * Converts the next rows; the array of a number column is changed in place and becomes its cells.
   *
   * @throws MillwrightError `SCHEMA_BAD_CELL` for a cell that the schema cannot read, with row and fix.
   * @throws MillwrightError `SCHEMA_WRONG_KIND` when the source delivers another sort of column altogether.
   */
  convert(raw: RawColumn): Cells {
    if (raw.type === "string" && raw.dictionary !== this.raw) {
      if (this.raw !== undefined) this.beginDictionary();
      this.raw = raw.dictionary;
    } else if (this.bytes > this.dictionaryBytes) this.beginDictionary();
    switch (raw.type) {
      case "number":
        return this.fromNumbers(raw.values, raw.seen);
      case "datetime":
        return this.fromDatetimes(raw.values, raw.zoned);
      case "string":
        return this.fromStrings(raw.codes, raw.dictionary);
      default:
        throw new Error(`Millwright defect: column "${this.column.name}" was not read`);
    }
  }

  /** Nothing of the strings before is known any more. */
  private beginDictionary(): void {
    this.numbersKnown = 0;
    this.renumbered.fill(unknown);
    this.codeOfText = new Map();
    this.codeOfValue = new Map();
    this.dictionary = [];
    this.bytes = 0;
  }

  private fromNumbers(values: Float64Array, seen: NumbersSeen | undefined): Cells {
    const { column } = this;
    if (column.kind === "datetime") return this.refuseKind("numbers", values);
    if (column.kind !== "number") return this.code(values, plainDecimal);
    const missing = missingNumbers(column);
    if (missing.length === 0 && column.dtype === "float64") return { type: "number", values };
    if (missing.length > 0) {
      for (let i = 0; i < values.length; i++) if (missing.includes(values[i]!)) values[i] = Number.NaN;
    }
    if (column.dtype === "float32" && !areSmallIntegers(seen))
      for (let i = 0; i < values.length; i++) values[i] = Math.fround(values[i]!);
    return { type: "number", values };
  }

  private fromDatetimes(values: Float64Array, zoned: boolean): Cells {
    const { column } = this;
    if (column.kind === "number") return this.refuseKind("datetimes", values);
    if (column.kind !== "datetime") return this.code(values, (value) => isoText(value, zoned));
    if (zoned === (column.clock === "instant")) return { type: "number", values };
    return this.refuseKind(zoned ? "datetimes with a zone" : "datetimes without a zone", values);
  }

  /** Numbers as strings, by value. */
  private code(values: Float64Array, write: (value: number) => string): Cells {
    const codes = new Int32Array(values.length);
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      let code = value === value ? this.codeOfValue.get(value) : -1;
      if (code === undefined) {
        code = this.codeFor(readStringCell(write(value), this.column));
        this.codeOfValue.set(value, code);
      }
      codes[i] = code;
    }
    return { type: "string", codes, dictionary: this.dictionary };
  }

  private codeFor(text: string | null): number {
    if (text === null) return -1;
    const known = this.codeOfText.get(text);
    if (known !== undefined) return known;
    const code = this.dictionary.push(text) - 1;
    this.codeOfText.set(text, code);
    this.bytes += stringBytes(text);
    return code;
  }

  private fromStrings(codes: Int32Array, raw: readonly string[]): Cells {
    const { kind } = this.column;
    if (kind === "number" || kind === "datetime") return this.fromNumberWords(codes, raw);
    if (this.renumbered.length < raw.length) {
      const grown = new Int32Array(Math.max(raw.length, 2 * this.renumbered.length)).fill(unknown);
      grown.set(this.renumbered);
      this.renumbered = grown;
    }
    const { renumbered } = this;
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]!;
      if (code < 0) continue;
      let next = renumbered[code]!;
      if (next === unknown) {
        // Cells that mean the same share one code, and codes count up by first appearance.
        next = this.codeFor(readStringCell(raw[code]!, this.column));
        renumbered[code] = next;
      }
      codes[i] = next;
    }
    return { type: "string", codes, dictionary: this.dictionary };
  }

  private fromNumberWords(codes: Int32Array, raw: readonly string[]): Cells {
    const { column } = this;
    if (this.numbers.length < raw.length) {
      const grown = new Float64Array(Math.max(raw.length, 2 * this.numbers.length));
      grown.set(this.numbers);
      this.numbers = grown;
    }
    const { numbers } = this;
    for (let code = this.numbersKnown; code < raw.length; code++) {
      const text = raw[code]!;
      const value =
        column.kind === "number"
          ? readNumberCell(text, column)
          : column.kind === "datetime"
            ? readDatetimeCell(text, column)
            : undefined;
      if (value === undefined) this.refuseCell(text, this.rowCount + codes.indexOf(code));
      numbers[code] = value;
    }
    this.numbersKnown = raw.length;
    const values = new Float64Array(codes.length);
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]!;
      values[i] = code < 0 ? Number.NaN : numbers[code]!;
    }
    this.rowCount += codes.length;
    return { type: "number", values };
  }

  /** A column without a single value has no kind to be wrong. */
  private refuseKind(found: string, values: Float64Array): Cells {
    if (!values.some((value) => value === value)) return { type: "number", values };
    const { column } = this;
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `The column "${column.name}" of ${this.owner} holds ${found}, and the schema says ${kindOf(column)}.`,
      "Convert the column, or declare its kind as it is.",
    );
  }

  private refuseCell(text: string, row: number): never {
    const { column } = this;
    const shown = text.length > 40 ? `${text.slice(0, 37)}...` : text;
    throw new MillwrightError(
      "SCHEMA_BAD_CELL",
      `The column "${column.name}" of ${this.owner} holds ${JSON.stringify(shown)} in data row ${row + 1}, which is no ${kindOf(column)} as in the schema.`,
      `Correct the cell, or empty it where the value is missing.`,
    );
  }
}

/** Whether all values are known to be float32 as they are. */
function areSmallIntegers(seen: NumbersSeen | undefined): boolean {
  return seen?.integral === true && seen.low >= -16777216 && seen.high <= 16777216;
}

function kindOf(column: ColumnSchema): string {
  return column.kind === "datetime" ? `datetime (${column.clock})` : column.kind;
}

/** A datetime as text: a date where the time is midnight, no zone for wall-clock. */
function isoText(value: number, zoned: boolean): string {
  const text = new Date(value).toISOString().replace(".000Z", "Z");
  if (zoned) return text;
  return text.endsWith("T00:00:00Z") ? text.slice(0, -10) : text.slice(0, -1).replace("T", " ");
}
