/** Defects that no single cell shows, on tables made for them; test/defects.slow.test.ts plants them into real ones. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { Finding } from "../finding.ts";
import { findings } from "../look.ts";
import { tableFromRows } from "../table-from-rows.ts";

type Cell = number | string | Date | null;
type Row = Record<string, Cell>;

/** Two features that half explain a number and its class. */
function rowsOf(count: number, seed = 3): (Row & { a: number; b: number; y: number; label: string })[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const a = random.normal();
    const b = 20 + 3 * random.normal();
    const y = 4 * a + b + 2 * random.normal();
    return { a, b, y, label: y > 21 ? "high" : "low" };
  });
}

async function found(rows: readonly Row[], target: string): Promise<readonly Finding[]> {
  const other = target === "y" ? "label" : "y";
  const all = await findings(
    tableFromRows(
      rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => name !== other))),
    ),
    { target },
  );
  // A column of names is left out whatever it tells, which is no alarm.
  return all.filter((finding) => finding.kind !== "identifier");
}

const random = createRandom(9);
const base = rowsOf(800);
/** A few units, each seen four times. */
const visits = rowsOf(200, 4).flatMap((row, unit) =>
  [0, 1, 2, 3].map(() => ({
    ...row,
    a: row.a + 0.02 * random.normal(),
    b: row.b + 0.05 * random.normal(),
    unit: `u${unit}`,
  })),
);

describe("found, with the column and the flag", () => {
  test.each<[string, string, readonly Row[], string, string, string | null]>([
    [
      "a reason given only where the answer is low",
      "label",
      base.map((row) => ({ ...row, why: row.label === "low" && random.next() < 0.7 ? "price" : "none" })),
      "leak",
      "why",
      "--keep why",
    ],
    [
      "an amount written only where the answer is large",
      "y",
      base.map((row) => ({ ...row, paid: row.y > 24 && random.next() < 0.8 ? random.next() : null })),
      "leak",
      "paid",
      "--keep paid",
    ],
    [
      "two columns of noise whose difference is the class",
      "label",
      base.map((row) => {
        const p = Math.round(100 * random.next());
        return { ...row, p, q: p - (row.label === "low" ? 1 : 4) };
      }),
      "leak",
      "q",
      "--keep q",
    ],
    [
      "a suffix that is the class",
      "label",
      base.map((row, i) => ({ key: `k${(i * 7919) % 90_000}-${row.label === "low" ? "P" : "R"}`, ...row })),
      "targetInId",
      "key",
      "--keep key",
    ],
    [
      "ids given out in the order of the target",
      "y",
      [...base].sort((p, q) => p.y - q.y).map((row, i) => ({ key: `k${10_000 + 7 * i}`, ...row })),
      "targetInId",
      "key",
      "--keep key",
    ],
    [
      "a target that drifts, the rows in no order",
      "y",
      base.map((row) => ({
        ...row,
        at: new Date(Date.UTC(2024, 0, 1) + 1e9 * (row.y + 2 * random.normal())),
      })),
      "timeOrder",
      "at",
      "--time-column at",
    ],
    ["several visits of one unit", "y", visits, "groupedRows", "unit", "--group unit"],
    [
      "a target that stands one row low",
      "y",
      base.map((row, i) => ({ ...row, y: base[(i + 799) % 800]!.y })),
      "shiftedTarget",
      "y",
      null,
    ],
    [
      "grams among kilograms",
      "y",
      base.map((row, i) => ({ ...row, b: i % 6 === 0 ? 1000 * row.b : row.b })),
      "mixedUnits",
      "b",
      "--drop b",
    ],
    [
      "Fahrenheit among Celsius",
      "y",
      base.map((row, i) => ({ ...row, t: i % 5 === 0 ? 1.8 * (20 + (i % 17)) + 32 : 20 + (i % 17) })),
      "mixedUnits",
      "t",
      "--drop t",
    ],
  ])("%s", async (_name, target, rows, kind, column, undo) => {
    const told = await found(rows, target);
    const one = told.find((finding) => finding.kind === kind && finding.column === column);
    expect(one, JSON.stringify(told)).toMatchObject({ undo });
    expect(one!.evidence).toMatch(/\d.*\.$/);
    expect(Object.keys(one!.numbers!)).not.toEqual([]);
  });
});

describe("not found", () => {
  test.each<[string, string, (row: (typeof base)[number], i: number) => Row]>([
    ["an honest table", "y", (row) => row],
    [
      "a rare sign that mostly comes with one class",
      "label",
      (row) => ({
        ...row,
        sign: row.label === "low" && random.next() < 0.3 ? 1 : random.next() < 0.05 ? 1 : 0,
      }),
    ],
    ["ids in an order of chance", "label", (row, i) => ({ key: `k${(i * 7919) % 90_000}`, ...row })],
    [
      "a town with its own level of the target",
      "y",
      (row, i) => ({ ...row, y: row.y + 9 * (i % 40), town: `t${i % 40}` }),
    ],
    [
      "whole numbers that the target follows",
      "y",
      (row) => ({ ...row, steps: Math.round(10 * row.y + 9 * random.normal()) }),
    ],
    [
      "a seasonal series whose rows resemble their neighbours",
      "y",
      (row, i) => ({ ...row, wave: Math.sin(i / 9), y: 9 * Math.sin(i / 9) + row.a }),
    ],
    [
      "two kinds of rows of different size",
      "y",
      (row, i) => ({
        ...row,
        kind: i % 2,
        size: (i % 2 === 0 ? 4 : 10.16) * (1 + 0.05 * random.normal()),
        weight: (i % 2) + 0.1 * random.normal(),
      }),
    ],
    [
      "times in which nothing changes",
      "y",
      (row) => ({ ...row, at: new Date(Date.UTC(2024, 0, 1) + Math.round(1e9 * random.next())) }),
    ],
  ])("%s", async (_name, target, make) => {
    expect(await found(base.map(make), target)).toEqual([]);
  });

  test.each(["y", "label"])("500 columns of noise, target %s", async (target) => {
    const rows = rowsOf(300, 8).map((row, i) => {
      const out: Row = { y: row.y, label: row.label };
      for (let column = 0; column < 500; column++) {
        out[`n${column}`] =
          column % 5 === 0
            ? `c${random.integer(4 + column)}`
            : column % 5 === 1
              ? random.integer(40 + i)
              : random.normal();
      }
      return out;
    });
    expect(await found(rows, target)).toEqual([]);
  });
});
