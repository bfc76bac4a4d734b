import { describe, expect, test } from "vitest";
import {
  amount,
  bytes,
  count,
  duration,
  estimate,
  estimateDecimals,
  fixed,
  list,
  number,
  ofHundred,
  percent,
  percentCell,
  plural,
  range,
} from "./format.ts";

describe("number keeps three significant digits and all whole ones", () => {
  test.each([
    [0, "0"],
    [-0, "0"],
    [0.08314, "0.0831"],
    [9.996, "10.0"],
    [0.99999, "1.00"],
    [12.345, "12.3"],
    [-1234.5, "−1,235"],
    [12345.6, "12,346"],
    [1_000_000, "1,000,000"],
    [3e-9, "3 × 10⁻⁹"],
    [-1.256e14, "−1.26 × 10¹⁴"],
    [Number.NaN, "–"],
    [Infinity, "∞"],
  ])("%d → %s", (value, text) => expect(number(value)).toBe(text));
});

test("fixed separates thousands and never signs a zero", () => {
  expect(fixed(1234567.891, 2)).toBe("1,234,567.89");
  expect(fixed(-0.004, 2)).toBe("0.00");
  expect(fixed(999.5, 0)).toBe("1,000");
});

test("amount rounds what was measured", () => {
  expect(amount(125_537.4)).toBe("125,500");
  expect(amount(34.567)).toBe("34.6");
  expect(amount(-1999.96)).toBe("−2,000");
});

test.each([
  [0, "0%"],
  [1, "100%"],
  [0.5, "50%"],
  [0.7143, "71.4%"],
  [0.0001, "less than 0.1%"],
  [0.99999, "more than 99.9%"],
])("percent(%d) is %s", (share, text) => expect(percent(share)).toBe(text));

test.each([
  [0, "0"],
  [0.001, "fewer than 1"],
  [0.714, "71"],
  [0.997, "more than 99"],
  [1, "100"],
])("ofHundred(%d) is %s", (share, text) => expect(ofHundred(share)).toBe(text));

test("percentCell always has one decimal, and a dash where there is no share", () => {
  expect([0.1, 0.1234, undefined].map(percentCell)).toEqual(["10.0%", "12.3%", "–"]);
});

test.each([
  [900, "900 B"],
  [9_400, "9.40 kB"],
  [999_700, "1 MB"],
  [1_420_000, "1.42 MB"],
])("bytes(%d) is %s", (value, text) => expect(bytes(value)).toBe(text));

test.each([
  [0.0124, "12 ms"],
  [42.13, "42.1 s"],
  [99.96, "1 min 40 s"],
  [120, "2 min"],
  [3599.7, "1 h"],
  [7260, "2 h 1 min"],
])("duration(%d) is %s", (seconds, text) => expect(duration(seconds)).toBe(text));

describe("an estimate has the decimals that its interval resolves", () => {
  test.each([
    [{ value: 0.8631, low: 0.849, high: 0.877 }, "0.863 (0.849–0.877)"],
    [{ value: 0.92912, low: 0.9285, high: 0.9297 }, "0.9291 (0.9285–0.9297)"],
    [{ value: 0.003, low: -0.0012, high: 0.0075 }, "0.00300 (−0.00120 to 0.00750)"],
    [{ value: 48_231.7, low: 47_000, high: 49_400 }, "48,232 (47,000–49,400)"],
    [{ value: 12.34 }, "12.3"],
    [{ value: 0.5, low: 0.5, high: 0.5 }, "0.500 (0.500–0.500)"],
  ])("%j → %s", (e, text) => expect(estimate(e)).toBe(text));

  test("the narrowest interval decides for a column, within three decimals of the usual", () => {
    expect(
      estimateDecimals([
        { value: 0.9, low: 0.8, high: 1 },
        { value: 0.9, low: 0.8999, high: 0.9001 },
      ]),
    ).toBe(4);
    expect(estimateDecimals([{ value: 0.9, low: 0.9 - 1e-12, high: 0.9 + 1e-12 }])).toBe(6);
  });
});

test("words: counts, plurals, ranges, lists", () => {
  expect(count(1409.4)).toBe("1,409");
  expect(plural(1, "row")).toBe("1 row");
  expect(plural(2000, "family", "families")).toBe("2,000 families");
  expect(range(1, 20)).toBe("1.0–20.0");
  expect(range(-1, 2, 0)).toBe("−1 to 2");
  expect(list(["a"])).toBe("a");
  expect(list(["a", "b", "c"], "or")).toBe("a, b or c");
});
