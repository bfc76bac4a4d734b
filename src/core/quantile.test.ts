import { expect, test } from "vitest";
import { quantile } from "./quantile.ts";

/** NumPy 2.4.6: numpy.quantile, method "linear". */
test.each([
  [[7], 0.3, 7],
  [[1, 2], 0.25, 1.25],
  [[-3, 0, 1, 10], 0, -3],
  [[-3, 0, 1, 10], 0.1, -2.1],
  [[-3, 0, 1, 10], 0.5, 0.5],
  [[-3, 0, 1, 10], 0.9, 7.3],
  [[-3, 0, 1, 10], 1, 10],
  [[5, 5, 5, 8, 8], 0.6, 6.2],
])("of %j at %d (1e-12)", (sorted, share, wanted) => {
  expect(quantile(Float64Array.from(sorted), share)).toBeCloseTo(wanted, 12);
});

test("infinite values are answers, where NumPy has none between them", () => {
  const sorted = Float64Array.of(-Infinity, -Infinity, 1, Infinity);
  expect([0, 1 / 6, 2 / 3, 1].map((share) => quantile(sorted, share))).toEqual([
    -Infinity,
    -Infinity,
    1,
    Infinity,
  ]);
});
