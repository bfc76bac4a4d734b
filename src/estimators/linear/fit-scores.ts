/**
 * The middle of every iterative fit: the penalty chosen if it is not given, a start on a sample where rows are
 * many, then the minimum over all rows.
 */
import type { ParameterTable, ParameterValues } from "../../core/index.ts";
import type { FitContext } from "../index.ts";
import { type Minimum, minimise } from "./minimise.ts";
import { choosePenalty, type ScoreRows } from "./penalty-path.ts";
import { sampleStart } from "./sample-start.ts";
import { type ScoreDesign, scoreDesign, scoreObjective } from "./score-objective.ts";

/** Parameters of every family that is fitted so. */
export const scoreParameters = {
  standardize: {
    type: "boolean",
    default: false,
    meaning: "penalise coefficients per standard deviation of their feature, not per unit",
  },
  maxIter: { type: "integer", default: 1000, min: 1, max: 1e6, meaning: "most steps of the minimiser" },
  tolerance: {
    type: "number",
    default: 1e-14,
    min: 0,
    max: 1,
    scale: "log",
    meaning: "share of the loss that a step may still gain when the fit stops",
  },
} as const satisfies ParameterTable;

export interface FittedScores {
  readonly blocks: ScoreDesign;
  readonly minimum: Minimum;
  readonly l2: number;
}

/**
 * Minimises Σ w loss + ½ l2 ‖b‖².
 *
 * @param family - Who asks, for messages.
 * @param given - An l2 of 0 is chosen by cross-validated loss.
 * @throws MillwrightError for a category or a value that is not finite.
 */
export async function fitScores(
  family: string,
  rows: ScoreRows,
  given: ParameterValues<typeof scoreParameters> & { readonly l2: number },
  context: FitContext,
): Promise<FittedScores> {
  const options = {
    maxIter: given.maxIter,
    tolerance: given.tolerance,
    threads: context.threads,
    signal: context.signal,
  };
  const blocks = scoreDesign(family, rows.x, rows.target, rows.loss.outputs, rows.weight);
  const seed = context.random.child("folds").integer(2 ** 32);
  const l2 = given.l2 > 0 ? given.l2 : await choosePenalty(rows, given.standardize, seed, options);
  const sample = await sampleStart(rows, blocks, l2, given.standardize, options);
  const objective = scoreObjective(rows.loss, blocks, given.standardize, context.threads);
  try {
    const minimum = await minimise(
      objective,
      { weight: blocks.weight, l2 },
      sample?.start ?? objective.start,
      { ...options, bound: sample?.bound },
    );
    return { blocks, minimum, l2 };
  } finally {
    await objective.release();
  }
}
