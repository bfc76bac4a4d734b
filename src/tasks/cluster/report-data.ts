/** Fills the data of a clustering's report from a finished run. */
import { sourceTitle } from "../../data/index.ts";
import { minRowsShown } from "../../pipeline/index.ts";
import type { ClusterReportData } from "../../report/index.ts";
import { featureColumns, type Frame } from "../../schema/index.ts";
import { reportFindings } from "../report-findings.ts";
import { carriedNote, methodTitle } from "./card.ts";
import type { ClusterOptions } from "./options.ts";
import type { PreparedRows } from "./prepare.ts";
import type { ClusterRecord } from "./run-record.ts";

interface ReportParts {
  readonly options: ClusterOptions;
  readonly table: PreparedRows;
  readonly record: ClusterRecord;
  /** Cluster index a row, −1 for noise. */
  readonly members: Int32Array;
  readonly map: ClusterReportData["map"];
  readonly neighborMap: ClusterReportData["neighborMap"];
}

/** Lines of the table of clusters by columns. */
const profileLines = 20;

export function clusterReportData(parts: ReportParts): ClusterReportData {
  const { options, table, record, members, map, neighborMap } = parts;
  const { frame, features } = table;
  const carried = carriedNote(record.method.name, record.method.outcome);
  return {
    data: {
      sources: options.source.map(sourceTitle),
      rows: record.data.rows,
      columns: record.data.columns,
      usedColumns: features.columns.length,
      preparation: preparation(frame),
    },
    method: methodTitle(record.method.name),
    methodMeaning: methodMeaning[record.method.name] ?? "",
    ...(record.asked !== undefined && { asked: record.asked }),
    clusters: record.clusters,
    ...(record.noise && { noiseRows: record.noise.rows }),
    ...(record.silhouette && { silhouette: record.silhouette }),
    ...(record.counts && { counts: record.counts }),
    ...(record.criteria && { criteria: record.criteria }),
    structure: record.structure,
    map,
    ...(neighborMap && { neighborMap }),
    profile: profileOf(frame, members, record),
    findings: reportFindings(record.findings),
    fileBytes: record.model.bytes,
    limitations: carried.includes("carries records") ? [carried] : [],
    run: {
      command: record.reproduce,
      seed: options.seed,
      durationSeconds: record.seconds,
      versions: [{ name: "millwright", version: options.software.replace(/^millwright /, "") }],
      hashes: [
        { name: "model.onnx", sha256: record.model.sha256 },
        { name: "data", sha256: table.fingerprint },
      ],
    },
  };
}

/** What each method does, one sentence. */
const methodMeaning: Readonly<Record<string, string>> = {
  kmeans:
    "k-means cuts the rows into groups around means, so that the squared distances to the means are smallest; it finds round groups of similar width.",
  gaussianMixture:
    "A Gaussian mixture takes every cluster for a normal distribution with a shape of its own, and gives each row a probability of every cluster.",
  dbscan:
    "DBSCAN takes regions in which rows lie close together for clusters, of any shape; rows in between belong to none. Silhouettes favour round clusters: one of another shape may be real at a low value.",
  hdbscan:
    "HDBSCAN takes the regions that stay denser than their surroundings the longest for clusters, of any shape and density; rows in between belong to none. Silhouettes favour round clusters: one of another shape may be real at a low value.",
};

function preparation(frame: Frame): string[] {
  const kinds = new Set(featureColumns(frame.schema).map((column) => column.kind));
  return [
    ...(kinds.has("number")
      ? [
          "missing numbers are filled with the median, the outermost hundredth at each end is moved in, and every number is scaled to a variance of 1",
        ]
      : []),
    ...(kinds.has("category") || kinds.has("boolean")
      ? ["categories become 0/1 columns; values that fewer than 5 rows hold are one value"]
      : []),
    ...(kinds.has("datetime") ? ["datetimes become their parts"] : []),
    ...(kinds.has("text") ? ["texts become weights of their words"] : []),
    "every column counts about the same in the distance, however many features it became",
  ];
}

type ProfileLine = ClusterReportData["profile"][number];

/** The columns in which clusters differ most, with the figure of every cluster. */
function profileOf(frame: Frame, members: Int32Array, { clusters }: ClusterRecord): ProfileLine[] {
  const wanted = new Map<string, { effect: number; column: string; value?: string }>();
  for (const { differences } of clusters) {
    for (const difference of differences) {
      if (difference.kind === "missing") continue;
      const value = difference.kind === "share" ? difference.value : undefined;
      const key = JSON.stringify([difference.column, value ?? null]);
      const effect = Math.max(wanted.get(key)?.effect ?? 0, Math.abs(difference.effect));
      wanted.set(key, { effect, column: difference.column, ...(value !== undefined && { value }) });
    }
  }
  const ranked = [...wanted.values()].sort(
    (a, b) =>
      b.effect - a.effect || (a.column < b.column ? -1 : 1) || ((a.value ?? "") < (b.value ?? "") ? -1 : 1),
  );
  return ranked
    .slice(0, profileLines)
    .map(({ column, value }) => lineOf(frame, members, clusters.length, column, value));
}

function lineOf(
  frame: Frame,
  members: Int32Array,
  clusterCount: number,
  column: string,
  value: string | undefined,
): ProfileLine {
  const cells = frame.columns.get(column)!;
  const code = cells.type === "string" ? cells.dictionary.indexOf(value!) : -1;
  const at = (row: number): number =>
    cells.type === "number" ? cells.values[row]! : cells.codes[row] === code ? 1 : 0;
  const sums = new Float64Array(clusterCount);
  const counts = new Float64Array(clusterCount);
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let row = 0; row < frame.rowCount; row++) {
    const cell = at(row);
    if (!Number.isFinite(cell)) continue;
    sum += cell;
    squares += cell * cell;
    count++;
    const own = members[row]!;
    if (own < 0) continue;
    sums[own]! += cell;
    counts[own]!++;
  }
  const overall = sum / count;
  const deviation = Math.sqrt(Math.max(0, squares / count - overall * overall));
  const kind = frame.schema.columns.find(({ name }) => name === column)!.kind;
  return {
    column,
    ...(value !== undefined && { value }),
    kind: cells.type === "string" ? "share" : kind === "datetime" ? "datetime" : "number",
    overall,
    values: Array.from(sums, (total, c) => {
      // A share of one to four rows tells of them.
      const few = counts[c]! < minRowsShown || (cells.type === "string" && total > 0 && total < minRowsShown);
      const mean = total / counts[c]!;
      return few ? { effect: 0 } : { value: mean, effect: deviation > 0 ? (mean - overall) / deviation : 0 };
    }),
  };
}
