import { describe, expect, test } from "vitest";
import { numberBounds, rowBounds, shareBound } from "./bounds.ts";
import { ageOf, parseExpectations } from "./expectations.ts";

const parse = (file: unknown) =>
  parseExpectations(typeof file === "string" ? file : JSON.stringify(file), "expect.json");
const column = (entry: unknown) => parse({ format: 1, columns: { price: entry } });

test("a file is read as it stands; what it leaves out is not expected", () => {
  const file = {
    format: 1,
    rows: { min: 1 },
    columns: { price: { kind: "number", min: 0, max: 9.5, maxMissing: 0.1 } },
    unique: [["shop", "day"]],
    rules: [{ name: "order", sql: "a < b" }],
  };
  expect(parse(file)).toMatchObject(file);
  const same = '{"format":1,"columns":{"min":{"min":1},"max":{"min":1,"values":["a: \\"min\\":", "{"]}}}';
  expect(Object.keys(parse(same).columns)).toEqual(["min", "max"]);
  expect(parse({ $schema: "expectations.json", format: 1 })).toMatchObject({
    columns: {},
    unique: [],
    rules: [],
  });
  expect(Object.keys(parse('{"format":1,"columns":{"__proto__":{"min":1}}}').columns)).toEqual(["__proto__"]);
});

describe.each([
  ["{", "SOURCE_FORMAT", "not JSON"],
  ["x\n\ny", "SOURCE_FORMAT", '"x y" is not valid JSON'],
  ['{"format":1,"columns":{"a":{"min":1},"b":{},"\\u0061" : {}}}', "PARAMETER_CONFLICT", '"a" twice'],
  ["[]", "PARAMETER_RANGE", "an object is needed"],
  [{}, "PARAMETER_MISSING", '"format": 1'],
  [{ format: 2 }, "PARAMETER_RANGE", '"format" of expect.json is 2'],
  [{ format: 1, colums: {} }, "PARAMETER_UNKNOWN", 'nearest is "columns"'],
  [{ format: 1, rows: { mn: 1 } }, "PARAMETER_UNKNOWN", 'nearest is "min"'],
  [{ format: 1, rows: { min: 5, max: 2 } }, "PARAMETER_CONFLICT", '"min" of rows of expect.json is 5'],
  [{ format: 1, unique: ["id"] }, "PARAMETER_RANGE", '[["shop", "day"]]'],
  [{ format: 1, rules: [{ name: "x" }] }, "PARAMETER_MISSING", "Rule 1 of expect.json"],
  [{ format: 1, rules: [{ sqll: "x" }] }, "PARAMETER_UNKNOWN", 'nearest is "sql"'],
])("%j", (file, code, said) => {
  test("is refused", () => {
    expect(() => parse(file)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(said) }),
    );
  });
});

describe.each([
  [{ minn: 1 }, "PARAMETER_UNKNOWN", 'nearest is "min"'],
  [{ kind: "image" }, "PARAMETER_RANGE", "one of number, category"],
  [{ maxMissing: 3 }, "PARAMETER_RANGE", "a share from 0 to 1"],
  [{ min: "tomorrow" }, "PARAMETER_RANGE", "a number, or a datetime"],
  [{ min: 3, max: 2 }, "PARAMETER_CONFLICT", "the lower as min"],
  [{ min: "2025-01-01", max: 2 }, "PARAMETER_CONFLICT", "two of one sort"],
  [{ kind: "number", max: "2025-01-01" }, "PARAMETER_CONFLICT", '"max"'],
  [{ kind: "datetime", min: 3 }, "PARAMETER_CONFLICT", '"min"'],
  [{ kind: "category", min: 3 }, "PARAMETER_CONFLICT", '"min"'],
  [{ kind: "number", pattern: "x" }, "PARAMETER_CONFLICT", '"pattern"'],
  [{ kind: "number", newest: "7d" }, "PARAMETER_CONFLICT", '"newest"'],
  [{ kind: "text", maxUnreadable: 0.1 }, "PARAMETER_CONFLICT", '"maxUnreadable"'],
  [{ maxUnreadable: 0.1 }, "PARAMETER_MISSING", '"kind"'],
  [{ missingWords: ["?"] }, "PARAMETER_MISSING", "needs the kind"],
  [{ maxOther: 0.1 }, "PARAMETER_MISSING", '"values"'],
  [{ values: [] }, "PARAMETER_RANGE", "at least one value"],
  [{ newest: "soon" }, "PARAMETER_RANGE", "90m, 36h or 7d"],
])("a column of %j", (entry, code, said) => {
  test("is refused", () => {
    expect(() => column(entry)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(said) }),
    );
  });
});

test.each([
  ["90m", 5_400_000],
  ["1.5h", 5_400_000],
  ["7d", 604_800_000],
  ["7", undefined],
  ["-7d", undefined],
])("an age of %s", (text, milliseconds) => {
  expect(ageOf(text)).toBe(milliseconds);
});

test.each([
  [{ low: 1, high: 12, lowRows: 50, highRows: 50, whole: true }, 0, { min: 1, max: 12 }],
  [{ low: 0, high: 37, lowRows: 50, highRows: 1, whole: true }, 0, { min: 0, max: 40 }],
  [{ low: 2007, high: 2009, lowRows: 50, highRows: 50, whole: true }, 0.1, { min: 2006, max: 2010 }],
  [{ low: 2015, high: 2015, lowRows: 90, highRows: 90, whole: true }, 0.1, { min: 2000, max: 2050 }],
  [{ low: -3, high: 0, lowRows: 9, highRows: 9, whole: false }, 0.1, { min: -3.4, max: 0 }],
])("bounds of %j with a margin of %d", (extremes, margin, bounds) => {
  expect(numberBounds(extremes, margin)).toEqual(bounds);
});

test("bounds of rows and of shares hold what they are of", () => {
  for (const rows of [1, 2, 3, 19, 344, 7043, 1_000_000]) {
    const { min, max } = rowBounds(rows);
    expect(min <= rows / 2 || rows < 2).toBe(true);
    expect(max).toBeGreaterThanOrEqual(2 * rows);
    for (const count of [1, rows / 2, rows])
      expect(shareBound(count, rows, 0)).toBeGreaterThanOrEqual(Math.min(1, count / rows));
  }
  expect(shareBound(0, 10, 0.5)).toBe(0);
});
