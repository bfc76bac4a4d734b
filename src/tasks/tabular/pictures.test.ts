import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { classPictures, errorPictures } from "./pictures.ts";

const rowCount = 500;
const random = createRandom(4);
const y = Int32Array.from({ length: rowCount }, () => random.integer(2));
const probabilities = new Float64Array(2 * rowCount);
for (let i = 0; i < rowCount; i++) {
  const p = 1 / (1 + Math.exp(-(2 * y[i]! - 1 + 1.5 * random.normal())));
  probabilities.set([1 - p, p], 2 * i);
}
const rows = { y, classCount: 2, probabilities, positive: 1 };
const pictures = classPictures(rows, ["no", "yes"], { threshold: 0.4, cost: undefined });

describe("pictures of classes", () => {
  test("every threshold counts every row once, as counting by hand does", () => {
    for (const point of [pictures.operating!.at, ...pictures.operating!.points]) {
      const flagged = (i: number): boolean => probabilities[2 * i + 1]! >= point.threshold;
      const count = (is: number, said: boolean): number =>
        y.filter((code, i) => code === is && flagged(i) === said).length;
      expect(point).toMatchObject({
        truePositives: count(1, true),
        falsePositives: count(0, true),
        trueNegatives: count(0, false),
        falseNegatives: count(1, false),
      });
    }
  });

  test("the confusion matrix is that of the labels the file gives at its threshold", () => {
    const { trueNegatives, falsePositives, falseNegatives, truePositives } = pictures.operating!.at;
    expect(pictures.confusion.counts).toEqual([trueNegatives, falsePositives, falseNegatives, truePositives]);
  });

  test("curves stay in the unit square and say how common the class is", () => {
    for (const curve of [...pictures.roc!, ...pictures.precisionRecall!]) {
      for (const value of [...curve.x, ...curve.y]) expect(value).toBeGreaterThanOrEqual(0);
      for (const value of [...curve.x, ...curve.y]) expect(value).toBeLessThanOrEqual(1);
    }
    expect(pictures.precisionRecall![0]!.prevalence).toBeCloseTo(
      y.filter((code) => code === 1).length / rowCount,
      12,
    );
  });

  test("a class that the rows do not hold has no curve", () => {
    const three = new Float64Array(3 * rowCount).fill(1 / 3);
    const found = classPictures({ y, classCount: 3, probabilities: three }, ["a", "b", "c"], {
      threshold: undefined,
      cost: undefined,
    });
    expect(found.roc!.map((curve) => curve.label)).toEqual(["a", "b"]);
    expect(found.operating).toBeUndefined();
  });
});

describe("pictures of errors", () => {
  const truth = Float64Array.from({ length: rowCount }, () => 100 + 30 * random.normal());
  const predicted = truth.map((value) => value + 5 * random.normal() + 1);
  const errors = errorPictures(truth, predicted, 100);

  test("mean, median and bias are those of actual minus predicted", () => {
    const all = truth.map((value, i) => value - predicted[i]!);
    const sizes = all.map(Math.abs);
    expect(errors.bias).toBeCloseTo(all.reduce((sum, error) => sum + error, 0) / rowCount, 10);
    expect(errors.model.mean).toBeCloseTo(sizes.reduce((sum, size) => sum + size, 0) / rowCount, 10);
    expect(errors.baseline.mean).toBeGreaterThan(errors.model.mean);
  });

  test("the histogram and the heat map hold every row once", () => {
    const { counts, below, above, edges } = errors.histogram!;
    expect(counts.reduce((sum, count) => sum + count, below! + above!)).toBe(rowCount);
    expect(edges).toHaveLength(counts.length + 1);
    expect(errors.heat!.counts.reduce((sum, count) => sum + count, 0)).toBe(rowCount);
    expect(errors.byPrediction!.reduce((sum, bin) => sum + bin.rows, 0)).toBe(rowCount);
  });

  test("one answer for all rows is drawn too", () => {
    const same = errorPictures(Float64Array.of(1, 1, 1, 1), Float64Array.of(1, 1, 1, 1), 1);
    expect(
      same.histogram!.counts.reduce(
        (sum, count) => sum + count,
        same.histogram!.below! + same.histogram!.above!,
      ),
    ).toBe(4);
    expect(same.model).toEqual({ mean: 0, median: 0, p90: 0 });
  });
});
