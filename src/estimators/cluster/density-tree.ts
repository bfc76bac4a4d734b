/**
 * The tree of dense regions: a minimum spanning tree by mutual reachability, cut from far to near.
 *
 * Source: Campello, Moulavi & Sander 2013, PAKDD, sections 3 and 4; McInnes & Healy 2017, section II.
 */
import type { Points } from "../../features/index.ts";
import { squaredBetween } from "./neighbor-distances.ts";

interface Edge {
  readonly a: number;
  readonly b: number;
  readonly distance: number;
}

/**
 * Prim's algorithm on all pairs of rows. Many edges are equally long, since a row's core distance is the
 * length of several: the nearest row then counts.
 *
 * @returns rows − 1 edges, from near to far.
 */
export function spanningTree(points: Points, core: Float64Array): Edge[] {
  const n = points.rowCount;
  const least = new Float64Array(n).fill(Infinity);
  const straight = new Float64Array(n).fill(Infinity);
  const from = new Int32Array(n);
  const inside = new Uint8Array(n);
  const edges: Edge[] = [];
  let current = 0;
  for (let step = 1; step < n; step++) {
    inside[current] = 1;
    let next = -1;
    for (let j = 0; j < n; j++) {
      if (inside[j] === 1) continue;
      const direct = Math.sqrt(squaredBetween(points, current, points, j));
      const distance = Math.max(core[current]!, core[j]!, direct);
      if (distance < least[j]! || (distance === least[j]! && direct < straight[j]!)) {
        least[j] = distance;
        straight[j] = direct;
        from[j] = current;
      }
      if (
        next < 0 ||
        least[j]! < least[next]! ||
        (least[j] === least[next]! && straight[j]! < straight[next]!)
      )
        next = j;
    }
    edges.push({ a: from[next]!, b: next, distance: least[next]! });
    current = next;
  }
  return edges.sort((x, y) => x.distance - y.distance);
}

/** Two regions that meet at a distance. */
interface Merge {
  readonly left: number;
  readonly right: number;
  readonly distance: number;
  readonly size: number;
}

/** Region n + i is made by the i-th edge; regions below n are rows. */
function mergesOf(edges: readonly Edge[], n: number): Merge[] {
  const parent = Int32Array.from({ length: 2 * n - 1 }, (_, i) => i);
  const sizes = new Int32Array(2 * n - 1).fill(1);
  const root = (i: number): number => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  return edges.map(({ a, b, distance }, i) => {
    const [left, right] = [root(a), root(b)];
    const made = n + i;
    parent[left] = made;
    parent[right] = made;
    sizes[made] = sizes[left]! + sizes[right]!;
    return { left, right, distance, size: sizes[made]! };
  });
}

/** A region that is large enough, from the density where it splits off to where its last row leaves. */
interface Region {
  readonly parent: number;
  /** Density, one over the distance, at which it comes to be. */
  readonly birth: number;
  /** Sum over its rows of how long they stay, in density. */
  stability: number;
  readonly children: number[];
}

/**
 * Clusters by excess of mass: of each branch the regions with the largest stability. Never all rows as one.
 *
 * @returns Label of each row (a region's number), −1 for noise; and the distance at which each region came to be.
 */
export function condensedClusters(
  edges: readonly Edge[],
  n: number,
  minClusterRows: number,
): { readonly labels: Int32Array; readonly births: ReadonlyMap<number, number> } {
  const merges = mergesOf(edges, n);
  const smallest = edges.find(({ distance }) => distance > 0)?.distance ?? 1;
  const densityOf = (distance: number): number => 1 / Math.max(distance, smallest);
  const regions: Region[] = [{ parent: -1, birth: 0, stability: 0, children: [] }];
  const regionOf = new Int32Array(n);
  const sizeOf = (node: number): number => (node < n ? 1 : merges[node - n]!.size);
  const leave = (node: number, region: number, density: number): void => {
    const stack = [node];
    while (stack.length > 0) {
      const at = stack.pop()!;
      if (at >= n) stack.push(merges[at - n]!.left, merges[at - n]!.right);
      else {
        regionOf[at] = region;
        regions[region]!.stability += density - regions[region]!.birth;
      }
    }
  };
  const stack: (readonly [node: number, region: number])[] = [[2 * n - 2, 0]];
  while (stack.length > 0) {
    const [node, region] = stack.pop()!;
    const { left, right, distance } = merges[node - n]!;
    const density = densityOf(distance);
    const large = [left, right].filter((side) => sizeOf(side) >= minClusterRows);
    for (const side of [left, right]) {
      if (sizeOf(side) < minClusterRows) leave(side, region, density);
      else if (large.length === 1) stack.push([side, region]);
      else {
        regions[region]!.stability += sizeOf(side) * (density - regions[region]!.birth);
        regions[region]!.children.push(regions.length);
        stack.push([side, regions.length]);
        regions.push({ parent: region, birth: density, stability: 0, children: [] });
      }
    }
  }
  const selected = largestMass(regions);
  const labels = regionOf.map((region) => {
    let at = region;
    while (at > 0 && selected[at] === 0) at = regions[at]!.parent;
    return at > 0 ? at : -1;
  });
  return { labels, births: new Map(regions.map(({ birth }, r) => [r, birth > 0 ? 1 / birth : Infinity])) };
}

/** 1 for each region that is a cluster. Children come after their parent. */
function largestMass(regions: readonly Region[]): Uint8Array {
  const selected = new Uint8Array(regions.length);
  const mass = regions.map(({ stability }) => stability);
  for (let r = regions.length - 1; r > 0; r--) {
    const { children } = regions[r]!;
    const below = children.reduce((sum, child) => sum + mass[child]!, 0);
    if (children.length > 0 && below > mass[r]!) {
      mass[r] = below;
      continue;
    }
    selected[r] = 1;
    const stack = [...children];
    while (stack.length > 0) {
      const at = stack.pop()!;
      selected[at] = 0;
      stack.push(...regions[at]!.children);
    }
  }
  return selected;
}
