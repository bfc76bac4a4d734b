/**
 * A file that answers sequences, scored on other ones: labels or numbers of groups of rows, or forecasts of series on
 * windows side by side, as in the untouched part of a training.
 */
import { MillwrightError, nearest } from "../../core/index.ts";
import { readingOf } from "../../data/index.ts";
import type { Target } from "../../estimators/index.ts";
import { confusionMatrix, metric as metricByName, mostProbable } from "../../metrics/index.ts";
import type { Model } from "../../model/index.ts";
import type { Task } from "../../pipeline/index.ts";
import { type NumberColumnSchema, targetColumn } from "../../schema/index.ts";
import { classFigures } from "../media/class-figures.ts";
import {
  type EvaluateOptions,
  type Evaluation,
  inOrder,
  requireOwnOptions,
  requireTaskMetrics,
  undefinedNotes,
} from "../tabular/evaluate.ts";
import { judgeAnswers } from "../tabular/judge.ts";
import { answersMissing } from "../tabular/labelled.ts";
import { checkRequirements, requiredMetrics } from "../tabular/requirements.ts";
import { type FileSequences, readForFile } from "./file-sequences.ts";
import { windowOfEach } from "./forecast-problem.ts";
import { naiveForecasts } from "./forecasters.ts";
import { oneAnswerEach } from "./group-answers.ts";
import { coverageOf, type Ends } from "./intervals.ts";
import { runOver } from "./run-graph.ts";
import { errorsByHorizon, windowsToJudge } from "./windows.ts";

/** Sequences that are answered at a time. */
const blockRows = 256;
/** Times of single sequences for `p99Ms`. */
const timedRows = 200;

/** What is asked of the file, and what is true. */
interface Asked {
  /** As the file takes them, of any number of rows. */
  readonly inputs: readonly Float64Array[];
  readonly y: Target;
  /** Values of one window stand and fall together. */
  readonly groups?: Int32Array;
  /** What doing nothing answers: of each, or one row of it for all. */
  readonly nothing: Float64Array;
  readonly notes: readonly string[];
}

/**
 * @param source - A table with the file's columns of group, time and numbers, and the target.
 * @throws MillwrightError `TARGET_MISSING`, `SCHEMA_*`, `SOURCE_*`, `DATA_BAD_VALUE` for rows without a place in a
 *   sequence and answers that change within a group, `DATA_TOO_FEW_ROWS` for series without a window, `PARAMETER_*`.
 */
export async function evaluateSequences(
  { model, bytes }: { readonly model: Model; readonly bytes: number },
  source: readonly string[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { classes, task: said } = model.metadata;
  const { target } = said;
  const task: Task =
    classes === undefined ? { kind: "regression", target } : { kind: "classification", target, classes };
  requireOwnOptions(model, options);
  requireTaskMetrics(model.name, task, options);
  const { threads, seed } = options;
  const read = await readForFile(model, source, { ...readingOf(options), threads }, [target]).catch(
    (error: unknown) => {
      throw answersMissing(error, target);
    },
  );
  const { horizon } = read;
  const { inputs, y, groups, nothing, notes } =
    horizon === undefined ? askedOfGroups(model, read) : await askedOfSeries(model, read, horizon);
  const { values: answers, ends } = await answersTo(model, read.input.name, inputs, options);
  const wanted = (options.metrics ?? []).map(metricByName);
  const required = options.require ?? [];
  const { metrics, undefinedMetrics } = judgeAnswers(
    answers,
    { y, ...(groups && { groups }) },
    task,
    nothing,
    {
      // As in training.
      metric: wanted[0] ?? metricByName(classes === undefined ? "mae" : "accuracy"),
      also: [...wanted, ...requiredMetrics(required)],
      asked: wanted,
      seed,
    },
  );
  const single = (most: number) =>
    inputs.slice(0, most).map((values) => () => model.predictOne({ [read.input.name]: values }));
  const file = { bytes, metrics, undefinedMetrics, rowCount: inputs.length, single, timedRows };
  const coverage = ends && coverageOf(valuesOf(y), ends, horizon!);
  const confusion =
    y.kind === "classification"
      ? [...confusionMatrix(y.codes, mostProbable(answers, y.classCount), { classCount: y.classCount })]
      : undefined;
  return {
    name: model.name,
    rowCount: inputs.length,
    noun: horizon === undefined ? { one: "group", many: "groups" } : { one: "window", many: "windows" },
    metrics: inOrder(metrics, wanted),
    notes: [...read.findings.map(({ evidence }) => evidence), ...notes, ...undefinedNotes(undefinedMetrics)],
    ...(options.require && { requirements: await checkRequirements(required, file) }),
    ...(confusion && { classes: classFigures(classes!, confusion), confusion }),
    ...(horizon !== undefined && {
      byHorizon: {
        file: errorsByHorizon(valuesOf(y), answers, horizon),
        nothing: errorsByHorizon(valuesOf(y), nothing, horizon),
        ...(coverage && { held: coverage.byHorizon }),
      },
    }),
    ...(coverage && {
      intervals: { coverage: statedOf(model), held: coverage.value, width: coverage.width },
    }),
  };
}

/** Share of values that the file's intervals were made to hold. */
const statedOf = ({ metadata }: Model): number =>
  (targetColumn(metadata.schema) as NumberColumnSchema).coverage!;

const valuesOf = (y: Target): Float64Array => (y as Extract<Target, { kind: "regression" }>).values;

async function answersTo(
  model: Model,
  name: string,
  inputs: readonly Float64Array[],
  { onProgress }: EvaluateOptions,
): Promise<{ readonly values: Float64Array; readonly ends?: Ends }> {
  const { classes } = model.metadata;
  const [found, lows, highs]: [number[][], number[][], number[][]] = [[], [], []];
  for (let start = 0; start < inputs.length; start += blockRows) {
    const rows = inputs.slice(start, start + blockRows).map((values) => ({ [name]: values }));
    for (const { prediction, probabilities, low, high } of await model.predict(rows)) {
      if (low && high) {
        lows.push([...low]);
        highs.push([...high]);
      }
      found.push(
        classes === undefined
          ? [prediction as number | readonly number[]].flat()
          : classes.map((label) => probabilities![label]!),
      );
    }
    onProgress?.(found.length, inputs.length);
  }
  const [values, low, high] = [found, lows, highs].map((rows) => Float64Array.from(rows.flat()));
  return { values: values!, ...(lows.length > 0 && { ends: { low: low!, high: high! } }) };
}

/** Groups of rows, of which each has one answer. */
function askedOfGroups(model: Model, { frame, sequences, series, group }: FileSequences): Asked {
  const { task, classes } = model.metadata;
  const { target } = task;
  const fix = `Bring rows with one answer a group of "${group!.name}".`;
  const { known, without } = oneAnswerEach(frame, sequences, target, fix);
  if (known.length === 0) {
    throw new MillwrightError(
      "TARGET_MISSING",
      `The ${sequences.length} groups have no value in the target "${target}".`,
      "Bring groups with known answers.",
    );
  }
  const rowsOf = new Map(series.map(({ name, values }) => [name, values]));
  return {
    inputs: known.map(({ sequence }) => rowsOf.get(sequence.name)!),
    y:
      classes === undefined
        ? { kind: "regression", values: Float64Array.from(known, ({ text }) => Number(text)) }
        : { kind: "classification", classCount: classes.length, codes: codesOf(model, known, group!.name) },
    nothing: Float64Array.from(task.constant!),
    notes:
      without === 0
        ? []
        : [
            `${without} ${without === 1 ? "group has" : "groups have"} no value in "${target}" and no figure counts them`,
          ],
  };
}

/** @throws MillwrightError `SCHEMA_WRONG_KIND` for a label that the file does not know. */
function codesOf(
  { name, metadata }: Model,
  known: ReturnType<typeof oneAnswerEach>["known"],
  group: string,
): Int32Array {
  const classes = metadata.classes!;
  return Int32Array.from(known, ({ sequence, text }) => {
    const code = classes.indexOf(text);
    if (code >= 0) return code;
    const guess = nearest(text, classes);
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `The group "${sequence.name}" of "${group}" has the label ${JSON.stringify(text)} in "${metadata.task.target}", and ${name} knows ${classes.slice(0, 10).join(", ")}${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
      "Leave the group out, name its label as in training, or train again with it.",
    );
  });
}

/** Windows of series, side by side. */
async function askedOfSeries(model: Model, read: FileSequences, horizon: number): Promise<Asked> {
  const { steps, columns } = read.input;
  const size = { steps, columns: columns.length };
  const { x, y, origins, all, gaps } = windowsToJudge(read.series, { ...size, horizon });
  const width = steps * columns.length;
  const short = read.series.filter(({ times }) => times.length < steps + horizon).length;
  return {
    inputs: origins.map((_, i) => x.subarray(i * width, (i + 1) * width)),
    y: { kind: "regression", values: y },
    groups: windowOfEach(y.length, horizon),
    nothing: await naiveAnswers(x, model.metadata.task.season ?? 1, { ...size, horizon }),
    notes: [
      ...(short > 0
        ? [
            `${short} of ${read.series.length} series have fewer than ${steps + horizon} rows, which a window takes, and no figure counts them`,
          ]
        : []),
      ...(gaps > 0 ? [`at ${gaps} places no window stands, since a value to forecast is missing`] : []),
      ...(origins.length < all ? [`${origins.length} of ${all} windows, evenly spread, are judged`] : []),
    ],
  };
}

/** The same nodes as in training: the value one season before, or the last known one. */
async function naiveAnswers(
  x: Float64Array,
  season: number,
  size: { readonly steps: number; readonly columns: number; readonly horizon: number },
): Promise<Float64Array> {
  const candidates = naiveForecasts({
    ...size,
    period: season,
    calendar: [],
    stepMs: 0,
    figures: new Array(size.columns).fill({ mean: 0, deviation: 1 }),
  });
  const { answer } = await runOver(x, size, (given) => ({ answer: candidates.at(-1)!.emit(given) }));
  return answer;
}
