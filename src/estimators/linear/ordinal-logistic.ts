/**
 * Ordinal logistic regression (proportional odds): one linear score, cut into levels by ascending thresholds.
 *
 * P(level ≤ k) = σ(threshold k − score), so that a feature shifts the odds of every cut alike. Minimised is
 * Σ w log loss + ½ l2 ‖b‖², thresholds not penalised. The loss is convex where thresholds ascend, and infinite
 * elsewhere, so that Newton's method with step halving stays inside; wide matrices go by L-BFGS. Left to itself it
 * takes the l2 of least cross-validated log loss. Source: McCullagh 1980, J. R. Stat. Soc. B 42(2); Pratt 1981,
 * JASA 76 for the convexity; as R's MASS::polr.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { constant, pad, scalar, sigmoid, sub } from "../../graph/index.ts";
import {
  type Estimator,
  type FitContext,
  type Fitted,
  requireFiniteNumbers,
  type TrainingSet,
  type UsableRows,
  usableRows,
} from "../index.ts";
import { type Affine, affineReference, emitAffine } from "./affine.ts";
import { dot } from "./cholesky.ts";
import { scoreParameters } from "./fit-scores.ts";
import { foldsOfSample, leastLoss } from "./fold-path.ts";
import { presentClasses, spreadClasses } from "./logistic.ts";
import { lowerPoint, type Minimum, type MinimiseOptions, quasiNewton, ridgedSolve } from "./minimise.ts";
import { requireClasses } from "./require.ts";
import type { Evaluation } from "./score-objective.ts";

export const ordinalLogisticParameters = {
  l2: {
    type: "number",
    default: 0,
    min: 0,
    max: Infinity,
    scale: "log",
    meaning:
      "strength of the penalty ½ l2 ‖b‖² against the summed log loss; 0 chooses it by cross-validation",
  },
  ...scoreParameters,
} as const satisfies ParameterTable;

type Parameters = ParameterValues<typeof ordinalLogisticParameters>;

export interface OrdinalLogisticFitted extends Fitted {
  /** Per unit of each feature: above 0 means higher levels. */
  readonly coefficients: Float64Array;
  /** Score at which each cut is even. Shape [levels with rows − 1]. */
  readonly thresholds: Float64Array;
}

export interface OrdinalLogisticEstimator extends Estimator {
  fit(rows: TrainingSet, context: FitContext): Promise<OrdinalLogisticFitted>;
}

/** Most parameters for which Newton's matrix is formed. */
const newtonSize = 600;

/**
 * Proportional odds on classes whose codes are levels in their order.
 *
 * @throws MillwrightError from `fit`: `DATA_ONE_CLASS`; `SCHEMA_WRONG_KIND` for a number as target or a category as
 *   feature; `DATA_BAD_VALUE` for a value that is missing or infinite.
 */
export function ordinalLogistic(parameters: Partial<Parameters> = {}): OrdinalLogisticEstimator {
  const resolved = resolveParameters("ordinalLogistic", ordinalLogisticParameters, parameters);
  return {
    family: "ordinalLogistic",
    parameters: resolved,
    tasks: ["classification"],
    readsLevels: true,
    async fit(rows, context) {
      const usable = usableRows("ordinalLogistic", rows);
      const y = requireClasses("ordinalLogistic", usable.y);
      requireFiniteNumbers("ordinalLogistic", usable.x);
      const { codes, present } = presentClasses(y.codes, y.classCount);
      const weight = usable.weight ?? new Float64Array(codes.length).fill(1);
      const how = { ...resolved, signal: context.signal };
      const l2 =
        resolved.l2 > 0
          ? resolved.l2
          : await chooseL2({ ...usable, y: { ...y, kind: "classification", codes } }, how, context);
      const design = standardised(usable.x, weight);
      const problem = { design, codes, levels: present.length, weight };
      const minimum = await minimiseLevels(problem, l2, how);
      return fittedLevels(problem, minimum, l2, present, y.classCount);
    },
  };
}

/** Standardised rows of the features that vary. */
interface Design {
  /** Row-major [rows, used.length]. */
  readonly z: Float64Array;
  readonly used: Int32Array;
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

interface LevelProblem {
  readonly design: Design;
  /** 0 … levels − 1 a row. */
  readonly codes: Int32Array;
  readonly levels: number;
  readonly weight: Float64Array;
}

function standardised(x: Matrix, weight: Float64Array): Design {
  const { columns, rowCount } = x;
  const total = weight.reduce((sum, w) => sum + w, 0);
  const mean = new Float64Array(columns.length);
  const deviation = new Float64Array(columns.length);
  columns.forEach((column, j) => {
    for (let i = 0; i < rowCount; i++) mean[j]! += weight[i]! * column[i]!;
    mean[j]! /= total;
    for (let i = 0; i < rowCount; i++) deviation[j]! += weight[i]! * (column[i]! - mean[j]!) ** 2;
    deviation[j] = Math.sqrt(deviation[j]! / total);
  });
  const used = Int32Array.from(columns.keys()).filter((j) => deviation[j]! > 1e-13 * Math.abs(mean[j]!));
  const z = new Float64Array(rowCount * used.length);
  used.forEach((j, a) => {
    const column = columns[j]!;
    for (let i = 0; i < rowCount; i++) z[i * used.length + a] = (column[i]! - mean[j]!) / deviation[j]!;
  });
  return { z, used, mean, deviation };
}

/** Slopes per standard deviation, then thresholds. */
async function minimiseLevels(
  problem: LevelProblem,
  l2: number,
  how: Parameters & Pick<MinimiseOptions, "signal">,
  start = constantModel(problem),
): Promise<Minimum> {
  const { design } = problem;
  const penalty = Float64Array.from(
    design.used,
    (j) => l2 * (how.standardize ? 1 : 1 / design.deviation[j]! ** 2),
  );
  const size = start.length;
  if (size > newtonSize) {
    const total = problem.weight.reduce((sum, w) => sum + w, 0);
    const diagonal = Float64Array.from({ length: size }, (_, a) => 1 / (0.25 * total + (penalty[a] ?? 0)));
    const solve = (b: Float64Array): Float64Array => {
      for (let a = 0; a < size; a++) b[a]! *= diagonal[a]!;
      return b;
    };
    return quasiNewton((v) => evaluateLevels(problem, penalty, v), start, solve, how);
  }
  let v = start;
  for (let iterations = 0; ; iterations++) {
    const curvature = new Float64Array(size * size);
    const here = evaluateLevels(problem, penalty, v, curvature);
    const step = ridgedSolve(curvature, size)(here.gradient.slice());
    const decrement = dot(step, 0, here.gradient, 0, size);
    if (!(decrement > 2 * how.tolerance * here.loss))
      return { v, loss: here.loss, iterations, converged: true };
    if (iterations === how.maxIter || how.signal?.aborted)
      return { v, loss: here.loss, iterations, converged: false };
    const evaluate = (at: Float64Array): Evaluation => evaluateLevels(problem, penalty, at);
    const found = await lowerPoint(evaluate, v, here, step, decrement);
    // No lower point along a descent direction: what is left is rounding.
    if (found === undefined) return { v, loss: here.loss, iterations, converged: true };
    v = found.v;
  }
}

/** No slope, and the thresholds of the shares. */
function constantModel({ design, codes, levels, weight }: LevelProblem): Float64Array {
  const p = design.used.length;
  const v = new Float64Array(p + levels - 1);
  const share = new Float64Array(levels);
  for (let i = 0; i < codes.length; i++) share[codes[i]!]! += weight[i]!;
  const total = share.reduce((sum, w) => sum + w, 0);
  let below = 0;
  for (let k = 0; k + 1 < levels; k++) {
    // A part of the rows may lack a level: its cut stays apart from the next.
    below += Math.max(share[k]!, 1e-6 * total);
    v[p + k] = Math.log(below / Math.max(total - below, 1e-9 * total));
  }
  for (let k = 1; k + 1 < levels; k++) v[p + k] = Math.max(v[p + k]!, v[p + k - 1]! + 1e-3);
  return v;
}

/**
 * Loss and gradient, and the curvature where there is a matrix for it. With a and b the distances of the score to the
 * cut above and below, a row's loss is softplus(−a) + softplus(b) − ln(1 − exp(b − a)).
 */
function evaluateLevels(
  { design, codes, levels, weight }: LevelProblem,
  penalty: Float64Array,
  v: Float64Array,
  curvature?: Float64Array,
): Evaluation {
  const { z } = design;
  const p = design.used.length;
  const size = v.length;
  const gradient = new Float64Array(size);
  let loss = 0;
  for (let j = 0; j < p; j++) {
    loss += 0.5 * penalty[j]! * v[j]! ** 2;
    gradient[j] = penalty[j]! * v[j]!;
    if (curvature) curvature[j * size + j] = penalty[j]!;
  }
  for (let k = p + 1; k < size; k++) if (!(v[k]! > v[k - 1]!)) return { loss: Infinity, gradient };
  for (let i = 0; i < codes.length; i++) {
    const w = weight[i]!;
    if (w === 0) continue;
    const from = i * p;
    const score = dot(z, from, v, 0, p);
    const level = codes[i]!;
    const above = p + level;
    const below = above - 1;
    const a = level === levels - 1 ? Infinity : v[above]! - score;
    const b = level === 0 ? -Infinity : v[below]! - score;
    const inside = a - b < Infinity;
    const ratio = inside ? 1 / Math.expm1(a - b) : 0;
    loss += w * (softplus(-a) + softplus(b) - (inside ? Math.log(-Math.expm1(b - a)) : 0));
    const missedAbove = sigma(-a);
    const missedBelow = sigma(b);
    const slope = w * (missedAbove - missedBelow);
    for (let j = 0; j < p; j++) gradient[j]! += slope * z[from + j]!;
    if (a < Infinity) gradient[above]! -= w * (missedAbove + ratio);
    if (b > -Infinity) gradient[below]! += w * (missedBelow + ratio);
    if (curvature === undefined) continue;
    const curveAbove = w * missedAbove * (1 - missedAbove);
    const curveBelow = w * missedBelow * (1 - missedBelow);
    const shared = w * ratio * (1 + ratio);
    for (let j = 0; j < p; j++) {
      const scaled = (curveAbove + curveBelow) * z[from + j]!;
      for (let k = 0; k <= j; k++) curvature[j * size + k]! += scaled * z[from + k]!;
      if (a < Infinity) curvature[above * size + j]! -= curveAbove * z[from + j]!;
      if (b > -Infinity) curvature[below * size + j]! -= curveBelow * z[from + j]!;
    }
    if (a < Infinity) curvature[above * size + above]! += curveAbove + shared;
    if (b > -Infinity) curvature[below * size + below]! += curveBelow + shared;
    if (inside) curvature[above * size + below]! -= shared;
  }
  if (curvature)
    for (let j = 0; j < size; j++)
      for (let k = 0; k < j; k++) curvature[k * size + j] = curvature[j * size + k]!;
  return { loss, gradient };
}

const sigma = (t: number): number => (t >= 0 ? 1 / (1 + Math.exp(-t)) : Math.exp(t) / (1 + Math.exp(t)));
const softplus = (t: number): number => Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));

/** The l2 among 1e4 … 1e-4, a decade apart, of least log loss on rows left out; 1 where rows are too few for folds. */
async function chooseL2(
  usable: UsableRows,
  how: Parameters & Pick<MinimiseOptions, "signal">,
  context: FitContext,
): Promise<number> {
  const sampled = foldsOfSample(usable, context.random.child("folds").integer(2 ** 32));
  if (sampled === undefined || sampled.rows.y.kind !== "classification") return 1;
  const { rows, folds } = sampled;
  const { codes, present } = presentClasses(sampled.rows.y.codes, sampled.rows.y.classCount);
  const design = standardised(rows.x, rows.weight ?? new Float64Array(codes.length).fill(1));
  const starts: (Float64Array | undefined)[] = folds.map(() => undefined);
  const none = new Float64Array(design.used.length);
  const lossOf = async (l2: number): Promise<number> => {
    let loss = 0;
    for (const [f, { inside, outside }] of folds.entries()) {
      const problem = { design, codes, levels: present.length, weight: inside };
      const near = { ...how, tolerance: 1e-7, maxIter: 100 };
      const { v } = await minimiseLevels(problem, l2, near, starts[f]);
      starts[f] = v;
      loss += evaluateLevels({ ...problem, weight: outside }, none, v).loss;
    }
    return loss;
  };
  return leastLoss(
    Array.from({ length: 9 }, (_, k) => 10 ** (4 - k)),
    lossOf,
    context.signal,
  );
}

function fittedLevels(
  { design, levels }: LevelProblem,
  { v, iterations, converged }: Minimum,
  l2: number,
  present: readonly number[],
  classCount: number,
): OrdinalLogisticFitted {
  const { used, mean, deviation } = design;
  const p = used.length;
  const coefficients = new Float64Array(mean.length);
  const importance = new Float64Array(mean.length);
  used.forEach((j, a) => {
    coefficients[j] = v[a]! / deviation[j]!;
    importance[j] = Math.abs(v[a]!);
  });
  const affine: Affine = { coefficients: [coefficients], mean, offset: Float64Array.of(0) };
  const cuts = v.slice(p);
  const atMean = coefficients.reduce((sum, b, j) => sum + b * mean[j]!, 0);
  return {
    family: "ordinalLogistic",
    coefficients,
    thresholds: cuts.map((cut) => cut + atMean),
    emit(x) {
      const thresholds = constant({ dtype: "float64", shape: [1, levels - 1], data: cuts });
      const reached = sigmoid(sub(thresholds, emitAffine(affine, x)));
      // Beyond the last cut everything is reached, below the first nothing.
      return spreadClasses(
        sub(pad(reached, [0, 0, 0, 1], { value: scalar("float64", 1) }), pad(reached, [0, 1, 0, 0])),
        present,
        classCount,
      );
    },
    reference(x) {
      const scores = affineReference(affine, x);
      const out = new Float64Array(x.rowCount * classCount);
      for (let i = 0; i < x.rowCount; i++) {
        let below = 0;
        present.forEach((level, at) => {
          const upTo = at < levels - 1 ? sigma(cuts[at]! - scores[i]!) : 1;
          out[i * classCount + level] = upTo - below;
          below = upTo;
        });
      }
      return out;
    },
    importance,
    summary: { features: mean.length, levels, l2, iterations, converged },
  };
}
