// Bounds of the fields of plain rows: no quote in them, and exactly as many fields as the table has columns.
//
// Sixty-four bytes become one mask of delimiters and newlines, and its bits become bounds, eight at a time without a
// branch between them (Langdale & Lemire 2019, "Parsing gigabytes of JSON per second", section 3.2). At the first
// row that is not plain it stops, and the caller goes on field by field.

/** Bytes of bounds that may be written behind the last row. */
export const SLACK: usize = 1024;

let foundCount: u32 = 0;
let foundAt: usize = 0;

/** Rows of the last call. */
export function plainCount(): u32 {
  return foundCount;
}

/** Where the first byte behind them stands. */
export function plainAt(): usize {
  return foundAt;
}

/** The end of a field at a mark, and behind it the start of the next. */
// @ts-ignore: decorator
@inline
function put(field: usize, mark: usize): void {
  store<u64>(field, <u64>mark | ((<u64>mark + 1) << 32), 4);
}

/** Bounds of the fields that end at the bits of a mask; those behind the last bit are overwritten later. */
// @ts-ignore: decorator
@inline
function putAll(field: usize, base: usize, mask: u64, bits: u32): void {
  let rest = mask;
  let to = field;
  let left = <i32>bits;
  do {
    put(to, base + <usize>ctz(rest));
    rest &= rest - 1;
    put(to + 8, base + <usize>ctz(rest));
    rest &= rest - 1;
    put(to + 16, base + <usize>ctz(rest));
    rest &= rest - 1;
    put(to + 24, base + <usize>ctz(rest));
    rest &= rest - 1;
    put(to + 32, base + <usize>ctz(rest));
    rest &= rest - 1;
    put(to + 40, base + <usize>ctz(rest));
    rest &= rest - 1;
    put(to + 48, base + <usize>ctz(rest));
    rest &= rest - 1;
    put(to + 56, base + <usize>ctz(rest));
    rest &= rest - 1;
    to += 64;
    left -= 8;
  } while (left > 0);
}

// @ts-ignore: decorator
@inline
function masked(a: v128, b: v128, c: v128, d: v128): u64 {
  return (
    <u64>(<u32>i8x16.bitmask(a) | (<u32>i8x16.bitmask(b) << 16)) |
    (<u64>(<u32>i8x16.bitmask(c) | (<u32>i8x16.bitmask(d) << 16)) << 32)
  );
}

/** Splits rows from `at` on to `bounds`, at most `capacity` of them, and only those that end 64 bytes before `end`. */
export function splitPlainRows(
  at: usize,
  end: usize,
  bounds: usize,
  columns: u32,
  capacity: u32,
  delimiterByte: u8,
  newlineByte: u8,
  quoteByte: u8,
): void {
  const delimiter = i8x16.splat(<i8>delimiterByte);
  const newline = i8x16.splat(<i8>newlineByte);
  const quote = i8x16.splat(<i8>quoteByte);
  const quoting = quoteByte != 0;
  const returns = newlineByte == 10;
  const width = <usize>columns << 3;
  let count: u32 = 0;
  let rowStart = at;
  let field = bounds;
  // Where the field that the newline ends has its bounds.
  let last = bounds + width - 8;
  store<u32>(field, <u32>at);
  for (let base = at; base + 64 <= end; base += 64) {
    const a = v128.load(base);
    const b = v128.load(base, 16);
    const c = v128.load(base, 32);
    const d = v128.load(base, 48);
    const newlineA = i8x16.eq(a, newline);
    const newlineB = i8x16.eq(b, newline);
    const newlineC = i8x16.eq(c, newline);
    const newlineD = i8x16.eq(d, newline);
    if (quoting) {
      const quotes = v128.or(
        v128.or(i8x16.eq(a, quote), i8x16.eq(b, quote)),
        v128.or(i8x16.eq(c, quote), i8x16.eq(d, quote)),
      );
      if (v128.any_true(quotes)) break;
    }
    let delimiters = masked(
      i8x16.eq(a, delimiter),
      i8x16.eq(b, delimiter),
      i8x16.eq(c, delimiter),
      i8x16.eq(d, delimiter),
    );
    if (v128.any_true(v128.or(v128.or(newlineA, newlineB), v128.or(newlineC, newlineD)))) {
      let newlines = masked(newlineA, newlineB, newlineC, newlineD);
      let plain = true;
      while (newlines != 0) {
        const before = delimiters & (newlines - 1) & ~newlines;
        const bits = <u32>popcnt(before);
        if (bits > 0) putAll(field, base, before, bits);
        field += <usize>bits << 3;
        if (field != last) {
          plain = false;
          break;
        }
        const place = base + <usize>ctz(newlines);
        put(field, place);
        if (returns && place > rowStart && load<u8>(place - 1) == 13) store<u32>(field, <u32>place - 1, 4);
        rowStart = place + 1;
        field += 8;
        last += width;
        count++;
        delimiters &= ~before;
        newlines &= newlines - 1;
        if (count == capacity) {
          plain = false;
          break;
        }
      }
      if (!plain) break;
    }
    const bits = <u32>popcnt(delimiters);
    putAll(field, base, delimiters, bits);
    field += <usize>bits << 3;
    if (field > last) break;
  }
  foundCount = count;
  foundAt = rowStart;
}
