/** Pictures of the rows in squares, never a point a row: the plane of two principal components, and the map of neighbours. */
import type { Random } from "../../core/index.ts";
import { leadingComponents, type Points, project } from "../../features/index.ts";
import type { ClusterReportData } from "../../report/index.ts";
import type { NeighborMap } from "./neighbor-map.ts";

type ClusterMap = ClusterReportData["map"];
type Squares = Pick<ClusterMap, "xEdges" | "yEdges" | "cells" | "centers">;

const side = 44;
/** The map of neighbours spreads fewer rows over all of its plane. */
const neighborSide = 32;
/** Share of the rows that may lie outside at each end, drawn at the border. */
const outside = 0.002;

/** @param members - Cluster index a row, −1 for noise. */
export function clusterMap(
  points: Points,
  members: Int32Array,
  clusterCount: number,
  random: Random,
): ClusterMap {
  const { rowCount: n, featureCount: p, values } = points;
  const axes = leadingComponents(points, 2, random);
  const x = new Float64Array(n);
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const [a, b = 0] = project(values.subarray(i * p, (i + 1) * p), axes);
    x[i] = a!;
    y[i] = b;
  }
  const shares = [axes.share[0] ?? 0, axes.share[1] ?? 0] as const;
  return { shares, ...squaresOf(x, y, members, clusterCount, side) };
}

/** @param members - Of the rows on the map. */
export function neighborSquares(
  { places, neighbors, kept, keptOnPlane }: NeighborMap,
  members: Int32Array,
  clusterCount: number,
): NonNullable<ClusterReportData["neighborMap"]> {
  const x = Float64Array.from(members, (_, i) => places[2 * i]!);
  const y = Float64Array.from(members, (_, i) => places[2 * i + 1]!);
  const squares = squaresOf(x, y, members, clusterCount, neighborSide);
  const { xEdges, yEdges } = squares;
  // A cluster may lie in several pieces, with nothing at its mean: its number stands on the square next to it.
  const centers = squares.centers.map(([a, b], c) => {
    const middles = squares.cells
      .filter(({ cluster }) => cluster === c)
      .map((cell) => [middleOf(xEdges, cell.x), middleOf(yEdges, cell.y)] as const);
    const far = ([u, v]: readonly [number, number]): number => (u - a) ** 2 + (v - b) ** 2;
    return middles.length === 0 ? undefined : middles.reduce((s, t) => (far(t) < far(s) ? t : s));
  });
  return { ...squares, centers, rows: members.length, neighbors, kept, keptOnPlane };
}

function squaresOf(
  x: Float64Array,
  y: Float64Array,
  members: Int32Array,
  clusterCount: number,
  size: number,
): Squares {
  const xEdges = edgesOf(x, size);
  const yEdges = edgesOf(y, size);
  const counts = new Map<number, Map<number, number>>();
  const sums = Array.from({ length: clusterCount }, () => [0, 0, 0]);
  for (let i = 0; i < x.length; i++) {
    const at = binOf(x[i]!, xEdges) + size * binOf(y[i]!, yEdges);
    const cell = counts.get(at) ?? new Map<number, number>();
    cell.set(members[i]!, (cell.get(members[i]!) ?? 0) + 1);
    counts.set(at, cell);
    const sum = sums[members[i]!];
    if (sum === undefined) continue;
    sum[0]! += x[i]!;
    sum[1]! += y[i]!;
    sum[2]!++;
  }
  const cells = [...counts]
    .sort(([a], [b]) => a - b)
    .map(([at, byCluster]) => {
      const ranked = [...byCluster].sort(([a, m], [b, k]) => k - m || a - b);
      const rows = ranked.reduce((sum, [, count]) => sum + count, 0);
      return { x: at % size, y: Math.floor(at / size), cluster: ranked[0]![0], rows };
    });
  return {
    xEdges,
    yEdges,
    cells,
    centers: sums.map(([a, b, count]) => [a! / Math.max(1, count!), b! / Math.max(1, count!)] as const),
  };
}

function edgesOf(values: Float64Array, size: number): number[] {
  const sorted = values.slice().sort();
  const last = sorted.length - 1;
  const low = sorted[Math.floor(outside * last)]!;
  const high = Math.max(sorted[Math.ceil((1 - outside) * last)]!, low + 1e-9);
  return Array.from({ length: size + 1 }, (_, i) => low + ((high - low) * i) / size);
}

const middleOf = (edges: readonly number[], at: number): number => (edges[at]! + edges[at + 1]!) / 2;

function binOf(value: number, edges: readonly number[]): number {
  const size = edges.length - 1;
  const low = edges[0]!;
  const width = (edges[size]! - low) / size;
  return Math.min(size - 1, Math.max(0, Math.floor((value - low) / width)));
}
