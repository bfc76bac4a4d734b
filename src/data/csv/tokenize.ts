/**
 * Splits bytes of delimited text into rows of fields (RFC 4180, leniently).
 *
 * It records where each field starts and ends and copies nothing; converting fields to values is a second
 * step, column by column. A row is taken only when its number of fields is right: the others are listed with
 * their line, never dropped in silence.
 */

/** How a file separates its fields; each is one byte. */
export interface Dialect {
  readonly delimiter: number;
  /** 0 when the file quotes nothing. */
  readonly quote: number;
  /** Byte that escapes a quote inside quotes: the quote itself, or a backslash. */
  readonly escape: number;
  /** Byte that ends a row: line feed, or carriage return in very old files. */
  readonly newline: 10 | 13;
}

/** A row that cannot be taken: its number of fields is not the table's, or text follows a closing quote. */
export interface RaggedRow {
  /** 1-based line of the file where the row starts. */
  readonly line: number;
  readonly fieldCount: number;
  readonly problem: "fields" | "quote";
}

/** Rows found in a block. Reused from call to call: every call overwrites the last. */
export class Rows {
  readonly columnCount: number;
  readonly capacity: number;
  /** Field of row r and column c at r × columnCount + c: its first byte; ~start when it holds escaped quotes. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  count = 0;
  /** First byte that belongs to no complete row. */
  consumed = 0;
  /** Line on which the byte at `consumed` stands. */
  line = 1;
  /** Whether the block ended inside quotes, and on which line they opened. */
  openQuoteLine = 0;
  readonly ragged: RaggedRow[] = [];
  raggedCount = 0;

  constructor(
    columnCount: number,
    capacity = Math.max(1, Math.min(2048, Math.floor(400_000 / columnCount))),
  ) {
    this.columnCount = columnCount;
    this.capacity = capacity;
    this.starts = new Int32Array(columnCount * capacity);
    this.ends = new Int32Array(columnCount * capacity);
  }
}

const maxRaggedExamples = 20;

/**
 * Finds rows from `rows.consumed` on, until the block ends or `rows` is full.
 *
 * @param bytes - UTF-8.
 * @param end - Number of bytes that count.
 * @param last - Whether the file ends with this block: then a last row needs no newline.
 * @returns Whether more rows may follow in this block.
 */
export function tokenize(
  bytes: Uint8Array,
  end: number,
  last: boolean,
  dialect: Dialect,
  rows: Rows,
): boolean {
  const { delimiter, quote, escape, newline } = dialect;
  const { starts, ends, columnCount, capacity } = rows;
  let at = rows.consumed;
  let line = rows.line;
  let count = 0;
  rows.openQuoteLine = 0;
  while (count < capacity && at < end) {
    const rowStart = at;
    const rowLine = line;
    let field = 0;
    const base = count * columnCount;
    let complete = false;
    let strayText = false;
    while (at <= end) {
      let start = at;
      let stop: number;
      if (at < end && bytes[at] === quote && quote !== 0) {
        let escaped = false;
        at++;
        start = at;
        for (;;) {
          if (at >= end) break;
          const byte = bytes[at]!;
          if (byte === escape && escape !== quote && at + 1 < end) {
            escaped = true;
            at += 2;
            continue;
          }
          if (byte === quote) {
            if (escape === quote && at + 1 < end && bytes[at + 1] === quote) {
              escaped = true;
              at += 2;
              continue;
            }
            break;
          }
          if (byte === newline) line++;
          at++;
        }
        if (at >= end) {
          rows.openQuoteLine = rowLine;
          break;
        }
        stop = at;
        at++;
        while (at < end && bytes[at] !== delimiter && bytes[at] !== newline) {
          if (bytes[at]! > 32) strayText = true;
          at++;
        }
        if (escaped) start = ~start;
      } else {
        while (at < end) {
          const byte = bytes[at]!;
          if (byte === delimiter || byte === newline) break;
          at++;
        }
        stop = at;
        if (newline === 10 && stop > start && bytes[stop - 1] === 13 && (at === end || bytes[at] === 10))
          stop--;
      }
      if (field < columnCount) {
        starts[base + field] = start;
        ends[base + field] = stop;
      }
      field++;
      if (at >= end) {
        complete = last;
        break;
      }
      if (bytes[at] === newline) {
        line++;
        complete = true;
        at++;
        break;
      }
      at++;
      // A delimiter as the very last byte of the file: one more, empty, field.
      if (at === end && !last) break;
    }
    if (!complete) {
      at = rowStart;
      line = rowLine;
      break;
    }
    if (field === columnCount && !strayText) {
      // A blank line is no row, except in a table of one column, where it is a missing cell.
      count++;
      continue;
    }
    const blank = field === 1 && ends[base]! <= Math.abs(starts[base]!);
    const trailingDelimiter =
      field === columnCount + 1 && !strayText && endsWithDelimiter(bytes, rowStart, at, dialect);
    if (trailingDelimiter) count++;
    else if (!blank) {
      rows.raggedCount++;
      if (rows.ragged.length < maxRaggedExamples) {
        const problem = strayText ? "quote" : "fields";
        rows.ragged.push({ line: rowLine, fieldCount: field, problem });
      }
    }
  }
  rows.count = count;
  rows.consumed = at;
  rows.line = line;
  return count === capacity;
}

/** Whether the row in [start, end) closes with a delimiter, so that its last field is empty. */
function endsWithDelimiter(bytes: Uint8Array, start: number, end: number, dialect: Dialect): boolean {
  let at = end - 1;
  while (at > start && (bytes[at] === 10 || bytes[at] === 13)) at--;
  return bytes[at] === dialect.delimiter;
}
