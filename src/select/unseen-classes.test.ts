/** A class without a row in a training part: every family gives it the same share, and the file does so too. */
import { expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { makeFolds } from "../data/index.ts";
import { defaultChains } from "../features/index.ts";
import { logLoss } from "../metrics/index.ts";
import { fitRecipe } from "../pipeline/index.ts";
import type { Frame } from "../schema/index.ts";
import { family, familyNames } from "./families.ts";
import { runFoldJob } from "./fold-job.ts";
import { runRace } from "./race.ts";

const rowCount = 120;
const random = createRandom(3);
const frame: Frame = {
  schema: { columns: [{ name: "x", kind: "number", role: "feature", dtype: "float64" }] },
  rowCount,
  columns: new Map([
    ["x", { type: "number", values: Float64Array.from({ length: rowCount }, () => random.normal()) }],
  ]),
};
/** Three common classes, one of two rows, one of one row. */
const codes = Int32Array.from({ length: rowCount }, (_, i) => (i === 0 ? 4 : i < 3 ? 3 : i % 3));
const y = { kind: "classification", classCount: 5, codes } as const;
const everything = Uint32Array.from({ length: rowCount }, (_, row) => row);

const classifiers = familyNames.filter((name) => family(name).make({}).tasks.includes("classification"));

test.each(classifiers)("%s gives a class without a row the share 1 / (rows + classes)", async (name) => {
  const split = { train: everything.slice(3), test: everything };
  const data = { frame, y, splits: [split], seed: 1, threads: 1 };
  const { predictions } = await runFoldJob(data, {
    candidate: { name, family: name, parameters: name === "boosting" ? { rounds: 10 } : {} },
    split: 0,
  });
  const share = 1 / (rowCount - 3 + 5);
  for (let row = 0; row < rowCount; row++) {
    const p = predictions.subarray(5 * row, 5 * row + 5);
    expect(p[3]).toBeCloseTo(share, 15);
    expect(p[4]).toBeCloseTo(share, 15);
    expect(p.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
  }
});

test("the slow reference knows the shares of classes without a row as the graph does", async () => {
  const fitted = await fitRecipe(
    {
      chains: defaultChains(frame.schema, "naive", { frame, target: true }),
      estimator: family("baseline").make({}),
    },
    { frame, y: { ...y, codes: codes.map((code) => code % 3) } },
    { random: createRandom(1), threads: 1 },
  );
  const [a, b, c, d, e] = fitted.model.reference({ rowCount: 1, features: [], columns: [] });
  expect(d).toBe(1 / (rowCount + 5));
  expect(e).toBe(d);
  expect(a! + b! + c! + d! + e!).toBeCloseTo(1, 14);
});

test("doing nothing costs about the entropy of the classes, rare ones included", async () => {
  const splits = makeFolds({ kind: "stratified", codes, classCount: 5 }, { folds: 5, seed: 0 });
  const { entries, coveredRows } = await runRace(
    { frame, y, splits, seed: 1, threads: 1 },
    {
      candidates: [{ name: "baseline", family: "baseline", parameters: {} }],
      shape: { rowCount, columnCount: 1, classCount: 5, foldCount: 5 },
      processes: 1,
    },
  );
  expect([...coveredRows]).toEqual([...everything.slice(1)]);
  const judged = Int32Array.from(coveredRows, (row) => codes[row]!);
  const counts = new Map<number, number>();
  for (const code of judged) counts.set(code, (counts.get(code) ?? 0) + 1);
  const entropy = [...counts.values()].reduce(
    (sum, n) => sum - (n / judged.length) * Math.log(n / judged.length),
    0,
  );
  expect(logLoss(judged, entries[0]!.predictions, 5)).toBeLessThan(entropy + 0.05);
});
