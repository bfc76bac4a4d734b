/** One decision function over rows, and its value at a place. */

/** Rows as the kernel reads them. */
export interface Space {
  /** Features less their means; row-major [rowCount, featureCount]. */
  readonly rows: Float64Array;
  readonly rowCount: number;
  readonly featureCount: number;
  readonly mean: Float64Array;
  readonly weight: Float64Array;
  readonly gamma: number;
  /** Kernel of a row with all rows. */
  readonly kernelRow: (row: number) => Float64Array;
}

/** A decision Σ coefficient K + offset, and slope · decision + shift: log-odds, or the number itself. */
export interface Machine {
  /** 0 for a row that is no support vector. Shape [rowCount]. */
  readonly coefficients: Float64Array;
  readonly offset: number;
  readonly slope: number;
  readonly shift: number;
  readonly objective: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** The decision at a place. @param at - Features less their means. */
export function scoreOf(
  { coefficients, offset }: Machine,
  { rows, featureCount: p, gamma }: Space,
  at: Float64Array,
): number {
  let total = offset;
  for (let i = 0; i < coefficients.length; i++) {
    if (coefficients[i] === 0) continue;
    let squares = 0;
    for (let j = 0; j < p; j++) squares += (at[j]! - rows[i * p + j]!) ** 2;
    total += coefficients[i]! * Math.exp(-gamma * squares);
  }
  return total;
}
