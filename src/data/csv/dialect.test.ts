import { describe, expect, test } from "vitest";
import { type DialectOptions, findDialect, type FoundDialect } from "./dialect.ts";

function find(text: string, options: DialectOptions = {}): FoundDialect & { readonly written: string } {
  const found = findDialect(text, true, "t.csv", options);
  const { delimiter, quote, escape, newline } = found.dialect;
  const written = [delimiter, quote, escape, newline].map((code) =>
    code === 0 ? "none" : String.fromCharCode(code),
  );
  return { ...found, written: written.join(" ") };
}

describe("delimiter, quote and escape", () => {
  test.each([
    ["a,b\n1,2\n", ', " " \n'],
    ["a;b\n1,5;2,5\n3,5;4\n", '; " " \n'],
    ["a\tb\nx, y\tz\n", '\t " " \n'],
    ["a|b|c\n1|2|3\n", '| " " \n'],
    ['a,b\n"x;y;z",2\n"u;v;w",3\n', ', " " \n'],
    ["a,b\n'x, y',2\n'u',3\n", ", ' ' \n"],
    ['a,b\n"say \\"hi\\"",2\n', ', " \\ \n'],
    ["a,b\r1,2\r", ', " " \r'],
    ["name\nAnna\nBert\n", ', " " \n'],
    ['tag\ttext\nham\t"Hello" she said\nspam\t5" pipe\n', "\t none none \n"],
  ])("%j", (text, written) => {
    expect(find(text).written).toBe(written);
  });

  test("what the user says is not doubted", () => {
    expect(find("a;b,c\n1;2,3\n", { delimiter: "," }).names).toEqual(["a;b", "c"]);
    expect(find('a,b\n"x,y\n', { quote: "" }).written).toBe(", none none \n");
    expect(() => find("a\n", { delimiter: "ab" })).toThrow(/PARAMETER_RANGE/);
    expect(() => find("a\n", { delimiter: "→" })).toThrow(/PARAMETER_RANGE/);
  });
});

describe("header", () => {
  test.each<[string, boolean, readonly string[]]>([
    ["a,b\n1,2\n", true, ["a", "b"]],
    ["1,2\n3,4\n", false, ["column_1", "column_2"]],
    ["ham\thello you\nspam\tbuy now\nham\tsee you\n", false, ["column_1", "column_2"]],
    ["city,country\nParis,FR\nRome,IT\n", true, ["city", "country"]],
    [
      "country,1960,1970,1980\nA,1.5,2.5,3\nB,4,5,6\n",
      false,
      ["column_1", "column_2", "column_3", "column_4"],
    ],
    ["day,n\n2024-01-01,5\n", true, ["day", "n"]],
    [" a , b\n1,2\n", true, ["a", "b"]],
    [",x\n1,2\n2,3\n", true, ["column_1", "x"]],
    ["x,y\nr1,1,2\nr2,3,4\n", true, ["row_names", "x", "y"]],
    ["x,y\n1,2\nr2,3,4\n", true, ["x", "y"]],
    ["x,y\nr1,1,2\nr2,3,4\n1,2\n", true, ["x", "y"]],
    ["x,y\n1,5,2\n", true, ["x", "y"]],
    ["x,y\n1,5,2\n1,7,3\n", true, ["x", "y"]],
    ["a,b,\n1,2,\n3,4,\n", true, ["a", "b"]],
    ['"a\nb",c\n1,2\n', true, ["a\nb", "c"]],
    ["a,b\n", true, ["a", "b"]],
  ])("%j", (text, hasHeader, names) => {
    expect(find(text)).toMatchObject({ hasHeader, names });
  });

  test("its bytes and lines are known exactly, in UTF-8 and over several lines", () => {
    expect(find('"ä\nb",c\r\n1,2\r\n')).toMatchObject({
      headerBytes: 10,
      headerLines: 2,
      sample: [["1", "2"]],
    });
  });

  test("can be told", () => {
    expect(find("1,2\n3,4\n", { header: true }).names).toEqual(["1", "2"]);
    expect(find("a,b\n1,2\n", { header: false }).names).toEqual(["column_1", "column_2"]);
  });
});

test.each(["", "  \n\n"])("%j is empty", (text) => {
  expect(() => find(text)).toThrow(/t\.csv is empty.*DATA_EMPTY/);
});
