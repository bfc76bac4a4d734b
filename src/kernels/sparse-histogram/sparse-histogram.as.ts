// Histograms of sparse rows: only the values outside a feature's bin of zero are walked.
//
// A feature owns as many 64-bit sums as it has bins, one for missing values among them. The bin of zero is never
// added to: it is the leaf's total minus what the feature's other bins hold together, and those sums stand first, one
// a feature, so that a feature with too few rows outside that bin is passed over without reading its bins.

/** First entry from `from` on, before `to`, whose feature is at least `feature`. */
function lowerBound(features: usize, from: usize, to: usize, feature: u32): usize {
  while (from < to) {
    const middle = (from + to) >> 1;
    if (load<u32>(features + (middle << 2)) < feature) from = middle + 1;
    else to = middle;
  }
  return from;
}

/**
 * Adds the entries of rows to histograms, or takes them away.
 *
 * @param starts - u32 by row number: entries of row r are those from starts[r] to starts[r + 1].
 * @param features - u32 by entry, ascending in a row.
 * @param slots - u32 by entry: the place of its bin among all bins.
 * @param rows - u32 row numbers; those from `begin` to `end` are walked.
 * @param gh - i64 packed gradient and hessian by row number.
 * @param first - Features from `first` to `last` take part.
 * @param covered - i64 by feature: sums over its entries.
 * @param hist - i64 by slot.
 * @param away - Subtract instead.
 */
export function addSparseRows(
  starts: usize, features: usize, slots: usize, rows: usize, gh: usize, begin: u32, end: u32, first: u32, last: u32,
  covered: usize, hist: usize, away: bool,
): void {
  for (let i = <usize>begin; i < <usize>end; i++) {
    const row = <usize>load<u32>(rows + (i << 2));
    const own = load<i64>(gh + (row << 3));
    const value = away ? -own : own;
    const to = <usize>load<u32>(starts + (row << 2), 4);
    let at = <usize>load<u32>(starts + (row << 2));
    if (first > 0) at = lowerBound(features, at, to, first);
    for (; at < to; at++) {
      const feature = load<u32>(features + (at << 2));
      if (feature >= last) break;
      const sum = covered + (<usize>feature << 3);
      store<i64>(sum, load<i64>(sum) + value);
      const slot = hist + (<usize>load<u32>(slots + (at << 2)) << 3);
      store<i64>(slot, load<i64>(slot) + value);
    }
  }
}

/** Adds rows to `hist` and takes them away from `parentHist`, in one walk; the other parameters as above. */
export function moveSparseRows(
  starts: usize, features: usize, slots: usize, rows: usize, gh: usize, begin: u32, end: u32, first: u32, last: u32,
  covered: usize, hist: usize, parentCovered: usize, parentHist: usize,
): void {
  const coveredDistance = parentCovered - covered;
  const distance = parentHist - hist;
  for (let i = <usize>begin; i < <usize>end; i++) {
    const row = <usize>load<u32>(rows + (i << 2));
    const value = load<i64>(gh + (row << 3));
    const to = <usize>load<u32>(starts + (row << 2), 4);
    let at = <usize>load<u32>(starts + (row << 2));
    if (first > 0) at = lowerBound(features, at, to, first);
    for (; at < to; at++) {
      const feature = load<u32>(features + (at << 2));
      if (feature >= last) break;
      const sum = covered + (<usize>feature << 3);
      store<i64>(sum, load<i64>(sum) + value);
      store<i64>(sum + coveredDistance, load<i64>(sum + coveredDistance) - value);
      const slot = hist + (<usize>load<u32>(slots + (at << 2)) << 3);
      store<i64>(slot, load<i64>(slot) + value);
      store<i64>(slot + distance, load<i64>(slot + distance) - value);
    }
  }
}

/** Makes zero what rows were added to. */
export function clearSparseRows(
  starts: usize, features: usize, slots: usize, rows: usize, begin: u32, end: u32, first: u32, last: u32,
  covered: usize, hist: usize,
): void {
  for (let i = <usize>begin; i < <usize>end; i++) {
    const row = <usize>load<u32>(rows + (i << 2));
    const to = <usize>load<u32>(starts + (row << 2), 4);
    let at = <usize>load<u32>(starts + (row << 2));
    if (first > 0) at = lowerBound(features, at, to, first);
    for (; at < to; at++) {
      const feature = load<u32>(features + (at << 2));
      if (feature >= last) break;
      store<i64>(covered + (<usize>feature << 3), 0);
      store<i64>(hist + (<usize>load<u32>(slots + (at << 2)) << 3), 0);
    }
  }
}

/**
 * One feature's histogram from its column, added to zeros. Its bins lie close together: on 6,080 texts and 59,430 terms
 * (`bench/text-sparse.ts --boosting`) an entry took 4 ns on a busy machine, and 25 by rows, so that a leaf of an eighth
 * of the rows is summed by columns.
 *
 * @param rows - u32 row numbers of the feature's entries; those from `begin` to `end` are walked.
 * @param bins - u8 by entry.
 * @param gh - i64 packed gradient and hessian by row number, 0 for rows outside the leaf.
 * @param hist - i64 by bin.
 * @returns Sum over the entries.
 */
export function addSparseColumn(rows: usize, bins: usize, begin: u32, end: u32, gh: usize, hist: usize): i64 {
  let sum: i64 = 0;
  for (let at = <usize>begin; at < <usize>end; at++) {
    const value = load<i64>(gh + (<usize>load<u32>(rows + (at << 2)) << 3));
    const slot = hist + (<usize>load<u8>(bins + at) << 3);
    store<i64>(slot, load<i64>(slot) + value);
    sum += value;
  }
  return sum;
}
