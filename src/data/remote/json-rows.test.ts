import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fieldOf, parsePage, rowLines, rowsPath } from "./json-rows.ts";

const page = (text: string): ReturnType<typeof parsePage> => parsePage(text, "the page");

test("rows are cut out as JSON.parse reads them, for any JSON, spacing and path", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), fc.nat(3), (rows, other, space) => {
      const text = JSON.stringify({ before: other, a: { 'b]"\\': 1, rows }, after: other }, null, space);
      const lines = rowLines(page(text), "a.rows");
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(JSON.parse(JSON.stringify(rows)));
      expect(lines.every((line) => !/[\r\n]/.test(line))).toBe(true);
    }),
  );
});

test("numbers keep every digit", () => {
  expect(rowLines(page('[{"id":12345678901234567890,"x":1.10}, 3 ,"a"]'), "")).toEqual([
    '{"id":12345678901234567890,"x":1.10}',
    "3",
    '"a"',
  ]);
});

describe("where the rows are", () => {
  test.each([
    ["[]", undefined, ""],
    ['{"count":2,"results":[{"a":1}],"next":null}', undefined, "results"],
    ['{"data":[{"a":1}],"errors":[]}', undefined, "data"],
    ['{"data":[]}', undefined, "data"],
    ['{"data":{"rows":[{"a":1}]}}', "data.rows", "data.rows"],
    ['{"a":1,"tags":["x"]}', undefined, undefined],
  ])("%s, told %j: %j", (text, told, expected) => {
    expect(rowsPath(page(text), "the page", told)).toBe(expected);
  });

  test.each([
    ['{"a":[{"x":1}],"b":[{"y":1}]}', undefined, "PARAMETER_MISSING"],
    ['{"a":[{"x":1}]}', "b", "SOURCE_FORMAT"],
    ["7", undefined, "SOURCE_FORMAT"],
    ["null", undefined, "SOURCE_FORMAT"],
  ])("%s, told %j, is %s", (text, told, code) => {
    expect(() => rowsPath(page(text), "the page", told)).toThrow(expect.objectContaining({ code }));
  });
});

test("a field is found by its path, never in what objects inherit", () => {
  expect(fieldOf({ a: { b: 0 } }, "a.b")).toBe(0);
  expect(fieldOf({ a: 1 }, "a.b")).toBeUndefined();
  expect(fieldOf({}, "constructor")).toBeUndefined();
});
