/** `millwright cluster`: groups of similar rows; leaves model.onnx, report.html and run.json. */
import { parseColumnFlag, type Reading, readingOf } from "../../data/index.ts";
import { type ClusterMethod, type ClusterRecord, clusterTable, writeResults } from "../../tasks/index.ts";
import { type RunContext, runAndSave } from "../run-and-save.ts";
import { printSavedRun } from "../saved-run.ts";
import { bold, clip, counted, figure, findingLine, percent, print, table } from "../terminal.ts";

export interface ClusterFlags extends Reading {
  readonly clusters?: number;
  readonly method: ClusterMethod;
  readonly eps?: number;
  readonly minRows?: number;
  readonly columns?: readonly string[];
  readonly column?: readonly string[];
  readonly keep?: readonly string[];
  readonly drop?: readonly string[];
  readonly id?: string;
  readonly seed: number;
  readonly threads?: number;
  readonly out: string;
  readonly json?: boolean;
}

/** Columns that are told for each cluster. */
const differencesShown = 3;

export async function cluster(source: readonly string[], flags: ClusterFlags): Promise<void> {
  const { availableParallelism } = await import("node:os");
  const { columns: only, column, threads, out, json, ...rest } = flags;
  await runAndSave(
    { json, out },
    (context: RunContext) =>
      clusterTable({
        ...rest,
        source,
        ...(only && { only }),
        ...(column && { columns: Object.fromEntries(column.map(parseColumnFlag)) }),
        threads: threads ?? availableParallelism(),
        ...context,
      }),
    async (result, folder) => {
      const { renderClusterReport } = await import("../../report/index.ts");
      return writeResults(folder, { ...result, html: await renderClusterReport(result.report) });
    },
    (record, model) => printRun(record, { model, out, reading: readingOf(flags) }),
  );
}

function printRun(
  record: ClusterRecord,
  { model, out, reading }: { readonly model: string; readonly out: string; readonly reading: Reading },
): void {
  const { clusters, noise, structure, silhouette } = record;
  for (const finding of record.findings) print(findingLine(finding));
  if (record.findings.length > 0) print();
  const compared = record.columns.filter((column) => column.role === "feature").length;
  print(
    `${bold(counted(clusters.length, "cluster"))} in ${counted(record.data.rows, "row")}, compared by ${counted(compared, "column")}.`,
  );
  print();
  const rows = clusters.map(({ label, rows: size, share, differences }) => [
    label,
    size.toLocaleString("en-US"),
    percent(share),
    differences.length === 0
      ? size < 5
        ? "too few rows to describe"
        : "close to all rows"
      : differences.slice(0, differencesShown).map(differenceText).join("; "),
  ]);
  if (noise && noise.rows > 0)
    rows.push(["none", noise.rows.toLocaleString("en-US"), percent(noise.share), "belong to no cluster"]);
  for (const line of table(
    [["cluster", "rows", "share", "differs in (all rows)"], ...rows],
    [false, true, true],
  ))
    print(line);
  print();
  if (clusters.length < 2) {
    print(
      record.criteria === undefined || record.asked !== undefined
        ? oneClusterText(record)
        : "Warning: this table shows no clusters: one normal distribution describes the rows better than several (BIC).",
    );
  } else if (silhouette)
    print(
      `Mean silhouette ${bold(figure(silhouette.value))}: 1 is far from the next cluster, 0 on the border of it.`,
    );
  if (clusters.length > 1) print(structureText(structure));
  if (record.neighborMap === undefined)
    print("The report lacks the map of neighbours, which needs the package umap-js: npm install umap-js");
  print();
  const { data, reproduce } = record;
  printSavedRun({ model, out, source: data.source, reading, reproduce, answers: "clusters.csv" });
}

type Difference = ClusterRecord["clusters"][number]["differences"][number];

function differenceText(difference: Difference): string {
  const column = clip(difference.column, 30);
  if (difference.kind === "missing")
    return `${column} missing ${percent(difference.share)} (${percent(difference.overall)})`;
  if (difference.kind === "share")
    return `${column} = ${clip(difference.value, 24)} ${percent(difference.share)} (${percent(difference.overall)})`;
  const show = difference.of === "datetime" ? day : figure;
  return `${column} ${show(difference.mean)} (${show(difference.overall)})`;
}

const day = (value: number): string => new Date(value).toISOString().slice(0, 10);

function oneClusterText({ clusters, asked }: ClusterRecord): string {
  if (clusters.length === 0) return "No part of the table is denser than the rest.";
  return asked === undefined
    ? "Warning: this table shows no clusters: one dense region, and nothing beside it that is dense too."
    : "One cluster says nothing of a structure.";
}

/** Whether there are clusters at all, in one line. */
function structureText({
  verdict,
  silhouette,
  shuffled,
  cloud,
  components,
}: ClusterRecord["structure"]): string {
  const along = components === undefined ? "" : `along ${components} principal components, `;
  const beside = `${along}on tables without clusters the same search reaches ${figure(Math.max(...shuffled))} (columns shuffled) and ${figure(Math.max(...cloud))} (one cloud), here ${figure(silhouette)}`;
  switch (verdict) {
    case "apart":
      return `The rows keep apart: ${beside}.`;
    case "gradient":
      return `Warning: no separate groups, but parts of one continuum: ${beside}.`;
    case "none":
      return `Warning: this table shows no clusters: ${beside}.`;
  }
}
