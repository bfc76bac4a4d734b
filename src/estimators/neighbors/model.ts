/** Rows that answer for their neighbourhood, and the answer by plain loops. */
export interface NeighborModel {
  /** Features less `center`; row-major [rowCount, featureCount]. */
  readonly rows: Float64Array;
  readonly rowCount: number;
  readonly featureCount: number;
  readonly center: Float64Array;
  /** A feature is read no lower and no higher: a hundred ranges beyond what was seen. */
  readonly low: Float64Array;
  readonly high: Float64Array;
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
  const { rows, rowCount, featureCount, resolution, neighbors, outputs } = model;
  const squares = new Float64Array(rowCount);
  for (let i = 0; i < rowCount; i++) {
    let total = 0;
    for (let j = 0; j < featureCount; j++) total += (at[j]! - rows[i * featureCount + j]!) ** 2;
    squares[i] = total;
  }
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
