/** Rows of a database in a temporary CSV file: one text form, whatever the server, that is read like any file. */
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillwrightError } from "../../core/index.ts";
import { openCsvFiles } from "../csv-source.ts";
import type { RawSource } from "../raw-source.ts";

/**
 * Lets `write` fill a file, and opens it as a source that deletes it when closed.
 *
 * @param owner - The database in messages, without its password.
 * @param write - Writes a header and rows, fields separated by commas, quoted with `"`.
 * @throws MillwrightError `OUTPUT_UNWRITABLE` when the disk is full, and what `write` brings.
 */
export async function throughTemporaryCsv(
  owner: string,
  write: (out: WriteStream) => Promise<void>,
): Promise<RawSource> {
  const folder = await mkdtemp(join(tmpdir(), "millwright-rows-"));
  const path = join(folder, "rows.csv");
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await fill(path, write);
    const { size } = await stat(path);
    const file = { path, name: owner, stem: "rows", format: "csv", packing: "none", bytes: size } as const;
    const source = await openCsvFiles([file], {
      delimiter: ",",
      quote: '"',
      header: true,
      encoding: "utf-8",
    });
    const content = await source.content();
    return Object.assign(source, { owner, close: remove, content: async () => content });
  } catch (error) {
    await remove();
    throw error;
  }
}

async function fill(path: string, write: (out: WriteStream) => Promise<void>): Promise<void> {
  const out = createWriteStream(path);
  let failure: Error | undefined;
  out.on("error", (error) => {
    failure = error;
  });
  try {
    await write(out);
    if (failure === undefined) {
      out.end();
      await once(out, "close");
    }
  } catch (error) {
    out.destroy();
    if (failure === undefined) throw error;
  }
  if (failure === undefined) return;
  throw new MillwrightError(
    "OUTPUT_UNWRITABLE",
    `The rows cannot be kept in ${path}: ${failure.message}.`,
    "Free space there, or set TMPDIR to a larger disk.",
    { cause: failure },
  );
}

/** A cell as CSV; null and undefined are empty. */
export function csvCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  const text = typeof value === "string" ? value : String(value as number | bigint | boolean);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
