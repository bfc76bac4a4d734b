/**
 * Intervals that hold a stated share of new values, from errors on rows that training never saw (split conformal).
 *
 * A new error is as likely as any known one to stand at each place among them. So the value at place
 * ⌈(n + 1) · coverage⌉ of n known ones is not passed with at least that chance, whatever the model and the distribution,
 * as long as new rows are like the known ones. Source: Lei, G'Sell, Rinaldo, Tibshirani & Wasserman 2018, JASA
 * 113:1094–1111, algorithm 2; errors by the row's own scale as in section 5.2.
 */
import { MillwrightError } from "../core/index.ts";

/** The fewest errors that an interval of this coverage can be made from. */
export const leastErrors = (coverage: number): number => Math.ceil(coverage / (1 - coverage) - tiny);

/** Of products like 10 · 0.9, which float64 has a little beside the whole number. */
const tiny = 1e-9;

/**
 * How far an interval reaches to both sides of a prediction.
 *
 * @param errors - Absolute errors, or these by a scale of the row, then so is the margin. Any order. Shape [n].
 * @param coverage - Share of new values that the interval is to hold; above 0, below 1.
 * @throws MillwrightError `DATA_TOO_FEW_ROWS` for fewer errors than `leastErrors` says.
 * @throws MillwrightError `PARAMETER_RANGE` for another coverage.
 */
export function conformalMargin(errors: Float64Array, coverage: number): number {
  if (!(coverage > 0 && coverage < 1)) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `An interval needs a coverage between 0 and 1, and got ${coverage}.`,
      "Use 0.9.",
    );
  }
  const place = Math.ceil((errors.length + 1) * coverage - tiny);
  if (place > errors.length) {
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `An interval that holds ${coverage} of new values needs at least ${leastErrors(coverage)} known errors, and got ${errors.length}.`,
      "Keep more rows back, or ask for a smaller coverage.",
    );
  }
  return Float64Array.from(errors).sort()[place - 1]!;
}
