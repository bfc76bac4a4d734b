import { describe, expect, test } from "vitest";
import type { Task } from "../../pipeline/index.ts";
import { classWeightsOf, weighClasses } from "./class-weights.ts";

const task: Task = { kind: "classification", target: "left", classes: ["no", "yes"], positive: "yes" };
const y = { kind: "classification" as const, classCount: 2, codes: Int32Array.of(0, 0, 0, 1) };

describe("classWeightsOf", () => {
  test("balanced gives every class the same total, as scikit-learn does: n / (classes × rows)", () => {
    expect([...classWeightsOf("balanced", task, { y })!]).toEqual([4 / 6, 2]);
    const weight = Float64Array.of(1, 1, 2, 4);
    const weights = classWeightsOf("balanced", task, { y, weight })!;
    expect([...weights]).toEqual([1, 1]);
  });

  test("labels that are not named keep 1; rows are weighed by both", () => {
    const weights = classWeightsOf({ yes: 5 }, task, { y });
    expect([...weights!]).toEqual([1, 5]);
    const weight = Float64Array.of(1, 2, 1, 3);
    expect([...weighClasses({ y, weight }, weights).weight!]).toEqual([1, 2, 1, 15]);
    expect(weighClasses({ y }, undefined)).toEqual({ y });
  });

  test("refuses a label that is not there, and a number as target", () => {
    expect(() => classWeightsOf({ yess: 5 }, task, { y })).toThrow(
      /"yess".*nearest is "yes".*PARAMETER_UNKNOWN/,
    );
    const numbers = { kind: "regression" as const, values: Float64Array.of(1) };
    expect(() => classWeightsOf("balanced", { kind: "regression", target: "price" }, { y: numbers })).toThrow(
      /"price" is a number.*PARAMETER_CONFLICT/,
    );
  });
});
