import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom, type MillwrightError, normalQuantile } from "../core/index.ts";
import { type ClassificationRows, metric } from "../metrics/index.ts";
import { bootstrapInterval, comparePaired, correctedResampledT, delong } from "./index.ts";
import { normalCdf, normalTwoSided, studentQuantile, studentTwoSided } from "./distributions.ts";

const golden = JSON.parse(
  readFileSync(new URL("../../test/golden/comparison.json", import.meta.url), "utf8"),
) as {
  normalCdf: [number, number][];
  normalTwoSided: [number, number][];
  normalQuantile: [number, number][];
  studentTwoSided: [number, number, number][];
  studentQuantile: [number, number, number][];
  delong: { y: number[]; a: number[]; b: number[]; gain: number; standardError: number; pValue: number };
  correctedT: { differences: number[]; t: number; pValue: number; low: number; high: number };
};

function expectRelative(actual: number, expected: number, tolerance: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * Math.max(Math.abs(expected), 1e-300));
}

describe("distributions equal SciPy's within 1e-12 relative (Student's t 1e-11)", () => {
  test.each(golden.normalCdf)("normalCdf(%d)", (z, expected) => {
    expectRelative(normalCdf(z), expected, 1e-12);
  });
  test.each(golden.normalTwoSided)("normalTwoSided(%d)", (z, expected) => {
    expectRelative(normalTwoSided(z), expected, 1e-12);
  });
  test.each(golden.normalQuantile)("normalQuantile(%d)", (chance, expected) => {
    expect(Math.abs(normalQuantile(chance) - expected)).toBeLessThan(1e-12 * Math.max(1, Math.abs(expected)));
  });
  test.each(golden.studentTwoSided)("studentTwoSided(%d, %d)", (t, degrees, expected) => {
    expectRelative(studentTwoSided(t, degrees), expected, 1e-11);
  });
  test.each(golden.studentQuantile)("studentQuantile(%d, %d)", (confidence, degrees, expected) => {
    expectRelative(studentQuantile(confidence, degrees), expected, 1e-11);
  });
  test("quantiles of 0 and 1 are infinite", () => {
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
  });
});

/** Two classes, two models of which the second is better by `lift`. */
function twoModels(
  rowCount: number,
  lift: number,
  seed: number,
): { a: ClassificationRows; b: ClassificationRows } {
  const random = createRandom(seed);
  const y = Int32Array.from({ length: rowCount }, () => (random.next() < 0.3 ? 1 : 0));
  const noise = Float64Array.from(y, () => random.normal());
  const model = (slope: number): ClassificationRows => {
    const probabilities = new Float64Array(2 * rowCount);
    y.forEach((label, i) => {
      const p = 1 / (1 + Math.exp(-(slope * label + noise[i]! + 0.3 * random.normal())));
      probabilities[2 * i] = 1 - p;
      probabilities[2 * i + 1] = p;
    });
    return { y, classCount: 2, probabilities };
  };
  return { a: model(1), b: model(1 + lift) };
}

describe("bootstrapInterval", () => {
  test("the mean's standard error is s / √n, within 5 %, and its percentile interval ±1.96 of it", () => {
    const random = createRandom(5);
    const predicted = Float64Array.from({ length: 400 }, () => random.normal());
    const rows = { y: new Float64Array(400), predicted };
    const losses = predicted.map(Math.abs);
    const mean = losses.reduce((a, b) => a + b) / 400;
    const error = Math.sqrt(losses.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 399 / 400);
    const interval = bootstrapInterval(metric("mae"), rows, { seed: 1, replicates: 4000 });
    expect(interval.score).toBeCloseTo(mean, 12);
    expect(Math.abs(interval.standardError / error - 1)).toBeLessThan(0.05);
    expect(Math.abs((interval.high - interval.low) / (2 * 1.96 * error) - 1)).toBeLessThan(0.05);
  });

  test("resampled scores are the scores of the rows drawn", () => {
    // With one stratum a resample of two rows is [2, 0], [1, 1] or [0, 2]: three scores, one half of them the middle.
    const rows = { y: Float64Array.from([0, 0]), predicted: Float64Array.from([1, 3]) };
    const interval = bootstrapInterval(metric("mae"), rows, { seed: 3, replicates: 2000, confidence: 0.4 });
    expect([interval.low, interval.high]).toEqual([2, 2]);
    const wide = bootstrapInterval(metric("mae"), rows, { seed: 3, replicates: 2000, confidence: 0.9 });
    expect([wide.low, wide.high]).toEqual([1, 3]);
    expect(Math.abs(wide.standardError - Math.SQRT1_2)).toBeLessThan(0.03);
  });

  test.each<[string, Float64Array, Int32Array | undefined]>([
    ["one row", Float64Array.of(3), undefined],
    ["rows that are all alike", Float64Array.of(3, 3, 3), undefined],
    ["rows of one group", Float64Array.of(1, 2, 3), Int32Array.of(0, 0, 0)],
  ])("%s define no interval", (_, predicted, groups) => {
    const rows = { y: new Float64Array(predicted.length), predicted };
    for (const method of ["percentile", "bca"] as const) {
      const { low, high, standardError } = bootstrapInterval(metric("mae"), rows, {
        seed: 1,
        method,
        groups,
      });
      expect([low, high, standardError]).toEqual([NaN, NaN, NaN]);
    }
    const other = { ...rows, predicted: predicted.map((p) => 2 * p) };
    const { gain, low, high, pValue } = comparePaired(metric("mae"), other, rows, { seed: 1, groups });
    expect(gain).toBeGreaterThan(0);
    expect([low, high, pValue]).toEqual([NaN, NaN, NaN]);
    const same = comparePaired(metric("mae"), rows, rows, { seed: 1, groups });
    expect(same.low).toBeCloseTo(0, 15);
    expect(same.high).toBeCloseTo(0, 15);
  });

  test.each(["percentile", "bca"] as const)(
    "95 % intervals by %s hold the true area in 91 to 98 %% of 200 samples",
    (method) => {
      // Scores N(0,1) and N(1,1): the true area is Φ(1/√2).
      const area = normalCdf(Math.SQRT1_2);
      const random = createRandom(8);
      let held = 0;
      for (let sample = 0; sample < 200; sample++) {
        const y = Int32Array.from({ length: 120 }, (_, i) => (i < 50 ? 1 : 0));
        const probabilities = new Float64Array(240);
        y.forEach((label, i) => {
          const p = 1 / (1 + Math.exp(-(random.normal() + label)));
          probabilities[2 * i] = 1 - p;
          probabilities[2 * i + 1] = p;
        });
        const { low, high } = bootstrapInterval(
          metric("rocAuc"),
          { y, classCount: 2, probabilities },
          { seed: sample, replicates: 400, method },
        );
        if (low <= area && area <= high) held++;
      }
      expect(held).toBeGreaterThanOrEqual(182);
      expect(held).toBeLessThanOrEqual(196);
    },
  );

  test("95 % intervals of log loss hold the truth of new rows in 91 to 98 % of 200 samples; with fixed classes in fewer than 85 %", () => {
    // A share of 10 % answered as 10 %: the true log loss is the entropy.
    const truth = -(0.1 * Math.log(0.1) + 0.9 * Math.log(0.9));
    const random = createRandom(8);
    const held = { plain: 0, fixed: 0 };
    for (let sample = 0; sample < 200; sample++) {
      const y = Int32Array.from({ length: 300 }, () => (random.next() < 0.1 ? 1 : 0));
      const probabilities = Float64Array.from({ length: 600 }, (_, i) => (i % 2 === 1 ? 0.1 : 0.9));
      const rows = { y, classCount: 2, probabilities };
      for (const [name, stratified] of [
        ["plain", undefined],
        ["fixed", true],
      ] as const) {
        const options = { seed: sample, replicates: 400, stratified };
        const { low, high } = bootstrapInterval(metric("logLoss"), rows, options);
        if (low <= truth && truth <= high) held[name]++;
      }
    }
    expect(held.plain).toBeGreaterThanOrEqual(182);
    expect(held.plain).toBeLessThanOrEqual(196);
    expect(held.fixed).toBeLessThan(170);
  });

  test("drawing whole groups widens the interval of rows that come in copies", () => {
    const random = createRandom(2);
    const once = Float64Array.from({ length: 60 }, () => random.normal());
    const predicted = Float64Array.from({ length: 600 }, (_, i) => once[Math.floor(i / 10)]!);
    const groups = Int32Array.from({ length: 600 }, (_, i) => Math.floor(i / 10));
    const rows = { y: new Float64Array(600), predicted };
    const naive = bootstrapInterval(metric("mae"), rows, { seed: 1 });
    const grouped = bootstrapInterval(metric("mae"), rows, { seed: 1, groups });
    // Ten copies of each row: the honest error is √10 times the naive one.
    expect(Math.abs(grouped.standardError / naive.standardError / Math.sqrt(10) - 1)).toBeLessThan(0.15);
    const alone = bootstrapInterval(metric("mae"), rows, { seed: 1, groups: new Int32Array(600).fill(-1) });
    expect(alone).toEqual(naive);
  });

  test("a stratified resample keeps both classes where a plain one loses the rare one", () => {
    const y = Int32Array.from({ length: 40 }, (_, i) => (i < 2 ? 1 : 0));
    const probabilities = Float64Array.from({ length: 80 }, (_, i) => {
      const p = (((i >> 1) * 7) % 11) / 11;
      return i % 2 === 1 ? p : 1 - p;
    });
    const rows = { y, classCount: 2, probabilities };
    expect(bootstrapInterval(metric("rocAuc"), rows, { seed: 1, stratified: true }).replicates).toBe(1000);
    const plain = bootstrapInterval(metric("rocAuc"), rows, { seed: 1 });
    // (1 − 2/40)^40 = 13 % of plain resamples have no positive row.
    expect(plain.replicates).toBeGreaterThan(820);
    expect(plain.replicates).toBeLessThan(910);
  });

  test("row weights stay with their rows, seeds decide everything", () => {
    const y = Float64Array.from([0, 0, 0, 0]);
    const predicted = Float64Array.from([1, 2, 3, 100]);
    const rows = { y, predicted, weight: Float64Array.from([1, 1, 1, 0]) };
    const interval = bootstrapInterval(metric("mae"), rows, { seed: 1 });
    expect(interval.score).toBe(2);
    expect(interval.high).toBeLessThanOrEqual(3);
    expect(bootstrapInterval(metric("mae"), rows, { seed: 1 })).toEqual(interval);
    expect(bootstrapInterval(metric("mae"), rows, { seed: 2 })).not.toEqual(interval);
  });

  test.each<[string, () => unknown, string]>([
    [
      "few replicates",
      () =>
        bootstrapInterval(
          metric("mae"),
          { y: new Float64Array(3), predicted: new Float64Array(3) },
          { seed: 1, replicates: 5 },
        ),
      "PARAMETER_RANGE",
    ],
    [
      "groups of other rows",
      () =>
        bootstrapInterval(
          metric("mae"),
          { y: new Float64Array(3), predicted: new Float64Array(3) },
          { seed: 1, groups: new Int32Array(2) },
        ),
      "SHAPE_MISMATCH",
    ],
    [
      "a score that resamples rarely have",
      // Three groups, a positive one, a negative one, one without weight: 4 resamples in 9 draw both of the first.
      () =>
        bootstrapInterval(
          metric("rocAuc"),
          {
            y: Int32Array.from([0, 1, 1]),
            classCount: 2,
            probabilities: Float64Array.from([0.5, 0.5, 0.4, 0.6, 0.3, 0.7]),
            weight: Float64Array.from([1, 1, 0]),
          },
          { seed: 1, groups: Int32Array.from([0, 1, 2]) },
        ),
      "DATA_TOO_FEW_ROWS",
    ],
  ])("%s is refused", (_, action, code) => {
    try {
      action();
      expect.unreachable();
    } catch (error) {
      expect((error as MillwrightError).code).toBe(code);
    }
  });
});

describe("comparePaired", () => {
  test("finds a difference that overlapping intervals hide, in the direction of the metric", () => {
    const { a, b } = twoModels(600, 0.35, 1);
    for (const name of ["rocAuc", "logLoss"]) {
      const both = comparePaired(metric(name), a, b, { seed: 1 });
      if (name === "rocAuc") {
        expect(both.low).toBeGreaterThan(0);
        expect(both.pValue).toBeLessThan(0.01);
        expect(both.chanceBetter).toBeGreaterThan(0.99);
        const alone = [a, b].map((rows) => bootstrapInterval(metric(name), rows, { seed: 1 }));
        expect(alone[0]!.high).toBeGreaterThan(alone[1]!.low);
      }
      const turned = comparePaired(metric(name), b, a, { seed: 1 });
      expect(turned.gain).toBeCloseTo(-both.gain, 12);
      expect(turned.low).toBeCloseTo(-both.high, 12);
      expect(turned.pValue).toBe(both.pValue);
    }
    const loss = comparePaired(metric("logLoss"), a, b, { seed: 1 });
    expect(loss.gain).toBeCloseTo(loss.scoreA - loss.scoreB, 12);
  });

  test("a model is not better than itself", () => {
    const { a } = twoModels(100, 0, 1);
    const same = comparePaired(metric("rocAuc"), a, a, { seed: 1 });
    expect(same).toMatchObject({ gain: 0, low: 0, high: 0, pValue: 1, chanceBetter: 0.5 });
  });

  test("refuses models on different rows", () => {
    const { a } = twoModels(100, 0, 1);
    const { b } = twoModels(100, 0, 2);
    expect(() => comparePaired(metric("rocAuc"), a, b, { seed: 1 })).toThrow(/SHAPE_MISMATCH/);
    const y = Float64Array.from([1, 2]);
    expect(() =>
      comparePaired(metric("mae"), { y, predicted: y }, { y, predicted: y, weight: y }, { seed: 1 }),
    ).toThrow(/SHAPE_MISMATCH/);
  });
});

describe("delong", () => {
  const { y, a, b, gain, standardError, pValue } = golden.delong;
  test("equals the pair-by-pair definition in Python within 1e-12", () => {
    const labels = Int32Array.from(y);
    const both = delong(labels, Float64Array.from(a), Float64Array.from(b));
    expect(both.gain).toBeCloseTo(gain, 12);
    expect(both.standardError).toBeCloseTo(standardError, 12);
    expect(both.pValue).toBeCloseTo(pValue, 12);
    expect((both.high - both.low) / 2).toBeCloseTo(1.959963984540054 * standardError, 12);
  });

  test("agrees with the bootstrap of the difference within 10 % of the error", () => {
    const models = twoModels(1500, 0.3, 4);
    const column = (rows: ClassificationRows): Float64Array =>
      rows.probabilities!.filter((_, i) => i % 2 === 1);
    const exact = delong(models.a.y, column(models.a), column(models.b));
    const resampled = comparePaired(metric("rocAuc"), models.a, models.b, { seed: 1 });
    expect(exact.gain).toBeCloseTo(resampled.gain, 12);
    expect(Math.abs(resampled.standardError / exact.standardError - 1)).toBeLessThan(0.1);
  });

  test("equal ranks give p = 1, one row of a class is refused", () => {
    const scores = Float64Array.from([1, 2, 3, 4]);
    const same = delong(
      Int32Array.from([0, 1, 0, 1]),
      scores,
      scores.map((s) => 2 * s),
    );
    expect(same).toMatchObject({ gain: 0, pValue: 1 });
    expect(() => delong(Int32Array.from([0, 0, 0, 1]), scores, scores)).toThrow(/DATA_TOO_FEW_ROWS/);
  });
});

describe("correctedResampledT", () => {
  const { differences, ...expected } = golden.correctedT;
  test("equals SciPy's t with the corrected variance within 1e-12", () => {
    const result = correctedResampledT(Float64Array.from(differences), { test: 1, train: 4 });
    for (const [name, value] of Object.entries(expected)) {
      expect(result[name as keyof typeof result]).toBeCloseTo(value, 12);
    }
  });

  test("claims less than the plain t-test, and turns with the sign", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 25 }),
        (list) => {
          fc.pre(new Set(list).size > 1);
          const values = Float64Array.from(list);
          const result = correctedResampledT(values, { test: 1, train: 4 });
          const plain = correctedResampledT(values, { test: 0, train: 4 });
          expect(result.pValue).toBeGreaterThanOrEqual(plain.pValue - 1e-12);
          const turned = correctedResampledT(
            values.map((x) => -x),
            { test: 1, train: 4 },
          );
          expect(turned.t).toBeCloseTo(-result.t, 9);
        },
      ),
    );
  });

  test("no difference at all has p = 1; one fold and NaN are refused", () => {
    expect(correctedResampledT(new Float64Array(5), { test: 1, train: 4 })).toMatchObject({
      t: 0,
      pValue: 1,
    });
    expect(() => correctedResampledT(new Float64Array(1), { test: 1, train: 4 })).toThrow(
      /DATA_TOO_FEW_ROWS/,
    );
    expect(() => correctedResampledT(Float64Array.from([1, Number.NaN]), { test: 1, train: 4 })).toThrow(
      /fold 1 has NaN/,
    );
  });
});
