/**
 * Sorting rows by a number, the inner step of every ranking metric.
 *
 * Least-significant-digit radix sort on the 64 bits of each double, made
 * order-preserving by flipping the sign bit (or all bits of a negative), in six
 * passes of 11 bits; passes in which all rows agree are skipped. 100,000 rows take
 * about a tenth of `Uint32Array.sort` with a comparator (`bench/metrics.mjs`).
 */
const RADIX_BITS = 11;
const BUCKETS = 1 << RADIX_BITS;
const PASSES = 6;
const SMALL = 256;

/**
 * Row numbers in ascending order of `values`, equal values in row order; −0 equals 0.
 *
 * @param values - No NaN. Shape [n].
 */
export function ascendingOrder(values: Float64Array): Uint32Array {
  const count = values.length;
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  if (count <= SMALL) return order.sort((a, b) => values[a]! - values[b]! || a - b);

  const bits = new Uint32Array(Float64Array.from(values, (value) => value + 0).buffer);
  const low = new Uint32Array(count);
  const high = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const top = bits[2 * i + 1]!;
    const negative = top >>> 31 === 1;
    low[i] = negative ? ~bits[2 * i]! : bits[2 * i]!;
    high[i] = negative ? ~top : top ^ 0x80000000;
  }
  let from = order;
  let to = new Uint32Array(count);
  const starts = new Uint32Array(BUCKETS);
  for (let pass = 0; pass < PASSES; pass++) {
    const shift = pass * RADIX_BITS;
    starts.fill(0);
    for (let i = 0; i < count; i++) starts[digit(low[i]!, high[i]!, shift)]!++;
    if (starts[digit(low[0]!, high[0]!, shift)] === count) continue;
    for (let bucket = 0, sum = 0; bucket < BUCKETS; bucket++) {
      const size = starts[bucket]!;
      starts[bucket] = sum;
      sum += size;
    }
    for (let i = 0; i < count; i++) {
      const row = from[i]!;
      to[starts[digit(low[row]!, high[row]!, shift)]!++] = row;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Bits shift … shift + 10 of the 64-bit key high:low. */
function digit(low: number, high: number, shift: number): number {
  if (shift >= 32) return (high >>> (shift - 32)) & (BUCKETS - 1);
  if (shift + RADIX_BITS <= 32) return (low >>> shift) & (BUCKETS - 1);
  return ((low >>> shift) | (high << (32 - shift))) & (BUCKETS - 1);
}
