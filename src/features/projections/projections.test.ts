/** Eigenvectors, components and singular directions: scikit-learn's answers, and the definitions. */
import { describe, expect, test } from "vitest";
import { golden, goldenPoints } from "../../../test/unsupervised-rows.ts";
import { createRandom } from "../../core/index.ts";
import type { Matrix } from "../matrix.ts";
import { sparseMatrix } from "../sparse.ts";
import type { Points } from "./k-means.ts";
import { leadingComponents, principalComponents, project } from "./principal-components.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";
import { singularDirections } from "./truncated-svd.ts";

describe("symmetricEigen", () => {
  test.each([1, 2, 3, 10, 40, 120])("A v = λ v and vectors at right angles, to 1e-12: size %i", (n) => {
    const random = createRandom(n);
    const a = new Float64Array(n * n);
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = random.normal();
    const { values, vectors } = symmetricEigen(a, n);
    expect([...values]).toEqual([...values].sort((x, y) => y - x));
    for (let c = 0; c < n; c++) {
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let j = 0; j < n; j++) sum += a[i * n + j]! * vectors[c * n + j]!;
        expect(Math.abs(sum - values[c]! * vectors[c * n + i]!)).toBeLessThan(1e-12 * n);
      }
      for (let d = 0; d <= c; d++) {
        let dot = 0;
        for (let j = 0; j < n; j++) dot += vectors[c * n + j]! * vectors[d * n + j]!;
        expect(dot).toBeCloseTo(c === d ? 1 : 0, 12);
      }
    }
  });

  test("a diagonal, a repeated value and zeros come out exactly", () => {
    const { values, vectors } = symmetricEigen(Float64Array.of(2, 0, 0, 0, 5, 0, 0, 0, 2), 3);
    expect([...values]).toEqual([5, 2, 2]);
    expect([...vectors.subarray(0, 3)]).toEqual([0, 1, 0]);
    expect([...symmetricEigen(new Float64Array(4), 2).values]).toEqual([0, 0]);
  });

  test("numbers that are none are refused", () => {
    expect(() => symmetricEigen(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2)).toThrow(/FIT_DIVERGED/);
  });
});

/** 20 rows of 27 features: the rows of the golden script, nine at a time. */
const wide = (): Points => ({ rowCount: 20, featureCount: 27, values: goldenPoints().values });

describe("principalComponents", () => {
  test.each([
    ["tall", goldenPoints()],
    ["wide", wide()],
  ] as const)(
    "%s rows: variances, shares, directions and scores as scikit-learn's, to 1e-10",
    (name, points) => {
      const expected = golden.pca.find((item) => item.name === name)!;
      const p = points.featureCount;
      const found = principalComponents(points, p);
      found.variance.forEach((value, c) => {
        expect(value).toBeCloseTo(expected.variance[c]!, 10);
        expect(found.share[c]).toBeCloseTo(expected.share[c]!, 10);
        for (let j = 0; j < p; j++)
          expect(found.components[c * p + j]).toBeCloseTo(expected.components[c]![j]!, 10);
      });
      expect(found.variance).toHaveLength(name === "tall" ? 3 : 19);
      expected.scores.forEach((row, i) => {
        const scores = project(points.values.subarray(i * p, (i + 1) * p), found);
        scores.forEach((score, c) => expect(score).toBeCloseTo(row[c]!, 10));
        expected.whitened[i]!.forEach((value, c) =>
          expect(scores[c]! / Math.sqrt(found.variance[c]!)).toBeCloseTo(value, 10),
        );
      });
    },
  );
});

describe("leadingComponents", () => {
  /** Rows in which feature j has the deviation 1 / (1 + j), mixed a little with the next one. */
  function fading(rowCount: number, p: number): Points {
    const random = createRandom(8);
    const values = new Float64Array(rowCount * p);
    for (let i = 0; i < rowCount; i++) {
      let before = 0;
      for (let j = 0; j < p; j++) {
        before = random.normal() / (1 + j) + 0.3 * before;
        values[i * p + j] = 5 + before;
      }
    }
    return { rowCount, featureCount: p, values };
  }

  test("are the exact ones up to 300 rows or features", () => {
    for (const points of [fading(40, 320), fading(320, 40)])
      expect(leadingComponents(points, 5, createRandom(1))).toEqual(principalComponents(points, 5));
  });

  test("are near the exact ones above: variances to 0.1 %, shares, means, and unit directions", () => {
    const points = fading(310, 305);
    const exact = principalComponents(points, 6);
    const found = leadingComponents(points, 6, createRandom(1));
    expect([...found.mean]).toEqual([...exact.mean]);
    exact.variance.forEach((value, c) => {
      expect(Math.abs(found.variance[c]! - value)).toBeLessThan(1e-3 * exact.variance[0]!);
      expect(found.share[c]).toBeCloseTo(exact.share[c]!, 3);
      const own = found.components.subarray(c * 305, (c + 1) * 305);
      expect(Math.hypot(...own)).toBeCloseTo(1, 10);
      if (c < 3) {
        const other = exact.components.subarray(c * 305, (c + 1) * 305);
        expect(own.reduce((sum, v, j) => sum + v * other[j]!, 0)).toBeGreaterThan(0.999);
      }
    });
  });
});

/** The counts of the golden script. */
function counts(): Matrix {
  const cell = (i: number, j: number): number =>
    Math.max(
      0,
      Math.round(3 * Math.sin((i + 1) * (j + 1) * 0.37) - 1.6 + 2 * (((i % 4) + (j % 4)) % 4 === 0 ? 1 : 0)),
    );
  return {
    rowCount: 60,
    features: Array.from({ length: 40 }, (_, j) => ({ name: `w${j}`, sources: ["text"], kind: "number" })),
    columns: Array.from({ length: 40 }, (_, j) => Float64Array.from({ length: 60 }, (_row, i) => cell(i, j))),
  };
}

function sparseOf(x: Matrix): Matrix {
  const starts = new Uint32Array(x.rowCount + 1);
  const index: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < x.rowCount; i++) {
    x.columns.forEach((column, j) => {
      if (column[i] === 0) return;
      index.push(j);
      values.push(column[i]!);
    });
    starts[i + 1] = index.length;
  }
  return sparseMatrix(x.features, {
    columnCount: x.features.length,
    starts,
    index: Uint32Array.from(index),
    values: Float64Array.from(values),
  });
}

describe("singularDirections", () => {
  test.each([
    ["exact", counts(), 300],
    ["exact, sparse rows", sparseOf(counts()), 300],
    ["randomised", counts(), 1],
    ["randomised, sparse rows", sparseOf(counts()), 1],
  ] as const)("%s: values and directions as scikit-learn's (arpack), to 1e-6", (_, x, exactFeatures) => {
    const found = singularDirections(x, 5, { random: createRandom(2), exactFeatures });
    golden.truncated.values.forEach((value, c) => {
      expect(found.values[c]! / value).toBeCloseTo(1, 8);
      golden.truncated.components[c]!.forEach((entry, j) =>
        expect(found.components[c * 40 + j]).toBeCloseTo(entry, 6),
      );
    });
  });

  test("fewer directions than asked for where the rows have no more, and none is not a number", () => {
    const x: Matrix = {
      rowCount: 8,
      features: counts().features.slice(0, 6),
      columns: Array.from({ length: 6 }, (_, j) =>
        Float64Array.from({ length: 8 }, (_row, i) => (i + 1) * (j + 1)),
      ),
    };
    const { values, components } = singularDirections(x, 4, { random: createRandom(1), exactFeatures: 1 });
    expect(values[0]).toBeCloseTo(Math.sqrt(204 * 91), 9);
    expect(values[1]! / values[0]!).toBeLessThan(1e-6);
    expect(components.every(Number.isFinite)).toBe(true);
  });
});
