/**
 * `report.html`: one file, no network, no script, aggregates only.
 *
 * A content policy in the file itself allows nothing but its own style sheet, named
 * by hash. The sections come in a fixed order; one without data is absent.
 */
import { sha256 } from "../core/index.ts";
import type { Plot } from "./charts/plot.ts";
import { noun } from "./facts.ts";
import { type Draw, figureGrid } from "./figure.ts";
import { type Html, html, raw } from "./html.ts";
import { calibrationFigure, classFigure, confusionFigure, tableClasses } from "./pictures-classes.ts";
import { precisionRecallFigure, rocFigure } from "./pictures-curves.ts";
import { dependenceFigures, dependenceNote } from "./pictures-dependence.ts";
import { importanceFigure, learningFigure } from "./pictures-model.ts";
import {
  errorTable,
  predictedActualFigure,
  residualByPredictionFigure,
  residualFigure,
} from "./pictures-numbers.ts";
import { thresholdFigure, thresholdTable } from "./pictures-threshold.ts";
import type { ReportData } from "./report-data.ts";
import { adviceSection, reproduceSection } from "./section-end.ts";
import { doneSection } from "./section-done.ts";
import { summarySection } from "./section-summary.ts";
import {
  findingsSection,
  leaderboardSection,
  rivalsTable,
  segmentsSection,
  testTable,
} from "./section-tables.ts";
import { style } from "./style.ts";
import { say, toHtml, toPlain, name } from "./text.ts";

interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

/**
 * Draws the report.
 *
 * Equal data give equal bytes. The first call imports the drawing module (25 ms
 * bundled, 250 ms from source); a picture takes about 5 ms.
 *
 * @returns A whole HTML document of at most 2 MB.
 */
export async function renderReport(data: ReportData): Promise<string> {
  const { drawPlot } = await import("./charts/draw.ts");
  const ids = new Set<string>();
  const draw: Draw = (plot: Plot) => {
    if (ids.has(plot.id)) throw new Error(`Millwright defect: two pictures are called ${plot.id}.`);
    ids.add(plot.id);
    return drawPlot(plot);
  };
  return documentOf(data, summarySection(data, draw), sectionsOf(data, draw)).markup;
}

function sectionsOf(data: ReportData, draw: Draw): Section[] {
  const given: (readonly [id: string, title: string, body: Html | undefined])[] = [
    ["done", "What was done", doneSection(data)],
    ["findings", "What the data showed", findingsSection(data)],
    ["leaderboard", "Leaderboard", leaderboardBody(data)],
    [
      "pictures",
      data.task === "regression" ? "How large the errors are" : "How well it tells them apart",
      pictures(data, draw),
    ],
    ["learnt", "What it learnt", learnt(data, draw)],
    ["fails", "Where it fails", segmentsSection(data)],
    ["better", "What would make it better", adviceSection(data)],
    ["reproduce", "How to reproduce it", reproduceSection(data)],
  ];
  return given.flatMap(([id, title, body]) => (body === undefined ? [] : [{ id, title, body }]));
}

function leaderboardBody(data: ReportData): Html {
  return html`${testTable(data)}${rivalsTable(data)}<h3>All that were compared</h3>
${leaderboardSection(data)}`;
}

function pictures(data: ReportData, draw: Draw): Html | undefined {
  const small = (data.confusion?.labels.length ?? 0) <= tableClasses;
  const figures = [
    rocFigure(data),
    precisionRecallFigure(data),
    calibrationFigure(data),
    thresholdFigure(data),
    ...(small ? [classFigure(data), confusionFigure(data)] : [confusionFigure(data), classFigure(data)]),
    thresholdTable(data),
    predictedActualFigure(data),
    residualFigure(data),
    residualByPredictionFigure(data),
    errorTable(data),
  ];
  return figureGrid(figures, draw);
}

function learnt(data: ReportData, draw: Draw): Html | undefined {
  const grid = figureGrid([importanceFigure(data), learningFigure(data)], draw);
  const dependence = figureGrid(dependenceFigures(data), draw);
  if (grid === undefined && dependence === undefined) return undefined;
  return html`${grid}${
    dependence &&
    html`<h3>How the answer moves with each column (partial dependence)</h3>
<p class="prose">${toHtml(dependenceNote(data))}</p>
${dependence}`
  }`;
}

function documentOf(data: ReportData, top: Html, sections: readonly Section[]): Html {
  const hash = Buffer.from(sha256(style), "hex").toString("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const title = toPlain(say`Predicting ${name(data.target.column)}`);
  const theme = (id: string, text: string): Html =>
    html`<label><input type="radio" name="theme" id="theme-${id}"${id === "auto" && html` checked`}> ${text}</label>`;
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Millwright">
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body>
<a class="skip" href="#top">Skip to the report</a>
<div class="page">
<nav aria-label="Sections"><div>
<ol>${sections.map((section) => html`<li><a href="#${section.id}">${section.title}</a></li>`)}</ol>
<fieldset><legend>Colours</legend>${theme("auto", "Auto")}${theme("light", "Light")}${theme("dark", "Dark")}</fieldset>
</div></nav>
<main id="top">
${top}
${sections.map(
  (section) => html`<section id="${section.id}" aria-labelledby="${section.id}-title">
<h2 id="${section.id}-title">${section.title}</h2>
${section.body}</section>
`,
)}
<footer>Made by Millwright. It holds aggregates only, no single ${noun(data).one}, and opens without a network.</footer>
</main>
</div>
</body>
</html>
`;
}
