/** Rows that answer for their neighbourhood, and the answer by plain loops. */
import { squaresFromSparse } from "./even-rows.ts";
import type { Places } from "./places.ts";

export interface NeighborModel extends Omit<Places, "usual"> {
  readonly rowCount: number;
  readonly featureCount: number;
  /** Targets, or 1 at the row's class; row-major [rowCount, outputs]. */
  readonly answers: Float64Array;
  readonly outputs: number;
  readonly weight: Float64Array;
  readonly neighbors: number;
  readonly byDistance: boolean;
  /** Squared distances are compared as whole multiples of one over it. */
  readonly resolution: number;
}

/** Squared distance below which rows are the same: then only they are asked. */
export const samePlace = 1e-24;

/** A feature's value as distances read it. */
export function readCoordinate({ low, high, center }: NeighborModel, j: number, value: number): number {
  return Math.min(high[j]!, Math.max(low[j]!, value)) - center[j]!;
}

/** The answer at a place, by its distance to every row. Shape [outputs]. */
export function nearestOf(model: NeighborModel, at: Float64Array): Float64Array {
  const { rows, resolution, neighbors, outputs } = model;
  const squares = rows instanceof Float64Array ? squaresFrom(rows, at) : squaresFromSparse(rows, at);
  const key = squares.map((d) => Math.floor(d * resolution + 0.5));
  const nearest = Uint32Array.from(key.keys())
    .sort((a, b) => key[a]! - key[b]! || a - b)
    .subarray(0, neighbors);
  const same = model.byDistance && nearest.some((i) => squares[i]! <= samePlace);
  const out = new Float64Array(outputs);
  let total = 0;
  for (const i of nearest) {
    let w = model.weight[i]!;
    if (same) w *= squares[i]! <= samePlace ? 1 : 0;
    else if (model.byDistance) w /= Math.sqrt(squares[i]!);
    total += w;
    for (let k = 0; k < outputs; k++) out[k]! += w * model.answers[i * outputs + k]!;
  }
  return out.map((sum) => (outputs === 1 ? sum / total : Math.min(1, sum / total)));
}

/** Squared distances of row-major rows from a place. */
function squaresFrom(rows: Float64Array, at: Float64Array): Float64Array {
  const p = at.length;
  return Float64Array.from({ length: rows.length / p }, (_, i) => {
    let total = 0;
    for (let j = 0; j < p; j++) total += (at[j]! - rows[i * p + j]!) ** 2;
    return total;
  });
}
