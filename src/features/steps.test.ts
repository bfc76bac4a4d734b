/** What each step learns, on tables small enough to work out by hand. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { datePartsEncoder } from "./encoders/date-parts.ts";
import { frequencyEncoder } from "./encoders/frequency-encode.ts";
import { hashingEncoder } from "./encoders/hashing.ts";
import { numbersEncoder } from "./encoders/numbers.ts";
import { oneHotEncoder } from "./encoders/one-hot.ts";
import { ordinalEncoder } from "./encoders/ordinal.ts";
import { targetEncoder } from "./encoders/target-encode.ts";
import { tfidfEncoder } from "./encoders/tfidf.ts";
import { type FeatureContext, fitFeatures } from "./fit-features.ts";
import { byName, contextOf, frameOf, type Plain, type PlainColumn } from "./frame-fixture.ts";
import { bucketOf } from "./murmur3.ts";
import { type Chain, chainOf } from "./step.ts";
import { clipOutliers } from "./transforms/clip-outliers.ts";
import { impute } from "./transforms/impute.ts";
import { quantileTransform } from "./transforms/quantile-transform.ts";
import { scale } from "./transforms/scale.ts";

const { NaN: missing } = Number;
/** Each value as many times as told. */
const times = <T>(...counts: readonly (readonly [T, number])[]): T[] =>
  counts.flatMap(([value, count]) => Array.from({ length: count }, () => value));

/** In the case of tfidf, 6 of 9 rows have each word and 5 have the pair: the pair's weight by a word's, and a row's length. */
const pair = (Math.log(10 / 6) + 1) / (Math.log(10 / 7) + 1);
const length = Math.hypot(1, 1, pair);

interface Case {
  readonly name: string;
  readonly chain: Chain;
  /** Training cells of column x. */
  readonly x: Plain | PlainColumn;
  /** Other rows; those of training when absent. */
  readonly rows?: Plain | PlainColumn;
  readonly expected: Readonly<Record<string, readonly number[]>>;
  readonly context?: Partial<FeatureContext>;
}

const x = (encoder: Chain["encoder"], ...transforms: Chain["transforms"]): Chain =>
  chainOf(["x"], encoder, transforms);
const numbers = (...transforms: Chain["transforms"]): Chain => x(numbersEncoder, ...transforms);
const category = (cells: Plain): PlainColumn => ({ kind: "category", cells });
const text = (cells: Plain): PlainColumn => ({ kind: "text", cells });
const datetime = (...cells: readonly (string | null)[]): PlainColumn => ({
  kind: "datetime",
  cells: cells.map((cell) => (cell === null ? null : Date.parse(cell))),
});

const cases: readonly Case[] = [
  {
    name: "numbers keep missing and infinite ones",
    chain: numbers(),
    x: [1, null, Infinity, -Infinity],
    expected: { x: [1, missing, Infinity, -Infinity] },
  },
  {
    name: "numbers of a float32 column are rounded as the graph's input is",
    chain: numbers(),
    x: { kind: "number", dtype: "float32", cells: [0.1, 16777217, null] },
    expected: { x: [Math.fround(0.1), 16777216, missing] },
  },
  {
    name: "impute: median of shared values",
    chain: numbers(impute()),
    x: times<number | null>([1, 5], [2, 6], [9, 5], [null, 1]),
    rows: [null, 3, Infinity],
    expected: { x: [2, 3, Infinity] },
  },
  {
    name: "impute: mean, and an indicator where rows miss the value",
    chain: numbers(impute({ strategy: "mean", indicator: "seen" })),
    x: [1, 2, 3, 4, 5, null],
    rows: [null, 7],
    expected: { x: [3, 7], "x:missing": [1, 0] },
  },
  {
    name: "impute: no indicator where no row misses the value",
    chain: numbers(impute({ strategy: "mean", indicator: "seen" })),
    x: [1, 2, 3, 4, 5],
    rows: [null],
    expected: { x: [3] },
  },
  {
    name: "impute: most frequent",
    chain: numbers(impute({ strategy: "mostFrequent" })),
    x: times<number | null>([1, 5], [2, 6], [3, 4], [null, 3]),
    rows: [null],
    expected: { x: [2] },
  },
  {
    name: "impute: most frequent of values that no 5 rows share is the median",
    chain: numbers(impute({ strategy: "mostFrequent" })),
    x: [1, 2, 3, 4, 5, null],
    rows: [null],
    expected: { x: [3] },
  },
  {
    name: "impute: the median of nothing is 0, with an indicator though none was asked for",
    chain: numbers(impute()),
    x: { kind: "number", cells: [null, null, null, null, null, null] },
    rows: { kind: "number", cells: [null, 4] },
    expected: { x: [0, 4], "x:missing": [1, 0] },
  },
  {
    name: "impute: so is the median of fewer than 5 values",
    chain: numbers(impute()),
    x: [7, 7, 7, 7, null, null],
    rows: [null],
    expected: { x: [0], "x:missing": [1] },
  },
  {
    name: "impute: most frequent code of a category",
    chain: x(ordinalEncoder(), impute({ strategy: "mostFrequent" })),
    x: category(times<string | null>(["a", 5], ["b", 6], [null, 9])),
    rows: ["a", null, "?"],
    expected: { x: [0, 1, 1] },
  },
  {
    name: "clipOutliers: at quantiles, infinities too",
    chain: numbers(clipOutliers({ lower: 0, upper: 1 })),
    x: times([1, 5], [2, 5], [9, 5]),
    rows: [0, 1, 5, 99, Infinity, -Infinity, null],
    expected: { x: [1, 1, 5, 9, 9, 1, missing] },
  },
  {
    name: "clipOutliers: Tukey's fences",
    chain: numbers(clipOutliers({ method: "iqr", factor: 1.5 })),
    x: times([0, 10], [10, 10]),
    rows: [-99, 3, 99],
    expected: { x: [-15, 3, 25] },
  },
  {
    name: "clipOutliers: fences of a column that is mostly zero fall back to the quantiles",
    chain: numbers(clipOutliers({ method: "iqr", upper: 0.99 })),
    x: times([0, 90], [10, 10]),
    rows: [-1, 5, 99],
    expected: { x: [0, 5, 10] },
  },
  {
    name: "clipOutliers: deviations",
    chain: numbers(clipOutliers({ method: "deviation", factor: 2 })),
    x: times([0, 5], [2, 5]),
    rows: [-9, 3.5],
    expected: { x: [-1, 3] },
  },
  {
    name: "scale: standard, missing and infinite ones aside",
    chain: numbers(scale()),
    x: [...times([0, 5], [2, 5]), null, Infinity],
    rows: [0, 1, 4, null, Infinity],
    expected: { x: [-1, 0, 3, missing, Infinity] },
  },
  {
    name: "scale: robust",
    chain: numbers(scale({ method: "robust" })),
    x: times([0, 10], [4, 11], [8, 10]),
    rows: [0, 4, 12],
    expected: { x: [-0.5, 0, 1] },
  },
  {
    name: "scale: robust with equal quartiles takes the deviation",
    chain: numbers(scale({ method: "robust" })),
    x: times([0, 8], [2, 1], [-2, 1], [0, 90]),
    rows: [Math.sqrt(0.08)],
    expected: { x: [1] },
  },
  {
    name: "scale: from end to end",
    chain: numbers(scale({ method: "minMax" })),
    x: times([2, 5], [4, 5]),
    rows: [2, 3, 4, 6],
    expected: { x: [0, 0.5, 1, 2] },
  },
  {
    name: "scale: a constant is 0",
    chain: numbers(scale()),
    x: times([0.1, 7]),
    rows: [0.1, 1.1],
    expected: { x: [0, 1] },
  },
  {
    name: "quantileTransform: ranks, flat beyond the ends",
    chain: numbers(quantileTransform({ quantiles: 2 })),
    x: times([0, 6], [10, 6]),
    rows: [-1, 0, 5, 10, Infinity, null],
    expected: { x: [0.25, 0.25, 0.5, 0.75, 0.75, missing] },
  },
  {
    name: "quantileTransform: equal quantiles share the middle of their levels, and one value is the middle",
    chain: numbers(quantileTransform({ quantiles: 4 })),
    x: times([3, 9]),
    rows: [1, 3, 5],
    expected: { x: [0.5, 0.5, 0.5] },
  },
  {
    name: "quantileTransform: normal scores",
    chain: numbers(quantileTransform({ quantiles: 2, distribution: "normal" })),
    x: times([0, 6], [10, 6]),
    rows: [0, 5, 10],
    expected: { x: [-0.6744897501960817, 0, 0.6744897501960817] },
  },
  {
    name: "ordinal: codes in order of the strings; rare, missing and unseen are missing",
    chain: x(ordinalEncoder()),
    x: category(times<string | null>(["b", 5], ["a", 6], ["rare", 4], [null, 5])),
    rows: ["a", "b", "rare", "new", null, ""],
    expected: { x: [0, 1, missing, missing, missing, missing] },
  },
  {
    name: "ordinal: what ends at a NUL and what is no Unicode counts as it arrives",
    chain: x(ordinalEncoder()),
    x: category(times(["a", 3], ["a\0b", 2], ["\ud800", 3], ["\udc00", 2])),
    rows: ["a", "a\0c", "\ud801", "\ufffd", "\0"],
    expected: { x: [0, 0, 1, 1, missing] },
  },
  {
    name: "oneHot: the rest shares a column, missing has its own",
    chain: x(oneHotEncoder()),
    x: category(times<string | null>(["a", 5], ["b", 6], ["rare", 4], [null, 5])),
    rows: ["a", "b", "rare", "new", null],
    expected: {
      "x=a": [1, 0, 0, 0, 0],
      "x=b": [0, 1, 0, 0, 0],
      "x=(missing)": [0, 0, 0, 0, 1],
      "x=(other)": [0, 0, 1, 1, 0],
    },
  },
  {
    name: "oneHot: without a rest in training an unseen value is all zeros",
    chain: x(oneHotEncoder()),
    x: category(times<string | null>(["a", 5], ["b", 6], [null, 4])),
    rows: ["a", "new", null],
    expected: { "x=a": [1, 0, 0], "x=b": [0, 0, 0] },
  },
  {
    name: "oneHot: at most so many columns, the most frequent",
    chain: x(oneHotEncoder({ maxCategories: 1, rare: "drop" })),
    x: category(times(["a", 5], ["b", 6])),
    rows: ["a", "b"],
    expected: { "x=b": [0, 1] },
  },
  {
    name: "oneHot: the most frequent of two left out",
    chain: x(oneHotEncoder({ drop: "binary" })),
    x: category(times(["no", 6], ["yes", 5])),
    rows: ["no", "yes", "new"],
    expected: { "x=yes": [0, 1, 0] },
  },
  {
    name: "oneHot: nothing that enough rows share is one column of the rest",
    chain: x(oneHotEncoder()),
    x: category(["a", "b", "c"]),
    rows: ["a", null],
    expected: { "x=(other)": [1, 0] },
  },
  {
    name: "oneHot: minRows can be told",
    chain: x(oneHotEncoder()),
    x: category(["a", "b", "b"]),
    context: { minRows: 2 },
    rows: ["a", "b"],
    expected: { "x=b": [0, 1], "x=(other)": [1, 0] },
  },
  {
    name: "hashing: one bucket a value, none for missing",
    chain: x(hashingEncoder({ buckets: 2 })),
    x: category(["a"]),
    rows: ["b", null, ""],
    expected: { "x#0": [1 - bucketOf("b", 2), 0, 0], "x#1": [bucketOf("b", 2), 0, 0] },
  },
  {
    name: "frequencyEncode: shares of the rows; rare and unseen values are 0, missing is a value",
    chain: x(frequencyEncoder()),
    x: category(times<string | null>(["a", 5], ["b", 6], ["rare", 4], [null, 5])),
    rows: ["a", "b", "rare", "new", null, ""],
    expected: { "x:share": [0.25, 0.3, 0, 0, 0.25, 0.25] },
  },
  {
    name: "frequencyEncode: counts; what few rows miss is 0; a constant is all rows",
    chain: x(frequencyEncoder({ measure: "count" })),
    x: category(times<string | null>(["a", 16], [null, 4])),
    rows: ["a", "b", null],
    expected: { "x:count": [16, 0, 0] },
  },
  {
    name: "frequencyEncode: rows of weight 0 do not count, other weights count once",
    chain: x(frequencyEncoder()),
    x: category(times(["a", 6], ["b", 6])),
    context: { weight: Float64Array.from(times([0, 1], [3, 5], [1, 6])) },
    rows: ["a", "b"],
    expected: { "x:share": [5 / 11, 6 / 11] },
  },
  {
    name: "targetEncode: fixed smoothing; rare, unseen and rarely missing values take the overall mean",
    chain: x(targetEncoder({ smoothing: "fixed", strength: 10 })),
    x: category(times<string | null>(["a", 10], ["b", 10], ["rare", 4])),
    context: {
      target: { kind: "regression", values: Float64Array.from(times([6, 10], [0, 10], [3, 4])) },
    },
    rows: ["a", "b", "rare", "new", null],
    expected: { "x:target": [4.5, 1.5, 3, 3, 3] },
  },
  {
    name: "targetEncode: enough rare rows, and enough missing ones, have a mean of their own; weights count",
    chain: x(targetEncoder({ smoothing: "fixed", strength: 0 })),
    x: category(times<string | null>(["a", 5], [null, 5], ["r1", 3], ["r2", 3])),
    context: {
      target: { kind: "regression", values: Float64Array.from(times([1, 5], [2, 5], [3, 3], [9, 3])) },
      weight: Float64Array.from(times([1, 13], [5, 3])),
    },
    rows: ["a", null, "r1", "r2", "new"],
    expected: { "x:target": [1, 2, 8, 8, 8] },
  },
  {
    name: "targetEncode: categories that do not differ beyond noise are the overall mean",
    chain: x(targetEncoder()),
    x: category(times(["a", 6], ["b", 6])),
    context: {
      target: {
        kind: "classification",
        classCount: 2,
        codes: Int32Array.from([0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0]),
      },
    },
    rows: ["a", "b"],
    expected: { "x:target": [0.5, 0.5] },
  },
  {
    name: "targetEncode: categories without noise are their own means",
    chain: x(targetEncoder()),
    x: category(times(["a", 6], ["b", 6])),
    context: { target: { kind: "regression", values: Float64Array.from(times([1, 6], [5, 6])) } },
    rows: ["a", "b", "new"],
    expected: { "x:target": [1, 5, 3] },
  },
  {
    name: "targetEncode: one column a class",
    chain: x(targetEncoder({ smoothing: "fixed", strength: 6 })),
    x: category(times(["a", 6], ["b", 6])),
    context: {
      target: {
        kind: "classification",
        classCount: 3,
        codes: Int32Array.from(times([0, 6], [1, 3], [2, 3])),
      },
    },
    rows: ["a", "b", "new"],
    expected: {
      "x:target=0": [0.75, 0.25, 0.5],
      "x:target=1": [0.125, 0.375, 0.25],
      "x:target=2": [0.125, 0.375, 0.25],
    },
  },
  {
    name: "dateParts: the calendar; what never changes is left out",
    chain: x(datePartsEncoder({ elapsed: false, minute: true })),
    x: datetime("2024-02-29T23:59:59.999Z", "1969-12-31T01:30:00Z", "2000-01-01T00:00:00Z", null),
    expected: {
      "x:year": [2024, 1969, 2000, missing],
      "x:month": [2, 12, 1, missing],
      "x:day": [29, 31, 1, missing],
      "x:weekday": [4, 3, 6, missing],
      "x:weekend": [0, 0, 1, missing],
      "x:dayOfYear": [60, 365, 1, missing],
      "x:hour": [23, 1, 0, missing],
      "x:minute": [59, 30, 0, missing],
    },
  },
  {
    name: "dateParts: dates without a time of day, in one year",
    chain: x(datePartsEncoder({ elapsed: false, dayOfYear: false })),
    x: datetime("2024-02-05", "2024-03-05", "2024-04-05"),
    expected: { "x:month": [2, 3, 4], "x:weekday": [1, 2, 5] },
  },
  {
    name: "dateParts: one date leaves one part",
    chain: x(datePartsEncoder()),
    x: datetime("1970-01-03T12:00:00Z", null),
    expected: { "x:elapsed": [2.5, missing] },
  },
  {
    name: "dateParts: years before 100 and the ends of the calendar",
    chain: x(
      datePartsEncoder({
        elapsed: false,
        month: false,
        day: false,
        weekday: false,
        weekend: false,
        hour: false,
      }),
    ),
    x: { kind: "datetime", cells: [-8.64e15, 8.64e15, -59_011_459_200_000, 8.64e15 + 1] },
    expected: { "x:year": [-271821, 275760, 100, missing], "x:dayOfYear": [110, 257, 1, missing] },
  },
  {
    name: "dateParts: spread over columns, all zeros where missing",
    chain: x(
      datePartsEncoder({
        elapsed: false,
        year: false,
        month: false,
        day: false,
        dayOfYear: false,
        hour: false,
        cycles: "oneHot",
      }),
    ),
    x: datetime("2024-06-01", "2024-06-03", null),
    expected: {
      "x:weekday=Sun": [0, 0, 0],
      "x:weekday=Mon": [0, 1, 0],
      "x:weekday=Tue": [0, 0, 0],
      "x:weekday=Wed": [0, 0, 0],
      "x:weekday=Thu": [0, 0, 0],
      "x:weekday=Fri": [0, 0, 0],
      "x:weekday=Sat": [1, 0, 0],
      "x:weekend": [1, 0, missing],
    },
  },
  {
    name: "dateParts: points on a circle, the day of the year too",
    chain: x(
      datePartsEncoder({
        elapsed: false,
        year: false,
        day: false,
        weekday: false,
        weekend: false,
        cycles: "wave",
      }),
    ),
    x: datetime("2024-01-01T06:00:00Z", "2024-07-01T18:00:00Z", null),
    expected: {
      "x:month:sin": [0.5, -0.5, missing],
      "x:month:cos": [Math.sqrt(3) / 2, -Math.sqrt(3) / 2, missing],
      "x:dayOfYear:sin": [
        Math.sin((2 * Math.PI) / 365.2425),
        Math.sin((2 * Math.PI * 183) / 365.2425),
        missing,
      ],
      "x:dayOfYear:cos": [
        Math.cos((2 * Math.PI) / 365.2425),
        Math.cos((2 * Math.PI * 183) / 365.2425),
        missing,
      ],
      "x:hour:sin": [1, -1, missing],
      "x:hour:cos": [0, 0, missing],
    },
  },
  {
    name: "tfidf: case is folded, pairs need neighbours, rare words share buckets, texts without words are zeros",
    chain: x(tfidfEncoder({ buckets: 1 })),
    x: text([...times(["Good food", 5], ["good bad food", 1]), null, "", "--"]),
    rows: ["GOOD food", "food good", "Unheard", "", "?!"],
    expected: {
      "x:food": [Math.fround(1 / length), Math.fround(Math.SQRT1_2), 0, 0, 0],
      "x:good": [Math.fround(1 / length), Math.fround(Math.SQRT1_2), 0, 0, 0],
      "x:good food": [Math.fround(pair / length), 0, 0, 0, 0],
      "x:#0": [0, 0, 1, 0, 0],
    },
  },
];

test.each(cases)("$name", async ({ chain, x: cells, rows, expected, context }) => {
  const fitted = await fitFeatures([chain], frameOf({ x: cells }), { ...contextOf(), ...context });
  const like = (plain: Plain | PlainColumn): PlainColumn =>
    "kind" in plain ? plain : { ...("kind" in cells ? cells : { kind: "number" as const }), cells: plain };
  const matrix = rows === undefined ? fitted.matrix : await fitted.transform(frameOf({ x: like(rows) }));
  const got = byName(matrix);
  expect(Object.keys(got)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    expect(got[name]!.length).toBe(values.length);
    values.forEach((value, row) => {
      const at = got[name]![row]!;
      const equal =
        Object.is(value, at) || value === at || Math.abs(value - at) <= 1e-12 * Math.max(1, Math.abs(value));
      expect(equal, `${name}[${row}] is ${at} and not ${value}`).toBe(true);
    });
  }
});

describe("tfidf equals scikit-learn's TfidfVectorizer, within float32's 6e-8", () => {
  const golden = JSON.parse(
    readFileSync(new URL("../../test/golden/tfidf.json", import.meta.url), "utf8"),
  ) as {
    texts: string[];
  } & Record<"words" | "pairs" | "sublinear", { terms: string[]; values: number[][] }>;

  test.each([
    { name: "words" as const, options: { ngrams: 1 } },
    { name: "pairs" as const, options: {} },
    { name: "sublinear" as const, options: { sublinear: true } },
  ])("$name", async ({ name, options }) => {
    const frame = frameOf({ x: text(golden.texts) });
    const fitted = await fitFeatures([x(tfidfEncoder(options))], frame, { ...contextOf(), minRows: 1 });
    const got = byName(fitted.matrix);
    const { terms, values } = golden[name];
    terms.forEach((term, j) => {
      values.forEach((row, i) => expect(Math.abs(got[`x:${term}`]![i]! - row[j]!)).toBeLessThan(6e-8));
    });
    const named = Object.keys(got).filter((key) => !key.startsWith("x:#"));
    expect(named.toSorted()).toEqual(terms.map((term) => `x:${term}`).toSorted());
  });
});
