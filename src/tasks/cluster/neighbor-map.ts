/**
 * A map of rows on which those that are alike lie side by side: UMAP, by the package umap-js.
 *
 * A plane of principal components keeps large distances and lays rows over each other that differ elsewhere; this
 * keeps who is near whom, and large distances say little. The package would start from random places and look for
 * neighbours at random. Here the neighbours are exact, and rows start from their first two principal components,
 * which keeps groups in their order. Sources: McInnes, Healy & Melville 2018, arXiv:1802.03426; for the start Kobak
 * & Linderman 2021, Nature Biotechnology 39:156–157.
 */
import { setImmediate } from "node:timers/promises";
import { MillwrightError, type Random } from "../../core/index.ts";
import { leadingComponents, type Points, project } from "../../features/index.ts";

export interface NeighborMap {
  /** Where each row lies; the axes have no unit. Row-major [rowCount, 2]. */
  readonly places: Float64Array;
  /** Nearest rows that are kept together. */
  readonly neighbors: number;
  /** Of each row's nearest rows on the map, the share that is among its nearest in the features; the mean. */
  readonly kept: number;
  /** The same on the plane of the first two principal components. */
  readonly keptOnPlane: number;
}

/** Nearest rows, as in umap-learn unless told. */
const mostNeighbors = 15;
/** Rounds over all pairs of neighbours: 500 keep one neighbour in a hundred more, for twice the time. */
const epochs = 200;
/** Half the width of the start, as in umap-learn, and how far apart it puts equal rows. */
const start = { halfWidth: 10, apart: 1e-4 };
const epochsAtOnce = 10;

/** @throws MillwrightError `RUNTIME_MISSING` where the optional package is not installed. */
async function loadUmap(): Promise<typeof import("umap-js")["UMAP"]> {
  try {
    const { UMAP } = await import("umap-js");
    return UMAP;
  } catch (cause) {
    throw new MillwrightError(
      "RUNTIME_MISSING",
      "Drawing the map of neighbours needs the package umap-js, which is not installed.",
      "Install it: npm install umap-js",
      { cause },
    );
  }
}

/**
 * Places on a plane for rows. Cost: rows² × features for the neighbours, then 1.2 to 1.4 ms of one core a row.
 *
 * @param points - At least 3 rows.
 * @param check - Throws where the user asked to stop.
 * @throws MillwrightError `RUNTIME_MISSING`.
 */
export async function neighborMap(points: Points, random: Random, check: () => void): Promise<NeighborMap> {
  const UMAP = await loadUmap();
  const { rowCount: n, featureCount: p, values } = points;
  const count = Math.min(mostNeighbors, n - 1);
  const plane = planeOf(points, random.child("plane"));
  // The package counts the row itself among its neighbours.
  const near = nearest(points, count + 1);
  const draw = random.child("map");
  const umap = new UMAP({ nNeighbors: count + 1, nEpochs: epochs, random: () => draw.next() });
  umap.setPrecomputedKNN(near.rows, near.distances);
  const rounds = umap.initializeFit(
    Array.from({ length: n }, (_, i) => Array.from(values.subarray(i * p, (i + 1) * p))),
  );
  const widest = plane.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = widest > 0 ? start.halfWidth / widest : 0;
  const places = umap.getEmbedding();
  for (const [i, place] of places.entries())
    for (let d = 0; d < 2; d++) place[d] = plane.values[2 * i + d]! * scale + start.apart * draw.normal();
  for (let epoch = 0; epoch < rounds; epoch++) {
    if (epoch % epochsAtOnce === 0) {
      await setImmediate();
      check();
    }
    umap.step();
  }
  const found = { rowCount: n, featureCount: 2, values: Float64Array.from(umap.getEmbedding().flat()) };
  const limits = near.distances.map((own) => own[count]! ** 2);
  return {
    places: found.values,
    neighbors: count,
    kept: keptOn(found, points, limits, count),
    keptOnPlane: keptOn(plane, points, limits, count),
  };
}

function planeOf(points: Points, random: Random): Points {
  const { rowCount: n, featureCount: p, values } = points;
  const axes = leadingComponents(points, 2, random);
  const out = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) out.set(project(values.subarray(i * p, (i + 1) * p), axes), 2 * i);
  return { rowCount: n, featureCount: 2, values: out };
}

function squaredBetween({ featureCount: p, values }: Points, i: number, j: number): number {
  let total = 0;
  for (let f = 0, x = i * p, y = j * p; f < p; f++, x++, y++) total += (values[x]! - values[y]!) ** 2;
  return total;
}

/**
 * The nearest rows of each, itself first. Of rows as near, those that follow it in the table, so that many equal
 * rows hang together in a ring and do not all point at the first few.
 */
function nearest(
  points: Points,
  count: number,
): { readonly rows: number[][]; readonly distances: number[][] } {
  const n = points.rowCount;
  const rows: number[][] = [];
  const distances: number[][] = [];
  for (let i = 0; i < n; i++) {
    const own = new Array<number>(count).fill(i);
    const squares = new Array<number>(count).fill(Infinity);
    for (let step = 0; step < n; step++) {
      const j = (i + step) % n;
      const square = squaredBetween(points, i, j);
      if (square >= squares[count - 1]!) continue;
      let at = count - 1;
      for (; at > 0 && squares[at - 1]! > square; at--) {
        squares[at] = squares[at - 1]!;
        own[at] = own[at - 1]!;
      }
      squares[at] = square;
      own[at] = j;
    }
    rows.push(own);
    distances.push(squares.map(Math.sqrt));
  }
  return { rows, distances };
}

/** @param limits - Squared distance of each row to its last neighbour in the features: rows as near count too. */
function keptOn(map: Points, points: Points, limits: readonly number[], count: number): number {
  let kept = 0;
  nearest(map, count + 1).rows.forEach((own, i) => {
    // A square root squared may be a last bit short.
    const limit = limits[i]! * (1 + 1e-12);
    for (const j of own) if (j !== i && squaredBetween(points, i, j) <= limit) kept++;
  });
  return kept / (map.rowCount * count);
}
