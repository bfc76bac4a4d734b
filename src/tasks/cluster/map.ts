/** A picture of the rows: the plane of the first two principal components, in squares, never a point a row. */
import type { Random } from "../../core/index.ts";
import { leadingComponents, type Points, project } from "../../features/index.ts";
import type { ClusterReportData } from "../../report/index.ts";

type ClusterMap = ClusterReportData["map"];

const side = 44;
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
  const xEdges = edgesOf(x);
  const yEdges = edgesOf(y);
  const counts = new Map<number, Map<number, number>>();
  const sums = Array.from({ length: clusterCount }, () => [0, 0, 0]);
  for (let i = 0; i < n; i++) {
    const at = binOf(x[i]!, xEdges) + side * binOf(y[i]!, yEdges);
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
      return { x: at % side, y: Math.floor(at / side), cluster: ranked[0]![0], rows };
    });
  return {
    shares: [axes.share[0] ?? 0, axes.share[1] ?? 0],
    xEdges,
    yEdges,
    cells,
    centers: sums.map(([a, b, count]) => [a! / Math.max(1, count!), b! / Math.max(1, count!)] as const),
  };
}

function edgesOf(values: Float64Array): number[] {
  const sorted = values.slice().sort();
  const last = sorted.length - 1;
  const low = sorted[Math.floor(outside * last)]!;
  const high = Math.max(sorted[Math.ceil((1 - outside) * last)]!, low + 1e-9);
  return Array.from({ length: side + 1 }, (_, i) => low + ((high - low) * i) / side);
}

function binOf(value: number, edges: readonly number[]): number {
  const low = edges[0]!;
  const width = (edges[side]! - low) / side;
  return Math.min(side - 1, Math.max(0, Math.floor((value - low) / width)));
}
