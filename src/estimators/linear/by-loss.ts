/**
 * Linear regression, or two classes, by a loss of the user's own: Σ w loss(a + x b, y) + ½ l2 ‖b‖².
 *
 * Newton's method on the first and second derivatives that the loss gives, with halved steps, so that the objective
 * falls in each; of a convex loss it finds the least. Source: Nocedal & Wright 2006, Numerical Optimization,
 * algorithm 3.2.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import {
  answerByHand,
  bestScore,
  costOf,
  derivatives,
  emitAnswer,
  type Loss,
  targetsOfLoss,
  taskOfLoss,
  usableRows,
} from "../index.ts";
import { affineReference, emitAffine } from "./affine.ts";
import { type BlockProducts, blockProducts } from "./block-products.ts";
import { dot } from "./cholesky.ts";
import { scoreParameters } from "./fit-scores.ts";
import type { LinearEstimator } from "./linear.ts";
import { ridgedSolve } from "./minimise.ts";
import { requirePairs } from "./require.ts";
import { affineOf, penaltyFactors, rowBlocks } from "./row-blocks.ts";

export const linearByLossParameters = {
  l2: {
    type: "number",
    default: 1,
    min: 0,
    max: Infinity,
    scale: "log",
    meaning: "strength of the penalty ½ l2 ‖b‖²",
  },
  ...scoreParameters,
} as const satisfies ParameterTable;

type Parameters = ParameterValues<typeof linearByLossParameters>;

/** A linear model by a loss of the user's own. @throws MillwrightError as `linear`, and `OWN_CODE_FAILED` of the loss. */
export function linearByLoss(loss: Loss, parameters: Partial<Parameters> = {}): LinearEstimator {
  const resolved = resolveParameters("linearByLoss", linearByLossParameters, parameters);
  const family = `linear, ${loss.name}`;
  return {
    family,
    title: `linear model by the loss ${loss.name}`,
    plan: "linear",
    parameters: { ...resolved, loss: loss.name },
    tasks: [taskOfLoss(loss)],
    async fit(rows, { threads, signal }) {
      const { x, y, weight } = usableRows(family, rows);
      requirePairs(family, x);
      const targets = targetsOfLoss(loss, y);
      const blocks = rowBlocks(family, x, targets, 1, weight);
      const products = blockProducts(blocks, threads);
      try {
        const problem = {
          loss,
          products,
          targets,
          weight,
          penalty: penaltyFactors(blocks, resolved.standardize),
        };
        const start = new Float64Array(blocks.q);
        const all = Uint32Array.from(targets.keys());
        start[blocks.q - 1] = bestScore(loss, targets, weight, all);
        const found = await minimiseLoss(problem, resolved, start, signal);
        const { affine, coefficients, intercept, importance } = affineOf(found.v, blocks);
        return {
          family,
          coefficients,
          intercept,
          emit: (value) => emitAnswer(loss, emitAffine(affine, value)),
          reference: (m) => answerByHand(loss, affineReference(affine, m)),
          importance,
          summary: {
            features: coefficients.length,
            l2: resolved.l2,
            iterations: found.iterations,
            converged: found.converged,
          },
        };
      } finally {
        await products.release();
      }
    },
  };
}

interface LossProblem {
  readonly loss: Loss;
  readonly products: BlockProducts;
  readonly targets: Float64Array;
  readonly weight: Float64Array | undefined;
  /** Factor of l2 per parameter, 0 for the constant. Shape [q]. */
  readonly penalty: Float64Array;
}

async function minimiseLoss(
  problem: LossProblem,
  { l2, maxIter, tolerance }: Parameters,
  start: Float64Array,
  signal: AbortSignal | undefined,
): Promise<{ readonly v: Float64Array; readonly iterations: number; readonly converged: boolean }> {
  const { products, penalty } = problem;
  let v = start;
  let here = evaluate(problem, l2, v);
  for (let iterations = 0; ; iterations++) {
    if (iterations === maxIter || signal?.aborted) return { v, iterations, converged: false };
    const { gradient, curve } = slopes(problem, l2, v, here.scores);
    const matrix = await products.gram(curve);
    const q = v.length;
    for (let a = 0; a < q; a++) matrix[a * q + a]! += l2 * penalty[a]!;
    const step = ridgedSolve(matrix, q)(gradient.slice());
    const decrement = dot(step, 0, gradient, 0, q);
    // The loss may lie at 0 or below it, so the sum of what rows cost in size is the measure.
    if (!(decrement > 2 * tolerance * here.size)) return { v, iterations, converged: true };
    let next: ReturnType<typeof evaluate> | undefined;
    let moved = v;
    for (let t = 1; t > 1e-10; t /= 2) {
      moved = v.map((value, a) => value - t * step[a]!);
      next = evaluate(problem, l2, moved);
      if (next.value <= here.value - 1e-4 * t * decrement) break;
      next = undefined;
    }
    // No lower point along a descent direction: what is left is rounding.
    if (next === undefined) return { v, iterations, converged: true };
    v = moved;
    here = next;
  }
}

/** Scores of all rows, the objective, and the sum of the sizes of its terms. */
function evaluate({ loss, products, targets, weight, penalty }: LossProblem, l2: number, v: Float64Array) {
  const scores = products.scores(v);
  let value = 0;
  let size = 0;
  for (let i = 0; i < scores.length; i++) {
    const cost = (weight?.[i] ?? 1) * costOf(loss, scores[i]!, targets[i]!);
    value += cost;
    size += Math.abs(cost);
  }
  for (let a = 0; a < v.length; a++) value += (l2 * penalty[a]! * v[a]! ** 2) / 2;
  return { scores, value, size };
}

function slopes(
  { loss, products, targets, weight, penalty }: LossProblem,
  l2: number,
  v: Float64Array,
  scores: Float64Array,
): { readonly gradient: Float64Array; readonly curve: Float64Array } {
  const curve = new Float64Array(scores.length);
  const pull = scores.map((score, i) => {
    const w = weight?.[i] ?? 1;
    const { g, h } = derivatives(loss, score, targets[i]!);
    curve[i] = w * h;
    return w * g;
  });
  const gradient = products.sums(pull);
  for (let a = 0; a < v.length; a++) gradient[a]! += l2 * penalty[a]! * v[a]!;
  return { gradient, curve };
}
