/** `report.html` of a training run. The sections come in a fixed order; one without data is absent. */
import { noun } from "./facts.ts";
import { type Draw, figureGrid } from "./figure.ts";
import { type Html, html } from "./html.ts";
import { drawing, page, type Section } from "./page.ts";
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
import { wordFigures, wordsNote } from "./pictures-words.ts";
import type { ReportData } from "./report-data.ts";
import { adviceSection, reproduceSection } from "./section-end.ts";
import { forecastFigures } from "./pictures-forecast.ts";
import { trainingFigures } from "./pictures-training.ts";
import { examplesSection } from "./section-examples.ts";
import { doneSection } from "./section-done.ts";
import { summarySection } from "./section-summary.ts";
import {
  findingsSection,
  leaderboardSection,
  rivalsTable,
  segmentsSection,
  testTable,
} from "./section-tables.ts";
import { name, say, toHtml, toPlain } from "./text.ts";

/**
 * Draws the report.
 *
 * Equal data give equal bytes. The first call imports the drawing module (25 ms
 * bundled, 250 ms from source); a picture takes about 5 ms.
 *
 * @returns A whole HTML document of at most 2 MB.
 */
export async function renderReport(data: ReportData): Promise<string> {
  const draw = await drawing();
  return page({
    title: toPlain(say`Predicting ${name(data.target.column)}`),
    top: summarySection(data, draw),
    sections: sectionsOf(data, draw),
    one: noun(data).one,
    pictures: data.examples !== undefined,
    stretches: data.forecasts !== undefined,
  });
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
    ["forecasts", "What it forecasts", figureGrid(forecastFigures(data), draw)],
    ["training", "How it learnt", figureGrid(trainingFigures(data), draw)],
    [
      "examples",
      `${noun(data).many[0]!.toUpperCase()}${noun(data).many.slice(1)} to look at`,
      examplesSection(data),
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
  const words = figureGrid(wordFigures(data), draw);
  if (grid === undefined && dependence === undefined && words === undefined) return undefined;
  return html`${grid}${
    words &&
    html`<h3>The words that mattered</h3>
<p class="prose">${toHtml(wordsNote(data))}</p>
${words}`
  }${
    dependence &&
    html`<h3>How the answer moves with each column (partial dependence)</h3>
<p class="prose">${toHtml(dependenceNote(data))}</p>
${dependence}`
  }`;
}
