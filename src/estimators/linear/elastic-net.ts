/**
 * Elastic net and lasso: Σ w (y − a − x b)² / (2 Σ w) + lambda (l1Ratio ‖b‖₁ + ½ (1 − l1Ratio) ‖b‖²).
 *
 * The objective is scikit-learn's (its alpha is our lambda), on the features as given. Left to itself it
 * takes the lambda of least squared error along a path: on the validation rows where some are given, else by
 * cross-validation within its own rows. On second moments rows are read once, and a fold's error
 * follows from the moments of its rows; features that are as many as rows stay as they are.
 */
import {
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
  rowUniform,
} from "../../core/index.ts";
import { type FitContext, take, takeRows, type TrainingSet, type UsableRows, usableRows } from "../index.ts";
import { largestLambda, PathSolver, type Penalised } from "./coordinate-descent.ts";
import { fittedLinear, type LinearEstimator } from "./linear.ts";
import { combineMoments, type Design, type Moments, secondMoments } from "./moments.ts";
import { centredRows, type FoldProblem, keepsRows, momentsProblem, rowsProblem } from "./penalised.ts";
import { requireRegression } from "./require.ts";

export const lassoParameters = {
  lambda: {
    type: "number",
    default: 0,
    min: 0,
    max: Infinity,
    scale: "log",
    meaning:
      "strength of the penalty against half the mean squared error; 0 chooses it on validation rows or by cross-validation",
  },
  standardize: {
    type: "boolean",
    default: false,
    meaning: "penalise coefficients per standard deviation of their feature, not per unit",
  },
  folds: {
    type: "integer",
    default: 10,
    min: 2,
    max: 100,
    meaning: "folds that choose lambda, fewer from 2,000 features on",
  },
} as const satisfies ParameterTable;

export const elasticNetParameters = {
  ...lassoParameters,
  l1Ratio: {
    type: "number",
    default: 0.5,
    min: 0.001,
    max: 1,
    meaning: "share of the absolute penalty, which leaves features out; the rest is the squared one",
  },
} as const satisfies ParameterTable;

type Parameters = ParameterValues<typeof elasticNetParameters>;

/** Strengths on a path, and the ratio of the last to the first: less far where features are as many as rows. */
const pathLength = 80;
const pathRatio = 1e-4;
const widePathRatio = 1e-2;
/** Strengths in a row without a gain after which the path ends. */
const patience = 8;
/** Numbers that the moments of all folds may hold together: 400 MB. */
const foldMemory = 5e7;
/** Steps smaller than this share of the target's variance end a sweep: on the way, and at the end. */
const roughly = 1e-12;
const exactly = 1e-18;
/** On a path that is itself the answer: coefficients to some seven digits. */
const closely = 1e-15;

/** Linear regression that leaves features out and shares slopes among similar ones. @throws MillwrightError as `linear`. */
export function elasticNet(parameters: Partial<Parameters> = {}): LinearEstimator {
  const resolved = resolveParameters("elasticNet", elasticNetParameters, parameters);
  return penalisedFamily("elasticNet", resolved, resolved);
}

/** Linear regression that leaves features out. @throws MillwrightError as `linear`. */
export function lasso(parameters: Partial<ParameterValues<typeof lassoParameters>> = {}): LinearEstimator {
  const resolved = resolveParameters("lasso", lassoParameters, parameters);
  return penalisedFamily("lasso", resolved, { ...resolved, l1Ratio: 1 });
}

function penalisedFamily(
  family: "elasticNet" | "lasso",
  parameters: LinearEstimator["parameters"],
  given: Parameters,
): LinearEstimator {
  return {
    family,
    parameters,
    tasks: ["regression"],
    async fit(rows, context) {
      const { design, whole, folds } = await problemsOf(family, rows, given, context);
      const p = design.mean.length;
      const lambda =
        given.lambda > 0 ? given.lambda : chooseLambda(whole, folds, p < design.totalWeight, given);
      const solver = new PathSolver(whole, given.l1Ratio);
      // From the strongest penalty down to the one wanted: each solution starts the next.
      for (const strength of pathOf(largestLambda(whole, given.l1Ratio), pathRatio)) {
        if (strength > lambda) solver.solve(strength, roughly);
      }
      solver.solve(lambda, exactly);
      const coefficients = onFeatures(solver.b, whole);
      const used = coefficients.reduce((count, b) => count + (b === 0 ? 0 : 1), 0);
      return fittedLinear(family, design, coefficients, { features: p, used, lambda });
    },
  };
}

/** Solutions along a path. */
export interface ElasticNetPath {
  /** Strengths, falling. */
  readonly lambdas: readonly number[];
  /** Per unit of the given features, one array a strength. */
  readonly coefficients: readonly Float64Array[];
  readonly intercepts: Float64Array;
}

/**
 * The whole path of solutions, from the least strength that leaves every feature out.
 *
 * @param options - `l1Ratio` 1 is the lasso; `count` strengths down to `ratio` times the first, or `lambdas` as given.
 * @throws MillwrightError as `linear`.
 */
export async function elasticNetPath(
  rows: TrainingSet,
  options: {
    readonly l1Ratio?: number;
    readonly standardize?: boolean;
    readonly count?: number;
    readonly ratio?: number;
    readonly lambdas?: readonly number[];
  },
  context: FitContext,
): Promise<ElasticNetPath> {
  const { count = 100, ratio = 1e-3, lambdas: given, ...rest } = options;
  const parameters = resolveParameters("elasticNet", elasticNetParameters, { ...rest, lambda: 1 });
  const { design, whole } = await problemsOf("elasticNet", rows, parameters, context);
  const { l1Ratio } = parameters;
  const lambdas = (given ?? pathOf(largestLambda(whole, l1Ratio), ratio, count)).slice();
  lambdas.sort((a, b) => b - a);
  const solver = new PathSolver(whole, l1Ratio);
  const coefficients = lambdas.map((lambda) => {
    solver.solve(lambda, closely);
    return onFeatures(solver.b, whole);
  });
  const intercepts = Float64Array.from(coefficients, (b) =>
    b.reduce((constant, slope, j) => constant - slope * design.mean[j]!, design.yMean),
  );
  return { lambdas, coefficients, intercepts };
}

interface Problems {
  readonly design: Design;
  readonly whole: FoldProblem;
  /** Parts of the rows, each with an error on rows outside it; none where lambda is given or rows are few. */
  readonly folds: readonly FoldProblem[];
}

async function problemsOf(
  family: string,
  rows: TrainingSet,
  parameters: Parameters,
  context: FitContext,
): Promise<Problems> {
  const usable = usableRows(family, rows);
  const seed = context.random.child("folds").integer(2 ** 32);
  const validation =
    parameters.lambda > 0 || context.validation === undefined
      ? undefined
      : usableRows(family, context.validation);
  return keepsRows(family, usable.x)
    ? rowProblems(family, usable, validation, parameters, seed, context)
    : await momentProblems(family, usable, validation, parameters, seed, context);
}

/** Whether lambda is to be chosen on folds of these rows. */
function needsFolds({ lambda }: Parameters, rowCount: number, folds: number, context: FitContext): boolean {
  return !(lambda > 0) && rowCount >= 2 * folds && !context.signal?.aborted;
}

async function momentProblems(
  family: string,
  usable: UsableRows,
  validation: UsableRows | undefined,
  parameters: Parameters,
  seed: number,
  context: FitContext,
): Promise<Problems> {
  const { standardize } = parameters;
  const momentsOf = (rows: UsableRows): Promise<Moments> =>
    secondMoments(family, rows.x, requireRegression(family, rows.y), rows.weight, true, context.threads);
  const { x, y, weight, rowIds } = usable;
  const most = Math.max(2, Math.min(parameters.folds, Math.floor(foldMemory / x.columns.length ** 2)));
  if (validation !== undefined || !needsFolds(parameters, x.rowCount, most, context)) {
    const moments = await momentsOf(usable);
    const whole = momentsProblem(moments, standardize);
    const folds =
      validation === undefined ? [] : [momentsProblem(moments, standardize, await momentsOf(validation))];
    return { design: moments, whole, folds };
  }
  const values = requireRegression(family, y);
  const members: number[][] = Array.from({ length: most }, () => []);
  for (let i = 0; i < rowIds.length; i++) members[foldOf(seed, rowIds[i]!, most)]!.push(i);
  const parts: Moments[] = [];
  for (const list of members.filter((m) => m.length > 0)) {
    const index = Uint32Array.from(list);
    const part = weight === undefined ? undefined : take(weight, index);
    parts.push(
      await secondMoments(family, takeRows(x, index), take(values, index), part, true, context.threads),
    );
  }
  const moments = combineMoments(parts);
  const inside = (left: Moments): Moments => combineMoments(parts.filter((part) => part !== left));
  return {
    design: moments,
    whole: momentsProblem(moments, standardize),
    folds: parts.length < 2 ? [] : parts.map((left) => momentsProblem(inside(left), standardize, left)),
  };
}

function rowProblems(
  family: string,
  usable: UsableRows,
  validation: UsableRows | undefined,
  parameters: Parameters,
  seed: number,
  context: FitContext,
): Problems {
  const { standardize, folds: most } = parameters;
  // Validation rows stand behind the others, with weight 0 in the fit.
  const all = validation === undefined ? usable : joined(usable, validation);
  const rows = centredRows(family, all.x, requireRegression(family, all.y));
  const own = usable.x.rowCount;
  const weightOf = (i: number): number => all.weight?.[i] ?? 1;
  const weights = (of: (i: number) => boolean): Float64Array =>
    Float64Array.from(rows.y, (_, i) => (of(i) ? weightOf(i) : 0));
  const whole = rowsProblem(
    rows,
    weights((i) => i < own),
    standardize,
  );
  let folds: readonly FoldProblem[] = [];
  if (validation !== undefined) {
    folds = [
      rowsProblem(
        rows,
        weights((i) => i < own),
        standardize,
        weights((i) => i >= own),
      ),
    ];
  } else if (needsFolds(parameters, own, most, context)) {
    const fold = Uint8Array.from(all.rowIds, (id) => foldOf(seed, id, most));
    folds = Array.from(new Set(fold).values())
      .sort((a, b) => a - b)
      .map((f) =>
        rowsProblem(
          rows,
          weights((i) => fold[i] !== f),
          standardize,
          weights((i) => fold[i] === f),
        ),
      );
    if (folds.length < 2) folds = [];
  }
  return { design: whole.design, whole, folds };
}

function joined(first: UsableRows, second: UsableRows): UsableRows {
  const both = <T extends number>(a: ArrayLike<T>, b: ArrayLike<T>): Float64Array => {
    const out = new Float64Array(a.length + b.length);
    out.set(a);
    out.set(b, a.length);
    return out;
  };
  const ones = (rows: UsableRows): Float64Array => rows.weight ?? new Float64Array(rows.x.rowCount).fill(1);
  return {
    x: {
      rowCount: first.x.rowCount + second.x.rowCount,
      features: first.x.features,
      columns: first.x.columns.map((column, j) => both(column, second.x.columns[j]!)),
    },
    y: {
      kind: "regression",
      values: both(requireRegression("elasticNet", first.y), requireRegression("elasticNet", second.y)),
    },
    weight: both(ones(first), ones(second)),
    rowIds: Uint32Array.from([...first.rowIds, ...second.rowIds]),
    totalWeight: first.totalWeight + second.totalWeight,
  };
}

function foldOf(seed: number, id: number, folds: number): number {
  return Math.floor(rowUniform(seed, id) * folds);
}

/** The lambda of least squared error outside the folds; a tenth of the largest when there is none. */
function chooseLambda(
  whole: Penalised,
  folds: readonly FoldProblem[],
  tall: boolean,
  { l1Ratio }: Parameters,
): number {
  const largest = largestLambda(whole, l1Ratio);
  if (largest === 0) return 1;
  if (folds.length === 0) return largest / 10;
  const path = pathOf(largest, tall ? pathRatio : widePathRatio);
  const solvers = folds.map((fold) => ({ fold, solver: new PathSolver(fold, l1Ratio) }));
  let best = largest;
  let least = Infinity;
  for (let k = 0, worse = 0; k < path.length && worse < patience; k++) {
    let error = 0;
    for (const { fold, solver } of solvers) {
      solver.solve(path[k]!, roughly);
      error += fold.errorOutside(solver.b);
    }
    worse = error < least ? 0 : worse + 1;
    if (error < least) {
      least = error;
      best = path[k]!;
    }
  }
  return best;
}

function onFeatures(b: Float64Array, { unit }: Penalised): Float64Array {
  return b.map((value, j) => value * unit[j]!);
}

function pathOf(largest: number, ratio: number, count = pathLength): number[] {
  return Array.from({ length: count }, (_, k) => largest * ratio ** (k / Math.max(1, count - 1)));
}
