import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { add, gather, graph, writeOnnx } from "../graph/index.ts";
import { compile } from "../runtime/index.ts";
import { type Frame, takeRows } from "../schema/index.ts";
import { defaultChains, type PlanStyle } from "./default-chains.ts";
import { characterTfidfEncoder } from "./encoders/character-tfidf.ts";
import { hashedTfidfEncoder } from "./encoders/hashed-tfidf.ts";
import { numbersEncoder } from "./encoders/numbers.ts";
import { oneHotEncoder } from "./encoders/one-hot.ts";
import { ordinalEncoder } from "./encoders/ordinal.ts";
import { targetEncoder } from "./encoders/target-encode.ts";
import { tfidfEncoder } from "./encoders/tfidf.ts";
import { fitFeatures, type FittedFeatures } from "./fit-features.ts";
import { byName, contextOf, frameOf } from "./frame-fixture.ts";
import { feedsOf, graphInputs } from "./inputs.ts";
import { chainOf, type Encoder, type Selection, type Transform } from "./step.ts";
import { impute } from "./transforms/impute.ts";
import { scale } from "./transforms/scale.ts";

const bytesOf = (fitted: FittedFeatures, frame: Frame): Uint8Array => {
  const inputs = graphInputs(frame.schema, fitted.columns);
  return writeOnnx(graph({ inputs: [...inputs.values()], outputs: { x: fitted.emit(inputs) } }));
};

test("numbers that need no rounding are the table's own arrays", async () => {
  const frame = frameOf({ a: [1, 2], b: { kind: "number", dtype: "float32", cells: [0.5, null] } });
  const { matrix } = await fitFeatures([chainOf(["a", "b"], numbersEncoder)], frame, contextOf());
  for (const [j, name] of ["a", "b"].entries()) {
    expect(matrix.columns[j]).toBe((frame.columns.get(name) as { values: Float64Array }).values);
  }
});

describe("the graph does not tell words of fewer than 5 rows apart from words of none, and tells those of more", () => {
  const fitOn = async (holders: number, encoder: Encoder): Promise<Uint8Array> => {
    const cells = Array.from({ length: 20 }, (_, row) => (row < holders ? "green tea jasmine" : "green tea"));
    const frame = frameOf({ note: { kind: "text", cells } });
    return bytesOf(await fitFeatures([chainOf(["note"], encoder)], frame, contextOf()), frame);
  };
  test.each([
    ["tfidf", tfidfEncoder({ ngrams: 1 })],
    ["hashedTfidf", hashedTfidfEncoder({ buckets: 4096 })],
    ["characterTfidf", characterTfidfEncoder()],
  ])("%s", async (_, encoder) => {
    const without = await fitOn(0, encoder);
    for (const holders of [1, 2, 3, 4]) expect(await fitOn(holders, encoder)).toEqual(without);
    expect(await fitOn(6, encoder)).not.toEqual(without);
  });
});

test("chains stand side by side in their order, columns in schema order, and a chain's columns share its transforms", async () => {
  const frame = frameOf({
    a: [1, 2, 3, 4, null],
    b: ["u", "u", "u", "u", "u"],
    c: { kind: "number", dtype: "float32", cells: [5, 5, 5, 5, 5] },
    d: [0, 0, 0, 0, 0],
  });
  const fitted = await fitFeatures(
    [
      chainOf(["c", "d", "a"], numbersEncoder, [impute({ indicator: "seen" }), scale()]),
      chainOf(["b"], ordinalEncoder()),
      chainOf(["a"], numbersEncoder),
    ],
    frame,
    contextOf(),
  );
  expect(fitted.features.map((feature) => feature.name)).toEqual(["c", "d", "a", "a:missing", "b", "a (2)"]);
  expect(fitted.features[3]!.sources).toEqual(["a"]);
  expect(fitted.features[4]).toEqual({ name: "b", sources: ["b"], kind: "category", cardinality: 1 });
  expect(fitted.columns).toEqual(["a", "b", "c", "d"]);
  const session = await compile(bytesOf(fitted, frame));
  const { x } = await session.run(feedsOf(frame, fitted.columns));
  await session.release();
  const served = Array.from({ length: 6 }, (_, j) =>
    Array.from({ length: 5 }, (_, i) => (x!.data as Float64Array)[i * 6 + j]!),
  );
  expect(served).toEqual(fitted.matrix.columns.map((column) => Array.from(column)));
});

test("blocks of rows, of strings and of long texts give what one run gives", async () => {
  const random = createRandom(3);
  const n = 140_000;
  const rare = Array.from({ length: n }, (_, row) =>
    row < 100_000 ? `value ${row}` : `value ${row % 1000}`,
  );
  const notes = Array.from({ length: n }, (_, row) =>
    row === 77 ? "long ".repeat(200_000) : `word${row % 300} and word${row % 7}`,
  );
  const frame = frameOf({
    a: Array.from({ length: n }, () => random.normal()),
    rare,
    note: { kind: "text", cells: notes },
  });
  const fitted = await fitFeatures(
    [
      chainOf(["a"], numbersEncoder, [scale()]),
      chainOf(["rare"], ordinalEncoder()),
      chainOf(["note"], tfidfEncoder({ maxTerms: 5, buckets: 1 })),
    ],
    frame,
    contextOf(),
  );
  const rows = [0, 76, 77, 78, 65_535, 65_536, 99_999, 100_000, n - 1];
  const some = frameOf({
    a: rows.map((row) => (frame.columns.get("a") as { values: Float64Array }).values[row]!),
    rare: rows.map((row) => rare[row]!),
    note: { kind: "text", cells: rows.map((row) => notes[row]!) },
  });
  const [whole, part] = [byName(fitted.matrix), byName(fitted.reference(some))];
  for (const [name, values] of Object.entries(part)) {
    values.forEach((value, i) => {
      const at = whole[name]![rows[i]!]!;
      expect(Object.is(at, value) || Math.abs(at - value) < 1e-6, `${name}[${rows[i]}]`).toBe(true);
    });
  }
  expect(Object.keys(whole)).toHaveLength(8);
});

test("a transform that cannot be narrowed stays whole, with what it reads, before a selection", async () => {
  const frame = frameOf({ a: [1, 2, null], b: [10, 20, 30], c: [7, 8, 9] });
  // Each feature and the one after it.
  const sums: Transform = {
    kind: "sums",
    parameters: {},
    fit: ({ features }) => ({
      features,
      emit: (x) => add(x, gather(x, [1, 2, 0], 1)),
      reference: (row) => features.map((_, j) => row[j]! + row[(j + 1) % 3]!),
    }),
  };
  const twoOf = (places: readonly number[]): Selection => ({
    kind: "two",
    parameters: {},
    select: () => places,
  });
  const chain = chainOf(["a", "b", "c"], numbersEncoder, [sums, twoOf([0, 2]), scale(), twoOf([1])]);
  const fitted = await fitFeatures([chain, chainOf(["b"], numbersEncoder)], frame, {
    ...contextOf(),
    minRows: 1,
  });
  expect(fitted.columns).toEqual(["a", "b", "c"]);
  expect(fitted.features.map(({ name }) => name)).toEqual(["c", "b"]);
  expect(byName(fitted.matrix)).toEqual({ c: [-1, 1, Number.NaN], b: [10, 20, 30] });
  for (const matrix of [await fitted.transform(frame), fitted.reference(frame)])
    expect(byName(matrix)).toEqual(byName(fitted.matrix));
  const session = await compile(bytesOf(fitted, frame));
  const { x } = await session.run(feedsOf(frame, fitted.columns));
  await session.release();
  expect([...(x!.data as Float64Array)]).toEqual([-1, 10, 1, 20, Number.NaN, 30]);
});

test("no rows give a matrix of no rows", async () => {
  const frame = frameOf({ a: [1, 2], b: ["u", "v"] });
  const chains = [chainOf(["a"], numbersEncoder, [impute()]), chainOf(["b"], oneHotEncoder())];
  const fitted = await fitFeatures(chains, frame, contextOf());
  const empty = await fitted.transform(
    frameOf({ a: { kind: "number", cells: [] }, b: { kind: "category", cells: [] } }),
  );
  expect(empty.rowCount).toBe(0);
  expect(empty.columns.map((column) => column.length)).toEqual([0, 0]);
});

describe("targetEncode trains out of fold", () => {
  const n = 3000;
  const random = createRandom(6);
  const target = Float64Array.from({ length: n }, () => random.normal());
  const correlation = (a: ArrayLike<number>): number => {
    let [sum, square, cross] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      sum += a[i]! / n;
      square += a[i]! ** 2 / n;
    }
    for (let i = 0; i < n; i++) cross += ((a[i]! - sum) * target[i]!) / n;
    return cross / Math.sqrt(square - sum ** 2);
  };

  test("so that pure noise does not look like a signal, as it does in the file", async () => {
    const frame = frameOf({ x: Array.from({ length: n }, (_, row) => `group ${row % 500}`) });
    const encoder = targetEncoder({ smoothing: "fixed", strength: 0 });
    const fitted = await fitFeatures([chainOf(["x"], encoder)], frame, {
      ...contextOf(),
      target: { kind: "regression", values: target },
    });
    expect(correlation((await fitted.transform(frame)).columns[0]!)).toBeGreaterThan(0.3);
    expect(correlation(fitted.matrix.columns[0]!)).toBeLessThan(0.05);
  });

  test("its value does not use the row's own target", async () => {
    const frame = frameOf({ x: Array.from({ length: n }, (_, row) => `group ${row % 5}`) });
    const fit = async (values: Float64Array): Promise<number> => {
      const fitted = await fitFeatures([chainOf(["x"], targetEncoder({ smoothing: "fixed" }))], frame, {
        ...contextOf(),
        target: { kind: "regression", values },
      });
      return fitted.matrix.columns[0]![17]!;
    };
    const changed = target.slice();
    changed[17] = 1e6;
    // The target is centred by the mean of all rows before it is summed: the last digits may move.
    expect(Math.abs((await fit(changed)) - (await fit(target)))).toBeLessThan(1e-9);
  });
});

test("a value of one row is in the file only when one row is enough", async () => {
  const frame = frameOf({
    key: Array.from({ length: 40 }, (_, row) => `secret${row}`),
    note: { kind: "text", cells: Array.from({ length: 40 }, (_, row) => `the word hidden${row}`) },
    sum: Array.from({ length: 40 }, (_, row) => (row === 7 ? 123456.789 : null)),
  });
  const chains = [
    chainOf(["key"], ordinalEncoder()),
    chainOf(["key"], oneHotEncoder()),
    chainOf(["note"], tfidfEncoder()),
    chainOf(["sum"], numbersEncoder, [impute(), scale({ method: "minMax" })]),
  ];
  const found = async (minRows?: number): Promise<boolean[]> => {
    const fitted = await fitFeatures(chains, frame, { ...contextOf(), ...(minRows && { minRows }) });
    const bytes = Buffer.from(bytesOf(fitted, frame));
    const sum = Buffer.from(Float64Array.of(123456.789).buffer);
    return [
      bytes.includes("secret7"),
      bytes.includes("hidden7"),
      bytes.includes(sum),
      bytes.includes("word"),
    ];
  };
  expect(await found(1)).toEqual([true, true, true, true]);
  expect(await found()).toEqual([false, false, false, true]);
});

describe("errors", () => {
  const frame = frameOf({ age: [1, 2], city: ["a", "b"] });
  const target = {
    ...frame,
    schema: { columns: frame.schema.columns.map((c) => ({ ...c, role: "target" as const })) },
  };
  test.each([
    {
      name: "a column that is not there",
      chains: [chainOf(["agee"], numbersEncoder)],
      rows: frame,
      code: "SCHEMA_MISSING_COLUMN",
      words: /"agee".* nearest name is "age"/,
    },
    {
      name: "a column of another kind",
      chains: [chainOf(["city"], numbersEncoder)],
      rows: frame,
      code: "SCHEMA_WRONG_KIND",
      words: /numbers reads .*number, and "city" is category/,
    },
    {
      name: "the target",
      chains: [chainOf(["age"], numbersEncoder)],
      rows: target,
      code: "SCHEMA_ROLE",
      words: /"age", whose role is target/,
    },
    { name: "no chain", chains: [], rows: frame, code: "DATA_EMPTY", words: /0 chains/ },
    {
      name: "a chain without columns",
      chains: [chainOf([], numbersEncoder)],
      rows: frame,
      code: "DATA_EMPTY",
      words: /1 of them/,
    },
    {
      name: "no rows",
      chains: [chainOf(["age"], numbersEncoder)],
      rows: frameOf({ age: { kind: "number", cells: [] } }),
      code: "DATA_EMPTY",
      words: /0 rows/,
    },
    {
      name: "codes to scale",
      chains: [chainOf(["city"], ordinalEncoder(), [scale()])],
      rows: frame,
      code: "PARAMETER_CONFLICT",
      words: /scale needs numbers, and "city"/,
    },
    {
      name: "the median of codes",
      chains: [chainOf(["city"], ordinalEncoder(), [impute()])],
      rows: frame,
      code: "PARAMETER_CONFLICT",
      words: /strategy "median" for "city"/,
    },
    {
      name: "no target to encode by",
      chains: [chainOf(["city"], targetEncoder())],
      rows: frame,
      code: "TARGET_MISSING",
      words: /targetEncode of "city"/,
    },
  ])("$name", async ({ chains, rows, code, words }) => {
    const fit = fitFeatures(chains, rows, contextOf());
    await expect(fit).rejects.toMatchObject({ code, message: expect.stringMatching(words) as string });
  });

  test("columns that other rows, or the graph's inputs, lack", async () => {
    const fitted = await fitFeatures([chainOf(["age"], numbersEncoder)], frame, contextOf());
    const missing = { code: "SCHEMA_MISSING_COLUMN" };
    await expect(fitted.transform(frameOf({ ages: [1] }))).rejects.toMatchObject(missing);
    expect(() => fitted.emit(new Map())).toThrow(expect.objectContaining(missing));
    expect(() => graphInputs(frame.schema, ["nothing"])).toThrow(expect.objectContaining(missing));
    const wrong = { ...frame, columns: new Map([["age", frame.columns.get("city")!]]) };
    await expect(fitted.transform(wrong)).rejects.toMatchObject({ code: "SCHEMA_WRONG_KIND" });
  });
});

test("feedsOf gives each column in the dtype of its input", () => {
  const frame = frameOf({
    double: [0.1, null],
    float: { kind: "number", dtype: "float32", cells: [0.1, null] },
    when: { kind: "datetime", cells: [1.5, null] },
    city: { kind: "category", cells: ["a", null] },
    note: { kind: "text", cells: [null, "b"] },
  });
  const names = ["double", "float", "when", "city", "note"];
  const inputs = graphInputs(frame.schema, names);
  expect([...inputs.values()].map((value) => value.dtype)).toEqual([
    "float64",
    "float32",
    "float64",
    "string",
    "string",
  ]);
  expect([...inputs.values()].every((value) => value.shape.join() === "batch,1")).toBe(true);
  const all = feedsOf(frame, names);
  expect(all["float"]).toEqual({ dtype: "float32", shape: [2, 1], data: Float32Array.of(0.1, Number.NaN) });
  expect(all["city"]).toEqual({ dtype: "string", shape: [2, 1], data: ["a", ""] });
  const some = feedsOf(frame, names, Uint32Array.of(1, 0, 1));
  expect(some["double"]!.data).toEqual(Float64Array.of(Number.NaN, 0.1, Number.NaN));
  expect(some["when"]!.data).toEqual(Float64Array.of(Number.NaN, 1.5, Number.NaN));
  expect(some["note"]!.data).toEqual(["b", "", "b"]);
});

describe("defaultChains", () => {
  const n = 600;
  const rows = <T>(draw: (row: number) => T): T[] => Array.from({ length: n }, (_, row) => draw(row));
  const plain = frameOf({
    age: rows((row) => row),
    city: rows((row) => `c${row % 10}`),
    zip: rows((row) => `z${row % 100}`),
    member: { kind: "boolean", cells: rows((row) => String(row % 2 === 0)) },
    when: { kind: "datetime", cells: rows((row) => row * 1e8) },
    note: { kind: "text", cells: rows((row) => `some words ${row}`) },
    key: { kind: "id", cells: rows((row) => `k${row}`) },
    race: rows((row) => `r${row % 3}`),
  });
  const frame: Frame = {
    ...plain,
    schema: {
      columns: plain.schema.columns.map((column) =>
        column.name === "race" ? { ...column, role: "sensitive" } : column,
      ),
    },
  };
  const outline = (style: PlanStyle, target: boolean, powers = false): string[] =>
    defaultChains(frame.schema, style, { frame, target, powers }).map(
      ({ columns, encoder, transforms }) =>
        `${columns.join()}: ${[encoder.kind, ...transforms.map((transform) => transform.kind)].join(" ")}`,
    );

  test.each([
    {
      style: "trees" as const,
      target: true,
      expected: ["age: numbers", "city,zip,member: ordinal", "when: dateParts", "note: tfidf"],
    },
    {
      style: "linear" as const,
      target: true,
      expected: [
        "age: numbers impute clipOutliers scale",
        "city,member: oneHot",
        "zip: targetEncode scale",
        "when: dateParts impute clipOutliers scale",
        "note: tfidf",
      ],
    },
    {
      style: "linear" as const,
      target: false,
      expected: [
        "age: numbers impute clipOutliers scale",
        "city,member: oneHot",
        "zip: hashing",
        "when: dateParts impute clipOutliers scale",
        "note: tfidf",
      ],
    },
    {
      style: "naive" as const,
      target: true,
      expected: [
        "age: numbers quantileTransform",
        "city,member: ordinal",
        "zip: targetEncode quantileTransform",
        "when: dateParts quantileTransform",
        "note: tfidf",
      ],
    },
    {
      style: "sparse" as const,
      target: true,
      expected: [
        "age: numbers impute clipOutliers scale",
        "city,member: oneHot",
        "zip: targetEncode scale",
        "when: dateParts impute clipOutliers scale",
        "note: tfidf",
        "note: characterTfidf",
      ],
    },
    {
      style: "counts" as const,
      target: true,
      expected: [
        "age: numbers impute quantileTransform",
        "city,member: oneHot",
        "zip: targetEncode quantileTransform",
        "when: dateParts impute quantileTransform",
        "note: tfidf",
        "note: characterTfidf",
      ],
    },
  ])("$style, with a target: $target", ({ style, target, expected }) => {
    expect(outline(style, target)).toEqual(expected);
  });

  test("a power stands beside each number of three values where there are ten rows for it", async () => {
    expect(outline("linear", true, true).slice(0, 2)).toEqual([
      "age: numbers impute clipOutliers scale",
      "age: numbers powerTransform impute clipOutliers",
    ]);
    const numbers = frameOf({
      two: rows((row) => row % 2),
      three: rows((row) => (row % 50 === 0 ? Infinity : row % 3)),
      none: { kind: "number", cells: rows(() => null) },
      some: rows((row) => (row % 4 === 0 ? null : row ** 3)),
      even: rows((row) => Math.sin(row)),
    });
    const options = { frame: numbers, target: true, powers: true };
    const chains = defaultChains(numbers.schema, "linear", options);
    expect(chains.map(({ columns }) => columns)).toEqual([
      ["two", "none"],
      ["three", "some", "even"],
      ["three", "some"],
      ["even"],
    ]);
    expect(chains.at(-1)!.transforms.map(({ kind }) => kind)).toContain("interactions");
    const few = takeRows(
      numbers,
      Uint32Array.from({ length: 19 }, (_, row) => row),
    );
    expect(defaultChains(few.schema, "linear", { ...options, frame: few })).toHaveLength(1);
    const fitted = await fitFeatures(chains, numbers, contextOf());
    expect(fitted.features.map(({ name }) => name).slice(-3)).toEqual([
      "three:power",
      "some:power",
      "even^2",
    ]);
    const strange = frameOf({
      two: [null, Infinity, 0],
      three: [-Infinity, 1e308, null],
      none: [null, 4, -1e308],
      some: [null, Infinity, -1e300],
      even: [-Infinity, 1e308, null],
    });
    for (const matrix of [fitted.matrix, await fitted.transform(strange)])
      for (const column of matrix.columns) expect(column.every(Number.isFinite)).toBe(true);
    const far = await fitted.transform(
      frameOf({ two: [0], three: [0], none: [null], some: [1e300], even: [1e300] }),
    );
    fitted.features.forEach(({ name }, j) => {
      if (/^(some|even)/.test(name)) expect(far.columns[j]![0]).toBeLessThan(30);
    });
  });

  test.each(["linear", "naive", "sparse", "counts"] as const)(
    "%s leaves no value infinite in rows like none before, only naive one missing, and counts none below 0",
    async (style) => {
      const target = {
        kind: "regression" as const,
        values: Float64Array.from({ length: n }, (_, row) => row % 7),
      };
      const fitted = await fitFeatures(defaultChains(frame.schema, style, { frame, target: true }), frame, {
        ...contextOf(),
        target,
      });
      const strange = frameOf({
        age: [null, Infinity, -Infinity, 1e308],
        city: { kind: "category", cells: [null, "?", "c1", ""] },
        zip: { kind: "category", cells: [null, "?", "z1", ""] },
        member: { kind: "boolean", cells: [null, "?", "true", ""] },
        when: { kind: "datetime", cells: [null, Infinity, 9e15, -8.64e15] },
        note: { kind: "text", cells: [null, "?", "unheard of", ""] },
      });
      for (const matrix of [fitted.matrix, await fitted.transform(strange)]) {
        for (const [j, column] of matrix.columns.entries()) {
          const bounded = column.every((x) => Number.isFinite(x) || (style === "naive" && Number.isNaN(x)));
          expect(bounded, fitted.features[j]!.name).toBe(true);
          if (style === "counts")
            expect(Math.min(...column), fitted.features[j]!.name).toBeGreaterThanOrEqual(0);
        }
      }
    },
  );

  test("text columns share a limit of terms", () => {
    const terms = (rowCount: number, style: "trees" | "linear"): unknown =>
      defaultChains(frame.schema, style, { frame: { ...frame, rowCount }, target: true }).at(-1)!.encoder
        .parameters;
    expect(terms(600, "linear")).toMatchObject({ maxTerms: 1000 });
    expect(terms(600, "trees")).toMatchObject({ maxTerms: 1000 });
    expect(terms(1_000_000, "linear")).toMatchObject({ maxTerms: 50 });
  });
});
