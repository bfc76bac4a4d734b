/**
 * The first singular directions of features: what many sparse features, such as words, say in a few numbers.
 *
 * Of the words of a text this is latent semantic analysis (Deerwester et al. 1990). Nothing is subtracted, so
 * that rows of mostly zeros stay sparse in fitting. Source and oracle: see `projections/truncated-svd.ts`.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { matMul } from "../../graph/index.ts";
import { type ColumnRef, transformOrChain } from "../columns.ts";
import { numbersEncoder } from "../encoders/numbers.ts";
import { singularDirections } from "../projections/truncated-svd.ts";
import { type Chain, chainOf, type Transform } from "../step.ts";
import { impute } from "./impute.ts";
import { directionsAcross, projectedFeatures, requireFinite, unitDirections } from "./projected.ts";
import { requireNumbers } from "./row-constant.ts";

export const truncatedSvdParameters = {
  components: {
    type: "integer",
    default: 50,
    min: 1,
    max: 100_000,
    scale: "log",
    meaning: "most directions",
  },
} as const satisfies ParameterTable;
export type TruncatedSvdOptions = Partial<ParameterValues<typeof truncatedSvdParameters>>;

/** A direction with less of the largest singular value is rounding. */
const leastValue = 1e-6;

export function truncatedSvdTransform(options: TruncatedSvdOptions = {}): Transform {
  const parameters = resolveParameters("truncatedSvd", truncatedSvdParameters, options);
  return {
    kind: "truncatedSvd",
    parameters,
    sparse: true,
    fit(x, { random, minRows }) {
      requireNumbers("truncatedSvd", x.features);
      requireFinite("truncatedSvd", x);
      const p = x.features.length;
      let directions = unitDirections(Math.min(parameters.components, p), p);
      // So few rows would be told by their directions.
      if (x.rowCount >= minRows) {
        const { components, values } = singularDirections(x, parameters.components, { random });
        const kept = Math.max(1, values.filter((value) => value > leastValue * values[0]!).length);
        directions = components.slice(0, kept * p);
      }
      const across = directionsAcross(directions, p);
      const count = directions.length / p;
      return {
        features: projectedFeatures("svd", x.features, count),
        emit: (value) => matMul(value, across),
        reference(row) {
          const out = new Float64Array(count);
          for (let c = 0; c < count; c++)
            for (let j = 0; j < p; j++) out[c]! += row[j]! * directions[c * p + j]!;
          return out;
        },
      };
    },
  };
}

/** The first singular directions of features. Given columns, it is their chain: filled numbers, then directions. */
export function truncatedSvd(options?: TruncatedSvdOptions): Transform;
export function truncatedSvd(...columns: readonly [ColumnRef<"number">, ...ColumnRef<"number">[]]): Chain;
export function truncatedSvd(
  ...args: readonly (ColumnRef | TruncatedSvdOptions | undefined)[]
): Transform | Chain {
  return transformOrChain(args, truncatedSvdTransform, (names) => chainOf(names, numbersEncoder, [impute()]));
}
