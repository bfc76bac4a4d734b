import { expect, test } from "vitest";
import { describeWithSharedData } from "../../../test/shared-data.ts";
import { createRandom } from "../../core/index.ts";
import type { Finding } from "../finding.ts";
import { findings } from "../look.ts";
import { openTable } from "../open-table.ts";
import { tableFromRows } from "../table-from-rows.ts";

describeWithSharedData("leaks on real tables", (folder) => {
  test.each([
    ["bike-sharing-hour", "cnt", ["casual", "registered"]],
    ["bike-sharing-day", "cnt", ["casual", "registered"]],
    ["nyc-flights", "arr_delay", ["dep_delay"]],
    ["nyc-taxi-trips", "fare", ["tip", "tolls", "total"]],
    ["nyc-taxi-trips", "tip", ["fare", "tolls", "total"]],
    ["employment-ma-reference", "employed", ["predicted_probability", "prediction"]],
    ["car-insurance-claims", "clm", ["claimcst0", "numclaims"]],
    ["car-insurance-claims", "numclaims", ["claimcst0", "clm"]],
    ["car-insurance-claims", "claimcst0", ["clm", "numclaims"]],
  ])("%s, target %s: %j", async (file, target, expected) => {
    expect(await leaksOf(`${folder}tabular/${file}.csv.gz`, target)).toEqual(expected);
  });

  test.each([
    ["adult-train", "income"],
    ["titanic", "Survived"],
    ["penguins", "species"],
    ["iris", "species"],
    ["banknote", "class"],
    ["breast-cancer-wisconsin", "class"],
    ["telco-churn", "Churn"],
    ["california-housing", "median_house_value"],
    ["concrete", "compressive_strength"],
    ["mpg", "mpg"],
    ["abalone", "rings"],
    ["wine-quality-red", "quality"],
    ["wine-quality-white", "quality"],
    ["pima-diabetes", "outcome"],
    ["lending-club", "Class"],
    ["employee-attrition", "Attrition"],
  ])("%s, target %s: none", async (file, target) => {
    expect(await leaksOf(`${folder}tabular/${file}.csv.gz`, target)).toEqual([]);
  });
});

async function leaksOf(path: string, target: string): Promise<readonly string[]> {
  const found = await findings(await openTable(path), { target });
  return leakNames(found);
}

function leakNames(found: readonly Finding[]): readonly string[] {
  const names = found.filter((finding) => finding.kind === "leak").map((finding) => finding.column!);
  return names.sort((a, b) => (a < b ? -1 : 1));
}

type Row = Record<string, number | string>;

/** Rows with two honest features, a target that they half explain, and one more column made from them. */
function rowsWith(name: string, make: (row: Row, noise: number) => number | string, count = 600): Row[] {
  const random = createRandom(7);
  return Array.from({ length: count }, () => {
    const row: Row = { a: random.normal(), b: Math.round(10 * random.next()) };
    row["y"] = 5 * (row["a"] as number) + (row["b"] as number) + 4 * random.normal();
    row[name] = make(row, random.normal());
    return row;
  });
}

test.each<[string, (row: Row, noise: number) => number | string, string[]]>([
  ["the target itself", (row) => row["y"]!, ["x"]],
  ["the target in another unit", (row) => 2.54 * (row["y"] as number) + 3, ["x"]],
  ["the target without one part", (row) => (row["y"] as number) - (row["b"] as number), ["b", "x"]],
  ["the target with a little noise", (row, noise) => (row["y"] as number) + 0.2 * noise, ["x"]],
  ["noise alone", (_row, noise) => noise, []],
  ["a feature in another unit", (row) => 3 * (row["a"] as number), []],
])("a column that is %s leaks: numbers", async (_what, make, expected) => {
  const found = await findings(tableFromRows(rowsWith("x", make)), { target: "y" });
  expect(leakNames(found)).toEqual(expected);
  for (const leak of found) if (leak.kind === "leak") expect(leak.undo).toBe(`--keep ${leak.column}`);
});

test.each<[string, (label: string, noise: number) => number | string, string[]]>([
  ["the classes by other names", (label) => ({ low: 10, mid: 20, high: 30 })[label]!, ["x"]],
  [
    "a number that tells the classes apart",
    (label, noise) => ({ low: 0, mid: 5, high: 9 })[label]! + 0.1 * noise,
    ["x"],
  ],
  ["noise", (_label, noise) => noise, []],
])("a column that holds %s: classes", async (_what, make, expected) => {
  const rows = rowsWith("x", () => 0).map((row) => {
    const label = (row["y"] as number) < 2 ? "low" : (row["y"] as number) < 8 ? "mid" : "high";
    return { ...row, y: label };
  });
  const random = createRandom(3);
  const labelled = rows.map((row) => ({ ...row, x: make(row.y, random.normal()) }));
  const found = await findings(tableFromRows(labelled), { target: "y" });
  expect(leakNames(found)).toEqual(expected);
});

test("a duration between two datetimes leaks through both", async () => {
  const random = createRandom(5);
  const rows = Array.from({ length: 300 }, (_, i) => {
    const start = Date.UTC(2024, 0, 1) + i * 3_600_000;
    const minutes = Math.round(5 + 40 * random.next());
    return {
      start: new Date(start),
      end: new Date(start + minutes * 60_000),
      minutes,
      other: random.normal(),
    };
  });
  const found = await findings(tableFromRows(rows), { target: "minutes" });
  expect(leakNames(found)).toEqual(["end", "start"]);
});
