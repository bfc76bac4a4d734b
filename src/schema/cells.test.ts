import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainDecimal, readDatetimeCell, readNumberCell, readStringCell } from "./cells.ts";
import { parseDatetimeCell, recogniseDatetimeFormat } from "./datetime-format.ts";
import { parseNumberCell, recogniseNumberFormat } from "./number-format.ts";
import type { NumberColumnSchema, NumberFormat } from "./schema.ts";
import { meansMissing, recogniseBoolean } from "./words.ts";

describe("numbers", () => {
  test.each<[string, NumberFormat | undefined, number]>([
    ["12.5", undefined, 12.5],
    ["  -3e2 ", undefined, -300],
    [".5", undefined, 0.5],
    ["+7.", undefined, 7],
    ["−4", undefined, -4],
    ["1,234,567.8", { thousands: "," }, 1234567.8],
    ["1.234,5", { thousands: ".", decimal: "," }, 1234.5],
    ["1 234,5", { thousands: " ", decimal: "," }, 1234.5],
    ["1\u202f234,5", { thousands: " ", decimal: "," }, 1234.5],
    ["1'234.5", { thousands: "'" }, 1234.5],
    ["0,25", { decimal: "," }, 0.25],
    ["$1,200.50", { thousands: ",", currency: "$" }, 1200.5],
    ["-$5", { currency: "$" }, -5],
    ["$-5", { currency: "$" }, -5],
    ["($5.25)", { currency: "$" }, -5.25],
    ["12 €", { currency: "€" }, 12],
    ["EUR 12", { currency: "EUR" }, 12],
    ["12 %", { percent: true }, 12],
    ["12", { percent: true }, 12],
  ])("%j with %j is %d", (text, format, value) => {
    expect(parseNumberCell(text, format)).toBe(value);
  });

  test.each(["", "  ", "nan", "NaN", "inf", "-Infinity", "1e999"])("%j is missing", (text) => {
    expect(parseNumberCell(text)).toBeNaN();
  });

  test.each<[string, NumberFormat | undefined]>([
    ["1,5", undefined],
    ["12 %", undefined],
    ["$5", undefined],
    ["0x10", undefined],
    ["1_000", undefined],
    ["--1", undefined],
    ["12,34", { thousands: "," }],
    ["1,2345", { thousands: "," }],
    ["0,123", { thousands: "," }],
    ["1.5", { decimal: "," }],
    ["5 $ 6", { currency: "$" }],
    ["seven", undefined],
  ])("%j with %j is no number", (text, format) => {
    expect(parseNumberCell(text, format)).toBeUndefined();
  });

  test.each<[readonly string[], NumberFormat | undefined]>([
    [["1", "2.5"], {}],
    [["1,200", "3"], { thousands: "," }],
    [["1,5", "3"], { decimal: "," }],
    [["1.200,5", "3"], { decimal: ",", thousands: "." }],
    [["$1,200", "$3.50", "-$2"], { thousands: ",", currency: "$" }],
    [["12%", "3.5 %"], { percent: true }],
    [["12 €", "3,5 €"], { decimal: ",", currency: "€" }],
    [["$1", "2 €"], undefined],
    [["1", "two"], undefined],
    [["a1", "b2"], undefined],
  ])("%j are written as %j", (cells, format) => {
    expect(recogniseNumberFormat(cells)).toEqual(format);
  });

  test("one comma before three digits is a decimal comma where fields are separated by semicolons", () => {
    expect(recogniseNumberFormat(["1,234"], false)).toEqual({ thousands: "," });
    expect(recogniseNumberFormat(["1,234"], true)).toEqual({ decimal: "," });
  });

  test("every finite number that JavaScript writes is read back to the bit", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(parseNumberCell(String(value))).toBe(value === 0 ? 0 : value);
      }),
      { seed: 1 },
    );
  });

  const column: NumberColumnSchema = { name: "x", kind: "number", role: "feature", dtype: "float32" };
  test("a column's missing codes, words and rounding", () => {
    expect(readNumberCell("0.1", column)).toBe(Math.fround(0.1));
    expect(readNumberCell("-999.0", { ...column, missing: ["-999"] })).toBeNaN();
    expect(readNumberCell("N/A", { ...column, missing: ["N/A"] })).toBeNaN();
    expect(readNumberCell("N/A", column)).toBeUndefined();
    expect(readNumberCell("not asked", { ...column, wordsAreMissing: true })).toBeNaN();
    expect(readNumberCell("12 units", { ...column, wordsAreMissing: true })).toBeUndefined();
  });
});

describe("datetimes", () => {
  const at = (...parts: Parameters<typeof Date.UTC>): number => Date.UTC(...parts);
  test.each([
    ["2024-03-01", "wall", "ymd", at(2024, 2, 1)],
    ["2024-3-1 5:06", "wall", "ymd", at(2024, 2, 1, 5, 6)],
    ["2024/03/01T05:06:07.25", "wall", "ymd", at(2024, 2, 1, 5, 6, 7, 250)],
    ["2024-03", "wall", "ymd", at(2024, 2, 1)],
    ["31.12.2023", "wall", "dmy", at(2023, 11, 31)],
    ["31/12/23 08:00", "wall", "dmy", at(2023, 11, 31, 8)],
    ["12/31/1999", "wall", "mdy", at(1999, 11, 31)],
    ["3/23/2019 8:21:09 PM", "wall", "mdy", at(2019, 2, 23, 20, 21, 9)],
    ["12/1/2019 12:05 am", "wall", "mdy", at(2019, 11, 1, 0, 5)],
    ["23 Mar 2019", "wall", "ymd", at(2019, 2, 23)],
    ["March 23, 2019", "wall", "ymd", at(2019, 2, 23)],
    ["Sat, 23 Mar 2019 20:21:09 GMT", "instant", "ymd", at(2019, 2, 23, 20, 21, 9)],
    ["2024-03-01T05:06:07Z", "instant", "ymd", at(2024, 2, 1, 5, 6, 7)],
    ["2024-03-01 05:06+02:00", "instant", "ymd", at(2024, 2, 1, 3, 6)],
    ["2024-03-01 05:06:00-0330", "instant", "ymd", at(2024, 2, 1, 8, 36)],
  ] as const)("%j (%s, %s)", (text, clock, order, time) => {
    expect(parseDatetimeCell(text, { clock, order })).toBe(time);
  });

  test.each([
    ["2024-02-30", "wall", "ymd"],
    ["2024-13-01", "wall", "ymd"],
    ["31/12/2023", "wall", "mdy"],
    ["31/12/2023", "wall", "ymd"],
    ["2024-03-01T05:06Z", "wall", "ymd"],
    ["2024-03-01T05:06", "instant", "ymd"],
    ["2024-03-01 25:00", "wall", "ymd"],
    ["2024-03-01 13:00 PM", "wall", "ymd"],
    ["1.5", "wall", "dmy"],
    ["20240301", "wall", "ymd"],
    ["soon", "wall", "ymd"],
  ] as const)("%j (%s, %s) is none", (text, clock, order) => {
    expect(parseDatetimeCell(text, { clock, order })).toBeUndefined();
  });

  test.each([
    [["2024-03-01", "2024-12-31"], { clock: "wall", order: "ymd", ambiguous: false }],
    [["31/12/2023", "01/02/2024"], { clock: "wall", order: "dmy", ambiguous: false }],
    [["12/31/2023", "01/02/2024"], { clock: "wall", order: "mdy", ambiguous: false }],
    [["01/02/2024", "03/04/2024"], { clock: "wall", order: "mdy", ambiguous: true }],
    [["01.02.2024", "03.04.2024"], { clock: "wall", order: "dmy", ambiguous: true }],
    [["2024-03-01T00:00Z", "2024-03-01T00:00+01:00"], { clock: "instant", order: "ymd", ambiguous: false }],
    [["2024-03-01T00:00Z", "2024-03-01"], undefined],
    [["1.5", "2.25"], undefined],
    [["May", "June"], undefined],
  ])("%j are %j", (cells, format) => {
    expect(recogniseDatetimeFormat(cells)).toEqual(format);
  });

  test("every instant that a Date writes is read back", () => {
    const valid = fc.date({
      min: new Date(-62135596800000),
      max: new Date(253402300799999),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(valid, (date) => {
        expect(parseDatetimeCell(date.toISOString(), { clock: "instant" })).toBe(date.getTime());
      }),
      { seed: 2 },
    );
  });
});

describe("words", () => {
  test("strings stand as in the table, blank ones are missing", () => {
    const category = { name: "c", kind: "category", role: "feature" } as const;
    expect(readStringCell(" a b ", category)).toBe(" a b ");
    expect(readStringCell("  ", category)).toBeNull();
    expect(readStringCell("?", { ...category, missing: ["?"] })).toBeNull();
    expect(
      ["7", "7.0", "7.50", "1e3", "-0", "x"].map((text) =>
        readStringCell(text, { ...category, numeric: true }),
      ),
    ).toEqual(["7", "7", "7.5", "1000", "0", "x"]);
  });

  test("true and false in any case are typed booleans, other words stay", () => {
    const flag = { name: "b", kind: "boolean", role: "feature" } as const;
    expect(readStringCell("TRUE", flag)).toBe("true");
    expect(readStringCell("Yes", { ...flag, written: ["Yes", "No"] })).toBe("Yes");
  });

  test.each([
    [
      ["Yes", "No"],
      ["Yes", "No"],
    ],
    [
      ["nein", "JA"],
      ["JA", "nein"],
    ],
    [
      ["f", "t"],
      ["t", "f"],
    ],
    [["1", "0"], undefined],
    [["yes", "maybe"], undefined],
    [["yes"], undefined],
  ])("%j as yes and no: %j", (cells, written) => {
    expect(recogniseBoolean(cells)).toEqual(written);
  });

  test("words for missing: some everywhere, more among numbers", () => {
    for (const word of ["NA", "n/a", "?", "NULL", " "]) expect(meansMissing(word, "words")).toBe(true);
    for (const word of ["None", "-", "."]) {
      expect(meansMissing(word, "words")).toBe(false);
      expect(meansMissing(word, "values")).toBe(true);
    }
  });

  test("whole numbers as categories are plain decimals", () => {
    expect([7, -0, 1e21, 0.5, 123456789012].map(plainDecimal)).toEqual([
      "7",
      "0",
      "1000000000000000000000",
      "0.5",
      "123456789012",
    ]);
  });

  test("a datetime cell obeys its column's clock", () => {
    const wall = { name: "d", kind: "datetime", role: "feature", clock: "wall" } as const;
    expect(readDatetimeCell("2024-01-01", wall)).toBe(Date.UTC(2024, 0, 1));
    expect(readDatetimeCell("2024-01-01T00:00Z", wall)).toBeUndefined();
    expect(readDatetimeCell("unknown", { ...wall, missing: ["unknown"] })).toBeNaN();
  });
});
