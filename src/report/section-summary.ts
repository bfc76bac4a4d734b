/**
 * The top of the report: title, the three lines for a manager, and one picture of
 * the first line: a hundred dots with the model and without it, or two bars of error.
 */
import { linearAxis, nameAxis } from "./charts/axis.ts";
import type { Mark, Plot } from "./charts/plot.ts";
import { accuracyOf, inUnit, noun, positiveLabel, ratesAt, rowsWithLabel } from "./facts.ts";
import { type Draw, type Figure, plotLabel, renderFigure } from "./figure.ts";
import { count, ofHundred } from "./format.ts";
import { headline } from "./headline.ts";
import { type Html, html } from "./html.ts";
import type { ReportData } from "./report-data.ts";
import { name, nameHtml, names, type Sentence, say, toHtml, visible } from "./text.ts";

export function summarySection(data: ReportData, draw: Draw): Html {
  const figure = summaryFigure(data);
  const facts = [
    `Trained on ${count(data.split.trainRows)} ${noun(data).many} and tested on ${count(data.split.testRows)} others`,
    ...(data.run.date === undefined ? [] : [visible(data.run.date, 40)]),
  ];
  return html`<header class="top">
<p class="eyebrow">Model report</p>
<h1>Predicting ${nameHtml(data.target.column)}</h1>
<p class="lead">From ${toHtml(names(data.data.sources))}. ${facts.join(", ")}.</p>
<div class="brief${figure === undefined ? " alone" : ""}">
<dl>${headline(data).map(
    (line) => html`<div><dt>${line.question}</dt><dd>${toHtml(line.answer)}</dd></div>`,
  )}</dl>
${figure && renderFigure(figure, draw)}</div>
</header>
`;
}

function summaryFigure(data: ReportData): Figure | undefined {
  if (data.task === "regression") return errorBars(data);
  if (data.task === "binary" && data.operating !== undefined) {
    const { recall, alarmRate } = ratesAt(data.operating.at);
    if (recall === undefined) return undefined;
    const many = noun(data).many;
    return waffle({
      title: say`Of 100 ${rowsWithLabel(data, positiveLabel(data))}`,
      reading: say`Each dot is one of 100 such ${many}; the filled ones are found. On the right as many ${many} are picked, but at random.`,
      model: { share: recall, text: `found: ${ofHundred(recall)}` },
      nothing: { share: alarmRate, text: `at random: ${ofHundred(alarmRate)}` },
    });
  }
  const right = data.confusion === undefined ? undefined : accuracyOf(data.confusion);
  if (right === undefined) return undefined;
  const majority = right.majority.rows / right.rows;
  return waffle({
    title: say`Of 100 ${noun(data).many}`,
    reading: say`Each dot is one of 100 ${noun(data).many}; the filled ones get the right label. On the right the answer is always ${name(right.majority.label)}.`,
    model: { share: right.accuracy, text: `right: ${ofHundred(right.accuracy)}` },
    nothing: { share: majority, text: `same answer: ${ofHundred(majority)}` },
  });
}

interface Waffle {
  readonly title: Sentence;
  readonly reading: Sentence;
  readonly model: { readonly share: number; readonly text: string };
  readonly nothing: { readonly share: number; readonly text: string };
}

const side = 168;
const gap = 44;
const head = 30;

function waffle({ title, reading, model, nothing }: Waffle): Figure {
  const width = 2 * side + gap;
  const height = side + head;
  const dots = (left: number, from: number, to: number): (readonly [number, number])[] => {
    const points: (readonly [number, number])[] = [];
    for (let i = from; i < to; i++) {
      points.push([left + ((i % 10) + 0.5) * (side / 10), side - (Math.floor(i / 10) + 0.5) * (side / 10)]);
    }
    return points;
  };
  const half = (left: number, part: Waffle["model"], colour: "blue" | "soft"): Mark[] => {
    const filled = Math.round(part.share * 100);
    return [
      { kind: "dots", points: dots(left, 0, filled), colour, sizes: new Array<number>(filled).fill(12) },
      {
        kind: "dots",
        points: dots(left, filled, 100),
        colour: "rule",
        sizes: new Array<number>(100 - filled).fill(11),
        hollow: true,
      },
      { kind: "words", at: [left + 2, side + head - 12], text: part.text, colour, bold: true },
    ];
  };
  const pixels = (max: number): Plot["x"] => ({ title: "", min: 0, max, ticks: [], at: (v) => v });
  return {
    id: "in-a-hundred",
    title,
    reading,
    size: "full",
    content: {
      id: "c-hundred",
      label: plotLabel(title, reading),
      width,
      height,
      fontSize: 15,
      bare: true,
      x: pixels(width),
      y: pixels(height),
      marks: [...half(0, model, "blue"), ...half(side + gap, nothing, "soft")],
    },
  };
}

function errorBars(data: ReportData): Figure | undefined {
  if (data.errors === undefined) return undefined;
  const { model, baseline } = data.errors;
  const title = say`Average error`;
  const reading = say`How far the predictions of ${name(data.target.column)} are off on average, on ${count(data.split.testRows)} ${noun(data).many} that the model never saw; shorter is better.`;
  const bars = [model.mean, baseline.mean];
  const x = linearAxis([0, ...bars.map((value) => value * 1.25)], { title: "" });
  return {
    id: "average-error",
    title,
    reading,
    size: "full",
    content: {
      id: "c-average-error",
      label: plotLabel(title, reading),
      width: 380,
      height: 130,
      fontSize: 14,
      x: { ...x, ticks: [], max: Math.max(...bars) * 1.45 },
      y: nameAxis(["the model", data.naive === undefined ? "same answer" : "naive forecast"]),
      marks: bars.flatMap((value, i): Mark[] => [
        { kind: "boxes", from: [[0, i - 0.3]], to: [[value, i + 0.3]], colour: i === 0 ? "blue" : "faint" },
        { kind: "words", at: [value, i], text: inUnit(data, value), colour: "ink", dx: 8, bold: i === 0 },
      ]),
    },
  };
}
