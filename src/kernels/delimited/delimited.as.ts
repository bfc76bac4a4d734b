// Delimited text to columns: bytes of a CSV block become field bounds, and fields become numbers, datetimes or codes.
//
// A batch of rows is split into the bounds of its fields and then converted column by column, batch after batch until
// the block is full. Rows without quotes are split sixty-four bytes at a time (`rows.as.ts`), the others a field at a
// time. `reference.ts` says the same slowly.
import { datetimeFromBytes, zoneSeen } from "./datetimes.as";
import { hashOf, intern } from "./interning.as";
import { convertCommon, decimalsSeen, mostDecimals, numberFromBytes, SLOW } from "./numbers.as";
import { plainAt, plainCount, splitPlainRows } from "./rows.as";
import { SUMMARY_BYTES, summariseNumbers } from "./summaries.as";

/** Words of the state, as in `delimited.ts`. */
const DELIMITER: usize = 0;
const QUOTE: usize = 1;
const ESCAPE: usize = 2;
const NEWLINE: usize = 3;
const COLUMNS: usize = 4;
const CAPACITY: usize = 5;
const BOUNDS: usize = 6;
const BATCH: usize = 7;
const AT: usize = 8;
const END: usize = 9;
const LAST: usize = 10;
const LINE: usize = 11;
const COUNT: usize = 12;
const OPEN_QUOTE_LINE: usize = 13;
const RAGGED_COUNT: usize = 14;
const RAGGED: usize = 15;
const DESCRIPTORS: usize = 16;
const SLOW_LIST: usize = 17;
const SLOW_COUNT: usize = 18;
const SCRATCH: usize = 19;
const HEAP: usize = 20;
const SCRATCH_BYTES: usize = 21;
const SUMMARIES: usize = 22;

/** Ragged rows that are described: line, fields, problem. */
const RAGGED_EXAMPLES: u32 = 20;
/** A start with this bit has escaped quotes in its field. */
const ESCAPED: u32 = 0x80000000;

// @ts-ignore: decorator
@inline
function word(state: usize, index: usize): u32 {
  return load<u32>(state + (index << 2));
}

// @ts-ignore: decorator
@inline
function setWord(state: usize, index: usize, value: u32): void {
  store<u32>(state + (index << 2), value);
}

/** Bits of the bytes from `at` on that are one of three. */
// @ts-ignore: decorator
@inline
function marks(at: usize, delimiter: v128, newline: v128, quote: v128): u32 {
  const bytes = v128.load(at);
  return i8x16.bitmask(
    v128.or(v128.or(i8x16.eq(bytes, delimiter), i8x16.eq(bytes, newline)), i8x16.eq(bytes, quote)),
  );
}

/** Splits and converts the next rows. Returns 1 when the block is full and more may follow. */
export function parseDelimited(state: usize): u32 {
  const columns = word(state, COLUMNS);
  const capacity = word(state, CAPACITY);
  const batch = word(state, BATCH);
  setWord(state, SLOW_COUNT, 0);
  let done: u32 = 0;
  let full: u32 = 1;
  while (full != 0 && done < capacity && word(state, SLOW_COUNT) <= batch * columns) {
    const limit = min(batch, capacity - done);
    const count = splitRows(state, limit);
    full = <u32>(count == limit);
    if (count == 0) break;
    for (let column: u32 = 0; column < columns; column++) convertColumn(state, column, columns, done, count);
    done += count;
  }
  setWord(state, COUNT, done);
  return full;
}

/** Bounds of the fields of the next rows, at most `capacity`; returns how many there are. */
function splitRows(state: usize, capacity: u32): u32 {
  const delimiterByte = <u8>word(state, DELIMITER);
  const quoteByte = <u8>word(state, QUOTE);
  const escapeByte = <u8>word(state, ESCAPE);
  const newlineByte = <u8>word(state, NEWLINE);
  // Without quotes the newline stands in, which marks nothing more.
  const quoting = quoteByte != 0;
  const delimiter = i8x16.splat(<i8>delimiterByte);
  const newline = i8x16.splat(<i8>newlineByte);
  const quote = quoting ? i8x16.splat(<i8>quoteByte) : newline;
  const columns = word(state, COLUMNS);
  const bounds = <usize>word(state, BOUNDS);
  const end = <usize>word(state, END);
  const last = word(state, LAST);
  let at = <usize>word(state, AT);
  let line = word(state, LINE);
  let count: u32 = 0;
  setWord(state, OPEN_QUOTE_LINE, 0);
  // Marked bytes in the sixteen from `base` on that were not passed yet.
  let base = at;
  let mask = at < end ? marks(base, delimiter, newline, quote) : 0;
  // Rows to split singly before plain ones are looked for again.
  let pause: u32 = 0;
  let patience: u32 = 1;
  while (count < capacity && at < end) {
    if (pause > 0) pause--;
    else {
      const place = bounds + (<usize>(count * columns) << 3);
      splitPlainRows(at, end, place, columns, capacity - count, delimiterByte, newlineByte, quoteByte);
      const plain = plainCount();
      patience = plain > 0 ? 1 : min(patience << 1, 256);
      pause = patience;
      if (plain > 0) {
        count += plain;
        line += plain;
        at = plainAt();
        base = at;
        mask = at < end ? marks(base, delimiter, newline, quote) : 0;
        continue;
      }
    }
    const rowStart = at;
    const rowLine = line;
    const row = bounds + (<usize>(count * columns) << 3);
    let field: u32 = 0;
    let start = at;
    let complete: u32 = 0;
    let stray: u32 = 0;
    for (;;) {
      let fieldStart = <u32>start;
      let stop: usize;
      let stopByte: u8 = 0;
      let closed: usize = 0;
      if (quoting && start < end && load<u8>(start) == quoteByte) {
        // Quoted: find the quote that closes.
        let escaped: u32 = 0;
        let look = start + 1;
        for (;;) {
          while (look < end) {
            const byte = load<u8>(look);
            if (byte == quoteByte || (byte == escapeByte && escapeByte != quoteByte)) break;
            if (byte == newlineByte) line++;
            look++;
          }
          if (look >= end) break;
          if (look + 1 < end) {
            if (escapeByte != quoteByte && load<u8>(look) == escapeByte) {
              escaped = ESCAPED;
              look += 2;
              continue;
            }
            if (escapeByte == quoteByte && load<u8>(look + 1) == quoteByte) {
              escaped = ESCAPED;
              look += 2;
              continue;
            }
          } else if (escapeByte != quoteByte && load<u8>(look) == escapeByte) {
            look++;
            continue;
          }
          break;
        }
        if (look >= end) {
          setWord(state, OPEN_QUOTE_LINE, rowLine);
          break;
        }
        closed = look;
        fieldStart = (<u32>start + 1) | escaped;
        start = look + 1;
        base = start;
        mask = marks(base, delimiter, newline, quote);
      }
      // The next delimiter or newline.
      stop = end;
      for (;;) {
        while (mask == 0) {
          base += 16;
          if (base >= end) break;
          mask = marks(base, delimiter, newline, quote);
        }
        if (base >= end) break;
        const place = base + <usize>ctz(mask);
        mask &= mask - 1;
        if (place >= end) break;
        stopByte = load<u8>(place);
        if (stopByte == delimiterByte || stopByte == newlineByte) {
          stop = place;
          break;
        }
      }
      let fieldEnd = stop;
      if (closed != 0) {
        for (let look = start; look < stop; look++) if (load<u8>(look) > 32) stray = 1;
        fieldEnd = closed;
      } else if (newlineByte == 10 && stop > start && load<u8>(stop - 1) == 13 && (stop == end || stopByte == 10)) {
        fieldEnd--;
      }
      if (field < columns) {
        store<u32>(row + (<usize>field << 3), fieldStart);
        store<u32>(row + (<usize>field << 3), <u32>fieldEnd, 4);
      }
      field++;
      at = stop;
      if (stop >= end) {
        complete = last;
        break;
      }
      at = stop + 1;
      if (stopByte == newlineByte) {
        line++;
        complete = 1;
        break;
      }
      start = at;
      // A delimiter as the very last byte: one more, empty, field if the file ends here.
      if (at == end && !last) break;
    }
    if (!complete) {
      at = rowStart;
      line = rowLine;
      break;
    }
    if (field == columns && !stray) {
      count++;
      continue;
    }
    const first = load<u32>(row);
    const blank = field == 1 && load<u32>(row, 4) <= (first & ~ESCAPED) && load<u8>(rowStart) != quoteByte;
    if (blank) continue;
    if (field == columns + 1 && !stray) {
      let look = at - 1;
      while (look > rowStart && (load<u8>(look) == 10 || load<u8>(look) == 13)) look--;
      if (load<u8>(look) == delimiterByte) {
        count++;
        continue;
      }
    }
    const ragged = word(state, RAGGED_COUNT);
    if (ragged < RAGGED_EXAMPLES) {
      const example = <usize>word(state, RAGGED) + <usize>ragged * 12;
      store<u32>(example, rowLine);
      store<u32>(example, field, 4);
      store<u32>(example, stray, 8);
    }
    setWord(state, RAGGED_COUNT, ragged + 1);
  }
  setWord(state, AT, <u32>at);
  setWord(state, LINE, line);
  return count;
}

/** Words of a column's descriptor, as in `delimited.ts`; from DICTIONARY on as in `interning.as.ts`. */
const PLAN: usize = 0;
const ODD: usize = 1;
const ZONED: usize = 2;
const UNZONED: usize = 3;
const OUT: usize = 4;
const DICTIONARY: usize = 5;
const DECIMALS: usize = 14;

/** Summaries of the number columns of the block. */
export function summariseBlock(state: usize): void {
  const count = word(state, COUNT);
  if (count == 0) return;
  const columns = word(state, COLUMNS);
  for (let column: u32 = 0; column < columns; column++) {
    const descriptor = <usize>word(state, DESCRIPTORS) + (<usize>column << 6);
    if (word(descriptor, PLAN) != 1 || word(descriptor, ODD) != 0) continue;
    const summary = <usize>word(state, SUMMARIES) + <usize>column * SUMMARY_BYTES;
    summariseNumbers(<usize>word(descriptor, OUT), count, summary);
  }
}

/** Converts one column of a batch; its first row is row `done` of the block. */
function convertColumn(state: usize, column: u32, columns: u32, done: u32, count: u32): void {
  const descriptor = <usize>word(state, DESCRIPTORS) + (<usize>column << 6);
  const plan = word(descriptor, PLAN);
  if (plan == 0 || word(descriptor, ODD) != 0) return;
  const bounds = <usize>word(state, BOUNDS) + (<usize>column << 3);
  const stride = <usize>columns << 3;
  const out = <usize>word(descriptor, OUT);
  if (plan == 1) convertNumbers(state, descriptor, column, bounds, stride, done, count, out);
  else if (plan == 2) convertDatetimes(descriptor, bounds, stride, count, out + (<usize>done << 3));
  else convertStrings(state, descriptor, bounds, stride, count, out + (<usize>done << 2));
}

function convertNumbers(
  state: usize,
  descriptor: usize,
  column: u32,
  bounds: usize,
  stride: usize,
  done: u32,
  count: u32,
  blockOut: usize,
): void {
  let slow = word(state, SLOW_COUNT);
  let most = word(descriptor, DECIMALS);
  const list = <usize>word(state, SLOW_LIST);
  const out = blockOut + (<usize>done << 3);
  for (let row: u32 = 0; row < count; row++) {
    row = convertCommon(bounds, stride, row, count, out);
    most = max(most, mostDecimals());
    if (row == count) break;
    const at = bounds + <usize>row * stride;
    const start = load<u32>(at) & ~ESCAPED;
    const end = load<u32>(at, 4);
    const value = numberFromBytes(<usize>start, <usize>end);
    if (value == Infinity) {
      setWord(descriptor, ODD, 1);
      return;
    }
    if (value == value) most = max(most, decimalsSeen());
    // Too long for sixty-four bits: left to the caller.
    if (value == SLOW) {
      const entry = list + (<usize>slow << 4);
      store<u32>(entry, column);
      store<u32>(entry, done + row, 4);
      store<u32>(entry, start, 8);
      store<u32>(entry, end, 12);
      slow++;
    }
    store<f64>(out + (<usize>row << 3), value);
  }
  setWord(state, SLOW_COUNT, slow);
  setWord(descriptor, DECIMALS, most);
}

function convertDatetimes(descriptor: usize, bounds: usize, stride: usize, count: u32, out: usize): void {
  let zoned = word(descriptor, ZONED);
  let unzoned = word(descriptor, UNZONED);
  for (let row: u32 = 0; row < count; row++) {
    const at = bounds + <usize>row * stride;
    const value = datetimeFromBytes(<usize>(load<u32>(at) & ~ESCAPED), <usize>load<u32>(at, 4));
    if (value == Infinity) {
      setWord(descriptor, ODD, 1);
      return;
    }
    if (value == value) {
      if (zoneSeen()) zoned++;
      else unzoned++;
    }
    store<f64>(out + (<usize>row << 3), value);
  }
  setWord(descriptor, ZONED, zoned);
  setWord(descriptor, UNZONED, unzoned);
  if (zoned > 0 && unzoned > 0) setWord(descriptor, ODD, 1);
}

function convertStrings(
  state: usize,
  descriptor: usize,
  bounds: usize,
  stride: usize,
  count: u32,
  out: usize,
): void {
  const dictionary = descriptor + (DICTIONARY << 2);
  const heap = state + (HEAP << 2);
  const escapeByte = <u8>word(state, ESCAPE);
  // Hashes first, in the place of the codes: the slots of several rows are then looked up at a time.
  for (let row: u32 = 0; row < count; row++) {
    const at = bounds + <usize>row * stride;
    store<u32>(out + (<usize>row << 2), hashOf(<usize>(load<u32>(at) & ~ESCAPED), <usize>load<u32>(at, 4)));
  }
  for (let row: u32 = 0; row < count; row++) {
    const at = bounds + <usize>row * stride;
    const marked = load<u32>(at);
    let start = <usize>(marked & ~ESCAPED);
    let end = <usize>load<u32>(at, 4);
    let hash = load<u32>(out + (<usize>row << 2));
    let code: i32 = -1;
    if (start < end) {
      if ((marked & ESCAPED) != 0) {
        const to = reserveScratch(state, end - start);
        end = to + unescape(start, end, to, escapeByte);
        start = to;
        hash = hashOf(start, end);
      }
      code = intern(dictionary, heap, start, end, hash);
    }
    store<i32>(out + (<usize>row << 2), code);
  }
}

/** Room for a field without its escapes. */
function reserveScratch(state: usize, bytes: usize): usize {
  if (bytes > <usize>word(state, SCRATCH_BYTES)) {
    const at = <usize>word(state, HEAP);
    const size = (bytes * 2 + 63) & ~63;
    setWord(state, HEAP, <u32>(at + size));
    const pages = <i32>((at + size + 65535) >>> 16);
    if (pages > memory.size()) memory.grow(pages - memory.size());
    setWord(state, SCRATCH, <u32>at);
    setWord(state, SCRATCH_BYTES, <u32>(size - 16));
  }
  return <usize>word(state, SCRATCH);
}

function unescape(start: usize, end: usize, to: usize, escapeByte: u8): usize {
  let length: usize = 0;
  for (let at = start; at < end; at++) {
    if (load<u8>(at) == escapeByte && at + 1 < end) at++;
    store<u8>(to + length, load<u8>(at));
    length++;
  }
  return length;
}
