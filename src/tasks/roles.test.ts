/** Words about single columns: what they come to together, and which of them clash. */
import { describe, expect, test } from "vitest";
import { category, defineSchema, number } from "../schema/index.ts";
import type { Finding } from "../data/index.ts";
import { type ColumnsAsked, type NamedColumns, overridesOf, requireFeatures, withRoles } from "./roles.ts";

const target = { flag: "--target", role: "target", names: ["price"] } as const;
const leftOut = (column: string): Finding => ({
  kind: "constant",
  column,
  evidence: "",
  effect: "leftOut",
  undo: `--keep ${column}`,
});

test("flags come to one role a column, with what --column says of its kind", () => {
  const asked = { columns: { a: { kind: "category" } }, keep: ["a"], drop: ["b"] } as const;
  const lists = { ...target, read: { role: "ignore", kind: "category" } } as const;
  expect({ ...overridesOf(asked, [{ flag: "--id", role: "id", names: ["c", undefined] }, lists]) }).toEqual({
    a: { kind: "category", role: "feature" },
    b: { role: "ignore" },
    c: { role: "id" },
    price: { role: "ignore", kind: "category" },
  });
});

test.each<[string, ColumnsAsked, readonly NamedColumns[], RegExp]>([
  [
    "two roles",
    {},
    [{ flag: "--id", role: "id", names: ["price"] }, target],
    /two roles, id and target.*ROLE/,
  ],
  ["dropped and named", { drop: ["price"] }, [target], /"price" is dropped, and --target names it too/],
  ["dropped and kept", { drop: ["a"], keep: ["a"] }, [], /"a" is dropped, and --keep names it too/],
  ["kept and named", { keep: ["price"] }, [target], /is the target, and --keep makes it a feature/],
  [
    "declared and named",
    { columns: { price: { role: "group" } } },
    [target],
    /is the target, and --column makes it the role group/,
  ],
  ["a second target", { columns: { a: { role: "target" } } }, [target], /--target names another column/],
  ["a target where none is", { columns: { a: { role: "target" } } }, [], /no column is predicted here/],
])("refused: %s", (_, asked, named, message) => {
  expect(() => overridesOf(asked, named)).toThrow(message);
});

describe("after the findings", () => {
  const schema = {
    columns: defineSchema({
      a: number(),
      b: number(),
      c: category(),
      price: number({ role: "target" }),
    }).columns,
  };
  const featuresOf = (how: { keep?: readonly string[]; only?: readonly string[] }): readonly string[] =>
    withRoles(schema, [leftOut("a"), leftOut("b")], how)
      .columns.filter(({ role }) => role === "feature")
      .map(({ name }) => name);

  test("what is left out is ignored, unless it is kept or named; other roles stay", () => {
    expect(featuresOf({})).toEqual(["c"]);
    expect(featuresOf({ keep: ["b"] })).toEqual(["b", "c"]);
    expect(featuresOf({ only: ["a", "price"] })).toEqual(["a"]);
    expect(withRoles(schema, [leftOut("price")], {}).columns.at(-1)!.role).toBe("target");
  });

  test("no feature is an error with what was left out and the flag that keeps it", () => {
    const findings = [leftOut("a"), leftOut("b"), leftOut("c")];
    const none = withRoles(schema, findings, {});
    expect(() => requireFeatures(none, findings, "compare rows by")).toThrow(
      /No column is left to compare rows by\. Left out: a \(constant\), b .*--keep a\..*DATA_EMPTY/,
    );
    requireFeatures(schema, findings, "predict from");
  });
});
