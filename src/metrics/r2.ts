/**
 * Coefficient of determination: the share of the target's variance that the
 * predictions explain. 1 − Σ w(y − p)² / Σ w(y − ȳ)², with the weighted mean ȳ.
 * As scikit-learn's `r2_score`, except that a constant target is refused.
 */
import { MillwrightError } from "../core/index.ts";
import { checkedWeight } from "./checks.ts";
import { type ErrorOptions, requireNumbers } from "./regression-errors.ts";
import { type Scorer, withoutRounding } from "./scorer.ts";

/**
 * R² of predicted numbers.
 *
 * @param values - Targets. Shape [n].
 * @param predicted - Predictions. Shape [n].
 * @returns At most 1; 0 is as good as the mean of these rows, below 0 is worse.
 * @throws MillwrightError `TARGET_CONSTANT` if all targets are equal: there is no variance to explain.
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function r2(values: Float64Array, predicted: Float64Array, options: ErrorOptions = {}): number {
  requireNumbers("r2", values, predicted);
  const weight = checkedWeight("r2", values.length, options.weight);
  const share = r2Scorer(values, predicted)(weight);
  if (Number.isNaN(share)) {
    throw new MillwrightError(
      "TARGET_CONSTANT",
      `r2 needs targets that differ, and all ${values.length} are ${values[0]}.`,
      "Evaluate on more rows, or choose mae.",
    );
  }
  return share;
}

/** Prepares `r2` of checked rows. */
export function r2Scorer(values: Float64Array, predicted: Float64Array): Scorer {
  return (weight) => {
    let total = 0;
    let mean = 0;
    for (let i = 0; i < values.length; i++) {
      if (weight[i] === 0) continue;
      total += weight[i]!;
      mean += (weight[i]! / total) * (values[i]! - mean);
    }
    let residual = 0;
    let spread = 0;
    for (let i = 0; i < values.length; i++) {
      residual += weight[i]! * (values[i]! - predicted[i]!) ** 2;
      spread += weight[i]! * (values[i]! - mean) ** 2;
    }
    return spread === 0 ? Number.NaN : withoutRounding(1 - residual / spread, values.length);
  };
}
