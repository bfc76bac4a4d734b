import { expect, test } from "vitest";
import { metric } from "../../metrics/index.ts";
import { nullTestOf } from "./audit.ts";

/** 90 rows of three classes, all answered by the same shares; `better` moves the truth's share up. */
function answered(better: number): Parameters<typeof nullTestOf>[1] {
  const y = Int32Array.from({ length: 90 }, (_, row) => row % 3);
  const probabilities = Float64Array.from({ length: 270 }, (_, i) =>
    i % 3 === y[Math.floor(i / 3)] ? 1 / 3 + better : 1 / 3 - better / 2,
  );
  return { y, classCount: 3, probabilities };
}

test.each([
  ["the same answers but for the last bits: passed", 1e-9, true],
  ["answers that know the truth: not passed", 0.2, false],
])("a shuffled target that gets %s", (_, better, passed) => {
  const result = nullTestOf(metric("logLoss"), answered(0), answered(better), 1);
  expect(result.score).toBeLessThan(result.chance);
  expect(result.passed).toBe(passed);
  expect(result.low, "all rows are answered alike").toBeNaN();
});

test("a chance gain of uneven classes is judged by the noise of new rows, not of rows with these classes", () => {
  const y = Int32Array.from({ length: 90 }, (_, row) => (row < 70 ? 0 : row < 85 ? 1 : 2));
  const rows = (shares: readonly number[]): Parameters<typeof nullTestOf>[1] => ({
    y,
    classCount: 3,
    probabilities: Float64Array.from({ length: 270 }, (_, i) => shares[i % 3]!),
  });
  const result = nullTestOf(metric("logLoss"), rows([0.7, 0.2, 0.1]), rows([0.76, 0.17, 0.07]), 1);
  expect(result.score).toBeLessThan(result.chance);
  expect(result.passed).toBe(true);
});
