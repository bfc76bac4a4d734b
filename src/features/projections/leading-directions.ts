/**
 * The leading eigenvectors of a symmetric matrix that is only known by its products.
 *
 * A random block of directions is multiplied by the matrix and made orthonormal again until its values stand
 * still: randomised subspace iteration with ten directions to spare. Source: Halko, Martinsson & Tropp 2011,
 * SIAM Review 53:217–288, algorithm 4.4.
 */
import type { Random } from "../../core/index.ts";
import { makeLargestPositive, symmetricEigen } from "./symmetric-eigen.ts";

export interface LeadingOptions {
  readonly random: Random;
  readonly mostRounds: number;
  /** Eigenvalues that change by less, relative to the largest, stand still; directions err by its square root. */
  readonly stillness: number;
}

const spare = 10;

/**
 * @param product - The matrix times each direction; a block is row-major [width, size].
 * @param kept - How many, at most `size`.
 * @returns Unit directions, row-major [kept, size], the largest entry of each positive; eigenvalues, descending.
 */
export function leadingDirections(
  product: (block: Float64Array, width: number) => Float64Array,
  size: number,
  kept: number,
  { random, mostRounds, stillness }: LeadingOptions,
): { readonly directions: Float64Array; readonly values: Float64Array } {
  const width = Math.min(kept + spare, size);
  let block: Float64Array = Float64Array.from({ length: width * size }, () => random.normal());
  orthonormalise(block, width, size);
  let before: Float64Array = new Float64Array(width);
  for (let round = 0; ; round++) {
    const multiplied = product(block, width);
    // Rayleigh–Ritz: the block's own best directions and their values.
    const small = new Float64Array(width * width);
    for (let a = 0; a < width; a++) {
      for (let b = a; b < width; b++) {
        let sum = 0;
        for (let j = 0; j < size; j++) sum += block[a * size + j]! * multiplied[b * size + j]!;
        small[a * width + b] = sum;
        small[b * width + a] = sum;
      }
    }
    const { values, vectors } = symmetricEigen(small, width);
    const largest = Math.max(values[0]!, Number.MIN_VALUE);
    const still = values.subarray(0, kept).every((v, i) => Math.abs(v - before[i]!) <= stillness * largest);
    if (still || round === mostRounds) {
      const directions = new Float64Array(kept * size);
      for (let c = 0; c < kept; c++) {
        const direction = directions.subarray(c * size, (c + 1) * size);
        for (let a = 0; a < width; a++)
          for (let j = 0; j < size; j++) direction[j]! += vectors[c * width + a]! * block[a * size + j]!;
        makeLargestPositive(direction);
      }
      return { directions, values: values.slice(0, kept) };
    }
    before = values;
    block = multiplied;
    orthonormalise(block, width, size);
  }
}

/** Gram–Schmidt, twice for full precision; a direction that depends on those before becomes 0. */
function orthonormalise(block: Float64Array, width: number, size: number): void {
  for (let c = 0; c < width; c++) {
    const own = block.subarray(c * size, (c + 1) * size);
    const before = lengthOf(own);
    for (let pass = 0; pass < 2; pass++) {
      for (let b = 0; b < c; b++) {
        let sum = 0;
        for (let j = 0; j < size; j++) sum += own[j]! * block[b * size + j]!;
        for (let j = 0; j < size; j++) own[j]! -= sum * block[b * size + j]!;
      }
    }
    const length = lengthOf(own);
    const scale = length > 1e-12 * before ? 1 / length : 0;
    for (let j = 0; j < size; j++) own[j]! *= scale;
  }
}

function lengthOf(vector: Float64Array): number {
  let squares = 0;
  for (const value of vector) squares += value * value;
  return Math.sqrt(squares);
}
