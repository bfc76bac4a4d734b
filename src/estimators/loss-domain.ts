/** Which targets a loss of numbers can learn: logarithms need numbers above 0, on average or each. */
import { MillwrightError } from "../core/index.ts";

/**
 * @param owner - Who asks, for the message: `poisson`, `boosting.objective "poisson"`.
 * @param loss - Any but these three takes every number.
 * @param fix - What to choose instead.
 * @throws MillwrightError `DATA_BAD_VALUE` for a target outside, `TARGET_CONSTANT` where all are 0.
 */
export function requireLossDomain(owner: string, loss: string, values: Float64Array, fix: string): void {
  if (loss !== "poisson" && loss !== "tweedie" && loss !== "gamma") return;
  const outside = values.filter((y) => (loss === "gamma" ? !(y > 0) : !(y >= 0)));
  if (outside.length > 0) {
    throw new MillwrightError(
      "DATA_BAD_VALUE",
      `${owner} needs targets ${loss === "gamma" ? "above 0" : "of at least 0"}, and ${outside.length} of ${values.length} are not, the first ${outside[0]}.`,
      fix,
    );
  }
  if (values.every((y) => y === 0)) {
    throw new MillwrightError(
      "TARGET_CONSTANT",
      `All ${values.length} targets are 0, and ${owner} needs one above.`,
      "Bring rows with answers above 0.",
    );
  }
}
