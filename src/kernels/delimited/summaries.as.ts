// What a block of numbers holds: its smallest and largest value, and whether they are whole or count up.

/** Doubles of a summary, as in `delimited.ts`. */
const PRESENT: usize = 0;
const LOW: usize = 8;
const LOW_ROWS: usize = 16;
const NEXT: usize = 24;
const HIGH: usize = 32;
const INTEGRAL: usize = 40;
const COUNTING: usize = 48;
const FIRST: usize = 56;
export const SUMMARY_BYTES: usize = 64;

/** Summarises `count` ≥ 1 numbers, NaN for a missing one. */
export function summariseNumbers(values: usize, count: u32, summary: usize): void {
  const end = values + (<usize>count << 3);
  const start = load<f64>(values);
  let present = i64x2.splat(0);
  let low = f64x2.splat(Infinity);
  let high = f64x2.splat(-Infinity);
  let fractions = i64x2.splat(0);
  let jumps = i64x2.splat(0);
  let expected = f64x2(start, start + 1);
  const two = f64x2.splat(2);
  let at = values;
  for (; at + 16 <= end; at += 16) {
    const pair = v128.load(at);
    const there = f64x2.eq(pair, pair);
    present = i64x2.sub(present, there);
    // A missing one, in the second place, is passed over.
    low = f64x2.pmin(low, pair);
    high = f64x2.pmax(high, pair);
    fractions = v128.or(fractions, v128.and(there, f64x2.ne(f64x2.trunc(pair), pair)));
    jumps = v128.or(jumps, f64x2.ne(pair, expected));
    expected = f64x2.add(expected, two);
  }
  let presentCount = <u32>(i64x2.extract_lane(present, 0) + i64x2.extract_lane(present, 1));
  let least = min(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1));
  let most = max(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1));
  let integral = !v128.any_true(fractions);
  let counting = !v128.any_true(jumps);
  if (at < end) {
    const value = load<f64>(at);
    if (value == value) {
      presentCount++;
      if (value < least) least = value;
      if (value > most) most = value;
      if (trunc(value) != value) integral = false;
    }
    if (value != f64x2.extract_lane(expected, 0)) counting = false;
  }
  let leastRows: u32 = 0;
  let next = Infinity;
  if (least < 0 && trunc(least) == least) {
    for (at = values; at < end; at += 8) {
      const value = load<f64>(at);
      leastRows += <u32>(value == least);
      if (value > least && value < next) next = value;
    }
  }
  store<f64>(summary + PRESENT, <f64>presentCount);
  store<f64>(summary + LOW, least);
  store<f64>(summary + LOW_ROWS, <f64>leastRows);
  store<f64>(summary + NEXT, next);
  store<f64>(summary + HIGH, most);
  store<f64>(summary + INTEGRAL, <f64>integral);
  store<f64>(summary + COUNTING, <f64>counting);
  store<f64>(summary + FIRST, start);
}
