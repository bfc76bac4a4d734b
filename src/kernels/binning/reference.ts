/** The plain reference of the binning kernel: count the edges below each value. */

/** @returns One bin a value: the number of edges below it, or `missing` for NaN. */
export function binReference(
  values: Float32Array | Float64Array,
  edges: Float64Array,
  missing: number,
): Uint8Array {
  return Uint8Array.from(values, (value) => {
    if (Number.isNaN(value)) return missing;
    let bin = 0;
    for (const edge of edges) if (edge < value) bin++;
    return bin;
  });
}
