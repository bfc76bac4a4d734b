/**
 * Laws that every clusterer keeps: one suite, run over all of them.
 *
 * The oracle is each family's `reference`, plain float64 loops; the emitted graph runs in ONNX Runtime.
 */
import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/core/index.ts";
import * as door from "../../src/estimators/cluster/index.ts";
import type { Clusterer, FittedClusters } from "../../src/estimators/cluster/index.ts";
import type { Matrix } from "../../src/features/index.ts";
import { graph, input } from "../../src/graph/index.ts";
import { compile } from "../../src/runtime/index.ts";
import { goldenPoints, matrixOf } from "../unsupervised-rows.ts";

const { dbscan, gaussianMixture, hdbscan, kMeans, onComponents } = door;
const clusterers: Readonly<Record<string, Clusterer>> = {
  "kmeans 3": kMeans({ clusters: 3 }),
  "kmeans 7, one start": kMeans({ clusters: 7, starts: 1 }),
  dbscan: dbscan({ eps: 0.8, minRows: 4 }),
  "dbscan, eps found": dbscan({ minRows: 6 }),
  "dbscan, all noise": dbscan({ eps: 1e-9, minRows: 4 }),
  hdbscan: hdbscan({ minClusterRows: 8, minRows: 4 }),
  "hdbscan, all noise": hdbscan({ minClusterRows: 170 }),
  "hdbscan on components": onComponents(hdbscan(), { variance: 0.9, most: 2 }),
  "mixture of 3": gaussianMixture({ clusters: 3 }),
  "mixture of 5, diagonal": gaussianMixture({ clusters: 5, covariance: "diagonal", starts: 1 }),
  "mixture of 3 on components": onComponents(gaussianMixture({ clusters: 3 }), { variance: 0.9, most: 2 }),
};

const fit = (clusterer: Clusterer, x: Matrix, seed = 1): Promise<FittedClusters> =>
  clusterer.fit(x, { random: createRandom(seed) });

interface Answers {
  readonly labels: number[];
  readonly beside: Float64Array | undefined;
}

async function run(fitted: FittedClusters, x: Matrix): Promise<Answers> {
  const p = x.columns.length;
  const data = new Float64Array(x.rowCount * p);
  x.columns.forEach((c, j) => c.forEach((v: number, i: number) => (data[i * p + j] = v)));
  const value = input("x", "float64", ["batch", p]);
  const { cluster, probabilities, distances } = fitted.emit(value);
  const beside = probabilities ?? distances;
  const session = await compile(graph({ inputs: [value], outputs: { cluster, ...(beside && { beside }) } }), {
    threads: 1,
  });
  const answer = await session.run({ x: { dtype: "float64", shape: [x.rowCount, p], data } });
  await session.release();
  return {
    labels: Array.from(answer["cluster"]!.data as BigInt64Array, (c) =>
      Number(c) === fitted.clusterCount ? -1 : Number(c),
    ),
    beside: answer["beside"]?.data as Float64Array | undefined,
  };
}

const columnsOf = (x: Matrix, map: (column: Float64Array, j: number) => Float64Array): Matrix => {
  const columns = x.columns.map((column, j) => map(column as Float64Array, j));
  return { ...x, rowCount: columns[0]!.length, columns };
};
const golden = matrixOf(goldenPoints());
/** Rows between and beyond those that were fitted on. */
const fresh = columnsOf(golden, (column, j) =>
  column.map((v, i) => (i % 29 === 0 ? 40 * (j + 1) : 1.3 * v + Math.sin(i * (j + 2)))),
);

test("every family that the door has is under these laws", () => {
  const families = Object.keys(door).filter((name) => name.endsWith("Parameters"));
  const tested = new Set(Object.values(clusterers).map(({ method }) => method));
  const named = (name: string): string => (name === "kMeans" ? "kmeans" : name);
  expect(families.map((name) => named(name.slice(0, -10))).sort()).toEqual([...tested].sort());
});

describe.each(Object.entries(clusterers))("%s", (_, clusterer) => {
  test("the graph answers as the reference does, to 1e-9, and the fitted rows get their own cluster", async () => {
    const fitted = await fit(clusterer, golden);
    for (const x of [golden, fresh]) {
      const expected = fitted.reference(x);
      const found = await run(fitted, x);
      expect(found.labels).toEqual([...expected.labels]);
      expect(found.beside?.length).toBe(expected.beside?.length);
      expected.beside?.forEach((value, i) => expect(found.beside![i]).toBeCloseTo(value, 9));
    }
    expect([...fitted.reference(golden).labels]).toEqual([...fitted.labels]);
  });

  test("labels count from 0 by size, and what stands beside has one number a cluster", async () => {
    const fitted = await fit(clusterer, golden);
    const sizes = Array.from(
      { length: fitted.clusterCount },
      (_unused, c) => fitted.labels.filter((label) => label === c).length,
    );
    expect(sizes.every((size) => size > 0)).toBe(true);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    if (!fitted.noise) expect(fitted.labels.every((label) => label >= 0)).toBe(true);
    const { beside } = fitted.reference(fresh);
    expect(beside?.length ?? 0).toBe(fitted.beside === "nothing" ? 0 : fresh.rowCount * fitted.clusterCount);
    if (fitted.beside === "probabilities") {
      for (let i = 0; i < fresh.rowCount; i++) {
        const row = beside!.subarray(i * fitted.clusterCount, (i + 1) * fitted.clusterCount);
        expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      }
    }
  });

  test("the same seed gives the same fit, and the order of rows does not count", async () => {
    const first = await fit(clusterer, golden);
    const again = await fit(clusterer, golden);
    expect([...again.labels]).toEqual([...first.labels]);
    expect(again.summary).toEqual(first.summary);
    const order = createRandom(9).shuffle(Uint32Array.from({ length: 180 }, (_unused, i) => i));
    const turned = await fit(
      clusterer,
      columnsOf(golden, (column) => Float64Array.from(order, (row) => column[row]!)),
    );
    expect([...turned.labels]).toEqual(Array.from(order, (row) => first.labels[row]));
    const { beside } = turned.reference(fresh);
    expect(beside).toEqual(first.reference(fresh).beside);
  });

  test("constant features, repeated rows and a feature in large units do no harm", async () => {
    const odd = columnsOf(golden, (column, j) =>
      j === 2 ? new Float64Array(180).fill(3) : column.map((v, i) => 1e6 * (i % 3 === 0 ? 1 : v)),
    );
    const fitted = await fit(clusterer, odd);
    const { labels, beside } = await run(fitted, odd);
    expect(labels).toEqual([...fitted.labels]);
    expect(beside?.every(Number.isFinite) ?? true).toBe(true);
  });

  test("an empty batch has no answer", async () => {
    const none = columnsOf(golden, (column) => column.slice(0, 0));
    expect((await run(await fit(clusterer, golden), none)).labels).toEqual([]);
  });

  test("missing numbers, categories and too few rows are refused", async () => {
    const holed = columnsOf(golden, (column, j) =>
      column.map((v, i) => (j === 1 && i === 7 ? Number.NaN : v)),
    );
    await expect(fit(clusterer, holed)).rejects.toThrow(/"x1" has 1 of 180 values missing.*DATA_BAD_VALUE/s);
    const codes: Matrix = {
      ...golden,
      features: golden.features.map((f) => ({ ...f, kind: "category" as const, cardinality: 3 })),
    };
    await expect(fit(clusterer, codes)).rejects.toThrow(/SCHEMA_WRONG_KIND/);
    const one = columnsOf(golden, (column) => column.slice(0, 1));
    await expect(fit(clusterer, one)).rejects.toThrow(/DATA_TOO_FEW_ROWS/);
  });
});
