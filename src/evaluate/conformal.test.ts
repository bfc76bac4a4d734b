/** Conformal margins: the place among known errors, and the share of new ones that they hold, counted. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conformalMargin, leastErrors } from "./conformal.ts";

test.each([
  [9, 0.9, 9],
  [10, 0.9, 10],
  [19, 0.9, 18],
  [99, 0.9, 90],
  [4, 0.8, 4],
  [1, 0.5, 1],
  [2, 0.5, 2],
  [199, 0.95, 190],
])("of %i errors and a coverage of %d, the one at place %i", (count, coverage, place) => {
  const errors = Float64Array.from({ length: count }, (_, i) => count - i);
  expect(conformalMargin(errors, coverage)).toBe(place);
  expect([...errors]).toEqual(Array.from({ length: count }, (_, i) => count - i));
});

describe("each error left out in turn", () => {
  // Exchangeable errors: the mean over all of them as the new one is the chance itself.
  test("at least the stated share is held, and without ties no more than one of them above it", () => {
    const distinct = fc.uniqueArray(fc.double({ min: 0, max: 1e6, noNaN: true }), {
      minLength: 12,
      maxLength: 60,
    });
    fc.assert(
      fc.property(distinct, fc.integer({ min: 50, max: 90 }), (errors, percent) => {
        const held = errors.filter((error, i) => {
          const others = Float64Array.from(errors.filter((_, j) => j !== i));
          return error <= conformalMargin(others, percent / 100);
        }).length;
        const wanted = (errors.length * percent) / 100;
        expect(held).toBeGreaterThanOrEqual(wanted - 1e-6);
        expect(held).toBeLessThan(wanted + 1);
      }),
    );
  });
});

test.each([0.5, 0.8, 0.9, 0.95, 0.99])(
  "a coverage of %d: as many errors as it takes, and no fewer",
  (coverage) => {
    const least = leastErrors(coverage);
    expect(conformalMargin(new Float64Array(least).fill(2), coverage)).toBe(2);
    expect(() => conformalMargin(new Float64Array(least - 1), coverage)).toThrow(
      `at least ${least} known errors, and got ${least - 1}`,
    );
  },
);

test("a coverage of all values or none is refused", () => {
  for (const coverage of [0, 1, Number.NaN])
    expect(() => conformalMargin(new Float64Array(50), coverage)).toThrow("PARAMETER_RANGE");
});
