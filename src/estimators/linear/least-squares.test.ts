import { describe, expect, test } from "vitest";
import type { Matrix } from "../../features/index.ts";
import { solveLeastSquares } from "./least-squares.ts";
import { secondMoments } from "./moments.ts";
import { referenceSets } from "./testing/nist-strd.ts";

const matrix = (columns: readonly (readonly number[])[]): Matrix => ({
  rowCount: columns[0]!.length,
  features: columns.map((_, j) => ({ name: `x${j}`, sources: [`x${j}`], kind: "number" })),
  columns: columns.map((c) => Float64Array.from(c)),
});

async function solve(
  columns: readonly (readonly number[])[],
  target: readonly number[],
  intercept = true,
  l2 = 0,
) {
  const x = matrix(columns);
  const y = Float64Array.from(target);
  const moments = await secondMoments("linear", x, y, undefined, intercept, 1);
  const solution = solveLeastSquares(
    moments,
    { x, y, weight: undefined },
    new Float64Array(x.columns.length).fill(l2),
  );
  const offset = solution.coefficients.reduce((sum, b, j) => sum - b * moments.mean[j]!, moments.yMean);
  return {
    ...solution,
    estimate: intercept ? [offset, ...solution.coefficients] : [...solution.coefficients],
  };
}

/** Digits that agree, of the worst coefficient. */
const digits = (estimate: readonly number[], certified: readonly number[]): number =>
  Math.min(...estimate.map((b, j) => -Math.log10(Math.max(1e-15, Math.abs(b / certified[j]! - 1)))));

describe("solveLeastSquares", () => {
  test.each(referenceSets.map((set) => [set.name, set] as const))(
    "%s of NIST StRD to 6 digits or more",
    async (_, set) => {
      const { estimate } = await solve(set.columns, set.y, set.intercept);
      expect(digits(estimate, set.certified)).toBeGreaterThanOrEqual(6);
    },
  );
});
