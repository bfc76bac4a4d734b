/**
 * The elastic net's problem per unit of weight, in two forms: on second moments, where rows are read once;
 * and on the rows themselves, where features are as many as rows or too many to pair.
 *
 * The second keeps centred columns once; a fold is other weights on them. Products are formed for the few
 * features that the strong rule lets in.
 */
import { MillwrightError } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import type { Penalised } from "./coordinate-descent.ts";
import { columnMeans, type Design, gramLimit, type Moments, varyingFeatures } from "./moments.ts";

/** A problem, and the squared error of its solution on other rows. */
export interface FoldProblem extends Penalised {
  /** Σ w (y − answer)² over the rows left out; b in the problem's units. */
  errorOutside(b: Float64Array): number;
}

/** In the units that the penalty counts in. */
function unitsOf(design: Design, standardize: boolean): Float64Array {
  const unit = new Float64Array(design.mean.length);
  for (const j of varyingFeatures(design))
    unit[j] = standardize ? 1 / Math.sqrt(design.spread[j]! / design.totalWeight) : 1;
  return unit;
}

/** @param left - Moments of the rows that the error is counted on. */
export function momentsProblem(moments: Moments, standardize: boolean, left = moments): FoldProblem {
  const { totalWeight, gram } = moments;
  const p = moments.mean.length;
  const unit = unitsOf(moments, standardize);
  const xy = moments.xy.map((v, j) => (v * unit[j]!) / totalWeight);
  return {
    unit,
    xy,
    yy: moments.yy / totalWeight,
    inner: (i, j) => (gram[i * p + j]! * unit[i]! * unit[j]!) / totalWeight,
    rest(b) {
      const out = new Float64Array(p);
      for (let i = 0; i < p; i++) {
        const factor = b[i]! * unit[i]!;
        if (factor !== 0) for (let j = 0; j < p; j++) out[j]! += factor * gram[i * p + j]!;
      }
      for (let j = 0; j < p; j++) out[j] = xy[j]! - (out[j]! * unit[j]!) / totalWeight;
      return out;
    },
    errorOutside: (b) =>
      squaredError(
        b.map((value, j) => value * unit[j]!),
        moments,
        left,
      ),
  };
}

/** Σ w (y − yMean − (x − mean) b)² over the rows of other moments. */
function squaredError(b: Float64Array, fitted: Moments, rows: Moments): number {
  const p = b.length;
  let bias = rows.yMean - fitted.yMean;
  let total = rows.yy;
  for (let i = 0; i < p; i++) {
    if (b[i] === 0) continue;
    bias -= b[i]! * (rows.mean[i]! - fitted.mean[i]!);
    let inner = 0;
    for (let j = 0; j < p; j++) inner += rows.gram[i * p + j]! * b[j]!;
    total += b[i]! * (inner - 2 * rows.xy[i]!);
  }
  return total + rows.totalWeight * bias * bias;
}

/** Smallest number of features for which rows pay; most numbers that their copy may hold: 800 MB. */
const fewestFeatures = 256;
const copyLimit = 1e8;

/** Whether the problem is kept on rows. @throws MillwrightError `DATA_TOO_MANY_COLUMNS` where they are too many for that too. */
export function keepsRows(family: string, x: Matrix): boolean {
  const p = x.columns.length;
  if (p <= gramLimit && (p < fewestFeatures || p < x.rowCount)) return false;
  if (p * x.rowCount <= copyLimit) return true;
  if (p <= gramLimit) return false;
  throw new MillwrightError(
    "DATA_TOO_MANY_COLUMNS",
    `${family} keeps a copy of ${p} features over ${x.rowCount} rows, more than its ${copyLimit} numbers.`,
    "Keep fewer features or rows, or choose boosting or mlp.",
  );
}

/** Columns less their means, for problems under any weights. */
export interface CentredRows {
  readonly columns: readonly Float64Array[];
  readonly mean: Float64Array;
  readonly y: Float64Array;
  readonly yMean: number;
}

/** @throws MillwrightError for a category or a value that is not finite. */
export function centredRows(family: string, x: Matrix, y: Float64Array): CentredRows {
  const mean = columnMeans(family, x, undefined);
  const yMean = y.reduce((sum, v) => sum + v, 0) / y.length;
  return {
    columns: x.columns.map((column, j) => Float64Array.from(column, (v) => v - mean[j]!)),
    mean,
    y: y.map((v) => v - yMean),
    yMean,
  };
}

/** Means and spreads of rows under weights, on the given features. */
function designOf(rows: CentredRows, weight: Float64Array): Design {
  const totalWeight = weight.reduce((sum, w) => sum + w, 0);
  const meanOf = (column: Float64Array): number => weightedDot(column, weight) / totalWeight;
  const spreadOf = (column: Float64Array, mean: number): number => {
    let total = 0;
    for (let i = 0; i < column.length; i++) total += weight[i]! * (column[i]! - mean) ** 2;
    return total;
  };
  const shift = rows.columns.map(meanOf);
  const yShift = meanOf(rows.y);
  return {
    mean: rows.mean.map((m, j) => m + shift[j]!),
    yMean: rows.yMean + yShift,
    spread: Float64Array.from(rows.columns, (column, j) => spreadOf(column, shift[j]!)),
    yy: spreadOf(rows.y, yShift),
    totalWeight,
    centred: true,
  };
}

/** @param outside - Weights of the rows that the error is counted on. */
export function rowsProblem(
  rows: CentredRows,
  weight: Float64Array,
  standardize: boolean,
  outside = weight,
): FoldProblem & { readonly design: Design } {
  const design = designOf(rows, weight);
  const { totalWeight } = design;
  const unit = unitsOf(design, standardize);
  const shift = design.mean.map((m, j) => m - rows.mean[j]!);
  const yShift = design.yMean - rows.yMean;
  const n = rows.y.length;
  const pulls = (errors: Float64Array): Float64Array =>
    Float64Array.from(rows.columns, (column, j) => {
      if (unit[j] === 0) return 0;
      let total = 0;
      for (let i = 0; i < n; i++) total += column[i]! * errors[i]!;
      return (total * unit[j]!) / totalWeight;
    });
  /** y less the answer. */
  const errorsOf = (b: Float64Array): Float64Array => {
    const errors = rows.y.map((v) => v - yShift);
    for (let j = 0; j < b.length; j++) {
      const slope = b[j]! * unit[j]!;
      if (slope === 0) continue;
      const column = rows.columns[j]!;
      for (let i = 0; i < n; i++) errors[i]! -= slope * (column[i]! - shift[j]!);
    }
    return errors;
  };
  // Weighted errors add up to 0, so columns need not be centred again.
  const rest = (b: Float64Array): Float64Array => {
    const errors = errorsOf(b);
    for (let i = 0; i < n; i++) errors[i]! *= weight[i]!;
    return pulls(errors);
  };
  return {
    design,
    unit,
    xy: rest(new Float64Array(unit.length)),
    yy: design.yy / totalWeight,
    inner(i, j) {
      const a = rows.columns[i]!;
      const b = rows.columns[j]!;
      let product = -totalWeight * shift[i]! * shift[j]!;
      for (let k = 0; k < n; k++) product += weight[k]! * a[k]! * b[k]!;
      return (product * unit[i]! * unit[j]!) / totalWeight;
    },
    rest,
    errorOutside: (b) => errorsOf(b).reduce((sum, e, i) => sum + outside[i]! * e * e, 0),
  };
}

function weightedDot(values: Float64Array, weight: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]! * weight[i]!;
  return total;
}
