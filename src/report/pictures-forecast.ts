/** A forecast beside what came, for some windows, and how the error grows with how far ahead a value is. */
import { type Axis, linearAxis } from "./charts/axis.ts";
import type { Mark } from "./charts/plot.ts";
import { inUnit, titleWithUnit } from "./facts.ts";
import { type Figure, halfSize, plotLabel } from "./figure.ts";
import { count, percent } from "./format.ts";
import type { ForecastPictures, ReportData } from "./report-data.ts";
import { type Sentence, say, visible } from "./text.ts";

/** Figures of a forecast; none where there was none. */
export function forecastFigures(data: ReportData): readonly Figure[] {
  const { forecasts } = data;
  if (forecasts === undefined) return [];
  return [
    ...(forecasts.errors.chosen.length > 1 ? [horizonFigure(data, forecasts)] : []),
    ...(forecasts.intervals ? [intervalFigure(data, forecasts, forecasts.intervals)] : []),
    ...forecasts.windows.map((_, i) => windowFigure(data, forecasts, i)),
  ];
}

type Points = (readonly [number, number])[];

const ahead = (values: readonly number[]): Points => values.map((value, i) => [i + 1, value]);

function horizonFigure(data: ReportData, { errors, naive, step }: ForecastPictures): Figure {
  const { chosen, naive: nothing } = errors;
  const last = chosen.length - 1;
  const title = say`Error by how far ahead`;
  const better = chosen.filter((value, k) => value < nothing[k]!).length;
  const reading = say`The first value is off by ${inUnit(data, chosen[0]!)} on average, the last, ${count(chosen.length)} steps ahead, by ${inUnit(data, chosen[last]!)}. The naive forecast (${visible(naive, 60)}) is off by ${inUnit(data, nothing[0]!)} and ${inUnit(data, nothing[last]!)}; the model is nearer at ${count(better)} of ${count(chosen.length)} steps.`;
  return {
    id: "by-horizon",
    title,
    reading,
    size: "half",
    key: [
      { colour: "blue", text: say`model` },
      { colour: "faint", dashed: true, text: say`${visible(naive, 60)}` },
    ],
    content: {
      id: "c-horizon",
      label: plotLabel(title, reading),
      ...halfSize,
      x: wholeAxis(chosen.length, step),
      y: linearAxis([0, ...chosen, ...nothing], {
        title: titleWithUnit("mean absolute error", data.target.unit),
        ticks: 4,
        grid: true,
      }),
      marks: [
        { kind: "line", points: ahead(nothing), colour: "faint", dash: [4, 4], width: 1.5 },
        { kind: "line", points: ahead(chosen), colour: "blue" },
      ],
    },
  };
}

function intervalFigure(
  data: ReportData,
  { step }: ForecastPictures,
  { coverage, held, width, byHorizon }: NonNullable<ForecastPictures["intervals"]>,
): Figure {
  const steps = byHorizon.length;
  const least = byHorizon.indexOf(Math.min(...byHorizon));
  const title = say`What the intervals hold`;
  const reading = say`The intervals were made to hold ${percent(coverage)} of new values. They hold ${percent(held)} of the untouched ones${steps > 1 ? say`, least often (${percent(byHorizon[least]!)}) ${count(least + 1)} ${least === 0 ? "step" : "steps"} ahead` : say``}, and are ${inUnit(data, width)} wide on average.`;
  const stated: Points = [
    [1, coverage],
    [Math.max(2, steps), coverage],
  ];
  return {
    id: "intervals",
    title,
    reading,
    size: "half",
    key: [
      { colour: "blue", text: say`held` },
      { colour: "faint", dashed: true, text: say`made to hold` },
    ],
    content: {
      id: "c-intervals",
      label: plotLabel(title, reading),
      ...halfSize,
      x: wholeAxis(Math.max(2, steps), step),
      y: linearAxis([0, 1], { title: "share of the values", ticks: 4, grid: true }),
      marks: [
        { kind: "line", points: stated, colour: "faint", dash: [4, 4], width: 1.5 },
        steps === 1
          ? { kind: "dots", points: ahead(byHorizon), colour: "blue" }
          : { kind: "line", points: ahead(byHorizon), colour: "blue" },
      ],
    },
  };
}

function wholeAxis(steps: number, step: string): Axis {
  return linearAxis([1, steps], {
    title: `steps ahead (one is a ${visible(step, 30)})`,
    ticks: 5,
    round: false,
    label: (at) => (Number.isInteger(at) ? count(at) : ""),
  });
}

function windowFigure(data: ReportData, pictures: ForecastPictures, i: number): Figure {
  const { naive, dates } = pictures;
  const { name, times, known, actual, forecast, naive: nothing, low = [], high = [] } = pictures.windows[i]!;
  const start = known.length;
  const of = (values: readonly (number | null)[], from: number): Points =>
    values.flatMap((value, k) => (value === null ? [] : [[from + k, value] as const]));
  const past = of(known, 0);
  const last = past.at(-1);
  const error = meanError(actual, forecast);
  const other = meanError(actual, nothing);
  const when = dates ? dayOf(times[start]!) : String(times[start]!);
  const title: Sentence = name === "" ? say`From ${when}` : say`${visible(name, 40)}, from ${when}`;
  const reading = say`Off by ${inUnit(data, error)} on average over these ${count(actual.length)} steps; the naive forecast by ${inUnit(data, other)}${error < other ? say`, ${percent(1 - error / other)} more saved` : say``}.`;
  const all = [...past.map(([, value]) => value), ...actual, ...forecast, ...nothing, ...low, ...high];
  const y = linearAxis(all, {
    title: titleWithUnit(visible(data.target.column, 40), data.target.unit),
    ticks: 4,
    grid: true,
  });
  const joined = (values: readonly number[]): Points => [
    ...(last !== undefined && last[0] === start - 1 ? [last] : []),
    ...of(values, start),
  ];
  const marks: Mark[] = [
    {
      kind: "line",
      points: [
        [start - 0.5, y.min],
        [start - 0.5, y.max],
      ],
      colour: "rule",
      width: 1,
    },
    ...bandOf(of(low, start), of(high, start)),
    { kind: "line", points: joined(nothing), colour: "faint", dash: [4, 4], width: 1.5 },
    { kind: "line", points: past, colour: "soft", width: 1.5 },
    { kind: "line", points: joined(actual), colour: "soft", width: 1.5 },
    { kind: "line", points: joined(forecast), colour: "blue", width: 2.2 },
  ];
  // One value is a point, and no line is seen.
  if (actual.length === 1) marks.push({ kind: "dots", points: of(forecast, start), colour: "blue" });
  return {
    id: `forecast-${i + 1}`,
    title,
    reading,
    size: "half",
    key: [
      { colour: "soft", text: say`what came` },
      { colour: "blue", text: low.length > 0 ? say`forecast, and its interval` : say`forecast` },
      { colour: "faint", dashed: true, text: say`${visible(naive, 60)}` },
    ],
    content: {
      id: `c-forecast-${i + 1}`,
      label: plotLabel(title, reading),
      ...halfSize,
      x: timeAxis(times, start, dates),
      y,
      marks,
    },
  };
}

/** Between the ends of intervals; of one value a line between them. */
function bandOf(low: Points, high: Points): Mark[] {
  if (low.length === 0) return [];
  if (low.length === 1) return [{ kind: "segments", from: low, to: high, colour: "blue" }];
  return [{ kind: "band", low, high, colour: "blue" }];
}

const meanError = (actual: readonly number[], given: readonly number[]): number =>
  actual.reduce((sum, value, k) => sum + Math.abs(value - given[k]!), 0) / actual.length;

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** Three places named by their time. */
function timeAxis(times: readonly number[], start: number, dates: boolean): Axis {
  const last = times.length - 1;
  const text = (at: number): string => {
    const time = times[at]!;
    if (!dates) return String(Number(time.toPrecision(8)));
    const whole = times.every((each) => each % 86_400_000 === 0);
    const iso = new Date(time).toISOString();
    return whole ? iso.slice(0, 10) : `${iso.slice(5, 10)} ${iso.slice(11, 16)}`;
  };
  const near = start > 0.25 * last && start < 0.75 * last;
  return {
    title: "",
    min: 0,
    max: Math.max(1, last),
    ticks: [0, ...(near ? [start] : []), last].map((at) => ({ at, label: text(at) })),
    at: (value) => value,
  };
}
