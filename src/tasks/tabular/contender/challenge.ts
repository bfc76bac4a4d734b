/** Other files beside the trained one, on the same untouched rows: their scores, and how much better ours is. */
import { isDeepStrictEqual } from "node:util";
import { MillwrightError } from "../../../core/index.ts";
import { withoutPassword } from "../../../data/index.ts";
import { bootstrapInterval, comparePaired } from "../../../evaluate/index.ts";
import type { Metric } from "../../../metrics/index.ts";
import type { Model } from "../../../model/index.ts";
import { rowsWithTarget } from "../../../pipeline/index.ts";
import { type Frame, takeRows } from "../../../schema/index.ts";
import { type Judgement, withThreshold } from "../judge.ts";
import { judgedSchema, type LabelledFrame, readLabelled, takeLabelled } from "../labelled.ts";
import type { TrainOptions } from "../options.ts";
import type { PreparedTable } from "../prepare.ts";
import type { RunSplits } from "../splits.ts";
import { closeContender, foreignAnswers, openContender, ownAnswers, requireSameAnswer } from "./contender.ts";
import { bindInputs } from "./feeds.ts";
import type { ForeignFile } from "./foreign-file.ts";

/** Another file on the untouched rows. */
export interface Challenge {
  readonly model: string;
  /** Its score by the metric chosen by, with a 95 % interval. */
  readonly score: number;
  readonly low: number;
  readonly high: number;
  /** How much better the trained file is on the same rows, whatever the metric's direction, with a 95 % interval. */
  readonly gain: number;
  readonly gainLow: number;
  readonly gainHigh: number;
  /** What had to be assumed of it. */
  readonly notes: readonly string[];
}

/** A file's answers for the untouched rows. */
export interface AnsweredContender {
  readonly model: string;
  readonly answers: Float64Array;
  readonly threshold?: number | undefined;
  readonly notes: readonly string[];
}

/** A note on a file that may have learnt from the rows that judge it. */
export const unknownRows = "whether it learnt from these rows is not known";

/**
 * Runs the files of `--against` before the work begins, so that one that does not fit is told at once.
 *
 * @throws MillwrightError where a file cannot be read, or answers another question.
 */
export async function answerContenders(
  options: TrainOptions,
  table: PreparedTable,
  splits: RunSplits,
  held: LabelledFrame,
): Promise<AnsweredContender[]> {
  const answered: AnsweredContender[] = [];
  for (const path of options.against ?? []) {
    const contender = await openContender(path, "compare");
    const model = withoutPassword(path);
    try {
      if (contender.kind === "foreign") {
        const frame = await framesFor(contender.file, options, table, splits);
        const { answers, notes } = await foreignAnswers(contender.file, table.task, frame, options.inputs);
        answered.push({ model, answers, notes: [...notes, unknownRows] });
        continue;
      }
      if (contender.model.metadata.task.kind === "multilabel") {
        throw new MillwrightError(
          "PARAMETER_CONFLICT",
          `${contender.name} answers several labels a row, and the table is asked for one answer.`,
          "Score it with `millwright evaluate`.",
        );
      }
      requireSameAnswer(contender.model, table.task);
      const frame = await ownFrame(contender.model, options, table, splits).catch((error: unknown) => {
        throw askedBy(contender.name, error);
      });
      requireRows(contender.name, frame.rowCount, held.frame.rowCount);
      const { answers, notes } = await ownAnswers(contender.model, table.task, frame, options.threads);
      const { threshold } = contender.model.metadata.task;
      const known = sharesSplit(contender.model, options, table, splits);
      answered.push({ model, answers, threshold, notes: known ? notes : [...notes, unknownRows] });
    } finally {
      await closeContender(contender);
    }
  }
  return answered;
}

/** The untouched rows with the columns that a file takes, which may be ones that ours does not. */
async function framesFor(
  file: ForeignFile,
  options: TrainOptions,
  table: PreparedTable,
  splits: RunSplits,
): Promise<Frame> {
  if (options.testSource === undefined) return takeRows(table.frame, splits.test);
  const { columns } = table.frame.schema;
  const names = columns.map(({ name }) => name).filter((name) => name !== table.task.target);
  const taken = new Set(
    bindInputs(file.name, file.session.inputs, names, options.inputs).flatMap((input) => input.columns),
  );
  const schema = {
    columns: columns
      .filter(({ name }) => taken.has(name) || name === table.task.target)
      .map((column) => (taken.has(column.name) ? { ...column, role: "feature" as const } : column)),
  };
  return (await readLabelled(options.testSource, schema, table.task, options)).frame;
}

/** The untouched rows, read as a file of ours wants them. */
async function ownFrame(
  model: Model,
  options: TrainOptions,
  table: PreparedTable,
  splits: RunSplits,
): Promise<Frame> {
  const schema = judgedSchema(model.metadata.schema);
  if (options.testSource !== undefined) {
    return (await readLabelled(options.testSource, schema, table.task, options)).frame;
  }
  const rows = await readLabelled(options.source, schema, table.task, options);
  requireRows(model.name, rows.frame.rowCount, rowsWithTarget(table.frame, table.task.target).length);
  return takeLabelled(rows, splits.test).frame;
}

/** What a table does not have, or writes otherwise, with the file that asks for it. */
function askedBy(name: string, error: unknown): unknown {
  if (!(error instanceof MillwrightError)) return error;
  const { code, what } = error;
  if (!["SCHEMA_MISSING_COLUMN", "SCHEMA_BAD_CELL", "SCHEMA_WRONG_KIND"].includes(code)) return error;
  return new MillwrightError(
    code,
    `${name} asks for what the table does not have: ${what}`,
    "Name another file, or give the table the columns that this one reads, written as in its training.",
    { cause: error },
  );
}

function requireRows(name: string, got: number, expected: number): void {
  if (got === expected) return;
  throw new MillwrightError(
    "SHAPE_MISMATCH",
    `${name} reads ${got} rows with a target, and the table has ${expected}: its schema reads the target otherwise.`,
    "Declare the target's kind and missing codes with --column as when that model was trained.",
  );
}

/** Whether a file of ours kept the same rows untouched: the same table, split by the same options. */
function sharesSplit(
  { metadata }: Model,
  options: TrainOptions,
  table: PreparedTable,
  { copies }: RunSplits,
): boolean {
  const { data, recipe } = metadata;
  if (data?.sha256 !== table.fingerprint || recipe === undefined || options.testSource !== undefined)
    return false;
  const then = recipe.options as Readonly<Record<string, unknown>>;
  const keys = ["target", "task", "folds", "testSize", "group", "timeColumn"] as const;
  if (then["judgedElsewhere"] === true) return false;
  if (recipe.seed !== options.seed || keys.some((key) => then[key] !== options[key])) return false;
  // Which rows are copies depends on the columns that are learnt from.
  const columns = ["keep", "drop", "columns", "weight", "id"] as const;
  return copies === 0 || columns.every((key) => isDeepStrictEqual(then[key], options[key]));
}

/** Holds a file's answers against those of the trained one. */
export function challenge(
  { model, answers, threshold, notes }: AnsweredContender,
  ours: Judgement,
  how: { readonly metric: Metric; readonly seed: number; readonly threshold?: number | undefined },
): Challenge {
  const theirRows = withThreshold(how.metric, ours.rows, answers, threshold);
  const ourRows = withThreshold(how.metric, ours.rows, ours.answers, how.threshold);
  const resampling = { seed: how.seed, replicates: 1000 };
  const { score, low, high } = bootstrapInterval(how.metric, theirRows, resampling);
  const paired = comparePaired(how.metric, theirRows, ourRows, resampling);
  return { model, score, low, high, gain: paired.gain, gainLow: paired.low, gainHigh: paired.high, notes };
}
