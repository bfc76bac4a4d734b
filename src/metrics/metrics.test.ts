import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { confusionMatrix, metric, metricTable, prCurve, rocCurve } from "./index.ts";

interface Classification {
  name: string;
  classCount: number;
  y: number[];
  probabilities: number[];
  weight: number[] | null;
  scores: Record<string, number>;
  confusion: number[];
  roc?: { falsePositiveRate: number[]; truePositiveRate: number[] };
  pr?: { precision: number[]; recall: number[]; threshold: number[] };
}
interface Regression {
  name: string;
  y: number[];
  predicted: number[];
  weight: number[] | null;
  scores: Record<string, number>;
}
const golden = JSON.parse(
  readFileSync(new URL("../../test/golden/metrics.json", import.meta.url), "utf8"),
) as { classification: Classification[]; regression: Regression[] };

const optional = (weight: number[] | null): Float64Array | undefined =>
  weight === null ? undefined : Float64Array.from(weight);

function expectClose(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(expected)));
}

describe("scores equal scikit-learn's within 1e-12 relative", () => {
  for (const item of golden.classification) {
    const rows = {
      y: Int32Array.from(item.y),
      classCount: item.classCount,
      probabilities: Float64Array.from(item.probabilities),
      weight: optional(item.weight),
    };
    test.each(Object.entries(item.scores).filter(([name]) => name in metricTable))(
      `${item.name}: %s`,
      (name, expected) => {
        expectClose(metric(name).score(rows), expected);
        const weight = rows.weight ?? new Float64Array(rows.y.length).fill(1);
        expectClose(metric(name).scorer(rows)(weight), expected);
      },
    );

    test(`${item.name}: confusion matrix`, () => {
      const predicted = Int32Array.from(rows.y, (_, i) => {
        const row = item.probabilities.slice(i * item.classCount, (i + 1) * item.classCount);
        return row.indexOf(Math.max(...row));
      });
      const matrix = confusionMatrix(rows.y, predicted, { classCount: item.classCount, weight: rows.weight });
      matrix.forEach((value, i) => expectClose(value, item.confusion[i]!));
    });
  }
  for (const item of golden.regression) {
    const rows = {
      y: Float64Array.from(item.y),
      predicted: Float64Array.from(item.predicted),
      weight: optional(item.weight),
    };
    test.each(Object.entries(item.scores))(`${item.name}: %s`, (name, expected) => {
      expectClose(metric(name).score(rows), expected);
    });
  }

  test("every metric of the table is covered", () => {
    const covered = new Set(
      [...golden.classification, ...golden.regression].flatMap((item) => Object.keys(item.scores)),
    );
    expect(Object.keys(metricTable).filter((name) => !covered.has(name))).toEqual([]);
  });
});

describe("curves", () => {
  const binary = golden.classification.filter((item) => item.roc !== undefined);
  test.each(binary.map((item) => [item.name, item] as const))(
    "%s: every corner is scikit-learn's, within 1e-12",
    (_, item) => {
      const y = Int32Array.from(item.y);
      const scores = Float64Array.from(item.y, (_label, i) => item.probabilities[2 * i + 1]!);
      const options = { weight: optional(item.weight), maxPoints: 1000 };
      const roc = rocCurve(y, scores, options);
      // scikit-learn keeps corners that rows of weight 0 leave in place; ours are distinct.
      const corners = item
        .roc!.falsePositiveRate.map((rate, i) => [rate, item.roc!.truePositiveRate[i]!] as const)
        .filter((corner, i, all) => i === 0 || corner[0] !== all[i - 1]![0] || corner[1] !== all[i - 1]![1]);
      expect(roc.threshold.length).toBe(corners.length);
      corners.forEach(([rate, hit], i) => {
        expectClose(roc.falsePositiveRate[i]!, rate);
        expectClose(roc.truePositiveRate[i]!, hit);
      });
      const pr = prCurve(y, scores, options);
      const expected = new Map(item.pr!.threshold.map((threshold, i) => [threshold, i]));
      expect(pr.threshold.length).toBe(corners.length - 1);
      pr.threshold.forEach((threshold, i) => {
        const at = expected.get(threshold)!;
        expectClose(pr.precision[i]!, item.pr!.precision[at]!);
        expectClose(pr.recall[i]!, item.pr!.recall[at]!);
      });
    },
  );
});

test("doing nothing is calibrated and explains nothing, to the last bit", () => {
  for (const n of [3, 7, 49, 113]) {
    const y = Int32Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 1 : 0));
    const share = y.reduce((sum, label) => sum + label, 0) / n;
    const probabilities = Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 1 ? share : 1 - share));
    expect(metric("expectedCalibrationError").score({ y, classCount: 2, probabilities })).toBe(0);
    const values = Float64Array.from({ length: n }, (_, i) => Math.sqrt(i));
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    expect(metric("r2").score({ y: values, predicted: new Float64Array(n).fill(mean) })).toBe(0);
  }
});
