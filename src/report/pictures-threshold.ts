/**
 * The operating point of a binary model: what each threshold finds, alarms and costs,
 * as a picture and as the table from which another one can be chosen.
 */
import { linearAxis, percentTick } from "./charts/axis.ts";
import type { Mark } from "./charts/plot.ts";
import { costsAt, noun, positiveLabel, ratesAt, rowsWithLabel, titleWithUnit, withUnit } from "./facts.ts";
import { type Figure, plotLabel, squareSize } from "./figure.ts";
import {
  count,
  decimalsFor,
  estimateDecimals,
  fixed,
  number,
  ofHundred,
  percent,
  percentCell,
} from "./format.ts";
import { type Html, html } from "./html.ts";
import type { Operating, ReportData, ThresholdPoint } from "./report-data.ts";
import { join, type Sentence, say } from "./text.ts";

export function thresholdFigure(data: ReportData): Figure | undefined {
  const operating = data.operating;
  if (operating === undefined || operating.points.length < 2) return undefined;
  return operating.costs === undefined
    ? ratesFigure(data, operating)
    : costFigure(data, operating, operating.costs);
}

function costFigure(data: ReportData, operating: Operating, costs: NonNullable<Operating["costs"]>): Figure {
  const title = say`Cost by threshold`;
  const { model, never, always } = costsAt(operating.at, costs);
  const line = operating.points.map((point) => [point.threshold, costsAt(point, costs).model] as const);
  const cheapest = line.reduce((a, b) => (b[1] < a[1] ? b : a));
  const decimals = estimateDecimals([{ value: never }, { value: model }, { value: cheapest[1] }]);
  const money = (value: number): string => withUnit(fixed(value, decimals), costs.unit);
  const reading = join([
    say`At ${number(operating.at.threshold)} (${operating.why}) the test ${noun(data).many} cost ${money(model)} each, against ${money(never)} if it never alarmed and ${money(always)} if it always did.`,
    cheapest[1] < model * 0.999
      ? say`The cheapest threshold on these rows in hindsight, ${number(cheapest[0])}, costs ${money(cheapest[1])}.`
      : say`No other threshold is cheaper on these rows.`,
  ]);
  const top = Math.max(...line.map((point) => point[1]));
  const marks: Mark[] = [
    { kind: "line", points: line, colour: "blue", width: 2.5 },
    { kind: "dots", points: [[operating.at.threshold, model]], colour: "orange", sizes: [11] },
    {
      kind: "words",
      at: [operating.at.threshold, model],
      text: `threshold ${number(operating.at.threshold)}`,
      colour: "orange",
      align: operating.at.threshold > 0.65 ? "right" : "left",
      dx: operating.at.threshold > 0.65 ? -6 : 6,
      dy: model > 0.12 * top ? 18 : -16,
    },
  ];
  return {
    id: "threshold",
    title,
    reading,
    size: "half",
    content: {
      id: "c-threshold",
      label: plotLabel(title, reading),
      ...squareSize,
      x: thresholdAxis(),
      y: linearAxis([0, top], { title: titleWithUnit(`cost a ${noun(data).one}`, costs.unit), grid: true }),
      marks,
    },
  };
}

function ratesFigure(data: ReportData, operating: Operating): Figure {
  const title = say`Found and right, by threshold`;
  const at = ratesAt(operating.at);
  const rated = operating.points.map((point) => ({ threshold: point.threshold, ...ratesAt(point) }));
  const recall = rated.flatMap((p) => (p.recall === undefined ? [] : [[p.threshold, p.recall] as const]));
  // precision of a handful of alarms is noise: the line ends where there are fewer than ten
  const precision = rated.flatMap((p) =>
    p.precision === undefined || p.alarms < 10 ? [] : [[p.threshold, p.precision] as const],
  );
  const reading = ratesReading(operating);
  const marks: Mark[] = [
    { kind: "line", points: recall, colour: "blue", width: 2.5 },
    { kind: "line", points: precision, colour: "green", width: 2.5, dash: [7, 3] },
    {
      kind: "line",
      points: [
        [operating.at.threshold, 0],
        [operating.at.threshold, 1],
      ],
      colour: "orange",
      dash: [2, 3],
      width: 1,
    },
  ];
  const dots = [at.recall, at.precision].flatMap((y) =>
    y === undefined ? [] : [[operating.at.threshold, y] as const],
  );
  marks.push({ kind: "dots", points: dots, colour: "orange", sizes: dots.map(() => 10) });
  return {
    id: "threshold",
    title,
    reading,
    size: "half",
    key: [
      { colour: "blue", text: say`found, of ${rowsWithLabel(data, positiveLabel(data))}` },
      { colour: "green", dashed: true, text: say`right, of the alarms` },
    ],
    content: {
      id: "c-threshold",
      label: plotLabel(title, reading),
      ...squareSize,
      x: thresholdAxis(),
      y: linearAxis([0, 1], { title: "", ticks: 4, label: percentTick, grid: true }),
      marks,
    },
  };
}

function ratesReading(operating: Operating): Sentence {
  const at = ratesAt(operating.at);
  const chosen = say`The threshold is ${number(operating.at.threshold)} (${operating.why})`;
  if (at.recall === undefined || at.precision === undefined) return say`${chosen}.`;
  return say`${chosen}: there the model finds ${percent(at.recall)}, and ${percent(at.precision)} of its alarms are right (the dots). Further right it alarms less: it finds fewer and is right more often.`;
}

function thresholdAxis(): ReturnType<typeof linearAxis> {
  return linearAxis([0, 1], { title: "threshold on the probability", ticks: 5 });
}

/** The chosen threshold among alternatives, from finding nearly all to finding a quarter. */
export function thresholdTable(data: ReportData): Figure | undefined {
  const operating = data.operating;
  if (operating === undefined || operating.points.length < 2) return undefined;
  const { costs, at: chosen } = operating;
  const points = [...alternatives(operating), chosen].sort((a, b) => a.threshold - b.threshold);
  const smallest = Math.min(...points.map((point) => point.threshold));
  const digits = Math.min(6, Math.max(2, decimalsFor([smallest], 2)));
  const cost = (point: ThresholdPoint): number => (costs === undefined ? 0 : costsAt(point, costs).model);
  const decimals = estimateDecimals(points.map((point) => ({ value: cost(point) })));

  const line = (point: ThresholdPoint): Html => {
    const rates = ratesAt(point);
    return html`<tr${point === chosen && html` class="chosen"`}><th scope="row" class="n">${fixed(point.threshold, digits)}</th><td class="n">${count(rates.alarms)}</td><td class="n">${count(point.falsePositives)}</td><td class="n">${count(point.falseNegatives)}</td><td class="n">${percentCell(rates.recall)}</td><td class="n">${costs === undefined ? percentCell(rates.precision) : fixed(cost(point), decimals)}</td></tr>`;
  };
  const last = costs === undefined ? "Right" : titleWithUnit(`Cost a ${noun(data).one}`, costs.unit);
  return {
    id: "thresholds",
    title: say`Other thresholds`,
    reading: alternativeReading(data, operating),
    size: "half",
    content: html`<div class="scroll" role="region" tabindex="0" aria-label="Thresholds"><table>
<thead><tr><th scope="col" class="n">Threshold</th><th scope="col" class="n">Alarms</th><th scope="col" class="n">False</th><th scope="col" class="n">Missed</th><th scope="col" class="n">Found</th><th scope="col" class="n wrap">${last}</th></tr></thead>
<tbody>${points.map(line)}</tbody></table></div>
`,
  };
}

function alternativeReading(data: ReportData, operating: Operating): Sentence {
  const at = ratesAt(operating.at);
  const many = noun(data).many;
  const counts = say`Counts are of the ${count(at.rows)} test ${many}; the shaded line is the chosen threshold.`;
  if (at.recall === undefined || at.precision === undefined) return counts;
  const aim = at.recall + Math.min(0.1, (1 - at.recall) / 2);
  const lower = operating.points.findLast((point) => (ratesAt(point).recall ?? 0) >= aim);
  const other = lower && ratesAt(lower);
  if (lower === undefined || other?.precision === undefined || other.recall === undefined) return counts;
  return join([
    counts,
    say`Lowering it to ${number(lower.threshold)} would find ${ofHundred(other.recall)} instead of ${ofHundred(at.recall)} of 100 ${rowsWithLabel(data, positiveLabel(data))}, and ${ofHundred(1 - other.precision)} instead of ${ofHundred(1 - at.precision)} of 100 alarms would be false.`,
  ]);
}

function alternatives(operating: Operating): ThresholdPoint[] {
  const picked = new Set<ThresholdPoint>();
  for (const wanted of [0.95, 0.9, 0.75, 0.5, 0.25]) {
    const point = operating.points.findLast((p) => (ratesAt(p).recall ?? 0) >= wanted);
    if (point !== undefined && point.threshold !== operating.at.threshold) picked.add(point);
  }
  return [...picked];
}
