/**
 * Weighted means and variances of a feature's finite values by class, from columns or from sparse rows.
 *
 * Sparse rows are read twice for all features together: a zero that is not kept adds its share of the mean's square.
 */
import type { Matrix, SparseRows } from "../../features/index.ts";

export interface ColumnMoments {
  /** Weight of the finite values. Shape [classes]. */
  readonly total: Float64Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Moments by feature; of one class where `classes` is all 0. */
export function columnMoments(
  x: Matrix,
  weight: Float64Array,
  classes: Int32Array,
  classCount: number,
): (feature: number) => ColumnMoments {
  if (x.sparse !== undefined) return sparseMoments(x.sparse, weight, classes, classCount);
  return (feature) => denseMoments(x.columns[feature]!, weight, classes, classCount);
}

/** Features with two different finite values, of those asked for. */
export function varyingOf(x: Matrix, features: readonly number[]): number[] {
  const { sparse } = x;
  if (sparse === undefined) return features.filter((j) => varies(x.columns[j]!));
  const { columnCount, index, values } = sparse;
  const first = new Float64Array(columnCount).fill(Number.NaN);
  const kept = new Uint32Array(columnCount);
  const differs = new Uint8Array(columnCount);
  for (let at = 0; at < index.length; at++) {
    const j = index[at]!;
    const value = values[at]!;
    kept[j]!++;
    if (!Number.isFinite(value)) continue;
    if (Number.isNaN(first[j])) first[j] = value;
    else if (value !== first[j]) differs[j] = 1;
  }
  return features.filter(
    (j) => differs[j] === 1 || (kept[j]! < x.rowCount && first[j]! !== 0 && !Number.isNaN(first[j])),
  );
}

function varies(column: Float32Array | Float64Array): boolean {
  let first = Number.NaN;
  for (const value of column) {
    if (!Number.isFinite(value)) continue;
    if (Number.isNaN(first)) first = value;
    else if (value !== first) return true;
  }
  return false;
}

function denseMoments(
  column: Float32Array | Float64Array,
  weight: Float64Array,
  classes: Int32Array,
  classCount: number,
): ColumnMoments {
  const total = new Float64Array(classCount);
  const mean = new Float64Array(classCount);
  const variance = new Float64Array(classCount);
  for (let i = 0; i < column.length; i++) {
    if (!Number.isFinite(column[i])) continue;
    total[classes[i]!]! += weight[i]!;
    mean[classes[i]!]! += weight[i]! * column[i]!;
  }
  for (let k = 0; k < classCount; k++) mean[k] = total[k]! > 0 ? mean[k]! / total[k]! : 0;
  for (let i = 0; i < column.length; i++) {
    if (!Number.isFinite(column[i])) continue;
    const k = classes[i]!;
    variance[k]! += weight[i]! * (column[i]! - mean[k]!) ** 2;
  }
  for (let k = 0; k < classCount; k++) variance[k] = total[k]! > 0 ? variance[k]! / total[k]! : 0;
  return { total, mean, variance };
}

function sparseMoments(
  { columnCount, starts, index, values }: SparseRows,
  weight: Float64Array,
  classes: Int32Array,
  classCount: number,
): (feature: number) => ColumnMoments {
  const size = columnCount * classCount;
  const classWeight = new Float64Array(classCount);
  for (let i = 0; i < classes.length; i++) classWeight[classes[i]!]! += weight[i]!;
  const missing = new Float64Array(size);
  const kept = new Float64Array(size);
  const mean = new Float64Array(size);
  const variance = new Float64Array(size);
  const eachFinite = (read: (at: number, value: number, w: number) => void): void => {
    for (let i = 0; i + 1 < starts.length; i++) {
      const k = classes[i]!;
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        const cell = index[at]! * classCount + k;
        if (Number.isFinite(values[at])) read(cell, values[at]!, weight[i]!);
      }
    }
  };
  for (let i = 0; i + 1 < starts.length; i++)
    for (let at = starts[i]!; at < starts[i + 1]!; at++)
      if (!Number.isFinite(values[at])) missing[index[at]! * classCount + classes[i]!]! += weight[i]!;
  const total = missing.map((m, cell) => classWeight[cell % classCount]! - m);
  eachFinite((cell, value, w) => {
    kept[cell]! += w;
    mean[cell]! += w * value;
  });
  for (let cell = 0; cell < size; cell++) mean[cell] = total[cell]! > 0 ? mean[cell]! / total[cell]! : 0;
  eachFinite((cell, value, w) => {
    variance[cell]! += w * (value - mean[cell]!) ** 2;
  });
  for (let cell = 0; cell < size; cell++) {
    const zeros = Math.max(0, total[cell]! - kept[cell]!);
    variance[cell] = total[cell]! > 0 ? (variance[cell]! + zeros * mean[cell]! ** 2) / total[cell]! : 0;
  }
  return (feature) => {
    const [from, to] = [feature * classCount, (feature + 1) * classCount];
    return {
      total: total.subarray(from, to),
      mean: mean.subarray(from, to),
      variance: variance.subarray(from, to),
    };
  };
}
