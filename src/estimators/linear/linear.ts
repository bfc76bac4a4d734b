/**
 * Linear regression and ridge: ½ Σ w (y − a − x b)² + ½ l2 ‖b‖², intercept not penalised.
 *
 * The penalty is scikit-learn's (its alpha is our l2), on the features as given;
 * `standardize` counts them in standard deviations. Left to itself, ridge takes the l2 whose
 * leave-one-out error is least.
 */
import { type Json, type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { type Estimator, type FitContext, type Fitted, type TrainingSet, usableRows } from "../index.ts";
import { type Affine, affineReference, emitAffine } from "./affine.ts";
import { solveLeastSquares } from "./least-squares.ts";
import { type Design, hasMoments, secondMoments } from "./moments.ts";
import { requireRegression } from "./require.ts";
import { chooseL2 } from "./ridge-path.ts";
import { isWide, solveWide, wideDesign } from "./wide.ts";

export const linearParameters = {
  intercept: { type: "boolean", default: true, meaning: "fit a constant term" },
} as const satisfies ParameterTable;

export const ridgeParameters = {
  l2: {
    type: "number",
    default: 0,
    min: 0,
    max: Infinity,
    scale: "log",
    meaning:
      "strength of the penalty ½ l2 ‖b‖² against ½ Σ squared errors; 0 chooses it by leave-one-out error",
  },
  standardize: {
    type: "boolean",
    default: false,
    meaning: "penalise coefficients per standard deviation of their feature, not per unit",
  },
  intercept: linearParameters.intercept,
} as const satisfies ParameterTable;

/** A fitted linear function; coefficients are per unit of the given features. */
export interface LinearFitted extends Fitted {
  readonly coefficients: Float64Array;
  readonly intercept: number;
}

export interface LinearEstimator extends Estimator {
  fit(rows: TrainingSet, context: FitContext): Promise<LinearFitted>;
}

/**
 * Ordinary least squares. Where features are linearly dependent, the answer is the one with the least
 * norm of coefficients per standard deviation; a constant feature has coefficient 0.
 *
 * @throws MillwrightError from `fit`: `SCHEMA_WRONG_KIND` for a category, `DATA_BAD_VALUE` for a value that is not finite.
 */
export function linear(parameters: Partial<ParameterValues<typeof linearParameters>> = {}): LinearEstimator {
  const { intercept } = resolveParameters("linear", linearParameters, parameters);
  return {
    family: "linear",
    parameters: { intercept },
    tasks: ["regression"],
    async fit(rows, context) {
      const { rows: used, design } = await measure("linear", rows, intercept, context);
      const p = design.mean.length;
      const { coefficients, method, rank } = hasMoments(design)
        ? solveLeastSquares(design, used, new Float64Array(p))
        : await solveWide(design, used, undefined, context.threads);
      return fittedLinear("linear", design, coefficients, { features: p, rank, method });
    },
  };
}

/** Least squares with an L2 penalty. @throws MillwrightError as `linear`. */
export function ridge(parameters: Partial<ParameterValues<typeof ridgeParameters>> = {}): LinearEstimator {
  const resolved = resolveParameters("ridge", ridgeParameters, parameters);
  return {
    family: "ridge",
    parameters: resolved,
    tasks: ["regression"],
    async fit(rows, context) {
      const { rows: used, design } = await measure("ridge", rows, resolved.intercept, context);
      const p = design.mean.length;
      const perFeature = resolved.standardize
        ? design.spread.map((s) => s / design.totalWeight)
        : new Float64Array(p).fill(1);
      const seed = context.random.child("leave-one-out").integer(2 ** 32);
      const l2 =
        resolved.l2 > 0 ? resolved.l2 : await chooseL2(design, used, perFeature, seed, context.threads);
      const penalty = perFeature.map((c) => c * l2);
      const { coefficients, method } = hasMoments(design)
        ? solveLeastSquares(design, used, penalty)
        : await solveWide(design, used, penalty, context.threads);
      return fittedLinear("ridge", design, coefficients, { features: p, l2, method });
    },
  };
}

/** Moments; or only means and spreads where the features outnumber the rows and pairs of rows are fewer. */
async function measure(family: string, set: TrainingSet, intercept: boolean, context: FitContext) {
  const usable = usableRows(family, set);
  const y = requireRegression(family, usable.y);
  const { x, weight, rowIds } = usable;
  const rows = { x, y, weight, rowIds };
  const design: Design = isWide(x)
    ? wideDesign(family, rows, intercept)
    : await secondMoments(family, x, y, weight, intercept, context.threads);
  return { rows, design };
}

/** Makes the fitted function; importance is the spread that each feature gives the answer. */
export function fittedLinear(
  family: string,
  { mean, yMean, spread, totalWeight }: Design,
  coefficients: Float64Array,
  summary: Json,
): LinearFitted {
  const affine: Affine = { coefficients: [coefficients], mean, offset: Float64Array.of(yMean) };
  return {
    family,
    coefficients,
    intercept: coefficients.reduce((rest, b, j) => rest - b * mean[j]!, yMean),
    emit: (x) => emitAffine(affine, x),
    reference: (x) => affineReference(affine, x),
    importance: coefficients.map((b, j) => Math.abs(b) * Math.sqrt(spread[j]! / totalWeight)),
    summary,
  };
}
