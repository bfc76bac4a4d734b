/**
 * A linear support vector machine with the squared hinge on sparse rows: its strength, its slopes, and scores of rows
 * that were left out, all by descent in the dual from multipliers that are already near. Where a weak penalty makes that
 * slow, the minimiser of all slopes at once goes on from where it came to.
 *
 * Log-ratios of counts read the labels. So a row that is left out takes no part in those that its score is made with,
 * without which scores of rare words would look far surer than they are.
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
import { type SparseDesign, sparseDesign } from "./sparse-rows.ts";

export interface SparseSvmOptions {
  /** 0 chooses it by cross-validated loss. */
  readonly l2: number;
  readonly standardize: boolean;
  /** 0 leaves features as they are; above 0 they are multiplied by log-ratios of counts. */
  readonly bayesSmoothing: number;
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
  const { weight: given, rowIds, x } = usable;
  const { random, tolerance, maxIter, signal, standardize, bayesSmoothing } = options;
  const target = Float64Array.from(hit);
  const plain = sparseDesign("linearSvm", x, sparse, target, 1, given);
  const asGiven: View = { design: plain, rows: standardize ? standardised(sparse, plain) : sparse };
  const viewOf = (inside: Float64Array): View => {
    if (bayesSmoothing === 0) return asGiven;
    const ratios = logRatios(sparse, hit, inside, bayesSmoothing);
    const rows = times(sparse, ratios);
    return { rows, design: sparseDesign("linearSvm", x, rows, target, 1, given), ratios };
  };
  const sign = Int8Array.from(hit, (one) => 2 * one - 1);
  const weight = given ?? new Float64Array(hit.length).fill(1);
  const l2 =
    options.l2 > 0
      ? options.l2
      : await chooseL2(usable, bayesSmoothing > 0 ? sparse : asGiven.rows, sign, weight, options);
  const solve = async (name: string, inside: Float64Array, start?: Float64Array): Promise<Solved> => {
    const { rows, design, ratios } = viewOf(inside);
    const { used, q, deviation, mean } = design;
    const how = { tolerance, maxIter: Math.min(maxIter, mostSweeps), signal, random: random.child(name) };
    const near = dualDescent({ rows, sign, weight: inside, l2 }, { ...how, ...(start && { start }) });
    let v: Float64Array = new Float64Array(q);
    v[q - 1] = near.constant;
    used.forEach((j, a) => {
      v[a] = near.b[j]! * (standardize ? 1 : deviation[a]!);
      v[q - 1]! += (v[a]! / deviation[a]!) * mean[j]!;
    });
    let { converged } = near;
    if (!converged) {
      const objective = scoreObjective(squaredHinge, design, standardize, 1);
      const rest = { tolerance, maxIter, threads: 1, signal };
      ({ v, converged } = await minimise(objective, { weight: [inside], l2 }, v, rest));
      await objective.release();
    }
    const { coefficients, intercepts } = onFeatures(v, design);
    const slopes = ratios === undefined ? coefficients[0]! : coefficients[0]!.map((b, j) => b * ratios[j]!);
    return { v, used, coefficients: slopes, intercepts, alpha: near.alpha, converged };
  };
  const whole = await solve("whole", weight);
  const leftOut = new Float64Array(hit.length);
  const folds = stratifiedFolds(hit, rowIds, random.child("platt").integer(2 ** 32));
  for (const fold of new Set(folds ?? [0])) {
    const inside = folds === undefined ? undefined : weight.map((w, i) => (folds[i] === fold ? 0 : w));
    const without = inside === undefined ? whole : await solve(`fold ${fold}`, inside, whole.alpha);
    const scores = affineReference(
      {
        coefficients: [without.coefficients],
        mean: new Float64Array(sparse.columnCount),
        offset: without.intercepts,
      },
      x,
    );
    for (let i = 0; i < hit.length; i++)
      if (folds === undefined || folds[i] === fold) leftOut[i] = scores[i]!;
  }
  const { coefficients, intercepts, used, converged } = whole;
  const sizes = new Float64Array(sparse.columnCount);
  used.forEach((j, a) => (sizes[j] = Math.abs(whole.v[a]!)));
  // All classes are written about one mean, so that it is that of the features without ratios, which differ by class.
  const { mean, offset } = aboutMean(whole.v, intercepts, plain);
  return {
    coefficients,
    mean,
    offset:
      bayesSmoothing > 0
        ? mean.reduce((sum, m, j) => sum + m * coefficients[j]!, intercepts[0]!)
        : offset[0]!,
    sizes,
    l2,
    converged,
    leftOut,
  };
}

/** Rows as a fit reads them. */
interface View {
  /** Of the descent. */
  readonly rows: SparseRows;
  /** Of the minimiser. */
  readonly design: SparseDesign;
  /** What each feature was multiplied by, in both. */
  readonly ratios?: Float64Array;
}

/**
 * What each feature is multiplied by: the logarithm of its share in the class over that in the others. What is below 0
 * in some row is no count, and is multiplied by 1.
 */
function logRatios(
  { columnCount, starts, index, values }: SparseRows,
  hit: Uint8Array,
  weight: Float64Array,
  smoothing: number,
): Float64Array {
  const inside = new Float64Array(columnCount).fill(smoothing);
  const outside = new Float64Array(columnCount).fill(smoothing);
  const signed = new Uint8Array(columnCount);
  for (let i = 0; i < hit.length; i++) {
    const counts = hit[i] === 1 ? inside : outside;
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      const j = index[at]!;
      counts[j]! += weight[i]! * values[at]!;
      if (values[at]! < 0) signed[j] = 1;
    }
  }
  const sum = (counts: Float64Array): number =>
    counts.reduce((total, count, j) => (signed[j] === 1 ? total : total + count), 0);
  const between = Math.log(sum(inside) / sum(outside));
  return inside.map((count, j) => (signed[j] === 1 ? 1 : Math.log(count / outside[j]!) - between));
}

function times(rows: SparseRows, factors: Float64Array): SparseRows {
  return {
    ...rows,
    values: Float64Array.from(rows.values, (value, at) => value * factors[rows.index[at]!]!),
  };
}

interface Solved {
  /** As of `ScoreObjective`, by the features in use. */
  readonly v: Float64Array;
  readonly used: Int32Array;
  /** Per unit of each feature. */
  readonly coefficients: Float64Array;
  readonly intercepts: Float64Array;
  readonly alpha: Float64Array;
  readonly converged: boolean;
}

/** Values per standard deviation; 0 where a feature does not vary. */
function standardised(rows: SparseRows, { used, deviation }: SparseDesign): SparseRows {
  const size = new Float64Array(rows.columnCount);
  used.forEach((j, a) => (size[j] = deviation[a]!));
  const values = Float64Array.from(rows.values, (value, at) => {
    const own = size[rows.index[at]!]!;
    return own > 0 ? value / own : 0;
  });
  return { ...rows, values };
}

/** The l2 among 1e4 … 1e-4, a decade apart, of least loss on rows left out in 5 folds. */
async function chooseL2(
  { x, rowIds }: UsableRows,
  all: SparseRows,
  sign: Int8Array,
  weight: Float64Array,
  { random, signal, bayesSmoothing }: SparseSvmOptions,
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
  const states = [...new Set(folds)].map((fold) => {
    const inside = weights.map((w, i) => (folds[i] === fold ? 0 : w));
    return {
      fold,
      inside,
      rows: bayesSmoothing > 0 ? times(rows, logRatios(rows, hit, inside, bayesSmoothing)) : rows,
      alpha: new Float64Array(index.length) as Float64Array,
    };
  });
  const strengths = Array.from({ length: 9 }, (_, k) => 10 ** (4 - k));
  const lossOf = async (l2: number): Promise<number> => {
    let loss = 0;
    for (const state of states) {
      const found = dualDescent(
        { rows: state.rows, sign: signs, weight: state.inside, l2 },
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
