/**
 * HDBSCAN: dense regions of any shape and of different densities, without a distance to be given.
 *
 * Rows are joined from near to far by their mutual reachability (the distance, but no less than that of each
 * to its `minRows`-th nearest row). Of the tree of regions, those of at least `minClusterRows` rows that last
 * longest over distances are the clusters. A later row is asked as those of the fit are: it goes with the row
 * of the fit that it reaches first, if that is no further than the cluster reached when it came to be; else
 * it is noise. The model carries all rows. Source: Campello, Moulavi & Sander 2013, PAKDD; McInnes & Healy
 * 2017, ICDM workshops. Clusters as scikit-learn's HDBSCAN (excess of mass), but that repeated rows count at the
 * smallest distance and not at none, which would make every such heap a cluster.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { type Points, pointsOf } from "../../features/index.ts";
import {
  argMin,
  concat,
  constant,
  equal,
  gather,
  int64s,
  lessOrEqual,
  max,
  reduceMax,
  reduceMin,
  slice,
  topK,
  type Value,
  where,
} from "../../graph/index.ts";
import type { Clusterer, FittedClusters } from "./clusterer.ts";
import { condensedClusters, spanningTree } from "./density-tree.ts";
import {
  type CarriedPoints,
  carriedPoints,
  emitKeys,
  keyOf,
  keysTo,
  labelsBySize,
} from "./neighbor-distances.ts";
import { denseRows, densityParameters } from "./require.ts";

export const hdbscanParameters = {
  minClusterRows: {
    type: "integer",
    default: 10,
    min: 2,
    max: 1_000_000,
    meaning: "rows of the smallest cluster",
  },
  minRows: {
    type: "integer",
    default: 10,
    min: 1,
    max: 1_000_000,
    meaning: "the nearest row that tells how dense a place is, the row itself counted",
  },
  ...densityParameters,
} as const satisfies ParameterTable;
export type HdbscanOptions = Partial<ParameterValues<typeof hdbscanParameters>>;

/** Density-based clusters of different densities. */
export function hdbscan(options: HdbscanOptions = {}): Clusterer {
  const parameters = resolveParameters("hdbscan", hdbscanParameters, options);
  return {
    method: "hdbscan",
    parameters,
    async fit(x, _context) {
      const { rows, order, minRows, near } = denseRows("hdbscan", x, parameters);
      const found = condensedClusters(spanningTree(rows, near), x.rowCount, parameters.minClusterRows);
      return fittedHdbscan(rows, near, found, minRows, order);
    },
  };
}

interface Reach {
  readonly carried: CarriedPoints;
  /** Of each carried row: key of its core distance, its cluster, and how far that cluster reaches. */
  readonly coreKeys: Float64Array;
  readonly labels: Int32Array;
  readonly limits: Float64Array;
  readonly minRows: number;
}

function fittedHdbscan(
  points: Points,
  core: Float64Array,
  found: { readonly labels: Int32Array; readonly births: ReadonlyMap<number, number> },
  minRows: number,
  order: Uint32Array,
): FittedClusters {
  const { labels: sorted, order: bySize } = labelsBySize(found.labels);
  const clusterCount = bySize.length;
  const middle = core.slice().sort()[core.length >> 1]!;
  const carried = carriedPoints(points, middle > 0 ? middle * middle : 1);
  const births = bySize.map((label) => found.births.get(label)!);
  const reach: Reach = {
    carried,
    coreKeys: core.map((distance) => keyOf(distance * distance, carried.resolution)),
    labels: sorted,
    limits: Float64Array.from(sorted, (label) =>
      label < 0 ? -1 : keyOf(births[label]! * births[label]! * (1 + 1e-9), carried.resolution),
    ),
    minRows,
  };
  const labels = new Int32Array(points.rowCount);
  order.forEach((row, i) => (labels[row] = sorted[i]!));
  return {
    method: "hdbscan",
    clusterCount,
    noise: true,
    beside: "nothing",
    labels,
    emit: (x) => ({ cluster: emitReached(x, reach, clusterCount) }),
    reference: (x) => ({ labels: reached(pointsOf(x.columns, x.rowCount), reach) }),
    summary: {
      clusters: clusterCount,
      noiseRows: labels.filter((label) => label < 0).length,
      trainingRows: points.rowCount,
      trainingBytes: 8 * points.rowCount * (points.featureCount + 3),
    },
  };
}

function reached(rows: Points, { carried, coreKeys, labels, limits, minRows }: Reach): Int32Array {
  const keys = new Float64Array(labels.length);
  return Int32Array.from({ length: rows.rowCount }, (_, i) => {
    keysTo(rows, i, carried, keys);
    const own = keys.slice().sort()[minRows - 1]!;
    let best = 0;
    const mutual = (r: number): number => Math.max(keys[r]!, coreKeys[r]!, own);
    for (let r = 1; r < keys.length; r++) {
      const [now, before] = [mutual(r), mutual(best)];
      if (now < before || (now === before && keys[r]! < keys[best]!)) best = r;
    }
    return mutual(best) <= limits[best]! ? labels[best]! : -1;
  });
}

function emitReached(
  x: Value,
  { carried, coreKeys, labels, limits, minRows }: Reach,
  clusterCount: number,
): Value {
  const n = labels.length;
  const numbers = (data: Float64Array, shape: readonly number[]): Value =>
    constant({ dtype: "float64", shape, data });
  const keys = emitKeys(x, carried);
  // A row goes first and is cut off again: TopK ends the process on a batch of no rows (ONNX Runtime 1.30).
  const padded = concat([numbers(new Float64Array(n), [1, n]), keys], 0);
  const nearest = topK(padded, minRows, { axis: 1, largest: false }).values;
  const own = slice(reduceMax(nearest, { axes: [1], keepDims: true }), [1], [Number.MAX_SAFE_INTEGER], [0]);
  const mutual = max(max(keys, numbers(coreKeys, [1, n])), own);
  const least = reduceMin(mutual, { axes: [1], keepDims: true });
  const place = argMin(where(equal(mutual, least), keys, Number.MAX_VALUE), { axis: 1, keepDims: true });
  const named = constant({
    dtype: "int64",
    shape: [n],
    data: BigInt64Array.from(labels, (label) => BigInt(label < 0 ? clusterCount : label)),
  });
  const within = lessOrEqual(least, gather(numbers(limits, [n]), place));
  return where(within, gather(named, place), int64s([clusterCount]));
}
