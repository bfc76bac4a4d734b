/** A model file of any origin scored on rows of a table with known answers, every figure with its interval. */
import { MillwrightError } from "../../core/index.ts";
import {
  type BadFile,
  type BadLine,
  openTable,
  type Reading,
  readingOf,
  readWithin,
  type RowsWithin,
} from "../../data/index.ts";
import { defaultMetric, metric as metricByName, misfit } from "../../metrics/index.ts";
import type { Model } from "../../model/index.ts";
import { encodeTarget, isOrdered, readTask, rowsWithTarget, type Task } from "../../pipeline/index.ts";
import { type Frame, takeRows } from "../../schema/index.ts";
import { type Contender, foreignAnswers } from "./contender/contender.ts";
import { bindInputs } from "./contender/feeds.ts";
import type { ForeignFile } from "./contender/foreign-file.ts";
import type { ClassFigures } from "../media/class-figures.ts";
import type { KindFigures } from "../tags/judge.ts";
import { answersOf, judgeAnswers, type MetricFigure, type UndefinedMetric } from "./judge.ts";
import { constantAnswer, judgedCopies, judgedSchema, type LabelledFrame, readLabelled } from "./labelled.ts";
import {
  checkRequirements,
  requireFitting,
  type Requirement,
  requiredMetrics,
  requiredOfFrame,
  type RequirementResult,
} from "./requirements.ts";

export interface EvaluateOptions extends Reading {
  /** Metrics to put first; each must have a figure. */
  readonly metrics?: readonly string[];
  /** What the model must reach on these rows. */
  readonly require?: readonly Requirement[];
  /** For a file that another tool wrote: the column with the answers. A file of ours says it. */
  readonly target?: string;
  readonly task?: "classification" | "regression";
  readonly positive?: string;
  /** Columns in the order of the one matrix that such a file takes; by name unless told. */
  readonly inputs?: readonly string[];
  /** For a file that answers pictures, or sounds: the column of a table that holds paths; else folders are read. */
  readonly image?: string;
  readonly audio?: string;
  /** For the same: rows of one group are drawn together for the intervals. A column; of folders a pattern. */
  readonly group?: string;
  readonly seed: number;
  readonly threads: number;
  /** Rows done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Evaluation {
  /** The file's name. */
  readonly name: string;
  readonly rowCount: number;
  /** What a row is, where it is none of a table. */
  readonly noun?: { readonly one: string; readonly many: string };
  /** The column that weighs the rows, as in training; absent where it is not in the source. */
  readonly weight?: string;
  readonly metrics: readonly MetricFigure[];
  /** What was found while reading, what had to be assumed of a file that another tool wrote, and why metrics have no figure. */
  readonly notes: readonly string[];
  readonly requirements?: readonly RequirementResult[];
  /** Of pictures, sounds and groups of rows: how each class fares. */
  readonly classes?: readonly ClassFigures[];
  /** The same: row-major [actual, predicted], in the order of the classes. */
  readonly confusion?: readonly number[];
  /** Of forecasts: mean absolute error of each next value, the nearest first. */
  readonly byHorizon?: {
    readonly file: readonly number[];
    readonly nothing: readonly number[];
    /** Share of them that the file's interval holds. */
    readonly held?: readonly number[];
  };
  /** The same: the share of values that its intervals were made to hold, what they hold here, and their mean width. */
  readonly intervals?: { readonly coverage: number; readonly held: number; readonly width: number };
  /** Of tagged sentences: their tokens, and spans by kind. */
  readonly tokens?: number;
  readonly kinds?: readonly KindFigures[];
  /** Files, or lines of a file, that could not be read. */
  readonly bad?: readonly (BadFile | (BadLine & { readonly file: string }))[];
}

/** The task that a model file says it does. */
function taskOfModel(model: Model): Task {
  const { task, classes } = model.metadata;
  return task.kind === "regression"
    ? { kind: "regression", target: task.target }
    : {
        kind: "classification",
        target: task.target,
        classes: classes!,
        ...(task.kind === "ordinal" && { ordered: true }),
        ...(task.positive !== undefined && { positive: task.positive }),
      };
}

/** Rows with the file's answers. */
interface Answered {
  readonly task: Task;
  readonly rows: LabelledFrame;
  readonly weight?: string | undefined;
  readonly answers: Float64Array;
  readonly notes: readonly string[];
  readonly threshold?: number | undefined;
  /** What doing nothing answers. */
  readonly constant: Float64Array;
  readonly answer: (row: Frame) => Promise<unknown>;
}

/**
 * @param contender - A file that answers a row of a table by one label or number.
 * @throws MillwrightError `TARGET_MISSING`, `SCHEMA_*`, `PARAMETER_UNKNOWN` for a metric that does not exist,
 *   `PARAMETER_CONFLICT` for options that the file settles itself, and as a metric that is asked for and has no figure.
 */
export async function evaluateRows(
  contender: Contender,
  source: readonly string[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  return await judge(contender, await answered(contender, source, options), options);
}

async function judge(
  contender: Contender,
  { task, rows, weight, answers, notes, threshold, constant, answer }: Answered,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const wanted = (options.metrics ?? []).map(metricByName);
  const required = options.require ?? [];
  const classCount = task.kind === "classification" ? task.classes.length : 0;
  const { metrics, undefinedMetrics } = judgeAnswers(answers, rows, task, constant, {
    metric: wanted[0] ?? defaultMetric(task.kind, classCount, isOrdered(task)),
    also: [...wanted, ...requiredMetrics(required)],
    asked: wanted,
    seed: options.seed,
    threshold,
  });
  const file = {
    ...requiredOfFrame(rows.frame, answer),
    ...{ bytes: contender.bytes, metrics, undefinedMetrics },
  };
  return {
    name: contender.name,
    rowCount: rows.frame.rowCount,
    ...(rows.weight && weight !== undefined && { weight }),
    metrics: inOrder(metrics, wanted),
    notes: [...notes, ...undefinedNotes(undefinedMetrics)],
    ...(options.require && { requirements: await checkRequirements(required, file) }),
  };
}

/** Figures that were asked for first. */
export function inOrder<T extends { readonly name: string }>(
  figures: readonly T[],
  wanted: readonly { readonly name: string }[],
): T[] {
  const place = ({ name }: T): number => {
    const at = wanted.findIndex((item) => item.name === name);
    return at < 0 ? wanted.length : at;
  };
  return [...figures].sort((a, b) => place(a) - place(b));
}

/** Why metrics have no figure: a note a reason. */
export function undefinedNotes(metrics: readonly UndefinedMetric[]): string[] {
  const titles = new Map<string, string[]>();
  for (const { title, reason } of metrics) titles.set(reason, [...(titles.get(reason) ?? []), title]);
  return [...titles].map(([reason, names]) =>
    names.length === 1
      ? `no figure of ${names[0]!}: it ${reason}`
      : `no figure of ${names.slice(0, -1).join(", ")} and ${names.at(-1)!}: each ${reason}`,
  );
}

function answered(
  contender: Contender,
  source: readonly string[],
  options: EvaluateOptions,
): Promise<Answered> {
  return contender.kind === "ours"
    ? ownRows(contender.model, source, options)
    : foreignRows(contender.file, source, options);
}

async function ownRows(model: Model, source: readonly string[], options: EvaluateOptions): Promise<Answered> {
  const task = taskOfModel(model);
  requireOwnOptions(model, options);
  requireTaskMetrics(model.name, task, options);
  const { schema } = model.metadata;
  const weight = schema.columns.find((column) => column.role === "weight")?.name;
  const rows = await readLabelled(source, judgedSchema(schema), task, {
    ...options,
    ...(weight !== undefined && { optional: [weight] }),
  });
  return {
    task,
    rows,
    weight,
    answers: await answersOf(model, rows.frame, options.threads),
    notes: (rows.findings ?? []).map(({ evidence }) => evidence),
    threshold: model.metadata.task.threshold,
    constant: constantOf(model) ?? constantAnswer(rows),
    answer: (row) => model.predictColumns(row.columns, 1),
  };
}

/** What doing nothing answers, as the file says. */
function constantOf({ metadata }: Model): Float64Array | undefined {
  const { constant } = metadata.task;
  return constant && Float64Array.from(constant);
}

async function foreignRows(
  file: ForeignFile,
  source: readonly string[],
  options: EvaluateOptions,
): Promise<Answered> {
  const { target, inputs } = options;
  if (target === undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${file.name} was not written by Millwright and does not say which column it predicts.`,
      "Name the column with the answers with --target.",
    );
  }
  const { frame, findings } = await readForeign(file, source, target, options);
  const column = frame.schema.columns.find(({ name }) => name === target)!;
  const task = readTask(frame, column, { kind: options.task, positive: options.positive });
  requireTaskMetrics(file.name, task, options);
  const { answers, notes } = await foreignAnswers(file, task, frame, inputs);
  const rows = { frame, y: encodeTarget(frame, task) };
  return {
    task,
    rows,
    answers,
    notes: [...findings.map(({ evidence }) => evidence), ...notes],
    // What the training rows were is not known.
    constant: constantAnswer(rows),
    answer: (row) => foreignAnswers(file, task, row, inputs),
  };
}

/** The rows with a target; an input of words is read as words, and one of numbers as numbers where the table agrees. */
async function readForeign(
  file: ForeignFile,
  source: readonly string[],
  target: string,
  options: EvaluateOptions,
): Promise<RowsWithin> {
  const open = { ...readingOf(options), threads: options.threads, copies: judgedCopies };
  const columns = { [target]: { role: "target" as const } };
  const first = await openTable(source, { ...open, columns });
  const names = first.schema.columns.map(({ name }) => name).filter((name) => name !== target);
  let table = first;
  try {
    const bound = bindInputs(file.name, file.session.inputs, names, options.inputs);
    const words = bound
      .filter(({ port }) => port.dtype === "string")
      .flatMap((input) => input.columns)
      .filter((name) => first.schema.columns.find((column) => column.name === name)!.kind === "number");
    if (words.length > 0) {
      await first.close();
      const kinds = Object.fromEntries(words.map((name) => [name, { kind: "category" as const }]));
      table = await openTable(source, { ...open, columns: { ...kinds, ...columns } });
    }
    const within = { memory: options.memory, copies: judgedCopies };
    const { frame: whole, findings } = await readWithin(table, within);
    const rows = rowsWithTarget(whole, target);
    if (rows.length > 0)
      return { frame: rows.length === whole.rowCount ? whole : takeRows(whole, rows), findings };
    throw new MillwrightError(
      "TARGET_MISSING",
      `${table.owner} has no value in the target "${target}" in all ${whole.rowCount} rows.`,
      "Bring rows with known answers.",
    );
  } finally {
    await table.close();
  }
}

/** @throws MillwrightError `PARAMETER_CONFLICT` for what a file of ours says itself. */
export function requireOwnOptions(model: Model, options: EvaluateOptions): void {
  const { target } = model.metadata.task;
  const given = (["target", "task", "positive", "inputs"] as const).find(
    (name) => options[name] !== undefined && !(name === "target" && options.target === target),
  );
  if (given === undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `${model.name} says itself what it predicts ("${target}") and from which columns, and --${given} is given too.`,
    `Leave --${given} out; it is for files of other tools.`,
  );
}

/** @throws MillwrightError `PARAMETER_CONFLICT` for a metric, asked for or required, of another task. */
export function requireTaskMetrics(name: string, task: Task, options: EvaluateOptions): void {
  const classCount = task.kind === "classification" ? task.classes.length : 0;
  for (const item of (options.metrics ?? []).map(metricByName)) {
    // A metric of two classes says itself what it lacks.
    const found = misfit(
      { ...item, binaryOnly: false },
      { task: task.kind, classCount, ordered: isOrdered(task) },
    );
    if (found === undefined) continue;
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `The metric ${item.name} is for ${found}, and ${name} does ${task.kind}.`,
      "Choose another metric.",
    );
  }
  requireFitting(options.require ?? [], task);
}
