/**
 * Distances between rows for the families that find dense regions: in the fit by plain loops, in the graph by
 * one product, and rounded to the same whole numbers in both, so that ties and limits are the same.
 */
import { add, constant, floor, matMul, mul, reduceSum, sub, type Value } from "../../graph/index.ts";
import type { Points } from "../../features/index.ts";

/** Rows that a model carries. */
export interface CarriedPoints {
  /** Less `center`, row-major [rowCount, featureCount]. */
  readonly points: Points;
  readonly center: Float64Array;
  /** Squared distances count in whole multiples of one over it: a power of two. */
  readonly resolution: number;
}

/** @param typical - A squared distance that matters, as that of the limit. */
export function carriedPoints(rows: Points, typical: number): CarriedPoints {
  const { rowCount: n, featureCount: p, values } = rows;
  const center = new Float64Array(p);
  for (let i = 0; i < n; i++) for (let j = 0; j < p; j++) center[j]! += values[i * p + j]! / n;
  const moved = values.map((value, at) => value - center[at % p]!);
  return {
    points: { rowCount: n, featureCount: p, values: moved },
    center,
    resolution: typical > 0 && typical < Infinity ? 2 ** (30 - Math.round(Math.log2(typical))) : 1,
  };
}

/** A squared distance as a whole number. */
export function keyOf(squares: number, resolution: number): number {
  return Math.floor(squares * resolution + 0.5);
}

/** Squared distance of two rows. */
export function squaredBetween(a: Points, i: number, b: Points, j: number): number {
  const p = a.featureCount;
  let total = 0;
  for (let f = 0, x = i * p, y = j * p; f < p; f++, x++, y++) {
    const difference = a.values[x]! - b.values[y]!;
    total += difference * difference;
  }
  return total;
}

/** Distance to the k-th nearest row, the row itself counted. Shape [rowCount]. */
export function coreDistances(points: Points, k: number): Float64Array {
  const n = points.rowCount;
  const nearest = new Float64Array(k);
  return Float64Array.from({ length: n }, (_, i) => {
    nearest.fill(Infinity);
    for (let j = 0; j < n; j++) {
      const squares = squaredBetween(points, i, points, j);
      if (squares >= nearest[k - 1]!) continue;
      let at = k - 1;
      for (; at > 0 && nearest[at - 1]! > squares; at--) nearest[at] = nearest[at - 1]!;
      nearest[at] = squares;
    }
    return Math.sqrt(nearest[k - 1]!);
  });
}

/** Keys of the squared distances to every carried row. float64 [batch, carried rows]. */
export function emitKeys(x: Value, { points, center, resolution }: CarriedPoints): Value {
  const { rowCount: n, featureCount: p, values } = points;
  const numbers = (data: Float64Array, shape: readonly number[]): Value =>
    constant({ dtype: "float64", shape, data });
  const turned = new Float64Array(p * n);
  const norms = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < p; j++) {
      turned[j * n + i] = -2 * values[i * p + j]!;
      norms[i]! += values[i * p + j]! ** 2;
    }
  }
  const at = sub(x, numbers(center, [1, p]));
  const own = reduceSum(mul(at, at), { axes: [1], keepDims: true });
  const squares = add(add(matMul(at, numbers(turned, [p, n])), numbers(norms, [1, n])), own);
  return floor(add(mul(squares, resolution), 0.5));
}

/** The same for one row, by differences. Writes into `out`. */
export function keysTo(
  row: Points,
  i: number,
  { points, center, resolution }: CarriedPoints,
  out: Float64Array,
): void {
  const p = points.featureCount;
  for (let r = 0; r < points.rowCount; r++) {
    let total = 0;
    for (let j = 0; j < p; j++)
      total += (row.values[i * p + j]! - center[j]! - points.values[r * p + j]!) ** 2;
    out[r] = keyOf(total, resolution);
  }
}

/** Numbers labels by the size of their cluster, the largest first, equals by their first row; noise stays −1. */
export function labelsBySize(labels: Int32Array): { labels: Int32Array; order: number[] } {
  const sizes = new Map<number, number>();
  for (const label of labels) if (label >= 0) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  // A Map keeps the order of first rows, and sort is stable.
  const order = [...sizes].sort(([, a], [, b]) => b - a).map(([label]) => label);
  const place = new Map(order.map((label, at) => [label, at]));
  return { labels: labels.map((label) => (label < 0 ? -1 : place.get(label)!)), order };
}
