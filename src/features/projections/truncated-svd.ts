/**
 * The directions along which rows reach furthest from zero: the first right singular vectors of a matrix.
 *
 * Unlike principal components nothing is subtracted, so that sparse rows stay sparse. Up to 300 features it
 * is exact, by the eigenvectors of XᵀX. Above, a random block of directions is multiplied by XᵀX and made
 * orthonormal again until its values stand still: randomised subspace iteration with ten directions to
 * spare. Source: Halko, Martinsson & Tropp 2011, SIAM Review 53:217–288, algorithm 4.4.
 */
import type { Random } from "../../core/index.ts";
import type { Matrix } from "../matrix.ts";
import { makeLargestPositive, symmetricEigen } from "./symmetric-eigen.ts";

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

const spare = 10;
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
  const width = Math.min(kept + spare, p);
  let block: Float64Array = Float64Array.from({ length: width * p }, () => random.normal());
  orthonormalise(block, width, p);
  let before: Float64Array = new Float64Array(width);
  for (let round = 0; ; round++) {
    const product = gramProduct(x, block, width);
    // Rayleigh–Ritz: the block's own best directions and their values.
    const small = new Float64Array(width * width);
    for (let a = 0; a < width; a++) {
      for (let b = a; b < width; b++) {
        let sum = 0;
        for (let j = 0; j < p; j++) sum += block[a * p + j]! * product[b * p + j]!;
        small[a * width + b] = sum;
        small[b * width + a] = sum;
      }
    }
    const { values, vectors } = symmetricEigen(small, width);
    const largest = Math.max(values[0]!, Number.MIN_VALUE);
    const still = values.subarray(0, kept).every((v, i) => Math.abs(v - before[i]!) <= stillness * largest);
    if (still || round === mostRounds) {
      const components = new Float64Array(kept * p);
      for (let c = 0; c < kept; c++) {
        const direction = components.subarray(c * p, (c + 1) * p);
        for (let a = 0; a < width; a++)
          for (let j = 0; j < p; j++) direction[j]! += vectors[c * width + a]! * block[a * p + j]!;
        makeLargestPositive(direction);
      }
      return { components, values: values.slice(0, kept).map((value) => Math.sqrt(Math.max(0, value))) };
    }
    before = values;
    block = product;
    orthonormalise(block, width, p);
  }
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

/** Gram–Schmidt, twice for full precision; a direction that depends on those before becomes 0. */
function orthonormalise(block: Float64Array, width: number, p: number): void {
  for (let c = 0; c < width; c++) {
    const own = block.subarray(c * p, (c + 1) * p);
    const before = lengthOf(own);
    for (let pass = 0; pass < 2; pass++) {
      for (let b = 0; b < c; b++) {
        let sum = 0;
        for (let j = 0; j < p; j++) sum += own[j]! * block[b * p + j]!;
        for (let j = 0; j < p; j++) own[j]! -= sum * block[b * p + j]!;
      }
    }
    const length = lengthOf(own);
    const scale = length > 1e-12 * before ? 1 / length : 0;
    for (let j = 0; j < p; j++) own[j]! *= scale;
  }
}

function lengthOf(vector: Float64Array): number {
  let squares = 0;
  for (const value of vector) squares += value * value;
  return Math.sqrt(squares);
}
