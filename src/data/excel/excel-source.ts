/**
 * A sheet of an Excel workbook (.xlsx) as a CSV file: from there on it is read like any other table.
 *
 * Excel keeps a date as a number of days, which the package turns into a moment just short of the right one:
 * moments are rounded to the second, as Excel shows them.
 */
import { open, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MillwrightError, nearest } from "../../core/index.ts";
import { csvCell } from "../database/temporary-csv.ts";
import { type Finding, shellWord } from "../finding.ts";
import type { SourceFile } from "../source.ts";
import { xmlText } from "../xml-text.ts";
import { type ZipEntry, zipEntries, zipText } from "./zip.ts";

type Package = typeof import("read-excel-file/node");

/** A workbook is unpacked in memory, each part of it as one string, which Node ends here. */
const maxUnpackedBytes = 2e9;
const maxPartBytes = 500e6;
const maxBookBytes = 16e6;

/**
 * @param folder - Where the CSV file is put.
 * @param sheet - A sheet's name, or its number from 1; the first that is not hidden by default.
 * @throws MillwrightError `SOURCE_FORMAT` for what is no workbook, `SOURCE_NOT_FOUND` for a sheet that is not there,
 *   `DATA_LIMIT`, `DATA_EMPTY`, `RUNTIME_MISSING`.
 */
export async function sheetAsCsv(
  file: SourceFile,
  folder: string,
  sheet: string | undefined,
): Promise<SourceFile> {
  const sheets = await sheetsOf(file);
  const chosen = chooseSheet(file.name, sheets, sheet);
  const rows = trim(await readRows(file, sheets.indexOf(chosen) + 1));
  if (rows.length === 0) {
    throw new MillwrightError(
      "DATA_EMPTY",
      `The sheet "${chosen.name}" of ${file.name} is empty.`,
      sheets.length > 1 ? `Name another with --sheet: ${namesOf(sheets)}.` : "Give a workbook with rows.",
    );
  }
  const path = join(folder, "sheet.csv");
  await writeFile(
    path,
    rows.map((row) => `${row.map((cell) => csvCell(textOf(cell))).join(",")}\n`).join(""),
  );
  const { size } = await stat(path);
  return {
    ...file,
    path,
    content: file.path,
    format: "csv",
    packing: "none",
    bytes: size,
    written: { delimiter: ",", quote: '"', encoding: "utf-8" },
    ...(sheet === undefined &&
      sheets.length > 1 && {
        findings: [sheetFinding(file.name, chosen, sheets)],
      }),
  };
}

interface Sheet {
  readonly name: string;
  readonly hidden: boolean;
}

async function sheetsOf(file: SourceFile): Promise<readonly Sheet[]> {
  const handle = await open(file.path);
  try {
    const { buffer } = await handle.read(Buffer.alloc(8), 0, 8, 0);
    if (buffer.toString("hex") === "d0cf11e0a1b11ae1") {
      throw notAWorkbook(file.name, "it is an old .xls file, or locked with a password");
    }
    const entries = await zipEntries(handle).catch(() => undefined);
    if (entries === undefined) throw notAWorkbook(file.name, "it is no whole zip file");
    const book = entries.find(({ name }) => name.replace(/^\//, "") === "xl/workbook.xml");
    if (book === undefined) throw notAWorkbook(file.name, "no workbook is in it");
    requireSize(file.name, entries);
    const xml = await zipText(handle, book, maxBookBytes).catch((cause: Error) => {
      throw notAWorkbook(file.name, cause.message);
    });
    return [...xml.matchAll(/<(?:\w+:)?sheet\s([^>]*)>/g)].map(([, attributes]) => ({
      name: xmlText(/\bname="([^"]*)"/.exec(attributes!)?.[1] ?? ""),
      hidden: /\bstate="(hidden|veryHidden)"/.test(attributes!),
    }));
  } finally {
    await handle.close();
  }
}

function notAWorkbook(name: string, why: string): MillwrightError {
  return new MillwrightError(
    "SOURCE_FORMAT",
    `${name} cannot be read as an Excel workbook: ${why}.`,
    "Save it as .xlsx without a password, or export it as CSV.",
  );
}

function requireSize(name: string, entries: readonly ZipEntry[]): void {
  const all = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const largest = Math.max(...entries.map((entry) => entry.bytes));
  if (all <= maxUnpackedBytes && largest <= maxPartBytes) return;
  throw new MillwrightError(
    "DATA_LIMIT",
    `${name} is ${all} bytes unpacked, ${largest} in one part, and ${maxUnpackedBytes} and ${maxPartBytes} can be read.`,
    "Export the sheet as CSV.",
  );
}

function chooseSheet(name: string, sheets: readonly Sheet[], wanted: string | undefined): Sheet {
  const first = sheets.find((sheet) => !sheet.hidden) ?? sheets[0];
  if (first === undefined) throw notAWorkbook(name, "it has no sheets");
  if (wanted === undefined) return first;
  const numbered = /^\d+$/.test(wanted) ? sheets[Number(wanted) - 1] : undefined;
  const found = sheets.find((sheet) => sheet.name === wanted) ?? numbered;
  if (found !== undefined) return found;
  const guess = nearest(
    wanted,
    sheets.map((sheet) => sheet.name),
  );
  throw new MillwrightError(
    "SOURCE_NOT_FOUND",
    `${name} has no sheet "${wanted}" among its ${sheets.length}${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
    `Name one of ${namesOf(sheets)} with --sheet.`,
  );
}

function namesOf(sheets: readonly Sheet[]): string {
  const shown = sheets.slice(0, 8).map((sheet) => sheet.name);
  return `${shown.join(", ")}${sheets.length > shown.length ? ", …" : ""}`;
}

function sheetFinding(name: string, chosen: Sheet, sheets: readonly Sheet[]): Finding {
  const other = sheets.find((sheet) => sheet !== chosen)!;
  return {
    kind: "sheet",
    column: null,
    evidence: `${name} has ${sheets.length} sheets (${namesOf(sheets)}), and "${chosen.name}" is read.`,
    effect: "readAs",
    undo: `--sheet ${shellWord(other.name)}`,
    numbers: { sheets: sheets.length },
  };
}

type Row = readonly unknown[];

async function readRows(file: SourceFile, number: number): Promise<readonly Row[]> {
  const { readSheet } = await load();
  try {
    return await readSheet(file.path, number, { trim: false });
  } catch (cause) {
    const said = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, " ").slice(0, 160);
    throw notAWorkbook(file.name, said.replace(/\.$/, ""));
  }
}

async function load(): Promise<Package> {
  try {
    return await import("read-excel-file/node");
  } catch (cause) {
    throw new MillwrightError(
      "RUNTIME_MISSING",
      "Reading Excel needs the package read-excel-file, which is not installed.",
      "Install it: npm install read-excel-file",
      { cause },
    );
  }
}

/** Rows and columns that hold something, as one rectangle; empty rows inside it are left out. */
function trim(rows: readonly Row[]): readonly Row[] {
  const filled = (cell: unknown): boolean => cell !== null && cell !== undefined && cell !== "";
  const kept = rows.filter((row) => row.some(filled));
  const width = kept.reduce((most, row) => Math.max(most, row.length), 0);
  const used = Array.from({ length: width }, (_, at) => at).filter((at) =>
    kept.some((row) => filled(row[at])),
  );
  return kept.map((row) => used.map((at) => row[at]));
}

/** A cell as CSV has it: moments in ISO form, without a time where it is midnight. */
function textOf(cell: unknown): unknown {
  if (!(cell instanceof Date)) return cell;
  const iso = new Date(Math.round(cell.getTime() / 1000) * 1000).toISOString();
  return iso.endsWith("T00:00:00.000Z") ? iso.slice(0, 10) : iso.slice(0, 19).replace("T", " ");
}
