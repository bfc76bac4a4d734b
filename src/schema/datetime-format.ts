/**
 * Dates and times as people write them, to epoch milliseconds.
 *
 * ISO 8601 and its looser relatives ("2019-03-23 20:21"), day-first and month-first dates with ".", "/"
 * or "-", English month names, 12-hour times. A column is either an instant (every cell carries a zone)
 * or wall-clock (none does, read as if UTC); a cell of the other sort is not read, so nothing shifts
 * silently. Calendar arithmetic: Howard Hinnant, "chrono-compatible low-level date algorithms".
 */

/** What the parser needs to know of a column: `DatetimeColumnSchema` fits. */
export interface DatetimeFormat {
  readonly clock: "instant" | "wall";
  readonly order?: "ymd" | "dmy" | "mdy";
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const datePattern = /^(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?=$|[T\s])/;
const namedPattern =
  /^(?:[A-Za-z]{3,9},?\s+)?(?:(\d{1,2})[\s-]([A-Za-z]{3,9})\.?,?[\s-](\d{4})|([A-Za-z]{3,9})\.?\s(\d{1,2}),?\s(\d{4}))(?=$|[T\s])/;
const timePattern =
  /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp]\.?[Mm]\.?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/;

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

/** Days of a month, 28 to 31. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

interface Parsed {
  readonly time: number;
  readonly zoned: boolean;
}

/**
 * Reads one cell as a datetime.
 *
 * @returns Epoch milliseconds (wall-clock read as UTC); NaN for an empty cell; undefined when the cell is
 *   not a datetime of this column: another order, an impossible date, a zone in a wall-clock column, none in
 *   an instant column.
 */
export function parseDatetimeCell(text: string, format: DatetimeFormat): number | undefined {
  const cell = text.trim();
  if (cell === "") return Number.NaN;
  const parsed = parse(cell, format.order ?? "ymd");
  if (parsed === undefined || parsed.zoned !== (format.clock === "instant")) return undefined;
  return parsed.time;
}

function parse(cell: string, order: "ymd" | "dmy" | "mdy"): Parsed | undefined {
  let year: number;
  let month: number;
  let day: number;
  let length: number;
  const yearMonth = /^(\d{4})-(\d{2})$/.exec(cell);
  if (yearMonth !== null) {
    // A month stands for its first day.
    month = Number(yearMonth[2]);
    if (month < 1 || month > 12) return undefined;
    return { time: daysFromCivil(Number(yearMonth[1]), month, 1) * 86_400_000, zoned: false };
  }
  const numeric = datePattern.exec(cell);
  if (numeric !== null) {
    const [whole, a, , b, c] = numeric as unknown as [string, string, string, string, string];
    if (a.length === 4) {
      // Four digits first are a year in every order: nobody writes year-day-month.
      if (c.length > 2) return undefined;
      [year, month, day] = [Number(a), Number(b), Number(c)];
    } else {
      if (order === "ymd" || a.length > 2 || (c.length !== 4 && c.length !== 2)) return undefined;
      year = c.length === 4 ? Number(c) : Number(c) + (Number(c) < 70 ? 2000 : 1900);
      [day, month] = order === "dmy" ? [Number(a), Number(b)] : [Number(b), Number(a)];
    }
    length = whole.length;
  } else {
    const named = namedPattern.exec(cell);
    if (named === null) return undefined;
    const name = (named[2] ?? named[4])!.slice(0, 3).toLowerCase();
    month = months.indexOf(name) + 1;
    day = Number(named[1] ?? named[5]);
    year = Number(named[3] ?? named[6]);
    length = named[0].length;
  }
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  const date = daysFromCivil(year, month, day) * 86_400_000;
  const rest = cell.slice(length).replace(/^[T\s]\s*/, "");
  if (rest === "") return length === cell.length ? { time: date, zoned: false } : undefined;
  return addTime(date, rest);
}

function addTime(date: number, text: string): Parsed | undefined {
  const match = timePattern.exec(text);
  if (match === null) return undefined;
  let hour = Number(match[1]);
  const minute = Number(match[2]);
  const second = Number(match[3] ?? 0);
  const half = match[5]?.[0]?.toLowerCase();
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (half === "p" ? 12 : 0);
  }
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  // Whole milliseconds: finer digits are cut, as a JavaScript Date does.
  const milliseconds = match[4] === undefined ? 0 : Math.floor(Number(`0.${match[4]}`) * 1000 + 1e-6);
  let time = date + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds;
  const zone = match[6];
  if (zone !== undefined && /^[+-]/.test(zone)) {
    const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
    const offset = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
    time -= (zone.startsWith("-") ? -offset : offset) * 60_000;
  }
  return { time, zoned: zone !== undefined };
}

/**
 * Finds how a column writes its datetimes.
 *
 * @param cells - Distinct cells that are not missing, at least one.
 * @returns The format that reads every cell, with `ambiguous` when day-first and month-first both do (then
 *   month-first is taken, or day-first where the parts are separated by dots); undefined when none does.
 */
export function recogniseDatetimeFormat(
  cells: readonly string[],
): (DatetimeFormat & { readonly ambiguous: boolean }) | undefined {
  const first = cells[0];
  if (first === undefined || !/\d/.test(first)) return undefined;
  for (const clock of ["wall", "instant"] as const) {
    const reads = (order: "ymd" | "dmy" | "mdy"): boolean =>
      cells.every((cell) => {
        const time = parseDatetimeCell(cell, { clock, order });
        return time !== undefined && !Number.isNaN(time);
      });
    if (reads("ymd")) return { clock, order: "ymd", ambiguous: false };
    const dmy = reads("dmy");
    const mdy = reads("mdy");
    if (dmy && mdy) return { clock, order: first.includes(".") ? "dmy" : "mdy", ambiguous: true };
    if (dmy || mdy) return { clock, order: dmy ? "dmy" : "mdy", ambiguous: false };
  }
  return undefined;
}
