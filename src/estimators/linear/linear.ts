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
import { type Moments, secondMoments } from "./moments.ts";
import { requireRegression } from "./require.ts";
import { chooseL2 } from "./ridge-path.ts";

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
      const { usable, y, moments } = await measure("linear", rows, intercept, context);
      const solution = solveLeastSquares(moments, { ...usable, y }, new Float64Array(moments.mean.length));
      const { method, rank } = solution;
      const summary = { features: moments.mean.length, rank, method };
      return fittedLinear("linear", moments, solution.coefficients, summary);
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
      const { usable, y, moments } = await measure("ridge", rows, resolved.intercept, context);
      const p = moments.mean.length;
      const perFeature = new Float64Array(p).fill(1);
      if (resolved.standardize) {
        for (let j = 0; j < p; j++) perFeature[j] = moments.gram[j * p + j]! / moments.totalWeight;
      }
      const l2 =
        resolved.l2 > 0
          ? resolved.l2
          : chooseL2(
              moments,
              { ...usable, y },
              perFeature,
              context.random.child("leave-one-out").integer(2 ** 32),
            );
      const solution = solveLeastSquares(
        moments,
        { ...usable, y },
        perFeature.map((c) => c * l2),
      );
      const summary = { features: p, l2, method: solution.method };
      return fittedLinear("ridge", moments, solution.coefficients, summary);
    },
  };
}

async function measure(family: string, rows: TrainingSet, intercept: boolean, context: FitContext) {
  const usable = usableRows(family, rows);
  const y = requireRegression(family, usable.y);
  const moments = await secondMoments(family, usable.x, y, usable.weight, intercept, context.threads);
  return { usable, y, moments };
}

/** Makes the fitted function; importance is the spread that each feature gives the answer. */
export function fittedLinear(
  family: string,
  moments: Moments,
  coefficients: Float64Array,
  summary: Json,
): LinearFitted {
  const p = coefficients.length;
  const affine: Affine = {
    coefficients: [coefficients],
    mean: moments.mean,
    offset: Float64Array.of(moments.yMean),
  };
  const deviation = (j: number): number =>
    Math.sqrt(Math.max(0, moments.gram[j * p + j]!) / moments.totalWeight);
  return {
    family,
    coefficients,
    intercept: coefficients.reduce((rest, b, j) => rest - b * moments.mean[j]!, moments.yMean),
    emit: (x) => emitAffine(affine, x),
    reference: (x) => affineReference(affine, x),
    importance: coefficients.map((b, j) => Math.abs(b) * deviation(j)),
    summary,
  };
}
