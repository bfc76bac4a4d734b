import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { joinRows, type Matrix, sparseMatrix } from "../features/index.ts";
import type { TrainingSet } from "./estimator.ts";
import { ownOrder, requireFiniteNumbers, usableRows } from "./training-rows.ts";

const number = (name: string) => ({ name, sources: [name], kind: "number" as const });
const matrix = (...columns: number[][]): Matrix => ({
  rowCount: columns[0]!.length,
  features: columns.map((_, j) => number(`f${j}`)),
  columns: columns.map((c) => Float64Array.from(c)),
});
const regression = (...values: number[]) => ({
  kind: "regression" as const,
  values: Float64Array.from(values),
});
const classes = (classCount: number, ...codes: number[]) => ({
  kind: "classification" as const,
  classCount,
  codes: Int32Array.from(codes),
});

describe("usableRows", () => {
  test("keeps the very arrays when every row counts", () => {
    const rows: TrainingSet = { x: matrix([1, 2]), y: regression(3, 4) };
    const usable = usableRows("ridge", rows);
    expect(usable.x).toBe(rows.x);
    expect(usable.weight).toBeUndefined();
    expect([...usable.rowIds]).toEqual([0, 1]);
    expect(usable.totalWeight).toBe(2);
  });

  test("leaves out rows of weight 0 with their identity", () => {
    const rows: TrainingSet = {
      x: matrix([1, 2, 3], [4, 5, 6]),
      y: regression(7, 8, 9),
      weight: Float64Array.of(2, 0, 0.5),
      rowIds: Uint32Array.of(10, 11, 12),
    };
    const usable = usableRows("ridge", rows);
    expect(usable.x.columns.map((c) => [...c])).toEqual([
      [1, 3],
      [4, 6],
    ]);
    expect(usable.y).toEqual(regression(7, 9));
    expect([...usable.weight!]).toEqual([2, 0.5]);
    expect([...usable.rowIds]).toEqual([10, 12]);
    expect(usable.totalWeight).toBe(2.5);
  });

  test("a class that only a row of weight 0 has does not count", () => {
    const rows = { x: matrix([1, 2, 3]), y: classes(2, 0, 0, 1), weight: Float64Array.of(1, 1, 0) };
    expect(() => usableRows("logistic", rows)).toThrow(/all 2 rows are of class 0.*\[DATA_ONE_CLASS\]/);
    expect(usableRows("constant", rows, true).x.rowCount).toBe(2);
  });

  test.each<[string, TrainingSet, RegExp]>([
    ["target length", { x: matrix([1, 2]), y: regression(1) }, /2 rows, and target has 1.*SHAPE_MISMATCH/],
    [
      "negative weight",
      { x: matrix([1, 2]), y: regression(1, 2), weight: Float64Array.of(1, -3) },
      /weight -3 in row 1 of 2.*DATA_BAD_VALUE/,
    ],
    ["no rows", { x: matrix([]), y: regression() }, /got 0 rows.*DATA_EMPTY/],
    [
      "all weights 0",
      { x: matrix([1]), y: regression(1), weight: Float64Array.of(0) },
      /got 1 rows.*DATA_EMPTY/,
    ],
    ["missing target", { x: matrix([1, 2]), y: regression(1, Number.NaN) }, /NaN in row 1.*DATA_BAD_VALUE/],
    ["code out of range", { x: matrix([1, 2]), y: classes(2, 0, 2) }, /code 2 in row 1.*2 classes/],
  ])("refuses %s", (_, rows, message) => {
    expect(() => usableRows("ridge", rows)).toThrow(message);
  });
});

describe("requireFiniteNumbers", () => {
  test("names feature, count and row", () => {
    expect(() => requireFiniteNumbers("ridge", matrix([1, 2, 3], [1, Number.NaN, Infinity]))).toThrow(
      /"f1" has 2 of 3 values missing or infinite, the first \(NaN\) in row 1.*DATA_BAD_VALUE/,
    );
  });

  test("names a category", () => {
    const x: Matrix = {
      rowCount: 1,
      features: [{ name: "city", sources: ["city"], kind: "category", cardinality: 3 }],
      columns: [Float64Array.of(0)],
    };
    expect(() => requireFiniteNumbers("ridge", x)).toThrow(
      /"city" holds 3 category codes.*SCHEMA_WRONG_KIND/,
    );
  });
});

test("sparse rows stand in the order of the same rows written out", () => {
  const random = createRandom(4);
  const columns = Array.from({ length: 4 }, () => Array.from({ length: 80 }, () => random.integer(3) - 1));
  const dense = matrix(...columns);
  const target = Int32Array.from({ length: 80 }, () => random.integer(2));
  const ids = random.shuffle(Uint32Array.from({ length: 80 }, (_, i) => i));
  const rows = joinRows([dense.columns.slice(0, 2), joinRows([dense.columns.slice(2)], 80)], 80);
  const order = ownOrder(dense, target, ids);
  expect([...ownOrder(sparseMatrix(dense.features, rows), target, ids)]).toEqual([...order]);
  expect([...order]).not.toEqual([...order].sort((a, b) => a - b));
});
