/**
 * The main job on a table: read, look, leave out what gives the answer away,
 * split, race the families, compose one file, judge that file on rows that
 * nothing has looked at, and say what it means.
 */
import { availableParallelism } from "node:os";
import { MillwrightError } from "../../core/index.ts";
import { withoutPassword } from "../../data/index.ts";
import type { Target } from "../../estimators/index.ts";
import { scoredRows } from "../../evaluate/index.ts";
import {
  defaultMetric,
  type Metric,
  metric as metricByName,
  metricTable,
  misfit,
} from "../../metrics/index.ts";
import { isOrdered } from "../../pipeline/index.ts";
import type { ReportData } from "../../report/index.ts";
import { featureColumns, type Frame, type Schema } from "../../schema/index.ts";
import {
  type Candidate,
  foldsOf,
  judgedAt,
  type JudgedRows,
  portfolio,
  type RaceData,
  type RaceOptions,
  runRace,
} from "../../select/index.ts";
import { auditTable } from "./audit.ts";
import { type Explanation, explainModel } from "./explain.ts";
import { answersOf, type Judgement, judgeAnswers, type MetricFigure } from "./judge.ts";
import { answerContenders, type Challenge, challenge } from "./contender/challenge.ts";
import {
  constantAnswer,
  judgedRows,
  judgedSchema,
  type LabelledFrame,
  readLabelled,
  takeLabelled,
} from "./labelled.ts";
import type { TrainOptions, TrainRequest } from "./options.ts";
import { type OwnParts, ownPartsOf, ownRaceData, withoutOwnSteps } from "./own.ts";
import { type PreparedTable, prepareTable } from "./prepare.ts";
import { processesWithin } from "./processes.ts";
import { raceSeconds } from "./race-seconds.ts";
import { recordedCandidates } from "./recorded.ts";
import { reportData } from "./report-data.ts";
import { recordOf, type RunRecord } from "./run-record.ts";
import {
  checkRequirements,
  requiredMetrics,
  requiredOfFrame,
  requireFitting,
  type RequirementResult,
} from "./requirements.ts";
import {
  requireCarriable,
  requireClasses,
  requireFamilies,
  requireJudgeable,
  requireOptions,
  requireOtherRows,
  requireTaskOptions,
} from "./require.ts";
import { ship, shipsFolds } from "./ship.ts";
import { type RunSplits, sharedFindings, splitRows } from "./splits.ts";
import { classWeightsOf, weighClasses } from "./class-weights.ts";
import { verdictOf } from "./verdict.ts";

export interface TrainResult {
  /** The bytes of `model.onnx`. */
  readonly model: Uint8Array;
  readonly record: RunRecord;
  /** What `report/` draws. */
  readonly report: ReportData;
}

/** Work units spent unless told: about a minute on two cores. */
const defaultBudget = 100;

/**
 * Trains on a table.
 *
 * @throws MillwrightError for every mistake in options and data; see docs/errors.md.
 */
export async function trainTable(request: TrainRequest): Promise<TrainResult> {
  const given = { seed: 0, threads: availableParallelism(), software: "millwright", ...request };
  const startedMs = given.startedMs ?? performance.now();
  const secondsLeft = (): number => (given.time ?? Infinity) - (performance.now() - startedMs) / 1000;
  const progress = given.onProgress ?? (() => {});
  requireOptions(given);

  progress({ stage: "read the table" });
  const table = await prepareTable(given);
  const options = { ...given, threads: processesWithin(given, table) };
  const { task } = table;
  requireTaskOptions(options, task);
  requireClasses(task, table.y);
  requireFitting(options.require ?? [], task);
  const own = await ownPartsOf(options, task.kind, table.frame.schema);
  const recorded = options.recipe && recordedCandidates(options.recipe, own);
  const metric = metricOf(options.metric, table.y);
  const candidates = recorded ?? racers(options, own, table, metric);
  requireFamilies(options.families, table.y, featureColumns(table.frame.schema));
  const splits = splitRows(table.frame, table.y, {
    testSize: options.testSource === undefined ? (options.testSize ?? 0.2) : 0,
    ...(options.folds !== undefined && { folds: options.folds }),
    seed: options.seed,
  });
  requireCarriable(options.families, Math.max(...splits.folds.map((fold) => fold.train.length)));
  const training = takeLabelled(table, splits.train);
  const classWeights = classWeightsOf(options.classWeight, task, training);
  const held =
    options.testSource === undefined
      ? takeLabelled(table, splits.test)
      : await readLabelled(options.testSource, judgedSchema(table.frame.schema), task, options);
  // A query may take other rows of the same file.
  if (options.sql === undefined && held.reads) requireOtherRows(table.reads, held.reads);
  const { testSource } = options;
  const shared =
    testSource === undefined ? [] : sharedFindings(training.frame, held.frame, withoutPassword(testSource));
  requireJudgeable(metric, held, task, "The untouched rows");

  if (options.against) progress({ stage: "run the other files" });
  const contenders = await answerContenders(options, table, splits, held);

  progress({ stage: "look for leaks and for chance" });
  const audit = await auditTable(table, training, splits, metric, {
    ...options,
    secondsLeft: secondsLeft() * 0.15,
  });

  const data = {
    ...raceDataOf(weighClasses(training, classWeights), splits, options.seed),
    ...ownRaceData(own),
  };
  const shape = {
    rowCount: training.frame.rowCount,
    columnCount: featureColumns(table.frame.schema).length,
    classCount: task.kind === "regression" ? 1 : task.classes.length,
    foldCount: splits.folds.length,
  };
  const race = await runRace(data, {
    candidates,
    shape,
    processes: options.threads,
    ...(searches(options) && { searchBy: lossBy(metric, judgedRows(training, task)) }),
    ...(options.time === undefined
      ? { budgetUnits: options.recipe ? Infinity : (options.budget ?? defaultBudget) }
      : { seconds: raceSeconds(options.time, secondsLeft()) }),
    ...(options.signal && { signal: options.signal }),
    onProgress: progress,
  });

  progress({ stage: "choose" });
  const folds = foldsOf(data, race.coveredRows);
  const learnt = judgedRows(training, task);
  const judged = { ...judgedAt(learnt, race.coveredRows), folds };
  const { choice, threshold, composed, model, widened } = await ship(options, {
    table,
    training,
    splits,
    race,
    judged,
    metric,
    classWeights,
    own,
  });

  progress({ stage: "judge the file on untouched rows" });
  let judgement: Judgement;
  let explanation: Explanation;
  let bytes: Uint8Array;
  let requirements: readonly RequirementResult[] | undefined;
  let challenges: readonly Challenge[];
  try {
    const how = { metric, seed: options.seed, threads: options.threads, threshold };
    const also = requiredMetrics(options.require);
    const answers = await answersOf(model, held.frame, options.threads);
    judgement = judgeAnswers(answers, held, task, constantAnswer(training), { ...how, also });
    challenges = contenders.map((contender) => challenge(contender, judgement, how));
    progress({ stage: "explain" });
    const run = { model, held, judgement, race, data, learnt, choice };
    explanation = await explainModel(run, { ...how, secondsLeft: secondsLeft(), signal: options.signal });
    bytes = composed.write({
      rows: "test",
      rowCount: held.frame.rowCount,
      // What was required besides is in the record: the file does not depend on it.
      values: judgement.metrics
        .filter(({ name }) => name === metric.name || Object.hasOwn(metricTable, name))
        .map(figureOf),
    });
    if (options.require !== undefined) {
      const { metrics, undefinedMetrics } = judgement;
      const answer = (row: Frame): Promise<unknown> => model.predictColumns(row.columns, 1);
      requirements = await checkRequirements(options.require, {
        ...requiredOfFrame(held.frame, answer),
        ...{ bytes: bytes.length, metrics, undefinedMetrics },
      });
    }
  } finally {
    await model.close();
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const parts = {
    options,
    table: { ...table, findings: [...table.findings, ...(held.findings ?? []), ...shared] },
    splits,
    metric,
    race,
    choice,
    verdict: verdictOf({ race, choice, metric, shape, time: options.time }),
    widened,
    audit,
    judgement,
    explanation,
    held,
    model: bytes,
    threshold,
    ...(classWeights && { classWeights }),
    ...(requirements && { requirements }),
    challenges,
    own,
    seconds,
  };
  const record = recordOf(parts);
  return { model: bytes, record, report: reportData({ ...parts, training, record }) };
}

const hasText = (schema: Schema): boolean => featureColumns(schema).some(({ kind }) => kind === "text");

/** A figure as the file keeps it: without what is not defined. */
function figureOf({ name, value, low, high, baseline }: MetricFigure) {
  return {
    name,
    value,
    ...(Number.isFinite(low) && { low, high }),
    ...(Number.isFinite(baseline) && { baseline }),
  };
}

/** Whether a search follows the portfolio: only where the user said what may be spent, for a portfolio is soon done. */
function searches({ time, budget, recipe }: TrainOptions): boolean {
  return recipe === undefined && (time !== undefined || budget !== undefined);
}

/** The metric of answers to some of the rows, as a loss; undefined where these rows do not define it. */
function lossBy(metric: Metric, learnt: JudgedRows): NonNullable<RaceOptions["searchBy"]> {
  return (rows, answers) => {
    const judged = judgedAt(learnt, rows);
    try {
      const score = metric.score(scoredRows(judged.y, answers, judged));
      return Number.isFinite(score) ? (metric.greaterIsBetter ? -score : score) : undefined;
    } catch (error) {
      if (error instanceof MillwrightError) return undefined;
      throw error;
    }
  };
}

/** @throws MillwrightError `PARAMETER_CONFLICT` for a metric of the other task. */
function metricOf(given: string | Metric | undefined, y: Target): Metric {
  const classCount = y.kind === "classification" ? y.classCount : 0;
  const ordered = y.kind === "classification" && y.ordered === true;
  const usual = defaultMetric(y.kind, classCount, ordered);
  const chosen = typeof given === "object" ? given : given === undefined ? usual : metricByName(given);
  const found = misfit(chosen, { task: y.kind, classCount, ordered });
  if (found !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `The metric ${chosen.name} is for ${found}, and the target ${y.kind === "regression" ? "is a number" : `has ${classCount} classes`}.`,
      `Use ${usual.name}, or choose another task with --task.`,
    );
  }
  return chosen;
}

/**
 * Who races: the families of the user's own right behind the baseline, since they were asked for, then ours.
 * Where only own ones are named, only they and the baseline.
 */
function racers(
  { families }: TrainOptions,
  own: OwnParts,
  { task, frame }: PreparedTable,
  metric: Metric,
): readonly Candidate[] {
  const named = families?.filter((item) => typeof item === "string");
  const [baseline, ...others] = portfolio(task.kind, named, metric.name, {
    text: hasText(frame.schema),
    ordered: isOrdered(task),
  });
  return withoutOwnSteps([baseline!, ...own.families, ...others], own);
}

function raceDataOf(training: LabelledFrame, splits: RunSplits, seed: number): RaceData {
  const everything = Uint32Array.from({ length: training.frame.rowCount }, (_, row) => row);
  const whole = { train: everything, test: new Uint32Array(0) };
  return {
    frame: training.frame,
    y: training.y,
    ...(training.weight && { weight: training.weight }),
    splits: shipsFolds(splits) ? splits.folds : [...splits.folds, whole],
    seed,
    threads: 1,
  };
}
