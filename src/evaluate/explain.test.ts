import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import type { Target } from "../estimators/index.ts";
import { metric } from "../metrics/index.ts";
import type { Cells, ColumnSchema, Frame, Kind } from "../schema/index.ts";
import {
  partialDependence,
  permutationImportance,
  type Predict,
  scoredRows,
  worstSegments,
} from "./index.ts";

/** A frame of features; strings become codes by first appearance, null is missing. */
function frameOf(columns: Record<string, { kind: Kind; cells: readonly (number | string | null)[] }>): Frame {
  const entries = Object.entries(columns);
  return {
    rowCount: entries[0]![1].cells.length,
    schema: {
      columns: entries.map(([name, { kind }]) => ({ name, kind, role: "feature" }) as ColumnSchema),
    },
    columns: new Map(
      entries.map(([name, { kind, cells }]): [string, Cells] => {
        if (kind === "number" || kind === "datetime") {
          return [
            name,
            {
              type: "number",
              values: Float64Array.from(cells, (cell) => (cell as number | null) ?? Number.NaN),
            },
          ];
        }
        const dictionary = [...new Set(cells.filter((cell) => cell !== null))] as string[];
        return [
          name,
          {
            type: "string",
            dictionary,
            codes: Int32Array.from(cells, (cell) => dictionary.indexOf(cell as string)),
          },
        ];
      }),
    ),
  };
}

const numbersOf = (frame: Frame, name: string): Float64Array =>
  (frame.columns.get(name) as Extract<Cells, { type: "number" }>).values;
const textsOf = (frame: Frame, name: string): (string | undefined)[] => {
  const cells = frame.columns.get(name) as Extract<Cells, { type: "string" }>;
  return Array.from(cells.codes, (code) => cells.dictionary[code]);
};

const n = 2000;
const random = createRandom(11);
const a = Array.from({ length: n }, () => random.normal());
const b = Array.from({ length: n }, () => random.normal());
const city = Array.from({ length: n }, () => ["Rome", "Oslo", "Lima"][random.integer(3)]!);
const frame = frameOf({
  a: { kind: "number", cells: a },
  b: { kind: "number", cells: b },
  copy: { kind: "number", cells: a },
  city: { kind: "category", cells: city },
});
const cityValue = (name: string | undefined): number => (name === "Oslo" ? 2 : 0);
const predictNumber: Predict = async (some) => {
  const as = numbersOf(some, "a");
  const cities = textsOf(some, "city");
  return as.map((value, i) => 3 * value + cityValue(cities[i]));
};
const target: Target = {
  kind: "regression",
  values: Float64Array.from(a, (value, i) => 3 * value + cityValue(city[i])),
};

describe("permutationImportance", () => {
  test("of a linear model is the error of the shuffled term: √2·3 for a, 0 for what it does not read", async () => {
    const result = await permutationImportance({
      predict: predictNumber,
      frame,
      target,
      metric: metric("rmse"),
      seed: 1,
    });
    expect(result.score).toBe(0);
    expect(result.rows).toBe(n);
    expect(result.columns.map((entry) => entry.columns[0])).toEqual(["a", "city", "b", "copy"]);
    const [first, second, ...rest] = result.columns;
    const spread = Math.sqrt(a.reduce((sum, value) => sum + value * value, 0) / n);
    expect(Math.abs(first!.drop / (3 * Math.SQRT2 * spread) - 1)).toBeLessThan(0.03);
    // Oslo is a third: 2 · √(2 · 1/3 · 2/3).
    expect(Math.abs(second!.drop - 2 * Math.sqrt(4 / 9))).toBeLessThan(0.06);
    expect(first!.drops.length).toBe(5);
    expect(first!.spread).toBeGreaterThan(0);
    for (const entry of rest) expect(entry).toMatchObject({ drop: 0, spread: 0 });
  });

  test("a greater-is-better metric drops too, and columns can be shuffled together", async () => {
    // Reads a and its copy: either alone spoils a half, both together all of it.
    const half: Predict = async (some) =>
      numbersOf(some, "a").map((value, i) => (value + numbersOf(some, "copy")[i]!) / 2);
    const goal: Target = { kind: "regression", values: Float64Array.from(a) };
    const { columns } = await permutationImportance({
      predict: half,
      frame,
      target: goal,
      metric: metric("r2"),
      seed: 1,
      columns: ["a", ["a", "copy"]],
    });
    expect(columns[0]!.columns).toEqual(["a", "copy"]);
    expect(Math.abs(columns[0]!.drop - 2)).toBeLessThan(0.15);
    expect(Math.abs(columns[1]!.drop - 0.5)).toBeLessThan(0.1);
  });

  test("a column's figure does not depend on which others are asked, and rows can be sampled", async () => {
    const common = { predict: predictNumber, frame, target, metric: metric("mae"), seed: 4, maxRows: 300 };
    const all = await permutationImportance(common);
    const one = await permutationImportance({ ...common, columns: ["city"] });
    expect(all.rows).toBe(300);
    expect(all.columns.find((entry) => entry.columns[0] === "city")).toEqual(one.columns[0]);
  });

  test("an unknown column and a stop are refused", async () => {
    const common = { predict: predictNumber, frame, target, metric: metric("mae"), seed: 4 };
    await expect(permutationImportance({ ...common, columns: ["town"] })).rejects.toThrow(
      /SCHEMA_MISSING_COLUMN/,
    );
    await expect(permutationImportance({ ...common, signal: AbortSignal.abort() })).rejects.toThrow(
      /CANCELLED/,
    );
  });
});

describe("partialDependence", () => {
  test("of a linear model is its line, at rounded values", async () => {
    const result = await partialDependence({
      predict: predictNumber,
      frame,
      column: "a",
      seed: 1,
      maxRows: n,
    });
    const base = city.reduce((sum, name) => sum + cityValue(name), 0) / n;
    expect(result.kind).toBe("number");
    expect(result.points.length).toBeGreaterThan(12);
    for (const { value, mean } of result.points) {
      expect(mean[0]).toBeCloseTo(3 * (value as number) + base, 9);
      // Spans 3.3 between the 5 % and 95 % points: steps of 0.05.
      expect(Math.abs((value as number) * 20 - Math.round((value as number) * 20))).toBeLessThan(1e-9);
    }
    expect(result.points.reduce((sum, point) => sum + point.share, 0)).toBeCloseTo(1, 9);
  });

  test("of a category shows values held by enough rows, missing last, probabilities per class", async () => {
    const cells = Array.from({ length: 100 }, (_, i) =>
      i < 60 ? "x" : i < 90 ? "y" : i < 96 ? null : `rare${i}`,
    );
    const small = frameOf({ c: { kind: "category", cells } });
    const predict: Predict = async (some) =>
      Float64Array.from(
        textsOf(some, "c").flatMap((text) =>
          text === "x" ? [0.9, 0.1] : text === undefined ? [0.5, 0.5] : [0.2, 0.8],
        ),
      );
    const { points } = await partialDependence({ predict, frame: small, column: "c", seed: 1 });
    expect(points.map(({ value, share }) => [value, share])).toEqual([
      ["x", 0.6],
      ["y", 0.3],
      [null, 0.06],
    ]);
    const expected = [
      [0.9, 0.1],
      [0.2, 0.8],
      [0.5, 0.5],
    ];
    points.forEach(({ mean }, g) => {
      mean.forEach((value, c) => expect(value).toBeCloseTo(expected[g]![c]!, 12));
    });
  });

  test("no value of a column of secrets is shown", async () => {
    const secrets = Array.from({ length: 200 }, () => 1e6 * random.next());
    const some = frameOf({ pin: { kind: "number", cells: secrets } });
    const { points } = await partialDependence({
      predict: async (rows) => numbersOf(rows, "pin"),
      frame: some,
      column: "pin",
      seed: 1,
    });
    expect(points.some(({ value }) => secrets.includes(value as number))).toBe(false);
  });

  test("weights count, and texts and all-missing columns are refused", async () => {
    const some = frameOf({
      x: { kind: "number", cells: Array.from({ length: 20 }, (_, i) => i) },
      words: { kind: "text", cells: Array.from({ length: 20 }, () => "w") },
      none: { kind: "number", cells: Array.from({ length: 20 }, () => null) },
      y: { kind: "number", cells: Array.from({ length: 20 }, (_, i) => (i < 10 ? 0 : 1)) },
    });
    const common = { predict: (async (rows) => numbersOf(rows, "y")) as Predict, frame: some, seed: 1 };
    const weight = Float64Array.from({ length: 20 }, (_, i) => (i < 10 ? 3 : 1));
    const { points } = await partialDependence({ ...common, column: "x", weight });
    expect(points[0]!.mean[0]).toBeCloseTo(0.25, 12);
    await expect(partialDependence({ ...common, column: "words" })).rejects.toThrow(/SCHEMA_WRONG_KIND/);
    const lonely = frameOf({ none: { kind: "number", cells: [null, null, null] } });
    await expect(partialDependence({ ...common, frame: lonely, column: "none" })).rejects.toThrow(
      /DATA_ALL_MISSING/,
    );
  });
});

describe("worstSegments", () => {
  const rows = 3000;
  const draw = createRandom(21);
  const age = Array.from({ length: rows }, () => 20 + Math.floor(60 * draw.next()));
  const plan = Array.from({ length: rows }, () => ["basic", "plus", "pro"][draw.integer(3)]!);
  const when = Array.from({ length: rows }, () => Date.UTC(2024, 0, 1) + Math.floor(3e10 * draw.next()));
  const noise = Array.from({ length: rows }, () => (draw.next() < 0.1 ? null : draw.normal()));
  const table = frameOf({
    age: { kind: "number", cells: age },
    plan: { kind: "category", cells: plan },
    when: { kind: "datetime", cells: when },
    noise: { kind: "number", cells: noise },
    id: { kind: "id", cells: age.map((_, i) => `u${i}`) },
  });
  const truth: Target = { kind: "regression", values: new Float64Array(rows) };

  test("finds the pair of conditions under which errors are larger, and nothing else", () => {
    const output = Float64Array.from(
      { length: rows },
      (_, i) => draw.normal() * (plan[i] === "pro" && age[i]! > 65 ? 5 : 1),
    );
    const { worst, tried, overall } = worstSegments({
      frame: table,
      target: truth,
      output,
      metric: metric("mae"),
      seed: 1,
    });
    expect(tried).toBeGreaterThan(50);
    expect(worst[0]!.conditions.map((condition) => condition.column).sort()).toEqual(["age", "plan"]);
    expect(worst[0]!.text).toMatch(/plan = pro/);
    expect(worst[0]!.text).toMatch(/age over 65/);
    expect(worst[0]!.lossRatio).toBeGreaterThan(2.5);
    expect(worst[0]!.adjustedP).toBeLessThan(1e-6);
    expect(worst[0]!.score!.low).toBeGreaterThan(overall);
    expect(worst.length).toBe(1);
  });

  test("a single condition is reported without its parts", () => {
    const output = Float64Array.from(
      { length: rows },
      (_, i) => draw.normal() * (plan[i] === "plus" ? 3 : 1),
    );
    const { worst } = worstSegments({ frame: table, target: truth, output, metric: metric("rmse"), seed: 1 });
    expect(worst.map((segment) => segment.text)).toEqual(["plan = plus"]);
  });

  test("where errors are pure chance, at most 3 of 20 tables report a segment", () => {
    let reported = 0;
    for (let k = 0; k < 20; k++) {
      const output = Float64Array.from({ length: rows }, () => draw.normal());
      if (
        worstSegments({ frame: table, target: truth, output, metric: metric("mae"), seed: 1 }).worst.length >
        0
      )
        reported++;
    }
    expect(reported).toBeLessThanOrEqual(3);
  });

  test("classes are judged by log loss, missing values are a segment, an undefined score is null", () => {
    const codes = Int32Array.from({ length: rows }, (_, i) => (noise[i] === null ? 1 : i % 2));
    const output = new Float64Array(2 * rows);
    codes.forEach((code, i) => {
      const p = noise[i] === null ? 0.05 : code === 1 ? 0.8 : 0.2;
      output[2 * i] = 1 - p;
      output[2 * i + 1] = p;
    });
    const { worst } = worstSegments({
      frame: table,
      target: { kind: "classification", classCount: 2, codes },
      output,
      metric: metric("rocAuc"),
      seed: 1,
    });
    expect(worst[0]!.text).toBe("noise missing");
    expect(worst[0]!.score).toBeNull();
  });

  test("rows without weight are as good as absent", () => {
    const output = Float64Array.from(
      { length: rows },
      (_, i) => (plan[i] === "plus" ? 50 : 1) * draw.normal(),
    );
    const weight = Float64Array.from({ length: rows }, (_, i) => (plan[i] === "plus" ? 0 : 1));
    const { worst } = worstSegments({
      frame: table,
      target: truth,
      output,
      weight,
      metric: metric("mae"),
      seed: 1,
    });
    expect(worst.map((segment) => segment.text)).toEqual([]);
  });
});

test("answers of another shape are refused", () => {
  expect(() =>
    scoredRows({ kind: "classification", classCount: 3, codes: new Int32Array(4) }, new Float64Array(8)),
  ).toThrow(/4 rows need 12 answers, and the model gave 8/);
});
