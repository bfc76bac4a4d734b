/**
 * Bin edges of a number: borders between neighbouring values so that bins hold about equally many rows.
 *
 * Few distinct values get a bin each; many are gathered greedily, a value with more than its share keeping a bin of
 * its own. A border is the float32 nearest the middle of two values wherever one lies between them, so that the same
 * comparison holds in single precision. Source: LightGBM, src/io/bin.cpp (GreedyFindBin).
 */

/**
 * A border e with lower ≤ e < upper: `value <= e` holds for lower and not for upper.
 * Float32-representable where such a number exists between the two, and neither of them where one does:
 * a border stands in the model file, a value of a row should not.
 */
export function borderBetween(lower: number, upper: number): number {
  const middle = lower / 2 + upper / 2;
  if (!Number.isFinite(middle)) return Number.isFinite(lower) ? lower : -Number.MAX_VALUE;
  const single = Math.fround(middle);
  if (single > lower && single < upper) return single;
  const above = singleAbove(single);
  if (above > lower && above < upper) return above;
  // Nothing lies between adjacent singles: the lower one then is the border.
  const below = Math.fround(lower);
  if (below >= lower && below < upper) return below;
  return middle >= lower && middle < upper ? middle : lower;
}

/** The least float32 above a float32. */
function singleAbove(value: number): number {
  if (value === 0) return 2 ** -149;
  const single = Float32Array.of(value);
  const bits = new Int32Array(single.buffer);
  bits[0]! += value > 0 ? 1 : -1;
  return single[0]!;
}

/**
 * Edges of at most `maxBins` bins.
 *
 * @param sorted - Ascending values without NaN.
 * @param minRows - A bin holds at least so many of these values.
 * @param zeros - So many values of 0 more, which `sorted` does not hold.
 * @returns Ascending borders, one fewer than bins: value v has as its bin the number of borders below it.
 */
export function findEdges(
  sorted: Float32Array | Float64Array,
  maxBins: number,
  minRows: number,
  zeros = 0,
): Float64Array {
  const values: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < sorted.length; ) {
    const value = sorted[i]!;
    let end = i + 1;
    while (end < sorted.length && sorted[end] === value) end++;
    values.push(value);
    counts.push(end - i);
    i = end;
  }
  if (zeros > 0) {
    let place = values.findIndex((value) => value >= 0);
    if (place < 0) place = values.length;
    if (values[place] === 0) counts[place]! += zeros;
    else {
      values.splice(place, 0, 0);
      counts.splice(place, 0, zeros);
    }
  }
  const total = sorted.length + zeros;
  const edges =
    values.length <= maxBins
      ? edgesOfFew(values, counts, minRows)
      : edgesOfMany(
          values,
          counts,
          total,
          Math.max(1, Math.min(maxBins, Math.floor(total / Math.max(1, minRows)))),
        );
  return Float64Array.from(edges);
}

function edgesOfFew(values: readonly number[], counts: readonly number[], minRows: number): number[] {
  const edges: number[] = [];
  let held = 0;
  for (let i = 0; i + 1 < values.length; i++) {
    held += counts[i]!;
    if (held >= minRows) {
      edges.push(borderBetween(values[i]!, values[i + 1]!));
      held = 0;
    }
  }
  return edges;
}

function edgesOfMany(
  values: readonly number[],
  counts: readonly number[],
  total: number,
  maxBins: number,
): number[] {
  const share = total / maxBins;
  let restBins = maxBins;
  let restRows = total;
  for (const count of counts) {
    if (count >= share) {
      restBins--;
      restRows -= count;
    }
  }
  let mean = restBins > 0 ? restRows / restBins : Infinity;
  const edges: number[] = [];
  let held = 0;
  for (let i = 0; i + 1 < values.length && edges.length < maxBins - 1; i++) {
    const own = counts[i]! >= share;
    const nextOwn = counts[i + 1]! >= share;
    if (!own) restRows -= counts[i]!;
    held += counts[i]!;
    if (own || held >= mean || (nextOwn && held >= Math.max(1, mean / 2))) {
      edges.push(borderBetween(values[i]!, values[i + 1]!));
      held = 0;
      if (!own) {
        restBins--;
        mean = restBins > 0 ? restRows / restBins : Infinity;
      }
    }
  }
  return edges;
}
