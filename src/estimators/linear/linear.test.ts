import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { input, graph } from "../../graph/index.ts";
import type { Matrix } from "../../features/index.ts";
import { compile } from "../../runtime/index.ts";
import type { Fitted } from "../index.ts";
import { linear, ridge } from "./index.ts";
import { secondMoments } from "./moments.ts";
import { chooseL2 } from "./ridge-path.ts";

const context = { random: createRandom(1), threads: 1 };
const matrix = (...columns: ArrayLike<number>[]): Matrix => ({
  rowCount: columns[0]!.length,
  features: columns.map((_, j) => ({ name: `x${j}`, sources: [`x${j}`], kind: "number" })),
  columns: columns.map((c) => Float64Array.from(c)),
});
const numbers = (values: ArrayLike<number>) => ({
  kind: "regression" as const,
  values: Float64Array.from(values),
});

/** Runs the emitted graph on a matrix. */
async function run(fitted: Fitted, x: Matrix): Promise<Float64Array> {
  const p = x.columns.length;
  const rows = new Float64Array(x.rowCount * p);
  x.columns.forEach((c, j) => c.forEach((v: number, i: number) => (rows[i * p + j] = v)));
  const value = input("x", "float64", ["batch", p]);
  const session = await compile(graph({ inputs: [value], outputs: { y: fitted.emit(value) } }));
  const answer = await session.run({ x: { dtype: "float64", shape: [x.rowCount, p], data: rows } });
  await session.release();
  return answer["y"]!.data as Float64Array;
}

function sample(rows: number, slopes: readonly number[], noise: number, seed = 7) {
  const random = createRandom(seed);
  const columns = slopes.map(() => Float64Array.from({ length: rows }, () => random.normal()));
  const y = Float64Array.from(
    { length: rows },
    (_, i) => slopes.reduce((sum, b, j) => sum + b * columns[j]![i]!, 3) + noise * random.normal(),
  );
  return { x: matrix(...columns), y: numbers(y) };
}

describe("linear", () => {
  test("finds the plane through exact points, and its graph says the same", async () => {
    const { x, y } = sample(50, [2, -1, 0.5], 0);
    const fitted = await linear().fit({ x, y }, context);
    [2, -1, 0.5].forEach((b, j) => expect(fitted.coefficients[j]).toBeCloseTo(b, 12));
    expect(fitted.intercept).toBeCloseTo(3, 12);
    const answers = await run(fitted, x);
    fitted.reference(x).forEach((v, i) => expect(answers[i]).toBeCloseTo(v, 12));
  });

  test("gives a constant feature 0, and does not read it: infinity in it changes nothing", async () => {
    const x = matrix([1, 2, 3, 4], [0.1, 0.1, 0.1, 0.1]);
    const fitted = await linear().fit({ x, y: numbers([2, 4, 6, 8]) }, context);
    expect([...fitted.coefficients]).toEqual([expect.closeTo(2, 12), 0]);
    expect(fitted.summary).toMatchObject({ rank: 1 });
    expect((await run(fitted, matrix([5], [Infinity])))[0]).toBeCloseTo(10, 12);
  });

  test.each([
    [
      "two equal features",
      [
        [1, 2, 4, 7],
        [1, 2, 4, 7],
      ],
      [1.5, 1.5],
    ],
    [
      "one twice the other, in equal parts by standard deviation",
      [
        [1, 2, 4, 7],
        [2, 4, 8, 14],
      ],
      [1.5, 0.75],
    ],
  ])("shares the slope among dependent features: %s", async (_, columns, expected) => {
    const fitted = await linear().fit({ x: matrix(...columns), y: numbers([3, 6, 12, 21]) }, context);
    expected.forEach((b, j) => expect(fitted.coefficients[j]).toBeCloseTo(b, 10));
  });

  test("one-hot columns that sum to one give the group means", async () => {
    const x = matrix([1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1]);
    const fitted = await linear().fit({ x, y: numbers([1, 3, 10, 12, -5, -5]) }, context);
    const answers = Array.from(fitted.reference(x));
    [2, 2, 11, 11, -5, -5].forEach((mean, i) => expect(answers[i]).toBeCloseTo(mean, 10));
    expect(fitted.summary).toMatchObject({ rank: 2 });
  });

  test("more features than rows: fits the rows with the least norm", async () => {
    const { x, y } = sample(5, [1, 2, 3, 4, 5, 6, 7, 8], 0);
    const fitted = await linear().fit({ x, y }, context);
    fitted.reference(x).forEach((v, i) => expect(v).toBeCloseTo(y.values[i]!, 9));
  });

  test("hundreds of features over few rows: the same least norm, through the products of rows, to 1e-6", async () => {
    const random = createRandom(4);
    const few = Array.from({ length: 250 }, () =>
      Float64Array.from({ length: 20 }, () => 5 + random.normal()),
    );
    const more = [...few, ...few.slice(0, 10).map(() => new Float64Array(20).fill(7))];
    const y = numbers(few[0]!.map((v, i) => 3 * v - few[1]![i]! + random.normal()));
    const weight = Float64Array.from({ length: 20 }, (_, i) => 1 + (i % 3));
    const narrow = await linear().fit({ x: matrix(...few), y, weight }, context);
    const wide = await linear().fit({ x: matrix(...more), y, weight }, context);
    expect(narrow.summary).toMatchObject({ method: "rank-cut cholesky" });
    expect(wide.summary).toMatchObject({ method: "by rows", rank: 19 });
    narrow.coefficients.forEach((b, j) => expect(wide.coefficients[j]).toBeCloseTo(b, 6));
    expect([...wide.coefficients.subarray(250)]).toEqual(new Array(10).fill(0));
  });

  test("keeps its digits beside an offset of 1e9", async () => {
    const { x, y } = sample(200, [1, 2], 0.1);
    const far = matrix(
      x.columns[0]!.map((v) => v + 1e9),
      x.columns[1]!,
    );
    const near = await linear().fit({ x, y }, context);
    const moved = await linear().fit({ x: far, y }, context);
    expect(moved.coefficients[0]).toBeCloseTo(near.coefficients[0]!, 6);
    const answers = await run(moved, far);
    near.reference(x).forEach((v, i) => expect(answers[i]).toBeCloseTo(v, 6));
  });

  test("weights of 2 count as doubled rows", async () => {
    const { x, y } = sample(30, [1, -2], 0.5);
    const weight = Float64Array.from({ length: 30 }, (_, i) => 1 + (i % 2));
    const index = Array.from({ length: 30 }, (_, i) => (i % 2 ? [i, i] : [i])).flat();
    const doubled = matrix(...x.columns.map((c) => index.map((i) => c[i]!)));
    const a = await linear().fit({ x, y, weight }, context);
    const b = await linear().fit({ x: doubled, y: numbers(index.map((i) => y.values[i]!)) }, context);
    a.coefficients.forEach((v, j) => expect(v).toBeCloseTo(b.coefficients[j]!, 12));
  });

  test("the large path agrees with the small one to 1e-12: 20,000 × 20 by graph products", async () => {
    const { x, y } = sample(
      20_000,
      Array.from({ length: 20 }, (_, j) => j / 10),
      1,
    );
    const one = await linear().fit({ x, y }, context);
    const two = await linear().fit({ x, y }, { ...context, threads: 2 });
    expect(Array.from(two.coefficients)).toEqual(Array.from(one.coefficients));
    // The definition: residuals are orthogonal to every centred feature.
    const answers = one.reference(x);
    for (const column of x.columns) {
      let inner = 0;
      for (let i = 0; i < answers.length; i++) inner += (y.values[i]! - answers[i]!) * column[i]!;
      expect(Math.abs(inner) / 20_000).toBeLessThan(1e-12);
    }
  });

  test.each<[string, Matrix, RegExp]>([
    [
      "a missing value",
      matrix([1, Number.NaN, 3]),
      /"x0" has 1 of 3 values missing or infinite.*DATA_BAD_VALUE/,
    ],
    ["a value too large to square", matrix([1, 1e200, 3]), /"x0" reaches 1.0e\+200.*DATA_BAD_VALUE/],
  ])("refuses %s", async (_, x, message) => {
    await expect(linear().fit({ x, y: numbers([1, 2, 3]) }, context)).rejects.toThrow(message);
  });

  test("refuses more features than it can pair", async () => {
    const x: Matrix = {
      rowCount: 5001,
      features: Array.from({ length: 5001 }, (_, j) => ({
        name: `x${j}`,
        sources: [`x${j}`],
        kind: "number",
      })),
      columns: new Array(5001).fill(new Float32Array(5001)),
    };
    const fit = linear().fit({ x, y: numbers(new Float64Array(5001)) }, context);
    await expect(fit).rejects.toThrow(/5001 features over 5001 rows.*5000.*DATA_TOO_MANY_COLUMNS/);
  });

  test("refuses classes", async () => {
    const y = { kind: "classification" as const, classCount: 2, codes: Int32Array.of(0, 1) };
    await expect(linear().fit({ x: matrix([1, 2]), y }, context)).rejects.toThrow(/SCHEMA_WRONG_KIND/);
  });
});

describe("ridge", () => {
  test("solves (XᵀX + l2 I) b = Xᵀy on centred features", async () => {
    const { x, y } = sample(40, [1, -2], 0.3);
    const fitted = await ridge({ l2: 10 }).fit({ x, y }, context);
    const mean = (v: Float64Array | Float32Array): number =>
      Array.from(v).reduce((s, a) => s + a, 0) / v.length;
    const [a, b] = x.columns.map((c) => c.map((v) => v - mean(c))) as [Float64Array, Float64Array];
    const t = y.values.map((v) => v - mean(y.values));
    const inner = (u: Float64Array, v: Float64Array): number =>
      u.reduce((s, value, i) => s + value * v[i]!, 0);
    const [aa, ab, bb] = [inner(a, a) + 10, inner(a, b), inner(b, b) + 10];
    const determinant = aa * bb - ab * ab;
    expect(fitted.coefficients[0]).toBeCloseTo((bb * inner(a, t) - ab * inner(b, t)) / determinant, 12);
    expect(fitted.coefficients[1]).toBeCloseTo((aa * inner(b, t) - ab * inner(a, t)) / determinant, 12);
  });

  test("the l2 it chooses has the least leave-one-out error, by really leaving rows out", async () => {
    const { x, y } = sample(25, [1, -1, 0, 0, 0, 0.2], 1.5, 8);
    const fitted = await ridge().fit({ x, y }, context);
    const chosen = (fitted.summary as { l2: number }).l2;
    const error = async (l2: number): Promise<number> => {
      let total = 0;
      for (let out = 0; out < 25; out++) {
        const weight = Float64Array.from({ length: 25 }, (_, i) => (i === out ? 0 : 1));
        const without = await ridge({ l2 }).fit({ x, y, weight }, context);
        total += (without.reference(x)[out]! - y.values[out]!) ** 2;
      }
      return total;
    };
    const least = await error(chosen);
    for (const factor of [0.01, 0.5, 2, 100])
      expect(await error(chosen * factor)).toBeGreaterThanOrEqual(least);
  });

  test("the generalised error chooses what leave-one-out chooses, within two steps of the path", async () => {
    const { x, y } = sample(600, [1, -1, 0, 0, 0.3, 0.2], 6, 8);
    const moments = await secondMoments("ridge", x, y.values, undefined, true, 1);
    const rows = { x, y: y.values, weight: undefined, rowIds: new Uint32Array(600) };
    const each = new Float64Array(6).fill(1);
    const exact = await chooseL2(moments, rows, each, 1, 1);
    const generalised = await chooseL2(moments, rows, each, 1, 1, 0);
    expect(Math.abs(Math.log10(exact / generalised))).toBeLessThan(0.34);
  });

  test("through the products of rows it is the same ridge, to 1e-9", async () => {
    const random = createRandom(4);
    const few = Array.from({ length: 250 }, () => Float64Array.from({ length: 30 }, () => random.normal()));
    const more = [...few, ...few.slice(0, 10).map(() => new Float64Array(30))];
    const y = numbers(few[0]!.map((v, i) => 3 * v - few[1]![i]!));
    for (const options of [{ l2: 3 }, { l2: 3, standardize: true }, { l2: 3, intercept: false }]) {
      const narrow = await ridge(options).fit({ x: matrix(...few), y }, context);
      const wide = await ridge(options).fit({ x: matrix(...more), y }, context);
      expect(wide.summary).toMatchObject({ method: "by rows" });
      narrow.coefficients.forEach((b, j) => expect(wide.coefficients[j]).toBeCloseTo(b, 9));
      expect(wide.intercept).toBeCloseTo(narrow.intercept, 9);
    }
  });

  test("with more features than 512 the choice is made through rows", async () => {
    const random = createRandom(3);
    const columns = Array.from({ length: 600 }, () =>
      Float64Array.from({ length: 60 }, () => random.normal()),
    );
    const y = numbers(columns[0]!.map((v, i) => 3 * v + columns[1]![i]!));
    const fitted = await ridge().fit({ x: matrix(...columns), y }, context);
    const { l2 } = fitted.summary as { l2: number };
    expect(l2).toBeGreaterThan(0);
    expect(l2).toBeLessThan(1e5);
  });

  test("refuses a negative l2", () => {
    expect(() => ridge({ l2: -1 })).toThrow(/ridge.l2 is -1.*at least 0.*PARAMETER_RANGE/);
  });
});
