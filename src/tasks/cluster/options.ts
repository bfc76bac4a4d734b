/** What `millwright cluster` is asked for. */
import type { ProgressListener } from "../../core/index.ts";
import type { ColumnOverride, Reading } from "../../data/index.ts";

export const clusterMethods = ["kmeans", "mixture", "dbscan", "hdbscan"] as const;
export type ClusterMethod = (typeof clusterMethods)[number];

export interface ClusterOptions extends Reading {
  readonly source: readonly string[];
  readonly method: ClusterMethod;
  /** How many clusters; found from the data unless told. */
  readonly clusters?: number;
  /** Of dbscan: how near rows of one cluster lie to each other, in prepared units; found unless told. */
  readonly eps?: number;
  /** Of dbscan: rows within eps of a core row; of hdbscan: rows of the smallest cluster. */
  readonly minRows?: number;
  /** Only these columns; all that may be features unless told. */
  readonly only?: readonly string[];
  /** Kinds and ways of writing by column, as far as they are not to be inferred. */
  readonly columns?: Readonly<Record<string, ColumnOverride>>;
  readonly keep?: readonly string[];
  readonly drop?: readonly string[];
  readonly id?: string;
  readonly seed: number;
  /** Cores to use for reading and answering. */
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
  readonly startedMs?: number;
  /** Name and version of this program, for card and recipe. */
  readonly software: string;
}
