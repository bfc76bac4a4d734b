/** Fills the report's data of a training on sequences from a finished run. */
import { basename } from "node:path";
import { withoutPassword } from "../../data/index.ts";
import type { ReportData } from "../../report/index.ts";
import { chosenFamily, raceReport, simplerModel, trainingCurve } from "../race/report.ts";
import { reportFindings } from "../report-findings.ts";
import { errorPictures } from "../tabular/pictures.ts";
import type { ForecastProblem } from "./forecast-problem.ts";
import type { SequenceTaskOptions } from "./options.ts";
import type { Ends } from "./intervals.ts";
import type { Problem } from "./problem.ts";
import type { SequenceRecord } from "./run-record.ts";
import { later, stepInWords } from "./time-step.ts";

interface ReportParts {
  readonly record: SequenceRecord;
  readonly options: SequenceTaskOptions;
  readonly problem: Problem;
  /** What is shipped, in words. */
  readonly title: string;
  /** Of the file on the test part, and of doing nothing. */
  readonly answers: Float64Array;
  readonly nothing: Float64Array;
  readonly ends?: Ends;
}

export function sequenceReport(parts: ReportParts): ReportData {
  const { record, options, problem, title, answers, nothing, ends } = parts;
  const { data, task, input, test, leaderboard, versus, networks } = record;
  const forecast = problem.reading === "forecast" ? (problem as ForecastProblem) : undefined;
  const network =
    networks.find(({ name }) => name === record.chosen) ??
    networks.find(({ name }) => name === versus?.network);
  // A window is as many rows of the report as it has next values.
  const each = task.horizon ?? 1;
  const truth = problem.truth("test");
  const numbers = truth.kind === "regression" ? errorsOf(truth.values, answers, nothing) : undefined;
  const { seed, time } = options;
  return {
    ...raceReport(record, { title, seed, time, networks, skipped: record.skipped, hashed: "table" }),
    task: problem.classes === undefined ? "regression" : "multiclass",
    target: { column: task.target, ...(task.classes && { classes: task.classes }) },
    noun: forecast
      ? { one: "forecast value", many: "forecast values" }
      : { one: "sequence", many: "sequences" },
    data: {
      sources: data.source.map((source) => basename(withoutPassword(source))),
      rows: each * (data.trainRows + data.validationRows + data.testRows),
      columns: data.columns,
      usedColumns: input.columns.length,
      preparation: preparationOf(record, forecast),
    },
    split: {
      kind: forecast ? "time" : "grouped",
      by: forecast ? options.timeColumn : options.group!,
      trainRows: each * (data.trainRows + data.validationRows),
      testRows: each * data.testRows,
    },
    families: [...new Set(leaderboard.map(({ name }) => name))],
    ...(test.naive !== undefined && { naive: test.naive }),
    findings: reportFindings(record.findings),
    ...(chosenFamily(record) === "classical" && {
      simpler: {
        name: record.chosen,
        score: leaderboard[0]!.score,
        difference: { value: 0 },
        withinNoise: true,
      },
    }),
    ...(versus && record.chosen === versus.network && { simpler: simplerModel(record, versus) }),
    ...(network && {
      training: {
        ...trainingCurve(network, each * data.validationRows),
        network: network.name,
        changed: false,
      },
    }),
    ...(numbers && { errors: numbers }),
    ...(record.confusion && {
      confusion: { labels: task.classes!.map(({ label }) => label), counts: record.confusion },
    }),
    ...(forecast && { forecasts: forecastsOf(forecast, record, { answers, nothing, ends }) }),
    limitations: [
      ...(versus ? [versus.sentence] : []),
      `The board's scores are of ${data.validationRows} ${forecast ? "windows" : "sequences"} that also chose the epoch; what was tested was kept out of that.`,
      ...(forecast
        ? [
            "What will be like the past is forecast; what has never been there, such as a new holiday or a broken sensor, is not.",
          ]
        : []),
    ],
  };
}

function preparationOf(record: SequenceRecord, forecast?: ForecastProblem): string[] {
  const { input, task, leftOut } = record;
  const left =
    leftOut.length > 0
      ? [`left out: ${leftOut.map(({ column }) => column).join(", ")}, which are no numbers`]
      : [];
  if (forecast === undefined)
    return [
      `each sequence is read as ${input.steps} rows at most, its latest, of ${input.columns.join(", ")}`,
      "missing numbers are filled with the mean and all are scaled inside the file",
      ...left,
    ];
  const step = stepInWords(forecast.step);
  return [
    `each forecast of ${task.horizon} values is made from the ${input.steps} rows before, one row a ${step}`,
    task.period! > 1 ? `the season that was found or given: ${task.period} steps` : "no season was found",
    "each window is scaled by its own mean and spread inside the file",
    record.noInterval === undefined
      ? `intervals are made from ${record.data.calibrationRows} windows behind those that learnt and chose, before the untouched ones`
      : `no intervals: ${record.noInterval}`,
    ...left,
  ];
}

function errorsOf(
  y: Float64Array,
  answers: Float64Array,
  nothing: Float64Array,
): NonNullable<ReportData["errors"]> {
  return { ...errorPictures(y, answers, 0), baseline: errorPictures(y, nothing, 0).model };
}

/** Series that are drawn. */
const shown = 4;
/** Steps that are drawn before the first forecast one. */
const mostBefore = 96;

function forecastsOf(
  { windows, shape, series, step }: ForecastProblem,
  record: SequenceRecord,
  { answers, nothing, ends }: Pick<ReportParts, "answers" | "nothing"> & { readonly ends: Ends | undefined },
): NonNullable<ReportData["forecasts"]> {
  const { origins, y } = windows.test;
  const { horizon, columns, steps } = shape;
  const before = Math.min(steps, mostBefore, Math.max(2 * horizon, 24));
  // Evenly over the test windows, which stand series by series.
  const rows = Array.from({ length: Math.min(shown, origins.length) }, (_, i) =>
    Math.floor(((i + 0.5) * origins.length) / Math.min(shown, origins.length)),
  );
  const part = (values: Float64Array, row: number): number[] => [
    ...values.subarray(row * horizon, (row + 1) * horizon),
  ];
  return {
    naive: record.test.naive!,
    step: stepInWords(step),
    dates: step.unit !== "number",
    errors: record.byHorizon!,
    ...(record.test.intervals && {
      intervals: { ...record.test.intervals, byHorizon: record.byHorizon!.held! },
    }),
    windows: rows.map((row) => {
      const { series: s, place } = origins[row]!;
      const { name, times, values } = series[s]!;
      const known = Array.from({ length: before }, (_, i) => place - before + 1 + i);
      return {
        name,
        times: [
          ...known.map((at) => times[at]!),
          ...Array.from(
            { length: horizon },
            (_, k) => times[place + 1 + k] ?? later(times[place]!, k + 1, step),
          ),
        ],
        known: known.map((at) => {
          const value = values[at * columns]!;
          return Number.isNaN(value) ? null : value;
        }),
        actual: part(y, row),
        forecast: part(answers, row),
        naive: part(nothing, row),
        ...(ends && { low: part(ends.low, row), high: part(ends.high, row) }),
      };
    }),
  };
}
