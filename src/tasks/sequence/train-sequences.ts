/**
 * Sequences of a table: read, split so that nothing leaks, race naive answers, classical families and networks on the
 * same rows, compose one file a candidate, choose on the validation part, and judge the chosen file on the untouched one.
 */
import { createRandom, type ProgressListener } from "../../core/index.ts";
import { readingFlags, withoutPassword } from "../../data/index.ts";
import { comparePaired, scoredRows } from "../../evaluate/index.ts";
import { confusionMatrix, mostProbable } from "../../metrics/index.ts";
import type { Target } from "../../estimators/index.ts";
import type { ComposedModel, Task } from "../../pipeline/index.ts";
import type { ReportData } from "../../report/index.ts";
import type { ColumnSchema } from "../../schema/index.ts";
import { commandLine } from "../command-line.ts";
import { stopSignal } from "../race/fit-network.ts";
import { askFile, cardMembers, threadNotes, writeJudged } from "../race/judged-file.ts";
import { boardOf, fileRecord, runSeconds, type Versus } from "../race/record.ts";
import { significantDigits, versusOf } from "../race/versus.ts";
import { dataRecord } from "../read-table.ts";
import { judgeAnswers } from "../tabular/judge.ts";
import { columnFlags, namesOf } from "../tabular/reproduce.ts";
import type { Candidate, RaceContext } from "./candidate.ts";
import { composeSequences, type SequenceModelParts } from "./compose.ts";
import { type ForecastProblem, forecastProblem, seasonalScales } from "./forecast-problem.ts";
import { calibrate, coverageOf, type Ends } from "./intervals.ts";
import { labelProblem } from "./label-problem.ts";
import { bodies, sequenceDefaults, type SequenceTaskOptions } from "./options.ts";
import type { PartName, Problem } from "./problem.ts";
import { readSequenceTable, type SequenceTable } from "./read-sequences.ts";
import { sequenceReport } from "./report-data.ts";
import type { SequenceRecord } from "./run-record.ts";
import { errorsByHorizon } from "./windows.ts";

export interface SequenceResult {
  /** The bytes of `model.onnx`. */
  readonly model: Uint8Array;
  readonly record: SequenceRecord;
  /** What `report/` draws. */
  readonly report: ReportData;
}

/** A candidate as a file, with its answers on the validation part. */
interface Entry {
  readonly candidate: Candidate;
  readonly parts: SequenceModelParts;
  readonly composed: ComposedModel;
  readonly score: number;
}

/** @throws MillwrightError for every mistake in options and data; see docs/errors.md. */
export async function trainSequences(options: SequenceTaskOptions): Promise<SequenceResult> {
  const startedMs = options.startedMs ?? performance.now();
  const progress = options.onProgress ?? (() => {});
  const deadlineMs = options.time === undefined ? undefined : startedMs + 1000 * options.time;
  progress({ stage: "read the table" });
  const table = await readSequenceTable(options);
  const problem =
    options.horizon === undefined ? labelProblem(table, options) : forecastProblem(table, options);
  const { metric } = problem;
  const context: RaceContext = {
    seed: options.seed,
    threads: options.threads,
    epochs: options.epochs ?? sequenceDefaults.epochs,
    onProgress: progress,
    ...(options.signal && { signal: options.signal }),
  };
  const skipped: { name: string; reason: string }[] = [];
  const candidates = [...problem.baselines, ...(await problem.classical(context))];
  for (const [i, body] of bodies.entries()) {
    const late = deadlineMs !== undefined && performance.now() > deadlineMs;
    if (late || options.signal?.aborted === true) {
      skipped.push({ name: body, reason: "no time left" });
      continue;
    }
    const signal = stopSignal(options.signal, evenShare(deadlineMs, bodies.length - i));
    const candidate = await problem.network(body, { ...context, ...(signal && { signal }) });
    if (candidate.training!.history.length === 0)
      skipped.push({ name: body, reason: "no time for one epoch" });
    else candidates.push(candidate);
  }

  progress({ stage: "compose the files" });
  const entries: Entry[] = [];
  for (const candidate of candidates) {
    // Naive answers come first: what is learnt is held against the best of them, and its file says which that is.
    const season = candidate.season ?? ranking(entries, metric)[0]?.candidate.season;
    const parts = partsOf(candidate, problem, table, options, season);
    const composed = await composeSequences(parts);
    const { values } = await answersOf(composed.write(), problem, "validation");
    const score = metric.score(scoredRows(problem.truth("validation"), values));
    entries.push({ candidate, parts, composed, score });
  }
  const ranked = ranking(entries, metric);
  const chosen = await withIntervals(ranked[0]!, problem, progress);
  const bestOf = (family: Candidate["family"]): Entry | undefined =>
    ranked.find(({ candidate }) => candidate.family === family);

  progress({ stage: "judge the file on untouched rows" });
  const told = await answersOf(chosen.composed.write(), problem, "test");
  const known = new Map<Entry, Float64Array>();
  const testOf = async (entry: Entry): Promise<Float64Array> => {
    if (entry.candidate === chosen.candidate) return told.values;
    const found = known.get(entry) ?? (await answersOf(entry.composed.write(), problem, "test")).values;
    known.set(entry, found);
    return found;
  };
  const naive = bestOf("baseline")!;
  const answers = told.values;
  const nothing = await testOf(naive);
  const { metrics } = judgeAnswers(answers, heldBack(problem), taskOf(problem), nothing, {
    metric,
    seed: options.seed,
  });
  const bytes = writeJudged(chosen.composed, problem.counts.test, metrics);
  const [network, classical] = [bestOf("network"), bestOf("classical")];
  const versus =
    network &&
    classical &&
    compare(problem, { network, classical }, [await testOf(network), await testOf(classical)], options.seed);
  const forecast = forecastOf(problem);
  const coverage =
    forecast && told.ends && coverageOf(forecast.windows.test.y, told.ends, forecast.shape.horizon);
  const { input } = problem;
  const record: SequenceRecord = {
    format: 1,
    software: options.software,
    seconds: runSeconds(startedMs),
    data: {
      ...dataRecord(options, table),
      sequences: table.sequences.length,
      trainRows: problem.counts.train,
      validationRows: problem.counts.validation,
      ...(problem.counts.calibration !== undefined && { calibrationRows: problem.counts.calibration }),
      testRows: problem.counts.test,
      withoutAnswer: problem.withoutAnswer,
    },
    task: {
      kind: problem.task.kind as SequenceRecord["task"]["kind"],
      target: options.target,
      ...problem.told,
    },
    input: { name: input.name, steps: input.steps, columns: input.columns, pad: input.pad },
    metric: { name: metric.name, title: metric.title, greaterIsBetter: metric.greaterIsBetter },
    networks: candidates.flatMap(({ name, training, parameterCount }) =>
      training === undefined
        ? []
        : [
            {
              name,
              parameterCount: parameterCount!,
              epochs: context.epochs,
              bestEpoch: training.bestEpoch ?? training.history.length,
              ended: training.reason,
              history: training.history,
            },
          ],
    ),
    leaderboard: boardOf(ranked.map(({ candidate, score }) => ({ ...candidate, score }))),
    chosen: chosen.candidate.name,
    ...(versus && { versus }),
    test: {
      rows: problem.counts.test,
      ...(forecast && { naive: naive.candidate.name }),
      metrics,
      ...(forecast && maseOf(forecast, answers, nothing)),
      ...(coverage && {
        intervals: { coverage: forecast!.coverage, held: coverage.value, width: coverage.width },
      }),
    },
    ...(forecast && {
      byHorizon: {
        ...byHorizonOf(forecast, answers, nothing),
        ...(coverage && { held: coverage.byHorizon }),
      },
    }),
    ...(problem.classes && { confusion: confusionOf(problem, answers) }),
    leftOut: table.leftOut,
    skipped,
    ...(forecast?.noInterval !== undefined && { noInterval: forecast.noInterval }),
    findings: table.findings,
    reproduce: commandOf(options, problem, context.epochs),
    model: fileRecord(bytes),
  };
  const report = sequenceReport({
    record,
    options,
    problem,
    title: chosen.candidate.title,
    answers,
    nothing,
    ...(told.ends && { ends: told.ends }),
  });
  return { model: bytes, record, report };
}

/** The end of an even share of the time that is left. */
function evenShare(deadlineMs: number | undefined, shares: number): number | undefined {
  if (deadlineMs === undefined) return undefined;
  const now = performance.now();
  // What comes after training takes a part of the time too.
  return now + (0.9 * (deadlineMs - now)) / shares;
}

const forecastOf = (problem: Problem): ForecastProblem | undefined =>
  problem.reading === "forecast" ? (problem as ForecastProblem) : undefined;

/** The file of a forecast answers with intervals, where rows could be kept back for them. */
async function withIntervals(entry: Entry, problem: Problem, progress: ProgressListener): Promise<Entry> {
  const forecast = forecastOf(problem);
  if (forecast === undefined || forecast.noInterval !== undefined) return entry;
  progress({ stage: "measure the intervals" });
  const { candidate, parts } = entry;
  const intervals = await calibrate(forecast, candidate);
  const target = { ...parts.target, coverage: intervals.coverage } as ColumnSchema;
  return { ...entry, composed: await composeSequences({ ...parts, target, intervals }) };
}

/** What a file answers: numbers, or probabilities, row-major; and of a forecast the ends of the intervals. */
async function answersOf(
  bytes: Uint8Array,
  problem: Problem,
  part: PartName,
): Promise<{ readonly values: Float64Array; readonly ends?: Ends }> {
  const { input, classes } = problem;
  const x = problem.x(part);
  const width = input.steps * input.columns.length;
  const rows = Array.from({ length: x.length / width }, (_, i) => ({
    [input.name]: x.subarray(i * width, (i + 1) * width),
  }));
  const answers = await askFile(bytes, (model) => model.predict(rows));
  const values = Float64Array.from(
    answers.flatMap(({ prediction, probabilities }) =>
      classes === undefined
        ? (prediction as number | readonly number[])
        : classes.map((label) => probabilities![label]!),
    ),
  );
  if (answers[0]?.low === undefined) return { values };
  const [low, high] = (["low", "high"] as const).map((end) =>
    Float64Array.from(answers.flatMap((answer) => answer[end]!)),
  );
  return { values, ends: { low: low!, high: high! } };
}

/** The best first. */
function ranking(entries: readonly Entry[], { greaterIsBetter }: Problem["metric"]): Entry[] {
  return [...entries].sort((a, b) => (greaterIsBetter ? b.score - a.score : a.score - b.score));
}

/** The untouched rows. */
function heldBack(problem: Problem): { readonly y: Target; readonly groups?: Int32Array } {
  const groups = problem.groups("test");
  return { y: problem.truth("test"), ...(groups && { groups }) };
}

function taskOf({ target: { name: target }, classes }: Problem): Task {
  return classes === undefined ? { kind: "regression", target } : { kind: "classification", target, classes };
}

function compare(
  problem: Problem,
  { network, classical }: { readonly network: Entry; readonly classical: Entry },
  [a, b]: readonly [Float64Array, Float64Array],
  seed: number,
): Versus {
  const { metric } = problem;
  const truth = problem.truth("test");
  const paired = comparePaired(metric, scoredRows(truth, b), scoredRows(truth, a), {
    seed,
    groups: problem.groups("test"),
  });
  const [one, other] = [network.candidate.name, classical.candidate.name];
  return versusOf(network.candidate, classical.candidate, paired, {
    ahead: (amount) => `${one} is ${amount} in ${metric.title} better than ${other}`,
    little: (amount) => `${one} is only ${amount} in ${metric.title} ahead of ${other}`,
    behind: (amount) => `${one} is ${amount} in ${metric.title} behind ${other}`,
    digits: significantDigits,
  });
}

function byHorizonOf(
  { windows: { test }, shape: { horizon } }: ForecastProblem,
  answers: Float64Array,
  nothing: Float64Array,
): NonNullable<SequenceRecord["byHorizon"]> {
  return {
    chosen: errorsByHorizon(test.y, answers, horizon),
    naive: errorsByHorizon(test.y, nothing, horizon),
  };
}

function maseOf(
  problem: ForecastProblem,
  answers: Float64Array,
  nothing: Float64Array,
): Pick<SequenceRecord["test"], "mase"> {
  const scales = seasonalScales(problem);
  const { y, origins } = problem.windows.test;
  const { horizon } = problem.shape;
  const scaled = (given: Float64Array): number => {
    let [sum, count] = [0, 0];
    origins.forEach(({ series }, i) => {
      if (Number.isNaN(scales[series]!)) return;
      for (let at = i * horizon; at < (i + 1) * horizon; at++) {
        sum += Math.abs(y[at]! - given[at]!) / scales[series]!;
        count++;
      }
    });
    return sum / count;
  };
  const [value, naive] = [scaled(answers), scaled(nothing)];
  return Number.isNaN(value) ? {} : { mase: { value, naive } };
}

function confusionOf(problem: Problem, answers: Float64Array): number[] {
  const classCount = problem.classes!.length;
  const { codes } = problem.truth("test") as Extract<Target, { kind: "classification" }>;
  return [...confusionMatrix(codes, mostProbable(answers, classCount), { classCount })];
}

function partsOf(
  candidate: Candidate,
  problem: Problem,
  table: SequenceTable,
  options: SequenceTaskOptions,
  season: number | undefined,
): SequenceModelParts {
  const { input, target } = problem;
  const { horizon, timeColumn, group } = options;
  const chosen = {
    task: "sequence",
    target: options.target,
    timeColumn,
    group,
    horizon,
    steps: input.steps,
    period: problem.told.period,
    epochs: options.epochs,
    testSize: options.testSize,
    coverage: options.coverage,
    columns: options.columns,
    drop: options.drop,
  };
  const what =
    horizon === undefined
      ? `"${target.name}" of each group of "${group}" from its latest ${input.steps} rows`
      : `the next ${horizon} values of "${target.name}"${group === undefined ? "" : ` of each "${group}"`} from the ${input.steps} rows before`;
  return {
    columns: problem.columns,
    input,
    target,
    task: { ...problem.task, ...(season !== undefined && { season }) },
    ...(problem.classes && { classes: problem.classes }),
    figures: problem.figures,
    ...(problem.stepMs !== undefined && { stepMs: problem.stepMs }),
    emit: (x) => candidate.emit(x),
    about: {
      card: {
        summary: `Tells ${what}.`,
        members: cardMembers(candidate),
        policy: {
          "missing number": "read as missing: the mean of the window or of the training takes its place",
          "shorter sequence": `filled up with missing rows ${input.pad} its own`,
          "longer sequence": `its latest ${input.steps} rows count`,
          "wrong kind": "an error that names the row, the column, what came and what was needed",
        },
        leftOut: table.leftOut,
        notes: [
          "Golden sequences are synthetic; no row of the training is in this file.",
          ...threadNotes(options.threads),
        ],
        software: options.software,
      },
      data: {
        rowCount: table.frame.rowCount,
        columnCount: table.frame.schema.columns.length,
        sha256: table.fingerprint,
      },
      recipe: {
        seed: options.seed,
        options: JSON.parse(JSON.stringify(chosen)),
        software: options.software,
      },
    },
    random: createRandom(options.seed).child("compose"),
  };
}

function commandOf(options: SequenceTaskOptions, problem: Problem, epochs: number): string {
  return commandLine("train", [
    ...options.source.map(withoutPassword),
    ...readingFlags(options),
    ["--task", "sequence"],
    ["--target", options.target],
    ["--time-column", options.timeColumn],
    ["--group", options.group],
    ["--horizon", options.horizon],
    ["--steps", problem.input.steps],
    ["--period", problem.told.period],
    ["--epochs", epochs],
    ["--test-size", options.testSize],
    ["--coverage", options.coverage],
    ...columnFlags(options.columns),
    ["--drop", namesOf(options.drop)],
    ["--id", options.id],
    ["--seed", options.seed],
    ["--threads", options.threads],
  ]);
}
