/** A model file of any origin that answers the rows of a table, to be judged beside ours. */
import { MillwrightError } from "../../../core/index.ts";
import { readOnnxMetadata } from "../../../graph/index.ts";
import { decodeMetadata, load, type Model, readNamed, readSource } from "../../../model/index.ts";
import type { Task } from "../../../pipeline/index.ts";
import { boundedRuns } from "../../../runtime/index.ts";
import type { Frame } from "../../../schema/index.ts";
import { answersOf } from "../judge.ts";
import { refuseClustering } from "../refuse-clustering.ts";
import { type Reading, readingOf } from "./answers.ts";
import { bindInputs, feedsFor } from "./feeds.ts";
import { type ForeignFile, openForeign } from "./foreign-file.ts";

/** A file of ours, or one that another tool wrote. */
export type Contender =
  | { readonly kind: "ours"; readonly name: string; readonly bytes: number; readonly model: Model }
  | { readonly kind: "foreign"; readonly name: string; readonly bytes: number; readonly file: ForeignFile };

/**
 * Opens a file and finds out whose it is.
 *
 * @param wish - To score it by itself, or beside the file of a table on its rows.
 * @throws MillwrightError `SOURCE_*`, `MODEL_*`, `RUNTIME_*`, `GRAPH_UNSUPPORTED`.
 */
export async function openContender(path: string, wish: "score" | "compare"): Promise<Contender> {
  const { bytes, name } = await readSource(path);
  const pairs = readNamed(name, bytes, readOnnxMetadata);
  if (Object.hasOwn(pairs, "millwright.format")) {
    refuseClustering(name, decodeMetadata(pairs, name), wish);
    return { kind: "ours", name, bytes: bytes.length, model: await load(bytes, undefined, { name }) };
  }
  return { kind: "foreign", name, bytes: bytes.length, file: await openForeign(name, bytes) };
}

export async function closeContender(contender: Contender): Promise<void> {
  await (contender.kind === "ours" ? contender.model.close() : contender.file.session.release());
}

export interface ContenderAnswers {
  /** Numbers, or probabilities row-major in the order of the task's classes. */
  readonly answers: Float64Array;
  /** What had to be assumed of a file that does not say; for people. */
  readonly notes: readonly string[];
}

/** Rows of a run; the tensors stay small. */
const blockRows = 4096;

/**
 * Answers of a file that another tool wrote.
 *
 * @param inputs - Columns in the order of its one matrix; by name unless told.
 * @throws MillwrightError where columns or answers do not fit.
 */
export async function foreignAnswers(
  file: ForeignFile,
  task: Task,
  frame: Frame,
  inputs: readonly string[] | undefined,
): Promise<ContenderAnswers> {
  const names = frame.schema.columns.map(({ name }) => name).filter((name) => name !== task.target);
  const bound = bindInputs(file.name, file.session.inputs, names, inputs);
  const fixed = file.session.inputs.map(({ shape }) => shape[0]).find((size) => typeof size === "number");
  const size = typeof fixed === "number" && fixed > 0 ? fixed : blockRows;
  const width = task.kind === "regression" ? 1 : task.classes.length;
  const answers = new Float64Array(frame.rowCount * width);
  let reading: Reading | undefined;
  for (let start = 0; start < frame.rowCount; start += size) {
    const count = Math.min(size, frame.rowCount - start);
    const rows = fixed === undefined ? count : size;
    const feeds = feedsFor(file.name, bound, frame, { start, count, size: rows });
    const runs = fixed === undefined ? boundedRuns(feeds, file.name) : [{ start: 0, count, feeds }];
    for (const run of runs) {
      const outputs = await file.session.run(run.feeds);
      reading ??= readingOf(file, task, outputs, fixed === undefined ? run.count : rows);
      reading.read(outputs, run.count, answers, start + run.start);
    }
  }
  return { answers, notes: reading?.notes ?? [] };
}

/**
 * Answers of a file of ours, in the order of the task's classes.
 *
 * @param model - Of the same target and labels: `requireSameAnswer`.
 * @param frame - Read by the file's own schema.
 */
export async function ownAnswers(
  model: Model,
  task: Task,
  frame: Frame,
  threads: number,
): Promise<ContenderAnswers> {
  const answers = await answersOf(model, frame, threads);
  const { classes } = model.metadata;
  if (task.kind === "regression" || classes === undefined) return { answers, notes: [] };
  const order = task.classes.map((label) => classes.indexOf(label));
  const width = order.length;
  const ordered = Float64Array.from(answers, (_, i) => answers[i - (i % width) + order[i % width]!]!);
  return { answers: ordered, notes: [] };
}

/** @throws MillwrightError `SCHEMA_MISMATCH` when a file of ours answers another target or other labels. */
export function requireSameAnswer({ name, metadata }: Model, task: Task): void {
  const ours = task.kind === "regression" ? undefined : [...task.classes].sort();
  const theirs = metadata.classes && [...metadata.classes].sort();
  const same = metadata.task.target === task.target && String(ours) === String(theirs);
  if (same) return;
  const told = (target: string, labels: readonly string[] | undefined): string =>
    labels === undefined
      ? `the number "${target}"`
      : `"${target}" with the labels ${labels.slice(0, 10).join(", ")}`;
  throw new MillwrightError(
    "SCHEMA_MISMATCH",
    `${name} predicts ${told(metadata.task.target, theirs)}, and the table is asked for ${told(task.target, ours)}.`,
    "Compare models of the same target.",
  );
}
