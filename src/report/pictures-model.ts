/**
 * Pictures of what the model learnt: the learning curve, and which columns it leans on
 * (permutation importance; source: Breiman 2001, Machine Learning 45:5, section 10).
 */
import { lastDoubling } from "./advice.ts";
import { linearAxis, logAxis, nameAxis } from "./charts/axis.ts";
import type { Mark } from "./charts/plot.ts";
import { titleWithUnit } from "./facts.ts";
import { type Figure, halfSize, plotLabel } from "./figure.ts";
import { count, estimate, estimateDecimals, fixed } from "./format.ts";
import type { Importance, ReportData } from "./report-data.ts";
import { join, name, type Sentence, say, visible } from "./text.ts";

export function learningFigure(data: ReportData): Figure | undefined {
  const points = (data.learningCurve ?? []).filter((p) => p.rows > 0);
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) return undefined;
  const { label, higherIsBetter } = data.metric;
  const title = say`Learning curve`;
  const trained = points.flatMap((p) => (p.train === undefined ? [] : [[p.rows, p.train] as const]));
  const banded = points.filter((p) => p.score.low !== undefined && p.score.high !== undefined);
  const scores = points.flatMap((p) => [
    p.score.value,
    p.score.low ?? p.score.value,
    p.score.high ?? p.score.value,
  ]);
  const decimals = estimateDecimals([first.score, last.score]);
  const doubling = lastDoubling(data);
  const verdict =
    doubling === undefined
      ? say``
      : doubling.rising
        ? say`The last step, from ${count(doubling.from.rows)} rows on, still gained ${fixed(doubling.gain, decimals)}: it has not levelled off.`
        : say`The last step, from ${count(doubling.from.rows)} rows on, changed it by ${fixed(Math.abs(doubling.gain), decimals)}, no more than the band is wide: it has levelled off.`;
  const gap =
    last.train === undefined
      ? undefined
      : say`On the rows it was trained on it has ${fixed(last.train, decimals)} (dashed); the gap of ${fixed(Math.abs(last.train - last.score.value), decimals)} is what it learnt by heart.`;
  const reading = join([
    say`From ${count(first.rows)} to ${count(last.rows)} training rows, ${label} ${higherIsBetter ? "rose" : "went"} from ${fixed(first.score.value, decimals)} to ${fixed(last.score.value, decimals)}.`,
    verdict,
    gap,
  ]);
  const marks: Mark[] = [
    {
      kind: "band",
      low: banded.map((p) => [p.rows, p.score.low!]),
      high: banded.map((p) => [p.rows, p.score.high!]),
      colour: "blue",
    },
    { kind: "line", points: trained, colour: "faint", dash: [5, 4], width: 1.5 },
    { kind: "line", points: points.map((p) => [p.rows, p.score.value]), colour: "blue", width: 2.5 },
    {
      kind: "dots",
      points: points.map((p) => [p.rows, p.score.value]),
      colour: "blue",
      sizes: points.map(() => 8),
    },
  ];
  return {
    id: "learning-curve",
    title,
    reading,
    size: "half",
    content: {
      id: "c-learning",
      label: plotLabel(title, reading),
      ...halfSize,
      x: logAxis(
        points.map((p) => p.rows),
        { title: "training rows, on a logarithmic scale" },
      ),
      y: linearAxis([...scores, ...trained.map((p) => p[1])], {
        title: metricTitle(data),
        ticks: 4,
        grid: true,
      }),
      marks: marks.filter((mark) => !("points" in mark) || mark.points.length > 0),
    },
  };
}

function metricTitle(data: ReportData): string {
  const { label, higherIsBetter, inTargetUnits } = data.metric;
  return `${titleWithUnit(label, inTargetUnits ? data.target.unit : undefined)}, ${higherIsBetter ? "higher" : "lower"} is better`;
}

/** Columns drawn in the importance picture. */
const importanceShown = 20;

export function importanceFigure(data: ReportData): Figure | undefined {
  const all = data.importance ?? [];
  const first = all[0];
  if (first === undefined) return undefined;
  const shown = all.slice(0, importanceShown);
  const title = say`What the model leans on (permutation importance)`;
  const reading = importanceReading(data, all, first, shown.length);
  const intervals = shown.flatMap((item, i) =>
    item.drop.low === undefined || item.drop.high === undefined
      ? []
      : [{ i, low: item.drop.low, high: item.drop.high }],
  );
  const { label, inTargetUnits } = data.metric;
  return {
    id: "importance",
    title,
    reading,
    size: "half",
    content: {
      id: "c-importance",
      label: plotLabel(title, reading),
      width: 440,
      height: 60 + 22 * Math.max(3, shown.length),
      x: linearAxis(
        [0, ...shown.map((item) => item.drop.value), ...intervals.flatMap(({ low, high }) => [low, high])],
        {
          title: titleWithUnit(
            `how much worse ${label} gets when shuffled`,
            inTargetUnits ? data.target.unit : undefined,
          ),
          ticks: 4,
          round: false,
          grid: true,
        },
      ),
      labelRoom: 190,
      y: nameAxis(shown.map((item) => visible(item.column, 60))),
      marks: [
        {
          kind: "boxes",
          from: shown.map((_, i) => [0, i - 0.32]),
          to: shown.map((item, i) => [item.drop.value, i + 0.32]),
          colour: "blue",
          opacities: shown.map((item) => (matters(item) ? 0.75 : 0.3)),
        },
        {
          kind: "segments",
          from: intervals.map(({ i, low }) => [low, i]),
          to: intervals.map(({ i, high }) => [high, i]),
          colour: "ink",
          width: 1.5,
        },
      ],
    },
  };
}

function matters(item: Importance): boolean {
  return (item.drop.low ?? item.drop.value) > 0;
}

function importanceReading(
  data: ReportData,
  all: readonly Importance[],
  first: Importance,
  shown: number,
): Sentence {
  const idle = all.filter((item) => !matters(item)).length;
  const of = Math.max(data.data.usedColumns, all.length);
  const hidden = of - shown;
  return join([
    say`Shuffling ${name(first.column)} makes ${data.metric.label} worse by ${estimate(first.drop)}, the most of ${count(of)} ${of === 1 ? "column" : "columns"}; the thin line is the interval.`,
    idle > 0
      ? say`${count(idle)} ${idle === 1 ? "column changes" : "columns change"} it by no more than chance (pale).`
      : undefined,
    hidden > 0
      ? say`${count(hidden)} less important ${hidden === 1 ? "column is" : "columns are"} not drawn.`
      : undefined,
    of > 1
      ? say`Columns that tell the same share their importance, so a short bar is no proof that a column is useless.`
      : undefined,
  ]);
}
