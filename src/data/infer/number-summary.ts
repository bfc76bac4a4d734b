/** What inference needs to know of a column of plain numbers, gathered in one pass over its chunks. */
import { decimalsKeep } from "./float-precision.ts";

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
  /** Whether every cell that is not missing is one. */
  integral = true;
  /** Whether the cells count up by one from the first. */
  counting = true;
  first = Number.NaN;
  /** Most digits behind the point, where the text was seen. */
  private decimals: number | undefined = 0;
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

  /** Whether the digits alone show that float32 keeps the distinct values apart. */
  get keepsFloat32(): boolean {
    if (this.present === 0) return true;
    const largest = Math.max(Math.abs(this.low), Math.abs(this.high));
    const decimals = this.integral ? 0 : this.decimals;
    return decimals !== undefined && decimals < 10 && decimalsKeep(10 ** decimals, largest);
  }

  /** @param decimals - Most digits behind the point in these rows and those before; undefined when unknown. */
  add(values: Float64Array, decimals: number | undefined): void {
    this.decimals =
      this.decimals === undefined || decimals === undefined ? undefined : Math.max(this.decimals, decimals);
    if (this.rowCount === 0 && values.length > 0) this.first = values[0]!;
    let { low, lowRows, next, high, whole, integral, counting, present } = this;
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
      if (integral && Math.floor(value) !== value) integral = false;
      if (counting && value !== this.first + start + i) counting = false;
    }
    Object.assign(this, { low, lowRows, next, high, whole: whole && integral, integral, counting, present });
    this.rowCount = start + values.length;
    if (this.seen !== undefined) {
      for (let i = 0; i < values.length && this.seen.size < maxDistinct; i++) this.seen.add(values[i]!);
    }
  }
}
