/**
 * The time from one row of a series to the next, and the places of rows on a grid of that step.
 *
 * The step is the most frequent difference between neighbours. A missing row is a place of the grid without a number,
 * so that "24 steps ago" means a day ago also across a gap. Months are counted as months: 28 to 31 days are one step.
 * Where times keep to no grid, each row counts as one step.
 */

export interface TimeStep {
  /** Of `unit`; 1 where each row counts as one step. */
  readonly size: number;
  readonly unit: "milliseconds" | "months" | "number";
  /** Rows keep to a grid of the step. */
  readonly even: boolean;
}

const day = 86_400_000;
/** Share of differences that must be whole steps. */
const wholeShare = 0.99;
/** Places a row at most: sparser times are no grid. */
const mostPlaces = 4;

/** @param series - Times of each series, ascending and without equal ones. */
export function findStep(series: readonly Float64Array[], dates: boolean): TimeStep {
  const differences: number[] = [];
  for (const times of series)
    for (let i = 1; i < times.length; i++) differences.push(times[i]! - times[i - 1]!);
  if (differences.length === 0) return { size: 1, unit: dates ? "milliseconds" : "number", even: false };
  const size = mostFrequent(differences);
  if (dates && size >= 28 * day && size <= 366 * day) {
    const months = series.flatMap((times) => differencesOf(Array.from(times, monthOf)));
    const step = mostFrequent(months);
    if (step >= 1 && keeps(months, step)) return { size: step, unit: "months", even: true };
  }
  const unit = dates ? "milliseconds" : "number";
  return keeps(differences, size) ? { size, unit, even: true } : { size, unit, even: false };
}

/** Place of each row on the grid, the first at 0. */
export function placesOf(times: Float64Array, { size, unit, even }: TimeStep): Int32Array {
  if (!even) return Int32Array.from(times, (_, i) => i);
  const at = unit === "months" ? Array.from(times, monthOf) : times;
  return Int32Array.from(at, (time) => Math.round((time - at[0]!) / size));
}

/** The time `steps` after another. */
export function later(time: number, steps: number, { size, unit }: Pick<TimeStep, "size" | "unit">): number {
  if (unit !== "months") return time + steps * size;
  const date = new Date(time);
  const month = date.getUTCMonth() + steps * size;
  const last = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const rest = time - Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  return Date.UTC(date.getUTCFullYear(), month, Math.min(date.getUTCDate(), last)) + rest;
}

/** In words: "1 hour", "2 days", "1 month", "5". */
export function stepInWords({ size, unit, even }: TimeStep): string {
  if (!even) return "row";
  if (unit === "number") return String(size);
  const [count, word] =
    unit === "months"
      ? size % 12 === 0
        ? [size / 12, "year"]
        : [size, "month"]
      : (
          [
            [7 * day, "week"],
            [day, "day"],
            [3_600_000, "hour"],
            [60_000, "minute"],
            [1000, "second"],
            [1, "millisecond"],
          ] as const
        )
          .filter(([length]) => size % length === 0)
          .map(([length, name]) => [size / length, name] as const)[0]!;
  return count === 1 ? word : `${count} ${word}s`;
}

function monthOf(time: number): number {
  const date = new Date(time);
  return 12 * date.getUTCFullYear() + date.getUTCMonth();
}

const differencesOf = (values: readonly number[]): number[] =>
  values.slice(1).map((value, i) => value - values[i]!);

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, each) =>
    each[1] > best[1] || (each[1] === best[1] && each[0] < best[0]) ? each : best,
  )[0];
}

function keeps(differences: readonly number[], size: number): boolean {
  if (!(size > 0)) return false;
  const whole = differences.filter((value) => {
    const steps = value / size;
    return Math.round(steps) >= 1 && Math.abs(steps - Math.round(steps)) < 1e-3;
  });
  const places = differences.reduce((sum, value) => sum + value, 0) / size;
  return whole.length >= wholeShare * differences.length && places <= mostPlaces * (differences.length + 1);
}
