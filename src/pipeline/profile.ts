/**
 * The reference profile of the training rows: what drift is measured against.
 *
 * It is shared with the file, so it holds shares and never a record: a bin or a
 * value held by fewer than 5 rows is merged into its neighbours or into `other`.
 */
import type { Distribution, ReferenceProfile } from "../model/index.ts";
import type { Cells, Frame } from "../schema/index.ts";

/** Rows behind anything that a file or report shows by value. */
export const minRowsShown = 5;
const maxBins = 20;
const maxValues = 50;

/**
 * @param names - Columns to profile.
 * @returns A distribution per column; a histogram for numbers and datetimes, frequencies for strings.
 */
export function referenceProfile(frame: Frame, names: readonly string[]): ReferenceProfile {
  const columns = Object.fromEntries(
    names.map((name) => [name, distributionOf(frame.columns.get(name)!, frame.rowCount)]),
  );
  return { rowCount: frame.rowCount, columns };
}

export function distributionOf(cells: Cells, rowCount: number): Distribution {
  return cells.type === "number" ? histogramOf(cells.values, rowCount) : frequenciesOf(cells, rowCount);
}

/** Quantile bins of at least `minRowsShown` rows; an edge is the middle of two values far from both, rounded. */
function histogramOf(values: Float64Array, rowCount: number): Distribution {
  const sorted = values.filter(Number.isFinite).sort();
  const count = sorted.length;
  const edges: number[] = [];
  const shares: number[] = [];
  const binRows = Math.max(minRowsShown, Math.ceil(count / maxBins));
  let start = 0;
  let infinite = 0;
  for (const value of values) if (value === Infinity || value === -Infinity) infinite++;
  for (let at = binRows; count - at >= minRowsShown; ) {
    // A run of equal values stays in one bin.
    while (at < count && sorted[at] === sorted[at - 1]) at++;
    if (count - at < minRowsShown) break;
    edges.push(roundBetween(sorted[at - 1]!, sorted[at]!));
    shares.push((at - start) / rowCount);
    start = at;
    at += binRows;
  }
  shares.push((count - start) / rowCount);
  const { mean, deviation } = moments(sorted);
  return {
    kind: "histogram",
    missing: (rowCount - count - infinite) / rowCount,
    edges,
    shares,
    ...(count >= minRowsShown && { mean, deviation }),
  };
}

/** The shortest decimal strictly above `low` and at most `high`: a rounded edge repeats no person's value. */
function roundBetween(low: number, high: number): number {
  const middle = low + (high - low) / 2;
  for (let digits = 1; digits <= 15; digits++) {
    const rounded = Number(middle.toPrecision(digits));
    if (rounded > low && rounded < high) return rounded;
  }
  return high;
}

function moments(values: Float64Array): { mean: number; deviation: number } {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = values.length === 0 ? 0 : sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const deviation = values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1));
  return { mean: Number(mean.toPrecision(6)), deviation: Number(deviation.toPrecision(6)) };
}

function frequenciesOf(cells: Extract<Cells, { type: "string" }>, rowCount: number): Distribution {
  const counts = new Uint32Array(cells.dictionary.length);
  let missing = 0;
  for (const code of cells.codes) {
    if (code < 0) missing++;
    else counts[code] = counts[code]! + 1;
  }
  const shown = Array.from(counts, (count, code) => ({ count, value: cells.dictionary[code]! }))
    .filter(({ count }) => count >= minRowsShown)
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, maxValues);
  const held = shown.reduce((sum, { count }) => sum + count, 0);
  return {
    kind: "frequencies",
    missing: missing / rowCount,
    values: shown.map(({ value }) => value),
    shares: shown.map(({ count }) => count / rowCount),
    other: (rowCount - missing - held) / rowCount,
  };
}
