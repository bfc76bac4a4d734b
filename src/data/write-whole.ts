/**
 * Results on disk, whole or not at all: written under temporary names, synced, then
 * renamed together. What a killed run left under such a name is swept by the next one.
 *
 * A link is followed. What is no file, such as a pipe or /dev/stdout, is written to: a rename would put a file there.
 */
import {
  accessSync,
  closeSync,
  constants,
  createReadStream,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { MillwrightError, processRuns } from "../core/index.ts";

/**
 * The folder for results, made if need be and checked before any work starts.
 *
 * @throws MillwrightError `OUTPUT_UNWRITABLE`, `OUTPUT_EXISTS` where a file stands in its place.
 */
export function prepareFolder(path: string): string {
  try {
    makeFolder(path);
    accessSync(path, constants.W_OK);
  } catch (cause) {
    throw refusal(path, "folder", cause);
  }
  sweep(path);
  return path;
}

/**
 * The place of one result, checked before any work starts: its folder is there, no folder stands in its place, and
 * nothing that is read.
 *
 * @param flag - The flag that names it, for messages.
 * @param reads - Files that the result is made from; what is no file is passed over.
 * @throws MillwrightError `OUTPUT_UNWRITABLE`, `OUTPUT_EXISTS`.
 */
export function prepareFile(path: string, flag = "--out", reads: readonly string[] = []): string {
  if (path === "-") {
    throw new MillwrightError(
      "OUTPUT_UNWRITABLE",
      `${flag} is "-", and the result is written to a file.`,
      `Name a file with ${flag}; one that is really called so is ./-.`,
    );
  }
  const place = placeOf(path);
  const folder = dirname(place.path);
  try {
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error(), { code: "ENOTDIR" });
    accessSync(place.plain ? folder : place.path, constants.W_OK);
  } catch (cause) {
    throw refusal(path, "file", cause, flag);
  }
  const there = seenAt(path);
  if (there?.isDirectory() === true)
    throw refusal(path, "file", Object.assign(new Error(), { code: "EISDIR" }), flag);
  for (const read of reads) {
    const other = seenAt(read);
    if (!there?.isFile() || other?.ino !== there.ino || other.dev !== there.dev) continue;
    throw new MillwrightError(
      "OUTPUT_EXISTS",
      `${path} is ${path === read ? "read here" : `${read}, which is read here`}, and the result would take its place.`,
      `Choose another place with ${flag}.`,
    );
  }
  if (place.plain) sweep(folder);
  return path;
}

/** What stands at a path, through links; nothing where that cannot be told. */
function seenAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Where a result goes through links, and whether that is a file, or nothing yet. */
function placeOf(path: string): { readonly path: string; readonly plain: boolean } {
  const there = seenAt(path);
  if (there === undefined) return { path, plain: true };
  if (!there.isFile() && !there.isDirectory()) return { path, plain: false };
  return { path: realpathSync(path), plain: true };
}

/**
 * Writes files so that a reader sees the old ones or the new ones, never a part: not one is
 * replaced before all are on the disk.
 *
 * @throws MillwrightError `OUTPUT_UNWRITABLE` with the system's reason; nothing is left behind.
 */
export function writeWhole(files: Readonly<Record<string, Uint8Array | string>>, flag = "--out"): void {
  const written: (readonly [temporary: string, path: string])[] = [];
  for (const [path, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    const place = placeOf(path);
    const temporary = join(dirname(place.path), `.${process.pid}.${written.length}${partial}`);
    if (place.plain) written.push([temporary, place.path]);
    try {
      if (place.plain) writeSynced(temporary, bytes);
      else writeFileSync(place.path, bytes);
    } catch (cause) {
      for (const [each] of written) rmSync(each, { force: true });
      throw refusal(path, "file", cause, flag);
    }
  }
  for (const [temporary, path] of written) {
    try {
      renameSync(temporary, path);
    } catch (cause) {
      for (const [each] of written) rmSync(each, { force: true });
      throw refusal(path, "file", cause, flag);
    }
  }
}

/** A file that grows under a temporary name. */
interface GrowingFile {
  write(text: string): void;
  /** Empties it. */
  restart(): void;
}

/**
 * Writes a file of any size piece by piece, so that a reader sees the old one or the new one, never a part.
 *
 * @param fill - Writes all of it; where it fails, nothing is left behind.
 * @throws MillwrightError `OUTPUT_UNWRITABLE` with the system's reason.
 */
export async function writeGrowing<T>(
  path: string,
  fill: (file: GrowingFile) => Promise<T>,
  flag = "--out",
): Promise<T> {
  const place = placeOf(path);
  const temporary = join(place.plain ? dirname(place.path) : tmpdir(), `.${process.pid}.0${partial}`);
  const guard = <R>(work: () => R): R => {
    try {
      return work();
    } catch (cause) {
      throw refusal(path, "file", cause, flag);
    }
  };
  const file = guard(() => openSync(temporary, "w"));
  let open = true;
  const close = (): void => {
    if (open) closeSync(file);
    open = false;
  };
  let at = 0;
  try {
    const result = await fill({
      write(text) {
        const bytes = Buffer.from(text);
        guard(() => {
          for (let done = 0; done < bytes.length; ) {
            done += writeSync(file, bytes, done, bytes.length - done, at + done);
          }
        });
        at += bytes.length;
      },
      restart() {
        at = 0;
        guard(() => ftruncateSync(file, 0));
      },
    });
    guard(() => fsyncSync(file));
    close();
    if (place.plain) guard(() => renameSync(temporary, place.path));
    else await copyInto(temporary, path, flag);
    return result;
  } catch (error) {
    close();
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Writes a finished file to a pipe or device, and removes it. */
async function copyInto(file: string, path: string, flag: string): Promise<void> {
  try {
    const target = openSync(path, "w");
    try {
      for await (const part of createReadStream(file) as AsyncIterable<Buffer>)
        for (let at = 0; at < part.length; ) at += writeSync(target, part, at);
    } finally {
      closeSync(target);
    }
    rmSync(file);
  } catch (cause) {
    throw refusal(path, "file", cause, flag);
  }
}

/**
 * Makes a folder and those above it. Node's own `recursive` never returns where the
 * system refuses a new folder in one that is there, as /proc does (seen with Node 20.20).
 */
function makeFolder(path: string): void {
  const isThere = (): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isThere()) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have been quicker.
    if (!isThere()) throw error;
  }
}

/** The end of a temporary name; its start is the process that writes it. */
const partial = ".partial";

function writeSynced(path: string, bytes: Uint8Array): void {
  const file = openSync(path, "w");
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Removes what processes that are gone left unfinished. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const match = /^\.(\d+)\.\d+\.partial$/.exec(name);
    if (match !== null && !processRuns(Number(match[1]))) rmSync(join(folder, name), { force: true });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EROFS: "the file system is read-only",
  ENAMETOOLONG: "its name is too long",
};

function refusal(path: string, what: "file" | "folder", cause: unknown, flag = "--out"): MillwrightError {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  if (code === "EEXIST" || code === "ENOTDIR") {
    return new MillwrightError(
      "OUTPUT_EXISTS",
      `${what === "folder" ? path : dirname(path)} cannot be a folder: a file stands in its way.`,
      `Choose another place with ${flag}.`,
      { cause },
    );
  }
  if (code === "EISDIR" || code === "ENOTEMPTY") {
    return new MillwrightError(
      "OUTPUT_EXISTS",
      `${path} is a folder, and a file is to be written there.`,
      `Name a file in it: ${flag} ${join(path, "NAME")}.`,
      { cause },
    );
  }
  if (code === "ENOENT" && what === "file") {
    return new MillwrightError(
      "OUTPUT_UNWRITABLE",
      `${path} cannot be written: there is no folder ${dirname(path)}.`,
      `Make the folder, or choose another place with ${flag}.`,
      { cause },
    );
  }
  return new MillwrightError(
    "OUTPUT_UNWRITABLE",
    `${path} cannot be written: ${reasons[code] ?? message}.`,
    code === "ENOSPC" || code === "EDQUOT"
      ? `Free space, or choose another place with ${flag}.`
      : `Choose another place with ${flag}.`,
    { cause },
  );
}
