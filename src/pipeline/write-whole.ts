/** Results on disk, whole or not at all: written under a temporary name, synced, then renamed. */
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { MillwrightError } from "../core/index.ts";

/**
 * The folder for results, made if need be and checked before any work starts.
 *
 * @throws MillwrightError `OUTPUT_UNWRITABLE`, `OUTPUT_EXISTS` where a file stands in its place.
 */
export function prepareFolder(path: string): string {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
  } catch (cause) {
    throw unwritable(path, cause);
  }
  if (!statSync(path).isDirectory())
    throw new MillwrightError("OUTPUT_EXISTS", `${path} is a file.`, "Choose a folder.");
  return path;
}

/**
 * Writes a file so that a reader sees the old one or the new one, never a part.
 *
 * @throws MillwrightError `OUTPUT_UNWRITABLE` with the system's reason; nothing is left behind.
 */
export function writeWhole(path: string, content: Uint8Array | string): void {
  const temporary = join(dirname(path), `.${process.pid}.${Date.now().toString(36)}.partial`);
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  try {
    const file = openSync(temporary, "wx");
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw unwritable(path, cause);
  }
}

function unwritable(path: string, cause: unknown): MillwrightError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "EEXIST" || code === "ENOTDIR") {
    return new MillwrightError(
      "OUTPUT_EXISTS",
      `${path} cannot be a folder: a file stands in its way.`,
      "Choose another place with --out.",
      { cause },
    );
  }
  const reason =
    {
      ENOSPC: "the disk is full",
      EACCES: "permission is denied",
      EROFS: "the file system is read-only",
      EDQUOT: "the disk quota is used up",
    }[code ?? ""] ?? String((cause as Error).message);
  return new MillwrightError(
    "OUTPUT_UNWRITABLE",
    `${path} cannot be written: ${reason}.`,
    "Free space, or choose another place with --out.",
    { cause },
  );
}
