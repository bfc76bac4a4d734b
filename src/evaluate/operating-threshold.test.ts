import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import type { ClassificationRows } from "../metrics/index.ts";
import {
  binaryAgainstNothing,
  classesAgainstNothing,
  commonestClass,
  costAt,
  numbersAgainstNothing,
  operatingThreshold,
} from "./index.ts";

function binaryRows(
  p: readonly number[],
  y: readonly number[],
  weight?: readonly number[],
): ClassificationRows {
  return {
    y: Int32Array.from(y),
    classCount: 2,
    probabilities: Float64Array.from(p.flatMap((value) => [1 - value, value])),
    weight: weight === undefined ? undefined : Float64Array.from(weight),
  };
}

const rowsArbitrary = fc
  .array(
    fc.tuple(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 3 })),
    {
      minLength: 1,
      maxLength: 30,
    },
  )
  .filter((rows) => rows.some(([, , w]) => w > 0))
  .map((rows) =>
    binaryRows(
      rows.map(([p]) => p / 10),
      rows.map(([, y]) => y),
      rows.map(([, , w]) => w),
    ),
  );
const costsArbitrary = fc.record({
  falsePositive: fc.integer({ min: 1, max: 20 }),
  falseNegative: fc.integer({ min: 1, max: 20 }),
  truePositive: fc.integer({ min: -5, max: 0 }),
});

/** The cost per row counted row by row. */
function slowCost(
  rows: ClassificationRows,
  costs: { falsePositive: number; falseNegative: number; truePositive: number },
  threshold: number,
): number {
  let sum = 0;
  let total = 0;
  rows.y.forEach((label, i) => {
    const yes = rows.probabilities![2 * i + 1]! >= threshold;
    const w = rows.weight![i]!;
    total += w;
    if (yes && label === 1) sum += w * costs.truePositive;
    if (yes && label === 0) sum += w * costs.falsePositive;
    if (!yes && label === 1) sum += w * costs.falseNegative;
  });
  return sum / total;
}

describe("operatingThreshold", () => {
  test("no threshold at all costs less, and every point of the curve costs what its rows say, within 1e-12", () => {
    fc.assert(
      fc.property(rowsArbitrary, costsArbitrary, (rows, costs) => {
        const chosen = operatingThreshold(rows, costs);
        for (let t = -0.05; t <= 1.1; t += 0.05) {
          expect(chosen.costPerRow).toBeLessThanOrEqual(slowCost(rows, costs, t) + 1e-12);
        }
        for (const point of [chosen, chosen.byTheory, chosen.atHalf, ...chosen.curve]) {
          expect(point.costPerRow).toBeCloseTo(slowCost(rows, costs, point.threshold), 12);
        }
        expect(chosen.flagNone).toBeCloseTo(slowCost(rows, costs, 2), 12);
        expect(chosen.flagAll).toBeCloseTo(slowCost(rows, costs, 0), 12);
        expect(chosen.curve[0]!.flagged).toBe(0);
        expect(chosen.curve.at(-1)!.flagged).toBeCloseTo(1, 12);
        expect(Number.isFinite(chosen.threshold)).toBe(true);
      }),
    );
  });

  test("of calibrated rows the lowest cost comes within 0.03 of the threshold of theory", () => {
    const random = createRandom(1);
    const p = Array.from({ length: 40_000 }, () => random.next());
    const rows = binaryRows(
      p,
      p.map((value) => (random.next() < value ? 1 : 0)),
    );
    for (const [falsePositive, falseNegative] of [
      [1, 4],
      [1, 1],
      [9, 1],
    ] as const) {
      const chosen = operatingThreshold(rows, { falsePositive, falseNegative });
      expect(chosen.byTheory.threshold).toBeCloseTo(falsePositive / (falsePositive + falseNegative), 12);
      expect(Math.abs(chosen.threshold - chosen.byTheory.threshold)).toBeLessThan(0.03);
      expect(chosen.curve.length).toBeLessThanOrEqual(200);
      expect(chosen.curve.length).toBeGreaterThan(150);
    }
  });

  test("the line is drawn half-way between the neighbouring probabilities", () => {
    const rows = binaryRows([0.1, 0.2, 0.6, 0.9], [0, 0, 1, 1]);
    expect(operatingThreshold(rows, { falsePositive: 1, falseNegative: 1 })).toMatchObject({
      threshold: 0.4,
      costPerRow: 0,
      flagged: 0.5,
      found: 0.5,
      positives: 0.5,
    });
  });

  test("the positive class can be the first", () => {
    const rows = { ...binaryRows([0.1, 0.2, 0.6, 0.9], [0, 0, 1, 1]), positive: 0 };
    const chosen = operatingThreshold(rows, { falsePositive: 1, falseNegative: 1 });
    expect(chosen.costPerRow).toBe(0);
    expect(chosen.threshold).toBeCloseTo(0.6, 12);
  });

  test.each([
    [
      "mistakes that cost nothing",
      binaryRows([0.5], [1]),
      { falsePositive: 0, falseNegative: 1 },
      /PARAMETER_CONFLICT/,
    ],
    [
      "a hit dearer than a miss",
      binaryRows([0.5], [1]),
      { falsePositive: 1, falseNegative: 1, truePositive: 2 },
      /PARAMETER_CONFLICT/,
    ],
    [
      "three classes",
      { ...binaryRows([0.5], [1]), classCount: 3 },
      { falsePositive: 1, falseNegative: 1 },
      /3 classes/,
    ],
    [
      "a probability of 1.2",
      binaryRows([1.2], [1]),
      { falsePositive: 1, falseNegative: 1 },
      /DATA_BAD_VALUE/,
    ],
  ])("%s is refused", (_, rows, costs, message) => {
    expect(() => operatingThreshold(rows, costs)).toThrow(message);
    expect(() => costAt(rows, costs, 0.5)).toThrow(message);
  });
});

describe("against doing nothing", () => {
  const rows = binaryRows([0.9, 0.8, 0.7, 0.1, 0.2, 0.3, 0.1, 0.1, 0.2, 0.2], [1, 1, 0, 1, 0, 0, 0, 0, 0, 0]);

  test("two classes: rows found, missed and alarmed per 1,000, and the money", () => {
    const figures = binaryAgainstNothing(rows, {
      costs: { falsePositive: 10, falseNegative: 100 },
      labels: ["stays", "leaves"],
    });
    expect(figures.per1000).toEqual({
      positives: 300,
      flagged: 300,
      found: 200,
      missed: 100,
      falseAlarms: 100,
      wrongWithoutModel: 300,
    });
    expect(figures.cost!.model).toBeCloseTo(11, 12);
    expect(figures.cost!.nothing).toBeCloseTo(7, 12);
    expect(figures.sentence).toBe(
      'Of 1,000 rows 300 are "leaves": the model flags 300 and finds 200 of them (67 %), with 100 false alarms; without it, all 300 go unnoticed.' +
        ' It costs 11,000 per 1,000 rows, against 7,000 for calling all of them "leaves" (57 % more).',
    );
  });

  test("two classes at the chosen threshold cost no more than nothing", () => {
    const costs = { falsePositive: 10, falseNegative: 30 };
    const { threshold } = operatingThreshold(rows, costs);
    const { cost } = binaryAgainstNothing(rows, { costs, threshold });
    expect(cost!.saved).toBeGreaterThan(0);
    expect(cost!.savedShare).toBeCloseTo(cost!.saved / cost!.nothing, 12);
  });

  test("several classes: mistakes per 1,000", () => {
    const y = Int32Array.from([0, 0, 0, 1, 2]);
    const predicted = Int32Array.from([0, 0, 1, 1, 2]);
    const figures = classesAgainstNothing({ y, predicted, classCount: 3 }, commonestClass(y, 3), [
      "a",
      "b",
      "c",
    ]);
    expect(figures.wrongPer1000).toEqual({ model: 200, nothing: 400 });
    expect(figures.avoidedShare).toBeCloseTo(0.5, 12);
    expect(figures.sentence).toContain('always saying "a" gets 400 wrong (50 % fewer mistakes)');
  });

  test("numbers: the mean error against the training median", () => {
    const y = Float64Array.from([1, 2, 9]);
    const figures = numbersAgainstNothing({ y, predicted: Float64Array.from([1, 3, 8]) }, 2, "€");
    expect(figures.error.model).toBeCloseTo(2 / 3, 12);
    expect(figures.error.nothing).toBeCloseTo(8 / 3, 12);
    expect(figures.sentence).toBe(
      "The model is off by 0.667 € on average; always saying 2 € is off by 2.67 € (75 % less).",
    );
  });

  test("the commonest class goes by weight, the lowest code of equals", () => {
    const codes = Int32Array.from([0, 1, 1]);
    expect(commonestClass(codes, 2)).toBe(1);
    expect(commonestClass(codes, 2, Float64Array.from([2, 1, 1]))).toBe(0);
  });
});
