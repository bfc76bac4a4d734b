// Plain decimal numbers from bytes, correctly rounded.
//
// Up to 2^53 and 22 powers of ten one multiplication or division is exact (Clinger 1990). Longer ones up to 19
// digits are rounded from a 128-bit product (Lemire 2021, "Number parsing at a gigabyte per second"); what that
// cannot decide is left to the caller.

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
