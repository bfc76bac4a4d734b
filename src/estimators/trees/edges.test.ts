import fc from "fast-check";
import { expect, test } from "vitest";
import { borderBetween, findEdges } from "./edges.ts";
import { sortSingles } from "./sort-numbers.ts";

// The same cases in every run.
fc.configureGlobal({ seed: 20261121 });

test.each([
  [-9.80908925027372e-45, -8.407790785948902e-45],
  [1, Math.fround(1 + 2 ** -23)],
  [Math.fround(1 + 2 ** -23), Math.fround(1 + 2 ** -22)],
])("adjacent singles %d and %d have a single as border", (lower, upper) => {
  const border = borderBetween(lower, upper);
  expect(Math.fround(border)).toBe(border);
  expect(border >= lower && border < upper).toBe(true);
});

test.each([
  [7337230848, 7337231370],
  [-7337231370, -7337230900],
  [0, 2 ** -147],
  [16777216, 16777220],
])("the border of %d and %d is a single and neither of them", (lower, upper) => {
  const border = borderBetween(lower, upper);
  expect(border > lower && border < upper && Math.fround(border) === border).toBe(true);
});

test("a border lies at or above the lower value and below the upper, in single precision where one fits", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
      fc.pre(a !== b);
      const [lower, upper] = a < b ? [a, b] : [b, a];
      const border = borderBetween(lower, upper);
      expect(border >= lower && border < upper).toBe(true);
    }),
  );
  fc.assert(
    fc.property(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      (a, b) => {
        fc.pre(a !== b);
        const border = borderBetween(Math.min(a, b), Math.max(a, b));
        expect(Math.fround(border)).toBe(border);
      },
    ),
  );
});

test("few distinct values get a bin each, holding at least the asked rows", () => {
  expect([...findEdges(Float64Array.of(1, 1, 2, 2, 5, 5), 255, 1)]).toEqual([1.5, 3.5]);
  expect([...findEdges(Float64Array.of(1, 1, 2, 2, 5, 5), 255, 3)]).toEqual([3.5]);
  expect([...findEdges(Float64Array.of(7, 7), 255, 1)]).toEqual([]);
});

test("many values fill at most the asked bins about equally, and a frequent value has its own", () => {
  const values = new Float64Array(10_000).map((_, i) => (i < 4000 ? 0.5 : i / 10_000)).sort();
  const edges = findEdges(values, 64, 3);
  expect(edges.length).toBeLessThan(64);
  expect(edges.length).toBeGreaterThan(50);
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const v of values) counts[edges.filter((edge) => edge < v).length]!++;
  expect(Math.max(...counts)).toBeLessThan(4100);
  expect([...counts].sort((a, b) => b - a)[1]!).toBeLessThan(300);
});

test("radix sort equals the built-in sort", () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 50 }), (seedValues) => {
      const values = new Float32Array(3000).map(
        (_, i) => seedValues[i % seedValues.length]! * ((i % 7) - 3) + 0,
      );
      const clean = values.filter((v) => v === v).map((v) => v + 0);
      expect(sortSingles(clean.slice())).toEqual(clean.slice().sort());
    }),
    { numRuns: 30 },
  );
});
