/** Fits against scikit-learn's: test/golden/isotonic.py makes the numbers and states the versions. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { isotonic } from "./index.ts";

const { cases } = JSON.parse(
  readFileSync(new URL("../../../test/golden/isotonic.json", import.meta.url), "utf8"),
) as {
  cases: { readonly rising: boolean; readonly weight: "equal" | "unequal"; readonly answers: number[] }[];
};
const context = { random: createRandom(1), threads: 1 };
const matrix = (values: ArrayLike<number>): Matrix => ({
  rowCount: values.length,
  features: [{ name: "a", sources: ["a"], kind: "number" }],
  columns: [Float64Array.from(values)],
});
const index = Array.from({ length: 80 }, (_, i) => i);
const places = index.map((i) => Math.floor(40 * Math.sin(i * 1.7)) / 8);
const target = (sign: number) => ({
  kind: "regression" as const,
  values: Float64Array.from(places, (v, i) => sign * (Math.tanh(v / 3) + 0.5 * Math.sin(i * 5.1))),
});
const asked = matrix(Array.from({ length: 57 }, (_, k) => -7 + k / 4));

describe("isotonic", () => {
  test.each(cases.map((c) => [c.rising ? "rising" : "falling", c.weight, c] as const))(
    "equals scikit-learn, to 1e-12: %s, %s weights",
    async (direction, weighted, { answers, rising }) => {
      const weight = weighted === "equal" ? undefined : Float64Array.from(index, (i) => 1 + (i % 3));
      const rows = { x: matrix(places), y: target(rising ? 1 : -1), ...(weight && { weight }) };
      for (const choice of [direction, "auto"] as const) {
        const fitted = await isotonic({ direction: choice }).fit(rows, context);
        expect(fitted.summary).toMatchObject({ rising });
        fitted.reference(asked).forEach((v, k) => expect(v).toBeCloseTo(answers[k]!, 12));
      }
    },
  );

  test("a missing number gets the mean of the rows without one, or of all rows", async () => {
    const fit = async (column: number[]) =>
      (
        await isotonic().fit(
          { x: matrix(column), y: { kind: "regression", values: Float64Array.of(1, 2, 3, 10, 20) } },
          context,
        )
      ).reference(matrix([Number.NaN]))[0];
    expect(await fit([1, 2, 3, Number.NaN, Number.NaN])).toBe(15);
    expect(await fit([1, 2, 3, 4, 5])).toBe(7.2);
  });

  test("refuses two features", async () => {
    const x: Matrix = { ...matrix([1, 2]), features: [], columns: [] };
    const y = { kind: "regression" as const, values: Float64Array.of(1, 2) };
    await expect(isotonic().fit({ x, y }, context)).rejects.toThrow(/0 features came.*DATA_TOO_MANY_COLUMNS/);
  });
});
