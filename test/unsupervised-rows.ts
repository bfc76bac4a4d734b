/** The rows of test/golden/unsupervised.py, and its answers. */
import { readFileSync } from "node:fs";
import type { Matrix, Points } from "../src/features/index.ts";

/** Three groups of different shape and a few rows far from all. Row-major [count, 3]. */
export function goldenPoints(count = 180): Points {
  const center = [
    [0, 0, 0],
    [4, 1, -2],
    [-3, 5, 2],
  ];
  const size = [
    [0.6, 0.6, 0.6],
    [0.9, 0.3, 0.5],
    [0.4, 1.1, 0.7],
  ];
  const values = new Float64Array(3 * count);
  for (let i = 0; i < count; i++) {
    const wave = [
      Math.sin(i * 1.7) + Math.sin(i * 2.9),
      Math.sin(i * 2.3) + Math.sin(i * 0.7),
      Math.sin(i * 1.1) + Math.sin(i * 3.7),
    ];
    for (let j = 0; j < 3; j++) {
      const value = center[i % 3]![j]! + size[i % 3]![j]! * wave[j]!;
      values[3 * i + j] = i % 23 === 11 ? value * 2.5 + 3 : value;
    }
  }
  return { rowCount: count, featureCount: 3, values };
}

/** A tight group, a wide one, a ring, and rows strewn over all of it. Row-major [400, 2]. */
export function unevenPoints(): Points {
  const values = new Float64Array(800);
  for (let i = 0; i < 400; i++) {
    const u = (0.5 + i * 0.7548776662466927) % 1;
    const v = (0.5 + i * 0.5698402909980532) % 1;
    const r = Math.sqrt(-2 * Math.log(Math.max(u, 1e-9)));
    const [a, b] = [r * Math.cos(2 * Math.PI * v), r * Math.sin(2 * Math.PI * v)];
    const turn = 2 * Math.PI * u;
    const place = [
      [0.15 * a, 0.15 * b],
      [4 + 0.8 * a, 0.8 * b],
      [(2.5 + 0.1 * a) * Math.cos(turn), 5 + (2.5 + 0.1 * a) * Math.sin(turn)],
      [-4 + 12 * u, -4 + 13 * v],
    ][i % 4]!;
    values.set(place, 2 * i);
  }
  return { rowCount: 400, featureCount: 2, values };
}

/** Points as a matrix of number features. */
export function matrixOf({ rowCount, featureCount, values }: Points): Matrix {
  return {
    rowCount,
    features: Array.from({ length: featureCount }, (_, j) => ({
      name: `x${j}`,
      sources: [`x${j}`],
      kind: "number",
    })),
    columns: Array.from({ length: featureCount }, (_, j) =>
      Float64Array.from({ length: rowCount }, (_, i) => values[i * featureCount + j]!),
    ),
  };
}

/** Answers of scikit-learn; the script states the versions. */
export const golden = JSON.parse(
  readFileSync(new URL("./golden/unsupervised.json", import.meta.url), "utf8"),
) as {
  readonly kmeans: {
    readonly start: number[][];
    readonly centers: number[][];
    readonly labels: number[];
    readonly inertia: number;
  };
  /** Number of clusters → inertia of the best of 50 starts. */
  readonly best: Readonly<Record<string, number>>;
  readonly silhouette: number[];
  readonly pca: readonly {
    readonly name: string;
    readonly variance: number[];
    readonly share: number[];
    readonly components: number[][];
    readonly scores: number[][];
    readonly whitened: number[][];
  }[];
  readonly mixtures: readonly {
    readonly covariance: "full" | "diag";
    readonly clusters: number;
    readonly weights: number[];
    readonly means: number[][];
    readonly covariances: number[][] | number[][][];
    readonly logLikelihood: number;
    readonly bic: number;
    readonly aic: number;
    /** Of the first twelve rows. */
    readonly probabilities: number[][];
  }[];
  readonly dbscan: readonly {
    readonly data: "rows" | "uneven";
    readonly eps: number;
    readonly minRows: number;
    readonly labels: number[];
    /** 1 for core rows. */
    readonly core: number[];
  }[];
  readonly hdbscan: readonly {
    readonly data: "rows" | "uneven";
    readonly minClusterRows: number;
    readonly minRows: number;
    readonly labels: number[];
  }[];
  readonly truncated: {
    readonly values: number[];
    readonly components: number[][];
    readonly scores: number[][];
  };
};
