export { clusterTable, type ClusterResult } from "./cluster.ts";
export { type ClusterMethod, clusterMethods, type ClusterOptions } from "./options.ts";
export type { ClusterRecord } from "./run-record.ts";
