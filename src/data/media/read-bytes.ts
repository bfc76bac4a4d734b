/** The bytes of a media file, or why they cannot be had. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { type Decoded, maxFileBytes } from "./media.ts";

/** Opening a pipe that nobody writes to would be waited for without end. Windows has no such flag, and no such pipes. */
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * @param source - A path, or bytes that are there already.
 * @param maxBytes - More are not read.
 */
export async function contentOfFile(
  source: string | Uint8Array,
  maxBytes = maxFileBytes,
): Promise<Decoded<{ readonly bytes: Uint8Array }>> {
  if (typeof source !== "string") {
    return source.length > maxBytes ? tooLarge(source.length, maxBytes) : { ok: true, bytes: source };
  }
  let handle;
  try {
    handle = await open(source, flags);
    const info = await handle.stat();
    if (!info.isFile()) return { ok: false, reason: "is no file" };
    if (info.size > maxBytes) return tooLarge(info.size, maxBytes);
    return { ok: true, bytes: await handle.readFile() };
  } catch (error) {
    return { ok: false, reason: failureOf(error as NodeJS.ErrnoException) };
  } finally {
    await handle?.close();
  }
}

/** The same for a thread that does nothing else: without the five turns of the event loop that waiting takes. */
export function contentNow(path: string, maxBytes: number): Decoded<{ readonly bytes: Uint8Array }> {
  let handle: number | undefined;
  try {
    handle = openSync(path, flags);
    const info = fstatSync(handle);
    if (!info.isFile()) return { ok: false, reason: "is no file" };
    if (info.size > maxBytes) return tooLarge(info.size, maxBytes);
    return { ok: true, bytes: readFileSync(handle) };
  } catch (error) {
    return { ok: false, reason: failureOf(error as NodeJS.ErrnoException) };
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function tooLarge(size: number, maxBytes: number): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason: `has ${size} bytes, more than the limit of ${maxBytes / 1e6} MB` };
}

function failureOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return "is not there";
  if (error.code === "EACCES" || error.code === "EPERM") return "may not be read";
  return `cannot be read (${error.code ?? error.message})`;
}
