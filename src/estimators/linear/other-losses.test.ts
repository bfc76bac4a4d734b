/** Poisson, gamma, Tweedie, Huber and quantile regression where golden.test.ts does not look: edges, many rows, many features. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { gamma, huber, linear, poisson, quantile, tweedie } from "./index.ts";

const context = { random: createRandom(1), threads: 1 };
const matrix = (...columns: ArrayLike<number>[]): Matrix => ({
  rowCount: columns[0]!.length,
  features: columns.map((_, j) => ({ name: `x${j}`, sources: [`x${j}`], kind: "number" })),
  columns: columns.map((c) => Float64Array.from(c)),
});
const numbers = (values: ArrayLike<number>) => ({
  kind: "regression" as const,
  values: Float64Array.from(values),
});

/** Features, a linear signal of the first four, and noise. */
function sample(rowCount: number, features: number, seed = 5) {
  const random = createRandom(seed);
  const columns = Array.from({ length: features }, () =>
    Float64Array.from({ length: rowCount }, () => random.normal()),
  );
  const signal = Float64Array.from({ length: rowCount }, (_, i) =>
    columns.slice(0, 4).reduce((sum, c, j) => sum + (c[i]! * (j % 2 ? -1 : 1)) / (j + 1), 0.5),
  );
  return { x: matrix(...columns), signal, noise: signal.map(() => random.normal()) };
}

describe("poisson, gamma, tweedie", () => {
  test("without much of a penalty the answers add up to the targets, to 1e-6: also over many rows and 700 features", async () => {
    for (const [rows, features] of [
      [300, 5],
      [20_000, 10],
      [1500, 700],
    ] as const) {
      const { x, signal, noise } = sample(rows, features);
      const y = signal.map((s, i) => Math.floor(Math.exp(0.5 * s + 0.3 * noise[i]!) * 3));
      const fitted = await poisson({ l2: 1 }).fit({ x, y: numbers(y) }, context);
      expect(fitted.summary).toMatchObject({ converged: true });
      const total = y.reduce((sum, v) => sum + v, 0);
      expect(fitted.reference(x).reduce((sum, v) => sum + v, 0) / total).toBeCloseTo(1, 6);
      // The gradient of the penalised deviance vanishes.
      const answers = fitted.reference(x);
      x.columns.slice(0, 5).forEach((column, j) => {
        const pull = answers.reduce((sum, mean, i) => sum + (mean - y[i]!) * column[i]!, 0);
        expect(Math.abs(pull + fitted.coefficients[j]!) / total).toBeLessThan(1e-6);
      });
    }
  });

  test("the l2 it chooses is weak for a clear signal and strong for noise", async () => {
    const { x, signal, noise } = sample(400, 6);
    const of = async (score: Float64Array): Promise<number> => {
      const y = numbers(score.map((s) => 100 * Math.exp(s)));
      return ((await gamma().fit({ x, y }, context)).summary as { l2: number }).l2;
    };
    expect(await of(signal.map((s, i) => 0.5 * s + 0.3 * noise[i]!))).toBeLessThan(30);
    expect(await of(noise)).toBeGreaterThan(100);
  });

  test.each([
    [
      "poisson",
      poisson(),
      [1, 0, -2],
      /poisson.*at least 0, and 1 of 3 are not, the first -2.*DATA_BAD_VALUE/,
    ],
    ["gamma", gamma(), [1, 0, 2], /gamma.*above 0, and 1 of 3 are not, the first 0.*DATA_BAD_VALUE/],
    ["tweedie", tweedie(), [0, 0, 0], /All 3 targets are 0.*TARGET_CONSTANT/],
  ])("%s refuses targets that it cannot learn", async (_, family, y, message) => {
    await expect(family.fit({ x: matrix([1, 2, 3]), y: numbers(y) }, context)).rejects.toThrow(message);
  });

  test("answers are finite numbers however far the features are", async () => {
    const fitted = await poisson({ l2: 1e-3 }).fit(
      { x: matrix([0, 1, 2, 3]), y: numbers([1, 2, 4, 8]) },
      context,
    );
    const far = fitted.reference(matrix([1e9, -1e9]));
    expect(far[0]).toBeGreaterThan(1e300);
    expect(far[0]).toBeLessThan(Infinity);
    expect(far[1]).toBeGreaterThan(0);
  });
});

describe("huber", () => {
  test("a tenth of wild targets do not move it, and move least squares", async () => {
    const { x, signal, noise } = sample(2000, 5);
    const y = numbers(signal.map((s, i) => s + 0.1 * noise[i]! + (i % 10 === 0 ? 50 : 0)));
    const robust = await huber({ l2: 1e-6 }).fit({ x, y }, context);
    const squares = await linear().fit({ x, y }, context);
    expect(robust.intercept).toBeCloseTo(0.5, 1);
    expect(squares.intercept).toBeGreaterThan(5);
  });

  test("with an epsilon beyond all errors it is least squares, to 1e-7", async () => {
    const { x, signal, noise } = sample(300, 4);
    const y = numbers(signal.map((s, i) => s + noise[i]!));
    const all = await huber({ l2: 1e-12, epsilon: 100 }).fit({ x, y }, context);
    const squares = await linear().fit({ x, y }, context);
    squares.coefficients.forEach((b, j) => expect(all.coefficients[j]).toBeCloseTo(b, 7));
    const { scale } = all.summary as { scale: number };
    const answers = squares.reference(x);
    const variance = y.values.reduce((sum, v, i) => sum + (v - answers[i]!) ** 2, 0) / 300;
    expect(scale).toBeCloseTo(Math.sqrt(variance), 7);
  });

  test("rows that lie on a plane give the plane, to 1e-6", async () => {
    const { x, signal } = sample(200, 4);
    const fitted = await huber({ l2: 1e-12 }).fit({ x, y: numbers(signal) }, context);
    [1, -1 / 2, 1 / 3, -1 / 4].forEach((b, j) => expect(fitted.coefficients[j]).toBeCloseTo(b, 6));
  });

  test("refuses more features than it can pair", async () => {
    const x = matrix(...Array.from({ length: 1501 }, () => [1, 2, 3]));
    await expect(huber().fit({ x, y: numbers([1, 2, 3]) }, context)).rejects.toThrow(
      /1501 features.*1500.*DATA_TOO_MANY_COLUMNS/,
    );
  });
});

describe("quantile", () => {
  test.each([0.1, 0.5, 0.9])(
    "20,000 rows: ends within 1e-9 of the bound, and a share of %f lies below",
    async (q) => {
      const { x, signal, noise } = sample(20_000, 20);
      const y = numbers(signal.map((s, i) => s + noise[i]! * (1 + 0.5 * Math.abs(x.columns[0]![i]!))));
      const fitted = await quantile({ quantile: q, l1: 1e-9 }).fit({ x, y }, context);
      expect(fitted.summary).toMatchObject({ converged: true });
      const answers = fitted.reference(x);
      const below = y.values.reduce((count, v, i) => count + (v <= answers[i]! ? 1 : 0), 0);
      expect(below / 20_000).toBeCloseTo(q, 2);
    },
  );

  test("a strong penalty leaves the quantile of all targets", async () => {
    const { x, signal } = sample(101, 3);
    const fitted = await quantile({ quantile: 0.25, l1: 1e4 }).fit({ x, y: numbers(signal) }, context);
    const sorted = signal.slice().sort();
    fitted.coefficients.forEach((b) => expect(b).toBeCloseTo(0, 6));
    expect(fitted.intercept).toBeCloseTo(sorted[25]!, 5);
  });

  test("of its own choice it hardly follows noise, and does follow a signal", async () => {
    const { x, signal, noise } = sample(500, 8);
    const largest = async (y: Float64Array): Promise<number> =>
      Math.max(...(await quantile().fit({ x, y: numbers(y) }, context)).coefficients.map(Math.abs));
    expect(await largest(noise)).toBeLessThan(0.05);
    expect(await largest(signal.map((s, i) => s + 0.3 * noise[i]!))).toBeGreaterThan(0.9);
  });
});
