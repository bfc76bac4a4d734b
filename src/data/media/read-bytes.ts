/** The bytes of a media file, or why they cannot be had. */
import { open } from "node:fs/promises";
import { type Decoded, maxFileBytes } from "./media.ts";

/**
 * @param source - A path, or bytes that are there already.
 * @param maxBytes - More are not read.
 */
export async function contentOfFile(
  source: string | Uint8Array,
  maxBytes = maxFileBytes,
): Promise<Decoded<{ readonly bytes: Uint8Array }>> {
  const tooLarge = (size: number) => ({
    ok: false as const,
    reason: `has ${size} bytes, more than the limit of ${maxBytes / 1e6} MB`,
  });
  if (typeof source !== "string") {
    return source.length > maxBytes ? tooLarge(source.length) : { ok: true, bytes: source };
  }
  let handle;
  try {
    handle = await open(source);
    const info = await handle.stat();
    // A pipe that nobody writes to would be waited for without end.
    if (!info.isFile()) return { ok: false, reason: "is no file" };
    if (info.size > maxBytes) return tooLarge(info.size);
    return { ok: true, bytes: await handle.readFile() };
  } catch (error) {
    return { ok: false, reason: failureOf(error as NodeJS.ErrnoException) };
  } finally {
    await handle?.close();
  }
}

function failureOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return "is not there";
  if (error.code === "EACCES" || error.code === "EPERM") return "may not be read";
  return `cannot be read (${error.code ?? error.message})`;
}
