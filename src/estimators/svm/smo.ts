/**
 * The dual of a support vector machine by sequential minimal optimisation:
 * min ½ αᵀ Q α + pᵀ α with yᵀ α = 0 and 0 ≤ α ≤ C, two variables at a time.
 *
 * The pair is the one of second order: the largest violation, and beside it the variable that gains most.
 * Rows of the kernel are kept while there is room, the one unused longest goes first. Source: Fan, Chen & Lin 2005, JMLR
 * 6:1889–1918; Chang & Lin 2011 (LIBSVM), section 4.
 */

/** Variables of one problem; several may stand for one row of the kernel. */
export interface DualProblem {
  /** +1 or −1. Shape [l]. */
  readonly sign: Float64Array;
  readonly linear: Float64Array;
  /** Upper bounds, above 0. Shape [l]. */
  readonly upper: Float64Array;
  /** Row of the kernel behind a variable: its number modulo this. */
  readonly rowCount: number;
  /** Kernel of a row with all rows, 1 with itself. Shape [rowCount]. */
  readonly kernelRow: (row: number) => Float64Array;
}

export interface DualSolution {
  readonly alpha: Float64Array;
  /** The decision is Σ sign α K − rho. */
  readonly rho: number;
  /** ½ αᵀ Q α + pᵀ α. */
  readonly objective: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Stands for a curvature that is 0 or, by rounding, below. */
const leastCurvature = 1e-12;

/**
 * @param tolerance - Largest violation of the optimality conditions that is left.
 */
export function solveDual(
  { sign, linear, upper, rowCount, kernelRow }: DualProblem,
  { tolerance, maxIter, signal }: { tolerance: number; maxIter: number; signal?: AbortSignal | undefined },
): DualSolution {
  const l = sign.length;
  const alpha = new Float64Array(l);
  const gradient = linear.slice();
  // Whether sign · α may rise, and fall: looked at by every step, changed for two variables only.
  const mayRise = new Uint8Array(l);
  const mayFall = new Uint8Array(l);
  const mark = (t: number): void => {
    const below = Number(alpha[t]! < upper[t]!);
    const above = Number(alpha[t]! > 0);
    mayRise[t] = sign[t]! > 0 ? below : above;
    mayFall[t] = sign[t]! > 0 ? above : below;
  };
  for (let t = 0; t < l; t++) mark(t);
  let converged = false;
  let iterations = 0;
  for (; iterations < maxIter && !signal?.aborted; iterations++) {
    let i = -1;
    let most = -Infinity;
    for (let t = 0; t < l; t++) {
      const pull = -sign[t]! * gradient[t]!;
      if (pull > most && mayRise[t] === 1) {
        most = pull;
        i = t;
      }
    }
    if (i < 0) {
      converged = true;
      break;
    }
    const rowI = kernelRow(i % rowCount);
    let j = -1;
    let least = Infinity;
    let gain = 0;
    for (let t = 0, row = 0; t < l; t++, row = row + 1 === rowCount ? 0 : row + 1) {
      if (mayFall[t] === 0) continue;
      const pull = -sign[t]! * gradient[t]!;
      if (pull < least) least = pull;
      const ahead = most - pull;
      if (ahead <= 0) continue;
      // The kernel of a row with itself is 1.
      const curvature = 2 - 2 * rowI[row]!;
      const gained = (ahead * ahead) / (curvature > leastCurvature ? curvature : leastCurvature);
      if (gained > gain) {
        gain = gained;
        j = t;
      }
    }
    if (j < 0 || most - least < tolerance) {
      converged = true;
      break;
    }
    const rowJ = kernelRow(j % rowCount);
    const curvature = Math.max(leastCurvature, 2 - 2 * rowI[j % rowCount]!);
    let step = (most + sign[j]! * gradient[j]!) / curvature;
    // Along sign: α_i rises by the step and α_j falls, each within its bounds.
    step = Math.min(step, sign[i]! > 0 ? upper[i]! - alpha[i]! : alpha[i]!);
    step = Math.min(step, sign[j]! > 0 ? alpha[j]! : upper[j]! - alpha[j]!);
    alpha[i] = within(alpha[i]! + sign[i]! * step, upper[i]!);
    alpha[j] = within(alpha[j]! - sign[j]! * step, upper[j]!);
    mark(i);
    mark(j);
    for (let t = 0, row = 0; t < l; t++, row = row + 1 === rowCount ? 0 : row + 1)
      gradient[t]! += sign[t]! * step * (rowI[row]! - rowJ[row]!);
  }
  let objective = 0;
  for (let t = 0; t < l; t++) objective += 0.5 * alpha[t]! * (gradient[t]! + linear[t]!);
  return { alpha, rho: rhoOf(alpha, gradient, sign, upper), objective, iterations, converged };
}

function within(value: number, upper: number): number {
  return Math.min(upper, Math.max(0, value));
}

/** Mean of the free variables' sign · gradient; where none is free, the middle of what the bounds allow. */
function rhoOf(alpha: Float64Array, gradient: Float64Array, sign: Float64Array, upper: Float64Array): number {
  let free = 0;
  let sum = 0;
  let low = -Infinity;
  let high = Infinity;
  for (let t = 0; t < alpha.length; t++) {
    const value = sign[t]! * gradient[t]!;
    const atTop = alpha[t]! >= upper[t]!;
    if (alpha[t]! > 0 && !atTop) {
      free++;
      sum += value;
    } else if (atTop === sign[t]! < 0) high = Math.min(high, value);
    else low = Math.max(low, value);
  }
  if (free > 0) return sum / free;
  if (low === -Infinity) return high === Infinity ? 0 : high;
  return high === Infinity ? low : (low + high) / 2;
}

/** Numbers that the rows of a kernel may hold: 200 MB. */
const cacheSize = 2.5e7;

/** exp(−gamma ‖x − t‖²) of rows, row-major [rowCount, p], a row at a time and remembered. */
export function radialRows(
  rows: Float64Array,
  rowCount: number,
  p: number,
  gamma: number,
): (row: number) => Float64Array {
  const norms = new Float64Array(rowCount);
  for (let i = 0; i < rowCount; i++) for (let j = 0; j < p; j++) norms[i]! += rows[i * p + j]! ** 2;
  return remembered(rowCount, (row, out) => {
    for (let i = 0; i < rowCount; i++) {
      let inner = 0;
      for (let j = 0; j < p; j++) inner += rows[row * p + j]! * rows[i * p + j]!;
      out[i] = i === row ? 1 : Math.exp(-gamma * Math.max(0, norms[row]! + norms[i]! - 2 * inner));
    }
  });
}

/** The kernel among some of the rows. */
export function amongRows(
  kernelRow: (row: number) => Float64Array,
  places: Uint32Array,
): (row: number) => Float64Array {
  return remembered(places.length, (row, out) => {
    const all = kernelRow(places[row]!);
    for (let i = 0; i < places.length; i++) out[i] = all[places[i]!]!;
  });
}

/** Rows are made once, as long as there is room for them. */
function remembered(
  rowCount: number,
  make: (row: number, out: Float64Array) => void,
): (row: number) => Float64Array {
  const room = Math.max(2, Math.floor(cacheSize / rowCount));
  const kept = new Map<number, Float64Array>();
  return (row) => {
    const found = kept.get(row);
    if (found !== undefined) {
      kept.delete(row);
      kept.set(row, found);
      return found;
    }
    let out: Float64Array | undefined;
    if (kept.size >= room) {
      const [oldest] = kept.keys();
      out = kept.get(oldest!);
      kept.delete(oldest!);
    }
    out ??= new Float64Array(rowCount);
    make(row, out);
    kept.set(row, out);
    return out;
  };
}
