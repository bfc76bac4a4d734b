// Plain decimal numbers from bytes, correctly rounded.
//
// Up to 2^53 and 22 powers of ten one multiplication or division is exact (Clinger 1990). Longer ones up to 19
// digits are rounded from a 128-bit product (Lemire 2021, "Number parsing at a gigabyte per second"); what that
// cannot decide is left to the caller. The common spellings, up to 20 characters of digits with at most one point,
// are read sixteen bytes at once; `numberFromBytes` reads any other, and says the same more slowly.

/** Approximations of powers of five, 16 bytes each, for the exponents −60 … 60; filled by `delimited.ts`. */
const POWERS: usize = 40960;
const LOWEST: i32 = -60;
const HIGHEST: i32 = 60;

/** Returned where only exact arithmetic decides; no text means this number exactly. */
export const SLOW: f64 = -1.7976931348623157e308;

const tens: StaticArray<f64> = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
];

/** High bit of each byte of eight that is no digit; `bytes` are characters with "0" taken away bit by bit. */
// @ts-ignore: decorator
@inline
function noDigits(bytes: u64): u64 {
  return ((bytes + 0x7676767676767676) | bytes) & 0x8080808080808080;
}

/** Value of eight digits, the first in the lowest byte, by three multiplications instead of eight. */
// @ts-ignore: decorator
@inline
function eightDigits(bytes: u64): u64 {
  const pairs = (bytes * 10 + (bytes >> 8)) & 0x00ff00ff00ff00ff;
  const fours = (pairs * 100 + (pairs >> 16)) & 0x0000ffff0000ffff;
  return (fours * 10000 + (fours >> 32)) & 0xffffffff;
}

/** Digits read from `at` on, onto the mantissa before them; their number is left in `digitCount`. */
let digitCount: usize = 0;

// @ts-ignore: decorator
@inline
function readDigits(from: usize, stop: usize, before: u64): u64 {
  let at = from;
  let mantissa = before;
  while (at < stop) {
    // Bytes behind the field are readable, and do not count.
    const bytes = load<u64>(at) ^ 0x3030303030303030;
    const other = noDigits(bytes);
    let count: usize = other == 0 ? 8 : <usize>ctz(other) >> 3;
    if (count > stop - at) count = stop - at;
    if (count == 0) break;
    at += count;
    if (count < 8) {
      mantissa = mantissa * unchecked(wholeTens[<i32>count]) + eightDigits(bytes << (<u64>(8 - count) << 3));
      break;
    }
    mantissa = mantissa * 100000000 + eightDigits(bytes);
  }
  digitCount = at - from;
  return mantissa;
}

const wholeTens: StaticArray<u64> = [1, 10, 100, 1000, 10000, 100000, 1000000, 10000000];

let decimals: u32 = 0;

/** Digits behind the point of the last number; 99 where it is written with an exponent. */
export function decimalsSeen(): u32 {
  return decimals;
}

/** The number; NaN for a blank field; Infinity for what is no plain number; SLOW. */
export function numberFromBytes(start: usize, end: usize): f64 {
  let at = start;
  let stop = end;
  while (at < stop && load<u8>(at) <= 32) at++;
  while (stop > at && load<u8>(stop - 1) <= 32) stop--;
  if (at == stop) return NaN;
  // Signs come as they like, so nothing branches on them.
  const sign = load<u8>(at);
  const negative = sign == 45;
  at += <usize>(<u32>negative | <u32>(sign == 43));
  const first = at;
  let mantissa = readDigits(at, stop, 0);
  at += digitCount;
  let digits = <i32>digitCount;
  // Leading zeros mean a code.
  if (digits > 1 && load<u8>(first) == 48) return Infinity;
  let exponent: i32 = 0;
  decimals = 0;
  if (at < stop && load<u8>(at) == 46) {
    at++;
    mantissa = readDigits(at, stop, mantissa);
    at += digitCount;
    exponent = -<i32>digitCount;
    decimals = <u32>digitCount;
    digits -= exponent;
  }
  if (digits == 0) return Infinity;
  if (at < stop) {
    if ((load<u8>(at) | 32) != 101) return Infinity;
    decimals = 99;
    at++;
    let minus = false;
    if (at < stop) {
      if (load<u8>(at) == 45) {
        minus = true;
        at++;
      } else if (load<u8>(at) == 43) at++;
    }
    if (at >= stop) return Infinity;
    let written: i32 = 0;
    for (; at < stop; at++) {
      const digit = <u32>load<u8>(at) - 48;
      if (digit > 9) return Infinity;
      if (written < 10000) written = written * 10 + <i32>digit;
    }
    exponent += minus ? -written : written;
  }
  if (digits > 19) return SLOW;
  if (mantissa <= 9007199254740992 && exponent >= -22 && exponent <= 22) {
    const exact = <f64>mantissa;
    const value = exponent < 0 ? exact / unchecked(tens[-exponent]) : exact * unchecked(tens[exponent]);
    return reinterpret<f64>(reinterpret<u64>(value) | (<u64>negative << 63));
  }
  const value = roundLong(mantissa, exponent);
  return negative && value != SLOW ? -value : value;
}

/** High and low half of a 128-bit product. */
let productHigh: u64 = 0;
let productLow: u64 = 0;

// @ts-ignore: decorator
@inline
function multiply(a: u64, b: u64): void {
  const a0 = a & 0xffffffff;
  const a1 = a >> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >> 32;
  const low = a0 * b0;
  const middle = a1 * b0 + (low >> 32);
  const other = a0 * b1 + (middle & 0xffffffff);
  productHigh = a1 * b1 + (middle >> 32) + (other >> 32);
  productLow = (other << 32) | (low & 0xffffffff);
}

function roundLong(mantissa: u64, exponent: i32): f64 {
  if (mantissa == 0) return 0;
  if (exponent < LOWEST || exponent > HIGHEST) return SLOW;
  const zeros = <i32>clz(mantissa);
  const power = POWERS + (<usize>(exponent - LOWEST) << 4);
  const shifted = mantissa << zeros;
  multiply(shifted, load<u64>(power));
  let high = productHigh;
  let low = productLow;
  if ((high & 0x1ff) == 0x1ff) {
    multiply(shifted, load<u64>(power, 8));
    low += productHigh;
    if (productHigh > low) high++;
  }
  const upper = <i32>(high >> 63);
  const shift = upper + 9;
  let bits = high >> shift;
  let exponent2 = ((217706 * exponent) >> 16) + 63 + upper - zeros + 1023;
  if (exponent2 <= 0) return SLOW;
  if (low <= 1 && exponent >= -4 && exponent <= 23 && (bits & 3) == 1 && bits << shift == high) bits &= ~1;
  bits += bits & 1;
  bits >>= 1;
  if (bits >= <u64>1 << 53) {
    bits = <u64>1 << 52;
    exponent2++;
  }
  if (exponent2 >= 0x7ff) return SLOW;
  return reinterpret<f64>((bits & ~(<u64>1 << 52)) | (<u64>exponent2 << 52));
}

/** Fifteen minus the lane of the point divides: powers of ten by lane, and 1 for a number without a point. */
const pointTens: StaticArray<f64> = [1e15, 1e14, 1e13, 1e12, 1e11, 1e10, 1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1, 1];

/** Lanes for closing the gap of a point in lane k, 16 bytes each; the last for a number without one. */
const closings: usize = memory.data(272, 16);
/** Sixteen zeros and sixteen 0xff: sixteen bytes from n on keep the last n lanes. */
const windows: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255,
], 16);

/** Vectors that loops use: loaded before them they stay in registers, where V8 would build a constant anew each time. */
const vectors: usize = memory.data(128, 16);

/** Fills the tables of lanes and vectors; every thread writes the same. */
export function prepareNumbers(): void {
  for (let point: u32 = 0; point <= 16; point++) {
    for (let lane: u32 = 0; lane < 16; lane++) {
      const from = point < 16 && lane <= point ? lane - 1 : lane;
      store<u8>(closings + (<usize>point << 4) + <usize>lane, <u8>from);
    }
  }
  v128.store(vectors, i8x16.splat(48));
  v128.store(vectors, i8x16.splat(9), 16);
  v128.store(vectors, i8x16.splat(-2), 32);
  v128.store(vectors, i16x8.splat(10), 48);
  v128.store(vectors, i16x8.splat(255), 64);
  v128.store(vectors, i16x8(100, 1, 100, 1, 100, 1, 100, 1), 80);
  v128.store(vectors, i16x8(10000, 1, 10000, 1, 10000, 1, 10000, 1), 96);
}

/** Most digits behind the point in the fields of the last call. */
let most: i32 = 0;

export function mostDecimals(): u32 {
  return <u32>most;
}

/** Value of sixteen digits, the first in the lowest lane. */
// @ts-ignore: decorator
@inline
function sixteenDigits(digits: v128, ten: v128, low: v128, hundreds: v128, tenThousands: v128): u64 {
  // Each step joins neighbours: ones to hundreds, to ten thousands, to hundred millions.
  const pairs = v128.and(i16x8.add(i16x8.mul(digits, ten), i16x8.shr_u(digits, 8)), low);
  const fours = i32x4.dot_i16x8_s(pairs, hundreds);
  const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(fours, fours), tenThousands);
  const both = <u64>i64x2.extract_lane(eights, 0);
  return (both & 0xffffffff) * 100000000 + (both >> 32);
}

/**
 * Converts the fields of one column, whose bounds lie `stride` apart, from a row on, while they are spelt in the
 * common way. Returns the first row that is not, or `count`.
 */
export function convertCommon(bounds: usize, stride: usize, from: u32, count: u32, out: usize): u32 {
  // The leftmost lane of a point in short fields tells their most digits behind it.
  let leftmost: u32 = 15;
  let longest: i32 = 0;
  let row = from;
  const zero = v128.load(vectors);
  const nine = v128.load(vectors, 16);
  const pointDigit = v128.load(vectors, 32);
  const ten = v128.load(vectors, 48);
  const low = v128.load(vectors, 64);
  const hundreds = v128.load(vectors, 80);
  const tenThousands = v128.load(vectors, 96);
  for (; row < count; row++) {
    const at = bounds + <usize>row * stride;
    const start = <usize>(load<u32>(at) & 0x7fffffff);
    const end = <usize>load<u32>(at, 4);
    const sign = load<u8>(start);
    const negative = <u64>(sign == 45) << 63;
    const first = start + <usize>(<u32>(sign == 45) | <u32>(sign == 43));
    const length = <u32>(end - first);
    let value: f64 = 0;
    if (length - 1 < 16) {
      const digits = i8x16.sub(v128.load(end - 16), zero);
      const inside = (0xffff << (16 - length)) & 0xffff;
      const others = ~i8x16.bitmask(i8x16.le_u(digits, nine)) & inside;
      const points = i8x16.bitmask(i8x16.eq(digits, pointDigit)) & inside;
      const lane = <u32>ctz(others | 0x10000);
      // Another character, two points, nothing but a point, or a leading zero, which means a code.
      const uncommon =
        (others ^ points) |
        (others & (others - 1)) |
        (<i32>(length == 1) & (others >> 15)) |
        (<i32>(load<u8>(first) == 48) & <i32>(lane + length > 17));
      if (uncommon != 0) break;
      const kept = v128.and(digits, v128.load(windows + <usize>length));
      const mantissa = sixteenDigits(i8x16.swizzle(kept, v128.load(closings + (<usize>lane << 4))), ten, low, hundreds, tenThousands);
      if (mantissa > 9007199254740992) break;
      leftmost = min(leftmost, lane);
      value = <f64>(<i64>mantissa) / unchecked(pointTens[lane]);
    } else if (length - 17 < 4) {
      const digits = i8x16.sub(v128.load(first), zero);
      const others = ~i8x16.bitmask(i8x16.le_u(digits, nine)) & 0xffff;
      const points = i8x16.bitmask(i8x16.eq(digits, pointDigit));
      const lane = <u32>ctz(others | 0x10000);
      // The one to four characters behind the sixteen must be digits.
      const behind = length - 16;
      const rest = (load<u32>(end - 4) ^ 0x30303030) & (0xffffffff << ((4 - behind) << 3));
      const uncommon =
        (others ^ points) |
        (others & (others - 1)) |
        <i32>(((rest + 0x76767676) | rest) & 0x80808080) |
        (<i32>(load<u8>(first) == 48) & <i32>(lane > 1)) |
        (<i32>(lane == 16) & <i32>(length == 20));
      if (uncommon != 0) break;
      const pairs = (rest * 10 + (rest >> 8)) & 0x00ff00ff;
      const four = (pairs * 100 + (pairs >> 16)) & 0xffff;
      const before = sixteenDigits(i8x16.swizzle(digits, v128.load(closings + (<usize>lane << 4))), ten, low, hundreds, tenThousands);
      const mantissa = before * unchecked(wholeTens[behind]) + <u64>four;
      const written = lane == 16 ? 0 : <i32>(15 - lane + behind);
      longest = max(longest, written);
      if (mantissa <= 9007199254740992) value = <f64>(<i64>mantissa) / unchecked(tens[written]);
      else {
        value = roundLong(mantissa, -written);
        if (value == SLOW) break;
      }
    } else if (start == end) {
      store<f64>(out + (<usize>row << 3), NaN);
      continue;
    } else break;
    store<u64>(out + (<usize>row << 3), reinterpret<u64>(value) | negative);
  }
  most = max(longest, <i32>(15 - leftmost));
  return row;
}
