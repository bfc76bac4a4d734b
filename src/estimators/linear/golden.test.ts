/** Fits against scikit-learn's optimum: test/golden/linear.py makes the numbers and states the versions. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { take, takeRows } from "../index.ts";
import {
  elasticNet,
  elasticNetPath,
  gamma,
  huber,
  lasso,
  linearSvm,
  logistic,
  poisson,
  quantile,
  ridge,
  tweedie,
} from "./index.ts";

interface Case {
  readonly family:
    | "logistic"
    | "ridge"
    | "elasticNet"
    | "poisson"
    | "gamma"
    | "tweedie"
    | "huber"
    | "quantile"
    | "linearSvm";
  readonly target: "number" | "two" | "three" | "count" | "amount" | "outliers";
  readonly weight: "equal" | "unequal";
  readonly l2?: number;
  readonly lambda_?: number;
  readonly l1Ratio?: number;
  readonly power?: number | null;
  readonly epsilon?: number;
  readonly scale?: number;
  readonly l1?: number;
  readonly level?: number;
  readonly loss?: "squaredHinge" | "hinge";
  readonly objective?: number;
  readonly coefficients: readonly (readonly number[])[];
  readonly intercepts: readonly number[];
}

interface PathCase {
  readonly table: "narrow" | "wide";
  readonly l1Ratio: number;
  readonly lambdas: readonly number[];
  readonly coefficients: readonly Readonly<Record<string, number>>[];
}

const { cases, paths } = JSON.parse(
  readFileSync(new URL("../../../test/golden/linear.json", import.meta.url), "utf8"),
) as { cases: Case[]; paths: PathCase[] };
const context = { random: createRandom(1), threads: 1 };

const index = Array.from({ length: 60 }, (_, i) => i);
const columns = [
  index.map((i) => Math.sin(i * 1.7)),
  index.map((i) => 3 * Math.cos(i * 0.9) + 5),
  index.map((i) => 0.1 * Math.sin(i * 2.3 + 1)),
  index.map((i) => Math.floor(i / 7) % 3),
];
const x: Matrix = {
  rowCount: 60,
  features: columns.map((_, j) => ({ name: `x${j}`, sources: [`x${j}`], kind: "number" })),
  columns: columns.map((c) => Float64Array.from(c)),
};
const signal = index.map((i) => 1.5 * columns[0]![i]! - 0.6 * (columns[1]![i]! - 5) + 8 * columns[2]![i]!);
const noisy = signal.map((s, i) => s + 2 * Math.sin(i * 5.1));
const classes = (classCount: number, code: (v: number) => number) => ({
  kind: "classification" as const,
  classCount,
  codes: Int32Array.from(noisy, code),
});
const numbers = (of: (s: number, i: number) => number) => ({
  kind: "regression" as const,
  values: Float64Array.from(signal, of),
});
const amount = (s: number, i: number): number => Math.exp(0.4 * s + 0.5 * Math.sin(i * 5.1));
const targets = {
  number: numbers((s, i) => s + Math.sin(i * 5.1)),
  count: numbers((s, i) => Math.floor(2 * amount(s, i))),
  amount: numbers(amount),
  outliers: numbers((s, i) => s + Math.sin(i * 5.1) + (i % 9 === 4 ? 12 * Math.sin(i) : 0)),
  two: classes(2, (v) => (v > 0.3 ? 1 : 0)),
  three: classes(3, (v) => (v >= 1.1 ? 2 : v >= -1.2 ? 1 : 0)),
};
const weights = { equal: undefined, unequal: Float64Array.from(index, (i) => 1 + (i % 3)) };

const expectNear = (actual: number, expected: number, tolerance: number): void =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected)));

describe("fits equal scikit-learn's", () => {
  const named = cases.map(
    (c) =>
      [
        `${c.family} of ${c.target}, ${c.weight} weights, ${c.l2 ?? c.lambda_ ?? c.l1}, ${c.power ?? c.epsilon ?? c.level ?? c.loss ?? ""}`,
        c,
      ] as const,
  );
  const of = (...families: Case["family"][]) => named.filter(([, c]) => families.includes(c.family));

  test.each(of("ridge", "elasticNet"))("%s, to 1e-9", async (_, c) => {
    const weight = weights[c.weight];
    const family =
      c.family === "ridge" ? ridge({ l2: c.l2! }) : elasticNet({ lambda: c.lambda_!, l1Ratio: c.l1Ratio! });
    const fitted = await family.fit({ x, y: targets.number, ...(weight ? { weight } : {}) }, context);
    c.coefficients[0]!.forEach((b, j) => expectNear(fitted.coefficients[j]!, b, 1e-9));
    expectNear(fitted.intercept, c.intercepts[0]!, 1e-9);
  });

  test.each(of("logistic"))("%s, coefficients to 1e-7", async (_, c) => {
    const weight = weights[c.weight];
    const y = targets[c.target];
    const fitted = await logistic({ l2: c.l2! }).fit({ x, y, ...(weight ? { weight } : {}) }, context);
    c.coefficients.forEach((row, k) =>
      row.forEach((b, j) => expectNear(fitted.coefficients[k]![j]!, b, 1e-7)),
    );
    c.intercepts.forEach((a, k) => expectNear(fitted.intercepts[k]!, a, 1e-7));
    const p = fitted.reference(x);
    const codes = y.kind === "classification" ? y.codes : new Int32Array();
    const size = p.length / 60;
    let objective =
      0.5 * c.l2! * fitted.coefficients.flatMap((row) => [...row]).reduce((sum, b) => sum + b * b, 0);
    index.forEach((i) => {
      objective -= (weight?.[i] ?? 1) * Math.log(p[i * size + codes[i]!]!);
    });
    expectNear(objective, c.objective!, 1e-12);
  });

  test.each(of("poisson", "gamma", "tweedie"))("%s, coefficients to 1e-6", async (_, c) => {
    const weight = weights[c.weight];
    const l2 = c.l2!;
    const family =
      c.family === "poisson"
        ? poisson({ l2 })
        : c.family === "gamma"
          ? gamma({ l2 })
          : tweedie({ l2, tweediePower: c.power! });
    const fitted = await family.fit({ x, y: targets[c.target], ...(weight ? { weight } : {}) }, context);
    c.coefficients[0]!.forEach((b, j) => expectNear(fitted.coefficients[j]!, b, 1e-6));
    expectNear(fitted.intercept, c.intercepts[0]!, 1e-6);
    expect(fitted.summary).toMatchObject({ converged: true });
  });

  test.each(of("huber"))("%s, objective to 1e-6 and not above", async (_, c) => {
    const weight = weights[c.weight];
    const y = targets.outliers;
    const fitted = await huber({ l2: c.l2!, epsilon: c.epsilon! }).fit(
      { x, y, ...(weight ? { weight } : {}) },
      context,
    );
    const { scale, converged } = fitted.summary as { scale: number; converged: boolean };
    expect(converged).toBe(true);
    const answers = fitted.reference(x);
    let objective = c.l2! * fitted.coefficients.reduce((sum, b) => sum + b * b, 0);
    y.values.forEach((value, i) => {
      const z = Math.abs(value - answers[i]!) / scale;
      const counted = z < c.epsilon! ? z * z : 2 * c.epsilon! * z - c.epsilon! ** 2;
      objective += (weight?.[i] ?? 1) * scale * (1 + counted);
    });
    objective /= 2;
    expectNear(objective / c.objective!, 1, 1e-6);
    expect(objective).toBeLessThanOrEqual(c.objective! * (1 + 1e-10));
    expectNear(scale, c.scale!, 1e-3);
    c.coefficients[0]!.forEach((b, j) => expectNear(fitted.coefficients[j]!, b, 1e-3));
  });

  test.each(of("quantile"))("%s, loss of the linear program to 1e-8", async (_, c) => {
    const weight = weights[c.weight];
    const y = targets.outliers;
    const fitted = await quantile({ l1: c.l1!, quantile: c.level! }).fit(
      { x, y, ...(weight ? { weight } : {}) },
      context,
    );
    expect(fitted.summary).toMatchObject({ converged: true });
    const answers = fitted.reference(x);
    let objective = c.l1! * fitted.coefficients.reduce((sum, b) => sum + Math.abs(b), 0);
    y.values.forEach((value, i) => {
      const e = value - answers[i]!;
      objective += (weight?.[i] ?? 1) * Math.max(c.level! * e, (c.level! - 1) * e);
    });
    expectNear(objective / c.objective!, 1, 1e-8);
  });

  test.each(of("linearSvm"))("%s, objective to 1e-5 and not above", async (_, c) => {
    const weight = weights[c.weight];
    const y = targets.two;
    const fitted = await linearSvm({ l2: c.l2!, loss: c.loss! }).fit(
      { x, y, ...(weight ? { weight } : {}) },
      context,
    );
    expect(fitted.summary).toMatchObject({ converged: true });
    const [b] = fitted.coefficients;
    let objective = 0.5 * c.l2! * b!.reduce((sum, one) => sum + one * one, 0);
    index.forEach((i) => {
      const score = b!.reduce((sum, one, j) => sum + one * columns[j]![i]!, fitted.intercepts[0]!);
      const short = Math.max(0, 1 - (2 * y.codes[i]! - 1) * score);
      objective += (weight?.[i] ?? 1) * (c.loss === "hinge" ? short : short ** 2);
    });
    expectNear(objective / c.objective!, 1, 1e-5);
    expect(objective).toBeLessThanOrEqual(c.objective! * (1 + 1e-8));
    c.coefficients[0]!.forEach((one, j) => expectNear(b![j]!, one, 1e-4));
    expectNear(fitted.intercepts[0]!, c.intercepts[0]!, 1e-4);
  });

  const first30 = index.slice(0, 30);
  const wideColumns = Array.from({ length: 300 }, (_, k) =>
    first30.map((i) => Math.sin(i * (0.37 + 0.011 * k) + k)),
  );
  const tables = {
    narrow: { x, y: targets.number },
    wide: {
      x: {
        rowCount: 30,
        features: wideColumns.map((_, j) => ({ name: `x${j}`, sources: [], kind: "number" as const })),
        columns: wideColumns.map((c) => Float64Array.from(c)),
      },
      y: {
        kind: "regression" as const,
        values: Float64Array.from(
          first30,
          (i) =>
            2 * wideColumns[3]![i]! -
            wideColumns[40]![i]! +
            0.5 * wideColumns[200]![i]! +
            0.3 * Math.sin(i * 5.1),
        ),
      },
    },
  };

  test.each(paths.map((path) => [`the ${path.table} table, l1Ratio ${path.l1Ratio}`, path] as const))(
    "the path of %s, coefficients to 1e-6",
    async (_, { table, l1Ratio, lambdas, coefficients }) => {
      const path = await elasticNetPath(tables[table], { l1Ratio, count: 20, ratio: 1e-2 }, context);
      path.lambdas.forEach((lambda, k) => expectNear(lambda / lambdas[k]!, 1, 1e-9));
      coefficients.forEach((expected, k) =>
        path.coefficients[k]!.forEach((b, j) => expectNear(b, expected[j] ?? 0, 1e-6)),
      );
      expect(path.coefficients.at(-1)!.filter((b) => b !== 0).length).toBeGreaterThan(2);
    },
  );

  test("lambda is chosen on validation rows where some are given, in both forms", async () => {
    for (const [name, { x: columnsOf, y }] of Object.entries(tables)) {
      const places = Uint32Array.from({ length: columnsOf.rowCount }, (_, i) => i);
      const part = (keep: (i: number) => boolean) => {
        const at = places.filter(keep);
        return { x: takeRows(columnsOf, at), y: { ...y, values: take(y.values, at) } };
      };
      const training = part((i) => i % 3 > 0);
      const validation = part((i) => i % 3 === 0);
      const fitted = await lasso().fit(training, { ...context, validation });
      const { lambda } = fitted.summary as { lambda: number };
      const error = async (strength: number): Promise<number> => {
        const answers = (await lasso({ lambda: strength }).fit(training, context)).reference(validation.x);
        return validation.y.values.reduce((sum, v, i) => sum + (v - answers[i]!) ** 2, 0);
      };
      const least = await error(lambda);
      // The wide path ends at a hundredth of its start, where the error still falls.
      for (const factor of name === "wide" ? [1.7, 3, 10] : [0.1, 0.6, 1.7, 3])
        expect(await error(lambda * factor)).toBeGreaterThanOrEqual(least * (1 - 1e-3));
    }
  });
});
