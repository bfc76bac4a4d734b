import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { moments, sharedMode, sharedQuantile, sortedFinite } from "./statistics.ts";

const sorted = (...values: number[]): Float64Array => Float64Array.from(values).sort();
const context = { random: createRandom(1), minRows: 1 };

describe("sharedQuantile", () => {
  test.each([
    { name: "values of 5 rows are exact", values: [1, 1, 1, 1, 1, 2, 2, 2, 2, 2], level: 0.5, expected: 1.5 },
    { name: "one value", values: [7], level: 0.5, expected: 7 },
    {
      name: "the median of distinct values is the mean of the middle 5",
      values: [0, 1, 2, 3, 10, 20, 30],
      level: 0.5,
      expected: 7.2,
    },
    {
      name: "the lower end is the mean of the lowest 5",
      values: [1, 2, 3, 4, 5, 100, 200],
      level: 0,
      expected: 3,
    },
    {
      name: "the upper end is the mean of the highest 5",
      values: [0, 0, 1, 2, 3, 4, 990],
      level: 1,
      expected: 200,
    },
    {
      name: "a shared end is exact beside a lonely outlier",
      values: [0, 0, 0, 0, 0, 0, 999],
      level: 0,
      expected: 0,
    },
    { name: "fewer than 5 rows: their mean", values: [1, 2, 6], level: 0.5, expected: 3 },
    {
      name: "huge values do not overflow",
      values: [1e308, 1.1e308, 1.2e308, 1.3e308, 1.4e308],
      level: 0.5,
      expected: 1.2e308,
    },
  ])("$name", ({ values, level, expected }) => {
    const quantile = sharedQuantile(sorted(...values), level, 5);
    expect(Math.abs(quantile - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected));
  });

  test("rises with the level, and with one row needed it is the linear quantile", () => {
    const random = createRandom(3);
    const values = sorted(...Array.from({ length: 200 }, () => Math.round(random.normal() * 20)));
    let before = -Infinity;
    for (let level = 0; level <= 1; level += 0.01) {
      const quantile = sharedQuantile(values, level, 5);
      expect(quantile).toBeGreaterThanOrEqual(before - 1e-12);
      before = quantile;
      const position = level * 199;
      const [a, b] = [values[Math.floor(position)]!, values[Math.ceil(position)]!];
      expect(sharedQuantile(values, level, 1)).toBeCloseTo(
        a + (b - a) * (position - Math.floor(position)),
        12,
      );
    }
  });
});

describe("moments", () => {
  test.each([
    { name: "plain", values: [1, 2, 3, 4], mean: 2.5, deviation: Math.sqrt(1.25) },
    {
      name: "missing and infinite values are left out",
      values: [Number.NaN, 1, Infinity, 3, -Infinity],
      mean: 2,
      deviation: 1,
    },
    {
      name: "a far origin keeps its digits",
      values: [1e9 + 1, 1e9 + 2, 1e9 + 3],
      mean: 1e9 + 2,
      deviation: Math.sqrt(2 / 3),
    },
    { name: "a constant has deviation 0", values: [0.1, 0.1, 0.1], mean: 0.1, deviation: 0 },
    { name: "huge", values: [1e300, 3e300], mean: 2e300, deviation: 1e300 },
    { name: "tiny", values: [1e-300, 3e-300], mean: 2e-300, deviation: 1e-300 },
    { name: "nothing", values: [Number.NaN], mean: 0, deviation: 0 },
  ])("$name, to 1e-12", ({ values, mean, deviation }) => {
    const got = moments(Float64Array.from(values), { minRows: 1 });
    expect(Math.abs(got.mean - mean)).toBeLessThanOrEqual(1e-12 * Math.abs(mean));
    expect(Math.abs(got.deviation - deviation)).toBeLessThanOrEqual(1e-12 * deviation);
  });
});

test("sharedMode takes the most frequent value of enough rows, the smallest of equals", () => {
  expect(sharedMode(sorted(3, 3, 3, 1, 1, 1, 2), 3)).toBe(1);
  expect(sharedMode(sorted(3, 3, 3, 1, 1, 2), 3)).toBe(3);
  expect(sharedMode(sorted(3, 3, 1, 1, 2), 3)).toBeUndefined();
});

describe("sortedFinite", () => {
  test("leaves out NaN and infinities", () => {
    const column = Float64Array.of(3, Number.NaN, -1, Infinity, -Infinity, 0);
    expect([...sortedFinite(column, context)]).toEqual([-1, 0, 3]);
  });

  test("of a long column takes a sample that does not depend on the order of rows", () => {
    const n = 300_000;
    const column = Float64Array.from({ length: n }, (_, i) => i);
    const sample = sortedFinite(column, context);
    expect(Math.abs(sample.length - 100_000)).toBeLessThan(2_000);
    expect(Math.abs(sample[sample.length >> 1]! - n / 2)).toBeLessThan(2_000);
    const order = createRandom(2).shuffle(Uint32Array.from({ length: n }, (_, i) => i));
    const shuffled = Float64Array.from(order, (row) => column[row]!);
    expect(sortedFinite(shuffled, { ...context, rowIds: order })).toEqual(sample);
  });

  test("fewer values than rows needed are none, here and for moments", () => {
    const column = Float64Array.of(1, 2, Number.NaN, 4);
    expect(sortedFinite(column, { ...context, minRows: 4 })).toHaveLength(0);
    expect(sortedFinite(column, { ...context, minRows: 3 })).toHaveLength(3);
    expect(moments(column, { minRows: 4 })).toEqual({ count: 0, mean: 0, deviation: 0 });
    expect(moments(column, { minRows: 3 }).count).toBe(3);
  });

  test("of a long column with few values takes them all", () => {
    const column = new Float64Array(300_000).fill(Number.NaN);
    column[7] = 1;
    expect([...sortedFinite(column, context)]).toEqual([1]);
  });
});
