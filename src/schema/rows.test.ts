import { expect, test } from "vitest";
import { boolean, category, datetime, defineSchema, number, text } from "./define.ts";
import { compileRowReader, inputCells } from "./rows.ts";
import type { ColumnSchema } from "./schema.ts";

const schema = defineSchema({
  age: number({ dtype: "float32", missing: ["-999"] }),
  income: number(),
  plan: category({ missing: ["?"] }),
  paid: boolean(),
  owner: boolean({ written: ["yes", "no"] }),
  signup: datetime({ clock: "instant" }),
  call: datetime({ clock: "wall" }),
  note: text(),
  stars: category({ numeric: true, missing: ["9"] }),
});
const columns: readonly ColumnSchema[] = schema.columns;
const good = {
  age: 41.1,
  income: 1e15 + 1,
  plan: "basic",
  paid: true,
  owner: false,
  signup: new Date("2024-05-31T14:30:00+02:00"),
  call: "2024-05-31T14:30",
  note: "fine, thanks",
  stars: 4,
};

function read(row: unknown, of = columns): unknown[] {
  const into = of.map((column) => inputCells(column, 2));
  compileRowReader(of, "churn.onnx")(row, 7, into, 1);
  return into.map((cells) => cells[1]);
}

test("a typed row becomes the cells of the graph", () => {
  expect(read(good)).toEqual([
    Math.fround(41.1),
    1e15 + 1,
    "basic",
    "true",
    "no",
    Date.UTC(2024, 4, 31, 12, 30),
    Date.UTC(2024, 4, 31, 14, 30),
    "fine, thanks",
    "4",
  ]);
});

test.each<[string, string, unknown, unknown]>([
  ["null number", "age", null, Number.NaN],
  ["NaN", "income", Number.NaN, Number.NaN],
  ["infinity", "income", Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ["the column's missing code", "age", -999, Number.NaN],
  ["another column's missing code", "income", -999, -999],
  ["null category", "plan", null, ""],
  ["a category's missing code", "plan", "?", ""],
  ["the empty string", "plan", "", ""],
  ["null boolean", "paid", null, ""],
  ["true where the table wrote yes", "owner", true, "yes"],
  ["null time", "signup", null, Number.NaN],
  ["an ISO string with zone", "signup", "2024-05-31T14:30:00Z", Date.UTC(2024, 4, 31, 14, 30)],
  ["null wall-clock", "call", null, Number.NaN],
  ["a date alone", "call", "2024-05-31", Date.UTC(2024, 4, 31)],
  ["null text", "note", null, ""],
  ["NUL in a text", "note", "a\0b", "a\ufffdb"],
  ["a number written as a string", "stars", "4.0", "4"],
  ["a numeric category's missing code", "stars", 9, ""],
  ["a large number as a category", "stars", 1e21, "1000000000000000000000"],
  ["emoji and quotes", "note", '"😀"\n', '"😀"\n'],
])("%s", (_, name, value, expected) => {
  const at = columns.findIndex((column) => column.name === name);
  expect(read({ ...good, [name]: value })[at]).toEqual(expected);
});

test.each<[string, string, unknown, string, string]>([
  [
    "a number as a string",
    "age",
    "42",
    "SCHEMA_WRONG_KIND",
    '"age" as number, and rows[7] has the string "42" there. Pass a number,',
  ],
  ["a bigint", "age", 42n, "SCHEMA_WRONG_KIND", "has the bigint 42 there. Pass a number"],
  ["an array", "age", [1], "SCHEMA_WRONG_KIND", "has an array there"],
  [
    "a number as a category",
    "plan",
    3,
    "SCHEMA_WRONG_KIND",
    '"plan" as category, and rows[7] has the number 3 there. Pass a string,',
  ],
  ["NaN as a category", "stars", Number.NaN, "SCHEMA_WRONG_KIND", "Pass a string or a number"],
  ["a string as a boolean", "paid", "true", "SCHEMA_WRONG_KIND", "Pass true or false"],
  ["an object as a text", "note", {}, "SCHEMA_WRONG_KIND", "has an object there"],
  ["a function", "note", () => 1, "SCHEMA_WRONG_KIND", "has a function there"],
  ["milliseconds as an instant", "signup", 1e12, "SCHEMA_WRONG_KIND", "Pass a Date"],
  [
    "a Date in wall-clock",
    "call",
    new Date(0),
    "SCHEMA_BAD_CELL",
    "datetime (wall), and rows[7] has a Date there. Pass an ISO string without zone",
  ],
  ["a zone in wall-clock", "call", "2024-05-31T14:30Z", "SCHEMA_BAD_CELL", "a time with a zone, there"],
  [
    "no zone in an instant",
    "signup",
    "2024-05-31T14:30",
    "SCHEMA_BAD_CELL",
    "a time without a zone, there. Pass a Date, or an ISO string with its zone",
  ],
  ["a day-first date", "call", "31.05.2024", "SCHEMA_BAD_CELL", 'the string "31.05.2024"'],
  ["an impossible date", "call", "2024-02-30", "SCHEMA_BAD_CELL", "2024-02-30"],
  ["an invalid Date", "signup", new Date("x"), "SCHEMA_BAD_CELL", "an invalid Date"],
  ["a long string", "age", "x".repeat(10_000), "SCHEMA_WRONG_KIND", `"${"x".repeat(40)}…"`],
  [
    "undefined",
    "age",
    undefined,
    "SCHEMA_MISSING_COLUMN",
    'needs the column "age" (number), and rows[7] has undefined there',
  ],
])("error: %s", (_, name, value, code, words) => {
  expect(() => read({ ...good, [name]: value })).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(words) }),
  );
});

test("a missing column is named with the nearest name in the row, and other columns do not matter", () => {
  const { income, ...rest } = good;
  expect(() => read({ ...rest, incomes: income, extra: 1 })).toThrow(
    expect.objectContaining({
      code: "SCHEMA_MISSING_COLUMN",
      message:
        'churn.onnx needs the column "income" (number), and rows[7] has 10 columns without it; the nearest name is "incomes". Rename "incomes", or add the column. [SCHEMA_MISSING_COLUMN]',
    }),
  );
  expect(() => read(rest)).toThrow(/has 8 columns without it\. Add it, with null/);
  expect(read({ ...good, extra: 1 })).toEqual(read(good));
});

test.each([
  ["null", null],
  ["a string", "age"],
  ["undefined", undefined],
])("%s is no row", (_, row) => {
  expect(() => read(row)).toThrow(expect.objectContaining({ code: "SCHEMA_WRONG_KIND" }));
});

test("columns named like parts of every object", () => {
  const odd: readonly ColumnSchema[] = defineSchema({ constructor: number(), toString: category() }).columns;
  expect(() => read({}, odd)).toThrow(expect.objectContaining({ code: "SCHEMA_MISSING_COLUMN" }));
  expect(read({ constructor: 1, toString: "a" }, odd)).toEqual([1, "a"]);
  const proto: ColumnSchema[] = [{ name: "__proto__", kind: "number", role: "feature", dtype: "float64" }];
  expect(() => read({ a: 1 }, proto)).toThrow(expect.objectContaining({ code: "SCHEMA_MISSING_COLUMN" }));
  expect(read(JSON.parse('{"__proto__":3}'), proto)).toEqual([3]);
});
