/**
 * Lets features through that vary: whose variance over their numbers lies above a threshold.
 *
 * Missing and infinite numbers count for nothing. Codes of categories vary or do not: the
 * variance of a code means nothing. Where no feature varies enough, the one that varies most
 * stays, since a model needs one. Source: scikit-learn's VarianceThreshold.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { columnsInTurn } from "../sparse.ts";
import { moments } from "../statistics.ts";
import type { Selection } from "../step.ts";

export const varianceThresholdParameters = {
  threshold: {
    type: "number",
    default: 0,
    min: 0,
    max: Infinity,
    meaning: "a feature stays if its variance is above it; 0 drops constant ones",
  },
} as const satisfies ParameterTable;
export type VarianceThresholdOptions = Partial<ParameterValues<typeof varianceThresholdParameters>>;

/** Drops features that do not vary. */
export function varianceThreshold(options?: VarianceThresholdOptions): Selection {
  const parameters = resolveParameters("varianceThreshold", varianceThresholdParameters, options);
  const { threshold } = parameters;
  return {
    kind: "varianceThreshold",
    parameters,
    select(x) {
      const variances: number[] = [];
      for (const column of columnsInTurn(x)) {
        // A selection stores no statistic, so few rows are enough.
        const { deviation } = moments(column, { minRows: 1 });
        const codes = x.features[variances.length]!.kind === "category";
        variances.push(codes && deviation > 0 ? Infinity : deviation ** 2);
      }
      const kept = [...variances.keys()].filter((place) => variances[place]! > threshold);
      return kept.length > 0 ? kept : [variances.indexOf(Math.max(...variances))];
    },
  };
}
