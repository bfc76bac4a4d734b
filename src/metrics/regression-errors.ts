/**
 * Errors of predicted numbers that are means over rows: MAE, MSE, RMSE, MAPE and
 * the pinball loss of a quantile (Koenker & Bassett 1978). As in scikit-learn,
 * except that MAPE is refused where a target is 0 instead of dividing by 2e-16.
 */
import { MillwrightError } from "../core/index.ts";
import { checkedWeight, requireFinite, requireSameLength } from "./checks.ts";
import { meanScorer, type Scorer } from "./scorer.ts";

export interface ErrorOptions {
  /** Non-negative weight a row, default 1. Shape [n]. */
  readonly weight?: Float64Array | undefined;
}

/** Mean absolute error, in the unit of the target. @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`. */
export function mae(values: Float64Array, predicted: Float64Array, options: ErrorOptions = {}): number {
  return mean("mae", values, predicted, options, maeScorer);
}

/** Mean squared error, in the squared unit of the target. @throws MillwrightError as `mae`. */
export function mse(values: Float64Array, predicted: Float64Array, options: ErrorOptions = {}): number {
  return mean("mse", values, predicted, options, mseScorer);
}

/** Root of the mean squared error, in the unit of the target. @throws MillwrightError as `mae`. */
export function rmse(values: Float64Array, predicted: Float64Array, options: ErrorOptions = {}): number {
  return mean("rmse", values, predicted, options, rmseScorer);
}

/**
 * Mean of |error| / |target|: 0.1 is ten per cent.
 *
 * @throws MillwrightError `DATA_BAD_VALUE` if a target is 0: the share is undefined there.
 */
export function mape(values: Float64Array, predicted: Float64Array, options: ErrorOptions = {}): number {
  const share = mean("mape", values, predicted, options, mapeScorer);
  if (Number.isNaN(share)) {
    const zeros = values.reduce((count, value) => count + (value === 0 ? 1 : 0), 0);
    throw new MillwrightError(
      "DATA_BAD_VALUE",
      `mape needs targets other than 0, and ${zeros} of ${values.length} are 0.`,
      "Choose mae, or leave those rows out.",
    );
  }
  return share;
}

/**
 * Pinball loss of a predicted quantile, in the unit of the target.
 *
 * @param quantile - In (0, 1); 0.5 gives half the mean absolute error.
 * @throws MillwrightError `PARAMETER_RANGE` for a quantile outside (0, 1), otherwise as `mae`.
 */
export function pinball(
  values: Float64Array,
  predicted: Float64Array,
  quantile: number,
  options: ErrorOptions = {},
): number {
  if (!(quantile > 0 && quantile < 1)) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `pinball.quantile is ${quantile}, and needs a number between 0 and 1.`,
      "Pass 0.9 for the value that nine rows in ten stay under.",
    );
  }
  return mean("pinball", values, predicted, options, (y, p) => pinballScorer(y, p, quantile));
}

export function maeScorer(values: Float64Array, predicted: Float64Array): Scorer {
  return meanScorer(values.map((value, i) => Math.abs(value - predicted[i]!)));
}

export function mseScorer(values: Float64Array, predicted: Float64Array): Scorer {
  return meanScorer(values.map((value, i) => (value - predicted[i]!) ** 2));
}

export function rmseScorer(values: Float64Array, predicted: Float64Array): Scorer {
  const squared = mseScorer(values, predicted);
  return (weight) => Math.sqrt(squared(weight));
}

/** NaN as soon as a row with weight has the target 0. */
export function mapeScorer(values: Float64Array, predicted: Float64Array): Scorer {
  return meanScorer(
    values.map((value, i) => (value === 0 ? Number.NaN : Math.abs((value - predicted[i]!) / value))),
  );
}

export function pinballScorer(values: Float64Array, predicted: Float64Array, quantile: number): Scorer {
  return meanScorer(
    values.map((value, i) => {
      const over = value - predicted[i]!;
      return over >= 0 ? quantile * over : (quantile - 1) * over;
    }),
  );
}

/** Checks rows of numbers. @throws MillwrightError `SHAPE_MISMATCH`, `DATA_EMPTY`, `DATA_BAD_VALUE`. */
export function requireNumbers(owner: string, values: Float64Array, predicted: Float64Array): void {
  requireSameLength(owner, { targets: values, predictions: predicted });
  requireFinite(owner, "targets", values);
  requireFinite(owner, "predictions", predicted);
}

function mean(
  owner: string,
  values: Float64Array,
  predicted: Float64Array,
  options: ErrorOptions,
  scorer: (values: Float64Array, predicted: Float64Array) => Scorer,
): number {
  requireNumbers(owner, values, predicted);
  const weight = checkedWeight(owner, values.length, options.weight);
  return scorer(values, predicted)(weight);
}
