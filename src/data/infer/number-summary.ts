/** What inference needs to know of a column of plain numbers, gathered in one pass over its chunks. */
import type { NumbersSeen } from "../../kernels/index.ts";
import { decimalsKeep } from "./float-precision.ts";

/** Distinct values are counted up to here; beyond it a column counts as having one a row. */
const maxDistinct = 5_000_000;

export class NumberSummary {
  rowCount = 0;
  present = 0;
  /** Cells that held an infinity, and count as missing. */
  infinite = 0;
  /** Smallest value; where it is a whole number below zero, in how many rows, and the next larger one. */
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
  private readonly distinctSeen: Set<number> | undefined;

  private readonly mostDistinct: number;

  /**
   * @param countDistinct - Whether `distinct` is wanted, which costs memory.
   * @param distinctBytes - Bytes that the distinct values may take.
   */
  constructor(countDistinct: boolean, distinctBytes: number = Number.POSITIVE_INFINITY) {
    this.distinctSeen = countDistinct ? new Set() : undefined;
    this.mostDistinct = Math.min(maxDistinct, Math.max(1, Math.floor(distinctBytes / 48)));
  }

  /** Number of distinct values; 0 where they are not counted. */
  get distinct(): number {
    if (this.distinctSeen === undefined) return 0;
    return this.distinctSeen.size >= this.mostDistinct ? this.present : this.distinctSeen.size;
  }

  /** Whether the digits alone show that float32 keeps the distinct values apart. */
  get keepsFloat32(): boolean {
    if (this.present === 0) return true;
    const largest = Math.max(Math.abs(this.low), Math.abs(this.high));
    const decimals = this.integral ? 0 : this.decimals;
    return decimals !== undefined && decimals < 10 && decimalsKeep(10 ** decimals, largest);
  }

  /**
   * @param decimals - Most digits behind the point in these rows and those before; undefined when unknown.
   * @param seen - What the values are, where that is known already.
   */
  add(values: Float64Array, decimals: number | undefined, seen: NumbersSeen = look(values)): void {
    this.decimals =
      this.decimals === undefined || decimals === undefined ? undefined : Math.max(this.decimals, decimals);
    const all = this.rowCount === 0 ? seen : joinSeen(this, seen);
    const { rowCount, present, low, high, lowRows, next, integral, counting, first } = all;
    Object.assign(this, { rowCount, present, low, high, lowRows, next, integral, counting, first });
    this.whole = integral && present === rowCount;
    if (this.distinctSeen !== undefined) {
      for (let i = 0; i < values.length && this.distinctSeen.size < this.mostDistinct; i++)
        this.distinctSeen.add(values[i]!);
    }
  }
}

/** What two stretches of rows are together, of which the second follows the first. */
export function joinSeen(before: NumbersSeen, after: NumbersSeen): NumbersSeen {
  const low = Math.min(before.low, after.low);
  const counted = couldBeCode(low);
  const rowsOf = (seen: NumbersSeen): number => (counted && seen.low === low ? seen.lowRows : 0);
  const nextOf = (seen: NumbersSeen): number =>
    counted ? (seen.low > low ? seen.low : seen.next) : Number.POSITIVE_INFINITY;
  return {
    rowCount: before.rowCount + after.rowCount,
    present: before.present + after.present,
    low,
    high: Math.max(before.high, after.high),
    lowRows: rowsOf(before) + rowsOf(after),
    next: Math.min(nextOf(before), nextOf(after)),
    integral: before.integral && after.integral,
    counting: before.counting && after.counting && after.first === before.first + before.rowCount,
    first: before.first,
  };
}

/** Whether a smallest value could stand for "missing": then its rows are counted. */
function couldBeCode(low: number): boolean {
  return low < 0 && Number.isInteger(low);
}

function look(values: Float64Array): NumbersSeen {
  const first = values.length > 0 ? values[0]! : Number.NaN;
  let [low, high, next] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  let [present, lowRows] = [0, 0];
  let [integral, counting] = [true, true];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value !== value) {
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
    if (counting && value !== first + i) counting = false;
  }
  if (!couldBeCode(low)) [lowRows, next] = [0, Number.POSITIVE_INFINITY];
  return { rowCount: values.length, present, low, high, lowRows, next, integral, counting, first };
}
