/**
 * k-means: rows in k groups, each by its mean, so that the squared distances to the means are smallest.
 *
 * Lloyd's rounds (assign, average) with Hamerly's two bounds a row, which skip most distances and change no
 * answer. Starts are drawn by greedy k-means++: each next centre is the best of 2 + ⌊ln k⌋ rows drawn by
 * their squared distance. Rows are put in an order of their own first, so that the answer depends on the rows
 * and the seed alone. Sources: Lloyd 1982; Arthur & Vassilvitskii 2007; Hamerly 2010, SIAM Data Mining;
 * empty clusters and the tolerance as scikit-learn's KMeans.
 */
import type { Random } from "../../core/index.ts";
import { constant, mul, reduceSum, sqrt, sub, unsqueeze, type Value } from "../../graph/index.ts";

/** Rows of numbers, all finite. */
export interface Points {
  readonly rowCount: number;
  readonly featureCount: number;
  /** Row-major [rowCount, featureCount]. */
  readonly values: Float64Array;
}

export interface KMeansFit {
  /** Row-major [clusters, featureCount]. */
  readonly centers: Float64Array;
  /** Index of the nearest centre, a row. */
  readonly labels: Int32Array;
  /** Sum of the squared distances of rows to their centres. */
  readonly inertia: number;
  readonly iterations: number;
}

export interface LloydOptions {
  readonly maxIter: number;
  /** Ends when the centres' squared moves sum to this share of the mean variance of a feature. */
  readonly tolerance: number;
}

export interface KMeansOptions extends LloydOptions {
  readonly starts: number;
  /** A group of fewer rows is dissolved, since its mean would tell of single rows. */
  readonly minRows: number;
  readonly random: Random;
}

/** Rows of a matrix side by side; the columns of a model's features are apart. */
export function pointsOf(columns: readonly (Float32Array | Float64Array)[], rowCount: number): Points {
  const featureCount = columns.length;
  const values = new Float64Array(rowCount * featureCount);
  columns.forEach((column, j) => {
    for (let i = 0, at = j; i < rowCount; i++, at += featureCount) values[at] = column[i]!;
  });
  return { rowCount, featureCount, values };
}

/** Rows by their first feature, then the next: the same order however they came. */
export function ownRowOrder({ rowCount, featureCount: p, values }: Points): Uint32Array {
  return Uint32Array.from({ length: rowCount }, (_, i) => i).sort((a, b) => {
    for (let j = 0; j < p; j++) {
      const difference = values[a * p + j]! - values[b * p + j]!;
      if (difference !== 0) return difference;
    }
    return a - b;
  });
}

/** Some rows, in the given order. */
export function takePoints({ featureCount: p, values }: Points, rows: ArrayLike<number>): Points {
  const out = new Float64Array(rows.length * p);
  for (let i = 0; i < rows.length; i++) out.set(values.subarray(rows[i]! * p, (rows[i]! + 1) * p), i * p);
  return { rowCount: rows.length, featureCount: p, values: out };
}

/** Features after which a distance that is too large already is given up. */
const stride = 16;

/** Squared distance of row `i` to centre `c`. */
function squaredDistance(
  values: Float64Array,
  i: number,
  centers: Float64Array,
  c: number,
  p: number,
): number {
  let total = 0;
  for (let j = 0, a = i * p, b = c * p; j < p; j++, a++, b++) {
    const difference = values[a]! - centers[b]!;
    total += difference * difference;
  }
  return total;
}

/** Squared distance of row `i` to centre `c`, or a part of it that is beyond `limit` already. */
function squaredDistanceWithin(
  values: Float64Array,
  i: number,
  centers: Float64Array,
  c: number,
  p: number,
  limit: number,
): number {
  let total = 0;
  let a = i * p;
  let b = c * p;
  for (let from = 0; from < p && total <= limit; from += stride) {
    for (const end = a + Math.min(stride, p - from); a < end; a++, b++) {
      const difference = values[a]! - centers[b]!;
      total += difference * difference;
    }
  }
  return total;
}

/**
 * The best of several starts. Clusters come by size, the largest first; there may be fewer than asked for
 * where rows repeat or where groups fall below `minRows`.
 *
 * @param k - At least 1.
 */
export function kMeans(points: Points, k: number, options: KMeansOptions): KMeansFit {
  const order = ownRowOrder(points);
  const sorted = takePoints(points, order);
  let best: KMeansFit | undefined;
  for (let start = 0; start < options.starts; start++) {
    const centers = plusPlus(sorted, k, options.random.child(start));
    const fit = lloyd(sorted, centers, options);
    if (best === undefined || fit.inertia < best.inertia * (1 - 1e-9)) best = fit;
  }
  const fit = bySize(withoutSmall(sorted, best!, options), points.featureCount);
  const labels = new Int32Array(points.rowCount);
  order.forEach((row, i) => (labels[row] = fit.labels[i]!));
  return { ...fit, labels };
}

/** Takes away the smallest group below the limit, and lets the others settle, until none is left. */
function withoutSmall(points: Points, fit: KMeansFit, options: KMeansOptions): KMeansFit {
  const p = points.featureCount;
  for (;;) {
    const sizes = clusterSizes(fit.labels, fit.centers.length / p);
    const smallest = sizes.indexOf(Math.min(...sizes));
    if (sizes.length === 1 || sizes[smallest]! >= options.minRows) return fit;
    const centers = fit.centers.filter((_, at) => Math.floor(at / p) !== smallest);
    fit = lloyd(points, centers, options);
  }
}

/** Rows of each cluster; noise, which is −1, counts nowhere. */
export function clusterSizes(labels: Int32Array, clusterCount: number): number[] {
  const sizes = new Array<number>(clusterCount).fill(0);
  for (const label of labels) if (label >= 0) sizes[label]!++;
  return sizes;
}

/** The largest first; of equals the one whose centre comes first. */
function bySize(fit: KMeansFit, p: number): KMeansFit {
  const sizes = clusterSizes(fit.labels, fit.centers.length / p);
  const order = sizes
    .map((_, c) => c)
    .sort((a, b) => {
      if (sizes[a] !== sizes[b]) return sizes[b]! - sizes[a]!;
      for (let j = 0; j < p; j++) {
        const difference = fit.centers[a * p + j]! - fit.centers[b * p + j]!;
        if (difference !== 0) return difference;
      }
      return a - b;
    });
  const centers = new Float64Array(fit.centers.length);
  const place = new Int32Array(order.length);
  order.forEach((c, at) => {
    centers.set(fit.centers.subarray(c * p, (c + 1) * p), at * p);
    place[c] = at;
  });
  return { ...fit, centers, labels: fit.labels.map((label) => place[label]!) };
}

/** Draws k rows as first centres; fewer where there are not so many different rows. */
function plusPlus(points: Points, k: number, random: Random): Float64Array {
  const { rowCount: n, featureCount: p, values } = points;
  const trials = 2 + Math.floor(Math.log(k));
  const centers = new Float64Array(k * p);
  const put = (c: number, row: number): void => centers.set(values.subarray(row * p, (row + 1) * p), c * p);
  put(0, random.integer(n));
  let closest = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i++) total += closest[i] = squaredDistance(values, i, centers, 0, p);
  let trial = new Float64Array(n);
  for (let c = 1; c < k; c++) {
    if (!(total > 0)) return centers.slice(0, c * p);
    let bestRow = -1;
    let bestTotal = Infinity;
    let best = new Float64Array(n);
    for (let t = 0; t < trials; t++) {
      let left = random.next() * total;
      let row = 0;
      for (; row < n - 1; row++) {
        left -= closest[row]!;
        if (left < 0) break;
      }
      put(c, row);
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const d = squaredDistanceWithin(values, i, centers, c, p, closest[i]!);
        sum += trial[i] = Math.min(d, closest[i]!);
      }
      if (sum < bestTotal) {
        bestTotal = sum;
        bestRow = row;
        [best, trial] = [trial, best];
      }
    }
    put(c, bestRow);
    closest = best;
    total = bestTotal;
  }
  return centers;
}

/**
 * Lloyd's rounds from given centres.
 *
 * @param start - Row-major [clusters, featureCount]; not changed.
 */
export function lloyd(points: Points, start: Float64Array, { maxIter, tolerance }: LloydOptions): KMeansFit {
  const { rowCount: n, featureCount: p, values } = points;
  const k = start.length / p;
  let centers = start.slice();
  let next = new Float64Array(start.length);
  const labels = new Int32Array(n).fill(-1);
  /** No smaller than the distance to the own centre, and no larger than that to any other. */
  const upper = new Float64Array(n).fill(Infinity);
  const lower = new Float64Array(n);
  const moves = new Float64Array(k);
  const limit = tolerance * meanVariance(points);
  let iterations = 0;
  for (;;) {
    const changed = assign(points, centers, labels, upper, lower);
    if (iterations === maxIter || (changed === 0 && iterations > 0)) break;
    iterations++;
    average(points, labels, centers, next);
    let shift = 0;
    for (let c = 0; c < k; c++) {
      let squares = 0;
      for (let j = c * p; j < (c + 1) * p; j++) squares += (next[j]! - centers[j]!) ** 2;
      shift += squares;
      moves[c] = Math.sqrt(squares);
    }
    [centers, next] = [next, centers];
    const most = Math.max(...moves);
    for (let i = 0; i < n; i++) {
      // A little slack pays for rounding: a bound may be loose, never wrong.
      upper[i]! += moves[labels[i]!]! * (1 + 1e-12);
      lower[i]! -= most * (1 + 1e-12);
    }
    if (shift <= limit) {
      assign(points, centers, labels, upper, lower);
      break;
    }
  }
  let inertia = 0;
  for (let i = 0; i < n; i++) inertia += squaredDistance(values, i, centers, labels[i]!, p);
  return { centers, labels, inertia, iterations };
}

/** Gives each row its nearest centre, the first of equals. @returns How many rows changed. */
function assign(
  { rowCount: n, featureCount: p, values }: Points,
  centers: Float64Array,
  labels: Int32Array,
  upper: Float64Array,
  lower: Float64Array,
): number {
  const k = centers.length / p;
  const half = new Float64Array(k).fill(Infinity);
  for (let a = 0; a < k; a++)
    for (let b = 0; b < k; b++)
      if (a !== b) half[a] = Math.min(half[a]!, Math.sqrt(squaredDistance(centers, a, centers, b, p)) / 2);
  let changed = 0;
  for (let i = 0; i < n; i++) {
    const own = labels[i]!;
    if (own >= 0) {
      const bound = Math.max(lower[i]!, half[own]!);
      if (upper[i]! < bound) continue;
      upper[i] = Math.sqrt(squaredDistance(values, i, centers, own, p));
      if (upper[i]! < bound * (1 - 1e-12)) continue;
    }
    let nearest = 0;
    let first = Infinity;
    let second = Infinity;
    for (let c = 0; c < k; c++) {
      const d = squaredDistanceWithin(values, i, centers, c, p, second);
      if (d < first) {
        second = first;
        first = d;
        nearest = c;
      } else if (d < second) second = d;
    }
    upper[i] = Math.sqrt(first);
    lower[i] = Math.sqrt(second);
    if (nearest !== own) {
      labels[i] = nearest;
      changed++;
    }
  }
  return changed;
}

/** Means of the rows of each centre; a centre without rows takes the row that lies farthest from its own. */
function average(
  { rowCount: n, featureCount: p, values }: Points,
  labels: Int32Array,
  centers: Float64Array,
  out: Float64Array,
): void {
  const k = centers.length / p;
  out.fill(0);
  const counts = new Float64Array(k);
  for (let i = 0; i < n; i++) {
    const c = labels[i]!;
    counts[c]!++;
    for (let j = 0, a = i * p, b = c * p; j < p; j++, a++, b++) out[b]! += values[a]!;
  }
  const empty = [...counts.keys()].filter((c) => counts[c] === 0);
  if (empty.length > 0) {
    const distance = Float64Array.from(labels, (c, i) => squaredDistance(values, i, centers, c, p));
    const farthest = Uint32Array.from(distance.keys()).sort((a, b) => distance[b]! - distance[a]! || a - b);
    empty.forEach((c, at) => {
      const row = farthest[at]!;
      const from = labels[row]!;
      counts[from]!--;
      counts[c] = 1;
      for (let j = 0; j < p; j++) {
        out[from * p + j]! -= values[row * p + j]!;
        out[c * p + j] = values[row * p + j]!;
      }
    });
  }
  for (let c = 0; c < k; c++) {
    for (let j = c * p; j < (c + 1) * p; j++) out[j] = counts[c]! > 0 ? out[j]! / counts[c]! : centers[j]!;
  }
}

function meanVariance({ rowCount: n, featureCount: p, values }: Points): number {
  let total = 0;
  for (let j = 0; j < p; j++) {
    let mean = 0;
    for (let i = 0; i < n; i++) mean += values[i * p + j]!;
    mean /= n;
    for (let i = 0; i < n; i++) total += (values[i * p + j]! - mean) ** 2 / n;
  }
  return total / p;
}

/** Distances to centres in the graph, by differences, which keep the digits of near ones. float64 [batch, clusters]. */
export function emitCenterDistances(x: Value, centers: Float64Array, featureCount: number): Value {
  const shape = [1, centers.length / featureCount, featureCount];
  const differences = sub(unsqueeze(x, [1]), constant({ dtype: "float64", shape, data: centers }));
  return sqrt(reduceSum(mul(differences, differences), { axes: [2], keepDims: false }));
}

/** The same for one row, by plain loops. */
export function centerDistances(row: ArrayLike<number>, centers: Float64Array): Float64Array {
  const p = row.length;
  const out = new Float64Array(centers.length / p);
  for (let c = 0; c < out.length; c++) {
    let total = 0;
    for (let j = 0; j < p; j++) total += (row[j]! - centers[c * p + j]!) ** 2;
    out[c] = Math.sqrt(total);
  }
  return out;
}
