import { describe, expect, test } from "vitest";
import { describeWithSharedData } from "../../../test/shared-data.ts";
import { createRandom } from "../../core/index.ts";
import { findings } from "../look.ts";
import { openTable } from "../open-table.ts";
import { tableFromRows } from "../table-from-rows.ts";

const random = createRandom(6);
const honest = Array.from({ length: 300 }, (_, row) => ({
  a: random.normal(),
  b: row % 6,
  c: `c${row % 9}`,
}));

/** Kind, column and effect of every finding. */
async function seen(rows: Parameters<typeof tableFromRows>[0], target?: string): Promise<readonly string[]> {
  const found = await findings(tableFromRows(rows), target === undefined ? {} : { target });
  for (const finding of found) {
    expect(finding.evidence).toMatch(/^\S.*\.$/s);
    if (finding.undo !== null) expect(finding.undo).toMatch(/^--[a-z-]+ \S/);
  }
  return found.map(({ kind, column, effect }) => `${kind} ${column} ${effect}`);
}

describe("what is found, and nothing else", () => {
  test("nothing in an honest table", async () => {
    expect(await seen(honest)).toEqual([]);
  });

  test.each<[string, (row: number) => Record<string, number | string | Date | null>, string]>([
    ["many missing cells", (row) => ({ x: row % 3 === 0 ? random.normal() : null }), "highMissing x hint"],
    [
      "zeros where nothing else is low",
      (row) => ({ x: row % 20 === 0 ? 0 : 80 + (row % 60) }),
      "missingCode x hint",
    ],
    ["a 999 far above", (row) => ({ x: row % 20 === 0 ? 999 : row % 60 }), "missingCode x hint"],
    ["time in order", (row) => ({ t: new Date(Date.UTC(2024, 0, 1 + row)) }), "timeOrder t hint"],
  ])("%s", async (_name, make, expected) => {
    expect(await seen(honest.map((row, index) => ({ ...row, ...make(index) })))).toEqual([expected]);
  });

  test.each<[string, (row: number) => Record<string, number | Date>]>([
    ["counts that start at zero", (row) => ({ x: row % 5 })],
    ["mostly zeros", (row) => ({ x: row % 5 === 0 ? 500 + row : 0 })],
    ["a 99 among neighbours", (row) => ({ x: row % 100 })],
    ["time in no order", () => ({ t: new Date(Date.UTC(2024, 0, 1 + random.integer(300))) })],
  ])("not for %s", async (_name, make) => {
    expect(await seen(honest.map((row, index) => ({ ...row, ...make(index) })))).toEqual([]);
  });

  test("rows that repeat, identifiers left aside", async () => {
    const doubled = [...honest, ...honest.slice(0, 7)].map((row, id) => ({ id, ...row }));
    const found = await findings(tableFromRows(doubled));
    expect(found).toMatchObject([
      { kind: "identifier", column: "id" },
      { kind: "duplicateRows", numbers: { count: 7 } },
    ]);
  });

  test("a rare class, with the metric that sees it", async () => {
    const rare = honest.map((row, index) => ({ ...row, y: index % 50 === 0 ? "bad" : "good" }));
    expect(await findings(tableFromRows(rare), { target: "y" })).toMatchObject([
      { kind: "imbalance", column: "y", undo: "--metric averagePrecision", numbers: { count: 6, rows: 300 } },
    ]);
  });

  test("levels in their order, unless the task is settled", async () => {
    const graded = (of: (index: number) => number | string) =>
      honest.map((row, index) => ({ ...row, y: of(index) }));
    const kinds = async (of: (index: number) => number | string, how = {}) =>
      (await findings(tableFromRows(graded(of)), { target: "y", ...how })).filter(
        ({ kind }) => kind === "orderedTarget",
      );
    expect(await kinds((index) => 1 + (index % 5))).toMatchObject([
      { column: "y", effect: "hint", undo: "--task ordinal", numbers: { levels: 5 } },
    ]);
    expect(await kinds((index) => ["High", "Low", "Medium"][index % 3]!)).toMatchObject([
      { undo: "--task ordinal --order Low,Medium,High" },
    ]);
    expect(await kinds((index) => 1 + (index % 5), { suggestLevels: false })).toEqual([]);
    expect(await kinds((index) => index % 12)).toEqual([]);
    expect(await kinds((index) => 4 + (index % 3))).toEqual([]);
    expect(await kinds((index) => 0.5 * (index % 5))).toEqual([]);
    expect(await kinds((index) => ["red", "low", "high"][index % 3]!)).toEqual([]);
  });

  test("labels that differ by letter case or spaces alone, with their rows", async () => {
    const ways = ["yes", "yes", "Yes ", "no", "no", "no", "YES", " no", "maybe  so", "Maybe so"];
    const rows = honest.map((row, index) => ({ ...row, y: ways[index % 10]! }));
    const found = await findings(tableFromRows(rows), { target: "y" });
    expect(found.filter(({ kind }) => kind === "spellings")).toMatchObject([
      {
        column: "y",
        evidence:
          '"no" (90) and " no" (30); "yes" (60), "YES" (30) and "Yes " (30); "Maybe so" (30) and "maybe  so" (30): they differ by letter case or spaces alone, and each is taken for a value of its own. Where they mean the same, mend the table, or read it by --sql with lower(trim("y")).',
        effect: "hint",
        numbers: { words: 3, spellings: 7, rows: 120 },
      },
    ]);
    // Oracle: as many words as there are once all are written alike.
    const alike = new Set(ways.map((way) => way.toLowerCase().split(/\s+/).filter(Boolean).join(" ")));
    expect(alike.size).toBe(3);
  });

  test("spellings of a column of categories, and none of words, texts and numbers that differ in more", async () => {
    const kinds = async (x: (index: number) => string): Promise<readonly string[]> =>
      await seen(honest.map((row, index) => ({ ...row, x: x(index) })));
    expect(await kinds((index) => ["Oslo", "oslo", "Rome"][index % 3]!)).toEqual(["spellings x hint"]);
    expect(await kinds((index) => ["Oslo", "Oslo2", "O slo", "Ōslo"][index % 4]!)).toEqual([]);
    expect(await kinds((index) => ["1.0", "1", "01"][index % 3]!)).not.toContain("spellings x hint");
  });

  test("labels of one row, which nothing can judge", async () => {
    const lone = honest.map((row, index) => ({ ...row, y: index < 2 ? `only ${index}` : `${index % 2}` }));
    const found = await findings(tableFromRows(lone), { target: "y" });
    expect(found.find(({ kind }) => kind === "loneLabel")).toMatchObject({
      column: "y",
      evidence:
        '2 labels have one row each ("only 0", "only 1"): where rows are split by class they are trained on, and nothing judges them.',
      effect: "hint",
    });
  });

  test("numbers that are labels by the user's word have the findings of labels", async () => {
    const counts = honest.map((row, index) => ({ ...row, y: index === 0 ? 9 : index % 3 }));
    const kinds = async (task?: "classification") =>
      (await findings(tableFromRows(counts), { target: "y", ...(task && { task }) })).map(({ kind }) => kind);
    expect(await kinds("classification")).toEqual(expect.arrayContaining(["imbalance", "loneLabel"]));
    expect(await kinds()).not.toContain("loneLabel");
  });

  test("a target is not left out for looking like an identifier", async () => {
    const rows = honest.map((row, index) => ({ order_id: index * 3, ...row }));
    expect(await seen(rows)).toEqual(["identifier order_id leftOut"]);
    expect(await seen(rows, "order_id")).toEqual([]);
  });
});

describeWithSharedData("findings on real tables", (folder) => {
  test.each<[string, string, readonly string[]]>([
    ["pima-diabetes", "missingCode", ["glucose", "blood_pressure", "skin_thickness", "insulin", "bmi"]],
    ["adult-train", "missingCode", ["workclass", "occupation", "native-country", "capital-gain"]],
    ["bike-sharing-hour", "timeOrder", ["dteday"]],
    ["telco-churn", "identifier", ["customerID"]],
    ["titanic", "highMissing", ["Cabin"]],
    ["employment-ma-reference", "constant", ["year"]],
  ])("%s: %s in %j", async (file, kind, columns) => {
    const found = await findings(await openTable(`${folder}tabular/${file}.csv.gz`));
    expect(found.filter((finding) => finding.kind === kind).map((finding) => finding.column)).toEqual(
      columns,
    );
  });
});
