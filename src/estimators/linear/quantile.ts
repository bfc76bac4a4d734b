/**
 * Quantile regression: Σ w ρ(y − a − x b) + l1 ‖b‖₁, where ρ(e) is quantile · e above 0 and
 * (quantile − 1) · e below: the pinball loss.
 *
 * The optimum is scikit-learn's QuantileRegressor with alpha = l1 / Σ w. Left to itself it takes the l1 of least
 * cross-validated pinball loss. The linear program is solved by `interior-point.ts`, which bounds how far
 * its answer is from the optimum.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { type UsableRows, usableRows } from "../index.ts";
import { affineReference, emitAffine } from "./affine.ts";
import { type BlockProducts, blockProducts } from "./block-products.ts";
import { foldsOfSample, leastLoss } from "./fold-path.ts";
import { minimisePinball, pinballLoss } from "./interior-point.ts";
import type { LinearEstimator } from "./linear.ts";
import { requirePairs, requireRegression } from "./require.ts";
import { affineOf, penaltyFactors, rowBlocks } from "./row-blocks.ts";

export const quantileParameters = {
  quantile: {
    type: "number",
    default: 0.5,
    min: 0.001,
    max: 0.999,
    meaning: "level that is aimed at: this share of the targets lies below the answers",
  },
  l1: {
    type: "number",
    default: 0,
    min: 0,
    max: Infinity,
    scale: "log",
    meaning:
      "strength of the penalty l1 ‖b‖₁ against the summed pinball loss; 0 chooses it by cross-validation",
  },
  standardize: {
    type: "boolean",
    default: false,
    meaning: "penalise coefficients per standard deviation of their feature, not per unit",
  },
  maxIter: { type: "integer", default: 200, min: 1, max: 1e6, meaning: "most steps of the solver" },
  tolerance: {
    type: "number",
    default: 1e-9,
    min: 1e-14,
    max: 0.1,
    scale: "log",
    meaning: "share of the loss by which the answer may be above the optimum",
  },
} as const satisfies ParameterTable;

type Parameters = ParameterValues<typeof quantileParameters>;

/** Linear regression of a quantile. @throws MillwrightError as `linear`. */
export function quantile(parameters: Partial<Parameters> = {}): LinearEstimator {
  const resolved = resolveParameters("quantile", quantileParameters, parameters);
  return {
    family: "quantile",
    parameters: resolved,
    tasks: ["regression"],
    async fit(rows, context) {
      const usable = usableRows("quantile", rows);
      requirePairs("quantile", usable.x);
      const seed = context.random.child("folds").integer(2 ** 32);
      const { threads, signal } = context;
      const l1 = resolved.l1 > 0 ? resolved.l1 : await chooseL1(usable, resolved, seed, threads, signal);
      const { products, y, weight, penalty } = problemOf(usable, resolved, threads);
      try {
        const found = await minimisePinball(
          { products, y, weight, level: resolved.quantile, penalty: penalty.map((c) => c * l1) },
          { ...resolved, signal },
        );
        const { affine, coefficients, intercept, importance } = affineOf(found.v, products.blocks);
        const summary = {
          features: coefficients.length,
          l1,
          iterations: found.iterations,
          converged: found.converged,
        };
        return {
          family: "quantile",
          coefficients,
          intercept,
          emit: (x) => emitAffine(affine, x),
          reference: (x) => affineReference(affine, x),
          importance,
          summary,
        };
      } finally {
        await products.release();
      }
    },
  };
}

function problemOf(
  { x, y, weight: given }: UsableRows,
  { standardize }: Parameters,
  threads: number,
): {
  readonly products: BlockProducts;
  readonly y: Float64Array;
  readonly weight: Float64Array;
  readonly penalty: Float64Array;
} {
  const values = requireRegression("quantile", y);
  const blocks = rowBlocks("quantile", x, values, 1, given);
  return {
    products: blockProducts(blocks, threads),
    y: values,
    weight: given ?? new Float64Array(values.length).fill(1),
    // The penalty is of size, not of square.
    penalty: penaltyFactors(blocks, standardize).map(Math.sqrt),
  };
}

/** Strengths tried, each a half decade weaker than the one before. */
const pathLength = 10;

/**
 * The l1 of least cross-validated pinball loss, from the one that leaves nearly all features out. Noise in
 * the slopes of the loss grows with the root of the rows, so a sample's choice is carried over by that root.
 */
async function chooseL1(
  usable: UsableRows,
  parameters: Parameters,
  seed: number,
  threads: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const sample = foldsOfSample(usable, seed);
  if (sample === undefined) return 1;
  const { products, y, weight, penalty } = problemOf(sample.rows, parameters, threads);
  const level = parameters.quantile;
  try {
    let largest = 0;
    const sign = y.map((value) => (value > products.blocks.targetMean ? level : level - 1));
    const pulls = products.sums(sign.map((s, i) => s * weight[i]!));
    penalty.forEach((c, a) => {
      if (c > 0) largest = Math.max(largest, Math.abs(pulls[a]!) / c);
    });
    if (largest === 0) return 1;
    const strengths = Array.from({ length: pathLength }, (_, k) => largest * 10 ** (-k / 2));
    const chosen = await leastLoss(
      strengths,
      async (l1) => {
        let loss = 0;
        for (const { inside, outside } of sample.folds) {
          const { v } = await minimisePinball(
            { products, y, weight: inside, level, penalty: penalty.map((c) => c * l1) },
            { maxIter: 60, tolerance: 1e-4, signal },
          );
          loss += pinballLoss(products.scores(v), y, outside, level);
        }
        return loss;
      },
      signal,
    );
    return chosen * Math.sqrt(usable.totalWeight / sample.rows.totalWeight);
  } finally {
    await products.release();
  }
}
