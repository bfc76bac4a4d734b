/**
 * The directions along which rows reach furthest from zero: the first right singular vectors of a matrix.
 *
 * Unlike principal components nothing is subtracted, so that sparse rows stay sparse. Up to 300 features it
 * is exact, by the eigenvectors of XᵀX. Above, `leading-directions.ts` finds them.
 */
import type { Random } from "../../core/index.ts";
import type { Matrix } from "../matrix.ts";
import { leadingDirections } from "./leading-directions.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

export interface SingularDirections {
  /** Unit directions, row-major [components, features]; the largest entry of each is positive. */
  readonly components: Float64Array;
  /** Descending. Shape [components]. */
  readonly values: Float64Array;
}

export interface TruncatedSvdFit {
  readonly random: Random;
  /** Exact up to so many features. */
  readonly exactFeatures?: number;
}

const mostRounds = 100;
/** Squared singular values that change by less stand still, relative; the directions err by its square root. */
const stillness = 1e-14;

/** @param count - Most directions; there are no more than features or rows. */
export function singularDirections(
  x: Matrix,
  count: number,
  { random, exactFeatures = 300 }: TruncatedSvdFit,
): SingularDirections {
  const p = x.features.length;
  const kept = Math.max(1, Math.min(count, p, x.rowCount));
  if (p <= exactFeatures) {
    const identity = new Float64Array(p * p);
    for (let j = 0; j < p; j++) identity[j * p + j] = 1;
    const { values, vectors } = symmetricEigen(gramProduct(x, identity, p), p);
    return {
      components: vectors.slice(0, kept * p),
      values: values.slice(0, kept).map((value) => Math.sqrt(Math.max(0, value))),
    };
  }
  const { directions, values } = leadingDirections((block, width) => gramProduct(x, block, width), p, kept, {
    random,
    mostRounds,
    stillness,
  });
  return { components: directions, values: values.map((value) => Math.sqrt(Math.max(0, value))) };
}

/** Every direction times XᵀX: one pass over the rows. Directions are row-major [width, features]. */
function gramProduct(x: Matrix, directions: Float64Array, width: number): Float64Array {
  const p = x.features.length;
  const out = new Float64Array(width * p);
  const along = new Float64Array(width);
  if (x.sparse !== undefined) {
    const { starts, index, values } = x.sparse;
    for (let i = 0; i < x.rowCount; i++) {
      const [from, to] = [starts[i]!, starts[i + 1]!];
      for (let c = 0; c < width; c++) {
        let sum = 0;
        for (let at = from; at < to; at++) sum += values[at]! * directions[c * p + index[at]!]!;
        along[c] = sum;
      }
      for (let c = 0; c < width; c++)
        if (along[c] !== 0)
          for (let at = from; at < to; at++) out[c * p + index[at]!]! += along[c]! * values[at]!;
    }
    return out;
  }
  const row = new Float64Array(p);
  for (let i = 0; i < x.rowCount; i++) {
    for (let j = 0; j < p; j++) row[j] = x.columns[j]![i]!;
    for (let c = 0; c < width; c++) {
      let sum = 0;
      for (let j = 0; j < p; j++) sum += row[j]! * directions[c * p + j]!;
      if (sum !== 0) for (let j = 0; j < p; j++) out[c * p + j]! += sum * row[j]!;
    }
  }
  return out;
}
