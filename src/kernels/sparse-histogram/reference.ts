/** The plain reference of the sparse histogram kernel: the same sums over rows of [feature, slot] pairs. */

/**
 * @param entries - By row number: feature and slot of each entry.
 * @param gradients - Quantised gradient and hessian by row number, interleaved.
 * @param rows - Row numbers to add.
 * @param features - Features from the first to before the second take part.
 * @returns Pairs (gradient sum, hessian sum) by feature and by slot, exact integers.
 */
export function sparseHistogramReference(
  entries: readonly (readonly (readonly [feature: number, slot: number])[])[],
  gradients: Float64Array,
  rows: Uint32Array,
  [first, last]: readonly [number, number],
  size: { readonly features: number; readonly slots: number },
): { covered: Float64Array; slots: Float64Array } {
  const covered = new Float64Array(2 * size.features);
  const slots = new Float64Array(2 * size.slots);
  for (const row of rows) {
    for (const [feature, slot] of entries[row]!) {
      if (feature < first || feature >= last) continue;
      for (const part of [0, 1]) {
        covered[2 * feature + part]! += gradients[2 * row + part]!;
        slots[2 * slot + part]! += gradients[2 * row + part]!;
      }
    }
  }
  return { covered, slots };
}
