/**
 * Answers for the pictures or sounds of a folder, or for single files: one CSV line a file, in the order of names; or for
 * the files that a table names, in the order of its rows.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { MillwrightError } from "../../core/index.ts";
import {
  type BadFile,
  decodeImages,
  decodeSounds,
  type Finding,
  fitSound,
  listMediaFiles,
  type Media,
  mediaFromTable,
  type MediaKind,
  openTable,
  type Reading,
} from "../../data/index.ts";
import type { Model } from "../../model/index.ts";
import {
  type AudioColumnSchema,
  featureColumns,
  type ImageColumnSchema,
  inputCells,
} from "../../schema/index.ts";
import type { LineTarget } from "../tabular/predict.ts";

/** Rows of media, as their files take them: bytes of pictures, samples of sounds. */
export type MediaRows = Uint8Array | Float32Array;
/** The input of a file that answers media. */
export type MediaColumn = ImageColumnSchema | AudioColumnSchema;

export interface PredictedMedia {
  /** Files that were answered. */
  readonly rowCount: number;
  readonly bad: readonly BadFile[];
  readonly findings: readonly Finding[];
}

export interface PredictMediaOptions {
  readonly threads: number;
  /** The one source is a table, and this column of it holds the paths, relative to its file. */
  readonly column?: string;
  /** How the table is read. */
  readonly reading?: Reading;
  /** Files done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The column of pictures or sounds that a file reads; undefined where it reads a table. */
export function mediaColumn(model: Pick<Model, "metadata">): MediaColumn | undefined {
  return featureColumns(model.metadata.schema).find(
    (column) => column.kind === "image" || column.kind === "audio",
  );
}

/** Files that are answered at a time. */
const blockRows = 64;

/**
 * Writes a header, `file,prediction,probability_<label>…`, and a line a file. Broken files have no line.
 *
 * @param sources - Folders, whose files are named relative to them, and files; or one table, with `column`.
 * @throws MillwrightError `SOURCE_NOT_FOUND`, `DATA_EMPTY`; `SOURCE_UNREADABLE` where no file can be read; of a table also
 *   what `openTable` and `mediaFromTable` throw, and `PARAMETER_CONFLICT` for more than one.
 */
export async function predictMedia(
  model: Model,
  sources: readonly string[],
  { threads, column: named, reading = {}, onProgress }: PredictMediaOptions,
  lines: LineTarget,
): Promise<PredictedMedia> {
  const column = mediaColumn(model)!;
  const classes = model.metadata.classes!;
  const media =
    named === undefined
      ? await filesOf(sources, column.kind)
      : await filesNamed(sources, named, column.kind, { ...reading, threads });
  lines.write(
    `${["file", "prediction", ...classes.map((label) => `probability_${label}`)].map(cell).join(",")}\n`,
  );
  const size = inputCells(column, 1).length;
  const block = inputCells(column, blockRows) as MediaRows;
  let names: string[] = [];
  let rowCount = 0;
  const answer = async (): Promise<void> => {
    const answers = await answerRows(model, block.subarray(0, names.length * size));
    let text = "";
    names.forEach((name, i) => {
      const shares = answers.probabilities.subarray(i * classes.length, (i + 1) * classes.length);
      text += `${cell(name)},${cell(answers.prediction[i]!)},${shares.join(",")}\n`;
    });
    lines.write(text);
    rowCount += names.length;
    names = [];
  };
  // One broken file is no reason to answer none of the others.
  const files = decodeRows(media, column, { threads, maxBad: 1 });
  for await (const { file, row, cells } of files.rows) {
    block.set(cells, names.length * size);
    names.push(file);
    if (names.length < blockRows) continue;
    await answer();
    onProgress?.(row + 1, media.files.length);
  }
  if (names.length > 0) await answer();
  return { rowCount, bad: files.bad, findings: media.findings };
}

/** A file as a column takes it. */
interface DecodedRow {
  readonly file: string;
  /** Its place in `media.files`. */
  readonly row: number;
  readonly cells: MediaRows;
}

/** Files as a column takes them, in order. `bad` is whole when all were gone through. */
export function decodeRows(
  media: Media,
  column: MediaColumn,
  options: { readonly threads: number; readonly maxBad: number },
): { readonly rows: AsyncIterable<DecodedRow>; readonly bad: readonly BadFile[] } {
  if (column.kind === "image") {
    const { height, width, channels, fit } = column;
    const files = decodeImages(media, { height, width, channels, fit, ...options });
    return { rows: rowsOf(files, ({ pixels }) => pixels), bad: files.bad };
  }
  const { rate, length } = column;
  const files = decodeSounds(media, { rate, ...options });
  return { rows: rowsOf(files, ({ samples }) => fitSound(samples, length)), bad: files.bad };
}

async function* rowsOf<T extends { readonly file: string; readonly row: number }>(
  files: AsyncIterable<T>,
  cellsOf: (file: T) => MediaRows,
): AsyncGenerator<DecodedRow> {
  for await (const file of files) yield { file: file.file, row: file.row, cells: cellsOf(file) };
}

/** Answers of a file for rows that are decoded. @param data - Row-major, each of the size that the file takes. */
export async function answerRows(
  model: Model,
  data: MediaRows,
): Promise<{ readonly prediction: readonly string[]; readonly probabilities: Float64Array }> {
  const column = mediaColumn(model)!;
  const classes = model.metadata.classes!;
  const size = inputCells(column, 1).length;
  const count = data.length / size;
  const rows = Array.from({ length: count }, (_, i) => ({
    [column.name]: data.subarray(i * size, (i + 1) * size),
  }));
  const answers = await model.predict(rows);
  const probabilities = new Float64Array(count * classes.length);
  answers.forEach((answer, i) =>
    classes.forEach((label, c) => (probabilities[i * classes.length + c] = answer.probabilities![label]!)),
  );
  return { prediction: answers.map((answer) => answer.prediction as string), probabilities };
}

/** The files of all sources; one folder's are named relative to it. */
async function filesOf(sources: readonly string[], kind: MediaKind): Promise<Media> {
  const [only] = sources;
  if (sources.length === 1 && !(await isFile(only!))) return await listMediaFiles(only!, { kind });
  const files: string[] = [];
  const findings: Finding[] = [];
  for (const source of sources) {
    if (await isFile(source)) {
      files.push(source);
      continue;
    }
    const media = await listMediaFiles(source, { kind });
    findings.push(...media.findings);
    files.push(...media.files.map((file) => join(source, file)));
  }
  return { kind, root: ".", files, missing: [], findings };
}

/** The files that a column of a table names, in the order of its rows. */
async function filesNamed(
  sources: readonly string[],
  column: string,
  kind: MediaKind,
  options: Reading & { readonly threads: number },
): Promise<Media> {
  if (sources.length !== 1) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `--${kind} names a column of one table, whose folder the paths are relative to, and ${sources.length} sources are given.`,
      "Give one table.",
    );
  }
  const table = await openTable(sources[0]!, { ...options, columns: { [column]: { kind: "category" } } });
  try {
    return await mediaFromTable(table, column, { kind });
  } finally {
    await table.close();
  }
}

const isFile = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isFile() === true;

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
