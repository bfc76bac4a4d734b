/** The report's tables: findings, test scores, leaderboard, and where the model fails. */
import { noun, rowsOf, titleWithUnit, withUnit } from "./facts.ts";
import {
  bytes,
  count,
  decimalsFor,
  duration,
  estimate,
  estimateDecimals,
  fixed,
  number,
  percent,
  plural,
  sentenceCase,
} from "./format.ts";
import { type Html, html } from "./html.ts";
import { intervalScale } from "./interval-mark.ts";
import type { BoardEntry, Estimate, Finding, ReportData, RivalFile } from "./report-data.ts";
import { join, name, nameHtml, names, type Sentence, say, toHtml, visible } from "./text.ts";

/** Lines of a table before the rest is only counted. */
const linesShown = 40;
const segmentsShown = 12;

export function findingsSection(data: ReportData): Html {
  if (data.findings.length === 0) {
    return html`<p class="prose">Nothing suspicious was found: no leak, no identifier, no constant column, no duplicate ${noun(data).many}.</p>
`;
  }
  const leaks = data.findings.filter((finding) => finding.scores !== undefined);
  const scores = leaks.slice(0, 8).map(
    (finding) => html`<p class="callout">${toHtml(leakSentence(data, finding))}</p>
`,
  );
  return html`${scores}${findingsTable(data.findings)}`;
}

/** What was found about the table, a line each. */
export function findingsTable(findings: readonly Finding[]): Html {
  const shown = findings.slice(0, linesShown);
  const line = (finding: Finding): Html =>
    html`<tr><td><span class="tag${finding.kind === "leak" ? " alert" : ""}">${visible(finding.kind, 30)}</span></td><td>${finding.column === undefined ? "–" : nameHtml(finding.column)}</td><td class="wide">${visible(finding.evidence, 500)}${finding.action && html` <span class="soft">${sentenceCase(visible(finding.action, 120))}.</span>`}</td><td>${finding.undo && html`<code>${visible(finding.undo, 120)}</code>`}</td></tr>`;
  return html`<div class="scroll" role="region" tabindex="0" aria-label="Findings"><table>
<thead><tr><th scope="col">Kind</th><th scope="col">Column</th><th scope="col">Evidence</th><th scope="col">To undo</th></tr></thead>
<tbody>${shown.map(line)}</tbody></table></div>
${remark(findings.length - shown.length, "finding")}`;
}

/** `With casual we would have reported R² 0.99; without it 0.89.` */
export function leakSentence(data: ReportData, finding: Finding): Sentence {
  const scores = finding.scores!;
  const decimals = Math.max(2, decimalsFor([scores.with, scores.without], 2));
  const unit = data.metric.inTargetUnits ? data.target.unit : undefined;
  const kept = finding.action?.startsWith("kept") ? " It was kept on request." : "";
  return say`With ${name(finding.column ?? "")} we would have reported ${data.metric.label} ${withUnit(fixed(scores.with, decimals), unit)}; without it ${withUnit(fixed(scores.without, decimals), unit)}.${kept}`;
}

function remark(hidden: number, what: string): Html | undefined {
  return hidden > 0
    ? html`<p class="soft">${plural(hidden, `more ${what}`)} in run.json.</p>
`
    : undefined;
}

export function testTable(data: ReportData): Html | undefined {
  if (data.test.length === 0) return undefined;
  const baselines = data.test.some((test) => test.baseline !== undefined);
  return html`<div class="scroll" role="region" tabindex="0" aria-label="Test scores"><table>
<caption>On the ${count(data.split.testRows)} test ${noun(data).many}, with ${percent(data.intervalLevel)} intervals</caption>
<thead><tr><th scope="col">Metric</th><th scope="col" class="n">Model</th>${baselines && html`<th scope="col" class="n">Doing nothing</th>`}<th scope="col">Better is</th></tr></thead>
<tbody>${data.test.slice(0, linesShown).map((test, i) => {
    const decimals = estimateDecimals([test.score]);
    const nothing = test.baseline === undefined ? "–" : fixed(test.baseline, decimals);
    const unit = test.metric.inTargetUnits ? data.target.unit : undefined;
    return html`<tr${i === 0 && html` class="chosen"`}><th scope="row">${titleWithUnit(visible(test.metric.label, 60), unit)}${i === 0 && html`<small>what was optimised</small>`}</th><td class="n">${estimate(test.score, decimals)}</td>${baselines && html`<td class="n">${nothing}</td>`}<td class="soft">${test.metric.higherIsBetter ? "higher" : "lower"}</td></tr>`;
  })}</tbody></table></div>
`;
}

/** Other files on the same rows, each with a plain verdict. */
export function rivalsTable(data: ReportData): Html | undefined {
  if (data.rivals === undefined || data.rivals.length === 0) return undefined;
  const scores = data.rivals.map((rival) => rival.score);
  const gains = data.rivals.map((rival) => rival.gain);
  const unit = data.metric.inTargetUnits ? data.target.unit : undefined;
  const line = ({ name: file, score, gain, notes }: RivalFile): Html =>
    html`<tr><th scope="row">${visible(file, 120)}${notes.map((note) => html`<small>${visible(note, 200)}</small>`)}</th><td class="n">${estimate(score, estimateDecimals(scores))}</td><td class="n">${estimate(gain, estimateDecimals(gains))}</td><td>${rivalVerdict(gain)}</td></tr>`;
  return html`<h3>Other files on the same ${noun(data).many}</h3>
<div class="scroll" role="region" tabindex="0" aria-label="Other files"><table>
<caption>How much better this model is than each, compared ${noun(data).one} by ${noun(data).one}</caption>
<thead><tr><th scope="col">File</th><th scope="col" class="n">${titleWithUnit(visible(data.metric.label, 60), unit)}</th><th scope="col" class="n">Better by</th><th scope="col">So this model is</th></tr></thead>
<tbody>${data.rivals.slice(0, linesShown).map(line)}</tbody></table></div>
${remark(data.rivals.length - linesShown, "file")}`;
}

function rivalVerdict({ low, high }: Estimate): string {
  if (low !== undefined && low > 0) return "better";
  if (high !== undefined && high < 0) return "worse";
  return "the same within the noise";
}

export function leaderboardSection(data: ReportData): Html {
  const entries = boardLines(data.leaderboard);
  const scores = entries.map((entry) => entry.score);
  const chosen = data.leaderboard.find((entry) => entry.name === data.chosen.name) ?? data.leaderboard[0];
  if (chosen === undefined) return html``;
  const scale = intervalScale(scores, chosen.score);
  const decimals = estimateDecimals([chosen.score]);
  const has = (test: (entry: BoardEntry) => unknown): boolean =>
    entries.some((entry) => test(entry) !== undefined);
  const timed = has((entry) => entry.fitSeconds);
  const sized = has((entry) => entry.sizeBytes);
  const clocked = has((entry) => entry.rowMs);
  const unit = data.metric.inTargetUnits ? data.target.unit : undefined;
  const line = (entry: BoardEntry): Html =>
    html`<tr${entry === chosen && html` class="chosen"`}><th scope="row">${nameHtml(entry.name)}<small>${notes(data, entry, chosen).join(" · ")}</small></th><td class="n">${estimate(entry.score, decimals)}</td><td class="drawing">${scale.mark(entry.score, entry === chosen ? "main" : "other")}</td>${timed && html`<td class="n">${entry.fitSeconds === undefined ? "–" : duration(entry.fitSeconds)}</td>`}${clocked && html`<td class="n">${entry.rowMs === undefined ? "–" : `${number(entry.rowMs)} ms`}</td>`}${sized && html`<td class="n">${entry.sizeBytes === undefined ? "–" : bytes(entry.sizeBytes)}</td>`}</tr>`;
  return html`<p class="prose">${toHtml(boardReading(data, chosen))}</p>
<div class="scroll" role="region" tabindex="0" aria-label="Leaderboard"><table class="board">
<caption>${boardCaption(data)}</caption>
<thead><tr><th scope="col">Model</th><th scope="col" class="n">${titleWithUnit(data.metric.label, unit)}</th><th scope="col" class="scale"><span>${fixed(scale.low, decimals)}</span><span>${fixed(scale.high, decimals)}</span></th>${timed && html`<th scope="col" class="n">Fit</th>`}${clocked && html`<th scope="col" class="n">A row</th>`}${sized && html`<th scope="col" class="n">Size</th>`}</tr></thead>
<tbody>${entries.map(line)}</tbody></table></div>
${remark(data.leaderboard.length - entries.length, "model")}${nullTest(data)}`;
}

/** The first lines; the baseline and the chosen one always among them. */
function boardLines(board: readonly BoardEntry[]): BoardEntry[] {
  const shown = board.slice(0, linesShown);
  const late = board
    .slice(linesShown)
    .filter((entry) => entry.role === "baseline" || entry.role === "chosen");
  return [...shown.slice(0, linesShown - late.length), ...late];
}

function boardCaption(data: ReportData): string {
  const { folds, trainRows } = data.split;
  const how =
    folds === undefined
      ? "On rows held out of the training"
      : `By ${count(folds)}-fold cross-validation on the training`;
  return `${how} ${noun(data).many} (${count(trainRows)}), ${data.metric.higherIsBetter ? "higher" : "lower"} is better`;
}

function notes(data: ReportData, entry: BoardEntry, chosen: BoardEntry): string[] {
  const lines: string[] = [];
  if (entry === chosen) lines.push("chosen");
  if (entry.role === "baseline") lines.push("doing nothing");
  if (entry.weight !== undefined && entry.weight > 0)
    lines.push(`${percent(entry.weight)} of the chosen ensemble`);
  if (data.simpler?.name === entry.name && entry !== chosen) {
    lines.push(data.simpler.withinNoise ? "simple, and within the noise of the best" : "the best simple one");
  }
  if (entry.pareto === true && entry !== chosen && entry.role !== "baseline")
    lines.push("no other is as good, as fast and as small");
  if (entry.parameters !== undefined && entry.parameters !== "") lines.push(visible(entry.parameters, 120));
  return lines;
}

function boardReading(data: ReportData, chosen: BoardEntry): Sentence {
  const { low, high } = chosen.score;
  // Without intervals nobody can say who reaches into whose.
  if (low === undefined || high === undefined) return simplerSentence(data) ?? say``;
  const reaching = data.leaderboard.filter(
    (entry) =>
      entry !== chosen &&
      (entry.score.high ?? entry.score.value) >= low &&
      (entry.score.low ?? entry.score.value) <= high,
  );
  const nothing = reaching.some((entry) => entry.role === "baseline")
    ? say`Doing nothing reaches into it: on these rows the chosen model may be no better.`
    : undefined;
  const band = say`Lines are ${percent(data.intervalLevel)} intervals; the pale band is that of ${name(chosen.name)}.`;
  const others = reaching.filter((entry) => entry.role !== "baseline").map((entry) => entry.name);
  const close =
    others.length === 0
      ? say`No other model reaches into it${nothing === undefined ? ": the choice is clear" : ""}.`
      : say`${plural(others.length, "other model reaches", "other models reach")} into it (${names(others.slice(0, 4))}${others.length > 4 ? " and more" : ""}), so ${others.length === 1 ? "it" : "they"} may be as good.`;
  return join([band, close, nothing, simplerSentence(data)]);
}

function simplerSentence(data: ReportData): Sentence | undefined {
  const simpler = data.simpler;
  if (
    simpler === undefined ||
    simpler.name === data.chosen.name ||
    !simpler.withinNoise ||
    simpler.difference.value < 0
  ) {
    return undefined;
  }
  return say`The simpler ${name(simpler.name)} is behind by ${estimate(simpler.difference, estimateDecimals([simpler.difference, { value: simpler.score }]))} on the same ${noun(data).many}, which noise alone can do: take it if you want a model that can be explained in a line.`;
}

function nullTest(data: ReportData): Html | undefined {
  const test = data.shuffledTarget;
  if (test === undefined) return undefined;
  const near =
    (test.score.low ?? test.score.value) <= test.chance &&
    (test.score.high ?? test.score.value) >= test.chance;
  const best = data.leaderboard[0]?.score ?? test.score;
  const score = estimate(test.score, estimateDecimals([test.score, { value: best.value }]));
  const verdict = near
    ? say`so the figures above are not an artefact of how they were made`
    : say`which is not chance: something in the procedure gives the answer away, so distrust the figures above`;
  return html`<p class="${near ? "prose" : "callout"}">${toHtml(say`Check against self-deception: trained again on a shuffled target, it has ${data.metric.label} ${score} where chance has ${number(test.chance)}, ${verdict}.`)}</p>
`;
}

export function segmentsSection(data: ReportData): Html | undefined {
  const segments = data.segments ?? [];
  const worst = segments[0];
  if (worst === undefined) return undefined;
  const shown = segments.slice(0, segmentsShown);
  const overall: Estimate = data.test[0]?.score ?? { value: worst.score.value };
  const all = [...shown.map((segment) => segment.score), overall];
  const scale = intervalScale(all, overall);
  const decimals = estimateDecimals(all);
  const unit = data.metric.inTargetUnits ? data.target.unit : undefined;
  const clear = shown.filter(({ score }) =>
    data.metric.higherIsBetter
      ? (score.high ?? score.value) < (overall.low ?? overall.value)
      : (score.low ?? score.value) > (overall.high ?? overall.value),
  ).length;
  const reading = join([
    say`It is worst where ${name(worst.description)}: ${data.metric.label} ${estimate(worst.score, decimals)} on ${rowsOf(data, worst.rows)}, against ${fixed(overall.value, decimals)} overall (the pale band).`,
    clear === 0
      ? say`No part is worse than the whole by more than its interval.`
      : say`${count(clear)} of the ${plural(shown.length, "part")} below ${clear === 1 ? "is" : "are"} worse by more than chance explains.`,
  ]);
  const line = (segment: (typeof shown)[number]): Html =>
    html`<tr><th scope="row" class="wide">${nameHtml(segment.description)}</th><td class="n">${count(segment.rows)}</td><td class="n">${estimate(segment.score, decimals)}</td><td class="drawing">${scale.mark(segment.score, "other")}</td></tr>`;
  return html`<p class="prose">${toHtml(reading)}</p>
<div class="scroll" role="region" tabindex="0" aria-label="Worst parts"><table class="board">
<caption>Parts of the test ${noun(data).many}, worst first</caption>
<thead><tr><th scope="col">Where</th><th scope="col" class="n">Test ${noun(data).many}</th><th scope="col" class="n">${titleWithUnit(data.metric.label, unit)}</th><th scope="col" class="scale"><span>${fixed(scale.low, decimals)}</span><span>${fixed(scale.high, decimals)}</span></th></tr></thead>
<tbody>${shown.map(line)}<tr class="chosen"><th scope="row">All test ${noun(data).many}</th><td class="n">${count(data.split.testRows)}</td><td class="n">${estimate(overall, decimals)}</td><td class="drawing">${scale.mark(overall, "main")}</td></tr></tbody></table></div>
`;
}
