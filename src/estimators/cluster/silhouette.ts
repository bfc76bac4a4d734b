/**
 * Silhouettes: how much closer a row is to its own cluster than to the nearest other one, −1 … 1.
 *
 * (b − a) / max(a, b) of the mean distance a to the rows of its cluster and b to those of the nearest other
 * cluster; 0 for a cluster of one row. Many labelings are measured in one pass over the pairs of rows, since
 * the distances are what costs. Source: Rousseeuw 1987, J. Comput. Appl. Math. 20:53–65.
 */
import type { Points } from "../../features/index.ts";

/** Labels of rows, −1 for noise. */
export interface Labeling {
  readonly labels: Int32Array;
  readonly clusterCount: number;
}

/**
 * Silhouettes of every row under every labeling. Cost: rows² × (features + labelings).
 *
 * @returns One array a labeling, [rowCount]; NaN for noise and where there is one cluster.
 */
export function silhouettes(points: Points, labelings: readonly Labeling[]): Float64Array[] {
  const { rowCount: n, featureCount: p, values } = points;
  const out = labelings.map(() => new Float64Array(n).fill(Number.NaN));
  const sizes = labelings.map(({ labels, clusterCount }) => {
    const counts = new Float64Array(clusterCount);
    for (const label of labels) if (label >= 0) counts[label]!++;
    return counts;
  });
  /** Of each labeling: sums of distances, row-major [rowCount, clusterCount]. */
  const sums = labelings.map(({ clusterCount }) => new Float64Array(n * clusterCount));
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      let squares = 0;
      for (let f = 0, a = i * p, b = j * p; f < p; f++, a++, b++) {
        const difference = values[a]! - values[b]!;
        squares += difference * difference;
      }
      const distance = Math.sqrt(squares);
      for (let l = 0; l < labelings.length; l++) {
        const { labels, clusterCount } = labelings[l]!;
        const [a, b] = [labels[i]!, labels[j]!];
        if (b >= 0) sums[l]![i * clusterCount + b]! += distance;
        if (a >= 0) sums[l]![j * clusterCount + a]! += distance;
      }
    }
  }
  labelings.forEach(({ labels, clusterCount }, l) => {
    if (clusterCount < 2) return;
    for (let i = 0; i < n; i++) {
      const own = labels[i]!;
      const row = sums[l]!.subarray(i * clusterCount, (i + 1) * clusterCount);
      if (own >= 0) out[l]![i] = silhouetteOf(own, row, sizes[l]!);
    }
  });
  return out;
}

function silhouetteOf(own: number, sums: Float64Array, sizes: Float64Array): number {
  if (sizes[own]! <= 1) return 0;
  const within = sums[own]! / (sizes[own]! - 1);
  let other = Infinity;
  for (let c = 0; c < sizes.length; c++)
    if (c !== own && sizes[c]! > 0) other = Math.min(other, sums[c]! / sizes[c]!);
  if (other === Infinity) return Number.NaN;
  const most = Math.max(within, other);
  return most > 0 ? (other - within) / most : 0;
}

/** Mean silhouette of the rows that belong to a cluster; NaN where none has one. */
export function meanSilhouette(values: Float64Array): number {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return count === 0 ? Number.NaN : sum / count;
}
