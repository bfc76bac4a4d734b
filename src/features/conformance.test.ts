/**
 * Laws that every step keeps, over tables made to break them.
 *
 * The oracle is each step's `reference`, slow plain float64 on one cell or row; the
 * emitted graph of the whole plan runs in ONNX Runtime on rows that were not seen
 * in fitting.
 */
import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { graph, simplify, type Value, writeOnnx } from "../graph/index.ts";
import { compile } from "../runtime/index.ts";
import { type Frame, takeRows } from "../schema/index.ts";
import { ColumnRef } from "./columns.ts";
import { datePartsEncoder } from "./encoders/date-parts.ts";
import { frequencyEncoder } from "./encoders/frequency-encode.ts";
import { hashingEncoder } from "./encoders/hashing.ts";
import { numbersEncoder } from "./encoders/numbers.ts";
import { oneHotEncoder } from "./encoders/one-hot.ts";
import { ordinalEncoder } from "./encoders/ordinal.ts";
import { targetEncoder } from "./encoders/target-encode.ts";
import { characterTfidfEncoder } from "./encoders/character-tfidf.ts";
import { tfidfEncoder } from "./encoders/tfidf.ts";
import { timeSinceChain, timeSinceEncoder } from "./encoders/time-since.ts";
import { type FeatureContext, fitFeatures, type FittedFeatures } from "./fit-features.ts";
import { frameOf, type Plain } from "./frame-fixture.ts";
import * as doors from "./index.ts";
import { feedsOf, graphInputs } from "./inputs.ts";
import type { Matrix } from "./matrix.ts";
import { selectBest } from "./selections/select-best.ts";
import { varianceThreshold } from "./selections/variance-threshold.ts";
import { type Chain, chainOf, type Selection, type StepTarget, type Union, union } from "./step.ts";
import { clipOutliers } from "./transforms/clip-outliers.ts";
import { impute } from "./transforms/impute.ts";
import { interactions } from "./transforms/interactions.ts";
import { powerTransform } from "./transforms/power-transform.ts";
import { quantileTransform } from "./transforms/quantile-transform.ts";
import { scale } from "./transforms/scale.ts";

const numbersOf = (...transforms: Chain["transforms"]): Chain =>
  chainOf(["plain", "single", "counts", "empty", "constant", "extreme"], numbersEncoder, transforms);

/** Every step with every option that changes what it emits. */
const plans: Readonly<Record<string, Chain | Union>> = {
  numbers: numbersOf(),
  "impute median": numbersOf(impute()),
  "impute mean, indicator seen": numbersOf(impute({ strategy: "mean", indicator: "seen" })),
  "impute mostFrequent, indicator always": numbersOf(
    impute({ strategy: "mostFrequent", indicator: "always" }),
  ),
  "impute constant": numbersOf(impute({ strategy: "constant", value: -1 })),
  "clipOutliers quantile": numbersOf(clipOutliers({ lower: 0.1, upper: 0.9 })),
  "clipOutliers iqr": numbersOf(clipOutliers({ method: "iqr", factor: 1.5 })),
  "clipOutliers deviation": numbersOf(clipOutliers({ method: "deviation", factor: 2 })),
  "scale standard": numbersOf(scale()),
  "scale robust": numbersOf(scale({ method: "robust" })),
  "scale minMax": numbersOf(scale({ method: "minMax" })),
  "quantileTransform uniform": numbersOf(quantileTransform()),
  "quantileTransform normal, 7 points": numbersOf(
    quantileTransform({ quantiles: 7, distribution: "normal" }),
  ),
  "powerTransform yeoJohnson": numbersOf(powerTransform()),
  "powerTransform boxCox": chainOf(["positive", "empty"], numbersEncoder, [
    powerTransform({ method: "boxCox" }),
  ]),
  interactions: numbersOf(interactions()),
  "interactions of all sorts, imputed": numbersOf(
    impute(),
    interactions({ ratios: true, powers: 3, keep: false }),
    impute({ indicator: "always" }),
  ),
  "interactions, powers alone": numbersOf(interactions({ products: false, powers: 2 })),
  "impute, clip, scale": numbersOf(impute({ indicator: "seen" }), clipOutliers(), scale()),
  ordinal: chainOf(["city", "odd", "rare", "none", "flag"], ordinalEncoder()),
  "ordinal, 3 codes, impute": chainOf(["city", "odd"], ordinalEncoder({ maxCategories: 3 }), [
    impute({ strategy: "mostFrequent" }),
  ]),
  oneHot: chainOf(["city", "odd", "rare", "none", "flag"], oneHotEncoder()),
  "oneHot, 2 columns, rare dropped": chainOf(
    ["city", "odd"],
    oneHotEncoder({ maxCategories: 2, rare: "drop" }),
  ),
  "oneHot without first": chainOf(["city", "odd"], oneHotEncoder({ drop: "first" })),
  "oneHot without one of two": chainOf(["flag", "city"], oneHotEncoder({ drop: "binary" })),
  hashing: chainOf(["city", "odd", "rare", "none"], hashingEncoder({ buckets: 7 })),
  frequencyEncode: chainOf(["city", "odd", "rare", "none", "flag"], frequencyEncoder()),
  "frequencyEncode count, transformed": chainOf(["city", "flag"], frequencyEncoder({ measure: "count" }), [
    powerTransform(),
  ]),
  targetEncode: chainOf(["city", "odd", "rare", "none", "flag"], targetEncoder()),
  "targetEncode fixed, scaled": chainOf(["city"], targetEncoder({ smoothing: "fixed", strength: 3 }), [
    scale(),
  ]),
  dateParts: chainOf(["when", "never"], datePartsEncoder({ minute: true })),
  "dateParts oneHot": chainOf(["when"], datePartsEncoder({ cycles: "oneHot" })),
  "dateParts wave, imputed": chainOf(["when"], datePartsEncoder({ cycles: "wave" }), [impute()]),
  "timeSince latest": chainOf(["when", "never"], timeSinceEncoder({ since: "latest" })),
  "timeSince a fixed time, imputed": chainOf(
    ["when", "never"],
    timeSinceEncoder({ since: "1999-12-31T23:59:59.5Z", unit: "seconds" }),
    [impute()],
  ),
  "timeSince another column": timeSinceChain(["never", "when"], {
    since: new ColumnRef("other", "datetime"),
    unit: "hours",
  }),
  tfidf: chainOf(["note", "blank"], tfidfEncoder({ buckets: 4 })),
  characterTfidf: chainOf(["note", "blank"], characterTfidfEncoder({ maxTerms: 60 })),
  "characterTfidf of one length": chainOf(["note"], characterTfidfEncoder({ shortest: 1, longest: 1 })),
  union: union(
    numbersOf(impute({ indicator: "always" })),
    chainOf(["city", "flag"], oneHotEncoder()),
    union(chainOf(["when"], datePartsEncoder()), chainOf(["never", "when"], datePartsEncoder())).pipe(
      impute(),
    ),
  ).pipe(scale()),
  varianceThreshold: numbersOf(varianceThreshold(), impute(), scale()),
  "varianceThreshold of all sorts": union(
    numbersOf(),
    chainOf(["city", "none", "flag"], ordinalEncoder()),
    chainOf(["note", "blank"], tfidfEncoder({ buckets: 4 })),
  ).pipe(varianceThreshold({ threshold: 0.01 })),
  selectBest: numbersOf(
    impute({ indicator: "always" }),
    interactions(),
    selectBest({ count: 5 }),
    impute(),
    scale(),
  ),
  "selectBest of all sorts": union(
    numbersOf(quantileTransform()),
    chainOf(["city", "rare", "none"], ordinalEncoder()),
    chainOf(["city", "flag"], oneHotEncoder()),
    timeSinceChain(["never", "when"], { since: new ColumnRef("other", "datetime") }),
    chainOf(["note"], tfidfEncoder({ buckets: 4 })),
  ).pipe(selectBest({ share: 0.4, neighbors: 5, maxRows: 200 })),
  "tfidf words, sublinear": chainOf(["note"], tfidfEncoder({ ngrams: 1, sublinear: true, maxTerms: 3 })),
};

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

test("every step is under these laws", () => {
  const kindsOf = (chain: Chain | Union): string[] => [
    ...("encoder" in chain ? [chain.encoder.kind] : chain.chains.flatMap(kindsOf)),
    ...chain.transforms.map((t) => t.kind),
  ];
  const kinds = Object.values(plans).flatMap(kindsOf);
  const steps = [
    "numbers",
    ...Object.keys(doors)
      .filter((name) => name.endsWith("Parameters"))
      .map((name) => name.slice(0, -10)),
  ];
  expect([...new Set(kinds)].toSorted()).toEqual(steps.toSorted());
});

/** Rows of every kind of column; `unseen` adds values that fitting must not have met. */
function table(rowCount: number, seed: number, unseen: boolean): Frame {
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

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const equalColumns = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.from(a).every((value, i) => Object.is(value, b[i]) || value === b[i]);

const regression = (rowCount: number): StepTarget => {
  const random = createRandom(9);
  return { kind: "regression", values: Float64Array.from({ length: rowCount }, () => random.normal()) };
};
const classes = (rowCount: number, classCount: number): StepTarget => {
  const random = createRandom(8);
  return {
    kind: "classification",
    classCount,
    codes: Int32Array.from({ length: rowCount }, () => random.integer(classCount)),
  };
};
const context = (target: StepTarget, more: Partial<FeatureContext> = {}): FeatureContext => ({
  random: createRandom(5),
  target,
  ...more,
});

/** The file, simplified as models are. */
function bytesOf(fitted: FittedFeatures, frame: Frame): Uint8Array {
  const inputs: Map<string, Value> = graphInputs(frame.schema, fitted.columns);
  const whole = graph({ inputs: [...inputs.values()], outputs: { x: fitted.emit(inputs) } });
  return writeOnnx(simplify(whole));
}

/** Rows × features by running the file's bytes. */
async function served(fitted: FittedFeatures, frame: Frame): Promise<Float64Array> {
  const session = await compile(bytesOf(fitted, frame));
  const { x } = await session.run(feedsOf(frame, fitted.columns));
  await session.release();
  expect(x!.shape).toEqual([frame.rowCount, fitted.features.length]);
  return x!.data as Float64Array;
}

function rowMajor(matrix: Matrix): Float64Array {
  const p = matrix.columns.length;
  const out = new Float64Array(matrix.rowCount * p);
  matrix.columns.forEach((column, j) => column.forEach((value, i) => (out[i * p + j] = value)));
  return out;
}

/** Equal up to 1e-12 of the value, or 1e-7 where the step rounds to float32; NaN and infinities are equal to themselves. */
function expectClose(
  got: Float64Array,
  expected: Float64Array,
  fitted: FittedFeatures,
  relative: number,
): void {
  const p = fitted.features.length;
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i]!, expected[i]!];
    if (Object.is(a, b) || a === b || Math.abs(a - b) <= relative * Math.max(1, Math.abs(b))) continue;
    expect.fail(`row ${Math.floor(i / p)} of ${fitted.features[i % p]!.name}: ${a} and not ${b}`);
  }
}

describe.each(Object.entries(plans))("%s", (name, chain) => {
  const outOfFold = name.startsWith("targetEncode");
  const usesTarget = outOfFold || name.startsWith("selectBest");
  const tolerance = /tfidf|of all sorts/i.test(name) ? 1.2e-7 : 1e-12;

  test.each(
    [
      { rows: 400, target: regression(400), about: "400 rows" },
      { rows: 400, target: classes(400, 2), about: "2 classes" },
      { rows: 400, target: classes(400, 3), about: "3 classes" },
      { rows: 1, target: regression(1), about: "1 row" },
      { rows: 6, target: classes(6, 2), about: "6 rows" },
    ].filter(({ about }) => usesTarget || !about.includes("classes")),
  )(
    `$about: ONNX equals the reference within ${tolerance}, transform the served file in every bit`,
    async ({ rows, target }) => {
      const frame = table(rows, 1, false);
      const fitted = await fitFeatures([chain], frame, context(target));
      expect(fitted.columns.every((column) => chain.columns.includes(column))).toBe(true);
      for (const other of [
        frame,
        table(150, 2, true),
        table(1, 3, true),
        takeRows(frame, Uint32Array.of(0)),
        takeRows(frame, Uint32Array.of()),
      ]) {
        const file = await served(fitted, other);
        expectClose(file, rowMajor(fitted.reference(other)), fitted, tolerance);
        expectClose(rowMajor(await fitted.transform(other)), file, fitted, 0);
      }
      if (!outOfFold) expectClose(rowMajor(fitted.matrix), await served(fitted, frame), fitted, 0);
      expect(fitted.matrix.columns.every((column) => column.length === rows)).toBe(true);
    },
  );

  test("a selection behind it changes no number, and what it leaves nothing of is not read", async () => {
    const frame = table(100, 1, false);
    const target = classes(100, 2);
    const whole = await fitFeatures([chain], frame, context(target));
    const width = whole.features.length;
    for (const kept of [[width - 1], range(width).filter((j) => j % 2 === 0)]) {
      const alternate: Selection = { kind: "some", parameters: {}, select: () => kept };
      const part = await fitFeatures([chain.pipe(alternate)], frame, context(target));
      // A name that is taken elsewhere has a number behind it.
      const plain = (j: number): unknown => ({ ...whole.features[j]!, name: expect.anything() as string });
      expect(part.features).toEqual(kept.map(plain));
      expect(part.matrix.columns.length).toBe(kept.length);
      part.matrix.columns.forEach((column, j) =>
        expect(equalColumns(column, whole.matrix.columns[kept[j]!]!)).toBe(true),
      );
      const read = new Set(part.features.flatMap(({ sources }) => sources));
      expect(part.columns.toSorted()).toEqual([...read].toSorted());
      const later = table(40, 2, true);
      const file = await served(part, later);
      const expected = rowMajor(await whole.transform(later));
      const picked = Float64Array.from(
        file,
        (_, i) => expected[Math.floor(i / kept.length) * width + kept[i % kept.length]!]!,
      );
      expectClose(file, picked, part, 0);
      expectClose(file, rowMajor(part.reference(later)), part, tolerance);
    }
  });

  test("features have unique names and sources among the columns", async () => {
    const frame = table(400, 1, false);
    const fitted = await fitFeatures([chain, chain], frame, context(classes(400, 3)));
    const names = fitted.features.map((feature) => feature.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((text) => text.length > 0)).toBe(true);
    for (const { sources } of fitted.features) {
      expect(sources.length).toBeGreaterThan(0);
      expect(sources.every((source) => chain.columns.includes(source))).toBe(true);
    }
  });

  test("same seed, same file; a second fit remembers nothing; the order of rows changes nothing", async () => {
    const frame = table(400, 1, false);
    const target = classes(400, 3);
    const rowIds = Uint32Array.from({ length: 400 }, (_, row) => row);
    const fitted = await fitFeatures([chain], frame, context(target, { rowIds }));
    const first = bytesOf(fitted, frame);
    await fitFeatures([chain], table(50, 7, true), context(classes(50, 3)));
    expect(bytesOf(await fitFeatures([chain], frame, context(target, { rowIds })), frame)).toEqual(first);
    expect(bytesOf(fitted, frame)).toEqual(first);

    const order = createRandom(4).shuffle(rowIds.slice());
    const shuffled = takeRows(frame, order);
    const codes = Int32Array.from(order, (row) => (target as { codes: Int32Array }).codes[row]!);
    const again = await fitFeatures(
      [chain],
      shuffled,
      context({ kind: "classification", classCount: 3, codes }, { rowIds: order }),
    );
    const p = fitted.features.length;
    const [before, after] = [rowMajor(fitted.matrix), rowMajor(again.matrix)];
    const expected = Float64Array.from(after, (_, i) => before[order[Math.floor(i / p)]! * p + (i % p)]!);
    // Sums in another order differ in their last bits.
    expectClose(after, expected, again, 1e-9);
  });

  test("a row of weight 0 is as if it were absent", async () => {
    const frame = table(400, 1, false);
    const target = classes(400, 3) as StepTarget & { codes: Int32Array };
    const weight = Float64Array.from({ length: 400 }, (_, row) => (row % 4 === 0 ? 0 : 1 + (row % 3)));
    const present = Uint32Array.from({ length: 400 }, (_, row) => row).filter((row) => weight[row]! > 0);
    const whole = await fitFeatures([chain], frame, context(target, { weight }));
    const part = await fitFeatures(
      [chain],
      takeRows(frame, present),
      context({ ...target, codes: target.codes.filter((_, row) => weight[row]! > 0) } as StepTarget, {
        weight: weight.filter((w) => w > 0),
        rowIds: present,
      }),
    );
    expect(bytesOf(whole, frame)).toEqual(bytesOf(part, frame));
    const p = part.features.length;
    const [all, some] = [rowMajor(whole.matrix), rowMajor(part.matrix)];
    const kept = Float64Array.from(some, (_, i) => all[present[Math.floor(i / p)]! * p + (i % p)]!);
    expectClose(kept, some, part, 0);
  });

  test("no value of fewer than 5 rows is in the file", async () => {
    const frame = table(400, 1, false);
    const bytes = bytesOf(await fitFeatures([chain], frame, context(regression(400))), frame);
    const { numbers, strings } = rareValues(frame);
    expect(Math.min(numbers.size, strings.size)).toBeGreaterThan(300);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const found: number[] = [];
    for (let at = 0; at + 8 <= bytes.length; at++) {
      for (const number of [view.getFloat64(at, true), view.getFloat32(at, true)]) {
        if (numbers.has(number)) found.push(number);
      }
    }
    expect(found).toEqual([]);
    const text = Buffer.from(bytes);
    for (const value of strings) expect(text.includes(value), value).toBe(false);
  });
});

/** Numbers, categories and words that fewer than 5 rows hold. */
function rareValues(frame: Frame): { numbers: Set<number>; strings: Set<string> } {
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
