/** Steps of time, seasons and windows: found rightly, and nothing of a later part in an earlier one. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { findPeriod } from "./period.ts";
import { ontoGrid } from "./read-sequences.ts";
import { findStep, later, placesOf, stepInWords } from "./time-step.ts";
import { cutsOf, makeWindows, requireEnough, windowsToJudge } from "./windows.ts";

const hour = 3_600_000;
const months = Float64Array.from({ length: 30 }, (_, i) => Date.UTC(2020, i, 1));

describe("the step of time", () => {
  test.each([
    ["hours with a gap", Float64Array.of(0, 1, 2, 5, 6).map((i) => i * hour), "hour", [0, 1, 2, 5, 6]],
    ["quarters of an hour", Float64Array.of(0, 1, 2).map((i) => (i * hour) / 4), "15 minutes", [0, 1, 2]],
    ["months of 28 to 31 days", months, "month", Array.from({ length: 30 }, (_, i) => i)],
    [
      "years",
      Float64Array.from({ length: 9 }, (_, i) => Date.UTC(2000 + i, 0, 1)),
      "year",
      [0, 1, 2, 3, 4, 5, 6, 7, 8],
    ],
    [
      "times that keep to no grid",
      Float64Array.of(0, 1.3, 2.7, 9.1).map((i) => i * hour),
      "row",
      [0, 1, 2, 3],
    ],
  ])("%s", (_, times, words, places) => {
    const step = findStep([times], true);
    expect(stepInWords(step)).toBe(words);
    expect([...placesOf(times, step)]).toEqual(places);
  });

  test("a month after the last of January is the last of February", () => {
    const step = { size: 1, unit: "months" } as const;
    expect(new Date(later(Date.UTC(2024, 0, 31, 6), 1, step)).toISOString()).toBe("2024-02-29T06:00:00.000Z");
    expect(later(5, 3, { size: 2, unit: "number" })).toBe(11);
  });
});

describe("the season", () => {
  const wave = (period: number, noise: number, length = 600, trend = 0): Float64Array => {
    const random = createRandom(period);
    return Float64Array.from(
      { length },
      (_, i) => trend * i + Math.sin((2 * Math.PI * i) / period) + noise * random.normal(),
    );
  };
  test.each([7, 12, 24, 48])("of %i steps, under noise and a trend", (period) => {
    expect(findPeriod([wave(period, 0.3, 600, 0.05)])).toBe(period);
  });
  test("a peak beside a day means a day", () => {
    const almost = wave(23.4, 0.1);
    expect(findPeriod([almost])).toBe(23);
    expect(findPeriod([almost], [24])).toBe(24);
  });
  test("noise has none, and gaps do not hide one", () => {
    const random = createRandom(5);
    expect(findPeriod([Float64Array.from({ length: 800 }, () => random.normal())])).toBe(1);
    const gaps = wave(24, 0.1).map((value, i) => (i % 10 === 3 ? Number.NaN : value));
    expect(findPeriod([gaps])).toBe(24);
  });
});

describe("windows", () => {
  const count = 400;
  const shape = { steps: 6, horizon: 3, columns: 2 };
  // Each number tells its series and place; series b begins later.
  const series = ontoGrid(
    ["a", "b"].map((name, s) => ({
      name,
      times: Float64Array.from({ length: count - 100 * s }, (_, i) => i + 100 * s),
      rows: Uint32Array.from({ length: count - 100 * s }, (_, i) => i + s * count),
    })),
    new Map([
      ["y", Float64Array.from({ length: 2 * count }, (_, row) => (row === 50 ? Number.NaN : row))],
      ["other", Float64Array.from({ length: 2 * count }, (_, row) => -row)],
    ]),
    { size: 1, unit: "number", even: true },
  );
  const parts = makeWindows(
    series,
    shape,
    cutsOf(series, 2, { test: 0.2, validation: 0.15, calibration: 0.1 }),
  );
  const timeOf = (value: number): number => (value < count ? value : value - count + 100);

  test("hold what was known and what came next, row by row", () => {
    const { x, y, origins } = parts.train;
    origins.forEach(({ series: s, place }, i) => {
      for (let step = 0; step < 6; step++) {
        const at = (i * 6 + step) * 2;
        const row = place - 5 + step + s * count;
        expect([x[at], x[at + 1]]).toEqual([row === 50 ? Number.NaN : row, -row]);
      }
      expect([...y.subarray(3 * i, 3 * i + 3)]).toEqual([1, 2, 3].map((k) => place + k + s * count));
    });
    expect(parts.gaps).toBe(3);
  });

  test("what is learnt comes before what chooses, and that before what is tested, over all series", () => {
    const spans = [parts.train, parts.validation, parts.test].map(({ y }) => Array.from(y, timeOf));
    expect(Math.max(...spans[0]!)).toBeLessThan(parts.cuts[0]);
    expect(Math.min(...spans[1]!)).toBeGreaterThanOrEqual(parts.cuts[0]);
    expect(Math.max(...spans[1]!)).toBeLessThan(parts.cuts[1]);
    expect(Math.min(...spans[2]!)).toBeGreaterThanOrEqual(parts.cuts[2]);
    expect(parts.cuts[2]).toBeGreaterThan(parts.cuts[1]);
  });

  test("each value is tested once", () => {
    const { y } = parts.test;
    expect(new Set(y).size).toBe(y.length);
    expect(y.length).toBeGreaterThan(100);
  });

  test("each value of calibration is there once for each number of steps ahead, and none of another part", () => {
    const { y, x, origins } = parts.calibration;
    const [, from, to] = parts.cuts;
    for (let k = 0; k < 3; k++) {
      const told = Array.from(y).filter((value, at) => at % 3 === k && !Number.isNaN(value));
      const expected = series.flatMap(({ values, times }) =>
        Array.from(times, (_, i) => values[2 * i]!).filter((_, i) => times[i]! >= from && times[i]! < to),
      );
      expect(told).toEqual(expected);
    }
    origins.forEach(({ place }, i) => {
      // The latest known row comes before the values.
      const last = x[(i * 6 + 5) * 2]!;
      for (let k = 0; k < 3; k++)
        expect(Number.isNaN(y[3 * i + k]!) || y[3 * i + k]! === last + 1 + k).toBe(true);
      expect(last % count).toBe(place);
    });
  });

  test("of another table stand side by side behind the rows that they look back on", () => {
    const judged = windowsToJudge(series, shape);
    const expected: number[] = [];
    series.forEach(({ values }, s) => {
      const known = (place: number): boolean => !Number.isNaN(values[2 * place]!);
      for (let place = 5; place + 3 < count - 100 * s; ) {
        const whole = [1, 2, 3].every((k) => known(place + k));
        if (whole) expected.push(...[1, 2, 3].map((k) => place + k + s * count));
        place += whole ? 3 : 1;
      }
    });
    expect([...judged.y]).toEqual(expected);
    expect(judged.all).toBe(judged.origins.length);
    // The value that is missing would be the last of a window, and is of the two behind it too.
    expect(judged.gaps).toBe(3);
    expect(() => windowsToJudge(series, { ...shape, steps: 400 })).toThrow(
      /series of at least 403 rows .* and the longest of 2 has 400/,
    );
  });

  test("too short series are refused with their numbers", () => {
    const long = { ...shape, steps: 300 };
    expect(() => requireEnough(makeWindows(series, long, parts.cuts), long)).toThrow(
      /needs at least 30 windows to learn from/,
    );
    expect(() => requireEnough(parts, shape)).not.toThrow();
  });
});
