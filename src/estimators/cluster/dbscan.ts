/**
 * DBSCAN: clusters are regions where rows lie close together, of any shape; rows in between belong to none.
 *
 * A row with at least `minRows` rows within `eps` (itself counted) is a core row; core rows within `eps` of
 * each other are one cluster. Any other row goes to the cluster of its nearest core row within `eps`, else
 * it is noise: so do the rows that were fitted on and those that come later. The model carries its core
 * rows. Source: Ester, Kriegel, Sander & Xu 1996, KDD; eps, where it is not given, is the knee of the sorted
 * distances to the `minRows`-th row (Satopää et al. 2011, ICDCS workshops). As scikit-learn's DBSCAN, but for
 * rows within reach of two clusters, which there go by the order of rows.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { type Points, pointsOf, takePoints } from "../../features/index.ts";
import {
  argMin,
  constant,
  gather,
  int64s,
  lessOrEqual,
  reduceMin,
  type Value,
  where,
} from "../../graph/index.ts";
import type { Clusterer, FittedClusters } from "./clusterer.ts";
import {
  type CarriedPoints,
  carriedPoints,
  emitKeys,
  keyOf,
  keysTo,
  labelsBySize,
  squaredBetween,
} from "./neighbor-distances.ts";
import { denseRows, densityParameters } from "./require.ts";

export const dbscanParameters = {
  eps: {
    type: "number",
    default: 0,
    min: 0,
    max: Infinity,
    scale: "log",
    meaning: "how near rows of one cluster lie to each other; 0 takes the knee of the distances",
  },
  minRows: {
    type: "integer",
    default: 5,
    min: 1,
    max: 1_000_000,
    meaning: "rows within eps that make a row a core row, itself counted",
  },
  ...densityParameters,
} as const satisfies ParameterTable;
export type DbscanOptions = Partial<ParameterValues<typeof dbscanParameters>>;

/** Density-based clusters. */
export function dbscan(options: DbscanOptions = {}): Clusterer {
  const parameters = resolveParameters("dbscan", dbscanParameters, options);
  return {
    method: "dbscan",
    parameters,
    async fit(x, _context) {
      const { rows, order, near } = denseRows("dbscan", x, parameters);
      const eps = parameters.eps > 0 ? parameters.eps : kneeOf(near);
      const core = Uint32Array.from(near.keys()).filter((i) => near[i]! <= eps * (1 + 1e-12));
      return fittedDbscan(rows, core, eps, order);
    },
  };
}

/** The sorted distance that lies furthest below the line from the smallest to the largest. */
export function kneeOf(distances: Float64Array): number {
  const sorted = distances.slice().sort();
  const last = sorted.length - 1;
  const [low, high] = [sorted[0]!, sorted[last]!];
  let best = last;
  let most = -Infinity;
  for (let i = 0; i <= last; i++) {
    const below = i / Math.max(1, last) - (high > low ? (sorted[i]! - low) / (high - low) : 0);
    if (below > most) {
      most = below;
      best = i;
    }
  }
  return Math.max(sorted[best]!, Number.MIN_VALUE);
}

/** Core rows within eps of each other, joined; the label of each. */
function joined(points: Points, core: Uint32Array, eps: number): Int32Array {
  const parent = Int32Array.from(core.keys());
  const root = (i: number): number => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  const limit = (eps * (1 + 1e-12)) ** 2;
  for (let a = 0; a < core.length; a++) {
    for (let b = a + 1; b < core.length; b++) {
      if (squaredBetween(points, core[a]!, points, core[b]!) > limit) continue;
      const [x, y] = [root(a), root(b)];
      if (x !== y) parent[Math.max(x, y)] = Math.min(x, y);
    }
  }
  return Int32Array.from(core, (_, a) => root(a));
}

function fittedDbscan(points: Points, core: Uint32Array, eps: number, order: Uint32Array): FittedClusters {
  const carried = carriedPoints(takePoints(points, core), eps * eps);
  const limit = keyOf(eps * eps, carried.resolution);
  const roots = joined(points, core, eps);
  const first = assign(points, carried, roots, limit);
  const { labels: sorted, order: bySize } = labelsBySize(first);
  const place = new Map(bySize.map((label, at) => [label, at]));
  const coreLabels = roots.map((label) => place.get(label)!);
  const clusterCount = bySize.length;
  const labels = new Int32Array(points.rowCount);
  order.forEach((row, i) => (labels[row] = sorted[i]!));
  return {
    method: "dbscan",
    clusterCount,
    noise: true,
    beside: "nothing",
    labels,
    emit: (x) => ({ cluster: emitNearest(x, carried, coreLabels, clusterCount, limit) }),
    reference: (x) => ({ labels: assign(pointsOf(x.columns, x.rowCount), carried, coreLabels, limit) }),
    summary: {
      clusters: clusterCount,
      eps,
      noiseRows: labels.filter((label) => label < 0).length,
      trainingRows: core.length,
      trainingBytes: 8 * core.length * (points.featureCount + 1),
    },
  };
}

/** The label of the nearest carried row within the limit, the first of equals; −1 where there is none. */
function assign(rows: Points, carried: CarriedPoints, labels: Int32Array, limit: number): Int32Array {
  const keys = new Float64Array(labels.length);
  return Int32Array.from({ length: rows.rowCount }, (_, i) => {
    keysTo(rows, i, carried, keys);
    let best = -1;
    for (let r = 0; r < keys.length; r++) if (best < 0 || keys[r]! < keys[best]!) best = r;
    return best >= 0 && keys[best]! <= limit ? labels[best]! : -1;
  });
}

function emitNearest(
  x: Value,
  carried: CarriedPoints,
  labels: Int32Array,
  clusterCount: number,
  limit: number,
): Value {
  // Without a core row all is noise, whose index is then 0.
  if (labels.length === 0) return argMin(gather(x, [0], 1), { axis: 1, keepDims: true });
  const keys = emitKeys(x, carried);
  const nearest = argMin(keys, { axis: 1, keepDims: true });
  const named = constant({
    dtype: "int64",
    shape: [labels.length],
    data: BigInt64Array.from(labels, BigInt),
  });
  const within = lessOrEqual(reduceMin(keys, { axes: [1], keepDims: true }), limit);
  return where(within, gather(named, nearest), int64s([clusterCount]));
}
