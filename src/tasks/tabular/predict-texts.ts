/** Answers for the texts of folders: one CSV line a file, in the order of names. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type BadFile, decodeTexts, type Finding, listMediaFiles } from "../../data/index.ts";
import type { Model } from "../../model/index.ts";
import { featureColumns } from "../../schema/index.ts";
import { answerHeader, answerLines, type LineTarget, type PredictedRows } from "./predict.ts";

export interface PredictedTexts extends PredictedRows {
  /** Files that are no text, which have no line. */
  readonly bad: readonly BadFile[];
}

export interface PredictTextsOptions {
  readonly threads: number;
  /** Files done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Whether the sources are folders, and the one column that a file reads is of texts. */
export async function readsFoldersOfTexts(
  model: Pick<Model, "metadata">,
  sources: readonly string[],
): Promise<boolean> {
  const [column, ...others] = featureColumns(model.metadata.schema);
  if (column?.kind !== "text" || others.length > 0) return false;
  const found = await Promise.all(sources.map((source) => stat(source).catch(() => undefined)));
  return found.every((info) => info?.isDirectory() === true);
}

/** Texts that are answered at a time. */
const blockRows = 64;

/**
 * Writes a header, `file,prediction,probability_<label>…`, and a line a file.
 *
 * @param sources - Folders in any layout. Files of one are named relative to it, of several with the folder in front.
 * @throws MillwrightError as `listMediaFiles`; `SOURCE_UNREADABLE` where no file is a text.
 */
export async function predictTexts(
  model: Model,
  sources: readonly string[],
  { threads, onProgress }: PredictTextsOptions,
  lines: LineTarget,
): Promise<PredictedTexts> {
  const [column] = featureColumns(model.metadata.schema);
  lines.write(answerHeader(model, ["file"]));
  const findings: Finding[] = [];
  const bad: BadFile[] = [];
  let rowCount = 0;
  let names: string[] = [];
  let texts: string[] = [];
  const answer = async (): Promise<void> => {
    const cells = { type: "string" as const, codes: Int32Array.from(texts.keys()), dictionary: texts };
    const answers = await model.predictColumns(new Map([[column!.name, cells]]), texts.length, { threads });
    lines.write(answerLines(model, answers, texts.length, names));
    rowCount += texts.length;
    [names, texts] = [[], []];
  };
  for (const source of sources) {
    const media = await listMediaFiles(source, { kind: "text" });
    findings.push(...media.findings);
    const files = decodeTexts(media, { maxBad: 1 });
    for await (const { file, text, row } of files) {
      names.push(sources.length === 1 ? file : join(source, file));
      texts.push(text);
      if (texts.length < blockRows) continue;
      await answer();
      onProgress?.(row + 1, media.files.length);
    }
    bad.push(...files.bad);
  }
  if (texts.length > 0) await answer();
  return { rowCount, bad, findings };
}
