import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { graph, input } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import type { Target } from "../index.ts";
import { boosting, boostingParameters, fitBoosted, openBins } from "./index.ts";
import { resolveParameters } from "../../core/index.ts";
import { sumTrees } from "./tree.ts";

const context = { random: createRandom(5), threads: 1 };
const random = createRandom(21);

function table(rowCount: number, cardinality: number): { x: Matrix; effect: Float64Array } {
  const effects = new Float64Array(cardinality).map(() => random.normal());
  const codes = new Float64Array(rowCount).map(() =>
    random.next() < 0.05 ? Number.NaN : random.integer(cardinality),
  );
  const number = new Float32Array(rowCount).map(() => random.normal());
  return {
    x: {
      rowCount,
      features: [
        { name: "place", sources: ["place"], kind: "category", cardinality },
        { name: "size", sources: ["size"], kind: "number" },
      ],
      columns: [codes, number],
    },
    effect: codes.map((code) => (Number.isNaN(code) ? 0 : effects[code]!)),
  };
}

describe("categories of many codes", () => {
  const { x, effect } = table(4000, 700);
  test.each([
    ["numbers", 0],
    ["two classes", 2],
    ["three classes", 3],
  ])(
    "%s: the mean target carries, and the graph looks it up to 1e-12, unseen codes included",
    async (_, classCount) => {
      const values = effect.map((v, i) => v + 0.5 * x.columns[1]![i]! + 0.2 * random.normal());
      const y: Target =
        classCount === 0
          ? { kind: "regression", values }
          : {
              kind: "classification",
              classCount,
              codes: new Int32Array(
                values.map((v) => Math.max(0, Math.min(classCount - 1, Math.floor(v + classCount / 2)))),
              ),
            };
      const fitted = await boosting({ rounds: 60, learningRate: 0.2 }).fit({ x, y }, context);
      expect(fitted.importance![0]).toBeGreaterThan(fitted.importance![1]!);
      expect(fitted.importance!.length).toBe(2);
      const value = input("x", "float64", ["batch", 2]);
      const session = await compile(graph({ inputs: [value], outputs: { y: fitted.emit(value) } }));
      const flat = new Float64Array(2 * x.rowCount).map((_v, i) => x.columns[i % 2]![i >> 1]!);
      const answer = await session.run({ x: { dtype: "float64", shape: [x.rowCount, 2], data: flat } });
      await session.release();
      const expected = fitted.reference(x);
      let worst = 0;
      (answer["y"]!.data as Float64Array).forEach(
        (v, i) => (worst = Math.max(worst, Math.abs(v - expected[i]!))),
      );
      expect(worst).toBeLessThan(1e-12);
    },
  );
});

describe("monotone constraints", () => {
  const rowCount = 2000;
  const a = new Float32Array(rowCount).map(() => random.normal());
  const b = new Float32Array(rowCount).map(() => random.normal());
  const x: Matrix = {
    rowCount,
    features: ["a", "b"].map((name) => ({ name, sources: [name], kind: "number" })),
    columns: [a, b],
  };
  const y: Target = {
    kind: "regression",
    values: new Float64Array(rowCount).map((_, i) => a[i]! + Math.sin(5 * a[i]!) + b[i]! + random.normal()),
  };
  /** Answers along a, at b = 0.3. */
  const along = async (monotone?: Record<string, 1 | -1>) => {
    const settings = { rounds: 100, learningRate: 0.1, ...(monotone ? { monotone } : {}) };
    const fitted = await boosting(settings).fit({ x, y }, context);
    const steps = new Float32Array(400).map((_, i) => i / 100 - 2);
    return fitted.reference({ ...x, rowCount: 400, columns: [steps, new Float32Array(400).fill(0.3)] });
  };
  const falls = (answers: Float64Array) => answers.some((v, i) => i > 0 && v < answers[i - 1]! - 1e-12);

  test("a constrained answer never falls, and the unconstrained one does", async () => {
    expect(falls(await along())).toBe(true);
    expect(falls(await along({ a: 1 }))).toBe(false);
  });

  test("an unknown feature is an error with the nearest name", async () => {
    await expect(along({ aa: 1 })).rejects.toThrow(/nearest is "a".*PARAMETER_UNKNOWN/);
  });
});

test("rows appended in chunks, with columns kept besides or not, give the model of the whole matrix", async () => {
  const { x, effect } = table(3000, 20);
  const y: Target = { kind: "regression", values: effect.map((v) => v + 0.1 * random.normal()) };
  const parameters = resolveParameters("boosting", boostingParameters, { rounds: 15 });
  const fitFrom = async (cuts: number[], columnLimit?: number) => {
    const bins = openBins(x, 3000, columnLimit === undefined ? {} : { columnLimit });
    for (let i = 0; i + 1 < cuts.length; i++)
      bins.append(x.columns.map((c) => c.subarray(cuts[i]!, cuts[i + 1]!)));
    const model = await fitBoosted(bins, { y }, parameters, 3, {});
    await bins.close();
    return sumTrees(model.trees, model.base, x);
  };
  const whole = await fitFrom([0, 3000]);
  expect(await fitFrom([0, 1, 700, 701, 3000])).toEqual(whole);
  expect(await fitFrom([0, 1, 700, 701, 3000], 0)).toEqual(whole);
});

test("what a fit settles gives the same model again, without held-out rows", async () => {
  const { x, effect } = table(1500, 8);
  const y: Target = { kind: "regression", values: effect.map((v) => v + random.normal()) };
  const parameters = { rounds: 200, learningRate: 0.1, rowShare: 0.7 };
  const found = await boosting(parameters).fit({ x, y }, context);
  expect(found.settled!["rounds"]).toBeLessThan(200);
  const again = await boosting({ ...parameters, ...found.settled }).fit({ x, y }, context);
  expect(again.reference(x)).toEqual(found.reference(x));
  expect(again.settled).toBeUndefined();
});

test("targets that do not match the rows are refused", async () => {
  const { x } = table(10, 3);
  const bins = openBins(x, 10);
  bins.append(x.columns);
  const y: Target = { kind: "regression", values: new Float64Array(9) };
  const parameters = resolveParameters("boosting", boostingParameters, {});
  await expect(fitBoosted(bins, { y }, parameters, 3, {})).rejects.toThrow(
    /9 targets for 10 rows.*SHAPE_MISMATCH/,
  );
  await bins.close();
});
