// Histograms of quantised gradients: one 64-bit sum a bin, the gradient in the high half and the
// hessian in the low half, so that one integer addition moves both and any order gives the same bits.
// Bins are rows of bytes in blocks of at most 32 features; a feature owns 256 slots of 8 bytes.

/** Bytes of one feature's histogram. */
const WIDTH: usize = 2048;

// @ts-ignore: decorator
@inline
function add(slot: usize, gh: i64): void {
  store<i64>(slot, load<i64>(slot) + gh);
}

// @ts-ignore: decorator
@inline
function addQuad(bins: usize, hist: usize, gh: i64): void {
  add(hist + (<usize>load<u8>(bins) << 3), gh);
  add(hist + WIDTH + (<usize>load<u8>(bins, 1) << 3), gh);
  add(hist + WIDTH * 2 + (<usize>load<u8>(bins, 2) << 3), gh);
  add(hist + WIDTH * 3 + (<usize>load<u8>(bins, 3) << 3), gh);
}

/**
 * Adds rows to the histograms of four-feature groups of one block.
 *
 * @param bins - Row-major bytes of the block: row r begins at bins + r * stride.
 * @param rows - u32 row numbers, or 0 for the rows begin … end − 1 themselves.
 * @param gh - i64 packed gradient and hessian by row number.
 * @param quads - u32 numbers of the groups within the block: group q holds features 4q … 4q + 3.
 * @param hist - Histograms of the block, feature after feature.
 */
export function histogram(
  bins: usize, stride: usize, rows: usize, gh: usize, begin: u32, end: u32,
  quads: usize, quadCount: u32, hist: usize,
): void {
  const last = quads + (<usize>quadCount << 2);
  for (let i = begin; i < end; i++) {
    const row = <usize>(rows == 0 ? i : load<u32>(rows + (<usize>i << 2)));
    const value = load<i64>(gh + (row << 3));
    const base = bins + row * stride;
    for (let q = quads; q < last; q += 4) {
      const quad = <usize>load<u32>(q);
      addQuad(base + (quad << 2), hist + quad * (WIDTH * 4), value);
    }
  }
}
