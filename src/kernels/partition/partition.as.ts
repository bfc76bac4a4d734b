// Stable partition of row numbers by a table of 256 bytes: does this bin go left?
// Both sides are stored and only one pointer moves, so no branch is mispredicted.

/**
 * Splits rows[begin … end) into two lists, each in the order of the rows.
 *
 * @param column - Bins of the split feature by row number, `stride` bytes apart.
 * @param goesLeft - 256 bytes, 1 where the bin goes left.
 * @param left - Receives row numbers going left; needs end − begin places.
 * @param right - Receives the others.
 * @returns Rows that went left.
 */
export function partition(
  column: usize, stride: usize, rows: usize, begin: u32, end: u32, goesLeft: usize, left: usize, right: usize,
): u32 {
  let l = left;
  let r = right;
  const last = rows + (<usize>end << 2);
  for (let p = rows + (<usize>begin << 2); p < last; p += 4) {
    const row = load<u32>(p);
    const side = <usize>load<u8>(goesLeft + <usize>load<u8>(column + <usize>row * stride));
    store<u32>(l, row);
    store<u32>(r, row);
    l += side << 2;
    r += (1 - side) << 2;
  }
  return <u32>((l - left) >> 2);
}
