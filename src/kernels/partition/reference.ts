/** The plain reference of the partition kernel: two filters. */

/** @returns Row numbers whose bin goes left, then the others, both in order. */
export function partitionReference(
  column: Uint8Array,
  rows: Uint32Array,
  goesLeft: Uint8Array,
): { left: Uint32Array; right: Uint32Array } {
  return {
    left: rows.filter((row) => goesLeft[column[row]!] === 1),
    right: rows.filter((row) => goesLeft[column[row]!] !== 1),
  };
}
