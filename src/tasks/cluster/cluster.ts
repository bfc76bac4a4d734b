/**
 * Groups of similar rows in a table that has no target: read, prepare, find how many, fit, compose one file,
 * answer every row by running that file, say what distinguishes the groups, and whether there are any.
 */
import { createRandom, type Json, MillwrightError, type Random } from "../../core/index.ts";
import {
  type Clusterer,
  type FittedClusters,
  meanSilhouette,
  silhouettes,
} from "../../estimators/cluster/index.ts";
import { type Points, pointsOf, takePoints } from "../../features/index.ts";
import { load } from "../../model/index.ts";
import { composeClusters, noiseLabel, referenceProfile } from "../../pipeline/index.ts";
import type { ClusterReportData } from "../../report/index.ts";
import { featureColumns, type Schema } from "../../schema/index.ts";
import { clusterCard } from "./card.ts";
import { describeClusters } from "./describe.ts";
import { clusterMap, neighborSquares } from "./map.ts";
import { planOf, requireFitting } from "./methods.ts";
import { type NeighborMap, neighborMap } from "./neighbor-map.ts";
import type { ClusterOptions } from "./options.ts";
import { type PreparedRows, prepareRows } from "./prepare.ts";
import { clusterReportData } from "./report-data.ts";
import { type ClusterRecord, clusterRecordOf, type ClusterRow } from "./run-record.ts";
import { samplePoints, sampleRows } from "./sample.ts";
import { mostSearched, searched, verdictOf } from "./structure.ts";

export interface ClusterResult {
  /** The bytes of `model.onnx`. */
  readonly model: Uint8Array;
  readonly record: ClusterRecord;
  /** What `report/` draws. */
  readonly report: ClusterReportData;
}

/** Rows between which silhouettes are taken, rows on which the number of clusters is searched, and rows on the map. */
const silhouetteRows = 4000;
const structureRows = 1500;
const neighborMapRows = 1500;

/** @throws MillwrightError for every mistake in options and data; see docs/errors.md. */
export async function clusterTable(options: ClusterOptions): Promise<ClusterResult> {
  const startedMs = options.startedMs ?? performance.now();
  const progress = options.onProgress ?? (() => {});
  const check = (): void => {
    if (options.signal?.aborted !== true) return;
    throw new MillwrightError(
      "CANCELLED",
      "The clustering was stopped before it was done.",
      "Start it again.",
    );
  };
  requireFitting(options);
  const random = createRandom(options.seed);
  progress({ stage: "read the table" });
  const table = await prepareRows(options, random);
  const { frame, matrix } = table;
  const points = pointsOf(matrix.columns, matrix.rowCount);

  progress({ stage: "find how many, and compare with tables that have no clusters" });
  const looked = samplePoints(points, structureRows, random.child("structure rows"));
  const { features } = matrix;
  const plan = await planOf({ options, features, points, looked, random: random.child("structure"), check });
  check();
  progress({ stage: "find the clusters" });
  const { clusterer, best, counts, criteria } = plan;
  const fitted = await clusterer.fit(matrix, { random: random.child("fit") });
  const model = await compose(options, table, clusterer, fitted, random);

  progress({ stage: "answer every row with the file" });
  const labels = labelsOf(fitted);
  const members = await membersOf(model, table, labels, options.threads);
  check();
  progress({ stage: "describe" });
  const own = ownSilhouettes(points, members, fitted.clusterCount, random.child("silhouettes"));
  const rows: ClusterRow[] = describeClusters(frame, members, labels.slice(0, fitted.clusterCount)).map(
    ({ label, rows: size, differences }, c) => ({
      label,
      rows: size,
      share: size / frame.rowCount,
      ...(own.each[c] !== undefined && { silhouette: own.each[c] }),
      differences,
    }),
  );
  progress({ stage: "draw the map of neighbours" });
  const mapRows = sampleRows(points.rowCount, neighborMapRows, random.child("neighbor map rows"));
  const near = await neighborMapOf(takePoints(points, mapRows), random.child("neighbor map"), check);
  const record = clusterRecordOf({
    options,
    table,
    method: { name: clusterer.method, parameters: clusterer.parameters, outcome: fitted.summary },
    clusters: rows,
    noiseRows: fitted.noise ? members.reduce((sum, member) => sum + (member < 0 ? 1 : 0), 0) : undefined,
    silhouette: own.all,
    ...(counts && { counts }),
    ...(criteria && { criteria }),
    structure: {
      ...best,
      rows: looked.rowCount,
      ...(points.featureCount > mostSearched && { components: mostSearched }),
      verdict: verdictOf(best),
    },
    ...(near && {
      neighborMap: {
        rows: mapRows.length,
        neighbors: near.neighbors,
        kept: near.kept,
        keptOnPlane: near.keptOnPlane,
      },
    }),
    model,
    seconds: (performance.now() - startedMs) / 1000,
  });
  const map = clusterMap(points, members, fitted.clusterCount, random.child("map"));
  const neighborMap =
    near &&
    neighborSquares(
      near,
      Int32Array.from(mapRows, (row) => members[row]!),
      fitted.clusterCount,
    );
  return {
    model,
    record,
    report: clusterReportData({ options, table, record, members, map, neighborMap }),
  };
}

/** The map of neighbours; undefined where its package is not installed, which the run and the report then say. */
async function neighborMapOf(
  points: Points,
  random: Random,
  check: () => void,
): Promise<NeighborMap | undefined> {
  try {
    return await neighborMap(searched(points, random.child("components")), random, check);
  } catch (error) {
    if (error instanceof MillwrightError && error.code === "RUNTIME_MISSING") return undefined;
    throw error;
  }
}

/** What the file answers, in the order of the cluster's indices. */
function labelsOf(fitted: FittedClusters): string[] {
  const names = Array.from({ length: fitted.clusterCount }, (_, c) => String(c + 1));
  return fitted.noise ? [...names, noiseLabel] : names;
}

/** A name for the answer that no column has. */
function answerName(schema: Schema): string {
  const names = new Set(schema.columns.map((column) => column.name));
  let name = "cluster";
  for (let n = 2; names.has(name); n++) name = `cluster ${n}`;
  return name;
}

async function compose(
  options: ClusterOptions,
  table: PreparedRows,
  clusterer: Clusterer,
  fitted: FittedClusters,
  random: Random,
): Promise<Uint8Array> {
  const { frame, features, emit } = table;
  const read = new Set(features.columns);
  const schema: Schema = {
    columns: frame.schema.columns.map((column) =>
      column.role === "feature" && !read.has(column.name) ? { ...column, role: "ignore" } : column,
    ),
  };
  const { method, clusters, eps, minRows, only, columns, keep, drop, id } = options;
  const given = { method, clusters, eps, minRows, only, columns, keep, drop, id };
  return await composeClusters({
    schema,
    answer: answerName(frame.schema),
    labels: labelsOf(fitted),
    emit: (inputs) => fitted.emit(emit(inputs)),
    about: {
      card: clusterCard(table, clusterer, fitted, options.software),
      profile: referenceProfile(
        frame,
        featureColumns(schema).map((column) => column.name),
      ),
      data: { rowCount: frame.rowCount, columnCount: frame.schema.columns.length, sha256: table.fingerprint },
      recipe: {
        seed: options.seed,
        options: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Json,
        software: options.software,
      },
    },
    random: random.child("compose"),
  });
}

/** Index of the cluster that the file gives each row, −1 for noise. */
async function membersOf(
  bytes: Uint8Array,
  { frame }: PreparedRows,
  labels: readonly string[],
  threads: number,
): Promise<Int32Array> {
  const model = await load(bytes, undefined, { name: "model.onnx" });
  try {
    const { prediction } = await model.predictColumns(frame.columns, frame.rowCount, { threads });
    const codes = new Map(labels.map((label, code) => [label, label === noiseLabel ? -1 : code]));
    return Int32Array.from(prediction as readonly string[], (label) => codes.get(label)!);
  } finally {
    await model.close();
  }
}

/** Mean silhouettes of each cluster and of all, on a sample of the rows where there are many. */
function ownSilhouettes(
  points: Points,
  members: Int32Array,
  clusterCount: number,
  random: Random,
): { readonly each: readonly (number | undefined)[]; readonly all: ClusterRecord["silhouette"] } {
  const rows = sampleRows(points.rowCount, silhouetteRows, random);
  const labels = Int32Array.from(rows, (row) => members[row]!);
  const values = silhouettes(takePoints(points, rows), [{ labels, clusterCount }])[0]!;
  const each = Array.from({ length: clusterCount }, (_, c) => {
    const mean = meanSilhouette(values.filter((_, i) => labels[i] === c));
    return Number.isNaN(mean) ? undefined : mean;
  });
  const value = meanSilhouette(values);
  return { each, all: Number.isNaN(value) ? undefined : { value, rows: rows.length } };
}
