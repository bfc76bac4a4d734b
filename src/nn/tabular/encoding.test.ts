import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { graph, input } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import { boundedRows, codeReference, emitBounded, emitCode, fitEncoding } from "./encoding.ts";

const matrix = (...columns: ArrayLike<number>[]): Matrix => ({
  rowCount: columns[0]!.length,
  features: columns.map((_, j) => ({ name: `x${j}`, sources: [`x${j}`], kind: "number" })),
  columns: columns.map((c) => Float64Array.from(c)),
});
const random = createRandom(1);
const normals = Float64Array.from({ length: 300 }, () => random.normal());

describe("fitEncoding", () => {
  test("leaves constants out, and gives two-valued features no ramps", () => {
    const encoding = fitEncoding(matrix([7, 7, 7, 7], [0, 1, 0, 1], [1, 2, 3, 9]), 4);
    expect(encoding.used).toEqual([1, 2]);
    expect(encoding.ramped).toEqual([1]);
    expect(encoding.center[0]).toBe(0);
    expect(encoding.scale[0]).toBe(1);
    expect(encoding.width).toBe(2 + encoding.bins);
  });

  test("a few values get a ramp between each two, and one full ramp per value passed", () => {
    const x = matrix([1, 2, 3, 4, 5, 5, 1]);
    const encoding = fitEncoding(x, 8);
    expect(encoding.bins).toBe(4);
    const z = boundedRows(encoding, x, new Float64Array(7));
    [0, 1, 2, 3, 4].forEach((passed, i) => {
      const code = codeReference(encoding, z.subarray(i, i + 1));
      expect(code.subarray(1).reduce((sum, ramp) => sum + ramp, 0)).toBeCloseTo(passed, 12);
    });
  });

  test("a column that is mostly 0 spends its ramps on the rest", () => {
    const encoding = fitEncoding(matrix(normals.map((v, i) => (i % 10 === 0 ? Math.abs(v) : 0))), 8);
    expect(encoding.bins).toBeGreaterThanOrEqual(7);
  });

  test("refuses a category", () => {
    const x: Matrix = {
      rowCount: 2,
      features: [{ name: "city", sources: ["city"], kind: "category" }],
      columns: [Float64Array.of(0, 1)],
    };
    expect(() => fitEncoding(x, 8)).toThrow(/"city".*SCHEMA_WRONG_KIND/);
  });
});

test("the code in the graph equals the code by hand to 1e-12, far out and missing too", async () => {
  const x = matrix(
    normals,
    normals.map((v) => Math.round(v)),
    normals.map((v) => Number(v > 0)),
  );
  const encoding = fitEncoding(x, 6);
  const ask = matrix(
    [0, 1e300, -1e300, Infinity, -Infinity, Number.NaN, 0.3],
    [0, 1, 2, 1e9, -3, Number.NaN, Infinity],
    [0, 1, 0.5, Number.NaN, 7, 1, 0],
  );
  const value = input("x", "float64", ["batch", 3]);
  const session = await compile(
    graph({ inputs: [value], outputs: { code: emitCode(encoding, emitBounded(encoding, value)) } }),
  );
  const rows = Float64Array.from({ length: 21 }, (_, i) => ask.columns[i % 3]![Math.floor(i / 3)]!);
  const { code } = await session.run({ x: { dtype: "float64", shape: [7, 3], data: rows } });
  await session.release();
  const z = boundedRows(encoding, ask, new Float64Array(21));
  for (let i = 0; i < 7; i++) {
    const expected = codeReference(encoding, z.subarray(3 * i, 3 * i + 3));
    expected.forEach((v, a) =>
      expect((code!.data as Float64Array)[i * encoding.width + a]).toBeCloseTo(v, 12),
    );
    expect(expected.every((v) => Math.abs(v) <= 4)).toBe(true);
  }
});
