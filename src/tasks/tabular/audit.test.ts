import { expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
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

test.each(["f1", "f1Macro", "precision", "recall", "balancedAccuracy", "matthews"])(
  "guesses that know nothing are no leak by %s",
  (name) => {
    const random = createRandom(4);
    const y = Int32Array.from({ length: 400 }, (_, row) => Number(row % 5 < 2));
    const rows = (share: (row: number) => number): Parameters<typeof nullTestOf>[1] => ({
      y,
      classCount: 2,
      probabilities: Float64Array.from({ length: 800 }, (_, i) =>
        i % 2 === 1 ? share(i >> 1) : 1 - share(i >> 1),
      ),
    });
    const constant = rows(() => 0.4);
    expect(
      nullTestOf(
        metric(name),
        constant,
        rows(() => random.next()),
        1,
      ).passed,
    ).toBe(true);
    const told = rows((row) => (random.next() < 0.9 ? y[row]! : 1 - y[row]!));
    // Who says yes always has every positive: recall alone shows no leak.
    expect(nullTestOf(metric(name), constant, told, 1).passed).toBe(name === "recall");
  },
);
