/** Small seeded tables made to break steps: odd strings, extreme numbers, columns of nothing, dates out of range. */
import { createRandom } from "../core/index.ts";
import type { FeatureContext, StepTarget } from "../features/index.ts";
import type { Frame, Kind } from "../schema/index.ts";
import { frameOf, type Plain } from "./frame.ts";

const cities = ["Paris", "paris", "Köln", "São Paulo", "東京", "New York", "a,b", 'quote"d', " "];
const odd = [
  "é",
  "e\u0301",
  "\u{1f600}",
  "\ud800",
  "\udfff",
  "a\0b",
  "a\0c",
  "",
  "null",
  "NaN",
  "\n",
  "x".repeat(3000),
];
const words = [
  "good",
  "Good",
  "GOOD",
  "bad",
  "naïve",
  "NAÏVE",
  "Straße",
  "日本語",
  "don't",
  "x2",
  "नमस्ते",
  "\u{1f600}",
  "--",
];
const extremes = [0, -0, 5e-324, 1.7e308, -1.7e308, Infinity, -Infinity, Number.NaN, 16777217, 0.1];

/** The table's columns by kind. */
const byKind: Readonly<Record<Kind, readonly string[]>> = {
  number: ["plain", "single", "counts", "empty", "constant", "extreme"],
  category: ["city", "odd", "rare", "none"],
  boolean: ["flag"],
  datetime: ["when", "never"],
  text: ["note", "blank"],
  id: [],
  image: [],
  audio: [],
  tokens: [],
  sequence: [],
};

/** Columns of these kinds. */
export function columnsOfKinds(kinds: readonly Kind[]): string[] {
  return kinds.flatMap((kind) => byKind[kind]);
}

/** Rows of every kind of column; `unseen` adds values that fitting must not have met. */
export function stepTable(rowCount: number, seed: number, unseen: boolean): Frame {
  const random = createRandom(seed);
  const some = <T>(values: readonly T[]): T => values[random.integer(values.length)]!;
  const column = (draw: (row: number) => number | string | null): Plain =>
    Array.from({ length: rowCount }, (_, row) => (random.next() < 0.1 ? null : draw(row)));
  const all = (cell: number | string | null): Plain => Array.from({ length: rowCount }, () => cell);
  const spread = (values: readonly string[]) =>
    column((row) => (unseen && row % 7 === 0 ? `new ${row}` : some(values)));
  const day = 86_400_000;
  return frameOf({
    plain: column(() => (unseen ? some(extremes) : random.normal() * 10)),
    single: { kind: "number", dtype: "float32", cells: column(() => random.normal() * 1e6 + 0.1) },
    counts: column(() => random.integer(4)),
    empty: { kind: "number", cells: unseen ? column(() => 1) : all(null) },
    constant: unseen ? column(() => random.integer(3)) : all(0.1),
    extreme: column(() => some(extremes)),
    positive: column(() => Math.exp((unseen ? 20 : 1) * random.normal())),
    city: { kind: "category", cells: spread(cities) },
    odd: { kind: "category", cells: spread(odd) },
    rare: { kind: "category", cells: column((row) => `only ${row}`) },
    none: { kind: "category", cells: unseen ? spread(cities) : all(null) },
    flag: { kind: "boolean", cells: column(() => some(["true", "true", "false"])) },
    when: { kind: "datetime", cells: column(() => Math.floor((random.next() - 0.4) * 60_000 * day)) },
    other: { kind: "datetime", cells: column(() => Math.floor((random.next() - 0.4) * 60_000 * day)) },
    never: {
      kind: "datetime",
      cells: unseen ? column(() => some([...extremes, 8.64e15, -8.64e15, 1.5])) : all(null),
    },
    note: {
      kind: "text",
      cells: column((row) =>
        Array.from({ length: random.integer(8) }, (_, i) => (i === 5 ? `rareword${row}` : some(words))).join(
          some([" ", ", ", "\n"]),
        ),
      ),
    },
    blank: { kind: "text", cells: unseen ? spread(words) : all("") },
  });
}

export const numberTarget = (rowCount: number): StepTarget & { kind: "regression" } => {
  const random = createRandom(9);
  return { kind: "regression", values: Float64Array.from({ length: rowCount }, () => random.normal()) };
};
export const classTarget = (
  rowCount: number,
  classCount: number,
): StepTarget & { kind: "classification" } => {
  const random = createRandom(8);
  return {
    kind: "classification",
    classCount,
    codes: Int32Array.from({ length: rowCount }, () => random.integer(classCount)),
  };
};
export const stepContext = (target: StepTarget, more: Partial<FeatureContext> = {}): FeatureContext => ({
  random: createRandom(5),
  target,
  ...more,
});

/** Numbers, categories and words that fewer than 5 rows hold. */
export function rareValues(frame: Frame): { numbers: Set<number>; strings: Set<string> } {
  const numbers = new Map<number, number>();
  const strings = new Map<string, number>();
  const count = <T>(counts: Map<T, number>, values: Iterable<T>): void => {
    for (const value of new Set(values)) counts.set(value, (counts.get(value) ?? 0) + 1);
  };
  for (const cells of frame.columns.values()) {
    if (cells.type === "number")
      for (const value of cells.values) count(numbers, [value, Math.fround(value)]);
    else
      for (const code of cells.codes)
        if (code >= 0)
          count(
            strings,
            (cells.dictionary[code]!.match(/\w{5,}|only \d+/gu) ?? []).map((word) => word.toLowerCase()),
          );
  }
  const rare = <T>(counts: Map<T, number>): Set<T> =>
    new Set([...counts].filter(([, rows]) => rows < 5).map(([value]) => value));
  return { numbers: rare(numbers), strings: rare(strings) };
}
