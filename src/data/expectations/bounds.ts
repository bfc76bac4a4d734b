/**
 * Bounds of a reference column, wide enough for what comes next, and naming nobody.
 *
 * An extreme is moved outward by a margin and then to a round number. One held by fewer than five rows is moved
 * at least to the next round number, so that it never stands in the file as it is.
 */
import { fewestRows } from "../profile/column-profile.ts";

export interface Extremes {
  readonly low: number;
  readonly high: number;
  /** Rows that hold each. */
  readonly lowRows: number;
  readonly highRows: number;
  /** Whether every value is a whole number. */
  readonly whole: boolean;
}

/** The smallest and largest of some values; undefined where there is none. NaN is missing. */
export class ExtremesOf {
  private low = Infinity;
  private high = -Infinity;
  private lowRows = 0;
  private highRows = 0;
  private whole = true;

  add(values: Float64Array): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < this.low) {
        this.low = value;
        this.lowRows = 0;
      }
      if (value > this.high) {
        this.high = value;
        this.highRows = 0;
      }
      if (value === this.low) this.lowRows++;
      if (value === this.high) this.highRows++;
      if (this.whole && value === value && !Number.isInteger(value)) this.whole = false;
    }
  }

  get(): Extremes | undefined {
    const { low, high, lowRows, highRows, whole } = this;
    return low > high ? undefined : { low, high, lowRows, highRows, whole };
  }
}

/** A whole number that few rows hold is moved by at least this, or the bound would tell it. */
const wholeStep = 5;

/**
 * Bounds of numbers. What never was negative, or never positive, is not expected to be: a bound of 0 says that of
 * the column, whoever holds a 0.
 *
 * @param margin - Share of the range to leave on each side.
 */
export function numberBounds(
  { low, high, lowRows, highRows, whole }: Extremes,
  margin: number,
): { readonly min: number; readonly max: number } {
  const range = high - low;
  const nice = niceStep(range > 0 ? range / 20 : Math.max(Math.abs(high), 1) / 100);
  const step = whole ? Math.max(1, nice) : nice;
  /** The bound below a value; a highest value comes with its sign turned. */
  const below = (value: number, rows: number): number => {
    const few = rows < fewestRows;
    if (!few && margin === 0) return value;
    const by = few && whole ? Math.max(step, wholeStep) : step;
    const bound = downTo(value - margin * range, by);
    return few && bound === value ? plain(bound - by) : bound;
  };
  const min = below(low, lowRows);
  const max = -below(-high, highRows);
  return { min: (low >= 0 ? Math.max(0, min) : min) + 0, max: (high <= 0 ? Math.min(0, max) : max) + 0 };
}

/** 1, 2 or 5 times a power of ten, not below `size`. */
function niceStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  for (const times of [1, 2, 5]) if (times * power >= size) return Number((times * power).toPrecision(1));
  return Number((10 * power).toPrecision(1));
}

/** The multiple of a step at or below a value. */
function downTo(value: number, step: number): number {
  let down = plain(Math.floor(value / step) * step);
  while (down > value) down = plain(down - step);
  return down;
}

/** A multiple of a round step without the dust of binary fractions. */
function plain(value: number): number {
  return Number(value.toPrecision(12));
}

const dayMs = 86_400_000;

/** The earliest datetime as a day: the day itself where five rows hold it, else the first of a month before it. */
export function earliestDay({ low, high, lowRows }: Extremes, margin: number): string {
  const day = Math.floor((low - margin * (high - low)) / dayMs) * dayMs;
  if (lowRows >= fewestRows) return isoDay(day);
  const date = new Date(day);
  let first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  if (first >= low) first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1, 1);
  return isoDay(first);
}

function isoDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** A share with its margin, rounded up to a whole percent; nothing stays nothing. */
export function shareBound(count: number, rowCount: number, margin: number): number {
  if (count === 0) return 0;
  return Math.min(1, Math.ceil((100 * count * (1 + margin)) / rowCount) / 100);
}

/** From half to twice the rows of the reference, rounded outward to two digits. */
export function rowBounds(rowCount: number): { readonly min: number; readonly max: number } {
  const outward = (value: number, round: (value: number) => number): number => {
    const step = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
    return round(value / step) * step;
  };
  return {
    min: rowCount < 2 ? rowCount : outward(rowCount / 2, Math.floor),
    max: outward(2 * rowCount, Math.ceil),
  };
}
