/** A folder of class folders of texts as a table of two columns: `text`, and `label`, the name of the folder. */
import { open, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { csvCell } from "../database/temporary-csv.ts";
import type { SourceFile } from "../source.ts";
import { badFindings } from "./bad-findings.ts";
import { decodeTexts } from "./decode.ts";
import { readMediaFolder } from "./folder.ts";

/** The columns of the table. */
export const textColumns = { text: "text", label: "label" } as const;

/**
 * Writes the texts as a CSV file, in the order of their names. Files that are no text are left out and told.
 *
 * @param folder - The folder of the class folders.
 * @param newFolder - Makes the folder that the file is put into.
 * @returns Undefined for what is no folder of class folders, or one of another medium.
 * @throws MillwrightError `SOURCE_UNREADABLE` where more than one in twenty files is no text.
 */
export async function textsAsTable(
  folder: string,
  newFolder: () => Promise<string>,
): Promise<SourceFile | undefined> {
  const info = await stat(folder).catch(() => undefined);
  if (!info?.isDirectory()) return undefined;
  const media = await readMediaFolder(folder, { minClasses: 1 }).catch(() => undefined);
  if (media?.kind !== "text") return undefined;
  const { codes, dictionary } = media.labels;
  const texts = decodeTexts(media);
  const path = join(await newFolder(), "texts.csv");
  const file = await open(path, "w");
  try {
    await file.write(`${textColumns.text},${textColumns.label}\n`);
    for await (const { text, row } of texts)
      await file.write(`${csvCell(text)},${csvCell(dictionary[codes[row]!]!)}\n`);
  } finally {
    await file.close();
  }
  const { size } = await stat(path);
  return {
    path,
    name: folder,
    stem: basename(folder),
    format: "csv",
    packing: "none",
    bytes: size,
    written: { delimiter: ",", quote: '"', encoding: "utf-8" },
    findings: [...media.findings, ...badFindings(texts.bad, { one: "text", many: "texts" })],
  };
}
