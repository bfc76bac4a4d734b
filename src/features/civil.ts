/**
 * The civil calendar as graph arithmetic in float64: epoch milliseconds to year, month, day, …
 *
 * Whole divisions on the days since 0000-03-01, where the year begins in March so
 * that the leap day is its last. Exact over the range of a `Date` (±8.64e15 ms);
 * outside it, and for NaN, every part is NaN. Source: Howard Hinnant,
 * "chrono-compatible low-level date algorithms".
 */
import {
  abs,
  add,
  cast,
  div,
  floor,
  lessOrEqual,
  less,
  mul,
  scalar,
  sub,
  type Value,
  where,
} from "../graph/index.ts";

export interface CivilTime {
  readonly year: Value;
  /** 1 … 12. */
  readonly month: Value;
  /** 1 … 31. */
  readonly day: Value;
  /** 0 is Sunday, 6 Saturday. */
  readonly weekday: Value;
  /** 1 … 366. */
  readonly dayOfYear: Value;
  /** 0 … 23. */
  readonly hour: Value;
  /** 0 … 59. */
  readonly minute: Value;
  /** Days since 1970, with their fraction. */
  readonly elapsed: Value;
}

const msPerDay = 86_400_000;
const latest = 8.64e15;

/** Parts of epoch milliseconds, float64 of any shape. Nodes of parts that are not used never reach the file. */
export function civilTime(milliseconds: Value): CivilTime {
  const whole = (x: Value, unit: number): Value => floor(div(x, unit));
  const inRange = lessOrEqual(abs(milliseconds), latest);
  const ms = where(inRange, floor(milliseconds), scalar("float64", Number.NaN));
  const days = whole(ms, msPerDay);
  const shifted = add(days, 719_468);
  const era = whole(shifted, 146_097);
  const dayOfEra = sub(shifted, mul(era, 146_097));
  const leapless = sub(
    add(sub(dayOfEra, whole(dayOfEra, 1460)), whole(dayOfEra, 36_524)),
    whole(dayOfEra, 146_096),
  );
  const yearOfEra = whole(leapless, 365);
  const fromMarch = sub(dayOfEra, sub(add(mul(yearOfEra, 365), whole(yearOfEra, 4)), whole(yearOfEra, 100)));
  const monthFromMarch = whole(add(mul(fromMarch, 5), 2), 153);
  const month = where(less(monthFromMarch, 10), add(monthFromMarch, 3), sub(monthFromMarch, 9));
  const day = add(sub(fromMarch, whole(add(mul(monthFromMarch, 153), 2), 5)), 1);
  const year = add(add(yearOfEra, mul(era, 400)), cast(lessOrEqual(month, 2), "float64"));
  const before = sub(year, 1);
  const newYear = sub(
    add(sub(add(mul(sub(year, 1970), 365), whole(before, 4)), whole(before, 100)), whole(before, 400)),
    477,
  );
  const fromThursday = add(days, 4);
  const msOfDay = sub(ms, mul(days, msPerDay));
  const hour = whole(msOfDay, 3_600_000);
  return {
    year,
    month,
    day,
    weekday: sub(fromThursday, mul(whole(fromThursday, 7), 7)),
    dayOfYear: add(sub(days, newYear), 1),
    hour,
    minute: whole(sub(msOfDay, mul(hour, 3_600_000)), 60_000),
    elapsed: div(ms, msPerDay),
  };
}
