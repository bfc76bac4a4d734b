/**
 * Rows of a logistic fit as blocks of standardised columns, with the constant 1 as the last row, so
 * that each step is a few products per block.
 */
import type { Matrix } from "../../features/index.ts";
import { blockWidth, columnMeans } from "./moments.ts";

export interface LogisticBlocks {
  /** Features that vary. Shape [q − 1]. */
  readonly used: Int32Array;
  readonly mean: Float64Array;
  /** Standard deviations of `used`. */
  readonly deviation: Float64Array;
  /** Rows of a block: `used` and the constant. */
  readonly q: number;
  /** Columns of a block. */
  readonly width: number;
  /** Standardised values; row-major [q, width], zeros after the last row. */
  readonly z: readonly Float64Array[];
  /** 1 where the row is of the class: [1, width] for two classes (the second one), else [classes, width]. */
  readonly y: readonly Float64Array[];
  /** Weights, 0 after the last row. Shape [1, width]. */
  readonly weight: readonly Float64Array[];
  /** Rows of the parameters: 1 for two classes, else the number of classes. */
  readonly outputs: number;
  readonly totalWeight: number;
  readonly rowCount: number;
}

/**
 * @param codes - Class of each row, 0 … classCount − 1, every class present.
 * @throws MillwrightError for a category or a value that is not finite.
 */
export function logisticBlocks(
  family: string,
  x: Matrix,
  codes: Int32Array,
  classCount: number,
  weight: Float64Array | undefined,
): LogisticBlocks {
  const mean = columnMeans(family, x, weight);
  const spread = Float64Array.from(x.columns, (column, j) => deviationAbout(column, mean[j]!));
  const used = Int32Array.from(mean, (_, j) => j).filter(
    (j) => spread[j]! > 1e-13 * Math.abs(mean[j]!) && spread[j]! > 0,
  );
  const q = used.length + 1;
  const width = blockWidth(x.rowCount);
  const outputs = classCount === 2 ? 1 : classCount;
  const z: Float64Array[] = [];
  const y: Float64Array[] = [];
  const weights: Float64Array[] = [];
  let totalWeight = 0;
  for (let start = 0; start < x.rowCount; start += width) {
    const count = Math.min(width, x.rowCount - start);
    const block = new Float64Array(q * width);
    used.forEach((j, a) => {
      block.set(x.columns[j]!.subarray(start, start + count), a * width);
      const middle = mean[j]!;
      const inverse = 1 / spread[j]!;
      for (let i = a * width; i < a * width + count; i++) block[i] = (block[i]! - middle) * inverse;
    });
    block.fill(1, used.length * width, used.length * width + count);
    const labels = new Float64Array(outputs * width);
    const w = new Float64Array(width);
    for (let i = 0; i < count; i++) {
      const code = codes[start + i]!;
      if (outputs > 1) labels[code * width + i] = 1;
      else labels[i] = code;
      w[i] = weight?.[start + i] ?? 1;
      totalWeight += w[i]!;
    }
    z.push(block);
    y.push(labels);
    weights.push(w);
  }
  const deviation = Float64Array.from(used, (j) => spread[j]!);
  return {
    used,
    mean,
    deviation,
    q,
    width,
    z,
    y,
    weight: weights,
    outputs,
    totalWeight,
    rowCount: x.rowCount,
  };
}

function deviationAbout(column: Float32Array | Float64Array, mean: number): number {
  let s0 = 0;
  let s1 = 0;
  let i = 0;
  for (; i + 1 < column.length; i += 2) {
    const a = column[i]! - mean;
    const b = column[i + 1]! - mean;
    s0 += a * a;
    s1 += b * b;
  }
  if (i < column.length) s0 += (column[i]! - mean) ** 2;
  return Math.sqrt((s0 + s1) / column.length);
}
