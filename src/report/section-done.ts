/** What was done, in plain words, and what the figures cannot tell. */
import { noun, positiveLabel, rowsOf } from "./facts.ts";
import { amount, bytes, count, duration, list, percent, plural, sentenceCase } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { ReportData } from "./report-data.ts";
import { join, name, names, type Sentence, say, toHtml, visible } from "./text.ts";

/** What was done, in three sentences. */
export function whatWasDone(data: ReportData): Sentence {
  const { split, run } = data;
  const tried =
    run.configurations === undefined
      ? say`${plural(data.families.length, "family", "families")} of models`
      : say`${plural(run.configurations, "configuration")} of ${plural(data.families.length, "family", "families")} of models`;
  const how =
    split.folds === undefined ? "on rows held out of them" : `by ${count(split.folds)}-fold cross-validation`;
  return join([
    readSentence(data),
    splitSentence(data),
    say`On the other ${count(split.trainRows)} it compared ${tried} ${how} and chose ${name(data.chosen.name)}: ${visible(data.chosen.description, 300)}.`,
    say`The ${count(split.testRows)} test ${noun(data).many} were looked at once, at the end, by running the very file that was saved.`,
  ]);
}

function readSentence(data: ReportData): Sentence {
  const read = say`Millwright read ${rowsOf(data, data.data.rows)}`;
  const from = names(data.data.sources);
  // A picture or a sound is all that there is to a row.
  return data.noun !== undefined && data.data.columns === 1
    ? say`${read} from ${from} to predict ${name(data.target.column)}.`
    : say`${read} with ${plural(data.data.columns, "column")} from ${from} and used ${plural(data.data.usedColumns, "column")} to predict ${name(data.target.column)}.`;
}

function splitSentence(data: ReportData): Sentence {
  const { split } = data;
  const kept = `${rowsOf(data, split.testRows)} (${percent(split.testRows / Math.max(1, split.testRows + split.trainRows))})`;
  const by = split.by === undefined ? say`that column` : say`${name(split.by)}`;
  switch (split.kind) {
    case "time":
      return say`The latest ${kept} by ${by} were set aside for the test, so it predicts forward in time.`;
    case "grouped":
      return say`${kept} were set aside for the test, so that no value of ${by} is on both sides.`;
    case "stratified":
      return say`${kept}, drawn at random with equal shares of every label, were set aside for the test.`;
    case "file":
      return say`The test ${noun(data).many} came from a file of their own${split.by === undefined ? say`` : say`, ${by}`}: ${kept}.`;
    case "random":
      return say`${kept}, drawn at random, were set aside for the test.`;
  }
}

/** What the figures cannot tell: the general limits that apply here, then the caller's. */
export function limitations(data: ReportData): Sentence[] {
  const { split } = data;
  const { many } = noun(data);
  const limits: Sentence[] = [];
  if (split.kind === "random" || split.kind === "stratified") {
    limits.push(
      say`Training and test ${many} were drawn from the same ${data.noun === undefined ? "table" : "source"}: the scores hold for ${many} like these, from the same time and source, not for next year's or another place's.`,
    );
  } else if (split.kind === "time") {
    limits.push(say`One stretch of time was tested; another may be easier or harder.`);
  }
  const rarest = rarestClass(data);
  if (split.testRows < 500 || (rarest !== undefined && rarest.rows < 50)) {
    const few =
      rarest === undefined || rarest.rows >= 50
        ? say`The test has only ${rowsOf(data, split.testRows)}`
        : say`The test has only ${rowsOf(data, rarest.rows)} of ${name(rarest.label)}`;
    limits.push(
      rarest?.rows === 0
        ? say`The test has no ${noun(data).one} of ${name(rarest.label)}: nothing here judges how it is told apart.`
        : say`${few}: read every score with its interval.`,
    );
  }
  limits.push(
    say`Intervals (${percent(data.intervalLevel)}) cover the luck of which ${many} were drawn, not errors in ${data.noun === undefined ? "the table itself" : `the ${many} themselves`}.`,
  );
  if (data.leaderboard.length > 2) {
    limits.push(
      say`The leaderboard's best was picked among ${count(data.leaderboard.length)}, so its score there is slightly flattering; the test scores are not.`,
    );
  }
  const keptLeaks = data.findings.filter((f) => f.kind === "leak" && f.action?.startsWith("kept"));
  if (keptLeaks.length > 0) {
    limits.push(
      say`${plural(keptLeaks.length, "column")} that may give the answer away (${names(keptLeaks.slice(0, 5).map((f) => f.column ?? ""))}) ${keptLeaks.length === 1 ? "was" : "were"} kept on request: the scores may be too good.`,
    );
  }
  if (data.run.stoppedEarly) limits.push(say`The search was stopped early, and the best so far was kept.`);
  return [...limits, ...(data.limitations ?? []).map((text) => say`${visible(text, 600)}`)];
}

function rarestClass(data: ReportData): { label: string; rows: number } | undefined {
  if (data.confusion === undefined) return undefined;
  const n = data.confusion.labels.length;
  const rows = data.confusion.labels.map((label, i) => ({
    label,
    rows: data.confusion!.counts.slice(i * n, (i + 1) * n).reduce((sum, value) => sum + value, 0),
  }));
  return rows.reduce<{ label: string; rows: number } | undefined>(
    (a, b) => (a === undefined || b.rows < a.rows ? b : a),
    undefined,
  );
}

/** Labels named in the list of facts. */
const labelsShown = 6;

function targetFact(data: ReportData): Sentence {
  const classes = data.target.classes ?? [];
  if (classes.length === 0) return say`${name(data.target.column)}, a number`;
  const total = Math.max(
    1,
    classes.reduce((sum, c) => sum + c.rows, 0),
  );
  const shown = [...classes].sort((a, b) => b.rows - a.rows).slice(0, labelsShown);
  const labels = join(
    shown.map((c) => say`${name(c.label)} ${percent(c.rows / total)}`),
    ", ",
  );
  const more = classes.length > shown.length ? say`, ${count(classes.length - shown.length)} more` : say``;
  const positive = data.task === "binary" ? say`; ${name(positiveLabel(data))} counts as positive` : say``;
  return say`${name(data.target.column)}: ${labels}${more}${positive}`;
}

export function doneSection(data: ReportData): Html {
  const { run, split, chosen } = data;
  const facts: (readonly [string, Sentence] | undefined)[] = [
    ["Target", targetFact(data)],
    [
      "Rows",
      say`${count(split.trainRows)} for training${split.folds === undefined ? "" : `, in ${count(split.folds)} folds`}; ${count(split.testRows)} for the test`,
    ],
    ["Columns", say`${count(data.data.usedColumns)} used of ${count(data.data.columns)}`],
    data.target.classWeights === undefined
      ? undefined
      : [
          "Class weights",
          say`${join(
            data.target.classWeights
              .slice(0, labelsShown)
              .map((c) => say`${name(c.label)} ${amount(c.weight)}`),
            ", ",
          )} in training; all figures here are of the rows as they are`,
        ],
    ["Families tried", say`${list(data.families.map((family) => visible(family, 40)))}`],
    data.ownSteps === undefined
      ? undefined
      : [
          "Own steps",
          say`${join(
            data.ownSteps.map(({ kind, columns }) => say`${name(kind)} on ${names(columns)}`),
            "; ",
          )}`,
        ],
    [
      "Chosen",
      say`${name(chosen.name)}${chosen.sizeBytes === undefined ? "" : `, a file of ${bytes(chosen.sizeBytes)}`}`,
    ],
    run.durationSeconds === undefined
      ? undefined
      : [
          "Time",
          say`${duration(run.durationSeconds)}${run.timeLimitSeconds === undefined ? "" : ` of ${duration(run.timeLimitSeconds)} allowed`}${run.fits === undefined ? "" : `, ${plural(run.fits, "model")} fitted`}`,
        ],
    ["Seed", say`${String(run.seed)}`],
  ];
  const steps = data.data.preparation ?? [];
  return html`<p class="prose">${toHtml(whatWasDone(data))}</p>
<dl class="facts">${facts.map((fact) => fact && html`<div><dt>${fact[0]}</dt><dd>${toHtml(fact[1])}</dd></div>`)}</dl>
${
  steps.length > 0 &&
  html`<h3>Preparation</h3>
<ul class="prose">${steps.slice(0, 30).map((step) => html`<li>${sentenceCase(visible(step, 300))}.</li>`)}</ul>
`
}<h3>What this cannot tell</h3>
<ul class="prose">${limitations(data).map((limit) => html`<li>${toHtml(limit)}</li>`)}</ul>
`;
}
