/** A model file of any origin scored on rows with known answers, every figure with its interval. */
import { MillwrightError } from "../../core/index.ts";
import { openTable, type Reading, readingOf, readWithin, type RowsWithin } from "../../data/index.ts";
import { defaultMetric, metric as metricByName, misfit } from "../../metrics/index.ts";
import type { Model } from "../../model/index.ts";
import { encodeTarget, isOrdered, readTask, rowsWithTarget, type Task } from "../../pipeline/index.ts";
import { type Frame, takeRows } from "../../schema/index.ts";
import { closeContender, type Contender, foreignAnswers, openContender } from "./contender/contender.ts";
import { bindInputs } from "./contender/feeds.ts";
import type { ForeignFile } from "./contender/foreign-file.ts";
import { evaluateLabels } from "../multilabel/evaluate-labels.ts";
import { answersOf, judgeAnswers, type MetricFigure } from "./judge.ts";
import { constantAnswer, judgedCopies, judgedSchema, type LabelledFrame, readLabelled } from "./labelled.ts";
import {
  checkRequirements,
  requireFitting,
  type Requirement,
  requiredMetrics,
  type RequirementResult,
} from "./requirements.ts";

export interface EvaluateOptions extends Reading {
  /** Metrics to put first. */
  readonly metrics?: readonly string[];
  /** What the model must reach on these rows. */
  readonly require?: readonly Requirement[];
  /** For a file that another tool wrote: the column with the answers. A file of ours says it. */
  readonly target?: string;
  readonly task?: "classification" | "regression";
  readonly positive?: string;
  /** Columns in the order of the one matrix that such a file takes; by name unless told. */
  readonly inputs?: readonly string[];
  readonly seed: number;
  readonly threads: number;
}

export interface Evaluation {
  /** The file's name. */
  readonly name: string;
  readonly rowCount: number;
  /** The column that weighs the rows, as in training; absent where it is not in the source. */
  readonly weight?: string;
  readonly metrics: readonly MetricFigure[];
  /** What had to be assumed of a file that another tool wrote. */
  readonly notes: readonly string[];
  readonly requirements?: readonly RequirementResult[];
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
 * @param path - A model file, of ours or of another tool.
 * @throws MillwrightError `TARGET_MISSING`, `SCHEMA_*`, `MODEL_*`, `PARAMETER_UNKNOWN` for a metric that does not
 *   exist, `PARAMETER_CONFLICT` for options that the file settles itself.
 */
export async function evaluateFile(
  path: string,
  source: readonly string[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const contender = await openContender(path);
  try {
    if (contender.kind === "ours" && contender.model.metadata.task.kind === "multilabel")
      return await severalLabels(contender, source, options);
    return await judge(contender, await answered(contender, source, options), options);
  } finally {
    await closeContender(contender);
  }
}

/** A file whose rows bear any number of labels has metrics of its own. */
async function severalLabels(
  { model, bytes }: { readonly model: Model; readonly bytes: number },
  source: readonly string[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  requireOwnOptions(model, options);
  const { unknown, findings, ...judged } = await evaluateLabels(model, source, { ...options, bytes });
  const notes = findings.map(({ evidence }) => evidence);
  if (unknown.length > 0)
    notes.push(
      `${unknown.length} labels of the rows are none of the file's, and no figure counts them: ${unknown.slice(0, 10).join(", ")}`,
    );
  return { ...judged, notes };
}

async function judge(
  contender: Contender,
  { task, rows, weight, answers, notes, threshold, constant, answer }: Answered,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const wanted = (options.metrics ?? []).map(metricByName);
  const required = options.require ?? [];
  const classCount = task.kind === "classification" ? task.classes.length : 0;
  const { metrics } = judgeAnswers(answers, rows, task, constant, {
    metric: wanted[0] ?? defaultMetric(task.kind, classCount, isOrdered(task)),
    also: [...wanted, ...requiredMetrics(required)],
    seed: options.seed,
    threshold,
  });
  const place = (figure: MetricFigure): number => {
    const at = wanted.findIndex((item) => item.name === figure.name);
    return at < 0 ? wanted.length : at;
  };
  const file = { answer, bytes: contender.bytes, metrics, frame: rows.frame };
  return {
    name: contender.name,
    rowCount: rows.frame.rowCount,
    ...(rows.weight && weight !== undefined && { weight }),
    metrics: [...metrics].sort((a, b) => place(a) - place(b)),
    notes,
    ...(options.require && { requirements: await checkRequirements(required, file) }),
  };
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

function requireOwnOptions(model: Model, options: EvaluateOptions): void {
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

function requireTaskMetrics(name: string, task: Task, options: EvaluateOptions): void {
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
