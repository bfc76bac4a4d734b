/** Fits against scikit-learn's: test/golden/svm.py makes the numbers and states the versions. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { svm } from "./index.ts";
import { radialRows, solveDual } from "./smo.ts";

const { cases } = JSON.parse(
  readFileSync(new URL("../../../test/golden/svm.json", import.meta.url), "utf8"),
) as {
  cases: {
    readonly kind: "classes" | "number";
    readonly weight: "equal" | "unequal";
    readonly c: number;
    readonly gamma: number;
    readonly scale: boolean;
    readonly objective: number;
    readonly support: number;
    readonly decision: number[];
  }[];
};
const context = { random: createRandom(1), threads: 1 };
const index = Array.from({ length: 70 }, (_, i) => i);
const columns = [
  index.map((i) => Math.sin(i * 1.7)),
  index.map((i) => 2 * Math.cos(i * 0.9) + 5),
  index.map((i) => Math.floor(i / 7) % 3),
].map((c) => Float64Array.from(c));
const x: Matrix = {
  rowCount: 70,
  features: columns.map((_, j) => ({ name: `x${j}`, sources: [`x${j}`], kind: "number" })),
  columns,
};
const values = Float64Array.from(
  index,
  (i) => Math.sin(3 * columns[0]![i]!) + 0.5 * (columns[1]![i]! - 5) + 0.3 * Math.sin(i * 5.1),
);
const codes = Int32Array.from(values, (v) => Number(v > 0.2));
const weights = { equal: undefined, unequal: Float64Array.from(index, (i) => 1 + (i % 3)) };
const named = (kind: string) =>
  cases
    .filter((c) => c.kind === kind)
    .map((c) => [`C ${c.c}, gamma ${c.gamma}, ${c.weight} weights`, c] as const);
const given = (c: (typeof cases)[number]) => ({
  c: c.c,
  gamma: c.scale ? 0 : c.gamma,
  tolerance: 1e-9,
});

describe("svm", () => {
  test.each(named("classes"))(
    "two classes equal SVC: objective to 1e-6, decisions to 1e-5, and probabilities rise with them: %s",
    async (_, c) => {
      const rows = new Float64Array(70 * 3);
      columns.forEach((column, j) => column.forEach((v, i) => (rows[i * 3 + j] = v)));
      const sign = Float64Array.from(codes, (code) => 2 * code - 1);
      const upper = Float64Array.from(index, (i) => c.c * (weights[c.weight]?.[i] ?? 1));
      const kernelRow = radialRows(rows, 70, 3, c.gamma);
      const problem = { sign, linear: new Float64Array(70).fill(-1), upper, rowCount: 70, kernelRow };
      const { alpha, rho, objective, converged } = solveDual(problem, { tolerance: 1e-9, maxIter: 1e6 });
      expect(converged).toBe(true);
      expect(objective / c.objective).toBeCloseTo(1, 6);
      const decision = index.map((i) =>
        kernelRow(i).reduce((sum, k, t) => sum + k * alpha[t]! * sign[t]!, -rho),
      );
      decision.forEach((d, i) => expect(Math.abs(d - c.decision[i]!)).toBeLessThan(1e-5));
      const weight = weights[c.weight];
      const fitted = await svm(given(c)).fit(
        { x, y: { kind: "classification", classCount: 2, codes }, ...(weight && { weight }) },
        context,
      );
      const summary = fitted.summary as { gamma: number; objective: number; trainingRows: number };
      expect(summary.gamma).toBeCloseTo(c.gamma, 12);
      expect(summary.objective / c.objective).toBeCloseTo(1, 6);
      expect(summary.trainingRows).toBe(c.support);
      const p = fitted.reference(x);
      const order = Uint32Array.from(index).sort((a, b) => c.decision[a]! - c.decision[b]!);
      for (let k = 1; k < 70; k++)
        expect(p[2 * order[k]! + 1]! - p[2 * order[k - 1]! + 1]!).toBeGreaterThan(-1e-4);
    },
  );

  test.each(named("number"))(
    "a number equals SVR on the target in standard deviations, to 1e-5: %s",
    async (_, c) => {
      const fitted = await svm({ ...given(c), epsilon: 0.2 }).fit(
        { x, y: { kind: "regression", values } },
        context,
      );
      const { objective, trainingRows } = fitted.summary as { objective: number; trainingRows: number };
      expect(objective / c.objective).toBeCloseTo(1, 6);
      expect(trainingRows).toBe(c.support);
      fitted.reference(x).forEach((v, i) => expect(Math.abs(v - c.decision[i]!)).toBeLessThan(1e-5));
    },
  );

  test("a kernel row that had to go comes back the same", () => {
    const random = createRandom(2);
    const rows = Float64Array.from({ length: 6000 * 2 }, () => random.normal());
    const kernelRow = radialRows(rows, 6000, 2, 0.5);
    const first = kernelRow(0).slice();
    for (let i = 1; i < 4500; i++) kernelRow(i);
    expect(kernelRow(0)).toEqual(first);
    expect(first[0]).toBe(1);
    expect(first[1]).toBeCloseTo(
      Math.exp(-0.5 * ((rows[0]! - rows[2]!) ** 2 + (rows[1]! - rows[3]!) ** 2)),
      12,
    );
  });

  test("refuses more rows than its limit", async () => {
    const fit = svm({ maxRows: 50 }).fit({ x, y: { kind: "regression", values } }, context);
    await expect(fit).rejects.toThrow(/70 rows are more than its maxRows of 50.*DATA_LIMIT/);
  });
});
