import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { type ClassificationRows, metric } from "../metrics/index.ts";
import { bootstrapInterval, withinFolds } from "./index.ts";

const random = createRandom(3);
const folds = Int32Array.from({ length: 300 }, (_, row) => row % 3);
const y = Int32Array.from(folds, (fold) => Number(random.next() < 0.2 + 0.2 * fold));
const weight = Float64Array.from(y, () => 0.5 + random.next());
const rowsWith = (positive: (row: number) => number): ClassificationRows => ({
  y,
  classCount: 2,
  weight,
  probabilities: Float64Array.from({ length: 600 }, (_, i) =>
    i % 2 === 1 ? positive(i >> 1) : 1 - positive(i >> 1),
  ),
});
const noise = Float64Array.from(y, () => random.next());
const skilled = rowsWith((row) => (noise[row]! + y[row]!) / 2);
const auc = metric("rocAuc");

describe("a metric within folds", () => {
  test("is the weighted mean of the folds' scores", () => {
    let sum = 0;
    let total = 0;
    for (let fold = 0; fold < 3; fold++) {
      const places = [...folds.keys()].filter((row) => folds[row] === fold);
      const part: ClassificationRows = {
        y: Int32Array.from(places, (row) => y[row]!),
        classCount: 2,
        weight: Float64Array.from(places, (row) => weight[row]!),
        probabilities: Float64Array.from(
          places.flatMap((row) => [...skilled.probabilities!.subarray(2 * row, 2 * row + 2)]),
        ),
      };
      const share = part.weight!.reduce((a, b) => a + b, 0);
      sum += share * auc.score(part);
      total += share;
    }
    expect(withinFolds(auc, folds).score(skilled)).toBeCloseTo(sum / total, 12);
  });

  test("puts constant answers at chance, which all rows together do not", () => {
    // Each fold's constant is the share in the other folds: low where the fold itself is high.
    const constant = rowsWith((row) => 0.5 - 0.1 * folds[row]!);
    expect(auc.score(constant)).toBeLessThan(0.45);
    const { score, low, high } = bootstrapInterval(withinFolds(auc, folds), constant, { seed: 1 });
    expect(score).toBe(0.5);
    // Every resample scores the same, so that there is nothing to tell an interval from.
    expect([low, high]).toEqual([Number.NaN, Number.NaN]);
  });

  test("leaves out a fold of one class, and says why when every fold is one", () => {
    const lone = Int32Array.from(y, (code, row) => (code === 0 ? 0 : 1 + (row % 2)));
    expect(() => withinFolds(auc, lone).score(skilled)).not.toThrow();
    const single: ClassificationRows = { ...skilled, y: new Int32Array(300) };
    expect(() => withinFolds(auc, folds).score(single)).toThrow("rocAuc");
    const mixed = Int32Array.from(folds, (fold, row) => (fold === 0 && y[row] === 0 ? 9 : fold));
    expect(withinFolds(auc, mixed).score(skilled)).toBeGreaterThan(0.5);
  });
});
