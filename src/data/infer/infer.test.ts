import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { ColumnSchema } from "../../schema/index.ts";
import { parseColumnFlag } from "../column-flag.ts";
import type { Finding } from "../finding.ts";
import { tableFromRows } from "../table-from-rows.ts";
import { float32Keeps } from "./float-precision.ts";
import type { ColumnOverride } from "./infer-column.ts";

/** Schema and findings of one column among two others. */
function infer(cells: readonly (string | number | null)[], declared?: ColumnOverride, name = "x") {
  const rows = cells.map((cell, row) => ({ first: row % 3, [name]: cell, last: row % 5 }));
  const table = tableFromRows(rows, declared === undefined ? {} : { columns: { [name]: declared } });
  const column = table.schema.columns.find((other) => other.name === name)!;
  return { column, findings: table.findings.filter((finding) => finding.column === name), table };
}

const repeat = <T>(cells: readonly T[], times: number): T[] =>
  Array.from({ length: times }, () => cells).flat();
const numbered = (count: number, make: (row: number) => string): string[] =>
  Array.from({ length: count }, (_, row) => make(row));

describe("kinds", () => {
  test.each<[string, readonly (string | number | null)[], Partial<ColumnSchema>, Finding["kind"][]]>([
    ["numbers as text", repeat(["1", "2.5", ""], 5), { kind: "number", dtype: "float32" }, []],
    ["a word for missing", repeat(["1", "2", "?"], 5), { kind: "number", missing: ["?"] }, ["missingCode"]],
    [
      "a far-off negative code",
      [...repeat([1, 2, 3], 5), -999, -999],
      { kind: "number", missing: ["-999"] },
      ["missingCode"],
    ],
    ["negatives that are no code", [...repeat([1, -2, 3], 5), -999, -999], { kind: "number" }, []],
    ["currency", repeat(["$1,200", "$3"], 5), { format: { currency: "$", thousands: "," } }, ["format"]],
    [
      "a few words among numbers",
      [...repeat(["1", "2"], 30), "asked later"],
      { kind: "number", wordsAreMissing: true },
      ["mixedTypes"],
    ],
    ["as many words as numbers", repeat(["1", "2", "low", "high"], 5), { kind: "category" }, []],
    ["codes with leading zeros", repeat(["00501", "10001"], 5), { kind: "category" }, ["format"]],
    [
      "day-first dates",
      repeat(["31/12/2023", "01/02/2024"], 5),
      { kind: "datetime", order: "dmy", clock: "wall" },
      ["format"],
    ],
    [
      "instants",
      repeat(["2024-01-01T00:00Z", "2024-01-02T00:00Z"], 5),
      { kind: "datetime", clock: "instant" },
      [],
    ],
    ["yes and no", repeat(["ja", "nein"], 5), { kind: "boolean", written: ["ja", "nein"] }, ["format"]],
    ["true and false", repeat(["True", "False"], 5), { kind: "boolean" }, ["format"]],
    ["zeros and ones", repeat([0, 1], 5), { kind: "number" }, []],
    [
      "categories with NA",
      repeat(["a", "b", "NA"], 5),
      { kind: "category", missing: ["NA"] },
      ["missingCode"],
    ],
    ["None is a category", repeat(["a", "None"], 5), { kind: "category" }, []],
    ["sentences", numbered(60, (row) => `the ${row} quick brown foxes jump`), { kind: "text" }, []],
    [
      "a string for each row",
      numbered(60, (row) => `key-${row}`),
      { kind: "id", role: "id" },
      ["identifier"],
    ],
    ["one value", repeat(["same"], 12), { kind: "category", role: "ignore" }, ["constant"]],
    ["one number", repeat([7], 12), { kind: "number", role: "ignore" }, ["constant"]],
    ["nothing", repeat([null], 12), { role: "ignore" }, ["allMissing"]],
    ["infinity among numbers", repeat(["1", "2", "inf"], 5), { kind: "number" }, ["infinite"]],
    ["seven-digit decimals", [0.1234567, 0.12345671, 0.12345672], { dtype: "float32" }, []],
    ["more digits than float32 has", [0.123456789, 0.123456788], { dtype: "float64" }, []],
  ])("%s", (_name, cells, column, kinds) => {
    const inferred = infer(cells);
    expect(inferred.column).toMatchObject(column);
    expect(inferred.findings.map((finding) => finding.kind)).toEqual(kinds);
  });

  test("row numbers and ids by name are identifiers, measurements that happen to count are not", () => {
    const counting = numbered(40, String).map(Number);
    const first = tableFromRows(counting.map((n) => ({ n, a: n % 3, b: n % 7 })));
    expect(first.schema.columns[0]).toMatchObject({ kind: "number", role: "id" });
    expect(infer(counting).column.role).toBe("feature");
    expect(
      infer(
        counting.map((n) => n * 7 + 3),
        undefined,
        "customer_id",
      ).column.role,
    ).toBe("id");
    expect(
      infer(
        counting.map((n) => n * 7 + 3),
        undefined,
        "paid",
      ).column.role,
    ).toBe("feature");
    const two = tableFromRows(counting.map((x) => ({ x, y: 2 * x })));
    expect(two.schema.columns.map((column) => column.role)).toEqual(["feature", "feature"]);
  });

  test("no evidence repeats a cell of a single row", () => {
    const secret = "Jane Doe, 4711";
    const columns = [
      [...repeat(["1", "2"], 40), "Jane Doe"],
      numbered(60, (row) => (row === 7 ? secret : `key-${row}`)),
      [...repeat(["$1", "$2"], 40), "$471100815"],
    ];
    for (const cells of columns) {
      const { column, findings } = infer(cells);
      expect(JSON.stringify([column, findings])).not.toMatch(/Jane|4711/);
    }
  });
});

describe("declarations win", () => {
  test.each<
    [string, readonly (string | number)[], ColumnOverride, Partial<ColumnSchema>, readonly unknown[]]
  >([
    ["numbers as categories", [7, 8, 7], { kind: "category" }, { numeric: true }, ["7", "8"]],
    [
      "numbers as text cells",
      ["7", "7.0", "x"],
      { kind: "category" },
      { kind: "category" },
      ["7", "7.0", "x"],
    ],
    ["0 and 1 as yes and no", ["0", "1", "1"], { kind: "boolean" }, { written: ["1", "0"] }, ["0", "1"]],
    ["nothing is missing", ["NA", "DE", "NA"], { missing: [] }, { kind: "category" }, ["NA", "DE"]],
    [
      "a code is missing",
      ["9", "1", "2"],
      { missing: ["9"] },
      { kind: "number", missing: ["9"] },
      [Number.NaN, 1, 2],
    ],
    [
      "the other order of dates",
      ["01/02/2024", "01/03/2024"],
      { order: "dmy" },
      { order: "dmy" },
      [Date.UTC(2024, 1, 1), Date.UTC(2024, 2, 1)],
    ],
    [
      "an identifier is kept",
      numbered(30, (row) => `k${row}`),
      { kind: "category" },
      { role: "feature" },
      numbered(30, (row) => `k${row}`),
    ],
    [
      "a target is exact",
      [0.1, 0.2, 0.1],
      { role: "target" },
      { role: "target", dtype: "float64" },
      [0.1, 0.2, 0.1],
    ],
  ])("%s", async (_name, cells, declared, column, expected) => {
    const inferred = infer(cells, declared);
    expect(inferred.column).toMatchObject(column);
    const read = (await inferred.table.read()).columns.get("x")!;
    expect(read.type === "number" ? [...read.values] : read.dictionary).toEqual(expected);
    expect(inferred.findings.filter((finding) => finding.effect === "leftOut")).toEqual([]);
  });

  test("numbers declared as datetimes are refused, cells that are no numbers too", () => {
    expect(() => infer([1, 2, 3], { kind: "datetime" })).toThrow(/SCHEMA_WRONG_KIND/);
    expect(() => infer(["1", "2", "many"], { kind: "number" })).toThrow(/SCHEMA_BAD_CELL/);
    expect(() => infer(["1"], undefined, "x").table.schema).not.toThrow();
  });

  test("every undo flag of reading is understood and undoes its finding", () => {
    const columns: [string, readonly (string | number)[]][] = [
      ["missingCode", repeat(["1", "2", "?"], 5)],
      ["format", repeat(["$1", "$2"], 5)],
      ["format", repeat(["yes", "no"], 5)],
      ["missingCode", repeat(["a", "b", "N/A"], 5)],
      ["mixedTypes", [...repeat(["1", "2"], 30), "later"]],
    ];
    for (const [kind, cells] of columns) {
      const finding = infer(cells).findings.find((other) => other.kind === kind)!;
      const [, flag] = /^--column '?(.*?)'?$/.exec(finding.undo!)!;
      const [name, declared] = parseColumnFlag(flag!);
      expect(name).toBe("x");
      if (kind === "missingCode" && declared.kind === "number") continue;
      expect(infer(cells, declared).findings.map((other) => other.kind)).not.toContain(kind);
    }
  });
});

describe("--column", () => {
  test.each<[string, string, ColumnOverride]>([
    ["price=number", "price", { kind: "number" }],
    ["a=b=category", "a=b", { kind: "category" }],
    ["x=number,missing=-999|?", "x", { kind: "number", missing: ["-999", "?"] }],
    ["x=number,missing=", "x", { kind: "number", missing: [] }],
    ["d=datetime,order=dmy,role=time", "d", { kind: "datetime", order: "dmy", role: "time" }],
  ])("%s", (text, name, declared) => {
    expect(parseColumnFlag(text)).toEqual([name, declared]);
  });

  test.each([
    ["price", /NAME=KIND/],
    ["price=numbr", /nearest is "number"/],
    ["price=number,mising=3", /nearest is "missing"/],
  ])("%s is refused", (text, message) => {
    expect(() => parseColumnFlag(text)).toThrow(message);
  });
});

describe("float32 keeps distinct values apart", () => {
  const definition = (values: readonly number[]): boolean => {
    const present = values.filter((value) => !Number.isNaN(value));
    const rounded = new Set(present.map(Math.fround));
    return rounded.size === new Set(present).size && ![...rounded].some((value) => !Number.isFinite(value));
  };

  test("as the definition says, for decimals of any precision", () => {
    const decimal = fc
      .tuple(fc.integer({ min: -(2 ** 31), max: 2 ** 31 }), fc.integer({ min: 0, max: 9 }))
      .map(([m, e]) => m / 10 ** e);
    const value = fc.oneof(
      decimal,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constant(Number.NaN),
    );
    fc.assert(
      fc.property(fc.array(value, { maxLength: 60 }), (values) => {
        expect(float32Keeps(Float64Array.from(values))).toBe(definition(values));
      }),
      { seed: 4, numRuns: 2000 },
    );
  });

  test("as the definition says, close to where it changes", () => {
    const random = createRandom(8);
    for (const [scale, from] of [
      [10_000, 1000],
      [100, 100_000],
      [1, 2 ** 24],
      [1000, 8000],
    ] as const) {
      const values = Float64Array.from(
        { length: 3000 },
        () => Math.round((from + random.next() * from) * scale) / scale,
      );
      expect(float32Keeps(values)).toBe(definition([...values]));
    }
  });
});
