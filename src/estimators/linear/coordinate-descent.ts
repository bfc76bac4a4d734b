/**
 * Coordinate descent on second moments, with an active set: sweeps over the features in use until they
 * rest, then one over all, until that changes nothing.
 */

/** ½ bᵀ G b − xyᵀ b is half the mean squared error, up to a constant. */
export interface Penalised {
  /** Units of the coefficients in those of the features; 0 for one that stays out. Shape [p]. */
  readonly unit: Float64Array;
  /** G. Shape [p, p]. */
  readonly gram: Float64Array;
  readonly xy: Float64Array;
  /** Variance of the target. */
  readonly yy: number;
}

/** Most sweeps; a path converges in tens. */
const maxSweeps = 10_000;

/**
 * Minimises in place of `b`, which is where it starts.
 *
 * @param tolerance - Stops when no step of a full sweep lowers the error by more than this share of the target's variance.
 */
export function coordinateDescent(
  { unit, gram, xy, yy }: Penalised,
  lambda: number,
  l1Ratio: number,
  b: Float64Array,
  tolerance: number,
): void {
  const p = b.length;
  const l1 = lambda * l1Ratio;
  const l2 = lambda * (1 - l1Ratio);
  const rest = xy.slice();
  for (let j = 0; j < p; j++) if (b[j] !== 0) subtractRow(rest, gram, j * p, b[j]!);
  const sweep = (all: boolean): number => {
    let most = 0;
    for (let j = 0; j < p; j++) {
      const before = b[j]!;
      if (unit[j] === 0 || !(all || before !== 0)) continue;
      const curvature = gram[j * p + j]!;
      const pull = rest[j]! + curvature * before;
      const size = Math.abs(pull) - l1;
      const after = size > 0 ? (Math.sign(pull) * size) / (curvature + l2) : 0;
      if (after === before) continue;
      b[j] = after;
      subtractRow(rest, gram, j * p, after - before);
      most = Math.max(most, curvature * (after - before) ** 2);
    }
    return most;
  };
  const enough = tolerance * yy;
  for (let sweeps = 0; sweeps < maxSweeps; sweeps++) {
    if (sweep(true) <= enough) return;
    while (sweeps++ < maxSweeps && sweep(false) > enough);
  }
}

function subtractRow(rest: Float64Array, gram: Float64Array, at: number, factor: number): void {
  for (let k = 0; k < rest.length; k++) rest[k]! -= factor * gram[at + k]!;
}
