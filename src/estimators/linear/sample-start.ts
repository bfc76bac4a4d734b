/**
 * Where an iterative fit of many rows starts: at the optimum of every n-th row, with that sample's
 * curvature as the preconditioner. From there a handful of gradients over all rows is
 * enough, in place of five or six matrices of second derivatives.
 */
import { take, takeRows } from "../index.ts";
import { onFeatures, type Standardised } from "./row-blocks.ts";
import { curvatureSolve, type MinimiseOptions, minimise, type Solve, usesNewton } from "./minimise.ts";
import { type ScoreDesign, scoreDesign, scoreObjective } from "./score-objective.ts";
import type { ScoreRows } from "./penalty-path.ts";

/** Rows from which a fit starts on a sample; most rows of that sample, and fewest per parameter. */
const manyRows = 4096;
const sampleRowCount = 8192;
const rowsPerParameter = 10;

export interface SampleStart {
  /** Parameters over the blocks of all rows. */
  readonly start: Float64Array;
  /** Solver by the sample's curvature, in proportion; absent where its parameters are others or many. */
  readonly bound: Solve | undefined;
}

/** The start for all rows, or undefined where rows are too few for a sample to help. */
export async function sampleStart(
  { x, target, loss, weight }: ScoreRows,
  blocks: ScoreDesign,
  l2: number,
  standardize: boolean,
  options: MinimiseOptions,
): Promise<SampleStart | undefined> {
  const stride = Math.max(4, Math.floor(x.rowCount / sampleRowCount));
  const count = Math.min(sampleRowCount, Math.floor(x.rowCount / stride));
  if (x.rowCount < manyRows || count < rowsPerParameter * blocks.outputs * blocks.q) return undefined;
  const index = Uint32Array.from({ length: count }, (_, i) => i * stride);
  const sampled = take(target, index);
  if (!loss.complete(sampled)) return undefined;
  const few = scoreDesign("linear", takeRows(x, index), sampled, loss.outputs, weight && take(weight, index));
  const objective = scoreObjective(loss, few, standardize, options.threads);
  try {
    const share = few.totalWeight / blocks.totalWeight;
    const problem = { weight: few.weight, l2: l2 * share };
    // A sample is off by more than this anyway.
    const rough = await minimise(objective, problem, objective.start, {
      ...options,
      tolerance: 1e-3,
      maxIter: 50,
    });
    const start = transferred(rough.v, few, blocks);
    if (few.q !== blocks.q || !usesNewton(objective)) return { start, bound: undefined };
    const { curvature } = await objective.evaluateWithCurvature(rough.v, problem);
    return {
      start,
      bound: curvatureSolve(
        objective,
        curvature.map((c) => c / share),
      ),
    };
  } finally {
    await objective.release();
  }
}

/** Parameters over one set of standardised columns, over another of the same features. */
function transferred(v: Float64Array, from: Standardised, to: Standardised): Float64Array {
  const { coefficients, intercepts } = onFeatures(v, from);
  const out = new Float64Array(to.outputs * to.q);
  coefficients.forEach((b, k) => {
    let constant = intercepts[k]!;
    for (let j = 0; j < b.length; j++) constant += b[j]! * to.mean[j]!;
    to.used.forEach((j, a) => {
      out[k * to.q + a] = b[j]! * to.deviation[a]!;
    });
    out[k * to.q + to.used.length] = constant;
  });
  return out;
}
