/** Answers for the pictures of a folder, or for single files: one CSV line a file, in the order of names. */
import { join } from "node:path";
import { stat } from "node:fs/promises";
import { type BadFile, decodeImages, type Finding, listMediaFiles, type Media } from "../../data/index.ts";
import type { Model } from "../../model/index.ts";
import { featureColumns, type ImageColumnSchema } from "../../schema/index.ts";
import type { LineTarget } from "../tabular/predict.ts";

export interface PredictedPictures {
  /** Pictures that were answered. */
  readonly rowCount: number;
  readonly bad: readonly BadFile[];
  readonly findings: readonly Finding[];
}

export interface PredictPicturesOptions {
  readonly threads: number;
  /** Pictures done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The column of pictures that a file reads; undefined where it reads a table. */
export function pictureColumn(model: Pick<Model, "metadata">): ImageColumnSchema | undefined {
  return featureColumns(model.metadata.schema).find((column) => column.kind === "image");
}

/** Pictures that are answered at a time. */
const blockPictures = 64;

/**
 * Writes a header, `file,prediction,probability_<label>…`, and a line a picture. Broken files have no line.
 *
 * @param sources - Folders, whose files are named relative to them, and files.
 * @throws MillwrightError `SOURCE_NOT_FOUND`, `DATA_EMPTY`; `SOURCE_UNREADABLE` where no picture can be read.
 */
export async function predictPictures(
  model: Model,
  sources: readonly string[],
  { threads, onProgress }: PredictPicturesOptions,
  lines: LineTarget,
): Promise<PredictedPictures> {
  const { height, width, channels, fit } = pictureColumn(model)!;
  const classes = model.metadata.classes!;
  const media = await filesOf(sources);
  lines.write(
    `${["file", "prediction", ...classes.map((label) => `probability_${label}`)].map(cell).join(",")}\n`,
  );
  const bytes = height * width * channels;
  const pixels = new Uint8Array(blockPictures * bytes);
  let names: string[] = [];
  let rowCount = 0;
  const answer = async (): Promise<void> => {
    const answers = await answerPictures(model, pixels.subarray(0, names.length * bytes));
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
  const files = decodeImages(media, { height, width, channels, fit, threads, maxBad: 1 });
  for await (const picture of files) {
    pixels.set(picture.pixels, names.length * bytes);
    names.push(picture.file);
    if (names.length < blockPictures) continue;
    await answer();
    onProgress?.(picture.row + 1, media.files.length);
  }
  if (names.length > 0) await answer();
  return { rowCount, bad: files.bad, findings: media.findings };
}

/** Answers of a file for pictures that are decoded. @param pixels - [pictures, height, width, channels]. */
export async function answerPictures(
  model: Model,
  pixels: Uint8Array,
): Promise<{ readonly prediction: readonly string[]; readonly probabilities: Float64Array }> {
  const { name, height, width, channels } = pictureColumn(model)!;
  const classes = model.metadata.classes!;
  const bytes = height * width * channels;
  const count = pixels.length / bytes;
  const rows = Array.from({ length: count }, (_, i) => ({
    [name]: pixels.subarray(i * bytes, (i + 1) * bytes),
  }));
  const answers = await model.predict(rows);
  const probabilities = new Float64Array(count * classes.length);
  answers.forEach((answer, i) =>
    classes.forEach((label, c) => (probabilities[i * classes.length + c] = answer.probabilities![label]!)),
  );
  return { prediction: answers.map((answer) => answer.prediction as string), probabilities };
}

/** The files of all sources; one folder's are named relative to it. */
async function filesOf(sources: readonly string[]): Promise<Media> {
  const [only] = sources;
  if (sources.length === 1 && !(await isFile(only!))) return await listMediaFiles(only!, { kind: "image" });
  const files: string[] = [];
  const findings: Finding[] = [];
  for (const source of sources) {
    if (await isFile(source)) {
      files.push(source);
      continue;
    }
    const media = await listMediaFiles(source, { kind: "image" });
    findings.push(...media.findings);
    files.push(...media.files.map((file) => join(source, file)));
  }
  return { kind: "image", root: ".", files, missing: [], findings };
}

const isFile = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isFile() === true;

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
