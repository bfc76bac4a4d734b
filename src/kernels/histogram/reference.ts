/** The plain reference of the histogram kernel: sums of gradient and hessian per feature and bin, with BigInt-free doubles. */

/**
 * @param columns - Bins of each feature by row number.
 * @param gradients - Quantised gradient and hessian by row number, interleaved.
 * @param rows - Row numbers to add.
 * @returns Per feature 256 pairs (gradient sum, hessian sum), exact integers.
 */
export function histogramReference(
  columns: readonly Uint8Array[],
  gradients: Float64Array,
  rows: Uint32Array,
): Float64Array[] {
  return columns.map((bins) => {
    const sums = new Float64Array(512);
    for (const row of rows) {
      const slot = 2 * bins[row]!;
      sums[slot]! += gradients[2 * row]!;
      sums[slot + 1]! += gradients[2 * row + 1]!;
    }
    return sums;
  });
}
