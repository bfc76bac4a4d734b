/**
 * Where the fields of one column go: a growing typed array, by the way the column is read.
 *
 * A sink that meets a field it cannot read sets `odd` and stops: the column is then read again as strings,
 * by the parser that knows currencies, missing codes and other dates.
 */
import { datetimeFromBytes, type ZoneSeen } from "./datetime-bytes.ts";
import { notPlain, numberFromBytes } from "./number-bytes.ts";
import { StringTable } from "./string-table.ts";
import type { Dialect, Rows } from "./tokenize.ts";

/** How a column is read in one pass. */
export type Plan = "skip" | "number" | "datetime" | "string";

/** Collects a column; `take` hands over what came since the last take, as an array of its own. */
export interface Sink {
  /** Whether a field could not be read by this plan. */
  readonly odd: boolean;
  append(bytes: Uint8Array, rows: Rows, column: number): void;
}

/** Bytes of quoted fields with their escapes removed; reused from field to field. */
class Unescaper {
  private scratch = new Uint8Array(1024);
  length = 0;

  run(bytes: Uint8Array, start: number, end: number, escape: number): Uint8Array {
    if (this.scratch.length < end - start) this.scratch = new Uint8Array((end - start) * 2);
    let length = 0;
    for (let at = start; at < end; at++) {
      if (bytes[at] === escape && at + 1 < end) at++;
      this.scratch[length++] = bytes[at]!;
    }
    this.length = length;
    return this.scratch;
  }
}

abstract class NumericSink implements Sink {
  odd = false;
  length = 0;
  values: Float64Array;

  constructor(capacity: number) {
    this.values = new Float64Array(capacity);
  }

  abstract append(bytes: Uint8Array, rows: Rows, column: number): void;

  /** Room for `more` values, as a view of the array to write from `length` on. */
  protected reserve(more: number): Float64Array {
    if (this.length + more > this.values.length) {
      const grown = new Float64Array(Math.max(this.length + more, Math.ceil(this.values.length * 1.5)));
      grown.set(this.values.subarray(0, this.length));
      this.values = grown;
    }
    return this.values;
  }

  take(more: boolean): Float64Array {
    const whole = this.values.length === this.length && !more;
    const taken = whole ? this.values : this.values.slice(0, this.length);
    if (!more) this.values = new Float64Array(0);
    this.length = 0;
    return taken;
  }
}

export class NumberSink extends NumericSink {
  append(bytes: Uint8Array, rows: Rows, column: number): void {
    if (this.odd) return;
    const { starts, ends, columnCount, count } = rows;
    const values = this.reserve(count);
    let at = this.length;
    for (let row = 0, field = column; row < count; row++, field += columnCount) {
      const start = starts[field]!;
      const value = numberFromBytes(bytes, start < 0 ? ~start : start, ends[field]!);
      if (value === notPlain) {
        this.odd = true;
        return;
      }
      values[at++] = value;
    }
    this.length = at;
  }
}

export class DatetimeSink extends NumericSink {
  zonedCount = 0;
  unzonedCount = 0;
  private readonly seen: ZoneSeen = { zoned: false };

  append(bytes: Uint8Array, rows: Rows, column: number): void {
    if (this.odd) return;
    const { starts, ends, columnCount, count } = rows;
    const values = this.reserve(count);
    let at = this.length;
    for (let row = 0, field = column; row < count; row++, field += columnCount) {
      const start = starts[field]!;
      const value = datetimeFromBytes(bytes, start < 0 ? ~start : start, ends[field]!, this.seen);
      if (value === Number.POSITIVE_INFINITY) {
        this.odd = true;
        return;
      }
      if (value === value) {
        if (this.seen.zoned) this.zonedCount++;
        else this.unzonedCount++;
      }
      values[at++] = value;
    }
    this.length = at;
    this.odd = this.zonedCount > 0 && this.unzonedCount > 0;
  }
}

export class StringSink implements Sink {
  readonly odd = false;
  readonly table = new StringTable();
  length = 0;
  private codes: Int32Array;
  private readonly escape: number;
  private readonly unescaper = new Unescaper();
  private readonly decoded: string[] = [];

  /** The distinct values so far; one array that grows. @throws InvalidUtf8 */
  dictionary(): readonly string[] {
    for (const value of this.table.decode(this.decoded.length)) this.decoded.push(value);
    return this.decoded;
  }

  constructor(capacity: number, dialect: Dialect) {
    this.codes = new Int32Array(capacity);
    this.escape = dialect.escape;
  }

  append(bytes: Uint8Array, rows: Rows, column: number): void {
    const { starts, ends, columnCount, count } = rows;
    if (this.length + count > this.codes.length) {
      const grown = new Int32Array(Math.max(this.length + count, Math.ceil(this.codes.length * 1.5)));
      grown.set(this.codes.subarray(0, this.length));
      this.codes = grown;
    }
    const { codes, table } = this;
    let at = this.length;
    for (let row = 0, field = column; row < count; row++, field += columnCount) {
      const start = starts[field]!;
      const end = ends[field]!;
      if (start === end) codes[at++] = -1;
      else if (start >= 0) codes[at++] = table.intern(bytes, start, end);
      else {
        const plain = this.unescaper.run(bytes, ~start, end, this.escape);
        codes[at++] = table.intern(plain, 0, this.unescaper.length);
      }
    }
    this.length = at;
  }

  take(more: boolean): Int32Array {
    const whole = this.codes.length === this.length && !more;
    const taken = whole ? this.codes : this.codes.slice(0, this.length);
    if (!more) this.codes = new Int32Array(0);
    this.length = 0;
    return taken;
  }
}
