/** What `millwright cluster` is asked for. */
import type { RunOptions } from "../run-options.ts";

export const clusterMethods = ["kmeans", "mixture", "dbscan", "hdbscan"] as const;
export type ClusterMethod = (typeof clusterMethods)[number];

export interface ClusterOptions extends RunOptions {
  readonly method: ClusterMethod;
  /** How many clusters; found from the data unless told. */
  readonly clusters?: number;
  /** Of dbscan: how near rows of one cluster lie to each other, in prepared units; found unless told. */
  readonly eps?: number;
  /** Of dbscan: rows within eps of a core row; of hdbscan: rows of the smallest cluster. */
  readonly minRows?: number;
  /** Only these columns; all that may be features unless told. */
  readonly only?: readonly string[];
}
