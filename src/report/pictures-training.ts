/** How a network learnt: loss and metric epoch by epoch, and the epoch that was kept. */
import { linearAxis, percentTick } from "./charts/axis.ts";
import type { Mark } from "./charts/plot.ts";
import { noun } from "./facts.ts";
import { type Figure, halfSize, plotLabel } from "./figure.ts";
import { count, fixed, percent } from "./format.ts";
import type { ReportData, TrainingCurve } from "./report-data.ts";
import { name, type Sentence, say } from "./text.ts";

type Points = (readonly [number, number])[];

/** Figures of a training; none where there was no network or a single epoch. */
export function trainingFigures(data: ReportData): readonly Figure[] {
  const { training } = data;
  if (training === undefined || training.epochs.length < 2) return [];
  const { epochs } = training;
  const values = epochs.flatMap(({ validationMetric }) =>
    validationMetric === undefined ? [] : [validationMetric],
  );
  return [
    lossFigure(data, training),
    ...(values.length === epochs.length ? [metricFigure(data, training, values)] : []),
  ];
}

const pointsOf = (values: readonly number[]): Points => values.map((value, i) => [i + 1, value]);

const epochAxis = (training: TrainingCurve) =>
  linearAxis([1, training.epochs.length], {
    title: "epoch",
    ticks: 5,
    round: false,
    // No epoch lies between two.
    label: (at) => (Number.isInteger(at) ? count(at) : ""),
  });

/** A dashed line at the epoch whose weights were kept. */
function kept(training: TrainingCurve, low: number, high: number): Mark {
  const { bestEpoch } = training;
  return {
    kind: "line",
    points: [
      [bestEpoch, low],
      [bestEpoch, high],
    ],
    colour: "faint",
    dash: [4, 4],
    width: 1,
  };
}

function lossFigure(data: ReportData, training: TrainingCurve): Figure {
  const { epochs, bestEpoch } = training;
  const own = epochs.map(({ loss }) => loss);
  const held = epochs.map(({ validationLoss }) => validationLoss);
  const all = [...own, ...held];
  const y = linearAxis(all, { title: "loss", ticks: 4, grid: true });
  const title = say`Loss, epoch by epoch`;
  return {
    id: "loss",
    title,
    reading: lossReading(data, training),
    size: "half",
    key: [
      { colour: "blue", text: say`while learning` },
      { colour: "orange", text: say`${count(training.validationRows)} validation ${noun(data).many}` },
      { colour: "faint", dashed: true, text: say`kept: epoch ${count(bestEpoch)}` },
    ],
    content: {
      id: "c-loss",
      label: plotLabel(title, lossReading(data, training)),
      ...halfSize,
      x: epochAxis(training),
      y,
      marks: [
        kept(training, y.min, y.max),
        { kind: "line", points: pointsOf(own), colour: "blue" },
        { kind: "line", points: pointsOf(held), colour: "orange" },
      ],
    },
  };
}

function lossReading(data: ReportData, training: TrainingCurve): Sentence {
  const { epochs, bestEpoch, network, changed = true } = training;
  const least = epochs.reduce(
    (best, { validationLoss }, i) => (validationLoss < epochs[best]!.validationLoss ? i : best),
    0,
  );
  const last = epochs.at(-1)!;
  const rise = last.validationLoss - epochs[least]!.validationLoss;
  const verdict =
    rise > 0.1 * epochs[least]!.validationLoss
      ? `After epoch ${count(least + 1)} the loss of the validation ${noun(data).many} rises again while that of learning falls: it begins to learn by heart`
      : least + 1 >= epochs.length - Math.ceil(epochs.length / 10)
        ? `It was still falling in the end: more epochs may bring more`
        : `It had settled in the end: more epochs would bring little`;
  const which = network === undefined ? say`` : say`The network is ${name(network)}. `;
  const own = changed ? `changed ${noun(data).many}` : `the ${noun(data).many} that it learns from`;
  return say`${which}The line of learning is of ${own}, with parts of the network left out, so it may lie above the other. ${verdict}. The weights are those of epoch ${count(bestEpoch)}.`;
}

function metricFigure(data: ReportData, training: TrainingCurve, values: readonly number[]): Figure {
  const { bestEpoch } = training;
  const best = values[bestEpoch - 1]!;
  const title = say`${data.metric.label}, epoch by epoch`;
  const reading = say`On the ${count(training.validationRows)} validation ${noun(data).many}: ${fixed(values[0]!, 3)} after the first epoch, ${fixed(best, 3)} after epoch ${count(bestEpoch)}, the best, whose weights were kept. These ${noun(data).many} chose the epoch, so ${percent(best)} is slightly flattering; the test ${noun(data).many} are not.`;
  const y = linearAxis(values, { title: data.metric.label, ticks: 4, label: percentTick, grid: true });
  return {
    id: "epochs",
    title,
    reading,
    size: "half",
    content: {
      id: "c-epochs",
      label: plotLabel(title, reading),
      ...halfSize,
      x: epochAxis(training),
      y,
      marks: [
        kept(training, y.min, y.max),
        { kind: "line", points: pointsOf(values), colour: "orange" },
        { kind: "dots", points: [[bestEpoch, best]], colour: "orange" },
      ],
    },
  };
}
