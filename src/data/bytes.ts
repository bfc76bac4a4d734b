/** Bytes of local files in blocks, unpacked where they are gzipped. Reading runs ahead of whoever consumes. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { MillwrightError } from "../core/index.ts";

const blockBytes = 8 * 1024 * 1024;

/** Whether a file starts with gzip's magic bytes. */
export async function isGzip(path: string): Promise<boolean> {
  const handle = await open(path);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

/**
 * Blocks of a file, about 8 MB each.
 *
 * @throws MillwrightError `SOURCE_UNREADABLE` when the disk or the gzip stream fails.
 */
export async function* readBlocks(path: string, gzipped: boolean): AsyncGenerator<Uint8Array> {
  try {
    if (gzipped) yield* unpack(path);
    else yield* plainBlocks(path);
  } catch (cause) {
    if (cause instanceof MillwrightError) throw cause;
    throw new MillwrightError(
      "SOURCE_UNREADABLE",
      `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      gzipped ? "Check that the gzip file is whole." : "Check the file and its permissions.",
      { cause },
    );
  }
}

async function* plainBlocks(path: string): AsyncGenerator<Uint8Array> {
  const handle = await open(path);
  try {
    const next = (): Promise<{ bytesRead: number; buffer: Buffer }> =>
      handle.read(Buffer.allocUnsafeSlow(blockBytes), 0, blockBytes);
    let pending = next();
    for (;;) {
      const { bytesRead, buffer } = await pending;
      if (bytesRead === 0) return;
      pending = next();
      pending.catch(() => {});
      yield new Uint8Array(buffer.buffer, buffer.byteOffset, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function* unpack(path: string): AsyncGenerator<Uint8Array> {
  const source = createReadStream(path, { highWaterMark: 1 << 20 });
  const gunzip = createGunzip({ chunkSize: 1 << 20 });
  source.on("error", (error) => gunzip.destroy(error));
  source.pipe(gunzip);
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of gunzip as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size < blockBytes) continue;
    yield Buffer.concat(parts);
    parts = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(parts);
}

/**
 * SHA-256 of files' bytes as they lie on disk, one after the other; no name enters.
 *
 * @param sql - The query on the files, which is part of the content.
 * @returns Lower-case hexadecimal.
 */
export async function hashFiles(paths: readonly string[], sql = ""): Promise<string> {
  const hash = createHash("sha256").update(sql);
  for (const path of paths) for await (const block of readBlocks(path, false)) hash.update(block);
  return hash.digest("hex");
}
