/**
 * Steps from one season to the next, by the autocorrelation of the series without its straight line.
 *
 * The period is the smallest lag at a peak that reaches nine tenths of the highest peak: a week also repeats after two
 * weeks, and the shorter one is the season. Source for the autocorrelation: Box & Jenkins 1976, chapter 2.
 */

/** Lags looked at. */
const mostLags = 400;
/** Steps of a series looked at: the latest. */
const mostSteps = 4000;
const mostSeries = 30;
const leastCorrelation = 0.2;
const nearHighest = 0.9;

/**
 * @param series - On a grid, NaN is missing.
 * @param natural - Steps of a day, a week, a year: a peak within a twentieth of one of them means it.
 * @returns 1 where nothing repeats.
 */
export function findPeriod(series: readonly Float64Array[], natural: readonly number[] = []): number {
  const every = Math.max(1, Math.ceil(series.length / mostSeries));
  const looked = series
    .filter((_, i) => i % every === 0)
    .map((values) => straightened(values.slice(-mostSteps)))
    .filter((values) => values.some((value) => value !== 0));
  const longest = Math.max(0, ...looked.map((values) => values.length));
  const lags = Math.min(mostLags, Math.floor(longest / 3));
  const mean = new Float64Array(lags + 2);
  for (let lag = 1; lag <= lags + 1; lag++) {
    let sum = 0;
    let count = 0;
    for (const values of looked) {
      if (values.length < 3 * (lag - 1)) continue;
      sum += correlationAt(values, lag);
      count++;
    }
    mean[lag] = count === 0 ? 0 : sum / count;
  }
  const peaks: number[] = [];
  for (let lag = 2; lag <= lags; lag++)
    if (mean[lag]! > mean[lag - 1]! && mean[lag]! >= mean[lag + 1]!) peaks.push(lag);
  const highest = Math.max(0, ...peaks.map((lag) => mean[lag]!));
  if (highest < leastCorrelation) return 1;
  const found = peaks.find((lag) => mean[lag]! >= nearHighest * highest)!;
  return natural.find((lag) => lag <= lags && Math.abs(lag - found) <= 0.05 * lag) ?? found;
}

/** Minus the straight line of least squares; 0 where a value is missing. */
function straightened(values: Float64Array): Float64Array {
  let n = 0;
  let [sx, sy, sxx, sxy] = [0, 0, 0, 0];
  values.forEach((y, x) => {
    if (Number.isNaN(y)) return;
    n++;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  });
  if (n < 3) return new Float64Array(0);
  const slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
  const start = (sy - slope * sx) / n;
  return values.map((y, x) => (Number.isNaN(y) ? 0 : y - start - slope * x));
}

function correlationAt(values: Float64Array, lag: number): number {
  let together = 0;
  let alone = 0;
  for (let i = 0; i < values.length; i++) {
    alone += values[i]! * values[i]!;
    if (i >= lag) together += values[i]! * values[i - lag]!;
  }
  return alone === 0 ? 0 : together / alone;
}
