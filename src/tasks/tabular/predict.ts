/** Answers for every row of a source, one CSV line a row, in the order of the rows or of a sample file. */
import { type Finding, openTable, type Reading, readingOf } from "../../data/index.ts";
import type { ColumnAnswers, Model } from "../../model/index.ts";
import { type ColumnSchema, featureColumns, type Frame, type Schema } from "../../schema/index.ts";
import { idCandidates, layOut, readSample, type SampleFile, textsOf } from "./sample.ts";

export interface PredictedRows {
  /** Header `prediction`, then `probability_<label>` for each label of a classifier; or that of the sample. */
  readonly csv: string;
  readonly rowCount: number;
  /** What was noticed while reading. */
  readonly findings: readonly Finding[];
}

export interface PredictOptions extends Reading {
  /** A file whose columns, rows and spelling the answers imitate. */
  readonly sample?: string;
  readonly threads: number;
}

/**
 * @param source - Needs the model's columns; the target and others may be there or not.
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN`, `SCHEMA_MISMATCH` for a sample that does not fit, `SOURCE_*`, `DATA_*`.
 */
export async function predictRows(
  model: Model,
  source: readonly string[],
  options: PredictOptions,
): Promise<PredictedRows> {
  const sample = options.sample === undefined ? undefined : await readSample(options.sample);
  const ids = sample === undefined ? [] : idCandidates(sample, model);
  const frame = await readRows(model, source, ids, options);
  const { rowCount } = frame;
  const answers = await model.predictColumns(frame.columns, rowCount, { threads: options.threads });
  const csv =
    sample === undefined ? asRows(model, answers, rowCount) : asSample(sample, ids, model, answers, frame);
  return { csv, rowCount: sample?.rowCount ?? rowCount, findings: frame.findings };
}

/** Only what the model reads is asked for, read as in training; and ids as text, where they are there. */
async function readRows(
  model: Model,
  source: readonly string[],
  ids: readonly string[],
  options: PredictOptions,
): Promise<Frame & { readonly findings: readonly Finding[] }> {
  const features = featureColumns(model.metadata.schema);
  const known = new Set(features.map(({ name }) => name));
  const own = ids.filter((name) => !known.has(name));
  const texts = own.map((name): ColumnSchema => ({ name, kind: "text", role: "id" }));
  const schema: Schema = { columns: [...features, ...texts] };
  const table = await openTable(source, {
    schema,
    optional: own,
    ...readingOf(options),
    threads: options.threads,
  });
  try {
    return { ...(await table.read()), findings: table.findings };
  } finally {
    await table.close();
  }
}

function asRows(model: Model, { prediction, probabilities }: ColumnAnswers, rowCount: number): string {
  const { classes } = model.metadata;
  const header = ["prediction", ...(classes ?? []).map((label) => `probability_${label}`)]
    .map(csvCell)
    .join(",");
  const lines = [header];
  const width = classes?.length ?? 0;
  for (let row = 0; row < rowCount; row++) {
    let line = csvCell(String(prediction[row]));
    for (let c = 0; c < width; c++) line += `,${probabilities![row * width + c]!}`;
    lines.push(line);
  }
  return `${lines.join("\n")}\n`;
}

function asSample(
  sample: SampleFile,
  candidates: readonly string[],
  model: Model,
  answers: ColumnAnswers,
  frame: Frame,
): string {
  const ids = new Map(
    candidates.filter((name) => frame.columns.has(name)).map((name) => [name, textsOf(frame, name)]),
  );
  const { header, rows } = layOut(sample, model, answers, { rowCount: frame.rowCount, ids });
  return `${[header, ...rows].map((cells) => cells.map(csvCell).join(",")).join("\n")}\n`;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
