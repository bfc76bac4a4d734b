import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { constantBaseline } from "./index.ts";

const context = { random: createRandom(1), threads: 1 };
const x = {
  rowCount: 4,
  features: [{ name: "a", sources: ["a"], kind: "number" as const }],
  columns: [Float64Array.of(1, Number.NaN, 3, Infinity)],
};

describe("constantBaseline", () => {
  test("gives the weighted mean of a number", async () => {
    const y = { kind: "regression" as const, values: Float64Array.of(1, 2, 3, 10) };
    const fitted = await constantBaseline().fit({ x, y, weight: Float64Array.of(1, 1, 2, 0) }, context);
    expect([...fitted.reference(x)]).toEqual([2.25, 2.25, 2.25, 2.25]);
    expect(fitted.summary).toEqual({ mean: 2.25 });
  });

  test("gives the shares of the classes, 0 for one that is absent", async () => {
    const y = { kind: "classification" as const, classCount: 3, codes: Int32Array.of(0, 2, 2, 2) };
    const fitted = await constantBaseline().fit({ x, y }, context);
    expect([...fitted.reference(x).subarray(0, 3)]).toEqual([0.25, 0, 0.75]);
  });

  test("refuses a parameter", () => {
    expect(() => constantBaseline({ mean: 1 } as object)).toThrow(/PARAMETER_UNKNOWN/);
  });
});
