/** Naive Bayes of counts: scikit-learn's answers, sparse rows as dense ones, and a temperature that pays. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { joinRows, type Matrix, sparseMatrix } from "../../features/index.ts";
import { graph, input } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import type { Target } from "../index.ts";
import { complementNaiveBayes, multinomialNaiveBayes } from "./index.ts";

interface Case {
  readonly family: "multinomial" | "complement";
  readonly weight: "equal" | "unequal";
  readonly classes: number;
  readonly smoothing: number;
  readonly normalize?: boolean;
  readonly probabilities: readonly number[];
}
const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/naive-bayes.json", import.meta.url), "utf8"),
) as { cases: Case[] };

const context = { random: createRandom(1), threads: 1 };
const n = 45;
const width = 12;
/** The formulas of naive-bayes.py. */
const dense: Matrix = {
  rowCount: n,
  features: Array.from({ length: width }, (_, j) => ({ name: `x${j}`, sources: [`x${j}`], kind: "number" })),
  columns: Array.from({ length: width }, (_, j) =>
    Float64Array.from(
      { length: n },
      (_, i) =>
        Math.max(0, Math.floor(4 * Math.sin(i * 1.7 + j * 0.9 + (i % 3) * j) - 1)) +
        (j === i % 3 ? i % 5 : 0),
    ),
  ),
};
const sparse = sparseMatrix(dense.features, joinRows([dense.columns], n));
const target = (classes: number): Target => ({
  kind: "classification",
  classCount: classes,
  codes: Int32Array.from({ length: n }, (_, i) => (classes === 3 ? i % 3 : Number(i % 3 === 1))),
});
const make = ({ family, smoothing, normalize }: Pick<Case, "family" | "smoothing" | "normalize">) =>
  family === "multinomial"
    ? multinomialNaiveBayes({ smoothing })
    : complementNaiveBayes({ smoothing, ...(normalize && { normalize }) });
const nameOf = ({ family, weight, classes, smoothing, normalize }: Case): string =>
  `${family}${normalize ? ", normalized" : ""}, ${weight} weights, ${classes} classes, smoothing ${smoothing}`;

describe("answers are scikit-learn's, within 1e-12, from dense columns, sparse rows and the graph", () => {
  test.each(golden.cases.map((c): [string, Case] => [nameOf(c), c]))("%s", async (_, c) => {
    const weight =
      c.weight === "equal" ? undefined : Float64Array.from({ length: n }, (_, i) => 0.5 + (i % 4));
    const rows = { y: target(c.classes), ...(weight && { weight }) };
    const fitted = await make(c).fit({ ...rows, x: dense }, context);
    const ofSparse = await make(c).fit({ ...rows, x: sparse }, context);
    const x = input("x", "float64", ["batch", width]);
    const session = await compile(graph({ inputs: [x], outputs: { p: ofSparse.emit(x) } }), { threads: 1 });
    const data = Float64Array.from(
      { length: n * width },
      (_, at) => dense.columns[at % width]![Math.floor(at / width)]!,
    );
    const { p } = await session.run({ x: { dtype: "float64", shape: [n, width], data } });
    await session.release();
    for (const answer of [fitted.reference(dense), ofSparse.reference(sparse), p!.data as Float64Array]) {
      expect(answer).toHaveLength(c.probabilities.length);
      c.probabilities.forEach((value, i) => expect(Math.abs(answer[i]! - value)).toBeLessThan(1e-12));
    }
  });
});

test("a number below 0 is refused by its feature and row, and read as 0 when asked", async () => {
  const columns = dense.columns.map((column) => column.slice());
  columns[4]![7] = -2;
  const x = { ...dense, columns };
  await expect(multinomialNaiveBayes().fit({ x, y: target(3) }, context)).rejects.toThrow(
    /"x4" is -2 in row 7.*DATA_BAD_VALUE/s,
  );
  const fitted = await multinomialNaiveBayes().fit({ x: dense, y: target(3) }, context);
  const zero = columns.map((column) => column.map((value) => Math.max(0, value)));
  expect(fitted.reference(x)).toEqual(fitted.reference({ ...dense, columns: zero }));
});

test("a temperature chosen by folds loses less on new rows, whose features say the same thing twice", async () => {
  const random = createRandom(4);
  const draw = (rowCount: number): { x: Matrix; y: Target } => {
    const codes = Int32Array.from({ length: rowCount }, () => random.integer(2));
    const once = Array.from({ length: 4 }, (_, j) =>
      Float64Array.from(codes, (code) => random.integer(3 + 2 * Number(j % 2 === code))),
    );
    // Every count ten times over: ten times as sure as it may be.
    const columns = Array.from({ length: 40 }, (_, j) => once[j % 4]!);
    const features = columns.map((_, j) => ({ name: `x${j}`, sources: ["x"], kind: "number" as const }));
    return { x: { rowCount, features, columns }, y: { kind: "classification", classCount: 2, codes } };
  };
  const rows = draw(400);
  const { x, y } = draw(400);
  const lossOf = async (temperature: number): Promise<number> => {
    const p = (await complementNaiveBayes({ temperature }).fit(rows, context)).reference(x);
    const codes = y.kind === "classification" ? y.codes : undefined;
    return codes!.reduce((sum, code, i) => sum - Math.log(p[2 * i + code]!), 0) / 400;
  };
  expect(await lossOf(0)).toBeLessThan(0.5 * (await lossOf(1)));
  const { summary } = await complementNaiveBayes({ temperature: 0 }).fit(rows, context);
  expect((summary as { temperature: number }).temperature).toBeGreaterThan(3);
});
