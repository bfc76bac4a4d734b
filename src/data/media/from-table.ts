/** Media named by a table: a column of paths, relative to the table's file, one file a row. */
import { readdir, stat } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import { MillwrightError } from "../../core/index.ts";
import type { Table } from "../table.ts";
import {
  type BadFile,
  counted,
  extensionsOf,
  type Media,
  type MediaKind,
  mediaKinds,
  mediumOf,
} from "./media.ts";

export interface MediaTableOptions {
  /** The folder that paths are relative to; that of the table's file by default. */
  readonly root?: string;
  /** The kind, where names do not tell it. */
  readonly kind?: MediaKind;
}

/** The files of a column. */
export interface MediaColumn extends Media {
  /** The row of the table of each file, from 0. Shape [files]. */
  readonly rows: Uint32Array;
  /** Rows whose cell is empty. */
  readonly emptyCells: number;
}

/** Files looked for at a time. */
const atOnce = 64;

/** Folders beside the table that are looked into for a path that is not there. */
const mostFolders = 100;

const isAddress = "is an address, not a file";

/**
 * Finds the files that a column names, in the order of the rows. No file is opened.
 *
 * @param column - A column of paths; absolute ones are taken as they are, backslashes too.
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN`; `SCHEMA_WRONG_KIND` for a column of numbers; `PARAMETER_MISSING` where
 *   the table is no single local file and `root` is not given; `DATA_ALL_MISSING` for a column of empty cells;
 *   `SOURCE_FORMAT` where names tell no kind, or several; `SOURCE_NOT_FOUND` where not one file is there.
 */
export async function mediaFromTable(
  table: Table,
  column: string,
  options: MediaTableOptions = {},
): Promise<MediaColumn> {
  const cells = (await table.read([column])).columns.get(column)!;
  if (cells.type !== "string") {
    // A column without any value is read as one of numbers.
    if (cells.values.every(Number.isNaN)) throw allEmpty(table, column);
    const written = table.schema.columns.find(({ name }) => name === column)!.kind === "datetime";
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `The column "${column}" of ${table.owner} holds ${written ? "dates" : "numbers"} in ${table.rowCount} rows, and paths of files are needed.`,
      pathsNamed(table, column),
    );
  }
  const root = options.root ?? (await folderOf(table));
  const { codes, dictionary } = cells;
  const used = new Set(codes);
  const named = dictionary.filter((_, code) => used.has(code));
  if (named.length === 0) throw allEmpty(table, column);
  const firstRow = codes.indexOf(dictionary.indexOf(named[0]!));
  const kind = options.kind ?? kindOf(table, column, named, inRow(named[0]!, firstRow));
  const found = await findEach(root, dictionary, used);
  const files: string[] = [];
  const rows: number[] = [];
  const missing: BadFile[] = [];
  const missingRows: number[] = [];
  let emptyCells = 0;
  for (const [row, code] of codes.entries()) {
    const file = found[code];
    if (code < 0) emptyCells++;
    else if (typeof file === "string") {
      files.push(file);
      rows.push(row);
    } else {
      missing.push({ file: dictionary[code]!, reason: file!.reason });
      missingRows.push(row);
    }
  }
  const told = missing.map(({ file, reason }, i) => `${inRow(file, missingRows[i]!)} ${reason}`);
  if (files.length === 0) throw await noneFound(table, column, root, missing, told[0]!);
  return {
    kind,
    root,
    files,
    rows: Uint32Array.from(rows),
    missing,
    emptyCells,
    findings:
      missing.length + emptyCells === 0
        ? []
        : [
            {
              kind: "missingFiles",
              column,
              evidence: evidenceOf(told, emptyCells, table.rowCount, kind),
              effect: "hint",
              undo: null,
              numbers: { missing: missing.length, emptyCells },
            },
          ],
  };
}

function allEmpty(table: Table, column: string): MillwrightError {
  return new MillwrightError(
    "DATA_ALL_MISSING",
    `The column "${column}" of ${table.owner} is empty in all ${table.rowCount} rows.`,
    pathsNamed(table, column),
  );
}

/** What to do about a column without paths. */
function pathsNamed({ schema }: Table, column: string): string {
  const others = schema.columns.filter(
    ({ name, kind }) => name !== column && kind !== "number" && kind !== "datetime" && kind !== "boolean",
  );
  if (others.length === 0) return "Name the column of paths; no other of this table holds words.";
  return `Name the column of paths; ${others.length === 1 ? "the other that holds words is" : "others that hold words are"} ${othersShown(others)}.`;
}

function othersShown(columns: readonly { readonly name: string }[]): string {
  const shown = columns.slice(0, 5).map(({ name }) => `"${name}"`);
  return [...shown, ...(columns.length > shown.length ? [`${columns.length - shown.length} more`] : [])].join(
    ", ",
  );
}

/** Where not one file is there: the first with the reason, and the folder that it does lie in, where that is near. */
async function noneFound(
  { owner }: Table,
  column: string,
  root: string,
  missing: readonly BadFile[],
  told: string,
): Promise<MillwrightError> {
  const [{ file, reason }] = missing as [BadFile];
  const what = `None of the ${missing.length} files in the column "${column}" of ${owner} is there: ${told}`;
  if (reason === isAddress) {
    return new MillwrightError(
      "SOURCE_NOT_FOUND",
      `${what}.`,
      "Download the files, and write where they lie.",
    );
  }
  const near = await nearFolder(root, file);
  return new MillwrightError(
    "SOURCE_NOT_FOUND",
    `${what}${isAbsolute(file) ? "" : ` below ${root}`}${near === undefined ? "" : `, but below ${near}`}.`,
    near === undefined
      ? "Write them relative to the folder of the table; in code, { root } names another."
      : `Write them relative to the folder of the table, or in code give { root: ${JSON.stringify(near)} }.`,
  );
}

/** The folder above `root`, or one right in it, below which a path is a file. */
async function nearFolder(root: string, path: string): Promise<string | undefined> {
  if (isAbsolute(path)) return undefined;
  const inside = await readdir(root, { withFileTypes: true }).catch(() => []);
  const folders = inside.filter((entry) => entry.isDirectory()).map(({ name }) => resolve(root, name));
  for (const folder of [dirname(root), ...folders.sort().slice(0, mostFolders)]) {
    if (typeof (await find(folder, path)) === "string") return folder;
  }
  return undefined;
}

/** @throws MillwrightError `PARAMETER_MISSING` where the table is no single local file. */
async function folderOf(table: Table): Promise<string> {
  const info = await stat(table.owner).catch(() => undefined);
  if (info?.isFile() === true) return dirname(table.owner);
  throw new MillwrightError(
    "PARAMETER_MISSING",
    `${table.owner} is no single file that paths could be relative to.`,
    "Give the folder of the files as root.",
  );
}

/** @param first - The first name, and where it stands. */
function kindOf(table: Table, column: string, names: readonly string[], first: string): MediaKind {
  const owner = `The column "${column}" of ${table.owner}`;
  const counts = new Map<MediaKind, number>();
  for (const name of names) {
    const medium = mediumOf(name);
    if (medium?.read === true) counts.set(medium.kind, (counts.get(medium.kind) ?? 0) + 1);
  }
  if (counts.size === 1) return [...counts.keys()][0]!;
  if (counts.size === 0) {
    throw new MillwrightError(
      "SOURCE_FORMAT",
      `${owner} holds ${names.length} different ${names.length === 1 ? "value" : "values"}, none of them a file that is read: ${first} is neither ${mediaKinds.map((kind) => `${kind} (${extensionsOf(kind)})`).join(" nor ")}.`,
      `${pathsNamed(table, column)} In code, { kind } says what files without an extension are.`,
    );
  }
  throw new MillwrightError(
    "SOURCE_FORMAT",
    `${owner} names media of several kinds: ${[...counts].map(([kind, count]) => counted(count, kind)).join(", ")}.`,
    "Keep the rows of one kind.",
  );
}

/** For each code in use: the path with forward slashes, or why there is none. */
async function findEach(
  root: string,
  dictionary: readonly string[],
  used: ReadonlySet<number>,
): Promise<readonly (string | { readonly reason: string } | undefined)[]> {
  const found: (string | { readonly reason: string } | undefined)[] = new Array(dictionary.length);
  const codes = [...used].filter((code) => code >= 0);
  for (let start = 0; start < codes.length; start += atOnce) {
    await Promise.all(
      codes.slice(start, start + atOnce).map(async (code) => {
        found[code] = await find(root, dictionary[code]!);
      }),
    );
  }
  return found;
}

async function find(root: string, written: string): Promise<string | { readonly reason: string }> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(written)) return { reason: isAddress };
  // A zero byte, which no path has, is an error of Node's and not of the file system.
  if (written.includes("\0")) return { reason: "is not there" };
  const turned = written.replaceAll("\\", "/");
  for (const path of turned === written ? [written] : [written, turned]) {
    const info = await stat(isAbsolute(path) ? path : resolve(root, path)).catch(() => undefined);
    if (info?.isFile() === true) return path;
    if (info !== undefined) return { reason: "is no file" };
  }
  return { reason: "is not there" };
}

/** A cell, and its row as a reader counts. */
const inRow = (cell: string, row: number): string => `${JSON.stringify(cell)} in data row ${row + 1}`;

function evidenceOf(
  missing: readonly string[],
  emptyCells: number,
  rowCount: number,
  kind: MediaKind,
): string {
  const parts: string[] = [];
  if (missing.length > 0) {
    const some = missing.slice(0, 5);
    const more = missing.length - some.length;
    parts.push(
      `${missing.length} of ${counted(rowCount, kind)} cannot be found: ${some.join("; ")}${more > 0 ? `; and ${more} more` : ""}.`,
    );
  }
  if (emptyCells > 0)
    parts.push(`${emptyCells} of ${rowCount} cells ${emptyCells === 1 ? "is" : "are"} empty.`);
  return parts.join(" ");
}
