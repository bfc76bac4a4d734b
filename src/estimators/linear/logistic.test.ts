import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { rowBlocks } from "./row-blocks.ts";
import { minimise } from "./minimise.ts";
import { scoreObjective } from "./score-objective.ts";
import { logLossOf } from "./score-loss.ts";
import { logistic } from "./index.ts";

const context = { random: createRandom(1), threads: 1 };
const matrix = (...columns: ArrayLike<number>[]): Matrix => ({
  rowCount: columns[0]!.length,
  features: columns.map((_, j) => ({ name: `x${j}`, sources: [`x${j}`], kind: "number" })),
  columns: columns.map((c) => Float64Array.from(c)),
});
const classes = (classCount: number, codes: ArrayLike<number>) => ({
  kind: "classification" as const,
  classCount,
  codes: Int32Array.from(codes),
});

/** Rows of `classCount` classes by noisy linear scores. */
function sample(rowCount: number, features: number, classCount: number, seed = 5) {
  const random = createRandom(seed);
  const columns = Array.from({ length: features }, (_, j) =>
    Float64Array.from({ length: rowCount }, () => random.normal() * (1 + j) + j),
  );
  const slopes = Array.from({ length: classCount }, () => columns.map(() => random.normal()));
  const codes = Int32Array.from({ length: rowCount }, (_, i) => {
    let best = 0;
    let most = -Infinity;
    slopes.forEach((b, k) => {
      let s = 2 * random.normal();
      columns.slice(0, 4).forEach((c, j) => {
        s += (b[j]! * (c[i]! - j)) / (1 + j);
      });
      if (s > most) [best, most] = [k, s];
    });
    return best;
  });
  return { x: matrix(...columns), codes };
}

describe("the objective", () => {
  test.each([2, 3])(
    "gradient and curvature are those of the loss, to 1e-6 by differences: %i classes",
    async (k) => {
      const { x, codes } = sample(300, 3, k);
      const weight = Float64Array.from(codes, (_, i) => 0.5 + (i % 3));
      const blocks = rowBlocks("logistic", x, codes, logLossOf(k).outputs, weight);
      const objective = scoreObjective(logLossOf(k), blocks, false, 1);
      const problem = { weight: blocks.weight, l2: 2 };
      const v = Float64Array.from({ length: objective.size }, (_, i) => Math.sin(i + 1));
      const at = await objective.evaluateWithCurvature!(v, problem);
      for (let i = 0; i < v.length; i++) {
        const step = 1e-5;
        const up = await objective.evaluate(
          v.map((c, j) => c + (i === j ? step : 0)),
          problem,
        );
        const down = await objective.evaluate(
          v.map((c, j) => c - (i === j ? step : 0)),
          problem,
        );
        expect((up.loss - down.loss) / (2 * step)).toBeCloseTo(at.gradient[i]!, 4);
        up.gradient.forEach((g, j) => {
          expect((g - down.gradient[j]!) / (2 * step)).toBeCloseTo(at.curvature[i * v.length + j]!, 4);
        });
      }
      await objective.release();
    },
  );

  test("is scores by hand, to 1e-12, far out too", async () => {
    const x = matrix([-800, -1, 0.5, 900]);
    const codes = Int32Array.of(1, 0, 1, 0);
    const blocks = rowBlocks("logistic", x, codes, 1, undefined);
    const objective = scoreObjective(logLossOf(2), blocks, false, 1);
    const v = Float64Array.of(3 * blocks.deviation[0]!, 0.25 + 3 * blocks.mean[0]!);
    const { loss } = await objective.evaluate(v, { weight: blocks.weight, l2: 0 });
    const scores = [-800, -1, 0.5, 900].map((value) => 3 * value + 0.25);
    const expected = scores.reduce(
      (sum, s, i) => sum + (s > 0 ? s : 0) + Math.log1p(Math.exp(-Math.abs(s))) - codes[i]! * s,
      0,
    );
    expect(loss / expected).toBeCloseTo(1, 12);
    await objective.release();
  });
});

describe("minimise", () => {
  test.each([2, 3])("L-BFGS on many features ends where the gradient vanishes: %i classes", async (k) => {
    const { x, codes } = sample(900, 20, k);
    const wide = matrix(
      ...x.columns,
      ...Array.from({ length: 600 }, (_, j) => x.columns[j % 20]!.map((v, i) => (i % 600 === j ? v : 0))),
    );
    const blocks = rowBlocks("logistic", wide, codes, logLossOf(k).outputs, undefined);
    const objective = scoreObjective(logLossOf(k), blocks, false, 1);
    const problem = { weight: blocks.weight, l2: 1 };
    const options = { maxIter: 1000, tolerance: 1e-13, threads: 1 };
    const found = await minimise(objective, problem, new Float64Array(objective.size), options);
    expect(found.converged).toBe(true);
    const { gradient } = await objective.evaluate(found.v, problem);
    expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(1e-3);
    await objective.release();
  });
});

describe("logistic", () => {
  test("separable rows have a finite fit, and l2 near 0 only makes it steeper", async () => {
    const x = matrix([-3, -2, -1, 1, 2, 3]);
    const y = classes(2, [0, 0, 0, 1, 1, 1]);
    const one = await logistic({ l2: 1 }).fit({ x, y }, context);
    const steep = await logistic({ l2: 1e-8 }).fit({ x, y }, context);
    expect(one.coefficients[0]![0]).toBeGreaterThan(0.5);
    expect(steep.coefficients[0]![0]).toBeGreaterThan(5);
    expect(steep.coefficients[0]![0]).toBeLessThan(1000);
    expect(steep.summary).toMatchObject({ converged: true });
  });

  test("standardize makes the penalty blind to units", async () => {
    const { x, codes } = sample(200, 3, 2);
    const y = classes(2, codes);
    const metres = await logistic({ l2: 5, standardize: true }).fit({ x, y }, context);
    const millimetres = await logistic({ l2: 5, standardize: true }).fit(
      { x: matrix(...x.columns.map((c) => c.map((v) => v * 1000))), y },
      context,
    );
    metres.coefficients[0]!.forEach((b, j) =>
      expect(millimetres.coefficients[0]![j]! * 1000).toBeCloseTo(b, 7),
    );
  });

  test("equal features share a coefficient", async () => {
    const { x, codes } = sample(100, 1, 2);
    const fitted = await logistic({ l2: 1 }).fit(
      { x: matrix(x.columns[0]!, x.columns[0]!), y: classes(2, codes) },
      context,
    );
    expect(fitted.coefficients[0]![0]).toBeCloseTo(fitted.coefficients[0]![1]!, 8);
  });

  test("many rows start from a sample and end where few rows end: 40,000 rows equal their 10,000 with weight 4", async () => {
    const { x, codes } = sample(10_000, 3, 3);
    const times4 = (values: ArrayLike<number>): Float64Array =>
      Float64Array.from({ length: 40_000 }, (_, i) => values[i % 10_000]!);
    const many = await logistic({ l2: 3 }).fit(
      { x: matrix(...x.columns.map(times4)), y: classes(3, times4(codes)) },
      context,
    );
    const weight = new Float64Array(10_000).fill(4);
    const few = await logistic({ l2: 3 }).fit({ x, y: classes(3, codes), weight }, context);
    many.coefficients.forEach((row, k) =>
      row.forEach((b, j) => expect(b).toBeCloseTo(few.coefficients[k]![j]!, 7)),
    );
  });

  test("the l2 it chooses is weak for a clear signal and strong for noise", async () => {
    const { x, codes } = sample(400, 6, 2);
    const random = createRandom(4);
    const noise = codes.map(() => random.integer(2));
    const clear = await logistic().fit({ x, y: classes(2, codes) }, context);
    const lost = await logistic().fit({ x, y: classes(2, noise) }, context);
    expect((clear.summary as { l2: number }).l2).toBeLessThan(200);
    expect((lost.summary as { l2: number }).l2).toBeGreaterThan(200);
  });

  test("with rows of one class refuses, naming it", async () => {
    const fit = logistic().fit({ x: matrix([1, 2, 3]), y: classes(2, [1, 1, 1]) }, context);
    await expect(fit).rejects.toThrow(/all 3 rows are of class 1.*DATA_ONE_CLASS/);
  });
});
