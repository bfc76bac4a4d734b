/**
 * The programs of quantile regression and of the hinge loss by a primal-dual interior point method.
 *
 * Of quantiles, the dual is max yᵀ a with Zᵀ a = Zᵀ (1 − level) w and 0 ≤ a ≤ w, one number a row. Each step solves one
 * system Zᵀ D Z; Mehrotra's corrector makes tens of them enough. Since a stays feasible, its value bounds the
 * optimum from below: the fit ends when the loss is within the tolerance of that bound, and says
 * `converged` only then. A penalty c |v| is one more row: level ½, weight 2 c, target 0. With a
 * penalty ½ c v² the program is quadratic: Zᵀ a − Zᵀ (1 − level) w then follows c v, and both take steps of
 * one length. The hinge loss is level 1 on the errors 1 − margin. Source: Portnoy & Koenker 1997, Statistical Science 12(4); Mehrotra
 * 1992, SIAM J. Optimization 2(4).
 */
import type { BlockProducts } from "./block-products.ts";
import { ridgedSolve } from "./minimise.ts";

export interface PinballProblem {
  readonly products: BlockProducts;
  readonly y: Float64Array;
  /** Rows of weight 0 take no part. */
  readonly weight: Float64Array;
  readonly level: number;
  /** Factor of |v| per parameter; 0 for none. Shape [q]. */
  readonly penalty: Float64Array;
  /** Factor of ½ v² per parameter. Shape [q]. */
  readonly ridge?: Float64Array;
}

export interface PinballOptions {
  readonly maxIter: number;
  /** Share of the loss by which it may be above the optimum. */
  readonly tolerance: number;
  readonly signal?: AbortSignal | undefined;
}

export interface PinballMinimum {
  readonly v: Float64Array;
  /** Loss with its penalty, and a bound from below of the least there is. */
  readonly loss: number;
  readonly bound: number;
  readonly iterations: number;
  /** Whether loss − bound is within the tolerance. */
  readonly converged: boolean;
}

/** Σ w ρ(y − score). */
export function pinballLoss(
  scores: Float64Array,
  y: Float64Array,
  weight: Float64Array,
  level: number,
): number {
  let total = 0;
  for (let i = 0; i < y.length; i++) {
    const e = y[i]! - scores[i]!;
    total += weight[i]! * (e > 0 ? level * e : (level - 1) * e);
  }
  return total;
}

/** Rows and, after them, penalised parameters, as one set of rows. */
interface Program {
  readonly target: Float64Array;
  /** Upper bounds of the dual. */
  readonly upper: Float64Array;
  readonly levels: Float64Array;
  readonly scores: (v: Float64Array) => Float64Array;
  readonly sums: (d: Float64Array) => Float64Array;
  readonly gram: (d: Float64Array) => Promise<Float64Array>;
  readonly q: number;
  readonly ridge: Float64Array | undefined;
}

function programOf({ products, y, weight, level, penalty, ridge }: PinballProblem): Program {
  const n = y.length;
  const q = penalty.length;
  const penalised = Array.from(penalty.keys()).filter((a) => penalty[a]! > 0);
  const size = n + penalised.length;
  const joined = (first: Float64Array, second: (a: number) => number): Float64Array => {
    const out = new Float64Array(size);
    out.set(first);
    penalised.forEach((a, k) => {
      out[n + k] = second(a);
    });
    return out;
  };
  return {
    q,
    ridge,
    target: joined(y, () => 0),
    upper: joined(weight, (a) => 2 * penalty[a]!),
    levels: joined(new Float64Array(n).fill(level), () => 0.5),
    scores: (v) => joined(products.scores(v), (a) => v[a]!),
    sums(d) {
      const total = products.sums(d);
      penalised.forEach((a, k) => {
        total[a]! += d[n + k]!;
      });
      return total;
    },
    async gram(d) {
      const total = await products.gram(d);
      penalised.forEach((a, k) => {
        total[a * q + a]! += d[n + k]!;
      });
      if (ridge !== undefined) for (let a = 0; a < q; a++) total[a * q + a]! += ridge[a]!;
      return total;
    },
  };
}

/** Share of the way to the boundary that a step takes. */
const towardsBoundary = 0.99995;

export async function minimisePinball(
  problem: PinballProblem,
  { maxIter, tolerance, signal }: PinballOptions,
): Promise<PinballMinimum> {
  const program = programOf(problem);
  const { target, upper, levels } = program;
  const n = target.length;
  const taken = Uint32Array.from(upper.keys()).filter((i) => upper[i]! > 0);
  const balance = program.sums(upper.map((u, i) => (1 - levels[i]!) * u));
  const { ridge } = program;
  // Within the bounds, and of a quantile feasible from the start.
  const a = upper.map((u, i) => (ridge === undefined ? 1 - levels[i]! : 0.5) * u);
  const rest = upper.map((u, i) => u - a[i]!);
  let v = await leastSquaresStart(program);
  let errors = residuals(program, v);
  // Slacks: over − under is −error, both above 0.
  const size = Math.max(...quartiles(errors, taken), 1e-300);
  const over = errors.map((e) => Math.max(-e, 0) + size);
  const under = errors.map((e) => Math.max(e, 0) + size);
  const d = new Float64Array(n);
  const right = new Float64Array(n);
  let best: PinballMinimum | undefined;
  for (let iterations = 0; ; iterations++) {
    const { loss, bound } = gapOf(program, errors, a, v, balance);
    if (best === undefined || loss < best.loss) best = { v, loss, bound, iterations, converged: false };
    else best = { ...best, iterations };
    best = { ...best, bound: Math.max(best.bound, bound) };
    const gap = best.loss - best.bound;
    if (gap <= tolerance * Math.abs(best.loss)) return { ...best, converged: true };
    if (iterations === maxIter || signal?.aborted) return best;
    for (const i of taken) {
      d[i] = 1 / (over[i]! / a[i]! + under[i]! / rest[i]!);
      right[i] = d[i]! * (over[i]! - under[i]!);
    }
    const solve = ridgedSolve(await program.gram(d), program.q);
    // Predictor: straight for the optimum.
    const unmet = ridge === undefined ? undefined : imbalance(program, ridge, a, v, balance);
    let dv = solve(less(program.sums(right), unmet));
    let slope = program.scores(dv);
    const da = new Float64Array(n);
    const dOver = new Float64Array(n);
    const dUnder = new Float64Array(n);
    for (const i of taken) {
      da[i] = d[i]! * slope[i]! - right[i]!;
      dOver[i] = -over[i]! * (1 + da[i]! / a[i]!);
      dUnder[i] = -under[i]! * (1 - da[i]! / rest[i]!);
    }
    let alongDual = Math.min(longest(a, da, 1, taken), longest(rest, da, -1, taken));
    let alongPrimal = Math.min(longest(over, dOver, 1, taken), longest(under, dUnder, 1, taken));
    // Corrector: back towards the middle, by as much as the predictor could not go, and with the second order.
    let now = 0;
    let then = 0;
    for (const i of taken) {
      now += over[i]! * a[i]! + under[i]! * rest[i]!;
      then +=
        (over[i]! + alongPrimal * dOver[i]!) * (a[i]! + alongDual * da[i]!) +
        (under[i]! + alongPrimal * dUnder[i]!) * (rest[i]! - alongDual * da[i]!);
    }
    const mu = (now * (then / now) ** 3) / (2 * taken.length);
    const middle = new Float64Array(n);
    for (const i of taken) {
      middle[i] = (mu - da[i]! * dOver[i]!) / a[i]! - (mu + da[i]! * dUnder[i]!) / rest[i]!;
      right[i] = d[i]! * (over[i]! - under[i]! - middle[i]!);
    }
    dv = solve(less(program.sums(right), unmet));
    slope = program.scores(dv);
    for (const i of taken) {
      const before = da[i]!;
      const after = d[i]! * slope[i]! - right[i]!;
      dOver[i] = (mu - before * dOver[i]!) / a[i]! - over[i]! * (1 + after / a[i]!);
      dUnder[i] = (mu + before * dUnder[i]!) / rest[i]! - under[i]! * (1 - after / rest[i]!);
      da[i] = after;
    }
    alongDual = Math.min(longest(a, da, 1, taken), longest(rest, da, -1, taken));
    alongPrimal = Math.min(longest(over, dOver, 1, taken), longest(under, dUnder, 1, taken));
    if (ridge !== undefined) alongDual = alongPrimal = Math.min(alongDual, alongPrimal);
    if (!(alongDual > 1e-12) && !(alongPrimal > 1e-12)) return best;
    for (const i of taken) {
      a[i]! += alongDual * da[i]!;
      rest[i] = upper[i]! - a[i]!;
      over[i]! += alongPrimal * dOver[i]!;
      under[i]! += alongPrimal * dUnder[i]!;
    }
    v = v.map((value, k) => value - alongPrimal * dv[k]!);
    errors = residuals(program, v);
  }
}

/** Zᵀ a − Zᵀ (1 − level) w − ridge v, which ends at 0. */
function imbalance(
  { sums }: Program,
  ridge: Float64Array,
  a: Float64Array,
  v: Float64Array,
  balance: Float64Array,
): Float64Array {
  return sums(a).map((held, k) => held - balance[k]! - ridge[k]! * v[k]!);
}

function less(values: Float64Array, by: Float64Array | undefined): Float64Array {
  if (by !== undefined) for (let k = 0; k < values.length; k++) values[k]! -= by[k]!;
  return values;
}

function residuals({ target, scores }: Program, v: Float64Array): Float64Array {
  const out = scores(v);
  for (let i = 0; i < out.length; i++) out[i] = target[i]! - out[i]!;
  return out;
}

async function leastSquaresStart({ gram, sums, target, upper, q }: Program): Promise<Float64Array> {
  return ridgedSolve(await gram(upper), q)(sums(target.map((y, i) => y * upper[i]!)));
}

/** A quarter of the errors are as large, or the largest one where most are 0. */
function quartiles(errors: Float64Array, taken: Uint32Array): number[] {
  const sizes = Float64Array.from(taken, (i) => Math.abs(errors[i]!)).sort();
  return [sizes[Math.floor(sizes.length / 2)]! / 10, (sizes.at(-1) ?? 0) * 1e-3];
}

/** The loss at v, and the value of the dual at a, which no loss falls below, less what rounding took from Zᵀ a. */
function gapOf(
  { target, upper, levels, sums, ridge }: Program,
  errors: Float64Array,
  a: Float64Array,
  v: Float64Array,
  balance: Float64Array,
): { readonly loss: number; readonly bound: number } {
  let loss = 0;
  let bound = 0;
  for (let i = 0; i < errors.length; i++) {
    const e = errors[i]!;
    loss += upper[i]! * (e > 0 ? levels[i]! * e : (levels[i]! - 1) * e);
    bound += target[i]! * (a[i]! - (1 - levels[i]!) * upper[i]!);
  }
  const held = sums(a);
  for (let k = 0; k < v.length; k++) {
    const off = held[k]! - balance[k]!;
    const squared = ridge?.[k] ?? 0;
    loss += 0.5 * squared * v[k]! ** 2;
    bound -= squared > 0 ? off ** 2 / (2 * squared) : Math.abs(off * v[k]!);
  }
  return { loss, bound };
}

/** Most of the way along `sign` · step that keeps every value above 0, at most 1. */
function longest(values: Float64Array, step: Float64Array, sign: 1 | -1, taken: Uint32Array): number {
  let most = Infinity;
  for (const i of taken) {
    const change = sign * step[i]!;
    if (change < 0) most = Math.min(most, -values[i]! / change);
  }
  return Math.min(1, towardsBoundary * most);
}
