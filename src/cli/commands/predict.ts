/** `millwright predict`: one answer per row of a table, in order, as CSV. */
import { MillwrightError } from "../../core/index.ts";
import {
  filesBehind,
  formatOf,
  prepareFile,
  type Reading,
  readingFlags,
  withoutPassword,
  writeGrowing,
} from "../../data/index.ts";
import { load } from "../../model/index.ts";
import {
  mediaColumn,
  predictMedia,
  predictRows,
  predictSequences,
  predictTags,
  predictTexts,
  readsFoldersOfTexts,
  sequenceColumn,
  tokenPlaces,
} from "../../tasks/index.ts";

import { counted, findingLine, print, printJson, startProgress } from "../terminal.ts";

export interface PredictFlags extends Reading {
  readonly out: string;
  readonly sample?: string;
  readonly image?: string;
  readonly audio?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

export async function predict(path: string, source: readonly string[], flags: PredictFlags): Promise<void> {
  const { availableParallelism } = await import("node:os");
  const { out, sample, image, audio, threads = availableParallelism(), json = false, ...reading } = flags;
  const progress = startProgress(json);
  const read = await filesBehind([...source, ...(sample === undefined ? [] : [sample])]);
  prepareFile(out, "--out", [path, ...read]);
  const model = await load(path);
  try {
    progress.listen({ stage: "predict" });
    const media = mediaColumn(model);
    refuseColumn(path, media?.kind, { image, audio });
    if (media !== undefined) {
      const many = media.kind === "image" ? "pictures" : "sounds";
      const column = image ?? audio;
      const ofTable = column === undefined ? readingFlags(reading)[0] : undefined;
      const refused = sample === undefined ? ofTable : "--sample";
      if (refused !== undefined) {
        throw new MillwrightError(
          "PARAMETER_CONFLICT",
          `${path} answers ${many}, for which ${refused} has no meaning.`,
          `Leave it out, and name folders or files of ${many}, or a table with --${media.kind}.`,
        );
      }
      const table = column === undefined ? source.find((name) => formatOf(name) !== undefined) : undefined;
      if (table !== undefined) {
        throw new MillwrightError(
          "PARAMETER_MISSING",
          `${path} answers ${many}, and ${table} is a table.`,
          `Name folders or files of ${many}; of a table, the column of their paths with --${media.kind}.`,
        );
      }
      const { rowCount, bad, findings } = await writeGrowing(out, (file) =>
        predictMedia(
          model,
          source,
          {
            threads,
            ...(column !== undefined && { column, reading }),
            onProgress: (done, total) => progress.listen({ stage: "predict", done, total }),
          },
          file,
        ),
      );
      progress.end();
      if (json) printJson({ format: 1, model: path, source, rows: rowCount, out, findings, bad });
      else printFiles({ rowCount, bad, findings }, out);
      return;
    }
    if (tokenPlaces(model) !== undefined) {
      const refused = sample === undefined ? readingFlags(reading)[0] : "--sample";
      if (refused !== undefined) {
        throw new MillwrightError(
          "PARAMETER_CONFLICT",
          `${path} tags tokens of sentences, for which ${refused} has no meaning.`,
          "Leave it out, and name CoNLL files, or texts (*.txt) of a sentence a line.",
        );
      }
      const { sentences, tokens } = await writeGrowing(out, (file) =>
        predictTags(
          model,
          source,
          { onProgress: (done, total) => progress.listen({ stage: "predict", done, total }) },
          file,
        ),
      );
      progress.end();
      if (json) printJson({ format: 1, model: path, source, rows: tokens, out, findings: [] });
      else print(`${tokens} tags of ${sentences} sentences in ${out}`);
      return;
    }
    if (await readsFoldersOfTexts(model, source)) {
      const refused = sample === undefined ? readingFlags(reading)[0] : "--sample";
      if (refused !== undefined) {
        throw new MillwrightError(
          "PARAMETER_CONFLICT",
          `${source.join(", ")}: a folder of texts, for which ${refused} has no meaning.`,
          "Leave it out, or name a table.",
        );
      }
      const listener = (done: number, total: number) => progress.listen({ stage: "predict", done, total });
      const { rowCount, bad, findings } = await writeGrowing(out, (file) =>
        predictTexts(model, source, { threads, onProgress: listener }, file),
      );
      progress.end();
      if (json) printJson({ format: 1, model: path, source, rows: rowCount, out, findings, bad });
      else printFiles({ rowCount, bad, findings }, out);
      return;
    }
    const how = {
      ...reading,
      ...(sample !== undefined && { sample }),
      threads,
      onProgress: (done: number, total: number) => progress.listen({ stage: "predict", done, total }),
    };
    const sequences = sequenceColumn(model) !== undefined;
    if (sequences && sample !== undefined) {
      throw new MillwrightError(
        "PARAMETER_CONFLICT",
        `${path} answers sequences, for which --sample has no meaning.`,
        "Leave it out: a line is written for each group, or for each next value.",
      );
    }
    const { rowCount, findings } = await writeGrowing(out, (file) =>
      (sequences ? predictSequences : predictRows)(model, source, how, file),
    );
    progress.end();
    if (json) {
      printJson({
        format: 1,
        model: path,
        source: source.map(withoutPassword),
        rows: rowCount,
        out,
        findings,
      });
      return;
    }
    for (const finding of findings) print(findingLine(finding));
    print(`${counted(rowCount, "answer")} in ${out}`);
  } finally {
    progress.end();
    await model.close();
  }
}

/** What was answered of files, and which were left out. */
function printFiles(
  { rowCount, bad, findings }: Awaited<ReturnType<typeof predictMedia>>,
  out: string,
): void {
  for (const finding of findings) print(findingLine(finding));
  for (const { file, reason } of bad.slice(0, 20)) print(`left out: ${file} ${reason}`);
  if (bad.length > 20) print(`left out: ${bad.length - 20} more, which --json tells`);
  print(`${counted(rowCount, "answer")} in ${out}`);
}

/** @throws MillwrightError `PARAMETER_CONFLICT` for a column of files that the model does not read. */
function refuseColumn(
  path: string,
  kind: "image" | "audio" | undefined,
  given: Readonly<Record<"image" | "audio", string | undefined>>,
): void {
  const odd = (["image", "audio"] as const).find((name) => given[name] !== undefined && name !== kind);
  if (odd === undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `--${odd} names a column of ${odd === "image" ? "pictures" : "sounds"}, and ${path} answers ${kind === undefined ? "neither pictures nor sounds" : kind === "image" ? "pictures" : "sounds"}.`,
    kind === undefined ? `Leave --${odd} out.` : `Name the column of their paths with --${kind}.`,
  );
}
