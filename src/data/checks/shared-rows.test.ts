/** Rows that two tables share: found by their words and numbers, and told from coincidence. */
import { expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { category, defineSchema, type Frame, number, takeRows } from "../../schema/index.ts";
import { sharedRows } from "./shared-rows.ts";

const names = ["a", "b", "c"];

/** Rows of two numbers and a word; `levels` makes the numbers few, `dictionary` sets the codes of words. */
function table(
  rowCount: number,
  {
    seed,
    levels,
    dictionary = ["x", "y"],
  }: { seed: number; levels?: number; dictionary?: readonly string[] },
): Frame {
  const random = createRandom(seed);
  const draw = (): number => (levels === undefined ? random.normal() : random.integer(levels));
  const numbers = (): Float64Array => Float64Array.from({ length: rowCount }, draw);
  const codes = Int32Array.from({ length: rowCount }, () => random.integer(dictionary.length + 1) - 1);
  return {
    rowCount,
    schema: { columns: defineSchema({ a: number(), b: number(), c: category() }).columns },
    columns: new Map([
      ["a", { type: "number", values: numbers() }],
      ["b", { type: "number", values: numbers() }],
      ["c", { type: "string", codes, dictionary }],
    ]),
  };
}

/** Rows as text, which is slow and plain. */
const texts = ({ rowCount, columns }: Frame): string[] =>
  Array.from({ length: rowCount }, (_, row) =>
    JSON.stringify(
      names.map((name) => {
        const cells = columns.get(name)!;
        return cells.type === "number"
          ? String(cells.values[row])
          : (cells.dictionary[cells.codes[row]!] ?? null);
      }),
    ),
  );

/** Rows of one, then rows of another, with a dictionary in another order. */
function behind(first: Frame, second: Frame): Frame {
  const word = first.columns.get("c") as { codes: Int32Array; dictionary: readonly string[] };
  const other = second.columns.get("c") as typeof word;
  const dictionary = ["z", "y", "x"];
  const codes = [word, other].flatMap((cells) =>
    Array.from(cells.codes, (code) => dictionary.indexOf(cells.dictionary[code] ?? "")),
  );
  const both = (name: string): Float64Array =>
    Float64Array.from(
      [first, second].flatMap((part) => [...(part.columns.get(name) as { values: Float64Array }).values]),
    );
  return {
    rowCount: first.rowCount + second.rowCount,
    schema: first.schema,
    columns: new Map([
      ["a", { type: "number", values: both("a") }],
      ["b", { type: "number", values: both("b") }],
      ["c", { type: "string", codes: Int32Array.from(codes), dictionary }],
    ]),
  };
}

test.each([0, 1, 40, 300])(
  "%i rows of another table are counted, whatever their codes and order",
  (count) => {
    const known = table(300, { seed: 1 });
    const places = createRandom(5)
      .shuffle(Uint32Array.from({ length: 300 }, (_, row) => row))
      .slice(0, count);
    const other = behind(table(50, { seed: 2 }), takeRows(known, places));
    const seen = new Set(texts(known));
    expect(texts(other).filter((text) => seen.has(text))).toHaveLength(count);
    expect(sharedRows(known, other, names)).toBe(count);
  },
);

test("a missing cell equals a missing one, and a row that the other table holds twice counts twice", () => {
  const known = table(100, { seed: 1 });
  (known.columns.get("a") as { values: Float64Array }).values[7] = Number.NaN;
  expect(sharedRows(known, takeRows(known, Uint32Array.of(7, 7, 9)), names)).toBe(3);
});

test("rows that are equal because columns hold few values are no shared rows", () => {
  const [known, other] = [3, 4].map((seed) => table(200, { seed, levels: 5 })) as [Frame, Frame];
  const seen = new Set(texts(known));
  expect(texts(other).filter((text) => seen.has(text)).length).toBeGreaterThan(100);
  expect(sharedRows(known, other, names)).toBe(0);
});
