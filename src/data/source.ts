/**
 * Names of sources to files with a format: extensions, globs, packing. A name that fits no file is an error that
 * tells the nearest one.
 */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { MillwrightError, nearest } from "../core/index.ts";
import { type Content, contentOf, type Packing, packingOf } from "./bytes.ts";
import type { Encoding } from "./encoding.ts";
import { type Finding, shellWord } from "./finding.ts";
import { listMediaFiles } from "./media/folder.ts";
import { counted } from "./media/media.ts";
import { withoutPassword } from "./without-password.ts";

export const formats = ["csv", "tsv", "json", "ndjson", "parquet", "xlsx"] as const;
export type Format = (typeof formats)[number];

/** One local file of a table. */
export interface SourceFile {
  readonly path: string;
  /** The file in messages. */
  readonly name: string;
  /** The name of a view of it. */
  readonly stem: string;
  readonly format: Format;
  readonly packing: Packing;
  readonly bytes: number;
  /** The file whose bytes are the content, where this one was made from it. */
  readonly content?: string;
  /** How it is written, where we wrote it. */
  readonly written?: { readonly delimiter: string; readonly quote: string; readonly encoding: Encoding };
  /** What is to be told about it. */
  readonly findings?: readonly Finding[];
}

/** Fingerprints of what these files hold, or were made from. */
export function contentOfFiles(files: readonly SourceFile[], sql?: string): Promise<Content> {
  const read = files.map(({ path, name, content }) => ({
    path: content ?? path,
    name: withoutPassword(name),
  }));
  return contentOf(read, sql);
}

const extensions: Readonly<Record<string, Format>> = {
  ".csv": "csv",
  ".txt": "csv",
  ".data": "csv",
  ".tsv": "tsv",
  ".tab": "tsv",
  ".json": "json",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".parquet": "parquet",
  ".pq": "parquet",
  ".xlsx": "xlsx",
  ".xlsm": "xlsx",
};

const packedExtension = /\.(gz|zst|zstd)$/i;

/**
 * Finds the files behind a path or a glob (`*`, `?`, `**`), sorted by name.
 *
 * @throws MillwrightError `SOURCE_NOT_FOUND` with the nearest file name, `SOURCE_UNREADABLE`, `SOURCE_FORMAT`.
 */
export async function findFiles(source: string, format?: Format): Promise<readonly SourceFile[]> {
  const paths = await pathsOf(source);
  if (paths.length === 0) {
    throw new MillwrightError(
      "SOURCE_NOT_FOUND",
      `No file matches ${source}.`,
      "Check the pattern and the folder.",
    );
  }
  const files: SourceFile[] = [];
  for (const path of paths) files.push(await describe(path, format));
  return files;
}

/** The files of a glob, or a path as it is, whether or not a file is there. */
export async function pathsOf(source: string): Promise<readonly string[]> {
  return /[*?]/.test(source) && !(await exists(source)) ? await expand(source) : [source];
}

/** A file's name without folder and extension, `.csv.gz` and `.csv.zst` as a whole. */
export function stemOf(path: string): string {
  return basename(path)
    .replace(packedExtension, "")
    .replace(/\.[^.]+$/, "");
}

/** The format that a name's extension tells. */
export function formatOf(path: string): Format | undefined {
  return extensions[extname(path.replace(packedExtension, "")).toLowerCase()];
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A folder of pictures or sounds is for `train`; of others a pattern names the tables. */
async function folderInPlaceOfFile(path: string): Promise<MillwrightError> {
  const names: string[] = await readdir(path).catch(() => []);
  names.sort();
  const table = names.find((name) => formatOf(name) !== undefined);
  const media = table === undefined ? await listMediaFiles(path).catch(() => undefined) : undefined;
  if (media !== undefined && media.kind !== "text") {
    return new MillwrightError(
      "SOURCE_UNREADABLE",
      `${path} is a folder of ${counted(media.files.length, media.kind)}, and a table is needed.`,
      `Learn from its class folders with \`millwright train ${shellWord(path)}\`.`,
    );
  }
  const extension = table === undefined ? ".csv" : table.slice(stemOf(table).length);
  return new MillwrightError(
    "SOURCE_UNREADABLE",
    `${path} is a folder.`,
    `Name a file in it, or several: '${join(path, `*${extension}`)}'.`,
  );
}

async function describe(path: string, given: Format | undefined): Promise<SourceFile> {
  let bytes: number;
  let packing: Packing;
  try {
    const info = await stat(path);
    if (info.isDirectory()) throw await folderInPlaceOfFile(path);
    bytes = info.size;
    packing = await packingOf(path);
  } catch (cause) {
    if (cause instanceof MillwrightError) throw cause;
    throw await absent(path, cause);
  }
  const format = given ?? formatOf(path);
  if (format === undefined) {
    const extension = extname(path.replace(packedExtension, "")).toLowerCase();
    throw new MillwrightError(
      "SOURCE_FORMAT",
      `${path} has the extension ${JSON.stringify(extension)}, which names no known format.`,
      `Say which it is with --format (${formats.join(", ")}).`,
    );
  }
  return { path, name: path, stem: stemOf(path), format, packing, bytes };
}

async function absent(path: string, cause: unknown): Promise<MillwrightError> {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code !== "ENOENT" && code !== "ENOTDIR") {
    return new MillwrightError(
      "SOURCE_UNREADABLE",
      `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      "Check its permissions.",
      { cause },
    );
  }
  const folder = dirname(resolve(path));
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) {
    return new MillwrightError("SOURCE_NOT_FOUND", `There is no folder ${folder}.`, "Check the path.", {
      cause,
    });
  }
  const guess = nearest(basename(path), names);
  return new MillwrightError(
    "SOURCE_NOT_FOUND",
    `There is no file ${path}${guess === undefined ? "" : `; the nearest name in its folder is "${guess}"`}.`,
    guess === undefined ? "Check the path." : `Try ${join(dirname(path), guess)}.`,
    { cause },
  );
}

/** Files that match a glob, in the order of their names. */
async function expand(pattern: string): Promise<string[]> {
  const parts = pattern.split(/[/\\]/);
  const firstWild = parts.findIndex((part) => /[*?]/.test(part));
  const root = parts.slice(0, firstWild).join("/") || (pattern.startsWith("/") ? "/" : ".");
  const found: string[] = [];
  await walk(root, parts.slice(firstWild), found);
  return found.sort((a, b) => (a < b ? -1 : 1));
}

async function walk(folder: string, parts: readonly string[], found: string[]): Promise<void> {
  const [part, ...rest] = parts;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const matches = new RegExp(
    `^${part!
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  );
  if (part === "**") await walk(folder, rest, found);
  for (const entry of entries) {
    const path = folder === "." ? entry.name : join(folder, entry.name);
    if (part === "**") {
      if (entry.isDirectory()) await walk(path, parts, found);
    } else if (matches.test(entry.name)) {
      if (rest.length === 0) {
        if (!entry.isDirectory()) found.push(path);
      } else if (entry.isDirectory()) await walk(path, rest, found);
    }
  }
}
