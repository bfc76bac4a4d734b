/**
 * What every forecaster in a file sees of a window, as graph nodes: used in training and in the file alike.
 *
 * Each window is set to mean 0 and spread 1 of its own series, so that series of any level share one model; the answer
 * is set back. Gaps count as the mean. The time of day, week or year is told by sine and cosine.
 */
import * as ops from "../../graph/index.ts";
import type { Value } from "../../graph/index.ts";

export interface ForecastShape {
  readonly steps: number;
  /** Numbers of a row: the series first, the time in milliseconds last where `calendar` has a cycle. */
  readonly columns: number;
  readonly horizon: number;
  /** 1 where nothing repeats. */
  readonly period: number;
  /** Lengths of the cycles of the calendar that steps move through, in milliseconds. */
  readonly calendar: readonly number[];
  /** Milliseconds of a step, of a month its mean. */
  readonly stepMs: number;
  /** Mean and spread of each column in training. */
  readonly figures: readonly { readonly mean: number; readonly deviation: number }[];
}

export interface ScaledWindow {
  /** The series, float64 [batch, steps]; gaps are 0. */
  readonly z: Value;
  readonly mean: Value;
  readonly deviation: Value;
  /** Last known value, float64 [batch, 1]. */
  readonly last: Value;
  /** What came a season before each next value, else the last known value: float64 [batch, horizon]. */
  readonly seasonal: Value;
  /** Other columns, scaled: float64 [batch, steps, others]; undefined where there is none. */
  readonly others: Value | undefined;
  /** Place in each cycle of every step, 0 … 1: float64 [batch, steps, cycles]. */
  readonly phases: Value | undefined;
}

const tiny = 1e-9;

export function scaleWindow(x: Value, shape: ForecastShape): ScaledWindow {
  const { steps, columns, horizon, period, calendar, figures } = shape;
  const series = column(x, 0);
  const there = ops.not(ops.isNaN(series));
  const values = ops.where(there, series, ops.scalar("float64", 0));
  const counted = ops.cast(there, "float64");
  const count = ops.max(ops.reduceSum(counted, { axes: [1], keepDims: true }), 1);
  const mean = ops.div(ops.reduceSum(values, { axes: [1], keepDims: true }), count);
  const away = ops.mul(ops.sub(values, mean), counted);
  const variance = ops.div(ops.reduceSum(ops.mul(away, away), { axes: [1], keepDims: true }), count);
  // A window that stands still must not blow up what comes next.
  const floor = ops.add(ops.mul(ops.mul(mean, mean), 1e-4), (1e-2 * figures[0]!.deviation) ** 2 + tiny);
  const deviation = ops.sqrt(ops.add(variance, floor));
  const z = ops.div(away, deviation);
  const last = lastKnown(z, there, steps);
  const reach = Math.max(0, columns - 1 - (calendar.length > 0 ? 1 : 0));
  return {
    z,
    mean,
    deviation,
    last,
    seasonal: period > 1 && period <= steps ? seasonalOf(z, there, last, shape) : repeat(last, horizon),
    others: reach === 0 ? undefined : othersOf(x, reach, figures),
    phases: calendar.length === 0 ? undefined : phasesOf(column(x, columns - 1), calendar),
  };
}

/** Back into the unit of the series: [batch, horizon]. */
export const unscaled = (answer: Value, { mean, deviation }: ScaledWindow): Value =>
  ops.add(ops.mul(answer, deviation), mean);

/** Channels of a network: the series, other columns, sine and cosine of each cycle; float32 [batch, steps, channels]. */
export function channelsOf({ z, others, phases }: ScaledWindow): Value {
  const waves = phases === undefined ? [] : wavesOf(phases);
  const all = [ops.unsqueeze(z, [2]), ...(others === undefined ? [] : [others]), ...waves];
  return ops.cast(all.length === 1 ? all[0]! : ops.concat(all, 2), "float32");
}

export const channelCount = ({ columns, calendar }: ForecastShape): number =>
  columns - (calendar.length > 0 ? 1 : 0) + 2 * calendar.length;

/** Sine and cosine of places in cycles. */
export function wavesOf(phases: Value): readonly [Value, Value] {
  const angle = ops.mul(phases, 2 * Math.PI);
  return [ops.sin(angle), ops.cos(angle)];
}

/** [batch, 1] → [batch, count]. */
export const repeat = (value: Value, count: number): Value =>
  ops.concat(new Array<Value>(count).fill(value), 1);

/** Place in the window of what came `seasons` seasons before the value `ahead` steps on; below 0 where it is no more in it. */
export const seasonPlace = (
  { steps, period }: Pick<ForecastShape, "steps" | "period">,
  ahead: number,
  seasons = 1,
): number => steps - period + ((ahead - 1) % period) - (seasons - 1) * period;

function column(x: Value, at: number): Value {
  return ops.squeeze(ops.slice(x, [at], [at + 1], [2]), [2]);
}

function lastKnown(z: Value, there: Value, steps: number): Value {
  const places = ops.constant({
    dtype: "float64",
    shape: [1, steps],
    data: Float64Array.from({ length: steps }, (_, i) => i),
  });
  const known = ops.where(there, places, ops.scalar("float64", -1));
  const latest = ops.equal(known, ops.reduceMax(known, { axes: [1], keepDims: true }));
  const chosen = ops.and(latest, there);
  return ops.reduceSum(ops.where(chosen, z, ops.scalar("float64", 0)), { axes: [1], keepDims: true });
}

function seasonalOf(z: Value, there: Value, last: Value, shape: ForecastShape): Value {
  const { horizon, period, steps } = shape;
  let answer = repeat(last, horizon);
  const seasons = Math.floor(steps / period);
  // The nearest season that is known.
  for (let back = Math.min(seasons, 2); back >= 1; back--) {
    const index = Array.from({ length: horizon }, (_, k) => seasonPlace(shape, k + 1, back));
    answer = ops.where(ops.gather(there, index, 1), ops.gather(z, index, 1), answer);
  }
  return answer;
}

function othersOf(x: Value, count: number, figures: ForecastShape["figures"]): Value {
  const vector = (data: readonly number[]): Value =>
    ops.constant({ dtype: "float64", shape: [count], data: Float64Array.from(data) });
  const own = figures.slice(1, 1 + count);
  const raw = ops.slice(x, [1], [1 + count], [2]);
  const scaled = ops.mul(
    ops.sub(raw, vector(own.map(({ mean }) => mean))),
    vector(own.map(({ deviation }) => 1 / deviation)),
  );
  return ops.where(ops.isNaN(raw), ops.scalar("float64", 0), scaled);
}

function phasesOf(time: Value, calendar: readonly number[]): Value {
  const known = ops.where(ops.isNaN(time), ops.scalar("float64", 0), time);
  const phases = calendar.map((length) => {
    const turns = ops.div(known, length);
    return ops.unsqueeze(ops.sub(turns, ops.floor(turns)), [2]);
  });
  return phases.length === 1 ? phases[0]! : ops.concat(phases, 2);
}
