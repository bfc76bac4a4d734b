/** The target of a profile: which rows have one, and whether it is a number or a class. */
import { MillwrightError, nearest } from "../../core/index.ts";
import type { Frame } from "../../schema/index.ts";

export type ProfileTarget = {
  readonly name: string;
  /** Rows whose target is known, evenly thinned to the number asked for. */
  readonly rows: Uint32Array;
} & (
  | { readonly task: "regression"; readonly values: Float64Array }
  | {
      readonly task: "classification";
      readonly labels: readonly string[];
      /** Class of each of `rows`. */
      readonly codes: Int32Array;
    }
);

/**
 * The target as it is looked at: numbers with two distinct values are classes, other numbers are predicted
 * as numbers.
 *
 * @param task - Of a target of numbers, where the user says what they are.
 * @param maxRows - More rows than this are thinned, always the same way.
 * @throws MillwrightError `TARGET_MISSING` with the nearest name, `TARGET_CONSTANT`, `DATA_ALL_MISSING`,
 *   `DATA_BAD_VALUE` for numbers whose squares are beyond float64.
 */
export function profileTarget(
  frame: Frame,
  name: string,
  maxRows: number,
  task?: ProfileTarget["task"],
): ProfileTarget {
  const cells = frame.columns.get(name);
  if (cells === undefined) {
    const guess = nearest(name, frame.columns.keys());
    throw new MillwrightError(
      "TARGET_MISSING",
      `There is no column "${name}" among ${frame.columns.size}${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
      guess === undefined ? "Name one of the columns as the target." : `Use --target ${guess}.`,
    );
  }
  const known: number[] = [];
  for (let row = 0; row < frame.rowCount; row++) {
    const missing = cells.type === "number" ? Number.isNaN(cells.values[row]!) : cells.codes[row]! < 0;
    if (!missing) known.push(row);
  }
  if (known.length === 0) {
    throw new MillwrightError(
      "DATA_ALL_MISSING",
      `The target "${name}" is missing in all ${frame.rowCount} rows.`,
      "Give rows with a known target.",
    );
  }
  const rows = thin(known, maxRows);
  if (cells.type === "string") {
    const codes = Int32Array.from(rows, (row) => cells.codes[row]!);
    requireTwo(name, new Set(codes).size, cells.dictionary[codes[0]!]!, known.length);
    return { name, rows, task: "classification", labels: cells.dictionary, codes };
  }
  const values = Float64Array.from(rows, (row) => cells.values[row]!);
  const distinct = new Set<number>();
  const enough = task === "classification" ? Infinity : 3;
  for (let i = 0; i < values.length && distinct.size < enough; i++) distinct.add(values[i]!);
  requireTwo(name, distinct.size, String(values[0]), known.length);
  if (task === "regression" || (task === undefined && distinct.size > 2)) {
    requireSquares(name, values);
    return { name, rows, task: "regression", values };
  }
  const labels = [...distinct].sort((a, b) => a - b);
  const places = new Map(labels.map((label, code) => [label, code]));
  const codes = Int32Array.from(values, (value) => places.get(value)!);
  return { name, rows, task: "classification", labels: labels.map(String), codes };
}

/** Beyond these a square is infinite, or 0, in float64. */
const mostSquared = 1e150;
const leastSquared = 1e-150;

/**
 * Errors of a number are measured by their squares.
 *
 * @throws MillwrightError `DATA_BAD_VALUE` where float64 does not hold those of its largest value.
 */
export function requireSquares(name: string, values: Float64Array): void {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Number.isFinite(value) ? Math.abs(value) : 0);
  if (largest === 0 || (largest >= leastSquared && largest <= mostSquared)) return;
  throw new MillwrightError(
    "DATA_BAD_VALUE",
    `The largest value of the target "${name}" is ${largest.toPrecision(4)}, and errors are squared, which float64 bears from 1e-150 to 1e150.`,
    `Give the target in another unit: --sql 'SELECT * REPLACE ("${name}" / ${largest.toExponential(0)} AS "${name}") FROM …'.`,
  );
}

function requireTwo(name: string, distinct: number, value: string, rowCount: number): void {
  if (distinct > 1) return;
  throw new MillwrightError(
    "TARGET_CONSTANT",
    `The target "${name}" is ${JSON.stringify(value)} in all ${rowCount} rows that have one.`,
    "Choose another target, or rows in which it differs.",
  );
}

/** Cells that relations to a target are measured on at most: of wide tables fewer rows are looked at. */
const maxCells = 20_000_000;

/** Rows that relations are measured on in a table of so many columns. */
export function relationRows(columnCount: number): number {
  return Math.max(2000, Math.min(100_000, Math.floor(maxCells / columnCount)));
}

/** At most `count` of the rows, evenly spaced. */
export function thin(rows: ArrayLike<number>, count: number): Uint32Array {
  const n = Math.min(rows.length, count);
  return Uint32Array.from({ length: n }, (_, i) => rows[Math.floor((i * rows.length) / n)]!);
}

/** The target on at most `count` of its rows, evenly spaced. */
export function thinTarget(target: ProfileTarget, count: number): ProfileTarget {
  if (target.rows.length <= count) return target;
  const places = thin(Uint32Array.from(target.rows.keys()), count);
  const rows = Uint32Array.from(places, (place) => target.rows[place]!);
  return target.task === "regression"
    ? { ...target, rows, values: Float64Array.from(places, (place) => target.values[place]!) }
    : { ...target, rows, codes: Int32Array.from(places, (place) => target.codes[place]!) };
}
