/** `report.html` of a clustering: whether there are clusters, what each one is, how it was found. */
import type { ClusterReportData, ClusterProfileLine, ClusterSummary } from "./cluster-report-data.ts";
import {
  clearness,
  day,
  differenceSentence,
  shortName,
  silhouetteSentence,
  sizesSentence,
  verdict,
} from "./cluster-words.ts";
import { type Draw, figureGrid, renderFigure } from "./figure.ts";
import { amount, bytes, count, duration, fixed, percent, plural, sentenceCase } from "./format.ts";
import { type Html, html } from "./html.ts";
import { drawing, page, type Section } from "./page.ts";
import {
  clusterColour,
  countsFigure,
  criteriaFigure,
  mapFigure,
  neighborMapFigure,
  sizesFigure,
  structureFigure,
} from "./pictures-clusters.ts";
import { reproduceSection } from "./section-end.ts";
import { findingsTable } from "./section-tables.ts";
import { join, nameHtml, names, say, toHtml, toPlain, visible } from "./text.ts";

/** Clusters told one by one, columns of the table, and differences of a cluster. */
const clustersShown = 30;
const tableClusters = 10;
const differencesShown = 6;

/**
 * Draws the report. Equal data give equal bytes.
 *
 * @returns A whole HTML document of at most 2 MB.
 */
export async function renderClusterReport(data: ClusterReportData): Promise<string> {
  const draw = await drawing();
  return page({
    title: toPlain(say`Clusters in ${names(data.data.sources)}`),
    top: summary(data, draw),
    sections: sectionsOf(data, draw),
    one: "row",
  });
}

function sectionsOf(data: ClusterReportData, draw: Draw): Section[] {
  const given: (readonly [id: string, title: string, body: Html | undefined])[] = [
    ["map-section", "The map", mapSection(data, draw)],
    ["kinds", "What distinguishes them", kindsSection(data)],
    ["sure", "How clear they are", sureSection(data, draw)],
    ["findings", "What the data showed", findingsSection(data)],
    ["done", "What was done", doneSection(data)],
    ["reproduce", "How to reproduce it", reproduceSection(data)],
  ];
  return given.flatMap(([id, title, body]) => (body === undefined ? [] : [{ id, title, body }]));
}

function summary(data: ClusterReportData, draw: Draw): Html {
  const figure = sizesFigure(data);
  const lines = [
    ["Are there clusters?", verdict(data)],
    ["How many, and how large?", sizesSentence(data)],
    [
      "What are they?",
      join(
        data.clusters.slice(0, 6).map((cluster) => say`${cluster.label}: ${shortName(cluster)}.`),
        " ",
      ),
    ],
  ] as const;
  return html`<header class="top">
<p class="eyebrow">Cluster report</p>
<h1>Clusters in ${data.data.sources.length === 1 ? nameHtml(data.data.sources[0]!) : plural(data.data.sources.length, "file")}</h1>
<p class="lead">${plural(data.data.rows, "row")}, compared by ${plural(data.data.usedColumns, "column")} with ${visible(data.method, 40)}.</p>
<div class="brief${figure === undefined ? " alone" : ""}">
<dl>${lines.map(([question, answer]) => answer.parts.length > 0 && html`<div><dt>${question}</dt><dd>${toHtml(answer)}</dd></div>`)}</dl>
${figure && renderFigure(figure, draw)}</div>
</header>
`;
}

function mapSection(data: ClusterReportData, draw: Draw): Html | undefined {
  const figures = figureGrid([mapFigure(data), neighborMapFigure(data)], draw);
  if (figures === undefined || data.neighborMap !== undefined) return figures;
  return html`${figures}<p class="soft">A map on which rows that are alike lie side by side is drawn here where the package umap-js is installed: npm install umap-js.</p>
`;
}

function kindsSection(data: ClusterReportData): Html | undefined {
  if (data.clusters.length === 0) return undefined;
  const hidden = data.clusters.length - clustersShown;
  const each = data.clusters.slice(0, clustersShown).map((cluster, c) => clusterHtml(cluster, c));
  const more =
    hidden > 0 &&
    html`<p class="soft">${plural(hidden, "more cluster")} in run.json.</p>
`;
  return html`<p class="prose">Columns in which the rows of a cluster differ most from all rows, most first. A mean counts in standard deviations: “much” is more than one of them.</p>
${each}${more}${profileTable(data)}`;
}

function clusterHtml(cluster: ClusterSummary, index: number): Html {
  const shown = cluster.differences.slice(0, differencesShown);
  const hidden = cluster.differences.length - shown.length;
  const clear =
    cluster.silhouette === undefined
      ? ""
      : `, silhouette ${fixed(cluster.silhouette, 2)} (${clearness(cluster.silhouette)})`;
  return html`<h3><span class="swatch ${clusterColour(index)}"></span>Cluster ${visible(cluster.label, 40)}: ${toHtml(shortName(cluster))}</h3>
<p class="soft">${plural(cluster.rows, "row")}, ${percent(cluster.share)}${clear}.</p>
${
  cluster.rows < 5
    ? html`<p class="prose">Fewer than 5 rows: they are not described, so that no single one is.</p>
`
    : shown.length === 0
      ? html`<p class="prose">No column differs much from all rows.</p>
`
      : html`<ul class="prose">${shown.map((difference) => html`<li>${toHtml(differenceSentence(difference))}</li>`)}${hidden > 0 && html`<li class="soft">${plural(hidden, "more column")} in the table below or in run.json.</li>`}</ul>
`
}`;
}

function profileTable(data: ClusterReportData): Html | undefined {
  const shown = data.clusters.slice(0, tableClusters);
  if (data.profile.length === 0 || shown.length < 2) return undefined;
  const cell = (line: ClusterProfileLine, c: number): Html => {
    const { value, effect } = line.values[c]!;
    if (value === undefined) return html`<td class="n">–</td>`;
    const heat = Math.min(10, Math.round(5 * Math.abs(effect)));
    const arrow = Math.abs(effect) < 0.2 ? "" : effect > 0 ? " ▲" : " ▼";
    return html`<td class="n h${heat}">${figureOf(line, value)}${arrow}</td>`;
  };
  return html`<h3>Side by side</h3>
<div class="scroll" role="region" tabindex="0" aria-label="Clusters by columns"><table>
<caption>Means, and shares of values; darker for a larger difference from all rows${data.clusters.length > shown.length ? `; the ${count(shown.length)} largest clusters` : ""}</caption>
<thead><tr><th scope="col">Column</th><th scope="col" class="n">All rows</th>${shown.map((cluster) => html`<th scope="col" class="n">${visible(cluster.label, 20)}</th>`)}</tr></thead>
<tbody>${data.profile.map((line) => html`<tr><th scope="row">${nameHtml(line.column)}${line.value !== undefined && html`<small>= ${nameHtml(line.value)}</small>`}</th><td class="n">${figureOf(line, line.overall)}</td>${shown.map((_, c) => cell(line, c))}</tr>`)}</tbody></table></div>
`;
}

function figureOf({ kind }: ClusterProfileLine, value: number): string {
  return kind === "share" ? percent(value) : kind === "datetime" ? day(value) : amount(value);
}

function sureSection(data: ClusterReportData, draw: Draw): Html {
  const sentence = silhouetteSentence(data);
  return html`${
    sentence &&
    html`<p class="prose">${toHtml(sentence)}</p>
`
  }${
    data.structure.verdict === "apart"
      ? undefined
      : html`<p class="callout">${toHtml(verdict(data))}</p>
`
  }${figureGrid([countsFigure(data), criteriaFigure(data), data.clusters.length > 1 ? structureFigure(data) : undefined], draw)}`;
}

function findingsSection(data: ClusterReportData): Html {
  if (data.findings.length > 0) return findingsTable(data.findings);
  return html`<p class="prose">Nothing suspicious was found: no identifier, no constant column, no duplicate rows.</p>
`;
}

function doneSection(data: ClusterReportData): Html {
  const { run } = data;
  const file = run.hashes.find((item) => item.name === "model.onnx");
  const facts: (readonly [string, string] | undefined)[] = [
    ["Rows", count(data.data.rows)],
    ["Columns", `${count(data.data.usedColumns)} compared of ${count(data.data.columns)}`],
    ["Method", data.method],
    run.durationSeconds === undefined ? undefined : ["Time", duration(run.durationSeconds)],
    ["Seed", String(run.seed)],
    file === undefined || data.fileBytes === undefined ? undefined : ["File", bytes(data.fileBytes)],
  ];
  return html`<p class="prose">Millwright read ${plural(data.data.rows, "row")} with ${plural(data.data.columns, "column")} from ${toHtml(names(data.data.sources))} and compared them by ${plural(data.data.usedColumns, "column")}. ${data.methodMeaning} Every figure here is of the answers that the saved file gives.</p>
<dl class="facts">${facts.map((fact) => fact && html`<div><dt>${fact[0]}</dt><dd>${visible(fact[1], 200)}</dd></div>`)}</dl>
<h3>Preparation</h3>
<ul class="prose">${data.data.preparation.map((step) => html`<li>${sentenceCase(visible(step, 300))}.</li>`)}</ul>
<h3>What this cannot tell</h3>
<ul class="prose">${[
    "No column says what is right: clusters are useful or not, never correct. Another choice of columns gives others.",
    "The rows that the clusters were found in are the rows that they are described by: on new rows the differences will be a little smaller.",
    ...data.limitations,
  ].map((text) => html`<li>${visible(text, 600)}</li>`)}</ul>
`;
}
