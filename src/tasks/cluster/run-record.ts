/**
 * `run.json` of a clustering: what was done and found, for people and machines; docs/schemas/cluster.json.
 *
 * Unlike the model file it may hold clock readings and paths. Fields are only added within a format version.
 */
import { type Json, sha256 } from "../../core/index.ts";
import { type Finding, readingFlags, withoutPassword } from "../../data/index.ts";
import type { ClusterDifference } from "../../report/index.ts";
import { commandLine } from "../command-line.ts";
import { type DataRecord, dataRecord } from "../read-table.ts";
import { columnFlags, namesOf } from "../tabular/reproduce.ts";
import type { Criterion } from "./methods.ts";
import type { ClusterOptions } from "./options.ts";
import type { PreparedRows } from "./prepare.ts";
import type { Comparison, Verdict } from "./structure.ts";

export interface ClusterRow {
  /** As the file answers it. */
  readonly label: string;
  readonly rows: number;
  readonly share: number;
  /** Mean silhouette of its rows; absent where it is not defined. */
  readonly silhouette?: number;
  /** How it differs from all rows, most first. */
  readonly differences: readonly ClusterDifference[];
}

export interface ClusterRecord {
  readonly format: 1;
  readonly software: string;
  readonly seconds: number;
  readonly data: DataRecord;
  readonly method: { readonly name: string; readonly parameters: Json; readonly outcome: Json };
  /** What was asked for; absent where the number was found. */
  readonly asked?: number;
  /** The largest first. */
  readonly clusters: readonly ClusterRow[];
  /** Rows of no cluster. */
  readonly noise?: { readonly rows: number; readonly share: number };
  /** Mean silhouette of the rows in clusters, and of how many rows; absent where there is one cluster. */
  readonly silhouette?: { readonly value: number; readonly rows: number };
  /** How each number of clusters did, where the number was found. */
  readonly counts?: readonly Comparison[];
  /** Every mixture that was tried, where BIC chose. */
  readonly criteria?: readonly Criterion[];
  /** How the chosen number did, on so many rows. */
  readonly structure: Comparison & {
    readonly rows: number;
    /** Of so many components in place of all features, where there are more. */
    readonly components?: number;
    readonly verdict: Verdict;
  };
  /** How the report's map of neighbours was drawn; absent where the package umap-js is not installed. */
  readonly neighborMap?: {
    readonly rows: number;
    readonly neighbors: number;
    /** Share of the nearest rows on the map that are among the nearest by all columns. */
    readonly kept: number;
    /** The same on the plane of the first two principal components. */
    readonly keptOnPlane: number;
  };
  readonly columns: readonly { readonly name: string; readonly kind: string; readonly role: string }[];
  readonly findings: readonly Finding[];
  /** The command that gives the same file again. */
  readonly reproduce: string;
  readonly model: { readonly bytes: number; readonly sha256: string };
}

export interface ClusterRunParts {
  readonly options: ClusterOptions;
  readonly table: PreparedRows;
  readonly method: ClusterRecord["method"];
  readonly clusters: readonly ClusterRow[];
  readonly noiseRows: number | undefined;
  readonly silhouette: ClusterRecord["silhouette"];
  readonly counts?: readonly Comparison[];
  readonly criteria?: readonly Criterion[];
  readonly structure: ClusterRecord["structure"];
  readonly neighborMap?: ClusterRecord["neighborMap"];
  readonly model: Uint8Array;
  readonly seconds: number;
}

export function clusterRecordOf(parts: ClusterRunParts): ClusterRecord {
  const { options, table, noiseRows } = parts;
  const { frame } = table;
  return {
    format: 1,
    software: options.software,
    seconds: Math.round(parts.seconds * 10) / 10,
    data: dataRecord(options, table),
    method: parts.method,
    ...(options.clusters !== undefined && { asked: options.clusters }),
    clusters: parts.clusters,
    ...(noiseRows !== undefined && { noise: { rows: noiseRows, share: noiseRows / frame.rowCount } }),
    ...(parts.silhouette && { silhouette: parts.silhouette }),
    ...(parts.counts && { counts: parts.counts }),
    ...(parts.criteria && { criteria: parts.criteria }),
    structure: parts.structure,
    ...(parts.neighborMap && { neighborMap: parts.neighborMap }),
    columns: frame.schema.columns.map(({ name, kind, role }) => ({ name, kind, role })),
    findings: table.findings,
    reproduce: reproduceCommand(options),
    model: { bytes: parts.model.length, sha256: sha256(parts.model) },
  };
}

function reproduceCommand(options: ClusterOptions): string {
  return commandLine("cluster", [
    ...options.source.map(withoutPassword),
    ...readingFlags(options),
    ["--method", options.method],
    ["--clusters", options.clusters],
    ["--eps", options.eps],
    ["--min-rows", options.minRows],
    ["--columns", namesOf(options.only)],
    ...columnFlags(options.columns),
    ["--keep", namesOf(options.keep)],
    ["--drop", namesOf(options.drop)],
    ["--id", options.id],
    ["--seed", options.seed],
  ]);
}
