/** Broken expectations, and two tables that cannot be compared. */
import { type BadInput, goodTable } from "./case.ts";

const good = goodTable(30);
const check = ["check", "./data.csv", "--expect", "./expect.json"] as const;
const expecting = (
  name: string,
  expected: unknown,
  code: BadInput["code"],
  says: readonly string[],
): BadInput => ({
  name: `expectations: ${name}`,
  files: {
    "data.csv": good,
    "expect.json": typeof expected === "string" ? expected : JSON.stringify(expected),
  },
  command: check,
  code,
  says,
});
const rule = (name: string, sql: string, code: BadInput["code"], says: readonly string[]): BadInput =>
  expecting(`a rule ${name}`, { format: 1, rules: [{ sql }] }, code, says);
const diff = (
  name: string,
  [before, after]: readonly [string, string],
  more: readonly string[],
  code: BadInput["code"],
  says: readonly string[],
): BadInput => ({
  name: `data diff: ${name}`,
  files: { "before.csv": before, "after.csv": after },
  command: ["data", "diff", "./before.csv", "./after.csv", ...more],
  code,
  says,
});

export const badChecks: readonly BadInput[] = [
  {
    name: "check without a task",
    files: { "data.csv": good },
    command: ["check", "./data.csv"],
    code: "PARAMETER_MISSING",
    says: ["--expect", "--write"],
  },
  {
    name: "check and write at once",
    files: { "data.csv": good, "expect.json": '{"format":1}' },
    command: [...check, "--write", "./new.json"],
    code: "PARAMETER_CONFLICT",
    says: ["--write", "--expect"],
  },
  {
    name: "a margin without anything to write",
    files: { "data.csv": good, "expect.json": '{"format":1}' },
    command: [...check, "--margin", "0.2"],
    code: "PARAMETER_CONFLICT",
    says: ["--margin"],
  },
  {
    name: "a time that is none",
    files: { "data.csv": good, "expect.json": '{"format":1}' },
    command: [...check, "--now", "tomorrow"],
    code: "PARAMETER_RANGE",
    says: ["--now", '"tomorrow"', "2025-01-31"],
  },
  {
    name: "expectations that are not there",
    files: { "data.csv": good },
    command: check,
    code: "SOURCE_NOT_FOUND",
    says: ["expect.json", "--write"],
  },
  {
    name: "expectations that are a folder",
    files: { "data.csv": good, "expect.json": null },
    command: check,
    code: "SOURCE_UNREADABLE",
    says: ["expect.json"],
  },
  {
    name: "a table to check that is not there",
    files: { "expect.json": '{"format":1}' },
    command: check,
    code: "SOURCE_NOT_FOUND",
    says: ["data.csv"],
  },
  {
    name: "a folder in place of the expectations to write",
    files: { "data.csv": good, "new.json": null },
    command: ["check", "./data.csv", "--write", "./new.json"],
    code: "OUTPUT_EXISTS",
    says: ["new.json", "is a folder", "--write"],
  },
  {
    name: "expectations to write that are there already",
    files: { "data.csv": good, "new.json": '{"format":1}' },
    command: ["check", "./data.csv", "--write", "./new.json"],
    code: "OUTPUT_EXISTS",
    says: ["new.json", "--write"],
  },
  {
    name: "expectations to write into a folder that is not there",
    files: { "data.csv": good },
    command: ["check", "./data.csv", "--write", "./away/new.json"],
    code: "OUTPUT_UNWRITABLE",
    says: ["away", "--write"],
  },
  expecting("no JSON", "format: 1", "SOURCE_FORMAT", ["expect.json", "not JSON"]),
  expecting(
    "a column twice",
    '{"format":1,"columns":{"age":{"min":1},"age":{"max":3}}}',
    "PARAMETER_CONFLICT",
    ['"age" twice'],
  ),
  expecting("a list", [], "PARAMETER_RANGE", ["object"]),
  expecting("of another format", { format: 9 }, "PARAMETER_RANGE", ['"format"', "9"]),
  expecting("an unknown key", { format: 1, colums: {} }, "PARAMETER_UNKNOWN", ['"colums"', '"columns"']),
  expecting("an unknown key of a column", { format: 1, columns: { age: { mx: 3 } } }, "PARAMETER_UNKNOWN", [
    '"age"',
    '"mx"',
    '"max"',
  ]),
  expecting("bounds upside down", { format: 1, columns: { age: { min: 9, max: 3 } } }, "PARAMETER_CONFLICT", [
    "9",
    "3",
  ]),
  expecting("a bound of words", { format: 1, columns: { colour: { min: 3 } } }, "SCHEMA_WRONG_KIND", [
    '"colour"',
    "category",
    '"kind"',
  ]),
  expecting("a broken pattern", { format: 1, columns: { colour: { pattern: "(re" } } }, "PARAMETER_RANGE", [
    '"(re"',
    "RE2",
  ]),
  expecting(
    "a combination with an unknown column",
    { format: 1, unique: [["size", "colr"]] },
    "SCHEMA_MISSING_COLUMN",
    ['"colr"', '"colour"'],
  ),
  rule("about an unknown column", "aeg > 3", "SCHEMA_MISSING_COLUMN", ['"aeg"', '"age"']),
  rule("that is a second statement", "true; DROP TABLE data", "SOURCE_SQL", ["semicolon"]),
  rule("that leaves its brackets", "true) FROM x UNION SELECT (true", "SOURCE_SQL", ["brackets"]),
  rule("that hides the rest in a comment", "age > 3 --", "SOURCE_SQL", ["comment"]),
  rule("that reads a file", "(SELECT count(*) FROM read_text('/etc/hostname')) > 0", "SOURCE_SQL", [
    "disabled",
  ]),
  rule("that is a number", "age + 1", "SCHEMA_WRONG_KIND", ["age + 1", "true or false"]),
  rule("that fails in a row", "(colour || '1')::INTEGER > 1", "SOURCE_SQL", ["colour", "convert"]),
  {
    name: "data without its command",
    command: ["data", "dif", "./before.csv", "./after.csv"],
    code: "PARAMETER_UNKNOWN",
    says: ["'dif'", "diff", "millwright data --help"],
  },
  {
    name: "data diff with one table",
    files: { "before.csv": good },
    command: ["data", "diff", "./before.csv"],
    code: "PARAMETER_MISSING",
    says: ["'after'", "data diff --help"],
  },
  {
    name: "data diff with a table that is not there",
    files: { "before.csv": good },
    command: ["data", "diff", "./before.csv", "./after.csv"],
    code: "SOURCE_NOT_FOUND",
    says: ["after.csv"],
  },
  diff("no common column", ["a,b\n1,2\n", "c,d\n1,2\n"], [], "SCHEMA_MISMATCH", ["a, b", "c, d", "common"]),
  diff("ids twice", ["id,n\n1,2\n1,3\n", "id,n\n1,2\n"], ["--id", "id"], "DATA_BAD_VALUE", [
    "2 rows",
    '"id"',
    "1, 2",
  ]),
  diff("ids missing", ["id,n\n1,2\n", "id,n\n1,2\n,3\n"], ["--id", "id"], "DATA_BAD_VALUE", [
    "after.csv",
    '"id"',
    "2",
  ]),
  diff("an unknown id", [good, good], ["--id", "szie"], "SCHEMA_MISSING_COLUMN", ['"szie"', '"size"']),
  diff("a limit of changed rows without an id", [good, good], ["--max-changed", "3"], "PARAMETER_CONFLICT", [
    "--id",
  ]),
  diff("a limit that is none", [good, good], ["--max-added", "few"], "PARAMETER_RANGE", [
    "--max-added",
    '"few"',
    "5%",
  ]),
  diff("a drift beyond 1", [good, good], ["--max-drift", "7"], "PARAMETER_RANGE", ["--max-drift", "7"]),
];
