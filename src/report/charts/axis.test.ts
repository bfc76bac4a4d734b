import { describe, expect, test } from "vitest";
import { dateAxis, linearAxis, logAxis, nameAxis, percentTick } from "./axis.ts";

const labels = (axis: { ticks: readonly { label: string }[] }): string[] =>
  axis.ticks.map((tick) => tick.label);

describe("linear ticks are round and cover the values", () => {
  test.each([
    [
      [0, 1],
      ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"],
    ],
    [
      [0.752, 0.888],
      ["0.75", "0.80", "0.85", "0.90"],
    ],
    [
      [-3, 7],
      ["−4", "−2", "0", "2", "4", "6", "8"],
    ],
    [
      [0, 1_040_000],
      ["0", "250k", "500k", "750k", "1M", "1.25M"],
    ],
    [
      [5, 5],
      ["4.4", "4.6", "4.8", "5.0", "5.2", "5.4", "5.6"],
    ],
  ])("%j", (values, expected) => {
    const axis = linearAxis(values, { title: "" });
    expect(labels(axis)).toEqual(expected);
    expect(axis.min).toBeLessThanOrEqual(Math.min(...values));
    expect(axis.max).toBeGreaterThanOrEqual(Math.max(...values));
  });

  test("unrounded, the ticks stay inside the values", () => {
    const axis = linearAxis([1, 72], { title: "", round: false, ticks: 4 });
    expect([axis.min, axis.max, labels(axis)]).toEqual([1, 72, ["20", "40", "60"]]);
  });

  test("percent labels drop the decimals that the step does not need", () => {
    expect(labels(linearAxis([0, 1], { title: "", ticks: 4, label: percentTick }))).toEqual([
      "0%",
      "25%",
      "50%",
      "75%",
      "100%",
    ]);
  });

  test.each([[[]], [[Number.NaN]], [[1e308, -1e308]], [[1e300, 1e300]], [[0, 1e-300]], [[1e15, 1e15 + 1]]])(
    "%j gives a finite, non-empty range and at most 100 ticks",
    (values) => {
      const axis = linearAxis(values, { title: "" });
      expect(axis.max - axis.min).toBeGreaterThan(0);
      expect(Number.isFinite(axis.max - axis.min)).toBe(true);
      expect(axis.ticks.length).toBeLessThanOrEqual(100);
    },
  );
});

test("logarithmic ticks are 1, 2, 5, and powers of ten over many decades", () => {
  expect(labels(logAxis([352, 5636], { title: "" }))).toEqual(["500", "1,000", "2,000", "5,000"]);
  expect(labels(logAxis([1, 1e6], { title: "" }))).toEqual([
    "1",
    "10",
    "100",
    "1,000",
    "10,000",
    "100,000",
    "1,000,000",
  ]);
});

test("date ticks stand at starts of years or months", () => {
  expect(labels(dateAxis([Date.UTC(2020, 5, 3), Date.UTC(2023, 2, 1)]))).toEqual(["2021", "2022", "2023"]);
  expect(labels(dateAxis([Date.UTC(2020, 0, 15), Date.UTC(2020, 5, 3)]))).toEqual(["2020-04"]);
  expect(labels(dateAxis([Date.UTC(1969, 11, 1), Date.UTC(1969, 11, 20)]))[0]).toMatch(/^1969-12-\d\d$/);
});

test("names go down from the top", () => {
  const axis = nameAxis(["a", "b"]);
  expect(axis.ticks.map((tick) => tick.at)).toEqual([-0, -1]);
  expect([axis.min, axis.max]).toEqual([-1.5, 0.5]);
});
