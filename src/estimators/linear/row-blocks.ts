/**
 * Rows of an iterative fit as blocks of standardised columns, with the constant 1 as the last row, so
 * that each step is a few products per block.
 */
import type { Matrix } from "../../features/index.ts";
import type { Affine } from "./affine.ts";
import { blockWidth, columnMeans } from "./moments.ts";

/** What a fit needs to know of its rows besides their values. */
export interface Standardised {
  /** Features that vary. Shape [q − 1]. */
  readonly used: Int32Array;
  readonly mean: Float64Array;
  /** Standard deviations of `used`. */
  readonly deviation: Float64Array;
  /** Rows of a block: `used` and the constant. */
  readonly q: number;
  /** Columns of a block. */
  readonly width: number;
  /** The target [1, width]; of more outputs 1 where the row is of the class, [outputs, width]. */
  readonly y: readonly Float64Array[];
  /** Weights, 0 after the last row. Shape [1, width]. */
  readonly weight: readonly Float64Array[];
  /** Rows of the parameters: 1 for a number or two classes, else the number of classes. */
  readonly outputs: number;
  readonly totalWeight: number;
  /** Weighted mean of the target, or of the class codes. */
  readonly targetMean: number;
  readonly rowCount: number;
}

export interface RowBlocks extends Standardised {
  /** Standardised values; row-major [q, width], zeros after the last row. */
  readonly z: readonly Float64Array[];
}

/**
 * @param target - A number a row; of more outputs its class, 0 … outputs − 1.
 * @throws MillwrightError for a category or a value that is not finite.
 */
export function rowBlocks(
  family: string,
  x: Matrix,
  target: ArrayLike<number>,
  outputs: number,
  weight: Float64Array | undefined,
): RowBlocks {
  const mean = columnMeans(family, x, weight);
  const spread = Float64Array.from(x.columns, (column, j) => deviationAbout(column, mean[j]!));
  const used = Int32Array.from(mean, (_, j) => j).filter(
    (j) => spread[j]! > 1e-13 * Math.abs(mean[j]!) && spread[j]! > 0,
  );
  const q = used.length + 1;
  const width = blockWidth(x.rowCount);
  const z: Float64Array[] = [];
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
    z.push(block);
  }
  const deviation = Float64Array.from(used, (j) => spread[j]!);
  return { used, mean, deviation, q, z, ...targetsOf(x.rowCount, width, target, outputs, weight) };
}

/** Targets and weights in blocks of `width` rows. */
export function targetsOf(
  rowCount: number,
  width: number,
  target: ArrayLike<number>,
  outputs: number,
  weight: Float64Array | undefined,
) {
  const y: Float64Array[] = [];
  const weights: Float64Array[] = [];
  let totalWeight = 0;
  let total = 0;
  for (let start = 0; start < rowCount; start += width) {
    const count = Math.min(width, rowCount - start);
    const labels = new Float64Array(outputs * width);
    const w = new Float64Array(width);
    for (let i = 0; i < count; i++) {
      const value = target[start + i]!;
      if (outputs > 1) labels[value * width + i] = 1;
      else labels[i] = value;
      w[i] = weight?.[start + i] ?? 1;
      totalWeight += w[i]!;
      total += w[i]! * value;
    }
    y.push(labels);
    weights.push(w);
  }
  return {
    width,
    y,
    weight: weights,
    outputs,
    totalWeight,
    targetMean: total / totalWeight,
    rowCount,
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

/** Parameters per unit of the given features. */
export function onFeatures(v: Float64Array, { used, deviation, mean, q, outputs }: Standardised) {
  const coefficients: Float64Array[] = [];
  const intercepts = new Float64Array(outputs);
  for (let k = 0; k < outputs; k++) {
    const b = new Float64Array(mean.length);
    let constant = v[k * q + used.length]!;
    used.forEach((j, a) => {
      b[j] = v[k * q + a]! / deviation[a]!;
      constant -= b[j]! * mean[j]!;
    });
    coefficients.push(b);
    intercepts[k] = constant;
  }
  return { coefficients, intercepts };
}

/**
 * Where an affine function is taken: at the means, so that a large offset costs no digits. Sparse rows whose means
 * are small beside their spread are taken at 0: subtracting would cost the graph another dense value.
 */
export function aboutMean(
  v: Float64Array,
  intercepts: Float64Array,
  blocks: Standardised,
): Pick<Affine, "mean" | "offset"> {
  const { mean, used, deviation, q, outputs } = blocks;
  if ("rows" in blocks && used.every((j, a) => Math.abs(mean[j]!) < 100 * deviation[a]!))
    return { mean: new Float64Array(mean.length), offset: intercepts };
  return { mean, offset: Float64Array.from({ length: outputs }, (_, k) => v[(k + 1) * q - 1]!) };
}

/** One output as an affine function; importance is the spread that each feature gives the score. */
export function affineOf(v: Float64Array, blocks: Standardised) {
  const { coefficients, intercepts } = onFeatures(v, blocks);
  const importance = new Float64Array(blocks.mean.length);
  blocks.used.forEach((j, a) => {
    importance[j] = Math.abs(v[a]!);
  });
  const affine: Affine = {
    coefficients: [coefficients[0]!],
    ...aboutMean(v, intercepts, blocks),
  };
  return { affine, coefficients: coefficients[0]!, intercept: intercepts[0]!, importance };
}

/** Factor of a squared penalty per parameter of one output, 0 for the constant. Shape [q]. */
export function penaltyFactors({ q, deviation }: Standardised, standardize: boolean): Float64Array {
  const factors = new Float64Array(q);
  for (let a = 0; a < deviation.length; a++) factors[a] = standardize ? 1 : 1 / deviation[a]! ** 2;
  return factors;
}
