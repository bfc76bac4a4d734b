/** Proportional odds: the optimum that scipy finds on the plain likelihood, and what R documents of polr. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { Feature, Matrix } from "../../features/index.ts";
import type { Target } from "../index.ts";
import { logistic, ordinalLogistic } from "./index.ts";

interface Fit {
  readonly weight: "equal" | "unequal";
  readonly l2: number;
  readonly coefficients: readonly number[];
  readonly thresholds: readonly number[];
  readonly probabilities: readonly number[];
}
const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/ordinal.json", import.meta.url), "utf8"),
) as { fits: Fit[] };

const context = { random: createRandom(1), threads: 1 };
const feature = (name: string): Feature => ({ name, sources: [name], kind: "number" });
const n = 80;
/** The formulas of ordinal.py. */
const columns = [
  Float64Array.from({ length: n }, (_, i) => Math.sin(i * 1.7)),
  Float64Array.from({ length: n }, (_, i) => 3 * Math.cos(i * 0.9) + 5),
  Float64Array.from({ length: n }, (_, i) => Math.floor(i / 7) % 3),
];
const x: Matrix = { rowCount: n, features: ["a", "b", "c"].map(feature), columns };
const levels = Int32Array.from({ length: n }, (_, i) => {
  const signal =
    1.5 * columns[0]![i]! + 0.4 * columns[1]![i]! - 0.5 * columns[2]![i]! + 0.9 * Math.sin(i * 5.1);
  return [0.6, 1.8, 3].filter((cut) => signal >= cut).length;
});
const y: Target = { kind: "classification", classCount: 4, codes: levels };

test.each(golden.fits.map((fit): [string, Fit] => [`${fit.weight} weights, l2 ${fit.l2}`, fit]))(
  "slopes and thresholds are scipy's within 1e-5, probabilities within 1e-6: %s",
  async (_, { weight, l2, coefficients, thresholds, probabilities }) => {
    const w = weight === "equal" ? {} : { weight: Float64Array.from({ length: n }, (_, i) => 1 + (i % 3)) };
    const fitted = await ordinalLogistic({ l2 }).fit({ x, y, ...w }, context);
    const near = (got: ArrayLike<number>, wanted: readonly number[], tolerance: number): void => {
      expect(got).toHaveLength(wanted.length);
      wanted.forEach((value, i) =>
        expect(Math.abs(got[i]! - value)).toBeLessThan(tolerance * Math.max(1, Math.abs(value))),
      );
    };
    near(fitted.coefficients, coefficients, 1e-5);
    near(fitted.thresholds, thresholds, 1e-5);
    near(fitted.reference(x), probabilities, 1e-6);
  },
);

describe("satisfaction with housing in Copenhagen, as documented for polr of R's package MASS", () => {
  // Rows: type (tower, apartment, atrium, terrace) within contact (low, high); per influence (low, medium, high)
  // the counts of low, medium and high satisfaction. Venables & Ripley 2002, Modern Applied Statistics with S, 7.3.
  const counts = [
    [21, 21, 28, 34, 22, 36, 10, 11, 36],
    [61, 23, 17, 43, 35, 40, 26, 18, 54],
    [13, 9, 10, 8, 8, 12, 6, 7, 9],
    [18, 6, 7, 15, 13, 13, 7, 5, 11],
    [14, 19, 37, 17, 23, 40, 3, 5, 23],
    [78, 46, 43, 48, 45, 86, 15, 25, 62],
    [20, 23, 20, 10, 22, 24, 7, 10, 21],
    [57, 23, 13, 31, 21, 13, 5, 6, 13],
  ].flat();
  const cell = (of: (type: number, contact: number, influence: number) => boolean): Float64Array =>
    Float64Array.from(counts, (_, at) => {
      const row = Math.floor(at / 9);
      return Number(of(row % 4, Math.floor(row / 4), Math.floor((at % 9) / 3)));
    });
  const housing: Matrix = {
    rowCount: counts.length,
    features: ["medium", "high", "apartment", "atrium", "terrace", "contact"].map(feature),
    columns: [
      cell((_, __, influence) => influence === 1),
      cell((_, __, influence) => influence === 2),
      ...[1, 2, 3].map((kind) => cell((type) => type === kind)),
      cell((_, contact) => contact === 1),
    ],
  };
  const rows = {
    x: housing,
    y: {
      kind: "classification" as const,
      classCount: 3,
      codes: Int32Array.from(counts, (_, at) => at % 3),
    },
    weight: Float64Array.from(counts),
  };

  test("slopes and thresholds within 1e-4, deviance within 1e-3", async () => {
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1681);
    const fitted = await ordinalLogistic({ l2: 1e-9 }).fit(rows, context);
    [0.5663937, 1.2888191, -0.5723501, -0.3661866, -1.0910149, 0.3602841].forEach((value, j) =>
      expect(fitted.coefficients[j]).toBeCloseTo(value, 4),
    );
    [-0.4961353, 0.6907083].forEach((value, k) => expect(fitted.thresholds[k]).toBeCloseTo(value, 4));
    const p = fitted.reference(housing);
    const deviance = counts.reduce((sum, count, at) => sum - 2 * count * Math.log(p[3 * at + (at % 3)]!), 0);
    expect(deviance).toBeCloseTo(3479.149, 2);
  });
});

test("of two levels it is logistic regression, within 1e-7", async () => {
  const two: Target = {
    kind: "classification",
    classCount: 2,
    codes: levels.map((level) => Number(level > 1)),
  };
  const p = (await ordinalLogistic({ l2: 0.7 }).fit({ x, y: two }, context)).reference(x);
  const expected = (await logistic({ l2: 0.7 }).fit({ x, y: two }, context)).reference(x);
  expected.forEach((value, i) => expect(Math.abs(p[i]! - value)).toBeLessThan(1e-7));
});

test("more features than Newton's matrix takes give the same model, within 1e-5", async () => {
  const random = createRandom(3);
  const noise = Array.from({ length: 640 }, () => Float64Array.from({ length: n }, () => random.normal()));
  const wide = (extra: readonly Float64Array[]): Matrix => ({
    rowCount: n,
    features: [...x.features, ...extra.map((_, j) => feature(`n${j}`))],
    columns: [...columns, ...extra],
  });
  // Columns of tiny noise are held at nothing by their own penalty, so that the first three decide.
  const tiny = noise.map((column) => column.map((value) => value * 1e-6));
  const few = await ordinalLogistic({ l2: 1 }).fit({ x, y }, context);
  const many = await ordinalLogistic({ l2: 1 }).fit({ x: wide(tiny), y }, context);
  few.coefficients.forEach((b, j) => expect(Math.abs(many.coefficients[j]! - b)).toBeLessThan(1e-5));
});
