/**
 * Plain decimal numbers straight from bytes, without making strings.
 *
 * Up to 15 digits and a power of ten up to 22 are exact in one float64 multiplication or division (Clinger
 * 1990, "How to read floating point numbers accurately"); longer ones go through `Number`, which rounds
 * correctly. Everything that is not plain is left to the column's own parser.
 */
const powers = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Returned for a field that is not a plain number: a word, a grouped number, digits with leading zeros. */
export const notPlain = Number.POSITIVE_INFINITY;

/**
 * Reads bytes [start, end) as a number.
 *
 * @returns The number; NaN for an empty or blank field; `notPlain` for anything else, "007" included: leading
 *   zeros mean a code.
 */
export function numberFromBytes(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let stop = end;
  while (at < stop && bytes[at]! <= 32) at++;
  while (stop > at && bytes[stop - 1]! <= 32) stop--;
  if (at === stop) return Number.NaN;
  const first = at;
  let negative = false;
  if (bytes[at] === 45) {
    negative = true;
    at++;
  } else if (bytes[at] === 43) at++;
  const digitsStart = at;
  let mantissa = 0;
  let digits = 0;
  while (at < stop) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) break;
    mantissa = mantissa * 10 + digit;
    at++;
  }
  digits = at - digitsStart;
  if (digits > 1 && bytes[digitsStart] === 48) return notPlain;
  let exponent = 0;
  if (at < stop && bytes[at] === 46) {
    at++;
    const fraction = at;
    while (at < stop) {
      const digit = bytes[at]! - 48;
      if (digit < 0 || digit > 9) break;
      mantissa = mantissa * 10 + digit;
      at++;
    }
    exponent = fraction - at;
    digits += at - fraction;
  }
  if (digits === 0) return notPlain;
  if (at < stop) {
    const byte = bytes[at]!;
    if (byte !== 101 && byte !== 69) return notPlain;
    at++;
    let minus = false;
    if (bytes[at] === 45) {
      minus = true;
      at++;
    } else if (bytes[at] === 43) at++;
    if (at >= stop) return notPlain;
    let written = 0;
    for (; at < stop; at++) {
      const digit = bytes[at]! - 48;
      if (digit < 0 || digit > 9) return notPlain;
      if (written < 10_000) written = written * 10 + digit;
    }
    exponent += minus ? -written : written;
  }
  if (mantissa <= 9007199254740991 && exponent >= -22 && exponent <= 22) {
    const value = exponent < 0 ? mantissa / powers[-exponent]! : mantissa * powers[exponent]!;
    return negative ? -value : value;
  }
  return longNumber(bytes, first, stop);
}

function longNumber(bytes: Uint8Array, start: number, stop: number): number {
  let text = "";
  for (let i = start; i < stop; i++) text += String.fromCharCode(bytes[i]!);
  const value = Number(text);
  // Beyond float64: the column's own parser says what that means.
  return Number.isFinite(value) ? value : notPlain;
}
