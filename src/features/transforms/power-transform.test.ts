import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { numbersEncoder } from "../encoders/numbers.ts";
import { fitFeatures, type FittedFeatures } from "../fit-features.ts";
import { contextOf, frameOf, type Plain } from "../frame-fixture.ts";
import { chainOf } from "../step.ts";
import { minimumBetween } from "./brent.ts";
import { powerLambda } from "./power-lambda.ts";
import { bends, powerTransform, type PowerTransformOptions } from "./power-transform.ts";

const { NaN: missing } = Number;
const numbersOf = (cells: Plain) => frameOf({ x: { kind: "number", cells } });
const fit = async (cells: Plain, options: PowerTransformOptions = {}): Promise<FittedFeatures> =>
  await fitFeatures(
    [chainOf(["x"], numbersEncoder, [powerTransform(options)])],
    numbersOf(cells),
    contextOf(),
  );
const later = async (fitted: FittedFeatures, cells: Plain): Promise<number[]> => [
  ...(await fitted.transform(numbersOf(cells))).columns[0]!,
];

interface Golden {
  readonly columns: readonly ({ readonly name: string; readonly x: readonly (number | null)[] } & Readonly<
    Record<"yeoJohnson" | "boxCox", { readonly values: readonly (number | null)[] } | null>
  >)[];
}
const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/power.json", import.meta.url), "utf8"),
) as Golden;

describe.each(["yeoJohnson", "boxCox"] as const)("%s equals scikit-learn's, within 1e-6", (method) => {
  test.each(golden.columns.filter((column) => column[method] !== null))("$name", async (column) => {
    const fitted = await fit(column.x, { method });
    const got = fitted.matrix.columns[0]!;
    column[method]!.values.forEach((value, i) => {
      if (value === null) expect(got[i]).toBeNaN();
      else expect(Math.abs(got[i]! - value)).toBeLessThan(1e-6);
    });
  });
});

const random = createRandom(4);
const logNormal = Array.from({ length: 500 }, () => Math.exp(random.normal()));

test.each([
  { unit: 1e-200, about: "tiny" },
  { unit: 1, about: "near 1" },
  { unit: 1e200, about: "huge" },
])("boxCox of $about numbers is the same in any unit", async ({ unit }) => {
  const [as, plain] = await Promise.all(
    [unit, 1].map(async (size) =>
      fit(
        logNormal.map((x) => x * size),
        { method: "boxCox" },
      ),
    ),
  );
  as!.matrix.columns[0]!.forEach((value, i) =>
    expect(Math.abs(value - plain!.matrix.columns[0]![i]!)).toBeLessThan(1e-6),
  );
});

test("boxCox of a log-normal column is its logarithm, within a sixth", async () => {
  const fitted = await fit(logNormal, { method: "boxCox" });
  const [low, middle, high] = await later(fitted, [Math.exp(-1), 1, Math.E]);
  expect(Math.abs((high! - middle!) / (middle! - low!) - 1)).toBeLessThan(0.15);
});

test.each([
  { name: "no number", cells: [0, -5, 1e-9, 1e300, Infinity, -Infinity, null] },
  { name: "years, far from 0 for their spread", cells: [1900, 2024, 0, -1e308] },
])("yeoJohnson stays in order and loses nothing to overflow but infinities: $name", async ({ cells }) => {
  const years = Array.from({ length: 300 }, (_, i) => 2024 - Math.floor(60 * (i / 300) ** 3));
  const fitted = await fit(years);
  const column = fitted.matrix.columns[0]!;
  expect(new Set(column).size).toBe(new Set(years).size);
  const finite = cells.filter((cell): cell is number => cell !== null).toSorted((a, b) => a - b);
  const made = await later(fitted, finite);
  made.slice(1).forEach((value, i) => expect(value).toBeGreaterThanOrEqual(made[i]!));
});

test.each([
  {
    name: "a constant is 0",
    cells: Array.from({ length: 9 }, () => 7),
    rows: [7, null],
    expected: [0, missing],
  },
  { name: "4 values tell nothing", cells: [1, 2, 3, 4], rows: [1, 5, null], expected: [1, 5, missing] },
  { name: "nothing tells nothing", cells: [null, null], rows: [1, null], expected: [1, missing] },
  {
    name: "infinities are left out of the fit",
    cells: [Infinity, -Infinity, ...Array.from({ length: 9 }, () => 7)],
    rows: [7],
    expected: [0],
  },
])("yeoJohnson: $name", async ({ cells, rows, expected }) => {
  const made = await later(await fit(cells), rows);
  made.forEach((value, i) =>
    expect(Object.is(value, expected[i]) || Math.abs(value - expected[i]!) < 1e-12).toBe(true),
  );
});

describe("boxCox", () => {
  const positive = [1, 2, 3, 4, 5, 9, 20];
  test.each([
    { name: "0", cells: [...positive, 0], words: /"x" has 1 of 8 at 0\. Use .*yeoJohnson/ },
    { name: "below 0", cells: [...positive, 0, -1], words: /"x" has 2 of 9 at 0 or below/ },
    { name: "−Infinity", cells: [...positive, -Infinity], words: /1 of 8 at 0 or below/ },
  ])("refuses $name in a fit", async ({ cells, words }) => {
    await expect(fit(cells, { method: "boxCox" })).rejects.toMatchObject({
      code: "DATA_BAD_VALUE",
      message: expect.stringMatching(words) as string,
    });
  });

  test("a later number of 0 or below is missing", async () => {
    const fitted = await fit([...positive, null], { method: "boxCox" });
    const [zero, below, none, one, endless] = await later(fitted, [0, -1, null, 1, Infinity]);
    expect([zero, below, none]).toEqual([missing, missing, missing]);
    expect(one).toBeLessThan(0);
    expect(endless).toBeGreaterThan(2);
  });

  test("4 values tell nothing", async () => {
    const made = await later(await fit([1, 2, 3, 4], { method: "boxCox" }), [1, 5, 0]);
    expect(made).toEqual([1, 5, missing]);
  });
});

describe("the exponent", () => {
  const points = (logs: readonly number[], mirrored = 0) => ({
    logs: Float64Array.from(logs),
    mirrored: new Uint8Array(logs.length).fill(mirrored),
    counts: new Float64Array(logs.length).fill(1),
  });

  test("is the best of all on a fine grid, within 1e-3, far outside −2 … 2 too", () => {
    for (const power of [0.05, 0.5, 1, 6]) {
      // Numbers whose power is uniform: λ is near the power, and larger with it.
      const logs = Array.from({ length: 49 }, (_, i) => Math.log((i + 1) / 50) / power);
      const centre = logs.reduce((sum, log) => sum + log / 49, 0);
      const found = powerLambda(points(logs.map((log) => log - centre)));
      const cost = (lambda: number): number => {
        const made = logs.map((log) => Math.expm1(lambda * (log - centre)) / lambda);
        const mean = made.reduce((sum, value) => sum + value / 49, 0);
        return Math.log(made.reduce((sum, value) => sum + (value - mean) ** 2 / 49, 0)) / 2;
      };
      let best = 1e-9;
      for (let lambda = 0.001; lambda < 12; lambda += 0.001) if (cost(lambda) < cost(best)) best = lambda;
      expect(Math.abs(found - best)).toBeLessThan(1.1e-3);
    }
  });

  test("of one value, or where none keeps all in float64, is 1", () => {
    expect(powerLambda(points([3]))).toBe(1);
    const extremes = {
      logs: Float64Array.of(709, 709),
      mirrored: Uint8Array.of(0, 1),
      counts: Float64Array.of(1, 1),
    };
    expect(powerLambda(extremes)).toBe(1);
  });
});

test.each([
  { name: "a parabola", f: (x: number) => (x - 2) ** 2, at: 2 },
  { name: "an edge", f: (x: number) => Math.abs(x - 1.25), at: 1.25 },
  { name: "the lower end", f: (x: number) => x, at: -3 },
  { name: "the upper end", f: (x: number) => -x, at: 5 },
  { name: "flat ground beside it", f: (x: number) => Math.max(0, x - 4), at: undefined },
])("minimumBetween finds $name within 1e-8", ({ f, at }) => {
  const found = minimumBetween(f, -3, 5, 1e-9);
  if (at === undefined) expect(f(found)).toBe(0);
  else expect(Math.abs(found - at)).toBeLessThan(4e-8);
});

describe("whether a power bends its column", () => {
  const random = createRandom(5);
  const normal = Float64Array.from({ length: 30_000 }, () => random.normal());
  test.each([
    ["normal numbers", normal, false],
    ["the same in large units", normal.map((x) => 1e6 * x), false],
    ["their exponentials", normal.map(Math.exp), true],
    ["with gaps", normal.map((x, i) => (i % 3 === 0 ? missing : Math.exp(x))), true],
    ["with infinities", normal.map((x, i) => (i % 3 === 0 ? Infinity : x)), false],
    ["as large as numbers go", normal.map((x) => 1e307 * x), false],
    ["one far value", Float64Array.from([...normal.subarray(0, 2000), 1e5]), true],
    ["two values", Float64Array.of(0, 1, 0, 1, 1000, 0).map((x) => Math.min(x, 1)), false],
    ["nothing", Float64Array.of(missing, missing), false],
  ])("%s", (_, column, expected) => {
    expect(bends(column)).toBe(expected);
    expect(bends(column.toReversed())).toBe(expected);
  });
});
