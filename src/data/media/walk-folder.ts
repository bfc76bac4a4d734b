/** What lies in a folder and below it, in one order on every machine. */
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { MillwrightError, nearest } from "../../core/index.ts";

/** Folders deeper than this are not looked into. */
const maxDepth = 32;

export interface Found {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  /** The first folder, undefined for a file beside the class folders. */
  readonly label: string | undefined;
}

export interface Walked {
  readonly found: Found[];
  /** Names of the folders right below the root. */
  readonly folders: string[];
  hidden: number;
  unreachable: number;
}

const left = new Set(["thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "system volume information"]);
const isHidden = (name: string): boolean => name.startsWith(".") || left.has(name.toLowerCase());

/**
 * Finds the files below a folder; links are followed, hidden names and what cannot be reached are counted.
 *
 * @throws MillwrightError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`.
 */
export async function walkFolder(root: string): Promise<Walked> {
  const walked: Walked = { found: [], folders: [], hidden: 0, unreachable: 0 };
  const real = await realpath(root).catch((cause) => cannotOpen(root, cause));
  const entries = await entriesOf(root).catch((cause) => cannotOpen(root, cause));
  await visit(entries, { place: root, real, prefix: "", label: undefined, above: [real] }, walked);
  walked.found.sort((a, b) => compareNames(a.path, b.path));
  return walked;
}

interface Folder {
  readonly place: string;
  /** Its place without links. */
  readonly real: string;
  readonly prefix: string;
  readonly label: string | undefined;
  /** The real places of this folder and those that it was reached through. */
  readonly above: readonly string[];
}

const entriesOf = (folder: string) => readdir(folder, { withFileTypes: true });

async function visit(
  entries: Awaited<ReturnType<typeof entriesOf>>,
  folder: Folder,
  walked: Walked,
): Promise<void> {
  for (const entry of entries) {
    const { name } = entry;
    if (isHidden(name)) {
      walked.hidden++;
      continue;
    }
    const place = join(folder.place, name);
    const linked = entry.isSymbolicLink();
    const followed = linked ? await stat(place).catch(() => undefined) : entry;
    if (followed?.isFile()) walked.found.push({ path: folder.prefix + name, label: folder.label });
    else if (followed?.isDirectory()) {
      const inner = await entriesOf(place).catch(() => undefined);
      const real = linked ? await realpath(place) : join(folder.real, name);
      // A link to a folder that leads here would never end.
      if (inner === undefined || folder.above.includes(real) || folder.above.length > maxDepth) {
        walked.unreachable++;
        continue;
      }
      const label = folder.label ?? name.normalize("NFC");
      if (folder.label === undefined) walked.folders.push(label);
      const above = [...folder.above, real];
      await visit(inner, { place, real, prefix: `${folder.prefix}${name}/`, label, above }, walked);
    } else walked.unreachable++;
  }
}

/** Folder by folder, by code units of the composed form. */
function compareNames(a: string, b: string): number {
  const key = (path: string): string => path.normalize("NFC").replaceAll("/", "\0");
  const [x, y] = [key(a), key(b)];
  if (x !== y) return x < y ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

async function cannotOpen(path: string, cause: NodeJS.ErrnoException): Promise<never> {
  if (cause.code === "ENOTDIR") {
    throw new MillwrightError(
      "SOURCE_UNREADABLE",
      `${path} is a file, and a folder of class folders is needed.`,
      "Name the folder.",
      { cause },
    );
  }
  if (cause.code === "ENOENT") {
    const names = await readdir(dirname(resolve(path))).catch(() => [] as string[]);
    const guess = nearest(basename(path), names);
    throw new MillwrightError(
      "SOURCE_NOT_FOUND",
      `There is no folder ${path}${guess === undefined ? "" : `; the nearest name beside it is "${guess}"`}.`,
      guess === undefined ? "Check the path." : `Try ${join(dirname(path), guess)}.`,
      { cause },
    );
  }
  throw new MillwrightError(
    "SOURCE_UNREADABLE",
    `${path} cannot be read: ${cause.message}.`,
    "Check its permissions.",
    {
      cause,
    },
  );
}
