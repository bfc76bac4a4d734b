/**
 * The rising step function nearest to points in weighted squares: pool adjacent violators.
 *
 * Points of one place are averaged first; then neighbours that fall are pooled until none does. Source: Barlow et al. 1972;
 * scikit-learn's `IsotonicRegression`.
 */
import { ascendingOrder } from "../metrics/index.ts";

/** Neighbouring places that share a value. */
export interface PooledBlock {
  /** Lowest and highest place in it. */
  readonly low: number;
  readonly high: number;
  readonly value: number;
  readonly weight: number;
}

/**
 * @param places - Finite. Shape [n]. @param values - Shape [n]. @param weight - Above 0. Shape [n].
 * @returns Blocks of rising value, from the lowest place up; values of neighbours differ.
 */
export function poolAdjacentViolators(
  places: Float64Array,
  values: ArrayLike<number>,
  weight: Float64Array,
): PooledBlock[] {
  const open: { low: number; high: number; sum: number; weight: number }[] = [];
  for (const row of ascendingOrder(places)) {
    const last = open.at(-1);
    const w = weight[row]!;
    if (last !== undefined && last.high === places[row]) {
      last.sum += w * values[row]!;
      last.weight += w;
    } else open.push({ low: places[row]!, high: places[row]!, sum: w * values[row]!, weight: w });
  }
  const pooled: typeof open = [];
  for (const block of open) {
    let current = block;
    for (;;) {
      const last = pooled.at(-1);
      if (last === undefined || last.sum * current.weight < current.sum * last.weight) break;
      current = {
        low: last.low,
        high: current.high,
        sum: last.sum + current.sum,
        weight: last.weight + current.weight,
      };
      pooled.pop();
    }
    pooled.push(current);
  }
  return pooled.map(({ low, high, sum, weight: w }) => ({ low, high, value: sum / w, weight: w }));
}
