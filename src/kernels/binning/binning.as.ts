// Values to bins: a branch-free binary search in at most 255 sorted edges. A value's bin is the number of
// edges below it (v <= edges[b] holds for its bin b and not before); NaN has the bin after the last.

/**
 * Bins doubles, `count` of them, into a column and into the row-major block.
 *
 * @param values - f64 by row.
 * @param edges - f64, 256 of them: the real edges, then +Infinity.
 * @param missing - The bin of NaN.
 * @param column - Receives one byte a row; 0 for none.
 * @param block - Receives the same bytes, `stride` apart.
 */
export function binDoubles(
  values: usize, count: u32, edges: usize, missing: u32, column: usize, block: usize, stride: usize,
): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const v = load<f64>(values + (i << 3));
    let at = edges;
    at += <usize>(load<f64>(at, 127 * 8) < v) << 10;
    at += <usize>(load<f64>(at, 63 * 8) < v) << 9;
    at += <usize>(load<f64>(at, 31 * 8) < v) << 8;
    at += <usize>(load<f64>(at, 15 * 8) < v) << 7;
    at += <usize>(load<f64>(at, 7 * 8) < v) << 6;
    at += <usize>(load<f64>(at, 3 * 8) < v) << 5;
    at += <usize>(load<f64>(at, 1 * 8) < v) << 4;
    at += <usize>(load<f64>(at) < v) << 3;
    const bin = v != v ? missing : <u32>((at - edges) >> 3);
    if (column != 0) store<u8>(column + i, bin);
    store<u8>(block + i * stride, bin);
  }
}

/** The same for floats; `edges` are f32. */
export function binFloats(
  values: usize, count: u32, edges: usize, missing: u32, column: usize, block: usize, stride: usize,
): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const v = load<f32>(values + (i << 2));
    let at = edges;
    at += <usize>(load<f32>(at, 127 * 4) < v) << 9;
    at += <usize>(load<f32>(at, 63 * 4) < v) << 8;
    at += <usize>(load<f32>(at, 31 * 4) < v) << 7;
    at += <usize>(load<f32>(at, 15 * 4) < v) << 6;
    at += <usize>(load<f32>(at, 7 * 4) < v) << 5;
    at += <usize>(load<f32>(at, 3 * 4) < v) << 4;
    at += <usize>(load<f32>(at, 1 * 4) < v) << 3;
    at += <usize>(load<f32>(at) < v) << 2;
    const bin = v != v ? missing : <u32>((at - edges) >> 2);
    if (column != 0) store<u8>(column + i, bin);
    store<u8>(block + i * stride, bin);
  }
}
