/** Copies among rows: found by their cells, told from coincidence, and kept on one side of a split. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { category, defineSchema, type Frame, number, takeRows } from "../../schema/index.ts";
import { copiesOfClasses, holdOut, makeFolds, withCopies } from "../index.ts";
import { copiedRows } from "./copied-rows.ts";

const names = ["a", "b", "c"];

/** Rows of two numbers and a word; `levels` makes the numbers few. */
function table(rowCount: number, levels?: number): Frame {
  const random = createRandom(4);
  const draw = (): number => (levels === undefined ? random.normal() : random.integer(levels));
  const numbers = (): Float64Array => Float64Array.from({ length: rowCount }, draw);
  return {
    rowCount,
    schema: { columns: defineSchema({ a: number(), b: number(), c: category() }).columns },
    columns: new Map([
      ["a", { type: "number", values: numbers() }],
      ["b", { type: "number", values: numbers() }],
      [
        "c",
        {
          type: "string",
          codes: Int32Array.from({ length: rowCount }, () => random.integer(3) - 1),
          dictionary: ["x", "y"],
        },
      ],
    ]),
  };
}

/** The rows, and some of them again behind. */
const repeated = (frame: Frame, rows: readonly number[]): Frame =>
  takeRows(frame, Uint32Array.from([...Array.from({ length: frame.rowCount }, (_, i) => i), ...rows]));

describe("copiedRows", () => {
  test("are none where all rows differ, or where none are asked about", () => {
    expect(copiedRows(table(200), names)).toBeUndefined();
    expect(copiedRows(takeRows(table(5), new Uint32Array()), names)).toBeUndefined();
  });

  test("are each told with the first row, missing cells and -0 counting as equal", () => {
    const frame = repeated(table(200), [7, 60, 7, 199]);
    const { values } = frame.columns.get("a") as { values: Float64Array };
    values[60] = values[201] = Number.NaN;
    values[199] = 0;
    values[203] = -0;
    const found = copiedRows(frame, names)!;
    expect([...found.subarray(200)]).toEqual([7, 60, 7, 199]);
    expect([...found.subarray(0, 200)]).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  test("are none where a row differs in one column only: equal rows are coincidence there", () => {
    const frame = repeated(table(200), [7, 60, 60]);
    const { values } = frame.columns.get("b") as { values: Float64Array };
    values[201] = values[60]! + 1;
    expect([...copiedRows(frame, names)!.subarray(200)]).toEqual([7, 201, 202]);
    // 5 × 5 × 3 kinds of rows, 300 times.
    expect(copiedRows(table(60, 40), names)).toBeUndefined();
    expect(copiedRows(table(300, 5), names)).toBeUndefined();
  });

  test("are none where the table repeats itself in the main", () => {
    const frame = table(100);
    expect(
      copiedRows(
        repeated(
          frame,
          Array.from({ length: 40 }, (_, i) => i),
        ),
        names,
      ),
    ).toBeDefined();
    expect(
      copiedRows(
        repeated(
          frame,
          Array.from({ length: 50 }, (_, i) => i),
        ),
        names,
      ),
    ).toBeUndefined();
  });
});

describe("withCopies", () => {
  const copies = Array.from({ length: 60 }, (_, i) => i);
  const frame = repeated(table(300), copies);
  const firstOf = copiedRows(frame, names)!;

  test.each([1, 2, 3])(
    "hold-out and folds have every copy with its first row, and each row once: seed %i",
    (seed) => {
      const plan = { kind: "random", rowCount: 360 } as const;
      const plain = holdOut(plan, { seed });
      const torn = copies.filter((i) => plain.test.includes(i) !== plain.test.includes(300 + i));
      expect(torn.length).toBeGreaterThan(5);
      const { train, test: held } = withCopies(plain, firstOf);
      expect([...train, ...held].sort((a, b) => a - b)).toEqual(Array.from({ length: 360 }, (_, i) => i));
      for (const i of copies) expect(held.includes(i)).toBe(held.includes(300 + i));
      expect(held.length).toBeGreaterThan(50);
      const folds = makeFolds(plan, { folds: 5, seed }, train).map((fold) => withCopies(fold, firstOf));
      const tested = folds.flatMap((fold) => [...fold.test]);
      expect(tested.sort((a, b) => a - b)).toEqual([...train]);
      for (const fold of folds)
        for (const i of copies) expect(fold.test.includes(i)).toBe(fold.test.includes(300 + i));
    },
  );

  test("a class of few different rows keeps its copies apart, so that no side lacks it", () => {
    const codes = Int32Array.from({ length: 360 }, (_, row) => (firstOf[row]! < 15 ? 1 : 0));
    const found = copiesOfClasses(firstOf, codes, 2);
    expect([...found.subarray(300, 315)]).toEqual(Array.from({ length: 15 }, (_, i) => 300 + i));
    expect([...found.subarray(315)]).toEqual([...firstOf.subarray(315)]);
  });
});
