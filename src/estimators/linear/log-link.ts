/**
 * Regression of a number above 0 whose mean is exp(a + x b): Poisson for counts, gamma for amounts, Tweedie
 * for amounts that are often 0. Σ w ½ deviance + ½ l2 ‖b‖², the constant not penalised.
 *
 * The optimum is scikit-learn's PoissonRegressor, GammaRegressor and TweedieRegressor with
 * alpha = l2 / Σ w. Left to itself it takes the l2 of least cross-validated deviance, on at most 20,000
 * rows. An answer stays within e^±700, so that it is a finite number whatever the features hold.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { clip, exp } from "../../graph/index.ts";
import { requireLossDomain, usableRows } from "../index.ts";
import { affineReference, emitAffine } from "./affine.ts";
import { type FittedScores, fitScores, scoreParameters } from "./fit-scores.ts";
import type { LinearEstimator, LinearFitted } from "./linear.ts";
import { requireRegression } from "./require.ts";
import { affineOf } from "./row-blocks.ts";
import { halfDeviance } from "./score-loss.ts";

const logLinkParameters = {
  l2: {
    type: "number",
    default: 0,
    min: 0,
    max: Infinity,
    scale: "log",
    meaning: "strength of the penalty ½ l2 ‖b‖² against half the deviance; 0 chooses it by cross-validation",
  },
  ...scoreParameters,
} as const satisfies ParameterTable;

export const poissonParameters = logLinkParameters;
export const gammaParameters = logLinkParameters;
export const tweedieParameters = {
  tweediePower: {
    type: "number",
    default: 1.5,
    min: 1.01,
    max: 1.99,
    meaning: "power of the variance, 1 for counts and 2 for amounts",
  },
  ...logLinkParameters,
} as const satisfies ParameterTable;

type LogLinkFamily = "poisson" | "gamma" | "tweedie";

/** Poisson regression, for counts and other numbers of at least 0. @throws MillwrightError from `fit`: `DATA_BAD_VALUE` for a negative target. */
export function poisson(
  parameters: Partial<ParameterValues<typeof poissonParameters>> = {},
): LinearEstimator {
  return logLink("poisson", 1, resolveParameters("poisson", poissonParameters, parameters));
}

/** Gamma regression, for amounts above 0. @throws MillwrightError from `fit`: `DATA_BAD_VALUE` for a target that is not above 0. */
export function gamma(parameters: Partial<ParameterValues<typeof gammaParameters>> = {}): LinearEstimator {
  return logLink("gamma", 2, resolveParameters("gamma", gammaParameters, parameters));
}

/** Tweedie regression, for amounts of at least 0 with many zeros. @throws MillwrightError from `fit`: `DATA_BAD_VALUE` for a negative target. */
export function tweedie(
  parameters: Partial<ParameterValues<typeof tweedieParameters>> = {},
): LinearEstimator {
  const resolved = resolveParameters("tweedie", tweedieParameters, parameters);
  return logLink("tweedie", resolved.tweediePower, resolved);
}

function logLink(
  family: LogLinkFamily,
  power: number,
  resolved: ParameterValues<typeof logLinkParameters>,
): LinearEstimator {
  return {
    family,
    parameters: resolved,
    tasks: ["regression"],
    sparse: true,
    async fit(rows, context) {
      const { x, y, weight, rowIds } = usableRows(family, rows);
      const target = requireRegression(family, y);
      requireLossDomain(family, family, target, "Choose ridge or huber, which take any number.");
      const scores = { x, target, loss: halfDeviance(power), weight, rowIds };
      return fittedLogLink(family, await fitScores(family, scores, resolved, context));
    },
  };
}

/** Scores beyond it have no float64 exponential with room to spare. */
const largestScore = 700;

function fittedLogLink(family: LogLinkFamily, { blocks, minimum, l2 }: FittedScores): LinearFitted {
  const { affine, coefficients, intercept, importance } = affineOf(minimum.v, blocks);
  const { iterations, converged } = minimum;
  return {
    family,
    coefficients,
    intercept,
    emit: (x) => exp(clip(emitAffine(affine, x), -largestScore, largestScore)),
    reference: (x) =>
      affineReference(affine, x).map((s) => Math.exp(Math.max(-largestScore, Math.min(largestScore, s)))),
    importance,
    summary: { features: coefficients.length, l2, iterations, converged },
  };
}
