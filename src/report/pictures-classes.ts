/**
 * Whether a classifier's probabilities can be believed (calibration), and which classes
 * it takes for which: a table while it is readable, a picture of squares beyond.
 */
import type { Plot } from "./charts/plot.ts";
import { fitText } from "./charts/text-width.ts";
import { classRows, noun } from "./facts.ts";
import { type Figure, plotLabel, squareSize } from "./figure.ts";
import { count, number, ofHundred, percent, percentCell } from "./format.ts";
import { type Html, html } from "./html.ts";
import { shareAxis } from "./pictures-curves.ts";
import type { Calibration, Confusion, ReportData } from "./report-data.ts";
import { join, name, nameHtml, type Sentence, say } from "./text.ts";

export function calibrationFigure(data: ReportData): Figure | undefined {
  const calibration = data.calibration;
  const bins = calibration?.bins.filter((bin) => bin.rows > 0) ?? [];
  if (calibration === undefined || bins.length === 0) return undefined;
  const title = say`Can the probabilities be believed? (calibration)`;
  const reading = calibrationReading(data, calibration);
  const most = Math.max(...bins.map((bin) => bin.rows));
  const whiskers = bins.filter((bin) => bin.observed.low !== undefined && bin.observed.high !== undefined);
  return {
    id: "calibration",
    title,
    reading,
    size: "half",
    content: {
      id: "c-calibration",
      label: plotLabel(title, reading),
      ...squareSize,
      x: shareAxis("probability that the model gives"),
      y: shareAxis("share that came true"),
      marks: [
        {
          kind: "line",
          points: [
            [0, 0],
            [1, 1],
          ],
          colour: "faint",
          dash: [4, 4],
          width: 1,
        },
        {
          kind: "segments",
          from: whiskers.map((bin) => [bin.predicted, bin.observed.low!]),
          to: whiskers.map((bin) => [bin.predicted, bin.observed.high!]),
          colour: "blue",
        },
        {
          kind: "dots",
          points: bins.map((bin) => [bin.predicted, bin.observed.value]),
          colour: "blue",
          sizes: bins.map((bin) => 6 + 9 * Math.sqrt(bin.rows / most)),
        },
      ],
    },
  };
}

function calibrationReading(data: ReportData, { bins, error, label }: Calibration): Sentence {
  const weight = (bin: Calibration["bins"][number]): number => bin.rows * bin.predicted * (1 - bin.predicted);
  const typical = bins.reduce((a, b) => (weight(b) > weight(a) ? b : a));
  const off = bins.filter(
    ({ predicted, observed }) => (observed.low ?? -1) > predicted || (observed.high ?? 2) < predicted,
  ).length;
  const outside = bins.some((bin) => bin.observed.low !== undefined)
    ? off === 0
      ? ", and no group is off by more than chance explains"
      : `, and ${count(off)} of ${count(bins.length)} groups ${off === 1 ? "is" : "are"} off by more than chance explains`
    : "";
  const verdict =
    error <= 0.03
      ? "so they can be taken literally"
      : error <= 0.07
        ? "so take them as a rough guide"
        : "so use them to rank, not literally";
  const sizes = bins.map((bin) => bin.rows);
  const larger =
    Math.max(...sizes) > 1.5 * Math.min(...sizes) ? ` Larger dots hold more ${noun(data).many}.` : "";
  const event = label === undefined ? say`were right` : say`were ${name(label)}`;
  return say`Where the model says about ${percent(typical.predicted)} (${count(typical.rows)} ${noun(data).many}), ${percent(typical.observed.value)} ${event}. On average the probabilities are off by ${number(error * 100)} points${outside}, ${verdict}.${larger}`;
}

/** Largest number of classes whose matrix is a readable table. */
export const tableClasses = 8;

export function confusionFigure(data: ReportData): Figure | undefined {
  const confusion = data.confusion;
  if (confusion === undefined || confusion.labels.length === 0) return undefined;
  const title = say`Which it takes for which (confusion matrix)`;
  const reading = confusionReading(data, confusion);
  const small = confusion.labels.length <= tableClasses;
  return {
    id: "confusion",
    title,
    reading,
    size: confusion.labels.length <= 4 || !small ? "half" : "full",
    content: small ? confusionTable(confusion) : confusionPlot(confusion, plotLabel(title, reading)),
  };
}

function confusionReading(data: ReportData, confusion: Confusion): Sentence {
  const classes = classRows(confusion);
  const known = classes.filter((c) => c.rows > 0);
  const total = known.reduce((sum, c) => sum + c.rows, 0);
  const read = say`Each line is what the ${count(total)} test ${noun(data).many} really were, each column what the model said; the diagonal is right${confusion.labels.length > tableClasses ? "; columns stand in the order of the lines, darker is a larger share of the line" : ""}.`;
  const wrong = known.filter((c) => c.mistakenFor !== undefined);
  if (wrong.length === 0) return join([read, say`Nothing is off it.`]);
  const worst = wrong.reduce((a, b) => ((b.recall ?? 1) < (a.recall ?? 1) ? b : a));
  return join([
    read,
    say`Of 100 ${noun(data).many} that are ${name(worst.label)} it gets ${ofHundred(worst.recall ?? 0)} right, the least of all; it takes them mostly for ${name(worst.mistakenFor!.label)} (${count(worst.mistakenFor!.rows)} of ${count(worst.rows)}).`,
  ]);
}

function confusionTable(confusion: Confusion): Html {
  const n = confusion.labels.length;
  const classes = classRows(confusion);
  const body = confusion.labels.map((label, i) => {
    const rows = classes[i]!.rows;
    const cells = confusion.labels.map((_, j) => {
      const value = confusion.counts[i * n + j] ?? 0;
      const share = rows > 0 ? value / rows : 0;
      return html`<td class="heat h${Math.round(share * 10)}${i === j ? " right" : ""}">${count(value)}<small>${rows > 0 ? percentCell(share) : ""}</small></td>`;
    });
    return html`<tr><th scope="row">${nameHtml(label)}</th>${cells}</tr>`;
  });
  const head = confusion.labels.map((label) => html`<th scope="col">${nameHtml(label)}</th>`);
  return html`<div class="scroll" role="region" tabindex="0" aria-label="Confusion matrix"><table class="matrix">
<thead><tr><td></td><th scope="colgroup" colspan="${n}">the model says</th></tr>
<tr><th scope="col" class="corner">really</th>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function confusionPlot(confusion: Confusion, label: string): Plot {
  const n = confusion.labels.length;
  const classes = classRows(confusion);
  const from: (readonly [number, number])[] = [];
  const to: (readonly [number, number])[] = [];
  const opacities: number[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const value = confusion.counts[i * n + j] ?? 0;
      if (value <= 0) continue;
      from.push([j - 0.5, i - 0.5]);
      to.push([j + 0.5, i + 0.5]);
      opacities.push(Number((0.1 + 0.9 * Math.sqrt(value / classes[i]!.rows)).toFixed(2)));
    }
  }
  const every = Math.ceil(n / 40);
  const ticks = confusion.labels.flatMap((text, i) =>
    i % every === 0 ? [{ at: -i, label: fitText(text, 120, 8) }] : [],
  );
  return {
    id: "c-confusion",
    label,
    width: 440,
    height: 440,
    fontSize: Math.max(7.5, Math.min(12, 330 / n)),
    labelRoom: 110,
    x: { title: "", min: -0.5, max: n - 0.5, ticks: [], at: (v) => v },
    y: { title: "", min: -(n - 0.5), max: 0.5, ticks, at: (v) => -v },
    marks: [{ kind: "boxes", from, to, colour: "blue", opacities, gap: n > 25 ? 0.5 : 1 }],
  };
}

/** Classes listed before the rest is only counted. */
const classesShown = 60;

/** Recall and precision of every class, worst first; with the mistakes where no matrix shows them. */
export function classFigure(data: ReportData): Figure | undefined {
  const confusion = data.confusion;
  if (confusion === undefined || confusion.labels.length < 3) return undefined;
  const classes = classRows(confusion).sort((a, b) => (a.recall ?? 2) - (b.recall ?? 2));
  const known = classes.filter((c) => c.recall !== undefined);
  const [worst, best] = [known[0], known.at(-1)];
  if (worst === undefined || best === undefined) return undefined;
  const shown = classes.slice(0, classesShown);
  const mistakes = confusion.labels.length > tableClasses;
  const hidden = classes.length - shown.length;
  const row = (c: (typeof classes)[number]): Html =>
    html`<tr><th scope="row">${nameHtml(c.label)}</th><td class="n">${count(c.rows)}</td><td class="n">${percentCell(c.recall)}</td><td class="n">${percentCell(c.precision)}</td>${
      mistakes &&
      html`<td>${c.mistakenFor === undefined ? "–" : html`${nameHtml(c.mistakenFor.label)} <small>${count(c.mistakenFor.rows)} of ${count(c.rows)}</small>`}</td>`
    }</tr>`;
  return {
    id: "classes",
    title: say`Class by class`,
    reading: say`Best found is ${name(best.label)} (${percent(best.recall!)} of its ${count(best.rows)} ${noun(data).many}), least ${name(worst.label)} (${percent(worst.recall!)} of ${count(worst.rows)}). “Right” is the share of right answers when the model says the class.${hidden > 0 ? ` ${count(hidden)} more classes are not listed.` : ""}`,
    size: mistakes ? "full" : "half",
    content: html`<div class="scroll" role="region" tabindex="0" aria-label="Classes"><table>
<thead><tr><th scope="col">Class</th><th scope="col" class="n">Test ${noun(data).many}</th><th scope="col" class="n">Found</th><th scope="col" class="n">Right</th>${mistakes && html`<th scope="col">Most often taken for</th>`}</tr></thead>
<tbody>${shown.map(row)}</tbody></table></div>
`,
  };
}
