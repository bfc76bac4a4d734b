/** A column in few groups: numbers by quantiles, strings by code; missing is a group of its own. */
import type { Cells } from "../../schema/index.ts";
import { Sorter } from "./sorted.ts";

export interface Bins {
  /** Group of each row asked for, 0 … count − 1. */
  readonly groups: Int32Array;
  readonly count: number;
}

/**
 * @param rows - Rows to look at.
 * @param maxBins - Groups of numbers; strings keep one group a value.
 */
export function binRows(cells: Cells, rows: Uint32Array, maxBins: number): Bins {
  const groups = new Int32Array(rows.length);
  if (cells.type === "string") {
    const renumbered = new Int32Array(cells.dictionary.length + 1).fill(-1);
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      const code = cells.codes[rows[i]!]! + 1;
      if (renumbered[code]! < 0) renumbered[code] = count++;
      groups[i] = renumbered[code]!;
    }
    return { groups, count };
  }
  const values = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = cells.values[rows[i]!]!;
  const edges = binEdges(values, maxBins);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    groups[i] = value === value ? groupOf(edges, value) : edges.length + 1;
  }
  return { groups, count: edges.length + 2 };
}

const sorter = new Sorter();

/** Upper edges between groups of about equal size; a value repeated often has a group to itself. */
function binEdges(values: Float64Array, maxBins: number): Float64Array {
  const sorted = sorter.sort(values);
  const distinct: number[] = [];
  for (let i = 0; i < sorted.length && distinct.length <= maxBins; i++) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) distinct.push(sorted[i]!);
  }
  const edges: number[] = [];
  if (distinct.length <= maxBins) edges.push(...distinct.slice(0, -1));
  else {
    for (let bin = 1; bin < maxBins; bin++) {
      const edge = sorted[Math.floor((bin * sorted.length) / maxBins)]!;
      if (edges.length === 0 || edge > edges[edges.length - 1]!) edges.push(edge);
    }
  }
  return Float64Array.from(edges);
}

/** Number of edges below the value. */
function groupOf(edges: Float64Array, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
