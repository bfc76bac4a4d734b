/**
 * ISO 8601 datetimes straight from bytes: "2019-03-23", "2019-03-23 20:21", "2019-03-23T20:21:09.123+02:00".
 * Every other way to write a date goes through the column's own parser.
 */
import { daysFromCivil, daysInMonth } from "../../schema/index.ts";

/** What the last call of `datetimeFromBytes` met: whether the field carried a zone. */
export interface ZoneSeen {
  zoned: boolean;
}

/** Two digits at `at`, or −1. */
function pair(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 48;
  const ones = bytes[at + 1]! - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/**
 * Reads bytes [start, end) as an ISO datetime.
 *
 * @returns Epoch milliseconds (wall-clock read as UTC); NaN for an empty or blank field; Infinity when it is
 *   no such datetime.
 */
export function datetimeFromBytes(bytes: Uint8Array, start: number, end: number, seen: ZoneSeen): number {
  let at = start;
  let stop = end;
  while (at < stop && bytes[at]! <= 32) at++;
  while (stop > at && bytes[stop - 1]! <= 32) stop--;
  if (at === stop) return Number.NaN;
  const bad = Number.POSITIVE_INFINITY;
  const length = stop - at;
  if (length < 10 || bytes[at + 4] !== 45 || bytes[at + 7] !== 45) return bad;
  const century = pair(bytes, at);
  const years = pair(bytes, at + 2);
  const month = pair(bytes, at + 5);
  const day = pair(bytes, at + 8);
  if (century < 0 || years < 0 || month < 1 || month > 12 || day < 1) return bad;
  const year = century * 100 + years;
  if (day > daysInMonth(year, month)) return bad;
  let time = daysFromCivil(year, month, day) * 86_400_000;
  seen.zoned = false;
  if (length === 10) return time;
  if (length < 16 || (bytes[at + 10] !== 32 && bytes[at + 10] !== 84) || bytes[at + 13] !== 58) return bad;
  const hour = pair(bytes, at + 11);
  const minute = pair(bytes, at + 14);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return bad;
  time += (hour * 60 + minute) * 60_000;
  at += 16;
  if (at < stop && bytes[at] === 58) {
    const second = at + 3 <= stop ? pair(bytes, at + 1) : -1;
    if (second < 0 || second > 59) return bad;
    time += second * 1000;
    at += 3;
    if (at < stop && bytes[at] === 46) {
      at++;
      let scale = 100;
      const first = at;
      for (; at < stop; at++) {
        const digit = bytes[at]! - 48;
        if (digit < 0 || digit > 9) break;
        if (scale >= 1) time += digit * scale;
        scale /= 10;
      }
      if (at === first || at - first > 9) return bad;
    }
  }
  if (at === stop) return time;
  seen.zoned = true;
  if (bytes[at] === 90) return at + 1 === stop ? time : bad;
  const sign = bytes[at] === 43 ? 1 : bytes[at] === 45 ? -1 : 0;
  if (sign === 0 || at + 3 > stop) return bad;
  const hours = pair(bytes, at + 1);
  at += 3;
  if (at < stop && bytes[at] === 58) at++;
  const minutes = at === stop ? 0 : at + 2 === stop ? pair(bytes, at) : -1;
  if (hours < 0 || minutes < 0) return bad;
  return time - sign * (hours * 60 + minutes) * 60_000;
}
