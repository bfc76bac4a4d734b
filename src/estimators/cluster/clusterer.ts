/**
 * The contract of a family that learns without a target: immutable configuration finds groups in the rows
 * of a matrix and gives `FittedClusters`, which emits its graph. What the graph answers for the rows that
 * were fitted on are their groups.
 */
import type { Json, ProgressListener, Random } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import type { Value } from "../../graph/index.ts";

export interface ClusterContext {
  readonly random: Random;
  readonly onProgress?: ProgressListener;
}

export interface Clusterer {
  /** Name of the method as on the command line: `kmeans`. */
  readonly method: string;
  /** Resolved parameters, plain JSON. */
  readonly parameters: Json;
  /**
   * @param x - Finite numbers.
   * @throws MillwrightError `DATA_TOO_FEW_ROWS`, `DATA_LIMIT`, `DATA_BAD_VALUE`, `SCHEMA_WRONG_KIND`.
   */
  fit(x: Matrix, context: ClusterContext): Promise<FittedClusters>;
}

/** What a graph answers beside the group. */
export interface ClusterAnswers {
  /** int64 [batch, 1]: index of the cluster; `clusterCount` for noise. */
  readonly cluster: Value;
  /** float64 [batch, clusterCount], each row with the sum 1. */
  readonly probabilities?: Value;
  /** float64 [batch, clusterCount], in units of the prepared features. */
  readonly distances?: Value;
}

/** The same answers by plain float64 loops. */
export interface ReferenceAnswers {
  /** Index of the cluster, −1 for noise. */
  readonly labels: Int32Array;
  /** Row-major [rowCount, clusterCount]: probabilities or distances, where the method has them. */
  readonly beside?: Float64Array;
}

export interface FittedClusters {
  readonly method: string;
  /** Clusters, the largest first; 0 where all rows are noise. */
  readonly clusterCount: number;
  /** Whether a row may belong to no cluster. */
  readonly noise: boolean;
  /** What stands beside the cluster. */
  readonly beside: "probabilities" | "distances" | "nothing";
  /** Of the rows that were fitted on: index of the cluster, −1 for noise. */
  readonly labels: Int32Array;
  /** @param x - float64 [batch, features], in the order of the matrix that it was fitted on. */
  emit(x: Value): ClusterAnswers;
  /** The oracle of the emitted graph. */
  reference(x: Matrix): ReferenceAnswers;
  /** Size and outcome of the fit: `{ iterations: 12, inertia: 340.1 }`. */
  readonly summary: { readonly [name: string]: Json };
}
