/** The shared data folder beside the repository, for tests on real data. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describeUnlessMissing } from "./needs.ts";

const folder = fileURLToPath(new URL("../../shared/data/", import.meta.url));

/**
 * A suite that needs the shared data.
 *
 * @param body - Receives the folder's path, ending in a slash.
 * @throws Error in CI when the folder is absent.
 */
export function describeWithSharedData(name: string, body: (folder: string) => void): void {
  const missing = existsSync(folder) ? undefined : `the shared data folder ${folder} is absent`;
  describeUnlessMissing(name, missing, () => body(folder));
}

/** Files of a .tar.gz by path, in archive order. Source of the format: POSIX ustar, with GNU long names. */
export function readTarGz(path: string): Map<string, Uint8Array> {
  const bytes = gunzipSync(readFileSync(path));
  const text = (from: number, to: number): string => bytes.toString("utf8", from, to).replace(/\0.*$/s, "");
  const files = new Map<string, Uint8Array>();
  let longName: string | undefined;
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, at + 136), 8);
    const type = String.fromCharCode(bytes[at + 156]!);
    const prefix = text(at + 257, at + 262) === "ustar" ? text(at + 345, at + 500) : "";
    const name = longName ?? (prefix ? `${prefix}/${text(at, at + 100)}` : text(at, at + 100));
    const data = bytes.subarray(at + 512, at + 512 + size);
    longName = type === "L" ? data.toString("utf8").replace(/\0.*$/s, "") : undefined;
    if (type === "0" || type === "\0") files.set(name, data);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}
