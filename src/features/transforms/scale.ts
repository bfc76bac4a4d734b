/**
 * Brings features to one scale: (x − shift) / width.
 *
 * `standard`: mean and standard deviation. `robust`: median and interquartile
 * range, or the standard deviation where the quartiles are equal. `minMax`: from
 * low end to high end; the ends are quantiles 0 and 1 that name no single row,
 * so the outermost rows may lie a little outside [0, 1]. A constant feature
 * becomes 0. NaN stays NaN, ±Infinity stays; both are ignored in fitting.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { div, sub } from "../../graph/index.ts";
import { type ColumnRef, transformOrChain } from "../columns.ts";
import { numbersEncoder } from "../encoders/numbers.ts";
import { moments, sharedQuantile, sortedFinite } from "../statistics.ts";
import { type Chain, chainOf, type StepContext, type Transform } from "../step.ts";
import { eachFeature } from "./each-feature.ts";
import { impute } from "./impute.ts";
import { requireNumbers, rowConstant } from "./row-constant.ts";

export const scaleParameters = {
  method: {
    type: "choice",
    default: "standard",
    choices: ["standard", "robust", "minMax"],
    meaning: "what becomes 0 and 1: mean and deviation, median and quartiles, or the ends",
  },
} as const satisfies ParameterTable;
export type ScaleOptions = Partial<ParameterValues<typeof scaleParameters>>;

function scaleTransform(options: ScaleOptions = {}): Transform {
  const parameters = resolveParameters("scale", scaleParameters, options);
  return {
    kind: "scale",
    parameters,
    fit(x, context) {
      requireNumbers("scale", x.features);
      const learned = x.columns.map((column) => {
        const [shift, width] = shiftAndWidth(column, parameters.method, context);
        return { shift, width: width > 0 && Number.isFinite(width) ? width : 1 };
      });
      return eachFeature(x.features, learned, (some) => ({
        emit(value) {
          const shifts = rowConstant(Float64Array.from(some, ({ shift }) => shift));
          const widths = rowConstant(Float64Array.from(some, ({ width }) => width));
          return div(sub(value, shifts), widths);
        },
        reference: (row) => some.map(({ shift, width }, j) => (row[j]! - shift) / width),
      }));
    },
  };
}

function shiftAndWidth(
  column: Float32Array | Float64Array,
  method: "standard" | "robust" | "minMax",
  context: StepContext,
): [shift: number, width: number] {
  const { mean, deviation } = moments(column, context);
  if (method === "standard" || deviation === 0) return [mean, deviation];
  const sorted = sortedFinite(column, context);
  const at = (level: number): number => sharedQuantile(sorted, level, context.minRows);
  if (method === "minMax") return [at(0), at(1) - at(0)];
  const range = at(0.75) - at(0.25);
  return [at(0.5), range > 0 ? range : deviation];
}

/**
 * Brings features to one scale.
 *
 * Given columns, it is their whole chain: numbers, missing ones by the median, scaled.
 */
export function scale(options?: ScaleOptions): Transform;
export function scale(...columns: readonly [ColumnRef<"number">, ...ColumnRef<"number">[]]): Chain;
export function scale(...args: readonly (ColumnRef | ScaleOptions | undefined)[]): Transform | Chain {
  return transformOrChain(args, scaleTransform, (names) => chainOf(names, numbersEncoder, [impute()]));
}
