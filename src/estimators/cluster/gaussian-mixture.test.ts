/** Mixtures against scikit-learn: test/golden/unsupervised.py makes the numbers and states the versions. */
import { describe, expect, test } from "vitest";
import { golden, goldenPoints, matrixOf } from "../../../test/unsupervised-rows.ts";
import { createRandom } from "../../core/index.ts";
import type { Points } from "../../features/index.ts";
import { maximiseExpectation } from "./gaussian-mixture.ts";
import { gaussianMixture } from "./index.ts";
import { expectation, logDensities, maximisation, type Mixture, parameterCount } from "./mixture-steps.ts";

const points = goldenPoints();
const x = matrixOf(points);
const context = { random: createRandom(1) };

/** As the golden script begins: the first rows as means, unit covariances, equal weights. */
function start(k: number, covariance: "full" | "diagonal"): Mixture {
  const size = covariance === "full" ? 9 : 3;
  const unit = new Float64Array(k * size);
  for (let c = 0; c < k; c++)
    for (let j = 0; j < 3; j++) unit[c * size + (covariance === "full" ? 4 * j : j)] = 1;
  return {
    weights: new Float64Array(k).fill(1 / k),
    means: points.values.slice(0, 3 * k),
    covariances: unit,
    precisions: unit.slice(),
  };
}

describe("gaussianMixture", () => {
  test.each(golden.mixtures.map((item) => [item.covariance, item.clusters, item] as const))(
    "%s, %i: from the same start it ends as scikit-learn does, to 1e-6",
    (kind, k, expected) => {
      const covariance = kind === "diag" ? "diagonal" : "full";
      const shape = { covariance, regularisation: 1e-6 } as const;
      const { mixture, logLikelihood } = maximiseExpectation(points, start(k, covariance), shape, {
        maxIter: 5000,
        tolerance: 1e-12,
      });
      expect(logLikelihood).toBeCloseTo(expected.logLikelihood, 9);
      const close = (found: Float64Array, wanted: number[]): void =>
        wanted.forEach((value, at) => expect(found[at]).toBeCloseTo(value, 5));
      close(mixture.weights, expected.weights);
      close(mixture.means, expected.means.flat());
      close(mixture.covariances, (expected.covariances as number[][][]).flat(2) as number[]);
      close(expectation(points, mixture, shape).shares, expected.probabilities.flat());
      const free = parameterCount(k, 3, covariance);
      expect(-2 * 180 * logLikelihood + free * Math.log(180)).toBeCloseTo(expected.bic, 6);
      expect(-2 * 180 * logLikelihood + 2 * free).toBeCloseTo(expected.aic, 6);
    },
  );

  test("its starts find no less than scikit-learn's fit, and BIC and AIC are those of the answer", async () => {
    const expected = golden.mixtures.find(
      ({ covariance, clusters }) => covariance === "full" && clusters === 3,
    )!;
    const { summary } = await gaussianMixture({ clusters: 3, tolerance: 1e-9, maxIter: 5000 }).fit(
      x,
      context,
    );
    expect(summary["logLikelihood"]).toBeGreaterThanOrEqual(expected.logLikelihood - 1e-6);
    expect(summary["bic"]).toBeLessThanOrEqual(expected.bic + 1e-3);
  });

  test("a density is the one of the definition, to 1e-12", () => {
    const two: Points = { rowCount: 1, featureCount: 2, values: Float64Array.of(1, 2) };
    const rows: Points = { rowCount: 4, featureCount: 2, values: Float64Array.of(0, 0, 2, 1, 1, 3, -1, 2) };
    const mixture = maximisation(rows, new Float64Array(4).fill(1), 1, {
      covariance: "full",
      regularisation: 0,
    });
    const [a, b, , d] = mixture.covariances as unknown as [number, number, number, number];
    const determinant = a * d - b * b;
    const [u, v] = [1 - mixture.means[0]!, 2 - mixture.means[1]!];
    const squares = (d * u * u - 2 * b * u * v + a * v * v) / determinant;
    const expected = -squares / 2 - Math.log(2 * Math.PI) - Math.log(determinant) / 2;
    expect(logDensities(two, mixture, "full")[0]).toBeCloseTo(expected, 12);
  });

  test("every round raises the likelihood", () => {
    const shape = { covariance: "full", regularisation: 1e-6 } as const;
    let mixture = start(3, "full");
    let before = -Infinity;
    for (let round = 0; round < 30; round++) {
      const { shares, logLikelihood } = expectation(points, mixture, shape);
      if (round > 1) expect(logLikelihood).toBeGreaterThanOrEqual(before - 1e-9);
      before = logLikelihood;
      mixture = maximisation(points, shares, 3, shape);
    }
  });

  test("small distributions are dissolved, and rows in a plane are refused without regularisation", async () => {
    const fitted = await gaussianMixture({ clusters: 12, minRows: 15 }).fit(x, context);
    expect(fitted.clusterCount).toBeLessThan(12);
    const flat = matrixOf({
      ...points,
      values: points.values.map((value, at) => (at % 3 === 2 ? points.values[at - 1]! : value)),
    });
    await expect(gaussianMixture({ clusters: 2, regularisation: 0 }).fit(flat, context)).rejects.toThrow(
      /without a volume.*FIT_SINGULAR/s,
    );
  });
});
