/**
 * What every family asks of its rows before it fits: lengths that agree, weights and targets that are
 * finite, at least two classes; and the law that a row of weight 0 is as if it were absent, kept once
 * for all by leaving such rows out.
 */
import { MillwrightError } from "../core/index.ts";
import { type Matrix, type SparseRows, sparseMatrix, takeSparseRows } from "../features/index.ts";
import type { Target, TrainingSet } from "./estimator.ts";

/** Rows that take part in a fit: all weights above 0, every row with its identity. */
export interface UsableRows {
  readonly x: Matrix;
  readonly y: Target;
  /** Above 0 and finite; absent when all are 1. */
  readonly weight: Float64Array | undefined;
  readonly rowIds: Uint32Array;
  /** Sum of weights; the row count where there are none. */
  readonly totalWeight: number;
}

/**
 * Checks a training set and leaves out its rows of weight 0. Nothing is copied where all rows stay.
 *
 * @param family - Who asks, for the message.
 * @param allowOneClass - For a family that learns something even then.
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`, `DATA_ONE_CLASS`.
 */
export function usableRows(family: string, rows: TrainingSet, allowOneClass = false): UsableRows {
  checkLengths(family, rows);
  const kept = keptRows(family, rows);
  const all = kept === undefined;
  const x = all ? rows.x : takeRows(rows.x, kept);
  const y = all ? rows.y : takeTarget(rows.y, kept);
  let weight = rows.weight;
  if (weight !== undefined) {
    if (!all) weight = take(weight, kept);
    if (weight.every((w) => w === 1)) weight = undefined;
  }
  const ids = rows.rowIds ?? countUp(rows.x.rowCount);
  checkTarget(family, y, allowOneClass);
  let totalWeight = x.rowCount;
  if (weight !== undefined) {
    totalWeight = 0;
    for (let i = 0; i < weight.length; i++) totalWeight += weight[i]!;
  }
  return { x, y, weight, rowIds: all ? ids : take(ids, kept), totalWeight };
}

/**
 * Refuses what a family of plain arithmetic cannot take: categories, missing numbers, infinities.
 *
 * @throws MillwrightError `SCHEMA_WRONG_KIND` naming the category feature.
 * @throws MillwrightError `DATA_BAD_VALUE` naming the feature and the row.
 */
export function requireFiniteNumbers(family: string, x: Matrix): void {
  for (let j = 0; j < x.features.length; j++) {
    const feature = x.features[j]!;
    if (feature.kind === "category") {
      throw new MillwrightError(
        "SCHEMA_WRONG_KIND",
        `${family} needs numbers, and the feature "${feature.name}" holds ${feature.cardinality ?? "unordered"} category codes.`,
        "Encode it first, for example with oneHot().",
      );
    }
    if (x.sparse !== undefined) continue;
    const column = x.columns[j]!;
    for (let i = 0; i < column.length; i++) {
      if (Number.isFinite(column[i])) continue;
      let bad = 0;
      for (const value of column) if (!Number.isFinite(value)) bad++;
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `${family} needs finite numbers, and the feature "${feature.name}" has ${bad} of ${column.length} values missing or infinite, the first (${column[i]}) in row ${i}.`,
        "Impute it and clip infinities first, or choose a family that takes missing values.",
      );
    }
  }
  if (x.sparse !== undefined) requireFiniteRows(family, x, x.sparse);
}

function requireFiniteRows(family: string, x: Matrix, { starts, index, values }: SparseRows): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const j = index[at]!;
  let bad = 0;
  for (let k = at; k < values.length; k++) if (index[k] === j && !Number.isFinite(values[k])) bad++;
  const row = starts.findIndex((start) => start > at) - 1;
  throw new MillwrightError(
    "DATA_BAD_VALUE",
    `${family} needs finite numbers, and the feature "${x.features[j]!.name}" has ${bad} of ${x.rowCount} values missing or infinite, the first (${values[at]}) in row ${row}.`,
    "Impute it and clip infinities first, or choose a family that takes missing values.",
  );
}

/** Rows of a matrix by index, in the given order. */
export function takeRows(x: Matrix, index: Uint32Array): Matrix {
  if (x.sparse !== undefined) return sparseMatrix(x.features, takeSparseRows(x.sparse, index));
  return { rowCount: index.length, features: x.features, columns: x.columns.map((c) => take(c, index)) };
}

/** Rows of a target by index, in the given order. */
export function takeTarget(y: Target, index: Uint32Array): Target {
  return y.kind === "regression"
    ? { kind: "regression", values: take(y.values, index) }
    : { ...y, codes: take(y.codes, index) };
}

/** Elements of an array by index, in the given order. */
export function take<T extends Float32Array | Float64Array | Int32Array | Uint32Array>(
  from: T,
  index: Uint32Array,
): T {
  const out = new (from.constructor as new (length: number) => T)(index.length);
  for (let i = 0; i < index.length; i++) out[i] = from[index[i]!]!;
  return out;
}

/** Rows by their first feature, then the next, then target and identity: the same order however they came. */
export function ownOrder(x: Matrix, target: ArrayLike<number>, rowIds: Uint32Array): Uint32Array {
  const { sparse } = x;
  const compare =
    sparse === undefined
      ? (a: number, b: number): number => {
          for (const column of x.columns) if (column[a] !== column[b]) return column[a]! - column[b]!;
          return 0;
        }
      : (a: number, b: number): number => compareSparse(sparse, a, b);
  return countUp(x.rowCount).sort(
    (a, b) => compare(a, b) || target[a]! - target[b]! || rowIds[a]! - rowIds[b]!,
  );
}

/** The first difference of two rows; what a row does not hold is 0. */
function compareSparse({ starts, index, values }: SparseRows, a: number, b: number): number {
  let [left, right] = [starts[a]!, starts[b]!];
  while (left < starts[a + 1]! || right < starts[b + 1]!) {
    const one = left < starts[a + 1]! ? index[left]! : Infinity;
    const other = right < starts[b + 1]! ? index[right]! : Infinity;
    const difference = (one <= other ? values[left++]! : 0) - (other <= one ? values[right++]! : 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function countUp(length: number): Uint32Array {
  const out = new Uint32Array(length);
  for (let i = 0; i < length; i++) out[i] = i;
  return out;
}

function checkLengths(family: string, rows: TrainingSet): void {
  const count = rows.x.rowCount;
  const denseColumns = rows.x.sparse === undefined ? rows.x.columns : [];
  const lengths: [string, number | undefined][] = [
    ["target", rows.y.kind === "regression" ? rows.y.values.length : rows.y.codes.length],
    ["weight", rows.weight?.length],
    ["rowIds", rows.rowIds?.length],
    ...denseColumns.map((c, j): [string, number] => [`"${rows.x.features[j]?.name}"`, c.length]),
  ];
  for (const [what, length] of lengths) {
    if (length !== undefined && length !== count) {
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `${family} got ${count} rows, and ${what} has ${length} values.`,
        "Give every column, the target and the weights one value per row.",
      );
    }
  }
  if (rows.x.sparse === undefined && rows.x.columns.length !== rows.x.features.length) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `${family} got ${rows.x.features.length} features and ${rows.x.columns.length} columns.`,
      "Describe each column by one feature.",
    );
  }
}

/** Indices of rows with weight above 0, or undefined when all are. */
function keptRows(family: string, rows: TrainingSet): Uint32Array | undefined {
  const count = rows.x.rowCount;
  const weight = rows.weight;
  let used = count;
  if (weight !== undefined) {
    used = 0;
    for (let i = 0; i < count; i++) {
      const w = weight[i]!;
      if (!(w >= 0 && w < Infinity)) {
        throw new MillwrightError(
          "DATA_BAD_VALUE",
          `${family} got the weight ${w} in row ${i} of ${count}, and needs finite weights of at least 0.`,
          "Correct the weight column.",
        );
      }
      if (w > 0) used++;
    }
  }
  if (used === 0) {
    throw new MillwrightError(
      "DATA_EMPTY",
      `${family} got ${count} rows, and none has a weight above 0.`,
      "Give it at least one row.",
    );
  }
  if (used === count || weight === undefined) return undefined;
  const kept = new Uint32Array(used);
  for (let i = 0, at = 0; i < count; i++) if (weight[i]! > 0) kept[at++] = i;
  return kept;
}

function checkTarget(family: string, y: Target, allowOneClass: boolean): void {
  if (y.kind === "regression") {
    let bad = 0;
    while (bad < y.values.length && Number.isFinite(y.values[bad])) bad++;
    if (bad === y.values.length) return;
    throw new MillwrightError(
      "DATA_BAD_VALUE",
      `${family} got the target ${y.values[bad]} in row ${bad} of ${y.values.length}.`,
      "Leave out rows without a finite target.",
    );
  }
  const counts = new Float64Array(y.classCount);
  for (let i = 0; i < y.codes.length; i++) {
    const code = y.codes[i]!;
    if (code < 0 || code >= y.classCount) {
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `${family} got the class code ${code} in row ${i}, and there are ${y.classCount} classes.`,
        "Code classes from 0 to classCount − 1.",
      );
    }
    counts[code]!++;
  }
  const present = counts.reduce((sum, c) => sum + (c > 0 ? 1 : 0), 0);
  if (present < 2 && !allowOneClass) {
    throw new MillwrightError(
      "DATA_ONE_CLASS",
      `${family} needs two classes, and all ${y.codes.length} rows are of class ${y.codes[0]}.`,
      "Give it rows of another class, or split with { stratify: true }.",
    );
  }
}
