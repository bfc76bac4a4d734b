/** The splits of a run: copies of rows stay together and are told, and a table without any is split as ever. */
import { expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { holdOut } from "../../data/index.ts";
import { defineSchema, type Frame, number, takeRows } from "../../schema/index.ts";
import { sharedFindings, splitRows } from "./splits.ts";

const rowCount = 200;
const random = createRandom(2);
const values = Array.from({ length: 3 }, () =>
  Float64Array.from({ length: rowCount }, () => random.normal()),
);
const plain: Frame = {
  rowCount,
  schema: {
    columns: defineSchema({ row: number({ role: "ignore" }), x: number(), y: number({ role: "target" }) })
      .columns,
  },
  columns: new Map(["row", "x", "y"].map((name, j) => [name, { type: "number", values: values[j]! }])),
};
const targetOf = (frame: Frame) =>
  ({ kind: "regression", values: (frame.columns.get("y") as { values: Float64Array }).values }) as const;
const split = (frame: Frame) => splitRows(frame, targetOf(frame), { testSize: 0.2, seed: 5 });

test("without copies the hold-out is the plain one", () => {
  const { train, test: held, reason, copies } = split(plain);
  const expected = holdOut({ kind: "random", rowCount }, { testSize: 0.2, seed: 5 });
  expect([train, held]).toEqual([expected.train, expected.test]);
  expect(copies).toBe(0);
  expect(reason).toBe("Rows are dealt out at random.");
});

test("copies, whatever ignored columns hold, stand on one side of the hold-out and of every fold", () => {
  const twice = takeRows(
    plain,
    Uint32Array.from({ length: rowCount + 50 }, (_, i) => i % rowCount),
  );
  const row = twice.columns.get("row") as { values: Float64Array };
  row.values.forEach((_, i) => (row.values[i] = i));
  const { train, test: held, folds, reason } = split(twice);
  expect(reason).toMatch(
    /at random\. 50 rows are copies and stand on the side of the row that they repeat\./,
  );
  const sides = [new Set(held), ...folds.map((fold) => new Set(fold.test.map((i) => train[i]!)))];
  for (let i = 0; i < 50; i++)
    expect(sides.map((side) => side.has(i))).toEqual(sides.map((side) => side.has(rowCount + i)));
  expect(sides.reduce((sum, side) => sum + side.size, 0)).toBe(rowCount + 50);
});

test("rows of --test that are learnt from are counted, whatever ignored columns hold", () => {
  const held = takeRows(
    plain,
    Uint32Array.from({ length: 60 }, (_, i) => i),
  );
  const x = held.columns.get("x") as { values: Float64Array };
  for (let i = 0; i < 20; i++) x.values[i]! += 0.5;
  const row = held.columns.get("row") as { values: Float64Array };
  row.values.fill(7);
  expect(sharedFindings(plain, held, "later.csv")).toMatchObject([
    {
      kind: "sharedRows",
      evidence: expect.stringMatching(
        /^At least 40 of 60 rows of --test later\.csv are learnt from too: they equal training rows in all 2 columns/,
      ),
      effect: "hint",
      numbers: { count: 40, rows: 60 },
    },
  ]);
  expect(sharedFindings(plain, takeRows(held, Uint32Array.of(20)), "one.csv")[0]!.evidence).toContain(
    "At least 1 of 1 rows of --test one.csv is learnt from too: it equals a training row",
  );
  expect(sharedFindings(plain, takeRows(held, Uint32Array.of(3, 4)), "none.csv")).toEqual([]);
});
