/**
 * A linear support vector machine with the squared hinge on sparse rows: its strength, its slopes, and scores of rows
 * that were left out, all by descent in the dual from multipliers that are already near. Where a weak penalty makes that
 * slow, the minimiser of all slopes at once goes on from where it came to.
 */
import type { Random } from "../../core/index.ts";
import { type SparseRows, takeSparseRows } from "../../features/index.ts";
import { take, type UsableRows, stratifiedFolds } from "../index.ts";
import { affineReference } from "./affine.ts";
import { dualDescent } from "./dual-descent.ts";
import { leastLoss } from "./fold-path.ts";
import { minimise } from "./minimise.ts";
import { sampleRows } from "./ridge-path.ts";
import { aboutMean, onFeatures } from "./row-blocks.ts";
import { squaredHinge } from "./score-loss.ts";
import { scoreObjective } from "./score-objective.ts";
import { sparseDesign } from "./sparse-rows.ts";

export interface SparseSvmOptions {
  /** 0 chooses it by cross-validated loss. */
  readonly l2: number;
  readonly standardize: boolean;
  readonly tolerance: number;
  readonly maxIter: number;
  readonly random: Random;
  readonly signal?: AbortSignal | undefined;
}

export interface SparseSvm {
  /** Per unit of each feature. */
  readonly coefficients: Float64Array;
  readonly mean: Float64Array;
  /** Score at the mean. */
  readonly offset: number;
  /** Slopes per standard deviation, by size. */
  readonly sizes: Float64Array;
  readonly l2: number;
  readonly converged: boolean;
  /** Of each row, by the machine of the folds that it is not in; by the whole one where a class has one row. */
  readonly leftOut: Float64Array;
}

/** Sweeps after which a weak penalty is left to the minimiser of all slopes at once. */
const mostSweeps = 400;
/** Values that the choice of a strength reads at most, in one sweep. */
const sampleValues = 4e6;

/** @param hit - 1 where the row is of the class. */
export async function fitSparseSvm(
  usable: UsableRows,
  sparse: SparseRows,
  hit: Uint8Array,
  options: SparseSvmOptions,
): Promise<SparseSvm> {
  const { x, weight: given, rowIds } = usable;
  const { random, tolerance, maxIter, signal } = options;
  const design = sparseDesign("linearSvm", x, sparse, Float64Array.from(hit), 1, given);
  const deviation = new Float64Array(sparse.columnCount);
  design.used.forEach((j, a) => (deviation[j] = design.deviation[a]!));
  const rows = options.standardize ? scaled(sparse, deviation) : sparse;
  const sign = Int8Array.from(hit, (one) => 2 * one - 1);
  const weight = given ?? new Float64Array(hit.length).fill(1);
  const l2 = options.l2 > 0 ? options.l2 : await chooseL2(usable, rows, sign, weight, options);
  const { used, q } = design;
  const objective = scoreObjective(squaredHinge, design, options.standardize, 1);
  const solve = async (name: string, inside: Float64Array, start?: Float64Array): Promise<Solved> => {
    const how = { tolerance, maxIter: Math.min(maxIter, mostSweeps), signal, random: random.child(name) };
    const near = dualDescent({ rows, sign, weight: inside, l2 }, { ...how, ...(start && { start }) });
    const v = new Float64Array(q);
    v[q - 1] = near.constant;
    used.forEach((j, a) => {
      v[a] = near.b[j]! * (options.standardize ? 1 : deviation[j]!);
      v[q - 1]! += (v[a]! / deviation[j]!) * design.mean[j]!;
    });
    if (near.converged) return { v, alpha: near.alpha, converged: true };
    const rest = { tolerance, maxIter, threads: 1, signal };
    return { alpha: near.alpha, ...(await minimise(objective, { weight: [inside], l2 }, v, rest)) };
  };
  const whole = await solve("whole", weight);
  const { coefficients, intercepts } = onFeatures(whole.v, design);
  const leftOut = new Float64Array(hit.length);
  const folds = stratifiedFolds(hit, rowIds, random.child("platt").integer(2 ** 32));
  for (const fold of new Set(folds ?? [0])) {
    const inside = folds === undefined ? undefined : weight.map((w, i) => (folds[i] === fold ? 0 : w));
    const { v } = inside === undefined ? whole : await solve(`fold ${fold}`, inside, whole.alpha);
    const without = onFeatures(v, design);
    const scores = affineReference(
      {
        coefficients: without.coefficients,
        mean: new Float64Array(deviation.length),
        offset: without.intercepts,
      },
      x,
    );
    for (let i = 0; i < hit.length; i++)
      if (folds === undefined || folds[i] === fold) leftOut[i] = scores[i]!;
  }
  await objective.release();
  const place = aboutMean(whole.v, intercepts, design);
  const sizes = new Float64Array(deviation.length);
  used.forEach((j, a) => (sizes[j] = Math.abs(whole.v[a]!)));
  return {
    coefficients: coefficients[0]!,
    mean: place.mean,
    offset: place.offset[0]!,
    sizes,
    l2,
    converged: whole.converged,
    leftOut,
  };
}

interface Solved {
  /** As of `ScoreObjective`. */
  readonly v: Float64Array;
  readonly alpha: Float64Array;
  readonly converged: boolean;
}

/** Values per standard deviation; 0 where a feature does not vary. */
function scaled(rows: SparseRows, deviation: Float64Array): SparseRows {
  const values = Float64Array.from(rows.values, (value, at) => {
    const size = deviation[rows.index[at]!]!;
    return size > 0 ? value / size : 0;
  });
  return { ...rows, values };
}

/** The l2 among 1e4 … 1e-4, a decade apart, of least loss on rows left out in 5 folds. */
async function chooseL2(
  { x, rowIds }: UsableRows,
  all: SparseRows,
  sign: Int8Array,
  weight: Float64Array,
  { random, signal }: SparseSvmOptions,
): Promise<number> {
  const perRow = Math.max(1, all.values.length / x.rowCount);
  const most = Math.max(2000, Math.min(20_000, Math.round(sampleValues / perRow)));
  const seed = random.child("folds").integer(2 ** 32);
  const index = sampleRows(rowIds, most, seed);
  const rows = takeSparseRows(all, index);
  const signs = Int8Array.from(index, (i) => sign[i]!);
  const weights = take(weight, index);
  const hit = Uint8Array.from(signs, (one) => Number(one > 0));
  const folds = stratifiedFolds(hit, take(rowIds, index), seed);
  if (folds === undefined) return 1;
  const states = [...new Set(folds)].map((fold) => ({
    fold,
    inside: weights.map((w, i) => (folds[i] === fold ? 0 : w)),
    alpha: new Float64Array(index.length) as Float64Array,
  }));
  const strengths = Array.from({ length: 9 }, (_, k) => 10 ** (4 - k));
  const lossOf = async (l2: number): Promise<number> => {
    let loss = 0;
    for (const state of states) {
      const found = dualDescent(
        { rows, sign: signs, weight: state.inside, l2 },
        {
          tolerance: 1e-5,
          maxIter: 40,
          signal,
          random: random.child(`path ${state.fold}`),
          start: state.alpha,
        },
      );
      state.alpha = found.alpha;
      for (let i = 0; i < signs.length; i++) {
        if (folds[i] !== state.fold) continue;
        loss += weights[i]! * Math.max(0, 1 - signs[i]! * found.scores[i]!) ** 2;
      }
    }
    return loss;
  };
  return leastLoss(strengths, lossOf, signal);
}
