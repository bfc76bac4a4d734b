import { describe, expect, test } from "vitest";
import { requireCarriable, requireFamilies } from "./require.ts";

describe("families that a user named", () => {
  const column = (name: string, kind: "number" | "category") =>
    kind === "number"
      ? ({ name, kind, role: "feature", dtype: "float64" } as const)
      : ({ name, kind, role: "feature" } as const);
  const y = (...values: number[]) => ({ kind: "regression" as const, values: Float64Array.from(values) });

  test("more rows than nearest neighbours may carry are refused before any work", () => {
    expect(() => requireCarriable(["ridge", "nearestNeighbors"], 20_000)).not.toThrow();
    expect(() => requireCarriable(["nearestNeighbors"], 20_001)).toThrow(
      /family nearestNeighbors.*20001 rows.*20000.*DATA_LIMIT/,
    );
    expect(() => requireCarriable(undefined, 1e9)).not.toThrow();
  });

  test("isotonic takes one number", () => {
    expect(() => requireFamilies(["isotonic"], y(1, 2), [column("a", "number")])).not.toThrow();
    const two = [column("a", "number"), column("b", "number")];
    expect(() => requireFamilies(["isotonic"], y(1, 2), two)).toThrow(
      /2 columns.*--drop.*PARAMETER_CONFLICT/,
    );
    expect(() => requireFamilies(["isotonic"], y(1, 2), [column("city", "category")])).toThrow(
      /the category "city".*PARAMETER_CONFLICT/,
    );
  });

  test("gamma needs targets above 0", () => {
    expect(() => requireFamilies(["gamma"], y(1, 0), [])).toThrow(/family gamma.*above 0.*DATA_BAD_VALUE/);
    expect(() => requireFamilies(["ridge", "gamma"], y(1, 2), [])).not.toThrow();
  });
});
