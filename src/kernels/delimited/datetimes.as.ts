// ISO 8601 datetimes from bytes: "2019-03-23", "2019-03-23 20:21", "2019-03-23T20:21:09.123+02:00".

let zoned: bool = false;

/** Whether the last datetime carried a zone. */
export function zoneSeen(): bool {
  return zoned;
}

/** Two digits, or −1. */
// @ts-ignore: decorator
@inline
function pair(at: usize): i32 {
  const tens = <u32>load<u8>(at) - 48;
  const ones = <u32>load<u8>(at, 1) - 48;
  return tens <= 9 && ones <= 9 ? <i32>(tens * 10 + ones) : -1;
}

function daysInMonth(year: i32, month: i32): i32 {
  if (month == 2) return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** Days since 1970-01-01, for years from 0 on (Hinnant, "chrono-compatible low-level date algorithms"). */
function daysFromCivil(year: i32, month: i32, day: i32): i32 {
  const y = month <= 2 ? year - 1 : year;
  const era = (y >= 0 ? y : y - 399) / 400;
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

/** Epoch milliseconds, wall-clock as UTC; NaN for a blank field; Infinity for anything else. */
export function datetimeFromBytes(start: usize, end: usize): f64 {
  let at = start;
  let stop = end;
  while (at < stop && load<u8>(at) <= 32) at++;
  while (stop > at && load<u8>(stop - 1) <= 32) stop--;
  if (at == stop) return NaN;
  const length = stop - at;
  if (length < 10 || load<u8>(at, 4) != 45 || load<u8>(at, 7) != 45) return Infinity;
  const century = pair(at);
  const years = pair(at + 2);
  const month = pair(at + 5);
  const day = pair(at + 8);
  if (century < 0 || years < 0 || month < 1 || month > 12 || day < 1) return Infinity;
  const year = century * 100 + years;
  if (day > daysInMonth(year, month)) return Infinity;
  let time = <f64>daysFromCivil(year, month, day) * 86400000.0;
  zoned = false;
  if (length == 10) return time;
  const separator = load<u8>(at, 10);
  if (length < 16 || (separator != 32 && separator != 84) || load<u8>(at, 13) != 58) return Infinity;
  const hour = pair(at + 11);
  const minute = pair(at + 14);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return Infinity;
  time += <f64>((hour * 60 + minute) * 60000);
  at += 16;
  if (at < stop && load<u8>(at) == 58) {
    const second = at + 3 <= stop ? pair(at + 1) : -1;
    if (second < 0 || second > 59) return Infinity;
    time += <f64>(second * 1000);
    at += 3;
    if (at < stop && load<u8>(at) == 46) {
      at++;
      const first = at;
      let scale: i32 = 100;
      for (; at < stop; at++) {
        const digit = <u32>load<u8>(at) - 48;
        if (digit > 9) break;
        // Whole milliseconds: finer digits are cut, as a JavaScript Date does.
        time += <f64>(<i32>digit * scale);
        scale /= 10;
      }
      if (at == first || at - first > 9) return Infinity;
    }
  }
  if (at == stop) return time;
  zoned = true;
  const sign = load<u8>(at);
  if (sign == 90) return at + 1 == stop ? time : Infinity;
  if ((sign != 43 && sign != 45) || at + 3 > stop) return Infinity;
  const hours = pair(at + 1);
  at += 3;
  if (at < stop && load<u8>(at) == 58) at++;
  const minutes = at == stop ? 0 : at + 2 == stop ? pair(at) : -1;
  if (hours < 0 || minutes < 0) return Infinity;
  const offset = <f64>((hours * 60 + minutes) * 60000);
  return sign == 43 ? time - offset : time + offset;
}
