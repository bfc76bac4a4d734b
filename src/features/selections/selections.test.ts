import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { tfidfEncoder } from "../encoders/tfidf.ts";
import { hashingEncoder } from "../encoders/hashing.ts";
import { numbersEncoder } from "../encoders/numbers.ts";
import { oneHotEncoder } from "../encoders/one-hot.ts";
import { ordinalEncoder } from "../encoders/ordinal.ts";
import { fitFeatures } from "../fit-features.ts";
import { contextOf, frameOf, type Plain } from "../frame-fixture.ts";
import { chainOf, type Selection, type StepContext, type StepTarget, union } from "../step.ts";
import { impute } from "../transforms/impute.ts";
import { scale } from "../transforms/scale.ts";
import { informationOf, selectBest } from "./select-best.ts";
import { varianceThreshold } from "./variance-threshold.ts";

interface Scored {
  readonly scores: readonly number[];
  readonly "best 4": readonly boolean[];
  readonly half: readonly boolean[];
}
const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/selection.json", import.meta.url), "utf8"),
) as {
  readonly names: readonly string[];
  readonly x: readonly number[][];
  readonly number: readonly number[];
  readonly classes: readonly number[];
  readonly classification: Readonly<Record<string, Scored>>;
  readonly regression: Readonly<Record<string, Scored>>;
  readonly spread: readonly Plain[];
  readonly threshold: Readonly<Record<string, readonly boolean[]>>;
};
const regressionOf = (values: Iterable<number>): StepTarget => ({
  kind: "regression",
  values: Float64Array.from(values),
});
const classesOf = (codes: readonly number[], classCount = 1 + Math.max(...codes)): StepTarget => ({
  kind: "classification",
  classCount,
  codes: Int32Array.from(codes),
});
const targets = { regression: regressionOf(golden.number), classification: classesOf(golden.classes) };
const defaults = { neighbors: 3, maxRows: 10_000 };

/** Mutual information of plain columns and a target. */
function scores(columns: readonly (readonly number[])[], target: StepTarget, options = defaults): number[] {
  const rowCount = columns[0]!.length;
  const context: StepContext = { ...contextOf(), rowCount, minRows: 5, target };
  const features = columns.map((_, j) => ({ name: String(j), sources: ["x"], kind: "number" as const }));
  const x = { rowCount, features, columns: columns.map((column) => Float64Array.from(column)) };
  return informationOf(x, context, options);
}

/** Names of the features that a selection lets through. */
async function kept(
  columns: Readonly<Record<string, Plain>>,
  selection: Selection,
  target?: StepTarget,
): Promise<string[]> {
  const chain = chainOf(Object.keys(columns), numbersEncoder, [selection]);
  const fitted = await fitFeatures([chain], frameOf(columns), { ...contextOf(), ...(target && { target }) });
  return fitted.features.map(({ name }) => name);
}
const plain = (columns: readonly Plain[]): Record<string, Plain> =>
  Object.fromEntries(columns.map((column, j) => [golden.names[j]!, column]));

describe.each(["classification", "regression"] as const)("%s equals scikit-learn", (task) => {
  test.each(Object.keys(golden[task]))("scores from %s neighbours, within 1e-6", (neighbors) => {
    const got = scores(golden.x, targets[task], { ...defaults, neighbors: Number(neighbors) });
    golden[task][neighbors]!.scores.forEach((score, j) =>
      expect(Math.abs(got[j]! - score)).toBeLessThan(1e-6),
    );
  });

  test.each(Object.keys(golden[task]))("the best four, and half, from %s neighbours", async (key) => {
    const neighbors = Number(key);
    const named = (support: readonly boolean[]): string[] => golden.names.filter((_, j) => support[j]);
    const [four, half] = await Promise.all(
      [{ count: 4 }, { share: 0.5 }].map(
        async (how) => await kept(plain(golden.x), selectBest({ ...how, neighbors }), targets[task]),
      ),
    );
    expect(four).toEqual(named(golden[task][key]!["best 4"]));
    expect(half).toEqual(named(golden[task][key]!.half));
  });
});

test.each(Object.entries(golden.threshold))(
  "variance above %s equals scikit-learn's",
  async (threshold, support) => {
    const names = golden.names.slice(0, support.length);
    const got = await kept(plain(golden.spread), varianceThreshold({ threshold: Number(threshold) }));
    expect(got).toEqual(names.filter((_, j) => support[j]));
  },
);

const random = createRandom(5);
const n = 4000;
const a = Array.from({ length: n }, () => random.normal());
const coin = a.map(() => random.integer(2));

describe("mutual information", () => {
  test.each([0, 0.5, 0.9, 0.99])(
    "of two normal columns of correlation %s is −½ ln(1 − r²), within 0.04",
    (r) => {
      const b = a.map((value) => r * value + Math.sqrt(1 - r * r) * random.normal());
      expect(Math.abs(scores([a], regressionOf(b))[0]! + Math.log(1 - r * r) / 2)).toBeLessThan(0.04);
    },
  );

  test("of a number that tells the class is the class's entropy, within 0.01", () => {
    const tells = coin.map((side) => 10 * side + random.normal());
    expect(Math.abs(scores([tells], classesOf(coin))[0]! - Math.log(2))).toBeLessThan(0.01);
  });

  test("sees where a number is missing, infinite or 0, and counts the rest beside it: within 0.02 of the truth", () => {
    const half = Math.log(2) / 2;
    const hidden = (mark: number): number[] =>
      coin.map((side, i) => (i % 2 === 0 ? random.normal() : side === 1 ? mark : mark === 0 ? -9 : Infinity));
    const [missing, endless, zero] = scores(
      [hidden(Number.NaN), hidden(-Infinity), hidden(0)],
      classesOf(coin),
    );
    // In half of the rows the mark tells the class; in the others noise tells nothing.
    for (const got of [missing!, endless!, zero!]) expect(Math.abs(got - half)).toBeLessThan(0.02);
    // Only where it is 0 the number tells nothing: chain rule with a normal density of r = 0.9.
    const b = a.map((value) => 0.9 * value + Math.sqrt(0.19) * random.normal());
    const mixed = a.map((value, i) => (i % 2 === 0 ? value : 0));
    expect(Math.abs(scores([mixed], regressionOf(b))[0]! + Math.log(0.19) / 4)).toBeLessThan(0.04);
  });

  test("of columns without anything to tell is 0", () => {
    const few = 20;
    const y = regressionOf(a.slice(0, few));
    const columns = [7, Number.NaN, Infinity].map((value) => Array.from({ length: few }, () => value));
    expect(scores(columns, y)).toEqual([0, 0, 0]);
    expect(scores(columns, classesOf(coin.slice(0, few)))).toEqual([0, 0, 0]);
    expect(scores([[1]], regressionOf([2]))).toEqual([0]);
    expect(scores([[1, 2]], regressionOf([2, 1]))[0]).toBeGreaterThanOrEqual(0);
    expect(scores([[1, 2]], classesOf([0, 1]))[0]).toBeGreaterThanOrEqual(0);
    expect(scores([a.slice(0, few)], regressionOf(Array.from({ length: few }, () => 3)))[0]).toBeLessThan(
      0.5,
    );
  });

  test("does not depend on the unit or the place of a column, nor on the order of rows", () => {
    const y = a.map((value) => value ** 2 + 0.1 * random.normal());
    const [one] = scores([a], regressionOf(y));
    expect(one).toBeGreaterThan(0.5);
    const [moved, large, small] = scores(
      [a.map((x) => x + 100), a.map((x) => 1e200 * x), a.map((x) => 1e-200 * x)],
      regressionOf(y),
    );
    for (const other of [moved!, large!, small!]) expect(Math.abs(other - one!)).toBeLessThan(0.01);
    const order = createRandom(2).shuffle(Uint32Array.from(a.keys()));
    const features = [{ name: "a", sources: ["a"], kind: "number" as const }];
    const context: StepContext = { ...contextOf(), rowCount: n, minRows: 5 };
    const options = { neighbors: 3, maxRows: 500 };
    const straight = { rowCount: n, features, columns: [Float64Array.from(a)] };
    const mixed = { rowCount: n, features, columns: [Float64Array.from(order, (row) => a[row]!)] };
    expect(
      informationOf(
        mixed,
        { ...context, rowIds: order, target: regressionOf(Array.from(order, (row) => y[row]!)) },
        options,
      ),
    ).toEqual(informationOf(straight, { ...context, target: regressionOf(y) }, options));
  });

  test("of fewer rows drawn from many is near that of all", () => {
    const y = regressionOf(a.map((value) => value + random.normal()));
    const [all] = scores([a], y);
    const [some] = scores([a], y, { neighbors: 3, maxRows: 1000 });
    expect(some).not.toBe(all);
    expect(Math.abs(some! - all!)).toBeLessThan(0.08);
  });
});

describe("selectBest", () => {
  const columns = { noise: a.map(() => random.normal()), a, twin: [...a] };
  const y = regressionOf(a);

  test("keeps the first of equals, at least one, and all where so many are asked for", async () => {
    expect(await kept(columns, selectBest({ count: 1 }), y)).toEqual(["a"]);
    expect(await kept(columns, selectBest({ share: 0.01 }), y)).toEqual(["a"]);
    expect(await kept(columns, selectBest({ share: 0.7, count: 5 }), y)).toEqual(["a", "twin"]);
    expect(await kept(columns, selectBest({ count: 99 }), y)).toEqual(["noise", "a", "twin"]);
  });

  test("reads codes of categories as they are, however many", async () => {
    const groups = coin.map((side, i) => `${side}-${i % 40}`);
    const frame = frameOf({ noise: columns.noise, groups });
    const chain = union(chainOf(["noise"], numbersEncoder), chainOf(["groups"], ordinalEncoder()));
    const fitted = await fitFeatures([chain.pipe(selectBest({ count: 1 }))], frame, {
      ...contextOf(),
      target: classesOf(coin),
    });
    expect(fitted.features).toEqual([
      { name: "groups", sources: ["groups"], kind: "category", cardinality: 80 },
    ]);
  });

  test("needs a target, and to be told how many", async () => {
    await expect(kept(columns, selectBest({ count: 1 }))).rejects.toMatchObject({
      code: "TARGET_MISSING",
      message: expect.stringMatching(/among 3 features/) as string,
    });
    expect(() => selectBest({} as { count: number })).toThrow(/not told how many.*PARAMETER_MISSING/);
    expect(() => selectBest({ count: 0 })).toThrow(/selectBest\.count is 0/);
    expect(() => selectBest({ share: 1.5 })).toThrow(/selectBest\.share is 1\.5/);
    // @ts-expect-error how many must be told
    expect(() => selectBest({ neighbors: 5 })).toThrow(/not told how many/);
  });
});

describe("varianceThreshold", () => {
  test("lets the feature through that varies most where none varies enough", async () => {
    const few = { a: [1, 1, 1, 1], b: [1, 2, 1, 2], c: [5, 5, 5, 9] };
    expect(await kept(few, varianceThreshold({ threshold: 50 }))).toEqual(["c"]);
    expect(await kept({ a: [1, 1], b: [2, 2] }, varianceThreshold())).toEqual(["a"]);
    expect(await kept({ a: [1] }, varianceThreshold())).toEqual(["a"]);
  });

  test("reads codes of categories as varying or not", async () => {
    const frame = frameOf({
      one: Array.from({ length: 12 }, () => "x"),
      two: Array.from({ length: 12 }, (_, i) => `x${i % 2}`),
    });
    const chain = chainOf(["one", "two"], ordinalEncoder(), [varianceThreshold({ threshold: 100 })]);
    const fitted = await fitFeatures([chain], frame, contextOf());
    expect(fitted.features.map(({ name }) => name)).toEqual(["two"]);
    expect(fitted.columns).toEqual(["two"]);
  });
});

describe("in a wide sparse matrix", () => {
  const words = Array.from({ length: 700 }, (_, i) => `word${i}`);
  const rowCount = 300;
  const frame = frameOf({
    note: {
      kind: "text",
      cells: Array.from({ length: rowCount }, (_, i) =>
        i % 17 === 0 ? null : Array.from({ length: 12 }, () => words[random.integer(700)]).join(" "),
      ),
    },
    city: { kind: "category", cells: Array.from({ length: rowCount }, () => words[random.integer(60)]!) },
    age: { kind: "number", cells: Array.from({ length: rowCount }, (_, i) => (i % 11 === 0 ? null : i)) },
  });
  const target = regressionOf(Array.from({ length: rowCount }, (_, i) => i));
  const chain = union(
    chainOf(["note"], tfidfEncoder({ buckets: 500 })),
    chainOf(["age"], numbersEncoder, [impute(), scale()]),
    chainOf(["city"], hashingEncoder({ buckets: 300 })),
    chainOf(["city"], oneHotEncoder()),
  );

  test.each([
    { name: "varianceThreshold", step: varianceThreshold(), atLeast: 512 },
    { name: "selectBest", step: selectBest({ count: 600 }), atLeast: 600 },
  ])("$name takes what it takes of a dense one, and leaves it sparse", async ({ step, atLeast }) => {
    const [dense, sparse] = await Promise.all(
      [false, true].map(async (sparsely) =>
        fitFeatures([chain.pipe(step)], frame, { ...contextOf(), target, sparse: sparsely }),
      ),
    );
    expect(sparse!.features).toEqual(dense!.features);
    expect(sparse!.features.length).toBeGreaterThanOrEqual(atLeast);
    expect(sparse!.features.map(({ name }) => name)).toContain("age");
    for (const matrix of [sparse!.matrix, await sparse!.transform(frame)]) {
      expect(matrix.sparse).toBeDefined();
      matrix.columns.forEach((column, j) => expect([...column]).toEqual([...dense!.matrix.columns[j]!]));
    }
  });
});
