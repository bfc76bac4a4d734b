/** The next values of each series: time is cut for all series alike, and the last part is untouched. */
import { MillwrightError } from "../../core/index.ts";
import { leastErrors } from "../../evaluate/index.ts";
import { metric as metricByName } from "../../metrics/index.ts";
import type { ColumnSchema } from "../../schema/index.ts";
import { boostingForecast, naiveForecasts, networkForecast, ridgeForecast } from "./forecasters.ts";
import { calibrationSize, sequenceDefaults, type SequenceTaskOptions, validationSize } from "./options.ts";
import { findPeriod } from "./period.ts";
import type { Problem } from "./problem.ts";
import { columnNamed, type GridSeries, ontoGrid, type SequenceTable, stepOf } from "./read-sequences.ts";
import type { ForecastShape } from "./scale.ts";
import { fileColumns, figuresOf, inputColumn } from "./shared-columns.ts";
import type { TimeStep } from "./time-step.ts";
import {
  cutsOf,
  makeWindows,
  partTooSmall,
  requireEnough,
  type WindowParts,
  type WindowShape,
} from "./windows.ts";

export interface ForecastProblem extends Problem {
  readonly series: readonly GridSeries[];
  readonly windows: WindowParts;
  readonly shape: ForecastShape;
  readonly step: TimeStep;
  /** Share of new values that intervals are made to hold. */
  readonly coverage: number;
  /** Why there are none. */
  readonly noInterval: string | undefined;
}

const hour = 3_600_000;
const day = 24 * hour;
const year = 365.2425 * day;
const leastSteps = 8;
const mostSteps = 512;

/** @throws MillwrightError `DATA_*`, `PARAMETER_RANGE`. */
export function forecastProblem(table: SequenceTable, options: SequenceTaskOptions): ForecastProblem {
  const { target, testSize = sequenceDefaults.testSize, coverage = sequenceDefaults.coverage } = options;
  const horizon = options.horizon!;
  requireChange(table, options);
  const step = stepOf(table);
  const stepMs = step.unit === "months" ? (step.size * year) / 12 : step.size;
  const calendar = table.dates && step.even ? cyclesOf(step, stepMs) : [];
  const numbers = new Map(table.numbers);
  if (calendar.length > 0) numbers.set(options.timeColumn, timesOf(table));
  const series = ontoGrid(table.sequences, numbers, step).map((each) =>
    calendar.length > 0 ? withTimes(each, numbers.size) : each,
  );
  const columns = numbers.size;
  const size = (steps: number): WindowShape => ({ steps, horizon, columns });
  const divide = (calibration: number): { windows: WindowParts; period: number; steps: number } => {
    const cuts = cutsOf(series, columns, { test: testSize, validation: validationSize, calibration });
    const period =
      options.period ?? findPeriod(earlyValues(series, columns, cuts[0]), naturalPeriods(step, table.dates));
    const steps = options.steps ?? stepsFor(period, horizon);
    return { windows: makeWindows(series, size(steps), cuts), period, steps };
  };
  const wide = divide(calibrationSize);
  const noInterval = whyNoInterval(wide.windows, horizon, coverage);
  const { windows, period, steps } = noInterval === undefined ? wide : divide(0);
  requireEnough(windows, size(steps));
  const figures = figuresBefore(series, columns, windows.cuts[0]);
  const shape: ForecastShape = {
    steps,
    columns,
    horizon,
    period: period <= steps ? period : 1,
    calendar,
    stepMs,
    figures,
  };
  const column = columnNamed(table.frame.schema, target);
  const parts = { train: windows.train, validation: windows.validation, test: windows.test };
  return {
    reading: "forecast",
    series,
    windows,
    shape,
    step,
    coverage,
    noInterval,
    input: inputColumn(table.frame.schema, [...numbers.keys()], steps, "before"),
    columns: fileColumns(table, [target]),
    target: forecastTarget(column, horizon),
    task: { kind: "forecast", target, step: step.size, stepUnit: step.unit },
    figures,
    ...(calendar.length > 0 && { stepMs }),
    metric: metricByName("mae"),
    counts: {
      train: windows.train.origins.length,
      validation: windows.validation.origins.length,
      ...(noInterval === undefined && { calibration: windows.calibration.origins.length }),
      test: windows.test.origins.length,
    },
    withoutAnswer: windows.gaps,
    x: (name) => parts[name].x,
    truth: (name) => ({ kind: "regression", values: parts[name].y }),
    groups: (name) => windowOfEach(parts[name].y.length, horizon),
    baselines: naiveForecasts(shape),
    classical: async (context) => [
      await ridgeForecast(windows.train, shape, context),
      await boostingForecast(windows.train, windows.validation, shape, context),
    ],
    network: (body, context) => networkForecast(body, windows.train, windows.validation, shape, context),
    told: {
      horizon,
      period,
      step: step.size,
      stepUnit: step.unit,
      cuts: {
        validation: windows.cuts[0],
        ...(noInterval === undefined && { calibration: windows.cuts[1] }),
        test: windows.cuts[2],
      },
    },
  };
}

/** Why no interval is given: too few values are left to make it from, or without them too few to learn from. */
function whyNoInterval(parts: WindowParts, horizon: number, coverage: number): string | undefined {
  const small = partTooSmall(parts);
  if (small !== undefined) return "the series are too short to keep values back for it";
  const { y } = parts.calibration;
  const known = Array.from({ length: horizon }, () => 0);
  y.forEach((value, at) => (known[at % horizon]! += Number.isNaN(value) ? 0 : 1));
  const [fewest, needed] = [Math.min(...known), leastErrors(coverage)];
  if (fewest >= needed) return undefined;
  return `${fewest} values could be kept back for it, and a coverage of ${coverage} needs ${needed}`;
}

/** Rows that an answer is made from: a season and twice what is forecast, two seasons where they are short. */
export function stepsFor(period: number, horizon: number): number {
  const wanted = Math.max(leastSteps, period, 2 * horizon, Math.min(2 * period, 96));
  return Math.min(mostSteps, wanted);
}

/** Window of each of row-major values. */
export const windowOfEach = (count: number, horizon: number): Int32Array =>
  Int32Array.from({ length: count }, (_, at) => Math.floor(at / horizon));

function forecastTarget(column: ColumnSchema, horizon: number): ColumnSchema {
  return column.kind === "number"
    ? { ...column, role: "target", horizon }
    : { name: column.name, kind: "number", role: "target", dtype: "float64", horizon };
}

/** Whole steps of an hour, a day, a week and a year. */
function naturalPeriods(step: TimeStep, dates: boolean): number[] {
  if (!dates || !step.even) return [];
  if (step.unit === "months") return [12 / step.size].filter((steps) => steps > 1 && Number.isInteger(steps));
  return [hour, day, 7 * day, 365 * day]
    .map((cycle) => cycle / step.size)
    .filter((steps) => steps > 1 && Number.isInteger(steps));
}

/** Cycles of the calendar that are longer than a step and that steps move through. */
function cyclesOf({ unit }: TimeStep, stepMs: number): number[] {
  if (unit === "months") return stepMs < year ? [year] : [];
  return [day, 7 * day, year].filter((cycle) => stepMs < cycle / 1.5 && stepMs >= cycle / 2000);
}

function timesOf({ sequences, frame }: SequenceTable): Float64Array {
  const times = new Float64Array(frame.rowCount);
  for (const { rows, times: own } of sequences) rows.forEach((row, i) => (times[row] = own[i]!));
  return times;
}

/** Places without a row have a time all the same. */
function withTimes(series: GridSeries, columns: number): GridSeries {
  const values = series.values.slice();
  series.times.forEach((time, i) => (values[i * columns + columns - 1] = time));
  return { ...series, values };
}

/** The series before a time, where a period is looked for. */
const earlyValues = (series: readonly GridSeries[], columns: number, cut: number): Float64Array[] =>
  series.map(({ values, times }) =>
    Float64Array.from(Array.from(times, (_, i) => values[i * columns]!).filter((_, i) => times[i]! < cut)),
  );

function figuresBefore(
  series: readonly GridSeries[],
  columns: number,
  cut: number,
): ForecastShape["figures"] {
  return Array.from({ length: columns }, (_, c) =>
    figuresOf(
      Float64Array.from(
        series.flatMap(({ values, times }) =>
          Array.from(times, (time, i) => (time < cut ? values[i * columns + c]! : Number.NaN)),
        ),
      ),
    ),
  );
}

function requireChange({ numbers, sequences }: SequenceTable, { target, group }: SequenceTaskOptions): void {
  const values = numbers.get(target)!;
  const still = sequences.every(({ rows }) => {
    const known = Array.from(rows, (row) => values[row]!).filter((value) => !Number.isNaN(value));
    return known.every((value) => value === known[0]);
  });
  if (!still) return;
  throw new MillwrightError(
    "TARGET_CONSTANT",
    group === undefined
      ? `"${target}" never changes, so that there is nothing to forecast.`
      : `"${target}" never changes within a group of "${group}", so that there is nothing to forecast.`,
    group === undefined
      ? "Choose another target."
      : "Leave --horizon out to tell it from the whole sequence, or choose another target.",
  );
}

/** Mean absolute error of the value a season before, within the training part of each series; NaN where it is 0. */
export function seasonalScales({ series, windows, shape, told }: ForecastProblem): number[] {
  const season = Math.max(1, told.period ?? 1);
  return series.map(({ values, times }) => {
    let [sum, count] = [0, 0];
    for (let i = season; i < times.length && times[i]! < windows.cuts[0]; i++) {
      const error = Math.abs(values[i * shape.columns]! - values[(i - season) * shape.columns]!);
      if (Number.isNaN(error)) continue;
      sum += error;
      count++;
    }
    return count === 0 || sum === 0 ? Number.NaN : sum / count;
  });
}
