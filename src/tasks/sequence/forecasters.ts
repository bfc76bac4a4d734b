/**
 * What a forecast is raced with: naive answers, ridge and boosting on lags, and networks. All see the same scaled
 * windows, and all but the naive ones answer in the window's own scale.
 */
import { createRandom } from "../../core/index.ts";
import { boosting } from "../../estimators/trees/index.ts";
import type { Fitted } from "../../estimators/index.ts";
import { ridge } from "../../estimators/linear/index.ts";
import type { Matrix } from "../../features/index.ts";
import * as ops from "../../graph/index.ts";
import type { Value } from "../../graph/index.ts";
import * as nn from "../../nn/index.ts";
import { type Candidate, type RaceContext, secondsSince, stepListener } from "./candidate.ts";
import type { Body } from "./options.ts";
import { runOver } from "./run-graph.ts";
import {
  channelCount,
  channelsOf,
  type ForecastShape,
  repeat,
  type ScaledWindow,
  scaleWindow,
  seasonPlace,
  unscaled,
  wavesOf,
} from "./scale.ts";
import type { Windows } from "./windows.ts";

/** Steps at the end of a window that ridge and the bodies of networks read. */
const reach = 96;
const boostedLags = 12;
/** Rows that boosting learns: a window is as many rows as it has next values. */
const mostBoosted = 40_000;

/** Answers that nothing was learnt for. */
export function naiveForecasts(shape: ForecastShape): Candidate[] {
  const naive = (
    season: number,
    name: string,
    title: string,
    answer: (window: ScaledWindow) => Value,
  ): Candidate => ({
    name,
    family: "baseline",
    title,
    parameters: {},
    summary: {},
    seconds: 0,
    season,
    emit: (x) => {
      const window = scaleWindow(x, shape);
      return unscaled(answer(window), window);
    },
  });
  const { horizon, period } = shape;
  return [
    naive(1, "last value", "the last known value", ({ last }) => repeat(last, horizon)),
    ...(period > 1
      ? [
          naive(
            period,
            `value ${period} steps before`,
            `the value one season of ${period} steps before`,
            ({ seasonal }) => seasonal,
          ),
        ]
      : []),
  ];
}

/** Scaled answers of windows, row-major [windows, horizon]. */
interface ScaledTargets {
  readonly z: Float64Array;
  readonly extra: Float64Array;
  readonly y: Float64Array;
}

const sizeOf = ({ steps, columns }: ForecastShape) => ({ steps, columns });

/** Last values of other columns, and waves of the last step's place in each cycle. */
function extraOf({ others, phases, last }: ScaledWindow, { steps }: ForecastShape): Value {
  const now = (value: Value): Value => ops.squeeze(ops.slice(value, [steps - 1], [steps], [1]), [1]);
  return ops.concat(
    [
      last,
      ...(others === undefined ? [] : [now(others)]),
      ...(phases === undefined ? [] : wavesOf(now(phases))),
    ],
    1,
  );
}

async function scaledTargets(windows: Windows, shape: ForecastShape): Promise<ScaledTargets> {
  const found = await runOver(windows.x, sizeOf(shape), (x) => {
    const window = scaleWindow(x, shape);
    const { z, mean, deviation } = window;
    return { z, mean, deviation, extra: extraOf(window, shape) };
  });
  return { z: found.z, extra: found.extra, y: scaledBy(windows.y, found, shape.horizon) };
}

const scaledBy = (
  y: Float64Array,
  { mean, deviation }: { readonly mean: Float64Array; readonly deviation: Float64Array },
  horizon: number,
): Float64Array =>
  y.map((value, at) => {
    const row = Math.floor(at / horizon);
    return (value - mean[row]!) / deviation[row]!;
  });

/** Columns `from` of row-major values. */
function columnsOf(values: Float64Array, width: number, from: readonly number[]): Float64Array[] {
  const rowCount = values.length / width;
  return from.map((at) => Float64Array.from({ length: rowCount }, (_, row) => values[row * width + at]!));
}

function matrixOf(columns: readonly Float64Array[]): Matrix {
  const features = columns.map((_, j) => ({
    name: `figure ${j + 1}`,
    sources: ["sequence"],
    kind: "number" as const,
  }));
  return { rowCount: columns[0]!.length, features, columns };
}

/** Places of the window that ridge reads for the value `ahead` steps on: the latest, and those around a season before. */
function ridgePlaces(shape: ForecastShape, ahead: number): number[] {
  const { steps, period } = shape;
  const late = Array.from({ length: Math.min(steps, reach) }, (_, i) => steps - 1 - i);
  const season = seasonPlace(shape, ahead);
  const around = period > 1 ? [season - 1, season, season + 1] : [];
  return [...new Set([...late, ...around.filter((at) => at >= 0 && at < steps)])].sort((a, b) => a - b);
}

/** Ridge on lags, one for each next value. */
export async function ridgeForecast(
  train: Windows,
  shape: ForecastShape,
  context: RaceContext,
): Promise<Candidate> {
  const began = performance.now();
  const { z, extra, y } = await scaledTargets(train, shape);
  const { steps, horizon } = shape;
  const extraCount = (extra.length / z.length) * steps;
  const extras = columnsOf(
    extra,
    extraCount,
    Array.from({ length: extraCount }, (_, i) => i),
  );
  const random = createRandom(context.seed).child("ridge");
  const fitted: { readonly fitted: Fitted; readonly places: readonly number[] }[] = [];
  for (let k = 0; k < horizon; k++) {
    context.onProgress({ stage: "fit ridge on lags", done: k, total: horizon });
    const places = ridgePlaces(shape, k + 1);
    const x = matrixOf([...columnsOf(z, steps, places), ...extras]);
    const values = columnsOf(y, horizon, [k])[0]!;
    const one = await ridge().fit(
      { x, y: { kind: "regression", values } },
      { random, threads: context.threads },
    );
    fitted.push({ fitted: one, places });
  }
  return {
    name: "ridge on lags",
    family: "classical",
    title: `ridge on the last ${Math.min(steps, reach)} values and those around a season before, one for each of ${horizon} next values`,
    parameters: { family: "ridge", lags: Math.min(steps, reach) },
    summary: { models: horizon },
    seconds: secondsSince(began),
    emit: (x) => {
      const window = scaleWindow(x, shape);
      const also = extraOf(window, shape);
      const answers = fitted.map(({ fitted: one, places }) =>
        one.emit(ops.concat([ops.gather(window.z, [...places], 1), also], 1)),
      );
      return unscaled(answers.length === 1 ? answers[0]! : ops.concat(answers, 1), window);
    },
  };
}

/** A row for each next value of each window: float64 [batch × horizon, features]. */
function boostingRows(window: ScaledWindow, shape: ForecastShape): Value {
  const { steps, horizon, period, calendar, stepMs } = shape;
  const { z, last, others, phases, seasonal } = window;
  const now = (value: Value): Value => ops.squeeze(ops.slice(value, [steps - 1], [steps], [1]), [1]);
  const quarter = Math.max(1, Math.floor(steps / 4));
  const late = ops.reduceMean(ops.slice(z, [steps - quarter], [steps], [1]), { axes: [1], keepDims: true });
  const lags = ops.slice(z, [Math.max(0, steps - boostedLags)], [steps], [1]);
  const shared = [last, late, lags, ...(others === undefined ? [] : [now(others)])];
  const place = phases === undefined ? undefined : now(phases);
  const rows = Array.from({ length: horizon }, (_, k) => {
    const around = [-1, 0, 1].map((d) => seasonPlace(shape, k + 1) + d);
    const before = seasonPlace(shape, k + 1, 2);
    const places =
      period > 1
        ? [...around.map((at) => Math.min(steps - 1, Math.max(0, at))), ...(before >= 0 ? [before] : [])]
        : [];
    const moved =
      place === undefined
        ? []
        : [
            turned(
              ops.add(
                place,
                ops.constant({
                  dtype: "float64",
                  shape: [calendar.length],
                  data: Float64Array.from(calendar, (length) => ((k + 1) * stepMs) / length),
                }),
              ),
            ),
          ];
    const own = [
      ops.add(ops.mul(last, 0), k + 1),
      ops.slice(seasonal, [k], [k + 1], [1]),
      ...(places.length > 0 ? [ops.gather(z, places, 1)] : []),
      ...moved,
    ];
    return ops.unsqueeze(ops.concat([...own, ...shared], 1), [1]);
  });
  const all = rows.length === 1 ? rows[0]! : ops.concat(rows, 1);
  return ops.reshape(all, [-1, all.shape[2] as number]);
}

const turned = (phases: Value): Value => ops.sub(phases, ops.floor(phases));

/** One boosting for all next values; how far ahead a value is is one of its columns. */
export async function boostingForecast(
  train: Windows,
  validation: Windows,
  shape: ForecastShape,
  context: RaceContext,
): Promise<Candidate> {
  const began = performance.now();
  context.onProgress({ stage: "fit boosting on lags" });
  const most = Math.max(50, Math.floor(mostBoosted / shape.horizon));
  const [learn, watch] = [thinned(train, shape, most), thinned(validation, shape, Math.ceil(most / 4))];
  const rowsOf = async (windows: Windows) => {
    const found = await runOver(windows.x, sizeOf(shape), (x) => {
      const window = scaleWindow(x, shape);
      const rows = boostingRows(window, shape);
      const { mean, deviation } = window;
      return { mean, deviation, rows };
    });
    const values = scaledBy(windows.y, found, shape.horizon);
    const width = found.rows.length / values.length;
    const x = matrixOf(
      columnsOf(
        found.rows,
        width,
        Array.from({ length: width }, (_, i) => i),
      ),
    );
    return { x, y: { kind: "regression", values } as const };
  };
  const family = boosting({ learningRate: 0.08, rounds: 600 });
  const fitted = await family.fit(await rowsOf(learn), {
    random: createRandom(context.seed).child("boosting"),
    threads: context.threads,
    validation: await rowsOf(watch),
    ...(context.signal && { signal: context.signal }),
  });
  return {
    name: "boosting on lags",
    family: "classical",
    title: "boosting on lags, seasons and the calendar, one for all next values",
    parameters: { family: "boosting", settings: family.parameters },
    summary: fitted.summary,
    seconds: secondsSince(began),
    emit: (x) => {
      const window = scaleWindow(x, shape);
      const answers = fitted.emit(boostingRows(window, shape));
      return unscaled(ops.reshape(answers, [-1, shape.horizon]), window);
    },
  };
}

function thinned(windows: Windows, { steps, columns, horizon }: ForecastShape, count: number): Windows {
  const total = windows.origins.length;
  if (total <= count) return windows;
  const rows = Array.from({ length: count }, (_, i) => Math.floor((i * total) / count));
  const width = steps * columns;
  const x = new Float64Array(count * width);
  const y = new Float64Array(count * horizon);
  rows.forEach((row, i) => {
    x.set(windows.x.subarray(row * width, (row + 1) * width), i * width);
    y.set(windows.y.subarray(row * horizon, (row + 1) * horizon), i * horizon);
  });
  return { x, y, origins: rows.map((row) => windows.origins[row]!) };
}

/** A network over the last steps. */
export async function networkForecast(
  body: Body,
  train: Windows,
  validation: Windows,
  shape: ForecastShape,
  context: RaceContext,
): Promise<Candidate> {
  const began = performance.now();
  const { steps, horizon } = shape;
  const channels = channelCount(shape);
  const windowsOf = async (windows: Windows): Promise<nn.ForecastWindows> => {
    const found = await runOver(windows.x, sizeOf(shape), (x) => {
      const window = scaleWindow(x, shape);
      const { mean, deviation, seasonal: base } = window;
      return { mean, deviation, base, channels: ops.cast(channelsOf(window), "float64") };
    });
    return {
      x: Float32Array.from(found.channels),
      base: Float32Array.from(found.base),
      y: Float32Array.from(scaledBy(windows.y, found, horizon)),
    };
  };
  const { graph, training, parameterCount } = await nn.fitForecaster(await windowsOf(train), {
    body,
    steps,
    channels,
    horizon,
    reach,
    epochs: context.epochs,
    seed: context.seed,
    threads: context.threads,
    validation: await windowsOf(validation),
    ...(context.signal && { signal: context.signal }),
    onEvent: stepListener(body, context.epochs, context.onProgress),
  });
  return {
    name: body,
    family: "network",
    title: `${body.toUpperCase()} of ${parameterCount} parameters over the last ${Math.min(steps, reach)} steps, beside a linear map of all ${steps}`,
    parameters: { body, epochs: context.epochs },
    summary: { parameters: parameterCount, epoch: training.bestEpoch ?? training.history.length },
    seconds: secondsSince(began),
    training,
    parameterCount,
    emit: (x) => {
      const window = scaleWindow(x, shape);
      const feeds = { x: channelsOf(window), base: ops.cast(window.seasonal, "float32") };
      return unscaled(ops.cast(ops.inline(graph, feeds)["scores"]!, "float64"), window);
    },
  };
}
