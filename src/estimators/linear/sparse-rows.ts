/**
 * Rows of an iterative fit kept sparse, and the products that each step takes with them.
 *
 * Parameters are the same as over blocks of standardised columns: centring and scaling go into
 * them before a product and into its answer after, so that no zero is ever touched. Sums run over rows in order.
 */
import type { Matrix, SparseRows } from "../../features/index.ts";
import { requireFiniteNumbers } from "../index.ts";
import { type Standardised, targetsOf } from "./row-blocks.ts";

/** Like `RowBlocks`, in one block without its values. */
export interface SparseDesign extends Standardised {
  readonly rows: SparseRows;
}

/**
 * @param rows - Those of `x`.
 * @param target - A number a row; of more outputs its class, 0 … outputs − 1.
 * @throws MillwrightError for a category or a value that is not finite.
 */
export function sparseDesign(
  family: string,
  x: Matrix,
  rows: SparseRows,
  target: ArrayLike<number>,
  outputs: number,
  weight: Float64Array | undefined,
): SparseDesign {
  requireFiniteNumbers(family, x);
  const mean = sparseMeans(rows, weight);
  const spread = deviations(rows, mean);
  const used = Int32Array.from(mean, (_, j) => j).filter(
    (j) => spread[j]! > 1e-13 * Math.abs(mean[j]!) && spread[j]! > 0,
  );
  return {
    rows,
    used,
    mean,
    deviation: Float64Array.from(used, (j) => spread[j]!),
    q: used.length + 1,
    ...targetsOf(x.rowCount, x.rowCount, target, outputs, weight),
  };
}

/** Weighted means of the columns. Shape [p]. */
export function sparseMeans(
  { columnCount, starts, index, values }: SparseRows,
  weight: Float64Array | undefined,
): Float64Array {
  const mean = new Float64Array(columnCount);
  let total = 0;
  for (let i = 0; i + 1 < starts.length; i++) {
    const w = weight === undefined ? 1 : weight[i]!;
    total += w;
    for (let at = starts[i]!; at < starts[i + 1]!; at++) mean[index[at]!]! += w * values[at]!;
  }
  for (let j = 0; j < columnCount; j++) mean[j]! /= total;
  return mean;
}

/** Standard deviations about `mean`, every row counting once, as for blocks. */
function deviations({ columnCount, starts, index, values }: SparseRows, mean: Float64Array): Float64Array {
  const rowCount = starts.length - 1;
  const total = new Float64Array(columnCount);
  const seen = new Uint32Array(columnCount);
  for (let at = 0; at < index.length; at++) {
    const j = index[at]!;
    total[j]! += (values[at]! - mean[j]!) ** 2;
    seen[j]!++;
  }
  return total.map((sum, j) => Math.sqrt((sum + (rowCount - seen[j]!) * mean[j]! ** 2) / rowCount));
}

/** Products of sparse standardised rows with parameters; scratch is made once. */
export function sparseProducts({ rows, used, mean, deviation, q, outputs, rowCount }: SparseDesign): {
  /** Scores of every row. @param v - Shape [outputs, q]. @returns Shape [outputs, rows]; overwritten by the next call. */
  scores(v: Float64Array): Float64Array;
  /** Sums over rows of slope times standardised row. @param slope - Shape [outputs, rows]. @returns Shape [outputs, q]. */
  sums(slope: Float64Array): Float64Array;
} {
  const { columnCount, starts, index, values } = rows;
  // Numbers of one feature for all outputs lie together: one visit to memory a value.
  const table = new Float64Array(columnCount * outputs);
  const out = new Float64Array(outputs * rowCount);
  const row = new Float64Array(outputs);
  const shared = new Float64Array(outputs);
  return {
    scores(v) {
      table.fill(0);
      for (let k = 0; k < outputs; k++) {
        let constant = v[k * q + q - 1]!;
        for (let a = 0; a < used.length; a++) {
          const j = used[a]!;
          const slope = v[k * q + a]! / deviation[a]!;
          table[j * outputs + k] = slope;
          constant -= slope * mean[j]!;
        }
        shared[k] = constant;
      }
      for (let i = 0; i < rowCount; i++) {
        row.set(shared);
        const end = starts[i + 1]!;
        for (let at = starts[i]!; at < end; at++) {
          const value = values[at]!;
          const base = index[at]! * outputs;
          for (let k = 0; k < outputs; k++) row[k]! += value * table[base + k]!;
        }
        for (let k = 0; k < outputs; k++) out[k * rowCount + i] = row[k]!;
      }
      return out;
    },
    sums(slope) {
      table.fill(0);
      shared.fill(0);
      for (let i = 0; i < rowCount; i++) {
        for (let k = 0; k < outputs; k++) shared[k]! += row[k] = slope[k * rowCount + i]!;
        const end = starts[i + 1]!;
        for (let at = starts[i]!; at < end; at++) {
          const value = values[at]!;
          const base = index[at]! * outputs;
          for (let k = 0; k < outputs; k++) table[base + k]! += value * row[k]!;
        }
      }
      const sums = new Float64Array(outputs * q);
      for (let k = 0; k < outputs; k++) {
        for (let a = 0; a < used.length; a++) {
          const j = used[a]!;
          sums[k * q + a] = (table[j * outputs + k]! - mean[j]! * shared[k]!) / deviation[a]!;
        }
        sums[k * q + q - 1] = shared[k]!;
      }
      return sums;
    },
  };
}
