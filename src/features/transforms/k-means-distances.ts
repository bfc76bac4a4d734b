/**
 * How far a row lies from each of k typical rows: the means that k-means finds.
 *
 * A linear model bends with them, and a tree can cut along groups of rows. Features in larger units weigh
 * more: put `scale()` before. A mean of fewer than `minRows` rows is left out, so there may be fewer than
 * asked for. Source and oracle: see `projections/k-means.ts`.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { type ColumnRef, transformOrChain } from "../columns.ts";
import { numbersEncoder } from "../encoders/numbers.ts";
import { centerDistances, emitCenterDistances, kMeans, pointsOf } from "../projections/k-means.ts";
import { type Chain, chainOf, type Transform } from "../step.ts";
import { impute } from "./impute.ts";
import { projectedFeatures, requireFinite } from "./projected.ts";
import { requireNumbers } from "./row-constant.ts";
import { scale } from "./scale.ts";

export const kMeansDistancesParameters = {
  clusters: { type: "integer", default: 8, min: 1, max: 1000, scale: "log", meaning: "how many means" },
  starts: {
    type: "integer",
    default: 3,
    min: 1,
    max: 100,
    scale: "log",
    meaning: "how often k-means begins from other rows; the best is kept",
  },
} as const satisfies ParameterTable;
export type KMeansDistancesOptions = Partial<ParameterValues<typeof kMeansDistancesParameters>>;

const maxIter = 300;
const tolerance = 1e-4;

function kMeansDistancesTransform(options: KMeansDistancesOptions = {}): Transform {
  const parameters = resolveParameters("kMeansDistances", kMeansDistancesParameters, options);
  return {
    kind: "kMeansDistances",
    parameters,
    fit(x, { random, minRows }) {
      requireNumbers("kMeansDistances", x.features);
      requireFinite("kMeansDistances", x);
      const p = x.features.length;
      const few = x.rowCount < minRows;
      const centers = few
        ? new Float64Array(p)
        : kMeans(pointsOf(x.columns, x.rowCount), Math.min(parameters.clusters, x.rowCount), {
            starts: parameters.starts,
            maxIter,
            tolerance,
            minRows,
            random,
          }).centers;
      return {
        features: projectedFeatures("distance", x.features, centers.length / p),
        emit: (value) => emitCenterDistances(value, centers, p),
        reference: (row) => centerDistances(row, centers),
      };
    },
  };
}

/** Distances to the means of k-means. Given columns, it is their chain: filled, scaled numbers, then distances. */
export function kMeansDistances(options?: KMeansDistancesOptions): Transform;
export function kMeansDistances(...columns: readonly [ColumnRef<"number">, ...ColumnRef<"number">[]]): Chain;
export function kMeansDistances(
  ...args: readonly (ColumnRef | KMeansDistancesOptions | undefined)[]
): Transform | Chain {
  return transformOrChain(args, kMeansDistancesTransform, (names) =>
    chainOf(names, numbersEncoder, [impute(), scale()]),
  );
}
