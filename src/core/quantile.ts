/**
 * Quantiles of a sample, linear between neighbours. Source: Hyndman & Fan 1996, The American Statistician 50(4), type 7:
 * the default of NumPy and R.
 */

/**
 * @param sorted - Ascending, at least one number; infinite ones too.
 * @param share - In [0, 1]: 0 the least, 0.5 the median, 1 the largest.
 */
export function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  const rest = place - below;
  // Infinite ones have no difference.
  return rest === 0 || low === high ? low : low + rest * (high - low);
}
