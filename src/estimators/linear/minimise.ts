/**
 * Minimising an objective of linear scores: Newton's method where its matrix is small, else L-BFGS
 * preconditioned by a bound of the curvature.
 *
 * Newton keeps a factor for as long as steps with it cut the decrement tenfold: a
 * gradient costs a third of a curvature. The bound is ½ (a quarter for two
 * classes; the curvature of the constant model where there is no bound) times the Gram matrix; with it the number of steps does not depend on how
 * correlated the features are. Source: Nocedal & Wright 2006, Numerical Optimization,
 * algorithms 3.1 and 7.4; Böhning 1992, Ann. Inst. Statist. Math. 44.
 */
import { assert } from "../../core/index.ts";
import { cholesky, choleskySolve, dot } from "./cholesky.ts";
import { gramOfBlocks } from "./gram.ts";
import type { Evaluation, ScoreObjective, Problem } from "./score-objective.ts";

export interface Minimum {
  /** Parameters. Shape [outputs, q]. */
  readonly v: Float64Array;
  readonly loss: number;
  readonly iterations: number;
  readonly converged: boolean;
}

export interface MinimiseOptions {
  readonly maxIter: number;
  /** Stop when the loss can fall by no more than this share of itself, by the estimate of a Newton step. */
  readonly tolerance: number;
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  /** Preconditioner, where the caller has one already: L-BFGS then serves few parameters too. */
  readonly bound?: Solve | undefined;
}

/** Most parameters for which Newton's matrix is formed, and most columns for which the bound is. */
const newtonSize = 600;
const boundColumns = 1500;
/** Share of the loss above which a step is far from the last. */
const farAway = 1e-3;
/** Pairs that L-BFGS remembers. */
const memory = 12;

/** Solves a system with the curvature or its stand-in, in place. */
export type Solve = (b: Float64Array) => Float64Array;

/** Minimises from `start`, which is not changed. */
export function minimise(
  objective: ScoreObjective,
  problem: Problem,
  start: Float64Array,
  options: MinimiseOptions,
): Promise<Minimum> {
  return usesNewton(objective) && options.bound === undefined
    ? newton(objective, problem, start, options)
    : lbfgs(objective, problem, start, options);
}

export function usesNewton(objective: ScoreObjective): objective is CurvedObjective {
  const { size, blocks, evaluateWithCurvature } = objective;
  return evaluateWithCurvature !== undefined && size <= newtonSize && blocks.outputs <= 12;
}

type CurvedObjective = ScoreObjective & Required<Pick<ScoreObjective, "evaluateWithCurvature">>;

async function newton(
  objective: CurvedObjective,
  problem: Problem,
  start: Float64Array,
  { maxIter, tolerance, signal }: MinimiseOptions,
): Promise<Minimum> {
  let v = start;
  let here: Evaluation & { readonly curvature?: Float64Array } = await objective.evaluateWithCurvature(
    v,
    problem,
  );
  let solve = curvatureSolve(objective, here.curvature!);
  let step = solve(here.gradient.slice());
  let decrement = dot(step, 0, here.gradient, 0, step.length);
  for (let iterations = 0; ; iterations++) {
    if (!(decrement > 2 * tolerance * here.loss)) {
      // The step is already known, and worth a digit or more.
      return { v: v.map((value, i) => value - step[i]!), loss: here.loss, iterations, converged: true };
    }
    if (iterations === maxIter || signal?.aborted) {
      return { v, loss: here.loss, iterations, converged: false };
    }
    // Far from the minimum the next point will need its own curvature: asked for at once it is cheaper.
    const far = decrement > farAway * here.loss;
    const evaluate = (at: Float64Array): Promise<Evaluation & { readonly curvature?: Float64Array }> =>
      far ? objective.evaluateWithCurvature(at, problem) : objective.evaluate(at, problem);
    const found = await lowerPoint(evaluate, v, here, step, decrement);
    // No lower point along a descent direction: what is left is rounding.
    if (found === undefined) return { v, loss: here.loss, iterations, converged: true };
    v = found.v;
    here = found.evaluation;
    step = solve(here.gradient.slice());
    const next = dot(step, 0, here.gradient, 0, step.length);
    if (here.curvature !== undefined || (next > 0.1 * decrement && next > 2 * tolerance * here.loss)) {
      const { curvature } =
        here.curvature === undefined ? await objective.evaluateWithCurvature(v, problem) : here;
      solve = curvatureSolve(objective, curvature!);
      step = solve(here.gradient.slice());
      decrement = dot(step, 0, here.gradient, 0, step.length);
    } else {
      decrement = next;
    }
  }
}

async function lbfgs(
  objective: ScoreObjective,
  problem: Problem,
  start: Float64Array,
  options: MinimiseOptions,
): Promise<Minimum> {
  const solve = options.bound ?? (await boundSolve(objective, problem, options.threads));
  return quasiNewton((v) => objective.evaluate(v, problem), start, solve, options);
}

/**
 * Minimises a convex function by L-BFGS.
 *
 * @param solve - Applies the inverse of what its curvature is thought to be.
 */
export async function quasiNewton(
  evaluate: (v: Float64Array) => Evaluation | Promise<Evaluation>,
  start: Float64Array,
  solve: Solve,
  { maxIter, tolerance, signal }: Pick<MinimiseOptions, "maxIter" | "tolerance" | "signal">,
): Promise<Minimum> {
  const pairs: { s: Float64Array; y: Float64Array; inner: number }[] = [];
  let v = start;
  let here = await evaluate(v);
  for (let iterations = 0; ; iterations++) {
    const step = twoLoops(here.gradient, pairs, solve);
    const decrement = dot(step, 0, here.gradient, 0, step.length);
    if (!(decrement > 2 * tolerance * here.loss)) {
      return { v: v.map((value, i) => value - step[i]!), loss: here.loss, iterations, converged: true };
    }
    if (iterations === maxIter || signal?.aborted) {
      return { v, loss: here.loss, iterations, converged: false };
    }
    const found = await lowerPoint(evaluate, v, here, step, decrement);
    if (found === undefined) return { v, loss: here.loss, iterations, converged: true };
    const s = found.v.map((value, i) => value - v[i]!);
    const y = found.evaluation.gradient.map((value, i) => value - here.gradient[i]!);
    const inner = dot(s, 0, y, 0, s.length);
    if (inner > 0) pairs.push({ s, y, inner });
    if (pairs.length > memory) pairs.shift();
    v = found.v;
    here = found.evaluation;
  }
}

/** First of the full step and its halves that falls by a ten-thousandth of what the slope promises. */
export async function lowerPoint<E extends Evaluation>(
  evaluate: (at: Float64Array) => E | Promise<E>,
  v: Float64Array,
  here: Evaluation,
  step: Float64Array,
  decrement: number,
): Promise<{ readonly v: Float64Array; readonly evaluation: E } | undefined> {
  for (let t = 1; t > 1e-10; t /= 2) {
    const next = v.map((value, i) => value - t * step[i]!);
    const evaluation = await evaluate(next);
    if (evaluation.loss <= here.loss - 1e-4 * t * decrement) return { v: next, evaluation };
    // At the bottom the sums themselves carry this much rounding.
    if (t === 1 && decrement < 1e-9 * here.loss && evaluation.loss <= here.loss * (1 + 1e-13)) {
      return { v: next, evaluation };
    }
  }
  return undefined;
}

/** Solver by the curvature; for several classes the shift that all constants share is held at 0. */
export function curvatureSolve({ size, blocks }: ScoreObjective, curvature: Float64Array): Solve {
  const { q, outputs } = blocks;
  if (outputs > 1) {
    for (let a = q - 1; a < size; a += q) {
      for (let b = q - 1; b < size; b += q) curvature[a * size + b]! += blocks.totalWeight / outputs ** 2;
    }
  }
  return ridgedSolve(curvature, size);
}

/** Solver by the typical curvature times the Gram matrix, the same for each output; by its diagonal when wide. */
export async function boundSolve(
  objective: ScoreObjective,
  problem: Problem,
  threads: number,
): Promise<Solve> {
  const { blocks, penalty, typicalCurvature: factor } = objective;
  const { q, width, outputs } = blocks;
  if ("rows" in blocks || q > boundColumns) {
    const diagonal = penalty.map((c) => 1 / (factor * blocks.totalWeight + problem.l2 * c));
    return (b) => {
      for (let i = 0; i < b.length; i++) b[i]! *= diagonal[i]!;
      return b;
    };
  }
  const bound = await gramOfBlocks(
    { blockCount: blocks.z.length, rows: q, columns: width, threads },
    (k, out) => {
      const z = blocks.z[k]!;
      const weight = problem.weight[k]!;
      for (let a = 0; a < q; a++) {
        for (let i = 0; i < width; i++)
          out[a * width + i] = z[a * width + i]! * Math.sqrt(factor * weight[i]!);
      }
    },
  );
  for (let a = 0; a < q; a++) bound[a * q + a]! += problem.l2 * penalty[a]!;
  const solve = ridgedSolve(bound, q);
  return (b) => {
    for (let k = 0; k < outputs; k++) solve(b.subarray(k * q, (k + 1) * q));
    return b;
  };
}

/** Cholesky solver; a matrix that rounding made indefinite gets the smallest ridge that cures it. */
export function ridgedSolve(matrix: Float64Array, n: number): Solve {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, matrix[i * n + i]!);
  if (largest === 0) largest = 1;
  for (let ridge = 1e-14; ; ridge *= 100) {
    assert(ridge < 1e3, "a curvature of the loss is no finite semidefinite matrix");
    const l = cholesky(matrix, n, 1e-14);
    if (l !== undefined) return (b) => choleskySolve(l, n, b);
    for (let i = 0; i < n; i++) matrix[i * n + i]! += ridge * (matrix[i * n + i]! + 1e-8 * largest);
  }
}

/** L-BFGS direction: the inverse of the bound, updated by the pairs of steps and gradient changes. */
function twoLoops(
  gradient: Float64Array,
  pairs: readonly { s: Float64Array; y: Float64Array; inner: number }[],
  solve: Solve,
): Float64Array {
  const n = gradient.length;
  const direction = gradient.slice();
  const shares = new Float64Array(pairs.length);
  for (let k = pairs.length - 1; k >= 0; k--) {
    const { s, y, inner } = pairs[k]!;
    shares[k] = dot(s, 0, direction, 0, n) / inner;
    for (let i = 0; i < n; i++) direction[i]! -= shares[k]! * y[i]!;
  }
  solve(direction);
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = last.inner / dot(last.y, 0, solve(last.y.slice()), 0, n);
    for (let i = 0; i < n; i++) direction[i]! *= scale;
  }
  for (let k = 0; k < pairs.length; k++) {
    const { s, y, inner } = pairs[k]!;
    const share = shares[k]! - dot(y, 0, direction, 0, n) / inner;
    for (let i = 0; i < n; i++) direction[i]! += share * s[i]!;
  }
  return direction;
}
