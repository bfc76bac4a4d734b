import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MillwrightError } from "../core/index.ts";
import {
  accuracy,
  ascendingOrder,
  averagePrecision,
  calibrationCurve,
  defaultMetric,
  logLoss,
  mape,
  metric,
  metricsFor,
  metricTable,
  mostProbable,
  pinball,
  precisionRecall,
  prCurve,
  r2,
  rmse,
  rocAuc,
  rocAucOneVsRest,
  rocCurve,
  type ScoredRows,
} from "./index.ts";

/** Some rows of `classCount` classes with tied probabilities and small integer weights. */
const classRows = (classCount: number) =>
  fc
    .array(
      fc.record({
        label: fc.integer({ min: 0, max: classCount - 1 }),
        raw: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: classCount, maxLength: classCount }),
        weight: fc.integer({ min: 0, max: 3 }),
      }),
      { minLength: 2, maxLength: 25 },
    )
    .filter((rows) => rows.some((row) => row.weight > 0))
    .map((rows) => ({
      y: Int32Array.from(rows, (row) => row.label),
      classCount,
      probabilities: Float64Array.from(
        rows.flatMap((row) => row.raw.map((value) => value / row.raw.reduce((a, b) => a + b))),
      ),
      weight: Float64Array.from(rows, (row) => row.weight),
    }));

const numberRows = fc
  .array(
    fc.record({
      y: fc.integer({ min: 1, max: 9 }),
      predicted: fc.integer({ min: -9, max: 9 }),
      weight: fc.integer({ min: 0, max: 3 }),
    }),
    { minLength: 2, maxLength: 25 },
  )
  .filter((rows) => rows.some((row) => row.weight > 0))
  .map((rows) => ({
    y: Float64Array.from(rows, (row) => row.y),
    predicted: Float64Array.from(rows, (row) => row.predicted),
    weight: Float64Array.from(rows, (row) => row.weight),
  }));

/** The rows written out as often as their weight says, unweighted. */
function repeated<T extends { y: Int32Array | Float64Array; weight: Float64Array }>(rows: T): ScoredRows {
  const times = Array.from(rows.weight).flatMap((weight, i) => new Array<number>(weight).fill(i));
  const out: Record<string, unknown> = { ...rows, weight: undefined };
  for (const name of ["y", "predicted", "probabilities"]) {
    const given = (rows as Record<string, unknown>)[name] as Float64Array | Int32Array | undefined;
    if (given === undefined) continue;
    const width = given.length / rows.y.length;
    const values = times.flatMap((i) => Array.from(given.subarray(i * width, (i + 1) * width)));
    out[name] = given instanceof Int32Array ? Int32Array.from(values) : Float64Array.from(values);
  }
  return out as unknown as ScoredRows;
}

function scoreOrCode(action: () => number): number | string {
  try {
    return action();
  } catch (error) {
    return (error as MillwrightError).code;
  }
}

function expectSame(a: number | string, b: number | string): void {
  if (typeof a === "number" && typeof b === "number") expect(Math.abs(a - b)).toBeLessThan(1e-9);
  else expect(a).toBe(b);
}

describe("every metric, within 1e-9: a weight is a repetition, and 0 is absence", () => {
  for (const entry of Object.values(metricTable)) {
    test(entry.name, () => {
      const rows =
        entry.task === "regression"
          ? numberRows
          : entry.binaryOnly
            ? classRows(2)
            : fc.oneof(classRows(2), classRows(4));
      fc.assert(
        fc.property(rows, (some) => {
          expectSame(
            scoreOrCode(() => entry.score(some)),
            scoreOrCode(() => entry.score(repeated(some))),
          );
        }),
        { numRuns: 60 },
      );
    });
  }
});

describe("definitions", () => {
  test("rocAuc counts pairs by the product of their weights, ties one half, within 1e-12", () => {
    fc.assert(
      fc.property(classRows(2), ({ y, probabilities, weight }) => {
        const scores = Float64Array.from(y, (_, i) => probabilities[2 * i + 1]!);
        let pairs = 0;
        let won = 0;
        y.forEach((a, i) => {
          y.forEach((b, j) => {
            if (a !== 1 || b !== 0) return;
            const both = weight[i]! * weight[j]!;
            pairs += both;
            won += both * (scores[i]! > scores[j]! ? 1 : scores[i] === scores[j] ? 0.5 : 0);
          });
        });
        const area = scoreOrCode(() => rocAuc(y, scores, { weight }));
        if (pairs === 0) expect(area).toBe("DATA_ONE_CLASS");
        else expect(area).toBeCloseTo(won / pairs, 12);
      }),
    );
  });

  test("rocAuc is unchanged when the positive class and the order of scores turn round", () => {
    fc.assert(
      fc.property(classRows(2), ({ y, probabilities }) => {
        fc.pre(new Set(y).size === 2);
        const scores = Float64Array.from(y, (_, i) => probabilities[2 * i]!);
        const turned = scores.map((score) => -score);
        expect(rocAuc(y, scores, { positive: 0 })).toBeCloseTo(rocAuc(y, turned, { positive: 1 }), 12);
      }),
    );
  });

  test("one class against the rest is the mean of the binary areas, within 1e-12", () => {
    fc.assert(
      fc.property(classRows(3), ({ y, probabilities }) => {
        const areas: number[] = [];
        for (let c = 0; c < 3; c++) {
          const inside = Int32Array.from(y, (label) => (label === c ? 1 : 0));
          if (new Set(inside).size < 2) continue;
          areas.push(
            rocAuc(
              inside,
              Float64Array.from(y, (_, i) => probabilities[3 * i + c]!),
            ),
          );
        }
        const area = scoreOrCode(() => rocAucOneVsRest(y, probabilities, 3));
        if (areas.length === 0) expect(area).toBe("DATA_ONE_CLASS");
        else expect(area).toBeCloseTo(areas.reduce((a, b) => a + b) / areas.length, 12);
      }),
    );
  });

  test("averagePrecision sums precision over the steps of recall, within 1e-12", () => {
    fc.assert(
      fc.property(classRows(2), ({ y, probabilities, weight }) => {
        const scores = Float64Array.from(y, (_, i) => probabilities[2 * i + 1]!);
        const thresholds = [...new Set(scores)].sort((a, b) => b - a);
        const sum = (keep: (i: number) => boolean): number =>
          weight.reduce((total, w, i) => total + (keep(i) ? w : 0), 0);
        const positives = sum((i) => y[i] === 1);
        fc.pre(positives > 0);
        let before = 0;
        let expected = 0;
        for (const threshold of thresholds) {
          const called = sum((i) => scores[i]! >= threshold);
          const hits = sum((i) => scores[i]! >= threshold && y[i] === 1);
          if (called > 0) expected += ((hits - before) / positives) * (hits / called);
          before = hits;
        }
        expect(averagePrecision(y, scores, { weight })).toBeCloseTo(expected, 12);
      }),
    );
  });

  test("mostProbable takes the first of equals", () => {
    expect([...mostProbable(Float64Array.from([0.5, 0.5, 0.2, 0.8]), 2)]).toEqual([0, 1]);
  });

  test("a sure mistake costs 36.04 nats, not infinity", () => {
    expect(logLoss(Int32Array.from([1]), Float64Array.from([1, 0]), 2)).toBeCloseTo(
      -Math.log(Number.EPSILON),
      12,
    );
  });
});

describe("ascendingOrder", () => {
  const awkward = fc.oneof(
    fc.double({ noNaN: true }),
    fc.constantFrom(0, -0, Infinity, -Infinity, Number.MIN_VALUE, -Number.MIN_VALUE, 1, 1 + Number.EPSILON),
  );
  test.each([
    ["few", 0, 40],
    ["enough for the radix sort", 1001, 1500],
  ])("of %s numbers is the stable sort", (_, minLength, maxLength) => {
    fc.assert(
      fc.property(fc.array(awkward, { minLength, maxLength }), (list) => {
        const values = Float64Array.from(list);
        const expected = Array.from(list.keys()).sort((a, b) =>
          list[a]! < list[b]! ? -1 : list[a]! > list[b]! ? 1 : a - b,
        );
        expect([...ascendingOrder(values)]).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});

describe("curves for reports", () => {
  const n = 5000;
  const y = Int32Array.from({ length: n }, (_, i) => ((i * 7919) % 13 < 4 ? 1 : 0));
  const scores = Float64Array.from({ length: n }, (_, i) => ((i * 104729) % 9973) / 9973 + 0.3 * y[i]!);

  test("a thinned ROC curve has at most 200 true corners and the same area within 1e-4", () => {
    const full = rocCurve(y, scores, { maxPoints: Infinity });
    const thin = rocCurve(y, scores);
    expect(full.threshold.length).toBeGreaterThan(4000);
    expect(thin.threshold.length).toBeLessThanOrEqual(200);
    expect(thin.threshold.length).toBeGreaterThan(150);
    const corners = new Set(Array.from(full.threshold, (t, i) => `${t} ${full.truePositiveRate[i]}`));
    thin.threshold.forEach((t, i) => {
      expect(corners.has(`${t} ${thin.truePositiveRate[i]}`)).toBe(true);
    });
    expect([thin.falsePositiveRate[0], thin.truePositiveRate[0]]).toEqual([0, 0]);
    expect([thin.falsePositiveRate.at(-1), thin.truePositiveRate.at(-1)]).toEqual([1, 1]);
    let area = 0;
    for (let i = 1; i < thin.threshold.length; i++) {
      const width = thin.falsePositiveRate[i]! - thin.falsePositiveRate[i - 1]!;
      area += (width * (thin.truePositiveRate[i]! + thin.truePositiveRate[i - 1]!)) / 2;
    }
    expect(Math.abs(area - rocAuc(y, scores))).toBeLessThan(1e-4);
  });

  test("a thinned precision-recall curve ends at recall 1 and the share of positives", () => {
    const thin = prCurve(y, scores);
    expect(thin.threshold.length).toBeLessThanOrEqual(200);
    expect(thin.recall.at(-1)).toBe(1);
    expect(thin.precision.at(-1)).toBeCloseTo(y.reduce((a, b) => a + b) / n, 12);
  });

  test("calibration bins hold equal numbers, their means, and intervals around what was seen", () => {
    const p = scores.map((score) => score / 1.3);
    const bins = calibrationCurve(y, p, { bins: 20 });
    expect(bins.length).toBe(20);
    expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(n);
    let place = 0;
    const sorted = ascendingOrder(p);
    for (const bin of bins) {
      const rows = sorted.slice(place, place + bin.count);
      place += bin.count;
      expect(Math.abs(bin.count - n / 20)).toBeLessThanOrEqual(1);
      expect(bin.predicted).toBeCloseTo(rows.reduce((sum, row) => sum + p[row]!, 0) / bin.count, 12);
      expect(bin.observed).toBeCloseTo(rows.reduce((sum, row) => sum + y[row]!, 0) / bin.count, 12);
      expect(bin.low).toBeLessThanOrEqual(bin.observed + 1e-15);
      expect(bin.high).toBeGreaterThanOrEqual(bin.observed - 1e-15);
    }
  });

  test("rows of one probability share a bin, and Wilson's interval of 8 in 10 is 49 to 94 per cent", () => {
    const labels = Int32Array.from([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
    const bins = calibrationCurve(labels, new Float64Array(10).fill(0.7));
    expect(bins.length).toBe(1);
    expect(bins[0]!.low).toBeCloseTo(0.4902, 4);
    expect(bins[0]!.high).toBeCloseTo(0.9433, 4);
  });
});

describe("names", () => {
  test.each([
    ["rocAuc", "rocAuc"],
    ["roc_auc", "rocAuc"],
    ["AUC", "rocAuc"],
    ["log-loss", "logLoss"],
    ["f1_macro", "f1Macro"],
    ["mcc", "matthews"],
    ["pinball@0.9", "pinball@0.9"],
  ])("%s is %s", (name, expected) => {
    expect(metric(name).name).toBe(expected);
  });

  test.each<[string, string, string]>([
    ["rmsee", "PARAMETER_UNKNOWN", '"rmse"'],
    ["pinball@2", "PARAMETER_RANGE", "between 0 and 1"],
    ["constructor", "PARAMETER_UNKNOWN", "Choose from rocAuc"],
  ])("%s is refused", (name, code, words) => {
    expect(() => metric(name)).toThrow(code);
    expect(() => metric(name)).toThrow(words);
  });

  test("defaults and lists per task", () => {
    expect(defaultMetric("classification", 2).name).toBe("rocAuc");
    expect(defaultMetric("classification", 3).name).toBe("logLoss");
    expect(defaultMetric("regression").name).toBe("rmse");
    expect(metricsFor("classification", 3).some((entry) => entry.binaryOnly)).toBe(false);
    expect(metricsFor("classification", 2).map((entry) => entry.name)).toContain("f1");
    expect(metricsFor("regression").every((entry) => entry.needs === "values")).toBe(true);
  });
});

describe("refused rows", () => {
  const y = Int32Array.from([0, 1, 1]);
  const p = Float64Array.from([0.2, 0.6, 0.7]);
  const both = Float64Array.from([0.8, 0.2, 0.4, 0.6, 0.3, 0.7]);
  const numbers = Float64Array.from([1, 2, 3]);
  test.each<[string, () => number, string, string]>([
    ["other lengths", () => rocAuc(y, p.subarray(1)), "SHAPE_MISMATCH", "3 labels, 2 scores"],
    [
      "one class",
      () => rocAuc(Int32Array.from([1, 1]), p.subarray(1)),
      "DATA_ONE_CLASS",
      "all 2 labels are 1",
    ],
    [
      "a NaN score",
      () => rocAuc(y, Float64Array.from([0, Number.NaN, 1])),
      "DATA_BAD_VALUE",
      "1 of 3 are not",
    ],
    ["no row", () => accuracy(new Int32Array(0), new Int32Array(0)), "DATA_EMPTY", "got 0"],
    ["no positive", () => averagePrecision(new Int32Array(3), p), "DATA_ONE_CLASS", "none of 3 rows"],
    ["probabilities of another width", () => logLoss(y, p, 2), "SHAPE_MISMATCH", "[3, 2]"],
    [
      "a score for a probability",
      () =>
        logLoss(
          y,
          both.map((x) => 3 * x),
          2,
        ),
      "DATA_BAD_VALUE",
      "row 0, class 0 has 2.4",
    ],
    [
      "a class out of range",
      () => logLoss(Int32Array.from([0, 2, 1]), both, 2),
      "DATA_BAD_VALUE",
      "row 1 has 2",
    ],
    [
      "a negative weight",
      () => rmse(numbers, p, { weight: Float64Array.from([1, -1, 1]) }),
      "DATA_BAD_VALUE",
      "row 1 has -1",
    ],
    [
      "weights of 0",
      () => rmse(numbers, p, { weight: new Float64Array(3) }),
      "DATA_BAD_VALUE",
      "all 3 are 0",
    ],
    [
      "a NaN prediction",
      () => rmse(numbers, Float64Array.from([0, 1, Number.NaN])),
      "DATA_BAD_VALUE",
      "at 2",
    ],
    ["a target of 0", () => mape(Float64Array.from([0, 1]), p.subarray(1)), "DATA_BAD_VALUE", "1 of 2 are 0"],
    ["a constant target", () => r2(new Float64Array(3).fill(4), p), "TARGET_CONSTANT", "all 3 are 4"],
    ["a quantile of 1", () => pinball(numbers, p, 1), "PARAMETER_RANGE", "is 1"],
    [
      "binary average of three classes",
      () => precisionRecall(Int32Array.from([0, 1, 2]), y, { average: "binary" }).f1,
      "PARAMETER_CONFLICT",
      "there are 3",
    ],
    [
      "f1 of three classes",
      () => metric("f1").score({ y, predicted: y, classCount: 3 }),
      "PARAMETER_CONFLICT",
      "f1Macro",
    ],
    [
      "rmse of classes",
      () => metric("rmse").score({ y, predicted: y, classCount: 2 }),
      "PARAMETER_CONFLICT",
      "hold classes",
    ],
    [
      "f1 of numbers",
      () => metric("f1").score({ y: numbers, predicted: p }),
      "PARAMETER_CONFLICT",
      "hold numbers",
    ],
    [
      "rocAuc of labels",
      () => metric("rocAuc").score({ y, predicted: y, classCount: 2 }),
      "PARAMETER_CONFLICT",
      "needs probabilities",
    ],
    [
      "f1 of nothing",
      () => metric("f1").score({ y, classCount: 2 }),
      "PARAMETER_CONFLICT",
      "predicted classes or probabilities",
    ],
  ])("%s", (_, action, code, words) => {
    try {
      action();
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(MillwrightError);
      expect((error as MillwrightError).code).toBe(code);
      expect((error as MillwrightError).message).toContain(words);
    }
  });

  test("a scorer gives NaN where the score is undefined", () => {
    const rows = { y, probabilities: both, classCount: 2 };
    expect(metric("rocAuc").scorer(rows)(Float64Array.from([0, 1, 1]))).toBeNaN();
    expect(metric("r2").scorer({ y: numbers, predicted: p })(Float64Array.from([0, 1, 0]))).toBeNaN();
  });
});
