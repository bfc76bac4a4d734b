/**
 * What the report of a clustering is drawn from: plain JSON of aggregates, as `ReportData` is for a model.
 *
 * It never holds a row: only counts, means, shares and squares of a map. Values of categories must already
 * be those that at least five rows share.
 */
import type { Finding, RunInfo } from "./report-data.ts";

/** How a cluster differs from all rows in one column. */
export type ClusterDifference =
  | {
      readonly kind: "mean";
      readonly column: string;
      /** A datetime's mean is in epoch milliseconds. */
      readonly of: "number" | "datetime";
      readonly mean: number;
      readonly overall: number;
      /** In standard deviations of all rows. */
      readonly effect: number;
    }
  | {
      readonly kind: "share";
      readonly column: string;
      readonly value: string;
      readonly share: number;
      readonly overall: number;
      readonly effect: number;
    }
  | {
      readonly kind: "missing";
      readonly column: string;
      readonly share: number;
      readonly overall: number;
      readonly effect: number;
    };

export interface ClusterSummary {
  readonly label: string;
  readonly rows: number;
  readonly share: number;
  readonly silhouette?: number | undefined;
  /** Most first. */
  readonly differences: readonly ClusterDifference[];
}

/** Mean silhouettes of a number of clusters on the rows and on tables that have no clusters. */
export interface ClusterComparison {
  readonly clusters: number;
  readonly silhouette: number;
  readonly shuffled: readonly number[];
  readonly cloud: readonly number[];
}

/** One line of the table of clusters by columns. */
export interface ClusterProfileLine {
  readonly column: string;
  /** Of a category: the value whose share is told. */
  readonly value?: string | undefined;
  readonly kind: "number" | "datetime" | "share";
  readonly overall: number;
  /** One a cluster; absent where too few rows have one. */
  readonly values: readonly { readonly value?: number | undefined; readonly effect: number }[];
}

/** Rows on a plane, counted in squares. */
interface ClusterSquares {
  readonly xEdges: readonly number[];
  readonly yEdges: readonly number[];
  readonly cells: readonly {
    readonly x: number;
    readonly y: number;
    /** Index of the cluster with most rows there, −1 for noise. */
    readonly cluster: number;
    readonly rows: number;
  }[];
}

export interface ClusterReportData {
  readonly data: {
    readonly sources: readonly string[];
    readonly rows: number;
    readonly columns: number;
    readonly usedColumns: number;
    /** What was done to the columns, one fragment each. */
    readonly preparation: readonly string[];
  };
  /** As people call it: `k-means`. */
  readonly method: string;
  /** What the method does, one sentence. */
  readonly methodMeaning: string;
  /** The number that was asked for; absent where it was found. */
  readonly asked?: number | undefined;
  /** The largest first. */
  readonly clusters: readonly ClusterSummary[];
  readonly noiseRows?: number | undefined;
  /** Mean silhouette of the rows in clusters, and of how many rows it was taken. */
  readonly silhouette?: { readonly value: number; readonly rows: number } | undefined;
  /** How each number of clusters did. */
  readonly counts?: readonly ClusterComparison[] | undefined;
  /** Of every mixture that was tried; the smallest BIC is chosen. */
  readonly criteria?:
    | readonly {
        readonly clusters: number;
        readonly covariance: "full" | "diagonal";
        readonly bic: number;
        readonly aic: number;
      }[]
    | undefined;
  /** How the chosen number did, on so many rows. */
  readonly structure: ClusterComparison & {
    readonly rows: number;
    /** So many components were compared in place of all features. */
    readonly components?: number | undefined;
    readonly verdict: "apart" | "gradient" | "none";
  };
  readonly map: ClusterSquares & {
    readonly shares: readonly [number, number];
    readonly centers: readonly (readonly [number, number])[];
  };
  /** Rows that are alike lie side by side; absent where the package that makes it is not installed. */
  readonly neighborMap?:
    | (ClusterSquares & {
        /** Where the number of each cluster stands; undefined where no square holds mostly its rows. */
        readonly centers: readonly (readonly [number, number] | undefined)[];
        readonly rows: number;
        /** Nearest rows of each that the map keeps together. */
        readonly neighbors: number;
        /** Share of the nearest rows on the map that are among the nearest by all columns. */
        readonly kept: number;
        /** The same on the plane of the principal components. */
        readonly keptOnPlane: number;
      })
    | undefined;
  /** The columns that differ most between clusters, most first. */
  readonly profile: readonly ClusterProfileLine[];
  readonly findings: readonly Finding[];
  /** Size of model.onnx. */
  readonly fileBytes?: number | undefined;
  /** Sentences about limits that only the caller knows. */
  readonly limitations: readonly string[];
  readonly run: RunInfo;
}
