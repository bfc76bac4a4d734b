/**
 * Least squares where features are as many as rows or more: through the products of rows, of which there are fewer.
 *
 * With Z = √w (x − mean) / √penalty the coefficients are (x − mean)ᵀ √w a / penalty, where
 * (Z Zᵀ + I) a = √w (y − yMean). Without a penalty a faint one, in proportion to each
 * spread, stands in, and repeating the step on what is left takes its effect away: the answer of
 * least norm in standard deviations. Source: Saunders, Gammerman & Vovk 1998, ICML; iterated
 * Tikhonov: Engl, Hanke & Neubauer 1996, Regularization of Inverse Problems, section 5.1.
 */
import type { Matrix } from "../../features/index.ts";
import { cholesky, choleskySolve, multiplySymmetric } from "./cholesky.ts";
import { gramOfBlocks } from "./gram.ts";
import type { Rows, Solution } from "./least-squares.ts";
import { columnMeans, type Design, gramLimit, varyingFeatures } from "./moments.ts";

/** Features per block of the product. */
const blockFeatures = 512;
/** Smallest number of features for which it pays. */
const fewestFeatures = 256;
/** The faint penalty, as a share of the mean product, and how often its effect is taken away. */
const faint = 1e-8;
const repeats = 4;

export function isWide(x: Matrix): boolean {
  return x.columns.length >= fewestFeatures && x.columns.length >= x.rowCount && x.rowCount <= gramLimit;
}

/** Means and spreads. @throws MillwrightError for a category or a value that is not finite. */
export function wideDesign(family: string, { x, y, weight }: Rows, center: boolean): Design {
  const n = x.rowCount;
  const weightOf = (i: number): number => weight?.[i] ?? 1;
  let totalWeight = 0;
  for (let i = 0; i < n; i++) totalWeight += weightOf(i);
  const means = columnMeans(family, x, weight);
  const mean = center ? means : new Float64Array(means.length);
  let yMean = 0;
  if (center) for (let i = 0; i < n; i++) yMean += (weightOf(i) * y[i]!) / totalWeight;
  const spreadOf = (column: Float32Array | Float64Array, middle: number): number => {
    let total = 0;
    for (let i = 0; i < n; i++) total += weightOf(i) * (column[i]! - middle) ** 2;
    return total;
  };
  return {
    mean,
    yMean,
    spread: Float64Array.from(x.columns, (column, j) => spreadOf(column, mean[j]!)),
    yy: spreadOf(y, yMean),
    totalWeight,
    centred: center,
  };
}

/**
 * Minimises ½ Σ w (y − x b)² + ½ Σ penalty b².
 *
 * @param penalty - Per feature, above 0; undefined for none.
 */
export async function solveWide(
  design: Design,
  { x, y, weight }: Rows,
  penalty: Float64Array | undefined,
  threads: number,
): Promise<Solution> {
  const n = x.rowCount;
  const used = varyingFeatures(design);
  const root = Float64Array.from(y, (_, i) => Math.sqrt(weight?.[i] ?? 1));
  const inverse = Float64Array.from(used, (j) =>
    penalty === undefined ? n / (used.length * faint * design.spread[j]!) : 1 / penalty[j]!,
  );
  const products = await gramOfBlocks(
    { blockCount: Math.ceil(used.length / blockFeatures), rows: n, columns: blockFeatures, threads },
    (block, out, width) => {
      out.fill(0);
      for (let c = 0; c < width && block * width + c < used.length; c++) {
        const a = block * width + c;
        const column = x.columns[used[a]!]!;
        const mean = design.mean[used[a]!]!;
        const factor = Math.sqrt(inverse[a]!);
        for (let i = 0; i < n; i++) out[i * width + c] = (column[i]! - mean) * root[i]! * factor;
      }
    },
  );
  const system = products.slice();
  for (let i = 0; i < n; i++) system[i * n + i]! += 1;
  // At least 1 on the diagonal beside a semidefinite matrix: only an overflow could break it.
  const l = cholesky(system, n) ?? system;
  const target = Float64Array.from(y, (v, i) => (v - design.yMean) * root[i]!);
  const dual = choleskySolve(l, n, target.slice());
  for (let k = 1; penalty === undefined && k < repeats; k++) {
    const fitted = multiplySymmetric(products, n, dual);
    const change = choleskySolve(
      l,
      n,
      target.map((v, i) => v - fitted[i]!),
    );
    for (let i = 0; i < n; i++) dual[i]! += change[i]!;
  }
  const coefficients = new Float64Array(x.columns.length);
  used.forEach((j, a) => {
    const column = x.columns[j]!;
    let total = 0;
    for (let i = 0; i < n; i++) total += (column[i]! - design.mean[j]!) * root[i]! * dual[i]!;
    coefficients[j] = total * inverse[a]!;
  });
  return { coefficients, method: "by rows", rank: Math.min(used.length, n - (design.centred ? 1 : 0)) };
}
