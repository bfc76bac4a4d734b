// Histograms of quantised gradients: one 64-bit sum a bin, the gradient in the high half and the
// hessian in the low half, so that one integer addition moves both and any order gives the same bits.
// Bins are rows of bytes in blocks of at most 32 features; a feature owns 256 slots of 8 bytes.
//
// The rows of a leaf lie scattered, and the additions of one row fill the processor's window, so that cache misses
// would be waited for one by one. A first short loop therefore copies a tile of rows side by side, its misses
// overlapping; the second adds from the tile. Measured on 1,000,000 × 28: 0.65 ns a value at every density of rows,
// against 1.2 … 1.5 ns without tiles below one row in eight.

/** Bytes of one feature's histogram. */
const WIDTH: usize = 2048;
/** Rows of a tile: 32 bytes of bins and 8 of gradients each. */
const TILE: u32 = 128;

// @ts-ignore: decorator
@inline
function add(slot: usize, gh: i64): void {
  store<i64>(slot, load<i64>(slot) + gh);
}

/** Four features: bins at `bins`, histograms at `hist`. */
// @ts-ignore: decorator
@inline
function addQuad(bins: usize, hist: usize, gh: i64): void {
  add(hist + (<usize>load<u8>(bins) << 3), gh);
  add(hist + WIDTH + (<usize>load<u8>(bins, 1) << 3), gh);
  add(hist + WIDTH * 2 + (<usize>load<u8>(bins, 2) << 3), gh);
  add(hist + WIDTH * 3 + (<usize>load<u8>(bins, 3) << 3), gh);
}

/** All rows of a tile, with a number of four-feature groups known when compiling. */
// @ts-ignore: decorator
@inline
function addRows(tile: usize, gradients: usize, count: usize, hist: usize, quads: i32): void {
  for (let i: usize = 0; i < count; i++) {
    const gh = load<i64>(gradients + (i << 3));
    const bins = tile + (i << 5);
    addQuad(bins, hist, gh);
    if (quads > 1) addQuad(bins + 4, hist + WIDTH * 4, gh);
    if (quads > 2) addQuad(bins + 8, hist + WIDTH * 8, gh);
    if (quads > 3) addQuad(bins + 12, hist + WIDTH * 12, gh);
    if (quads > 4) addQuad(bins + 16, hist + WIDTH * 16, gh);
    if (quads > 5) addQuad(bins + 20, hist + WIDTH * 20, gh);
    if (quads > 6) addQuad(bins + 24, hist + WIDTH * 24, gh);
    if (quads > 7) addQuad(bins + 28, hist + WIDTH * 28, gh);
  }
}

/**
 * Adds rows to the histograms of one block.
 *
 * @param bins - Row-major bytes of the block: row r begins at bins + r * stride; 32 bytes are read.
 * @param stride - Bytes from row to row: four times the number of four-feature groups.
 * @param rows - u32 row numbers; those from `begin` to `end` are added.
 * @param gh - i64 packed gradient and hessian by row number.
 * @param quads - u32 numbers of the groups to sum: group q holds features 4q … 4q + 3.
 * @param hist - Histograms of the block, feature after feature.
 * @param tile - 5120 bytes of this thread.
 */
export function histogram(
  bins: usize, stride: usize, rows: usize, gh: usize, begin: u32, end: u32,
  quads: usize, quadCount: u32, hist: usize, tile: usize,
): void {
  const gradients = tile + <usize>TILE * 32;
  const all = <usize>quadCount << 2 == stride;
  const last = quads + (<usize>quadCount << 2);
  for (let start = begin; start < end; start += TILE) {
    const count = <usize>min(TILE, end - start);
    const list = rows + (<usize>start << 2);
    for (let i: usize = 0; i < count; i++) {
      const row = <usize>load<u32>(list + (i << 2));
      const from = bins + row * stride;
      const to = tile + (i << 5);
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      store<i64>(gradients + (i << 3), load<i64>(gh + (row << 3)));
    }
    if (!all) {
      for (let q = quads; q < last; q += 4) {
        const quad = <usize>load<u32>(q);
        const own = hist + quad * (WIDTH * 4);
        const from = tile + (quad << 2);
        for (let i: usize = 0; i < count; i++) addQuad(from + (i << 5), own, load<i64>(gradients + (i << 3)));
      }
    } else if (quadCount == 8) addRows(tile, gradients, count, hist, 8);
    else if (quadCount == 7) addRows(tile, gradients, count, hist, 7);
    else if (quadCount == 6) addRows(tile, gradients, count, hist, 6);
    else if (quadCount == 5) addRows(tile, gradients, count, hist, 5);
    else if (quadCount == 4) addRows(tile, gradients, count, hist, 4);
    else if (quadCount == 3) addRows(tile, gradients, count, hist, 3);
    else if (quadCount == 2) addRows(tile, gradients, count, hist, 2);
    else addRows(tile, gradients, count, hist, 1);
  }
}
