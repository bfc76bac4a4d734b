import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { type Matrix, sparseMatrix } from "../../features/index.ts";
import { graph, input } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import { naiveBayes } from "./index.ts";

const context = { random: createRandom(1), threads: 1 };
const number = (name: string) => ({ name, sources: [name], kind: "number" as const });
const category = (name: string, cardinality: number) => ({
  name,
  sources: [name],
  kind: "category" as const,
  cardinality,
});
const classes = (classCount: number, ...codes: number[]) => ({
  kind: "classification" as const,
  classCount,
  codes: Int32Array.from(codes),
});
const normal = (x: number, mean: number, variance: number): number =>
  Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);

describe("naiveBayes", () => {
  test("is Bayes' rule on normal densities and smoothed frequencies, to 1e-8", async () => {
    const x: Matrix = {
      rowCount: 6,
      features: [number("a"), category("city", 3)],
      columns: [Float64Array.of(1, 2, 3, 7, 9, Number.NaN), Float64Array.of(0, 0, 1, 2, 2, Number.NaN)],
    };
    const fitted = await naiveBayes().fit({ x, y: classes(2, 0, 0, 0, 1, 1, 1) }, context);
    // Class 0: mean 2, variance 2/3, cities 2, 1, 0 of 3. Class 1: mean 8, variance 1, cities 0, 0, 2 of 2.
    const at = (value: number, codeFactor: [number, number]): number => {
      const zero = normal(value, 2, 2 / 3) * codeFactor[0];
      const one = normal(value, 8, 1) * codeFactor[1];
      return one / (zero + one);
    };
    const ask: Matrix = {
      rowCount: 4,
      features: x.features,
      columns: [Float64Array.of(5, 5, Number.NaN, 5), Float64Array.of(1, 2, 0, Number.NaN)],
    };
    const p = fitted.reference(ask);
    expect(p[1]).toBeCloseTo(at(5, [2 / 6, 1 / 5]), 7);
    expect(p[3]).toBeCloseTo(at(5, [1 / 6, 3 / 5]), 7);
    expect(p[5]).toBeCloseTo(1 / 5 / (3 / 6 + 1 / 5), 10);
    expect(p[7]).toBeCloseTo(at(5, [1, 1]), 7);
  });

  test("an unknown code and a missing one say nothing, in the graph too", async () => {
    const x: Matrix = {
      rowCount: 4,
      features: [category("city", 2)],
      columns: [Float64Array.of(0, 0, 1, 1)],
    };
    const fitted = await naiveBayes().fit({ x, y: classes(2, 0, 0, 0, 1) }, context);
    const ask: Matrix = {
      rowCount: 4,
      features: x.features,
      columns: [Float64Array.of(Number.NaN, 7, -1, Infinity)],
    };
    expect([...fitted.reference(ask)]).toEqual(
      Array.from({ length: 4 }, () => [expect.closeTo(0.75, 12), expect.closeTo(0.25, 12)]).flat(),
    );
    const value = input("x", "float64", ["batch", 1]);
    const session = await compile(graph({ inputs: [value], outputs: { p: fitted.emit(value) } }));
    const { p } = await session.run({
      x: { dtype: "float64", shape: [4, 1], data: ask.columns[0] as Float64Array },
    });
    await session.release();
    expect([...(p!.data as Float64Array)]).toEqual(
      [...fitted.reference(ask)].map((v) => expect.closeTo(v, 12) as number),
    );
  });

  test("without a useful feature the answer is the shares", async () => {
    const x: Matrix = { rowCount: 3, features: [number("a")], columns: [Float64Array.of(5, 5, 5)] };
    const fitted = await naiveBayes().fit({ x, y: classes(3, 0, 2, 2) }, context);
    const value = input("x", "float64", ["batch", 1]);
    const session = await compile(graph({ inputs: [value], outputs: { p: fitted.emit(value) } }));
    const { p } = await session.run({
      x: { dtype: "float64", shape: [2, 1], data: Float64Array.of(5, Infinity) },
    });
    await session.release();
    [1 / 3, 0, 2 / 3, 1 / 3, 0, 2 / 3].forEach((share, i) => {
      expect((p!.data as Float64Array)[i]).toBeCloseTo(share, 12);
      if (i < 3) expect(fitted.reference(x)[i]).toBeCloseTo(share, 12);
    });
  });

  test("keeps its digits where a class is far narrower than the whole: graph equals reference to 1e-10", async () => {
    const random = createRandom(2);
    const a = Float64Array.from({ length: 200 }, (_, i) =>
      i % 2 ? 1e4 * random.normal() : 5 + 1e-3 * random.normal(),
    );
    const x: Matrix = { rowCount: 200, features: [number("a")], columns: [a] };
    const fitted = await naiveBayes({ varianceSmoothing: 1e-12 }).fit(
      { x, y: classes(2, ...a.map((_, i) => i % 2)) },
      context,
    );
    const value = input("x", "float64", ["batch", 1]);
    const session = await compile(graph({ inputs: [value], outputs: { p: fitted.emit(value) } }));
    const { p } = await session.run({ x: { dtype: "float64", shape: [200, 1], data: a } });
    await session.release();
    fitted.reference(x).forEach((v, i) => expect((p!.data as Float64Array)[i]).toBeCloseTo(v, 10));
  });

  test("sparse rows give what dense columns give, missing and infinite numbers and codes too, within 1e-9", async () => {
    const random = createRandom(4);
    const rowCount = 90;
    const codes = Array.from({ length: rowCount }, (_, i) => i % 3);
    const cell = (i: number): number => {
      const u = random.next();
      if (u < 0.03) return Number.NaN;
      if (u < 0.04) return Infinity;
      return u < 0.2 ? random.normal() + codes[i]! : 0;
    };
    const columns = [
      ...Array.from({ length: 6 }, () => Float64Array.from({ length: rowCount }, (_, i) => cell(i))),
      new Float64Array(rowCount).fill(2),
      new Float64Array(rowCount),
      Float64Array.from({ length: rowCount }, (_, i) => (i === 5 ? Number.NaN : 0)),
      Float64Array.from({ length: rowCount }, (_, i) => (i % 7 === 0 ? Number.NaN : (i * i) % 4)),
    ];
    const features = [...Array.from({ length: 9 }, (_, j) => number(`x${j}`)), category("c", 4)];
    const starts = new Uint32Array(rowCount + 1);
    const index: number[] = [];
    const values: number[] = [];
    for (let i = 0; i < rowCount; i++) {
      columns.forEach((column, j) => {
        if (column[i] !== 0) {
          index.push(j);
          values.push(column[i]!);
        }
      });
      starts[i + 1] = index.length;
    }
    const dense: Matrix = { rowCount, features, columns };
    const sparse = sparseMatrix(features, {
      columnCount: features.length,
      starts,
      index: Uint32Array.from(index),
      values: Float64Array.from(values),
    });
    const weight = Float64Array.from({ length: rowCount }, (_, i) => (i % 5) / 2);
    const y = classes(3, ...codes);
    const expected = (await naiveBayes().fit({ x: dense, y, weight }, context)).reference(dense);
    const got = (await naiveBayes().fit({ x: sparse, y, weight }, context)).reference(dense);
    expected.forEach((value, i) => expect(Math.abs(got[i]! - value)).toBeLessThan(1e-9));
  });

  test("refuses a number as target", async () => {
    const x: Matrix = { rowCount: 2, features: [number("a")], columns: [Float64Array.of(1, 2)] };
    const y = { kind: "regression" as const, values: Float64Array.of(1, 2) };
    await expect(naiveBayes().fit({ x, y }, context)).rejects.toThrow(/number in 2 rows.*SCHEMA_WRONG_KIND/);
  });
});
