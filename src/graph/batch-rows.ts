/**
 * How many rows a graph should take at once.
 *
 * A value that has as many rows as the batch takes its other sizes for each of them; the widest one decides.
 * Several such values live at the same time, so each gets an eighth of what would be too much.
 */
import type { DType } from "../core/index.ts";
import type { Graph } from "./graph.ts";
import { isKnown } from "./value.ts";

const elementBytes: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int64: 8,
  int32: 4,
  bool: 1,
  string: 32,
  uint8: 1,
};

/** Most bytes of one value: an eighth of 256 MB. */
const valueBytes = 2 ** 25;

/**
 * Bytes that the widest value of a graph takes a row: its sizes that are known, where another is not. What a loop or
 * a branch makes inside is not seen.
 */
export function rowBytes({ nodes }: Graph): number {
  let widest = 0;
  for (const node of nodes) {
    for (const value of node.outputs) {
      if (!isKnown(value) || value.shape.every((size) => typeof size === "number")) continue;
      const cells = value.shape.reduce<number>(
        (product, size) => product * (typeof size === "number" ? size : 1),
        1,
      );
      widest = Math.max(widest, cells * elementBytes[value.dtype]);
    }
  }
  return widest;
}

/** Rows for which no value passes 32 MB: at least 1, at most `most`. */
export function batchRows(graph: Graph, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(valueBytes / Math.max(1, rowBytes(graph)))));
}
