/** One float64 a feature, as a row that broadcasts over the batch. */
import { MillwrightError } from "../../core/index.ts";
import { constant, type Value } from "../../graph/index.ts";
import type { Feature } from "../matrix.ts";

export function rowConstant(values: Float64Array): Value {
  return constant({ dtype: "float64", shape: [1, values.length], data: values });
}

/** @throws MillwrightError `PARAMETER_CONFLICT` where a feature holds codes of categories, which have no order. */
export function requireNumbers(step: string, features: readonly Feature[]): void {
  const codes = features.find((feature) => feature.kind === "category");
  if (codes !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${step} needs numbers, and "${codes.name}" holds codes of ${codes.cardinality ?? 0} categories without order.`,
      "Encode the column with oneHot or targetEncode.",
    );
  }
}
