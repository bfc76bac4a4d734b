/** Rows in blocks give the trees of the same rows at once, to the bit; and rows that are void are forgotten. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import type { Target, TrainingSet } from "../index.ts";
import { boosting } from "./boosting.ts";
import { boostedRowBytes, fitBoostingStreamed, type StreamedRows } from "./boosting-stream.ts";

const rowCount = 3000;
const random = createRandom(3);
const numbers = Array.from({ length: 3 }, () =>
  Float64Array.from({ length: rowCount }, () => (random.next() < 0.05 ? Number.NaN : random.normal())),
);
const codes = Float32Array.from({ length: rowCount }, () => Math.floor(6 * random.next()));
const x: Matrix = {
  rowCount,
  features: [
    ...numbers.map((_, j) => ({ name: `x${j}`, sources: [`x${j}`], kind: "number" as const })),
    { name: "c", sources: ["c"], kind: "category", cardinality: 6 },
  ],
  columns: [...numbers, codes],
};
const score = Float64Array.from(
  { length: rowCount },
  (_, i) => (numbers[0]![i]! || 0) + (codes[i]! > 3 ? 1 : 0) + random.normal(),
);
const targets: Readonly<Record<string, Target>> = {
  "two classes": {
    kind: "classification",
    classCount: 2,
    codes: Int32Array.from(score, (s) => (s > 0 ? 1 : 0)),
  },
  "three classes": {
    kind: "classification",
    classCount: 3,
    codes: Int32Array.from(score, (s) => (s > 1 ? 2 : s > 0 ? 1 : 0)),
  },
  numbers: { kind: "regression", values: score },
};
const weight = Float64Array.from({ length: rowCount }, (_, i) => 1 + (i % 3));

function part({ x: whole, y, weight: w }: TrainingSet, from: number, to: number): TrainingSet {
  return {
    x: { ...whole, rowCount: to - from, columns: whole.columns.map((column) => column.slice(from, to)) },
    y:
      y.kind === "regression"
        ? { ...y, values: y.values.slice(from, to) }
        : { ...y, codes: y.codes.slice(from, to) },
    ...(w && { weight: w.slice(from, to) }),
  };
}

/** Blocks of some rows, after a beginning that turns out to be void. */
function blocks(rows: TrainingSet, size: number): StreamedRows {
  return {
    // Room for more than will come.
    rowCount: rowCount + 500,
    weighted: rows.weight !== undefined,
    async each(begin, take) {
      begin();
      take(part(rows, 100, 800));
      begin();
      for (let from = 0; from < rowCount; from += size)
        take(part(rows, from, Math.min(rowCount, from + size)));
    },
  };
}

const settings = { rounds: 12, earlyStoppingRounds: 0, rowShare: 0.8, maxLeaves: 8 };
const context = () => ({ random: createRandom(9), threads: 1 });

describe.each(Object.entries(targets))("%s", (_, y) => {
  test.each([undefined, weight])("in blocks as at once", async (w) => {
    const rows: TrainingSet = { x, y, ...(w && { weight: w }) };
    const whole = (await boosting(settings).fit(rows, context())).reference(x);
    const streamed = await fitBoostingStreamed(settings, rows, blocks(rows, 701), 12, context());
    expect(streamed.reference(x)).toEqual(whole);
    expect(streamed.summary).toMatchObject({ rounds: 12 });
  });

  test("a row takes as many bytes as are counted, at most", () => {
    const outputs = y.kind === "classification" && y.classCount > 2 ? y.classCount : 1;
    expect(boostedRowBytes(4, y, false)).toBe(4 + 16 + 16 * outputs + 4 + 24);
    expect(boostedRowBytes(5, y, true)).toBe(8 + 32 + 16 * outputs + 4 + 24);
  });
});
