import { describe, expect, test } from "vitest";
import { describeWithSharedData } from "../../../test/shared-data.ts";
import { createRandom } from "../../core/index.ts";
import { findings, profile } from "../look.ts";
import { openTable } from "../open-table.ts";
import { tableFromRows } from "../table-from-rows.ts";
import { relation } from "./relation.ts";
import { suggestTargets } from "./suggest-targets.ts";
import { profileTarget } from "./target.ts";

const random = createRandom(2);
const rows = Array.from({ length: 500 }, (_, row) => {
  const x = random.normal();
  return {
    x: row % 10 === 0 ? null : Math.round(x * 1000) / 1000,
    level: row % 4,
    city: row < 300 ? "Paris" : row < 496 ? "Rome" : `village ${row}`,
    when: new Date(Date.UTC(2024, 0, 1) + row * 3_600_000),
    noise: random.next(),
    y: x + 0.1 * random.normal(),
    label: x > 0.5 ? "high" : "low",
  };
});

describe("figures of a column", () => {
  test("counts, and values only from five rows on", async () => {
    const { columns, rowCount } = await profile(tableFromRows(rows));
    expect(rowCount).toBe(500);
    const byName = Object.fromEntries(columns.map((column) => [column.name, column]));
    expect(byName["x"]).toMatchObject({ present: 450, missing: 50, kind: "number" });
    expect(byName["level"]).toMatchObject({
      distinct: 4,
      top: [0, 1, 2, 3].map((value) => ({ value: String(value), rows: 125 })),
    });
    expect(byName["city"]).toMatchObject({
      distinct: 6,
      top: [
        { value: "Paris", rows: 300 },
        { value: "Rome", rows: 196 },
      ],
      words: { rareValues: 4, rareRows: 4 },
    });
    expect(JSON.stringify(columns)).not.toContain("village");
    expect(byName["when"]).toMatchObject({ kind: "datetime", distinct: 500, top: [] });
  });

  test("quantiles as NumPy interpolates them, mean and deviation by their definitions, to four digits", async () => {
    const values = Array.from({ length: 101 }, (_, i) => i * i);
    const { columns } = await profile(tableFromRows(values.map((v, i) => ({ v, w: i % 7 }))));
    const { number } = columns[0]!;
    expect(number!.quantiles).toEqual([1, 25, 625, 2500, 5625, 9025, 9801]);
    const mean = values.reduce((sum, value) => sum + value, 0) / 101;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 100);
    expect(number!.mean).toBe(Number(mean.toPrecision(4)));
    expect(number!.standardDeviation).toBe(Number(deviation.toPrecision(4)));
    expect(number!.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(101);
    expect([number!.low, number!.high]).toEqual([16, 9216]);
    expect(number!.zeros).toBe(1);
  });

  test("no figure repeats an extreme of fewer than five rows", async () => {
    const v = [...Array.from({ length: 200 }, (_, i) => i % 50), 98765.4321, -12345.678];
    const { columns } = await profile(tableFromRows(v.map((value, i) => ({ v: value, w: i % 3 }))));
    expect(JSON.stringify(columns)).not.toMatch(/98765|12345/);
    expect(columns[0]!.number!.outliers).toBe(2);
  });
});

describe("relation to the target", () => {
  test("is near 1 for the answer, near 0 for noise, in between for a half answer", async () => {
    const forNumber = await profile(tableFromRows(rows), { target: "y" });
    const forClass = await profile(tableFromRows(rows), { target: "label" });
    expect(forNumber.target).toEqual({ name: "y", task: "regression", rows: 500 });
    expect(forClass.target).toEqual({ name: "label", task: "classification", rows: 500 });
    for (const { columns } of [forNumber, forClass]) {
      const score = (name: string): number => columns.find((column) => column.name === name)!.relation!;
      // A tenth of the rows has no x.
      expect(score("x")).toBeGreaterThan(0.7);
      expect(score("noise")).toBeLessThan(0.1);
      expect(score("level")).toBeLessThan(0.1);
    }
    expect(forNumber.columns.find((column) => column.name === "y")!.relation).toBeUndefined();
  });

  test("is R² of out-of-fold group means, counted row by row (1e-12)", async () => {
    const frame = await tableFromRows(rows).read();
    const target = profileTarget(frame, "y", 1e6);
    if (target.task !== "regression") throw new Error("a number is expected");
    const level = frame.columns.get("level")!;
    const folds = Array.from({ length: 500 }, (_, row) => row).map((row) => foldByDefinition(row));
    const y = target.values;
    const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
    let error = 0;
    let total = 0;
    for (let row = 0; row < 500; row++) {
      let sum = 3 * mean;
      let count = 3;
      for (let other = 0; other < 500; other++) {
        if (folds[other] === folds[row] || rows[other]!.level !== rows[row]!.level) continue;
        sum += y[other]!;
        count++;
      }
      error += (y[row]! - sum / count) ** 2;
      total += (y[row]! - mean) ** 2;
    }
    expect(relation(level, target)).toBeCloseTo(Math.max(0, 1 - error / total), 12);
  });
});

/** The fold of a row, as `relation` deals them. */
function foldByDefinition(row: number): number {
  let h = (row ^ 0x5bd1e995) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) % 5;
}

describe("targets that cannot be", () => {
  test.each([
    ["labl", "TARGET_MISSING", /nearest name is "label"/],
    ["constant", "TARGET_CONSTANT", /is "1" in all 500 rows/],
    ["nothing", "DATA_ALL_MISSING", /missing in all 500 rows/],
  ])("%s: %s", async (target, code, message) => {
    const table = tableFromRows(rows.map((row) => ({ ...row, constant: 1, nothing: null })));
    await expect(profile(table, { target })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    await expect(findings(table, { target })).rejects.toMatchObject({ code });
  });
});

test("likely targets by name, place and nature", async () => {
  const likely = async (table: Parameters<typeof profile>[0]): Promise<readonly string[]> =>
    suggestTargets(await profile(table));
  expect((await likely(tableFromRows(rows)))[0]).toBe("label");
  const shop = rows.map((row, i) => ({ id: i, price: row.y, city: row.city, month: i % 12 }));
  expect((await likely(tableFromRows(shop)))[0]).toBe("price");
});

describeWithSharedData("likely targets of real tables", (folder) => {
  test.each([
    ["adult-train", "income"],
    ["titanic", "Survived"],
    ["bike-sharing-hour", "cnt"],
    ["telco-churn", "Churn"],
    ["wine-quality-red", "quality"],
    ["employee-attrition", "Attrition"],
    ["iris", "species"],
    ["mpg", "mpg"],
    ["employment-ma-reference", "employed"],
  ])("%s: %s comes first", async (file, target) => {
    const table = await openTable(`${folder}tabular/${file}.csv.gz`);
    expect(suggestTargets(await profile(table))[0]).toBe(target);
  });
});
