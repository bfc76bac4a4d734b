/**
 * Mutual information of a feature and the target, in nats.
 *
 * Between categories it is exact for the counts. Where a number is involved it is
 * estimated from nearest neighbours: how many values lie as near in one variable as the
 * k-th neighbour does in both. Ties are broken by noise of 1e-10. What a number shares
 * with many rows or has no size (missing, infinite, a value of a tenth of the rows) is a
 * category of its own, M: then I(x; y) = I(M; y) + P(rest) · I(x; y | rest), exactly.
 * Sources: Kraskov, Stögbauer & Grassberger 2004, Phys. Rev. E 69, 066138 (numbers);
 * Ross 2014, PLoS ONE 9(2) e87357 (a number and categories). The estimates are
 * scikit-learn's `mutual_info_classif` and `mutual_info_regression`.
 */
import { normalQuantile, rowUniform } from "../../core/index.ts";

import { moments } from "../statistics.ts";

type Column = Float32Array | Float64Array;

/** Categories 0 … count − 1, one a row. */
export interface Codes {
  readonly count: number;
  readonly codes: Int32Array;
}

/** Numbers of one deviation, with noise that breaks ties. */
export interface Spread {
  readonly values: Float64Array;
}

/** Least share of the rows that makes a value of numbers a category. */
const shareOfAtom = 0.1;
/** A number of at most so many distinct values, in ten rows each, is a category throughout. */
const mostDiscrete = 32;
const rowsOfDiscrete = 10;

/**
 * Numbers in units of their deviation, and a little noise.
 *
 * @param column - Finite.
 * @param rowIds - Identity a row, so that the noise does not depend on the order of rows.
 */
export function spreadOf(column: Column, seed: number, rowIds: ArrayLike<number>): Spread {
  // Sums over sorted values do not depend on the order of rows.
  const sorted = Float64Array.from(column).sort();
  const { deviation } = moments(sorted, { minRows: 1 });
  const unit = deviation > 0 ? deviation : 1;
  let size = 0;
  for (const value of sorted) size += Math.abs(value / unit) / sorted.length;
  const noise = 1e-10 * Math.max(1, size);
  return {
    values: Float64Array.from(column, (value, i) => {
      const level = Math.max(rowUniform(seed, rowIds[i]!), 1e-12);
      return value / unit + noise * normalQuantile(level);
    }),
  };
}

/** The values of numbers that are categories; −1 for a row that holds none of them. */
export function atomsOf(column: Column): { readonly codes: Int32Array; readonly count: number } {
  const rows = new Map<number, number>();
  for (let i = 0; i < column.length; i++) rows.set(column[i]!, (rows.get(column[i]!) ?? 0) + 1);
  const discrete = rows.size <= Math.min(mostDiscrete, Math.max(2, column.length / rowsOfDiscrete));
  const atoms = [...rows]
    .filter(([value, count]) => discrete || !Number.isFinite(value) || count >= shareOfAtom * column.length)
    .map(([value]) => value)
    .sort((a, b) => (Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : a - b));
  const codeOf = new Map(atoms.map((value, code) => [value, code]));
  return { codes: Int32Array.from(column, (value) => codeOf.get(value) ?? -1), count: atoms.length };
}

/** Of two sets of categories: exact for these rows. */
export function betweenCategories(a: Codes, b: Codes): number {
  const n = a.codes.length;
  const joint = new Float64Array(a.count * b.count);
  const rowsOfA = new Float64Array(a.count);
  const rowsOfB = new Float64Array(b.count);
  for (let i = 0; i < n; i++) {
    joint[a.codes[i]! * b.count + b.codes[i]!]!++;
    rowsOfA[a.codes[i]!]!++;
    rowsOfB[b.codes[i]!]!++;
  }
  let information = 0;
  for (let i = 0; i < a.count; i++) {
    for (let j = 0; j < b.count; j++) {
      const rows = joint[i * b.count + j]!;
      if (rows > 0) information += (rows / n) * Math.log((rows * n) / (rowsOfA[i]! * rowsOfB[j]!));
    }
  }
  return Math.max(0, information);
}

/** Of numbers and categories, by Ross. A category of one row tells nothing and is left out. */
export function betweenNumbersAndCategories(
  { values }: Spread,
  { count, codes }: Codes,
  neighbors: number,
): number {
  const groups: number[][] = Array.from({ length: count }, () => []);
  codes.forEach((code, i) => groups[code]!.push(values[i]!));
  const told = groups.filter((group) => group.length > 1).map((group) => Float64Array.from(group).sort());
  const all = Float64Array.from(told.flatMap((group) => [...group])).sort();
  if (all.length === 0) return 0;
  const psi = digammas(all.length);
  let information = psi[all.length]!;
  for (const group of told) {
    const k = Math.min(neighbors, group.length - 1);
    for (let i = 0; i < group.length; i++) {
      const within = nearer(all, group[i]!, distanceOfNeighbor(group, i, k));
      information += (psi[k]! - psi[group.length]! - psi[within]!) / all.length;
    }
  }
  return Math.max(0, information);
}

/** Of two sets of numbers, by Kraskov's first estimate. */
export function betweenNumbers(a: Spread, b: Spread, neighbors: number): number {
  const n = a.values.length;
  const k = Math.min(neighbors, n - 1);
  if (k < 1) return 0;
  const order = Uint32Array.from(a.values.keys()).sort((i, j) => a.values[i]! - a.values[j]!);
  const along = Float64Array.from(order, (i) => a.values[i]!);
  const across = Float64Array.from(order, (i) => b.values[i]!);
  const sorted = across.slice().sort();
  const psi = digammas(n);
  let information = psi[n]! + psi[k]!;
  const nearest = new Float64Array(k);
  for (let i = 0; i < n; i++) {
    // From the row outwards along one axis, until that axis alone is further than the k-th neighbour so far.
    nearest.fill(Infinity);
    let [left, right] = [i - 1, i + 1];
    for (;;) {
      const before = left >= 0 ? along[i]! - along[left]! : Infinity;
      const after = right < n ? along[right]! - along[i]! : Infinity;
      const step = Math.min(before, after);
      if (step >= nearest[k - 1]!) break;
      const at = before <= after ? left-- : right++;
      const distance = Math.max(step, Math.abs(across[at]! - across[i]!));
      if (distance < nearest[k - 1]!) insert(nearest, distance);
    }
    const reach = nearest[k - 1]!;
    information -= (psi[nearer(along, along[i]!, reach)]! + psi[nearer(sorted, across[i]!, reach)]!) / n;
  }
  return Math.max(0, information);
}

/** Puts a distance in its place among ascending ones, and drops the last. */
function insert(ascending: Float64Array, distance: number): void {
  let at = ascending.length - 1;
  for (; at > 0 && ascending[at - 1]! > distance; at--) ascending[at] = ascending[at - 1]!;
  ascending[at] = distance;
}

/** Distance of the k-th nearest other value, of sorted values. */
function distanceOfNeighbor(sorted: Float64Array, i: number, k: number): number {
  let [left, right] = [i - 1, i + 1];
  let distance = 0;
  for (let found = 0; found < k; found++) {
    const before = left >= 0 ? sorted[i]! - sorted[left]! : Infinity;
    const after = right < sorted.length ? sorted[right]! - sorted[i]! : Infinity;
    distance = Math.min(before, after);
    if (before <= after) left--;
    else right++;
  }
  return distance;
}

/** Values nearer to one of them than a distance, itself included. */
function nearer(sorted: Float64Array, value: number, distance: number): number {
  const first = firstWhere(sorted, (other) => other >= value || value - other < distance);
  const last = firstWhere(sorted, (other) => other > value && other - value >= distance);
  return Math.max(1, last - first);
}

/** First index whose value passes a test that all later ones pass too. */
function firstWhere(sorted: Float64Array, test: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** ψ(0 … n): ψ(1) is minus Euler's constant, ψ(m + 1) = ψ(m) + 1/m; ψ(0) is not used. */
function digammas(n: number): Float64Array {
  const psi = new Float64Array(n + 1);
  psi[0] = Number.NaN;
  if (n > 0) psi[1] = -0.577_215_664_901_532_9;
  for (let m = 2; m <= n; m++) psi[m] = psi[m - 1]! + 1 / (m - 1);
  return psi;
}
