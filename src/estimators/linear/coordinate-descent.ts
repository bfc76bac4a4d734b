/**
 * Coordinate descent along a path of falling strengths, each solution the start of the next.
 *
 * The strong rule leaves features out beforehand: one whose pull on the errors was below 2 λ − λ_before
 * will most likely have no coefficient at λ. Sweeps then see the kept features only, through their own
 * matrix of products; afterwards every feature's pull is looked at, and one that was left out wrongly
 * joins and the sweeps go on. So the rule costs no exactness. Source: Tibshirani et al. 2012, J. R. Stat. Soc. B
 * 74(2); Friedman, Hastie & Tibshirani 2010, J. Stat. Software 33(1), section 2.2 (covariance updates).
 */
import { cholesky, choleskySolve } from "./cholesky.ts";

/** ½ bᵀ G b − xyᵀ b is half the mean squared error, up to a constant. */
export interface Penalised {
  /** Units of the coefficients in those of the features; 0 for one that stays out. Shape [p]. */
  readonly unit: Float64Array;
  /** G of two features. */
  inner(i: number, j: number): number;
  readonly xy: Float64Array;
  /** xy − G b: how each feature pulls on the errors. Shape [p]. */
  rest(b: Float64Array): Float64Array;
  /** Variance of the target. */
  readonly yy: number;
}

/** Most sweeps; a path converges in tens. */
const maxSweeps = 10_000;

/** Steps below this share of the target's variance have found out which features are in use. */
const nearby = 1e-10;
/** Most features in use for which the system is solved. */
const systemSize = 1500;

/** The least strength that leaves every feature out. */
export function largestLambda({ xy, unit }: Penalised, l1Ratio: number): number {
  return xy.reduce((most, v, j) => (unit[j] === 0 ? most : Math.max(most, Math.abs(v))), 0) / l1Ratio;
}

export class PathSolver {
  /** Coefficients in the problem's units at the last strength. Shape [p]. */
  readonly b: Float64Array;
  /** Features in the sweeps, in the order in which they joined, and their place there. */
  readonly #kept: number[] = [];
  readonly #place: Int32Array;
  /** Products of kept features, rows of `#capacity`. */
  #gram = new Float64Array(0);
  #capacity = 0;
  #rest: Float64Array;
  #before: number;
  readonly #problem: Penalised;
  readonly #l1Ratio: number;

  constructor(problem: Penalised, l1Ratio: number) {
    const p = problem.xy.length;
    this.#problem = problem;
    this.#l1Ratio = l1Ratio;
    this.b = new Float64Array(p);
    this.#place = new Int32Array(p).fill(-1);
    this.#rest = problem.xy;
    this.#before = largestLambda(problem, l1Ratio);
  }

  /**
   * Moves `b` to the minimum at a strength, for speed no stronger than the last one.
   *
   * @param tolerance - Stops when no step of a full sweep lowers the error by more than this share of the target's variance.
   */
  solve(lambda: number, tolerance: number): void {
    const { unit, yy } = this.#problem;
    const l1 = lambda * this.#l1Ratio;
    this.#join((j) => Math.abs(this.#rest[j]!) >= this.#l1Ratio * (2 * lambda - this.#before));
    for (;;) {
      // Near enough to know the signs; the rest of the way is one system of equations where they hold.
      this.#sweeps(l1, lambda - l1, Math.max(tolerance, nearby) * yy);
      if (!this.#settle(l1, lambda - l1)) this.#sweeps(l1, lambda - l1, tolerance * yy);
      this.#rest = this.#problem.rest(this.b);
      if (!this.#join((j) => Math.abs(this.#rest[j]!) > l1 * (1 + 1e-12) && unit[j] !== 0)) break;
    }
    this.#before = lambda;
  }

  /** Takes in the features that are wanted; whether there was one. */
  #join(wanted: (j: number) => boolean): boolean {
    const { unit } = this.#problem;
    const first = this.#kept.length;
    for (let j = 0; j < unit.length; j++) {
      if (this.#place[j]! >= 0 || unit[j] === 0 || !wanted(j)) continue;
      this.#place[j] = this.#kept.length;
      this.#kept.push(j);
    }
    const count = this.#kept.length;
    if (count > this.#capacity) {
      const capacity = Math.min(unit.length, Math.max(16, 2 * count));
      const grown = new Float64Array(capacity * capacity);
      for (let a = 0; a < first; a++)
        grown.set(this.#gram.subarray(a * this.#capacity, a * this.#capacity + first), a * capacity);
      this.#gram = grown;
      this.#capacity = capacity;
    }
    for (let a = first; a < count; a++) {
      for (let c = 0; c <= a; c++) {
        const product = this.#problem.inner(this.#kept[a]!, this.#kept[c]!);
        this.#gram[a * this.#capacity + c] = product;
        this.#gram[c * this.#capacity + a] = product;
      }
    }
    return count > first;
  }

  /** Solves for the features in use at their signs; whether the answer has these signs and leaves no other feature wanting. */
  #settle(l1: number, l2: number): boolean {
    const used = this.#kept.flatMap((j, a) => (this.b[j] === 0 ? [] : [a]));
    const n = used.length;
    if (n === 0 || n > systemSize) return false;
    const { xy } = this.#problem;
    const width = this.#capacity;
    const system = new Float64Array(n * n);
    const b = new Float64Array(n);
    used.forEach((a, i) => {
      for (let k = 0; k < n; k++) system[i * n + k] = this.#gram[a * width + used[k]!]!;
      system[i * n + i]! += l2;
      const j = this.#kept[a]!;
      b[i] = xy[j]! - l1 * Math.sign(this.b[j]!);
    });
    const l = cholesky(system, n, 1e-12);
    if (l === undefined) return false;
    choleskySolve(l, n, b);
    if (used.some((a, i) => Math.sign(b[i]!) !== Math.sign(this.b[this.#kept[a]!]!))) return false;
    const inUse = new Set(used);
    for (let c = 0; c < this.#kept.length; c++) {
      if (inUse.has(c)) continue;
      let rest = xy[this.#kept[c]!]!;
      for (let i = 0; i < n; i++) rest -= b[i]! * this.#gram[used[i]! * width + c]!;
      if (Math.abs(rest) > l1 * (1 + 1e-12)) return false;
    }
    used.forEach((a, i) => {
      this.b[this.#kept[a]!] = b[i]!;
    });
    return true;
  }

  /** Sweeps over all kept features, then over those in use until they rest, until the former changes nothing. */
  #sweeps(l1: number, l2: number, enough: number): void {
    const kept = this.#kept;
    const gram = this.#gram;
    const width = this.#capacity;
    const { xy } = this.#problem;
    const b = Float64Array.from(kept, (j) => this.b[j]!);
    const rest = Float64Array.from(kept, (j) => xy[j]!);
    const move = (a: number, by: number): void => {
      const at = a * width;
      for (let k = 0; k < rest.length; k++) rest[k]! -= by * gram[at + k]!;
    };
    for (let a = 0; a < b.length; a++) if (b[a] !== 0) move(a, b[a]!);
    const next = (a: number): number => {
      const curvature = gram[a * width + a]!;
      const pull = rest[a]! + curvature * b[a]!;
      const size = Math.abs(pull) - l1;
      return size > 0 ? (Math.sign(pull) * size) / (curvature + l2) : 0;
    };
    const sweepAll = (): number => {
      let most = 0;
      for (let a = 0; a < b.length; a++) {
        const change = next(a) - b[a]!;
        if (change === 0) continue;
        b[a]! += change;
        move(a, change);
        most = Math.max(most, gram[a * width + a]! * change ** 2);
      }
      return most;
    };
    for (let count = 0; count < maxSweeps; count++) {
      if (sweepAll() <= enough) break;
      // Those in use only, and only their pulls: the others hear of it afterwards.
      const used = Int32Array.from(b.keys()).filter((a) => b[a] !== 0);
      const before = b.slice();
      for (let most = Infinity; count < maxSweeps && most > enough; count++) {
        most = 0;
        for (const a of used) {
          const change = next(a) - b[a]!;
          if (change === 0) continue;
          b[a]! += change;
          const at = a * width;
          for (let k = 0; k < used.length; k++) rest[used[k]!]! -= change * gram[at + used[k]!]!;
          most = Math.max(most, gram[at + a]! * change ** 2);
        }
      }
      const inUse = new Uint8Array(b.length);
      for (const a of used) inUse[a] = 1;
      for (const a of used) {
        const change = b[a]! - before[a]!;
        const at = a * width;
        if (change !== 0)
          for (let k = 0; k < rest.length; k++) if (inUse[k] === 0) rest[k]! -= change * gram[at + k]!;
      }
    }
    kept.forEach((j, a) => {
      this.b[j] = b[a]!;
    });
  }
}
