/**
 * Fills missing numbers, and may say where they were.
 *
 * The fill is a statistic of the training rows that names no single row (see
 * `statistics.ts`). A feature with no value, or with too few to have a statistic,
 * is filled with 0 and always has an indicator, since that fill says nothing. Codes
 * of categories take the most frequent code; a mean of codes would mean nothing.
 */
import {
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
} from "../../core/index.ts";
import { cast, concat, gather, isNaN, type Value, where } from "../../graph/index.ts";
import { type ColumnRef, transformOrChain } from "../columns.ts";
import type { Feature } from "../matrix.ts";
import { numbersEncoder } from "../encoders/numbers.ts";
import { moments, sharedMode, sharedQuantile, sortedFinite } from "../statistics.ts";
import { type Chain, chainOf, type FittedTransform, type StepContext, type Transform } from "../step.ts";
import { rowConstant } from "./row-constant.ts";

export const imputeParameters = {
  strategy: {
    type: "choice",
    default: "median",
    choices: ["median", "mean", "mostFrequent", "constant"],
    meaning: "what a missing number becomes",
  },
  value: {
    type: "number",
    default: 0,
    min: -Infinity,
    max: Infinity,
    meaning: "the fill of the strategy constant",
  },
  indicator: {
    type: "choice",
    default: "never",
    choices: ["never", "seen", "always"],
    meaning: "whether a 0/1 feature says that the number was missing: seen = where training rows miss it",
  },
} as const satisfies ParameterTable;
export type ImputeOptions = Partial<ParameterValues<typeof imputeParameters>>;

function imputeTransform(options: ImputeOptions = {}): Transform {
  const parameters = resolveParameters("impute", imputeParameters, options);
  return {
    kind: "impute",
    parameters,
    fit(x, context) {
      const fills = new Float64Array(x.features.length);
      const marked: number[] = [];
      x.features.forEach((feature, j) => {
        const column = x.columns[j]!;
        const missing = countMissing(column);
        const fill = fillOf(feature, column, parameters, context);
        fills[j] = fill ?? 0;
        const { indicator } = parameters;
        const wanted = indicator === "always" || (indicator === "seen" && missing > 0);
        if (wanted || (fill === undefined && missing > 0)) marked.push(j);
      });
      return fitted(
        x.features,
        fills,
        x.features.map((_, j) => j),
        marked,
      );
    },
  };
}

/** @param filled - Places of the features that are filled. @param marked - Of those with an indicator. */
function fitted(
  inputs: readonly Feature[],
  fills: Float64Array,
  filled: readonly number[],
  marked: readonly number[],
): FittedTransform {
  const every = (places: readonly number[]): boolean => places.length === inputs.length;
  const indicators = marked.map((j): Feature => {
    const { name, sources } = inputs[j]!;
    return { name: `${name}:missing`, sources, kind: "number" };
  });
  return {
    features: [...filled.map((j) => inputs[j]!), ...indicators],
    emit(value) {
      const missing = isNaN(value);
      const parts: Value[] = [];
      if (filled.length > 0) {
        const all = where(missing, rowConstant(fills), value);
        parts.push(every(filled) ? all : gather(all, filled, 1));
      }
      if (marked.length > 0)
        parts.push(cast(every(marked) ? missing : gather(missing, marked, 1), "float64"));
      return parts.length === 1 ? parts[0]! : concat(parts, 1);
    },
    reference: (row) => [
      ...filled.map((j) => (Number.isNaN(row[j]!) ? fills[j]! : row[j]!)),
      ...marked.map((j) => (Number.isNaN(row[j]!) ? 1 : 0)),
    ],
    narrow(places) {
      const wanted = places.filter((place) => place < filled.length).map((place) => filled[place]!);
      const shown = places
        .filter((place) => place >= filled.length)
        .map((place) => marked[place - filled.length]!);
      const needed = [...new Set([...wanted, ...shown])].sort((a, b) => a - b);
      const placeOf = new Map(needed.map((j, place) => [j, place]));
      return {
        inputs: needed,
        transform: fitted(
          needed.map((j) => inputs[j]!),
          Float64Array.from(needed, (j) => fills[j]!),
          wanted.map((j) => placeOf.get(j)!),
          shown.map((j) => placeOf.get(j)!),
        ),
      };
    },
  };
}

function countMissing(column: Float32Array | Float64Array): number {
  let missing = 0;
  for (let i = 0; i < column.length; i++) if (Number.isNaN(column[i]!)) missing++;
  return missing;
}

function fillOf(
  feature: Feature,
  column: Float32Array | Float64Array,
  { strategy, value }: ParameterValues<typeof imputeParameters>,
  context: StepContext,
): number | undefined {
  if (strategy === "constant") return value;
  if (feature.kind === "category" && strategy !== "mostFrequent") {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `impute has the strategy "${strategy}" for "${feature.name}", whose numbers are codes of categories without order.`,
      'Use impute({ strategy: "mostFrequent" }), or encode the column with oneHot or targetEncode.',
    );
  }
  if (strategy === "mean") {
    const { count, mean } = moments(column, context);
    return count > 0 ? mean : undefined;
  }
  const sorted = sortedFinite(column, context);
  if (sorted.length === 0) return undefined;
  const mode = strategy === "mostFrequent" ? sharedMode(sorted, context.minRows) : undefined;
  // Codes of a category that no value of enough rows has stand for nothing that could be told.
  return mode ?? (feature.kind === "category" ? 0 : sharedQuantile(sorted, 0.5, context.minRows));
}

/**
 * Fills missing numbers.
 *
 * `mostFrequent` takes the most frequent value of at least `minRows` rows, and the median where there is none.
 */
export function impute(options?: ImputeOptions): Transform;
export function impute(...columns: readonly [ColumnRef<"number">, ...ColumnRef<"number">[]]): Chain;
export function impute(...args: readonly (ColumnRef | ImputeOptions | undefined)[]): Transform | Chain {
  return transformOrChain(args, imputeTransform, (names) => chainOf(names, numbersEncoder));
}
