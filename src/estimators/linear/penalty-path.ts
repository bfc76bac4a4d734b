/**
 * The l2 of an iterative fit by cross-validated loss along a path of strengths, each fold warm from
 * the strength before.
 *
 * Folds are weights: the same blocks serve every fold, with weight 0 for the rows left out. Which fold
 * a row is in depends on its identity only. The path runs from strong to weak and stops
 * after three strengths in a row without a gain.
 */
import { rowUniform } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { take, takeRows } from "../index.ts";
import { boundSolve, type MinimiseOptions, minimise, usesNewton } from "./minimise.ts";
import type { ScoreLoss } from "./score-loss.ts";
import { type Problem, scoreDesign, scoreObjective } from "./score-objective.ts";
import { sampleRows } from "./ridge-path.ts";

export interface ScoreRows {
  readonly x: Matrix;
  /** A number a row; of several outputs a class, 0 … outputs − 1. */
  readonly target: Float64Array | Int32Array;
  readonly loss: ScoreLoss;
  readonly weight: Float64Array | undefined;
  readonly rowIds: Uint32Array;
}

const folds = 5;

/**
 * @param seed - Of folds, and of the sample where there are many rows.
 * @returns l2 among 1e4 … 1e-4 (times the curvature of the constant model for numbers), half a decade apart (a whole one with many parameters); 1 when there are fewer than 10 rows.
 */
export async function choosePenalty(
  rows: ScoreRows,
  standardize: boolean,
  seed: number,
  options: MinimiseOptions,
): Promise<number> {
  const count = rowLimit(rows.x, rows.loss.outputs);
  const index = sampleRows(rows.rowIds, count, seed);
  if (index.length < 2 * folds) return rows.loss.penaltyUnit(1);
  const whole = index.length === rows.x.rowCount;
  const x = whole ? rows.x : takeRows(rows.x, index);
  const target = whole ? rows.target : take(rows.target, index);
  const weight = whole || rows.weight === undefined ? rows.weight : take(rows.weight, index);
  const ids = whole ? rows.rowIds : take(rows.rowIds, index);
  const blocks = scoreDesign("linear", x, target, rows.loss.outputs, weight);
  const objective = scoreObjective(rows.loss, blocks, standardize, options.threads);
  try {
    const parts = foldWeights(blocks.weight, blocks.width, ids, seed);
    const states: Float64Array[] = parts.map(() => objective.start);
    const unit = rows.loss.penaltyUnit(blocks.targetMean);
    let best = unit;
    let least = Infinity;
    const newton = usesNewton(objective);
    for (let k = 8, worse = 0; k >= -8 && worse < 3 && !options.signal?.aborted; k -= newton ? 1 : 2) {
      const l2 = unit * 10 ** (k / 2);
      // The curvature of all rows bounds that of any part of them.
      const bound = newton
        ? undefined
        : await boundSolve(objective, { weight: blocks.weight, l2 }, options.threads);
      let loss = 0;
      for (let f = 0; f < folds; f++) {
        const { inside, outside } = parts[f]!;
        const problem: Problem = { weight: inside, l2 };
        const { v } = await minimise(objective, problem, states[f]!, {
          ...options,
          bound,
          tolerance: 1e-7,
          maxIter: 100,
        });
        states[f] = v;
        loss += (await objective.evaluate(v, { weight: outside, l2: 0 })).loss;
      }
      worse = loss < least ? 0 : worse + 1;
      if (loss < least) {
        least = loss;
        best = l2;
      }
    }
    return best;
  } finally {
    await objective.release();
  }
}

/** Rows for which a path stays within seconds; at least 2,000. */
function rowLimit({ sparse, features, rowCount }: Matrix, outputs: number): number {
  const size = features.length * outputs;
  const dense = size <= 600 ? 2e8 / size ** 2 : 8e6 / size;
  const work =
    sparse === undefined ? dense : (1.2e7 * rowCount) / Math.max(1, sparse.values.length * outputs);
  return Math.round(Math.min(20_000, Math.max(2000, work)));
}

/** Weights inside and outside each fold, by block. */
function foldWeights(
  weight: readonly Float64Array[],
  width: number,
  ids: Uint32Array,
  seed: number,
): { readonly inside: Float64Array[]; readonly outside: Float64Array[] }[] {
  const fold = Uint8Array.from(ids, (id) => Math.floor(rowUniform(seed ^ 0x5bd1e995, id) * folds));
  return Array.from({ length: folds }, (_, f) => {
    const inFold = (b: number, i: number): boolean => fold[b * width + i] === f;
    return {
      inside: weight.map((w, b) => w.map((value, i) => (inFold(b, i) ? 0 : value))),
      outside: weight.map((w, b) => w.map((value, i) => (inFold(b, i) ? value : 0))),
    };
  });
}
