/** Media named by a table: a column of paths, relative to the table's file, one file a row. */
import { stat } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import { MillwrightError } from "../../core/index.ts";
import type { Table } from "../table.ts";
import {
  type BadFile,
  extensionsOf,
  type Media,
  type MediaKind,
  mediaKinds,
  mediumOf,
  plural,
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
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `The column "${column}" of ${table.owner} holds numbers, and paths of files are needed.`,
      "Name the column of paths.",
    );
  }
  const root = options.root ?? (await folderOf(table));
  const { codes, dictionary } = cells;
  const used = new Set(codes);
  const named = dictionary.filter((_, code) => used.has(code));
  if (named.length === 0) throw allEmpty(table, column);
  const kind = options.kind ?? kindOf(`The column "${column}" of ${table.owner}`, named);
  const found = await findEach(root, dictionary, used);
  const files: string[] = [];
  const rows: number[] = [];
  const missing: BadFile[] = [];
  let emptyCells = 0;
  for (const [row, code] of codes.entries()) {
    const file = found[code];
    if (code < 0) emptyCells++;
    else if (typeof file === "string") {
      files.push(file);
      rows.push(row);
    } else missing.push({ file: dictionary[code]!, reason: file!.reason });
  }
  const title = `the column "${column}" of ${table.owner}`;
  if (files.length === 0) {
    throw new MillwrightError(
      "SOURCE_NOT_FOUND",
      `None of the ${missing.length} files of ${title} is there; the first would be ${resolve(root, missing[0]!.file)}.`,
      "Write them relative to the folder of the table; in code, { root } names another.",
    );
  }
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
              evidence: told(missing, emptyCells, table.rowCount, kind),
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
    "Name the column of paths.",
  );
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

function kindOf(owner: string, names: readonly string[]): MediaKind {
  const counts = new Map<MediaKind, number>();
  for (const name of names) {
    const medium = mediumOf(name);
    if (medium?.read === true) counts.set(medium.kind, (counts.get(medium.kind) ?? 0) + 1);
  }
  if (counts.size === 1) return [...counts.keys()][0]!;
  if (counts.size === 0) {
    throw new MillwrightError(
      "SOURCE_FORMAT",
      `${owner} names no file that is read, but ${JSON.stringify(names[0])}: ${mediaKinds.map((kind) => `${kind} (${extensionsOf(kind)})`).join(", ")}.`,
      "Name the column of paths, or say what the files are, as { kind }.",
    );
  }
  throw new MillwrightError(
    "SOURCE_FORMAT",
    `${owner} names media of several kinds: ${[...counts].map(([kind, count]) => `${count} ${plural(kind)}`).join(", ")}.`,
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
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(written)) return { reason: "is an address, not a file" };
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

function told(missing: readonly BadFile[], emptyCells: number, rowCount: number, kind: MediaKind): string {
  const parts: string[] = [];
  if (missing.length > 0) {
    const some = missing.slice(0, 5).map(({ file, reason }) => `${file} ${reason}`);
    const more = missing.length - some.length;
    parts.push(
      `${missing.length} of ${rowCount} ${plural(kind)} cannot be found: ${some.join("; ")}${more > 0 ? `; and ${more} more` : ""}.`,
    );
  }
  if (emptyCells > 0) parts.push(`${emptyCells} of ${rowCount} cells are empty.`);
  return parts.join(" ");
}
