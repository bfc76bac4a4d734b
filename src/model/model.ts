/**
 * A model that predicts: a checked file with its session.
 *
 * One row must cost little more than the graph itself. So the row is checked and
 * written by functions chosen once, into tensors that are kept: a prediction in
 * flight holds one set of them, and the next one takes it over.
 */
import { assert, MillwrightError, nearest, type Tensor } from "../core/index.ts";
import { boundedRuns, requireTextsFit } from "../runtime/index.ts";
import {
  type Cells,
  type ColumnSchema,
  compileRowReader,
  featureColumns,
  type InputCells,
  inputCells,
  inputShape,
  inputType,
  kindOf,
  type PredictionOf,
  type RowOf,
  type Schema,
} from "../schema/index.ts";
import { type Answer, compileAnswer, type Outputs, placesOf } from "./answers.ts";
import { type BlockJob, blockSize, createJob, runBlocks, SharedSpace } from "./blocks.ts";
import { besideOf, horizonOf, type ModelMetadata } from "./metadata.ts";
import type { ModelSession } from "./session.ts";
import { createThreads, type PredictThreads } from "./threads.ts";

/** What a model needs to run: its session, and its bytes to make others in worker threads. */
export interface ModelParts {
  readonly name: string;
  readonly metadata: ModelMetadata;
  readonly bytes: Uint8Array;
  readonly session: ModelSession;
}

/** Answers for a table. */
export interface ColumnAnswers {
  /** A label or a number a row; where a row may bear several labels, all of them with the task's separator between. Shape [rowCount]. */
  readonly prediction: readonly string[] | Float64Array;
  /** Row-major [rowCount, classes], in the order of `metadata.classes`, where the file gives them. */
  readonly probabilities?: Float64Array;
  /** The same of distances to the centres of clusters. */
  readonly distances?: Float64Array;
}

/** A loaded model file. `S` is the schema that `load` was given. */
export interface Model<S extends Schema = Schema> {
  /** The file's name, as in messages. */
  readonly name: string;
  readonly metadata: ModelMetadata;
  /**
   * Answers rows, in order. Columns that the model does not read are ignored; no row means no run.
   *
   * @throws MillwrightError `SCHEMA_MISSING_COLUMN`, `SCHEMA_WRONG_KIND`, `SCHEMA_BAD_CELL` naming row and column;
   *   `DATA_LIMIT` for a text of more than 16,777,216 characters.
   */
  predict(rows: readonly RowOf<S>[]): Promise<PredictionOf<S>[]>;
  /** Answers one row. */
  predictOne(row: RowOf<S>): Promise<PredictionOf<S>>;
  /**
   * Answers a whole table held as columns. The bits do not depend on `threads`.
   *
   * @param columns - At least the features, each with `rowCount` cells; others are ignored.
   * @param options.threads - Threads that share the rows, this one included; 1 by default, Node only.
   * @throws MillwrightError `SCHEMA_MISSING_COLUMN`, `SCHEMA_WRONG_KIND`, `DATA_LIMIT` as `predict`.
   */
  predictColumns(
    columns: ReadonlyMap<string, Cells>,
    rowCount: number,
    options?: { readonly threads?: number },
  ): Promise<ColumnAnswers>;
  /** Releases session and threads. Predictions in flight end first; later ones are refused. */
  close(): Promise<void>;
}

/** Blocks that are worth a thread: starting one takes as long as predicting some thousands of rows. */
const leastBlocks = 8;

/** Shared memory that is kept between tables: enough for the chunks of one that streams. */
const keptBytes = 64 * 1024 * 1024;

/** Tensors for one row, kept between predictions. */
interface Slot {
  readonly cells: readonly InputCells[];
  readonly feeds: Record<string, Tensor>;
  readonly run: () => Promise<Outputs>;
}

/** Makes a model of a checked file. */
export function createModel<S extends Schema>(parts: ModelParts): Model<S> {
  const { name, metadata, session } = parts;
  const columns = featureColumns(metadata.schema);
  const readsTexts = columns.some((column) => inputType(column) === "string");
  const readRow = compileRowReader(columns, name);
  const beside = besideOf(metadata);
  const said = { owner: name, classes: metadata.classes, beside };
  const answer = compileAnswer(
    metadata.classes,
    beside,
    metadata.task.thresholds,
    horizonOf(metadata),
    placesOf(metadata),
  ) as (outputs: Outputs, row: number) => Answer;
  const blockRows = metadata.batch?.rows ?? blockSize;
  const free: Slot[] = [];
  let threads: PredictThreads | undefined;
  // Free while no table is answered.
  let space: SharedSpace | undefined;
  let closed: Promise<void> | undefined;
  let running = 0;
  let whenIdle: (() => void) | undefined;

  const enter = (): void => {
    if (closed !== undefined) {
      throw new MillwrightError("MODEL_INVALID", `${name} was closed.`, "Load it again to predict.");
    }
    running++;
  };
  const leave = (): void => {
    if (--running === 0) whenIdle?.();
  };
  const createSlot = (): Slot => {
    const cells = columns.map((column) => inputCells(column, 1));
    const feeds = feedsOf(columns, cells, 1);
    return { cells, feeds, run: session.bind(feeds) };
  };
  async function one(row: unknown): Promise<Answer> {
    enter();
    const slot = free.pop() ?? createSlot();
    try {
      readRow(row, 0, slot.cells, 0);
      if (readsTexts) requireTextsFit(slot.feeds, name);
      return answer(await slot.run(), 0);
    } finally {
      free.push(slot);
      leave();
    }
  }
  async function many(rows: readonly unknown[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let start = 0; start < rows.length; start += blockRows) {
      const count = Math.min(blockRows, rows.length - start);
      const cells = columns.map((column) => inputCells(column, count));
      for (let i = 0; i < count; i++) readRow(rows[start + i], start + i, cells, i);
      for (const run of boundedRuns(feedsOf(columns, cells, count), name)) {
        const outputs = await session.run(run.feeds);
        for (let i = 0; i < run.count; i++) answers.push(answer(outputs, i));
      }
    }
    return answers;
  }
  async function table(
    cells: ReadonlyMap<string, Cells>,
    rowCount: number,
    threadCount: number,
  ): Promise<ColumnAnswers> {
    const wanted = columns.map((schema) => ({ schema, cells: columnOf(name, schema, cells, rowCount) }));
    const shares = Math.min(threadCount, Math.ceil(rowCount / (leastBlocks * blockRows)));
    if (shares <= 1) {
      const job = createJob(wanted, rowCount, blockRows, said, undefined);
      await runBlocks(job, session.run);
      return columnAnswers(name, job, metadata.task);
    }
    const own = space ?? new SharedSpace();
    space = undefined;
    const job = createJob(wanted, rowCount, blockRows, said, own);
    threads ??= createThreads(parts.bytes, metadata);
    await Promise.all([runBlocks(job, session.run), threads.run(job, shares - 1)]);
    const answers = columnAnswers(name, job, metadata.task);
    if (own.bytes <= keptBytes) space = own;
    return answers;
  }
  const tracked = async <T>(work: () => Promise<T>): Promise<T> => {
    enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };

  return {
    name,
    metadata,
    predictOne: (row) => one(row) as Promise<PredictionOf<S>>,
    predict: async (rows) => {
      if (!Array.isArray(rows)) {
        throw new MillwrightError(
          "SCHEMA_WRONG_KIND",
          `predict of ${name} needs an array of rows, and has ${rows === null ? "null" : `a single ${typeof rows}`}.`,
          "Pass [row], or call predictOne(row).",
        );
      }
      const answers = rows.length === 1 ? [await one(rows[0])] : await tracked(() => many(rows));
      return answers as unknown as PredictionOf<S>[];
    },
    predictColumns: (cells, rowCount, options) =>
      tracked(() => table(cells, rowCount, options?.threads ?? 1)),
    close: () =>
      (closed ??= (async () => {
        if (running > 0) await new Promise<void>((resolve) => (whenIdle = resolve));
        await threads?.close();
        await session.release();
      })()),
  };
}

function feedsOf(
  columns: readonly ColumnSchema[],
  cells: readonly InputCells[],
  count: number,
): Record<string, Tensor> {
  const feeds = columns.map((column, c): [string, Tensor] => [
    column.name,
    { dtype: inputType(column), shape: inputShape(column, count), data: cells[c]! } as Tensor,
  ]);
  return Object.fromEntries(feeds);
}

function columnOf(
  name: string,
  column: ColumnSchema,
  columns: ReadonlyMap<string, Cells>,
  rowCount: number,
): Cells {
  if (column.kind === "image" || column.kind === "audio") {
    const [what, cells] = column.kind === "image" ? ["pictures", "bytes"] : ["sounds", "samples"];
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `${name} reads ${what} ("${column.name}"), which no column of a table holds.`,
      `Call predict with rows of ${cells}, or run \`millwright predict\` on a folder.`,
    );
  }
  if (column.kind === "sequence") {
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `${name} reads sequences ("${column.name}"), which no column of a table holds.`,
      "Call predict with rows of sequences, or run `millwright predict` on the table.",
    );
  }
  if (column.kind === "tokens") {
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `${name} reads sentences of tokens ("${column.name}"), which no column of a table holds.`,
      "Call predict with rows of arrays of strings, or run `millwright predict` on a file of sentences.",
    );
  }
  const cells = columns.get(column.name);
  if (cells === undefined) {
    const guess = nearest(column.name, columns.keys());
    throw new MillwrightError(
      "SCHEMA_MISSING_COLUMN",
      `${name} needs the column "${column.name}" (${kindOf(column)}), and the table has ${columns.size} columns without it${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
      guess === undefined
        ? "Add it, with empty cells where it is missing."
        : `Rename "${guess}", or add the column.`,
    );
  }
  const needed = inputType(column) === "string" ? "string" : "number";
  if (cells.type !== needed) {
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `${name} reads the column "${column.name}" as ${kindOf(column)}, and the table has ${cells.type}s there.`,
      "Read the table with the model's schema.",
    );
  }
  const length = cells.type === "number" ? cells.values.length : cells.codes.length;
  assert(length === rowCount, `column "${column.name}" has ${length} cells for ${rowCount} rows`);
  return cells;
}

function columnAnswers(name: string, job: BlockJob, task: ModelMetadata["task"]): ColumnAnswers {
  // Shared memory is used again by the next table.
  const own = (values: Float64Array): Float64Array =>
    values.buffer instanceof SharedArrayBuffer ? new Float64Array(values) : values;
  if (job.classes === undefined) return { prediction: own(job.prediction as Float64Array) };
  const { thresholds, separator = "" } = task;
  if (thresholds !== undefined && job.besides !== undefined) {
    const { classes, besides } = job;
    const joined = Array.from({ length: job.rowCount }, (_, row) =>
      classes.filter((__, k) => besides[row * classes.length + k]! >= thresholds[k]!).join(separator),
    );
    return { prediction: joined, probabilities: own(besides) };
  }
  const labels = new Array<string>(job.rowCount);
  for (let i = 0; i < job.rowCount; i++) {
    const label = job.classes[job.prediction[i]!];
    if (label === undefined) {
      throw new MillwrightError(
        "MODEL_INVALID",
        `${name} answered row ${i + 1} with a label that is not in millwright.classes.`,
        "Train it again.",
      );
    }
    labels[i] = label;
  }
  return { prediction: labels, ...(job.beside && { [job.beside]: own(job.besides!) }) };
}
