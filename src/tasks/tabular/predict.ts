/**
 * Answers for every row of a source, one CSV line a row, in the order of the rows or of a sample file.
 *
 * Rows stream in and lines stream out: neither the table nor the answers are ever whole in memory. Only with a
 * sample file are the answers kept, to be laid out in its order.
 */
import { type Finding, type Reading, readingOf, streamRows } from "../../data/index.ts";
import { besideOf, type ColumnAnswers, type Model } from "../../model/index.ts";
import { type ColumnSchema, featureColumns, type Frame, type Schema } from "../../schema/index.ts";
import { RunBatches } from "./run-batches.ts";
import { besideWord, idCandidates, layOut, readSample, type SampleFile, textsOf } from "./sample.ts";

export interface PredictedRows {
  readonly rowCount: number;
  /** What was noticed while reading. */
  readonly findings: readonly Finding[];
}

export interface PredictOptions extends Reading {
  /** A file whose columns, rows and spelling the answers imitate. */
  readonly sample?: string;
  readonly threads: number;
  /** Bytes read and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Where the lines go. */
export interface LineTarget {
  write(text: string): void;
  /** Forgets what was written: the source has to be read again from its beginning. */
  restart(): void;
}

/**
 * Writes a header, `prediction`, then `probability_<label>` or `distance_<cluster>` for each label, or that of the sample; and
 * a line a row.
 *
 * @param source - Needs the model's columns; the target and others may be there or not.
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN`, `SCHEMA_MISMATCH` for a sample that does not fit, `SOURCE_*`, `DATA_*`.
 */
export async function predictRows(
  model: Model,
  source: readonly string[],
  options: PredictOptions,
  lines: LineTarget,
): Promise<PredictedRows> {
  const sample = options.sample === undefined ? undefined : await readSample(options.sample);
  if (sample === undefined) {
    return answerAll(model, source, [], options, {
      begin() {
        lines.restart();
        lines.write(answerHeader(model));
      },
      take: (answers, rows) => lines.write(answerLines(model, answers, rows.rowCount)),
    });
  }
  const ids = idCandidates(sample, model);
  const kept = new KeptAnswers(model, ids);
  const { findings } = await answerAll(model, source, ids, options, kept);
  lines.restart();
  for (const text of asSample(sample, model, kept)) lines.write(text);
  return { rowCount: sample.rowCount, findings };
}

interface AnswerTaker {
  begin(): void;
  take(answers: ColumnAnswers, rows: Frame): void;
}

/** Only what the model reads is asked for, read as in training; and ids as text, where they are there. */
async function answerAll(
  model: Model,
  source: readonly string[],
  ids: readonly string[],
  options: PredictOptions,
  taker: AnswerTaker,
): Promise<PredictedRows> {
  const features = featureColumns(model.metadata.schema);
  const known = new Set(features.map(({ name }) => name));
  const own = ids.filter((name) => !known.has(name));
  const texts = own.map((name): ColumnSchema => ({ name, kind: "text", role: "id" }));
  const schema: Schema = { columns: [...features, ...texts] };
  const ofRuns = (): RunBatches => new RunBatches(model.metadata.batch?.rows);
  let batches = ofRuns();
  const answer = async (rows: Frame): Promise<void> => {
    taker.take(await model.predictColumns(rows.columns, rows.rowCount, { threads: options.threads }), rows);
  };
  const read = await streamRows(
    source,
    {
      schema,
      optional: own,
      ...readingOf(options),
      threads: options.threads,
      onProgress: options.onProgress,
    },
    {
      begin() {
        batches = ofRuns();
        taker.begin();
      },
      async take(rows) {
        const whole = batches.add(rows);
        if (whole !== undefined) await answer(whole);
      },
    },
  );
  const rest = batches.rest();
  if (rest !== undefined) await answer(rest);
  return read;
}

/** @param before - Columns in front. */
export function answerHeader(model: Model, before: readonly string[] = []): string {
  const beside = besideOf(model.metadata);
  const labels = beside === undefined ? [] : model.metadata.classes!;
  const several = model.metadata.task.kind === "multilabel";
  const names = [
    ...before,
    "prediction",
    ...(several ? labels.map((label) => `label_${label}`) : []),
    ...labels.map((label) => `${besideWord[beside!]}_${label}`),
  ];
  return `${names.map(csvCell).join(",")}\n`;
}

/** @param names - Of the rows, in front of their answers. */
export function answerLines(
  model: Model,
  answers: ColumnAnswers,
  rowCount: number,
  names?: readonly string[],
): string {
  const { prediction } = answers;
  const beside = besideOf(model.metadata);
  const width = beside === undefined ? 0 : model.metadata.classes!.length;
  const values = beside && answers[beside];
  const { thresholds } = model.metadata.task;
  let text = "";
  for (let row = 0; row < rowCount; row++) {
    if (names !== undefined) text += `${csvCell(names[row]!)},`;
    text += csvCell(String(prediction[row]));
    if (thresholds !== undefined)
      for (let c = 0; c < width; c++) text += values![row * width + c]! >= thresholds[c]! ? ",1" : ",0";
    for (let c = 0; c < width; c++) text += `,${values![row * width + c]!}`;
    text += "\n";
  }
  return text;
}

/** All answers and ids, for a sample that wants them in another order. */
class KeptAnswers implements AnswerTaker {
  rowCount = 0;
  readonly ids = new Map<string, (string | null)[]>();
  private readonly names: readonly string[];
  private readonly labelled: boolean;
  private readonly beside: ReturnType<typeof besideOf>;
  private parts: ColumnAnswers[] = [];

  constructor(model: Model, names: readonly string[]) {
    this.names = names;
    this.labelled = model.metadata.classes !== undefined;
    this.beside = besideOf(model.metadata);
  }

  begin(): void {
    this.rowCount = 0;
    this.parts = [];
    this.ids.clear();
  }

  take(answers: ColumnAnswers, rows: Frame): void {
    this.parts.push(answers);
    this.rowCount += rows.rowCount;
    for (const name of this.names) {
      if (!rows.columns.has(name)) continue;
      const known = this.ids.get(name) ?? [];
      this.ids.set(name, known);
      for (const text of textsOf(rows, name)) known.push(text);
    }
  }

  answers(): ColumnAnswers {
    if (!this.labelled) return { prediction: joined(this.parts.map(({ prediction }) => prediction)) };
    const { beside } = this;
    return {
      prediction: this.parts.flatMap(({ prediction }) => prediction as readonly string[]),
      ...(beside && { [beside]: joined(this.parts.map((answers) => answers[beside]!)) }),
    };
  }
}

function joined(parts: readonly ArrayLike<unknown>[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part as Float64Array, at);
    at += part.length;
  }
  return all;
}

/** Lines of a sample that are joined at a time. */
const sampleLines = 65_536;

function* asSample(sample: SampleFile, model: Model, kept: KeptAnswers): Generator<string> {
  const { header: names, rows } = layOut(sample, model, kept.answers(), kept);
  const line = (cells: readonly string[]): string => `${cells.map(csvCell).join(",")}\n`;
  yield line(names);
  for (let start = 0; start < rows.length; start += sampleLines)
    yield rows
      .slice(start, start + sampleLines)
      .map(line)
      .join("");
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
