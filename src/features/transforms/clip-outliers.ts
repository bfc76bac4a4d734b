/**
 * Moves numbers beyond two limits onto the limits, ±Infinity too; NaN stays.
 *
 * `quantile`: limits at two levels. `iqr`: the quartiles, and so many
 * interquartile ranges beyond them (Tukey's fences, 1977); a feature whose
 * quartiles are equal, such as one that is mostly zero, falls back to the levels.
 * `deviation`: so many standard deviations around the mean; a large number of them
 * touches nothing but infinities and broken units.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { greater, less, where } from "../../graph/index.ts";
import { type ColumnRef, transformOrChain } from "../columns.ts";
import { numbersEncoder } from "../encoders/numbers.ts";
import { moments, sharedQuantile, sortedFinite } from "../statistics.ts";
import { type Chain, chainOf, type StepContext, type Transform } from "../step.ts";
import { eachFeature } from "./each-feature.ts";
import { requireNumbers, rowConstant } from "./row-constant.ts";

export const clipOutliersParameters = {
  method: {
    type: "choice",
    default: "quantile",
    choices: ["quantile", "iqr", "deviation"],
    meaning:
      "limits at two quantiles, some interquartile ranges beyond the quartiles, or some deviations around the mean",
  },
  lower: { type: "number", default: 0.005, min: 0, max: 0.5, meaning: "level of the lower quantile" },
  upper: { type: "number", default: 0.995, min: 0.5, max: 1, meaning: "level of the upper quantile" },
  factor: {
    type: "number",
    default: 3,
    min: 0,
    max: 1e6,
    meaning: "how many interquartile ranges or standard deviations",
  },
} as const satisfies ParameterTable;
export type ClipOutliersOptions = Partial<ParameterValues<typeof clipOutliersParameters>>;

function clipOutliersTransform(options: ClipOutliersOptions = {}): Transform {
  const parameters = resolveParameters("clipOutliers", clipOutliersParameters, options);
  return {
    kind: "clipOutliers",
    parameters,
    fit(x, context) {
      requireNumbers("clipOutliers", x.features);
      const limits = x.columns.map((column) => limitsOf(column, parameters, context));
      return eachFeature(x.features, limits, (some) => ({
        emit(value) {
          const low = rowConstant(Float64Array.from(some, ([lower]) => lower));
          const high = rowConstant(Float64Array.from(some, ([, upper]) => upper));
          const raised = where(less(value, low), low, value);
          return where(greater(raised, high), high, raised);
        },
        reference: (row) =>
          some.map(([low, high], j) => (row[j]! < low ? low : row[j]! > high ? high : row[j]!)),
      }));
    },
  };
}

function limitsOf(
  column: Float32Array | Float64Array,
  { method, lower, upper, factor }: ParameterValues<typeof clipOutliersParameters>,
  context: StepContext,
): [lower: number, upper: number] {
  if (method === "deviation") {
    const { count, mean, deviation } = moments(column, context);
    return count === 0 ? [-Infinity, Infinity] : [mean - factor * deviation, mean + factor * deviation];
  }
  const sorted = sortedFinite(column, context);
  if (sorted.length === 0) return [-Infinity, Infinity];
  const at = (level: number): number => sharedQuantile(sorted, level, context.minRows);
  if (method === "iqr") {
    const [q1, q3] = [at(0.25), at(0.75)];
    if (q3 > q1) return [q1 - factor * (q3 - q1), q3 + factor * (q3 - q1)];
  }
  return [at(lower), at(upper)];
}

/** Moves numbers beyond two limits onto the limits. Given columns, it is their chain. */
export function clipOutliers(options?: ClipOutliersOptions): Transform;
export function clipOutliers(...columns: readonly [ColumnRef<"number">, ...ColumnRef<"number">[]]): Chain;
export function clipOutliers(
  ...args: readonly (ColumnRef | ClipOutliersOptions | undefined)[]
): Transform | Chain {
  return transformOrChain(args, clipOutliersTransform, (names) => chainOf(names, numbersEncoder));
}
