/** Fits on sparse rows give what fits on the dense matrix give, and what scikit-learn gives on sparse text. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import {
  characterTfidf,
  columnsOf,
  fitFeatures,
  type Matrix,
  sparseMatrix,
  tfidf,
} from "../../features/index.ts";
import { graph, input } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import type { Frame, Schema } from "../../schema/index.ts";
import type { Estimator, Target, TrainingSet } from "../index.ts";
import { linearSvm, logistic, poisson } from "./index.ts";

const context = { random: createRandom(1), threads: 1 };

/** A dense matrix of mostly zeros, and the same as sparse rows. */
function both(rowCount: number, width: number, seed = 1): { dense: Matrix; sparse: Matrix } {
  const random = createRandom(seed);
  const features = Array.from({ length: width }, (_, j) => ({
    name: `x${j}`,
    sources: [`x${j}`],
    kind: "number" as const,
  }));
  const columns = features.map((_, j) =>
    Float64Array.from({ length: rowCount }, () =>
      j === 0 ? 3 + random.normal() : j === 1 ? 2 : random.next() < 0.05 ? random.normal() + 1 : 0,
    ),
  );
  const starts = new Uint32Array(rowCount + 1);
  const index: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < rowCount; i++) {
    columns.forEach((column, j) => {
      if (column[i] !== 0) {
        index.push(j);
        values.push(column[i]!);
      }
    });
    starts[i + 1] = index.length;
  }
  const rows = {
    columnCount: width,
    starts,
    index: Uint32Array.from(index),
    values: Float64Array.from(values),
  };
  return { dense: { rowCount, features, columns }, sparse: sparseMatrix(features, rows) };
}

/** Answers of a fit, by its graph. */
async function answers(
  estimator: Estimator,
  rows: TrainingSet,
  ask: Matrix,
  threads = 1,
): Promise<Float64Array> {
  const fitted = await estimator.fit(rows, { ...context, threads });
  const p = ask.columns.length;
  const data = new Float64Array(ask.rowCount * p);
  ask.columns.forEach((column, j) => column.forEach((value, i) => (data[i * p + j] = value)));
  const x = input("x", "float64", ["batch", p]);
  const session = await compile(graph({ inputs: [x], outputs: { y: fitted.emit(x) } }), { threads: 1 });
  const { y } = await session.run({ x: { dtype: "float64", shape: [ask.rowCount, p], data } });
  await session.release();
  return (y!.data as Float64Array).slice();
}

const codesOf = (x: Matrix, classCount: number): Target => {
  const random = createRandom(9);
  return {
    kind: "classification",
    classCount,
    codes: Int32Array.from({ length: x.rowCount }, (_, i) => {
      const score = x.columns[2]![i]! + x.columns[3]![i]! + x.columns[0]![i]! - 3 + random.normal();
      return classCount === 2 ? Number(score > 0) : score > 0.5 ? 2 : score > -0.5 ? 1 : 0;
    }),
  };
};
const counts = (x: Matrix): Target => ({
  kind: "regression",
  values: Float64Array.from(x.columns[0]!, (v, i) => Math.max(0, Math.round(v + x.columns[2]![i]!))),
});

describe("sparse rows give the answers of dense columns, within 1e-9", () => {
  const { dense, sparse } = both(400, 60);
  const weight = Float64Array.from({ length: 400 }, (_, i) => i % 4);
  test.each<[string, Estimator, Target, Float64Array | undefined]>([
    ["logistic, 2 classes", logistic({ l2: 0.5, tolerance: 1e-20 }), codesOf(dense, 2), undefined],
    ["logistic, 3 classes, weights", logistic({ l2: 0.5, tolerance: 1e-20 }), codesOf(dense, 3), weight],
    [
      "logistic, standardised",
      logistic({ l2: 3, tolerance: 1e-20, standardize: true }),
      codesOf(dense, 3),
      undefined,
    ],
    ["linearSvm, 3 classes", linearSvm({ l2: 0.5, tolerance: 1e-20 }), codesOf(dense, 3), undefined],
    ["poisson, weights", poisson({ l2: 0.5, tolerance: 1e-20 }), counts(dense), weight],
  ])("%s", async (_, estimator, y, w) => {
    expect(estimator.sparse).toBe(true);
    const rows = (x: Matrix): TrainingSet => ({ x, y, ...(w && { weight: w }) });
    const expected = await answers(estimator, rows(dense), dense);
    const got = await answers(estimator, rows(sparse), dense);
    expected.forEach((value, i) => expect(Math.abs(got[i]! - value)).toBeLessThan(1e-9 * Math.max(1, value)));
  });

  test("the l2 chosen by itself is one step away at most, and equal at 1 and 2 threads in every bit", async () => {
    const y = codesOf(dense, 3);
    const l2 = async (x: Matrix): Promise<number> =>
      ((await logistic().fit({ x, y }, context)).summary as { l2: number }).l2;
    expect(Math.abs(Math.log10((await l2(sparse)) / (await l2(dense))))).toBeLessThan(1.01);
    const one = await answers(logistic(), { x: sparse, y }, dense, 1);
    expect(await answers(logistic(), { x: sparse, y }, dense, 2)).toEqual(one);
  });

  test("a value that is not finite is refused with its feature and row", async () => {
    const rows = sparse.sparse!;
    const values = rows.values.slice();
    values[rows.starts[7]!] = Number.NaN;
    const x = sparseMatrix(sparse.features, { ...rows, values });
    await expect(logistic().fit({ x, y: codesOf(dense, 2) }, context)).rejects.toThrow(
      /"x0" has 1 of 400 values missing or infinite, the first \(NaN\) in row 7/,
    );
  });
});

describe("linearSvm with bayesSmoothing", () => {
  const { dense, sparse } = both(400, 60);
  const y = codesOf(dense, 2);
  const codes = y.kind === "classification" ? y.codes : new Int32Array();
  const weight = Float64Array.from({ length: 400 }, (_, i) => 1 + (i % 3));

  /** The definition, feature by feature: log of its share in class 1 over its share in class 0. */
  function ratiosOf(smoothing: number): number[] {
    const countOf = (j: number, k: number): number =>
      codes.reduce(
        (sum, code, i) => (code === k ? sum + weight[i]! * dense.columns[j]![i]! : sum),
        smoothing,
      );
    const isCount = dense.columns.map((column) => column.every((v) => v >= 0));
    const totalOf = (k: number): number =>
      dense.columns.reduce((sum, _, j) => (isCount[j] ? sum + countOf(j, k) : sum), 0);
    return dense.columns.map((_, j) =>
      isCount[j] ? Math.log(countOf(j, 1) / totalOf(1) / (countOf(j, 0) / totalOf(0))) : 1,
    );
  }

  test("is the machine on features multiplied by the log-ratios, within 1e-6", async () => {
    const ratios = ratiosOf(0.5);
    const kept = ratios.filter((ratio) => ratio === 1);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(60);
    const multiplied: Matrix = {
      ...dense,
      columns: dense.columns.map((column, j) => Float64Array.from(column, (v) => v * ratios[j]!)),
    };
    const options = { l2: 0.5, tolerance: 1e-20 };
    const expected = await linearSvm(options).fit({ x: multiplied, y, weight }, context);
    for (const x of [dense, sparse]) {
      const got = await linearSvm({ ...options, bayesSmoothing: 0.5 }).fit({ x, y, weight }, context);
      ratios.forEach((ratio, j) =>
        expect(Math.abs(got.coefficients[0]![j]! - ratio * expected.coefficients[0]![j]!)).toBeLessThan(1e-6),
      );
      expect(Math.abs(got.intercepts[0]! - expected.intercepts[0]!)).toBeLessThan(1e-6);
    }
  });

  test("a row that is left out has no part in the ratios that it is judged by", async () => {
    // Each word is in two rows, whose labels are 00, 01, 10 and 11 as often: one tells nothing of the other. Ratios that
    // know both would be large just where they agree.
    const rowCount = 400;
    const words = Array.from({ length: rowCount / 2 }, (_, j) => ({
      name: `w${j}`,
      sources: ["w"],
      kind: "number" as const,
    }));
    const x: Matrix = {
      rowCount,
      features: words,
      columns: words.map((_, j) => Float64Array.from({ length: rowCount }, (_, i) => +(i >> 1 === j))),
    };
    const codes = Int32Array.from({ length: rowCount }, (_, i) => [0, 0, 0, 1, 1, 0, 1, 1][i % 8]!);
    const noise = { kind: "classification" as const, classCount: 2, codes };
    for (const l2 of [1, 0]) {
      const fitted = await linearSvm({ l2, bayesSmoothing: 0.1 }).fit({ x, y: noise }, context);
      fitted.reference(x).forEach((p) => expect(Math.abs(p - 0.5)).toBeLessThan(0.2));
    }
  });

  test.each([{ loss: "hinge" as const }, { standardize: true }])("%j sets another scale", (other) => {
    expect(() => linearSvm({ ...other, bayesSmoothing: 0.1 })).toThrow(
      /bayesSmoothing of 0.1.*Leave out .*\[PARAMETER_CONFLICT\]/,
    );
  });
});

describe("text of words, pairs and runs of characters", () => {
  const golden = JSON.parse(
    readFileSync(new URL("../../../test/golden/sparse-text.json", import.meta.url), "utf8"),
  ) as {
    texts: string[];
    labels: number[];
    runs: string[];
    runValues: [number, number][][];
    columns: number;
    probabilities: number[][];
    twoClasses: number[];
  };
  const schema = { columns: [{ name: "x", kind: "text", role: "feature" }] } as const satisfies Schema;
  const frame: Frame = {
    schema,
    rowCount: golden.texts.length,
    columns: new Map([
      ["x", { type: "string", codes: Int32Array.from(golden.texts.keys()), dictionary: golden.texts }],
    ]),
  };
  const runs = characterTfidf(columnsOf(schema).x);
  const pairs = tfidf(columnsOf(schema).x, { maxTerms: 100_000, sublinear: true, buckets: 1 });

  const fitted = fitFeatures([pairs, runs], frame, { random: createRandom(1), minRows: 1, sparse: true });

  test("runs and their values are scikit-learn's, within float32's 6e-8", async () => {
    const { matrix } = await fitted;
    const place = new Map(matrix.features.map(({ name }, j) => [name, j]));
    const names = [...place.keys()].filter((name) => name.startsWith("x~")).map((name) => name.slice(2));
    expect(names.toSorted()).toEqual(golden.runs);
    const { starts, index } = matrix.sparse!;
    golden.runValues.forEach((row, k) => {
      const i = 30 * k;
      const ofRuns = index
        .subarray(starts[i], starts[i + 1])
        .filter((j) => j >= matrix.features.length - names.length);
      expect(ofRuns).toHaveLength(row.length);
      for (const [run, value] of row)
        expect(Math.abs(matrix.columns[place.get(`x~${golden.runs[run]!}`)!]![i]! - value)).toBeLessThan(
          6e-8,
        );
    });
  });

  test.each([
    { classCount: 3, codes: golden.labels, expected: golden.probabilities },
    {
      classCount: 2,
      codes: golden.labels.map((label) => Number(label === 0)),
      expected: golden.twoClasses.map((p) => [1 - p, p]),
    },
  ])(
    "logistic regression on them answers as scikit-learn's, within 1e-6: $classCount classes",
    async (given) => {
      const { classCount, expected } = given;
      const x = (await fitted).matrix;
      // The bucket of other words is empty: every word has its column.
      expect(x.features.length - 1).toBe(golden.columns);
      const y = { kind: "classification" as const, classCount, codes: Int32Array.from(given.codes) };
      const p = (await logistic({ l2: 0.5 }).fit({ x, y }, context)).reference(x);
      expected.forEach((row, i) =>
        row.forEach((value, k) => expect(Math.abs(p[i * classCount + k]! - value)).toBeLessThan(1e-6)),
      );
    },
  );
});
