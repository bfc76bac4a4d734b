/**
 * Rows that are copies of an earlier one, as far as equal rows are no coincidence.
 *
 * Where columns hold few values, rows are equal by chance, and then others differ from them in one column alone. So
 * a set of equal rows counts as copies only if no row of the table differs from it in just one column. A table that
 * repeats itself in the main holds few different rows by nature: there, too, equal rows are left alone.
 */
import { mix32 } from "../../core/index.ts";
import type { Cells, Frame } from "../../schema/index.ts";

/** Share of rows that repeat others, beyond which repeating is the table's nature. */
const mostRepeated = 0.3;
const filterBits = 16;

/**
 * @param names - Columns in which copies are equal.
 * @param own - The first rows, which tell whether repeating is the table's nature; all unless told.
 * @returns For each row the first that it is a copy of, itself where it is none; undefined where no row is a copy.
 */
export function copiedRows(
  frame: Frame,
  names: readonly string[],
  own = frame.rowCount,
): Int32Array | undefined {
  const { rowCount } = frame;
  const columns = names.map((name, j) => new HashedColumn(frame.columns.get(name)!, j));
  const high = new Int32Array(rowCount);
  const low = new Int32Array(rowCount);
  for (const column of columns) {
    for (let row = 0; row < rowCount; row++) {
      high[row]! += column.high(row);
      low[row]! += column.low(row);
    }
  }
  const firstOf = new Int32Array(rowCount);
  const seen = new Map<number, number>();
  const sets = new Set<number>();
  let repeated = 0;
  let repeatedOwn = 0;
  for (let row = 0; row < rowCount; row++) {
    const key = keyOf(high[row]!, low[row]!);
    const first = seen.get(key);
    firstOf[row] = row;
    if (first === undefined) seen.set(key, row);
    else if (columns.every((column) => column.equal(row, first))) {
      firstOf[row] = first;
      sets.add(first);
      repeated++;
      if (row < own) repeatedOwn++;
    }
  }
  if (repeated === 0 || repeatedOwn > mostRepeated * own) return undefined;
  for (const column of columns) withoutNear(column, { high, low, firstOf, sets });
  if (sets.size === 0) return undefined;
  return firstOf.map((first, row) => (sets.has(first) ? first : row));
}

/** Takes sets away that another row agrees with in all but this column. */
function withoutNear(
  column: HashedColumn,
  {
    high,
    low,
    firstOf,
    sets,
  }: {
    readonly high: Int32Array;
    readonly low: Int32Array;
    readonly firstOf: Int32Array;
    readonly sets: Set<number>;
  },
): void {
  const rest = (row: number): number =>
    keyOf((high[row]! - column.high(row)) | 0, (low[row]! - column.low(row)) | 0);
  const others = new Map<number, number>();
  // Most rows are told apart from all sets by a few bits.
  const maybe = new Uint8Array(1 << filterBits);
  const bitsOf = (row: number): number => (low[row]! - column.low(row)) & (maybe.length - 1);
  const near = new Set<number>();
  for (const first of sets) {
    const key = rest(first);
    const other = others.get(key);
    if (other !== undefined) near.add(other).add(first);
    others.set(key, first);
    maybe[bitsOf(first)] = 1;
  }
  for (let row = 0; row < firstOf.length; row++) {
    if (maybe[bitsOf(row)] === 0) continue;
    const set = others.get(rest(row));
    if (set !== undefined && firstOf[row] !== set) near.add(set);
  }
  for (const set of near) sets.delete(set);
}

/** 53 bits of two words. */
const keyOf = (high: number, low: number): number => (high >>> 0) * 2097152 + (low >>> 11);

/** Two words a cell, which add up to those of a row in any order of the columns. */
class HashedColumn {
  private readonly cells: Cells;
  private readonly words: Int32Array | undefined;
  private readonly salt: number;

  constructor(cells: Cells, place: number) {
    this.cells = cells;
    this.salt = mix32(place + 1);
    if (cells.type === "number")
      this.words = new Int32Array(cells.values.buffer, cells.values.byteOffset, 2 * cells.values.length);
  }

  high(row: number): number {
    return mix32(this.word(row) ^ this.salt);
  }

  low(row: number): number {
    return mix32(mix32(this.word(row) + this.salt) ^ 0x27d4eb2f);
  }

  equal(a: number, b: number): boolean {
    if (this.cells.type === "string") return this.cells.codes[a] === this.cells.codes[b];
    const [x, y] = [this.cells.values[a]!, this.cells.values[b]!];
    return x === y || (x !== x && y !== y);
  }

  private word(row: number): number {
    if (this.cells.type === "string") return this.cells.codes[row]!;
    const value = this.cells.values[row]!;
    // One zero and one NaN.
    if (value === 0) return 0;
    if (value !== value) return 1;
    return mix32(this.words![2 * row]!) ^ this.words![2 * row + 1]!;
  }
}
