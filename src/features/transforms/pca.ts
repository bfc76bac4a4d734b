/**
 * Principal components of features: fewer numbers, at right angles to each other, that keep most of the variance.
 *
 * Exact. Directions without variance are left out, so there may be fewer than asked for. Features in larger
 * units weigh more: put `scale()` before. Source and oracle: see `projections/principal-components.ts`.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { matMul, sub } from "../../graph/index.ts";
import { type ColumnRef, transformOrChain } from "../columns.ts";
import { numbersEncoder } from "../encoders/numbers.ts";
import type { Matrix } from "../matrix.ts";
import {
  type PrincipalComponents,
  principalComponents,
  project,
} from "../projections/principal-components.ts";
import { pointsOf } from "../projections/k-means.ts";
import { type Chain, chainOf, type Transform } from "../step.ts";
import { impute } from "./impute.ts";
import { directionsAcross, projectedFeatures, requireFinite, unitDirections } from "./projected.ts";
import { requireNumbers, rowConstant } from "./row-constant.ts";
import { scale } from "./scale.ts";

export const pcaParameters = {
  components: {
    type: "integer",
    default: 10,
    min: 1,
    max: 100_000,
    scale: "log",
    meaning: "most components",
  },
  variance: {
    type: "number",
    default: 1,
    min: 0,
    max: 1,
    meaning: "share of the variance from which on no more components are taken",
  },
  whiten: {
    type: "boolean",
    default: false,
    meaning: "whether every component gets the variance 1",
  },
} as const satisfies ParameterTable;
export type PcaOptions = Partial<ParameterValues<typeof pcaParameters>>;

/** A direction with less of the largest variance is rounding. */
const leastVariance = 1e-12;

function pcaTransform(options: PcaOptions = {}): Transform {
  const parameters = resolveParameters("pca", pcaParameters, options);
  return {
    kind: "pca",
    parameters,
    fit(x, context) {
      requireNumbers("pca", x.features);
      requireFinite("pca", x);
      const found = learn(x, parameters, context.minRows);
      const widths = found.variance.map((value) => (parameters.whiten && value > 0 ? Math.sqrt(value) : 1));
      const p = x.features.length;
      // In the directions and not behind the product: ONNX Runtime fuses a product and a single factor into
      // one node that holds the factor as a float32.
      const scaled = found.components.map((entry, at) => entry / widths[Math.floor(at / p)]!);
      const across = directionsAcross(scaled, p);
      return {
        features: projectedFeatures("pca", x.features, widths.length),
        emit: (value) => matMul(sub(value, rowConstant(found.mean)), across),
        reference: (row) => project(row, { ...found, components: scaled }),
      };
    },
  };
}

function learn(
  x: Matrix,
  { components, variance }: ParameterValues<typeof pcaParameters>,
  minRows: number,
): PrincipalComponents {
  const p = x.features.length;
  // So few rows would be told by their components.
  if (x.rowCount < minRows) {
    const first = unitDirections(Math.min(components, p), p);
    return {
      mean: new Float64Array(p),
      components: first,
      variance: new Float64Array(first.length / p),
      share: new Float64Array(first.length / p),
    };
  }
  const found = principalComponents(pointsOf(x.columns, x.rowCount), components);
  let kept = 1;
  let held = found.share[0]!;
  while (
    kept < found.variance.length &&
    found.variance[kept]! > leastVariance * found.variance[0]! &&
    held < variance - 1e-12
  )
    held += found.share[kept++]!;
  return {
    mean: found.mean,
    components: found.components.slice(0, kept * p),
    variance: found.variance.slice(0, kept),
    share: found.share.slice(0, kept),
  };
}

/** Principal components of features. Given columns, it is their chain: filled, scaled numbers, then components. */
export function pca(options?: PcaOptions): Transform;
export function pca(...columns: readonly [ColumnRef<"number">, ...ColumnRef<"number">[]]): Chain;
export function pca(...args: readonly (ColumnRef | PcaOptions | undefined)[]): Transform | Chain {
  return transformOrChain(args, pcaTransform, (names) => chainOf(names, numbersEncoder, [impute(), scale()]));
}
