/** What inference needs to know of a column of plain numbers, gathered in one pass over its chunks. */
import { DigitScan } from "./float-precision.ts";

/** Distinct values are counted up to here; beyond it a column counts as having one a row. */
const maxDistinct = 5_000_000;

export class NumberSummary {
  rowCount = 0;
  present = 0;
  /** Cells that held an infinity, and count as missing. */
  infinite = 0;
  /** Smallest value, in how many rows, and the next larger one. */
  low = Number.POSITIVE_INFINITY;
  lowRows = 0;
  next = Number.POSITIVE_INFINITY;
  high = Number.NEGATIVE_INFINITY;
  /** Whether every cell is a whole number; a missing one is none. */
  whole = true;
  /** Whether the cells count up by one from the first. */
  counting = true;
  first = Number.NaN;
  readonly digits = new DigitScan();
  private readonly seen: Set<number> | undefined;

  /** @param countDistinct - Whether `distinct` is wanted, which costs memory. */
  constructor(countDistinct: boolean) {
    this.seen = countDistinct ? new Set() : undefined;
  }

  /** Number of distinct values; 0 where they are not counted. */
  get distinct(): number {
    if (this.seen === undefined) return 0;
    return this.seen.size >= maxDistinct ? this.present : this.seen.size;
  }

  add(values: Float64Array): void {
    if (this.rowCount === 0 && values.length > 0) this.first = values[0]!;
    let { low, lowRows, next, high, whole, counting, present } = this;
    const start = this.rowCount;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value !== value) {
        whole = false;
        counting = false;
        continue;
      }
      present++;
      if (value < low) {
        next = low;
        low = value;
        lowRows = 1;
      } else if (value === low) lowRows++;
      else if (value < next) next = value;
      if (value > high) high = value;
      if (whole && !Number.isInteger(value)) whole = false;
      if (counting && value !== this.first + start + i) counting = false;
    }
    Object.assign(this, { low, lowRows, next, high, whole, counting, present });
    this.rowCount = start + values.length;
    this.digits.add(values);
    if (this.seen !== undefined) {
      for (let i = 0; i < values.length && this.seen.size < maxDistinct; i++) this.seen.add(values[i]!);
    }
  }
}
