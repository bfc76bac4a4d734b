/**
 * Huber regression: errors count by their square up to ε times the scale of the noise, beyond it by their
 * size, and the scale σ is fitted along:
 * ½ Σ w (σ + σ H((y − a − x b) / σ)) + ½ l2 ‖b‖², with H(z) = z² up to ε and 2 ε |z| − ε² beyond.
 *
 * The optimum is scikit-learn's HuberRegressor with alpha = l2. Reweighted least squares, which cannot
 * fail to descend, come first; Newton's method on all parameters and σ ends it. Source: Huber & Ronchetti 2009, Robust
 * Statistics, sections 7.7 and 7.8.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { type Estimator, type UsableRows, usableRows } from "../index.ts";
import { affineReference, emitAffine } from "./affine.ts";
import { type BlockProducts, blockProducts } from "./block-products.ts";
import { dot } from "./cholesky.ts";
import { foldsOfSample, leastLoss } from "./fold-path.ts";
import { scoreParameters } from "./fit-scores.ts";
import type { LinearEstimator } from "./linear.ts";
import { ridgedSolve } from "./minimise.ts";
import { requirePairs, requireRegression } from "./require.ts";
import { affineOf, penaltyFactors, rowBlocks } from "./row-blocks.ts";

export const huberParameters = {
  epsilon: {
    type: "number",
    default: 1.35,
    min: 1,
    max: 1000,
    meaning: "errors beyond so many scales of the noise count by their size, not their square",
  },
  l2: {
    type: "number",
    default: 0,
    min: 0,
    max: Infinity,
    scale: "log",
    meaning: "strength of the penalty ½ l2 ‖b‖²; 0 chooses it by cross-validation",
  },
  ...scoreParameters,
} as const satisfies ParameterTable;

type Parameters = ParameterValues<typeof huberParameters>;

/** Linear regression that outliers of the target do not pull. @throws MillwrightError as `linear`. */
export function huber(parameters: Partial<Parameters> = {}): LinearEstimator {
  const resolved = resolveParameters("huber", huberParameters, parameters);
  return {
    family: "huber",
    parameters: resolved,
    tasks: ["regression"] satisfies Estimator["tasks"],
    async fit(rows, context) {
      const usable = usableRows("huber", rows);
      requirePairs("huber", usable.x);
      const seed = context.random.child("folds").integer(2 ** 32);
      const { threads, signal } = context;
      const l2 = resolved.l2 > 0 ? resolved.l2 : await chooseL2(usable, resolved, seed, threads, signal);
      const problem = huberProblem(usable, resolved, threads);
      try {
        const found = await minimiseHuber(problem, l2, resolved, problem.start, signal);
        const { affine, coefficients, intercept, importance } = affineOf(found.v, problem.products.blocks);
        return {
          family: "huber",
          coefficients,
          intercept,
          emit: (x) => emitAffine(affine, x),
          reference: (x) => affineReference(affine, x),
          importance,
          summary: {
            features: coefficients.length,
            l2,
            scale: found.scale,
            iterations: found.iterations,
            converged: found.converged,
          },
        };
      } finally {
        await problem.products.release();
      }
    },
  };
}

interface HuberProblem {
  readonly products: BlockProducts;
  readonly y: Float64Array;
  readonly weight: Float64Array;
  readonly totalWeight: number;
  readonly epsilon: number;
  /** Factor of l2 per parameter, 0 for the constant. Shape [q]. */
  readonly penalty: Float64Array;
  /** Least scale: rows that all lie on a plane have none of their own. */
  readonly floor: number;
  readonly start: State;
}

interface State {
  readonly v: Float64Array;
  readonly scale: number;
}

function huberProblem(
  { x, y, weight: given }: UsableRows,
  { standardize, epsilon }: Parameters,
  threads: number,
): HuberProblem {
  const values = requireRegression("huber", y);
  const weight = given ?? new Float64Array(values.length).fill(1);
  const blocks = rowBlocks("huber", x, values, 1, given);
  const middle = median(values);
  const spread = median(values.map((value) => Math.abs(value - middle)));
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value - middle)), 0);
  const v = new Float64Array(blocks.q);
  v[blocks.q - 1] = middle;
  const floor = Math.max(largest * 1e-10, Math.abs(middle) * 1e-15, 1e-300);
  return {
    products: blockProducts(blocks, threads),
    y: values,
    weight,
    totalWeight: blocks.totalWeight,
    epsilon,
    penalty: penaltyFactors(blocks, standardize),
    floor,
    start: { v, scale: Math.max(floor, 1.4826 * (spread > 0 ? spread : largest)) },
  };
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : sorted[half - 1]! / 2 + sorted[half]! / 2;
}

/** Errors, and the objective there. */
function evaluate(problem: HuberProblem, l2: number, { v, scale }: State, weight = problem.weight) {
  const { products, y, epsilon, penalty } = problem;
  const errors = products.scores(v);
  for (let i = 0; i < errors.length; i++) errors[i] = y[i]! - errors[i]!;
  let value = 0;
  for (let i = 0; i < errors.length; i++) {
    const size = Math.abs(errors[i]!);
    const counted = size <= epsilon * scale ? (size / scale) * size : (2 * size - epsilon * scale) * epsilon;
    value += weight[i]! * (scale + counted);
  }
  for (let a = 0; a < v.length; a++) value += l2 * penalty[a]! * v[a]! ** 2;
  return { errors, value: value / 2 };
}

/** Reweighted steps that come first, and those with which a Newton step that leads nowhere is replaced. */
const firstSteps = 1;

async function minimiseHuber(
  problem: HuberProblem,
  l2: number,
  { maxIter, tolerance }: Pick<Parameters, "maxIter" | "tolerance">,
  start: State,
  signal?: AbortSignal,
  weight = problem.weight,
): Promise<State & { readonly iterations: number; readonly converged: boolean }> {
  let state = start;
  let here = evaluate(problem, l2, state, weight);
  let reweighted = firstSteps;
  for (let iterations = 0; ; iterations++) {
    if (iterations === maxIter || signal?.aborted) return { ...state, iterations, converged: false };
    const newton = reweighted === 0;
    const { step, decrement } = await stepOf(problem, l2, state, here.errors, weight, newton);
    if (newton && !(decrement > 2 * tolerance * here.value)) return { ...state, iterations, converged: true };
    const found = lower(problem, l2, state, here.value, step, decrement, weight, newton ? 1e-3 : 1e-10);
    if (found === undefined) {
      // No lower point along a reweighted step: what is left is rounding.
      if (!newton) return { ...state, iterations, converged: true };
      reweighted = 1;
      continue;
    }
    reweighted = Math.max(0, reweighted - 1);
    const fell = here.value - found.value;
    ({ state, errors: here.errors, value: here.value } = found);
    if (!newton) {
      state = { v: state.v, scale: bestScale(problem, here.errors, weight) };
      here = evaluate(problem, l2, state, weight);
    } else if (fell < 1e-15 * here.value && state.scale <= problem.floor) {
      return { ...state, iterations, converged: true };
    }
  }
}

/** Direction to subtract, [q + 1] with the scale last; reweighted steps leave the scale alone. */
async function stepOf(
  { products, epsilon, penalty, floor }: HuberProblem,
  l2: number,
  { v, scale }: State,
  errors: Float64Array,
  weight: Float64Array,
  newton: boolean,
): Promise<{ readonly step: Float64Array; readonly decrement: number }> {
  const q = v.length;
  const n = errors.length;
  const pull = new Float64Array(n);
  const curve = new Float64Array(n);
  const cross = new Float64Array(n);
  let slope = 0;
  let corner = 0;
  for (let i = 0; i < n; i++) {
    const w = weight[i]!;
    const e = errors[i]!;
    const inside = Math.abs(e) <= epsilon * scale;
    pull[i] = inside ? (w * e) / scale : w * epsilon * Math.sign(e);
    curve[i] = inside ? w / scale : newton ? 0 : (w * epsilon) / Math.abs(e);
    const z = inside ? e / scale : epsilon;
    slope += 0.5 * w * (1 - z * z);
    if (!inside || !newton) continue;
    cross[i] = (w * z) / scale;
    corner += (w * z * z) / scale;
  }
  const gradient = products.sums(pull);
  for (let a = 0; a < q; a++) gradient[a] = l2 * penalty[a]! * v[a]! - gradient[a]!;
  const gram = await products.gram(curve);
  const size = newton ? q + 1 : q;
  const matrix = new Float64Array(size * size);
  for (let a = 0; a < q; a++) {
    for (let b = 0; b < q; b++) matrix[a * size + b] = gram[a * q + b]!;
    matrix[a * size + a]! += l2 * penalty[a]!;
  }
  const full = new Float64Array(size);
  full.set(gradient);
  if (newton) {
    const edge = products.sums(cross);
    for (let a = 0; a < q; a++) matrix[a * size + q] = matrix[q * size + a] = edge[a]!;
    // At its least value the scale only moves up.
    const held = scale <= floor && slope > 0;
    if (held) for (let a = 0; a < q; a++) matrix[a * size + q] = matrix[q * size + a] = 0;
    matrix[q * size + q] = held ? 1 : corner;
    full[q] = held ? 0 : slope;
  }
  const step = ridgedSolve(matrix, size)(full.slice());
  const decrement = dot(step, 0, full, 0, size);
  if (newton) return { step, decrement };
  const wide = new Float64Array(q + 1);
  wide.set(step);
  return { step: wide, decrement };
}

/** First of the full step and its halves that falls enough; undefined where none does. */
function lower(
  problem: HuberProblem,
  l2: number,
  { v, scale }: State,
  value: number,
  step: Float64Array,
  decrement: number,
  weight: Float64Array,
  shortest: number,
): { readonly state: State; readonly errors: Float64Array; readonly value: number } | undefined {
  for (let t = 1; t > shortest; t /= 2) {
    const state = {
      v: v.map((one, a) => one - t * step[a]!),
      scale: Math.max(problem.floor, scale / 10, scale - t * step[v.length]!),
    };
    const next = evaluate(problem, l2, state, weight);
    if (next.value <= value - 1e-4 * t * decrement) return { state, ...next };
  }
  return undefined;
}

/** The scale of least objective for given errors; the slope by the scale rises, so halving finds its zero. */
function bestScale({ epsilon, floor }: HuberProblem, errors: Float64Array, weight: Float64Array): number {
  const slope = (scale: number): number => {
    let total = 0;
    for (let i = 0; i < errors.length; i++) {
      const z = Math.min(epsilon, Math.abs(errors[i]!) / scale);
      total += weight[i]! * (1 - z * z);
    }
    return total;
  };
  let high = errors.reduce((most, e) => Math.max(most, Math.abs(e)), floor);
  let low = floor;
  if (slope(low) >= 0) return low;
  for (let k = 0; k < 60 && high - low > 1e-6 * high; k++) {
    const middle = Math.sqrt(low) * Math.sqrt(high);
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return high;
}

/** The l2 of least cross-validated objective, errors left out counted at the scale of the rows inside. */
async function chooseL2(
  usable: UsableRows,
  parameters: Parameters,
  seed: number,
  threads: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const sample = foldsOfSample(usable, seed);
  if (sample === undefined) return 1;
  const problem = huberProblem(sample.rows, parameters, threads);
  try {
    const states: State[] = sample.folds.map(() => problem.start);
    const strengths = Array.from({ length: 17 }, (_, k) => 10 ** (4 - k / 2) / problem.start.scale);
    return await leastLoss(
      strengths,
      async (l2) => {
        let loss = 0;
        for (const [f, { inside, outside }] of sample.folds.entries()) {
          states[f] = await minimiseHuber(
            problem,
            l2,
            { maxIter: 50, tolerance: 1e-6 },
            states[f]!,
            signal,
            inside,
          );
          loss += evaluate(problem, 0, states[f], outside).value;
        }
        return loss;
      },
      signal,
    );
  } finally {
    await problem.products.release();
  }
}
