/** DBSCAN and HDBSCAN against scikit-learn: test/golden/unsupervised.py makes the labels and states the versions. */
import { describe, expect, test } from "vitest";
import { golden, goldenPoints, matrixOf, unevenPoints } from "../../../test/unsupervised-rows.ts";
import { createRandom } from "../../core/index.ts";
import { kneeOf } from "./dbscan.ts";
import { dbscan, hdbscan } from "./index.ts";
import { coreDistances, squaredBetween } from "./neighbor-distances.ts";

const context = { random: createRandom(1) };
const tables = { rows: goldenPoints(), uneven: unevenPoints() };

/** Labels numbered by their first row, noise −1: equal for the same groups under other names. */
function named(labels: ArrayLike<number>): number[] {
  const names = new Map<number, number>();
  return Array.from(labels, (label) => {
    if (label < 0) return -1;
    if (!names.has(label)) names.set(label, names.size);
    return names.get(label)!;
  });
}

describe("dbscan", () => {
  test.each(golden.dbscan.map((item) => [item.data, item.eps, item.minRows, item] as const))(
    "%s, eps %f, minRows %i: core rows and noise as scikit-learn's, other rows where one cluster is in reach",
    async (data, eps, minRows, expected) => {
      const points = tables[data];
      const { labels } = await dbscan({ eps, minRows }).fit(matrixOf(points), context);
      const core = [...expected.core.keys()].filter((i) => expected.core[i] === 1);
      expect(named(core.map((i) => labels[i]!))).toEqual(named(core.map((i) => expected.labels[i]!)));
      const p = points.featureCount;
      let compared = 0;
      for (let i = 0; i < points.rowCount; i++) {
        expect(labels[i]! < 0).toBe(expected.labels[i]! < 0);
        if (expected.core[i] === 1 || labels[i]! < 0) continue;
        const reach = new Set<number>();
        for (const c of core) {
          let squares = 0;
          for (let j = 0; j < p; j++) squares += (points.values[i * p + j]! - points.values[c * p + j]!) ** 2;
          if (Math.sqrt(squares) <= eps) reach.add(expected.labels[c]!);
        }
        if (reach.size > 1) continue;
        compared++;
        const twin = core.find((c) => expected.labels[c] === expected.labels[i])!;
        expect(labels[i]).toBe(labels[twin]);
      }
      // With the widest reach every row of a cluster is a core row.
      if (eps < 1.6) expect(compared).toBeGreaterThan(0);
    },
  );

  test("the knee of distances that rise slowly, then fast, is where they turn", () => {
    const slow = Array.from({ length: 90 }, (_, i) => 1 + i / 1000);
    const fast = Array.from({ length: 10 }, (_, i) => 1.1 + i);
    expect(kneeOf(Float64Array.from([...slow, ...fast]))).toBeCloseTo(1.1, 1);
    expect(kneeOf(new Float64Array(5).fill(2))).toBe(2);
  });

  test("says what it carries, and refuses more rows than its limit", async () => {
    const x = matrixOf(tables.uneven);
    const { summary } = await dbscan({ eps: 0.4, minRows: 5 }).fit(x, context);
    const cores = golden.dbscan.find(({ data, eps }) => data === "uneven" && eps === 0.4)!.core;
    expect(summary["trainingRows"]).toBe(cores.reduce((sum, one) => sum + one, 0));
    await expect(dbscan({ maxRows: 100 }).fit(x, context)).rejects.toThrow(
      /400 rows are more than.*DATA_LIMIT/s,
    );
  });
});

describe("hdbscan", () => {
  test.each(golden.hdbscan.map((item) => [item.data, item.minClusterRows, item.minRows, item] as const))(
    "%s, clusters of at least %i, minRows %i: the labels of scikit-learn, but for rows at a tie",
    async (data, minClusterRows, minRows, expected) => {
      const points = tables[data];
      const { labels } = await hdbscan({ minClusterRows, minRows }).fit(matrixOf(points), context);
      const [ours, theirs] = [named(labels), named(expected.labels)];
      const core = coreDistances(points, minRows);
      const differing = ours.flatMap((label, i) => (label === theirs[i] ? [] : [i]));
      expect(differing.length).toBeLessThanOrEqual(1);
      for (const i of differing) {
        // It reaches rows of both at one distance, and there the order of rows decides in scikit-learn.
        const reach = (wanted: number): number =>
          Math.min(
            ...ours.flatMap((label, j) =>
              label === wanted && j !== i
                ? [Math.max(core[i]!, core[j]!, Math.sqrt(squaredBetween(points, i, points, j)))]
                : [],
            ),
          );
        expect(reach(ours[i]!)).toBeCloseTo(reach(theirs[i]!), 12);
      }
    },
  );

  test("rows beside a cluster join it, rows between clusters do not", async () => {
    const fitted = await hdbscan({ minClusterRows: 20, minRows: 5 }).fit(matrixOf(tables.uneven), context);
    const asked = matrixOf({
      rowCount: 3,
      featureCount: 2,
      values: Float64Array.of(0.05, 0.05, 2.5, 5, 8, -4),
    });
    const [tight, ring, far] = fitted.reference(asked).labels;
    expect(tight).toBe(fitted.labels[0]);
    expect(ring).toBe(fitted.labels[2]);
    expect(far).toBe(-1);
  });

  test("heaps of repeated rows are clusters only by what lies around them", async () => {
    const values = Float64Array.from({ length: 400 }, (_, at) => {
      const i = at >> 1;
      return at % 2 === 0 ? Math.round(i % 10) : Math.round((i * 7) % 10);
    });
    const fitted = await hdbscan({ minClusterRows: 15 }).fit(
      matrixOf({ rowCount: 200, featureCount: 2, values }),
      context,
    );
    expect(fitted.clusterCount).toBeLessThan(10);
    await expect(hdbscan({ maxRows: 100 }).fit(matrixOf(tables.uneven), context)).rejects.toThrow(
      /DATA_LIMIT/,
    );
  });
});
