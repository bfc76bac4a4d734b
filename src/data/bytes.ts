/** Bytes of local files in blocks, unpacked where they are packed. Reading runs ahead of whoever consumes. */
import { createHash } from "node:crypto";
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { MillwrightError } from "../core/index.ts";
import { unpackZstd } from "./packing/zstd.ts";

const usualBytes = 8 * 1024 * 1024;

/** How the bytes of a file are packed. */
export type Packing = "none" | "gzip" | "zstd";

/** How a file is packed, by its first bytes. */
export async function packingOf(path: string): Promise<Packing> {
  const handle = await open(path);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead >= 2 && buffer[0] === 0x1f && buffer[1] === 0x8b) return "gzip";
    if (bytesRead === 4 && buffer.readUInt32LE(0) === 0xfd2fb528) return "zstd";
    return "none";
  } finally {
    await handle.close();
  }
}

/**
 * Blocks of a file.
 *
 * @param name - The file in messages.
 * @param blockBytes - About how large each is.
 * @throws MillwrightError `SOURCE_UNREADABLE` when the disk or the packed stream fails.
 */
export async function* readBlocks(
  path: string,
  packing: Packing,
  name = path,
  blockBytes = usualBytes,
): AsyncGenerator<Uint8Array> {
  try {
    if (packing === "none") yield* plainBlocks(path, blockBytes);
    else {
      const unpacked = packing === "gzip" ? gunzipped(path) : unpackZstd(packedParts(path), name);
      yield* inBlocks(unpacked, blockBytes);
    }
  } catch (cause) {
    throw unreadable(name, packing, cause);
  }
}

/** The first bytes of a file that is not packed, at most `count`. @throws MillwrightError `SOURCE_UNREADABLE` */
export function readStart(path: string, name: string, count: number): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(count);
  let length = 0;
  try {
    const file = openSync(path, "r");
    try {
      for (let read = 1; read > 0 && length < count; length += read)
        read = readSync(file, bytes, length, count - length, length);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw unreadable(name, "none", cause);
  }
  return bytes.subarray(0, length);
}

function unreadable(name: string, packing: Packing, cause: unknown): MillwrightError {
  if (cause instanceof MillwrightError) return cause;
  return new MillwrightError(
    "SOURCE_UNREADABLE",
    `${name} cannot be read${packing === "none" ? "" : ` as ${packing}`}: ${cause instanceof Error ? cause.message : String(cause)}.`,
    packing === "none" ? "Check the file and its permissions." : `Check that the ${packing} file is whole.`,
    { cause },
  );
}

async function* plainBlocks(path: string, blockBytes: number): AsyncGenerator<Uint8Array> {
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

function packedParts(path: string): AsyncIterable<Uint8Array> {
  return createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>;
}

function gunzipped(path: string): AsyncIterable<Uint8Array> {
  const source = createReadStream(path, { highWaterMark: 1 << 20 });
  const gunzip = createGunzip({ chunkSize: 1 << 20 });
  source.on("error", (error) => gunzip.destroy(error));
  source.pipe(gunzip);
  return gunzip as AsyncIterable<Buffer>;
}

async function* inBlocks(stream: AsyncIterable<Uint8Array>, blockBytes: number): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream) {
    parts.push(part);
    size += part.length;
    if (size < blockBytes) continue;
    yield Buffer.concat(parts);
    parts = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(parts);
}

/** One thing that was read: a file, an address, an object, rows of a database. */
export interface ContentRead {
  /** As it may be shown: without passwords. */
  readonly source: string;
  readonly bytes: number;
  /** SHA-256 of the bytes as they lie on disk or were sent, lower-case hexadecimal. */
  readonly sha256: string;
}

/** What a table was made from. */
export interface Content {
  /** SHA-256 of all bytes, one after the other; no name enters. */
  readonly sha256: string;
  readonly reads: readonly ContentRead[];
}

/**
 * Fingerprints of files, of each and of all.
 *
 * @param sql - The query on the files, which is part of the content.
 */
export async function contentOf(
  files: readonly { readonly path: string; readonly name: string }[],
  sql = "",
): Promise<Content> {
  const all = createHash("sha256").update(sql);
  // Then the two are the same.
  const single = files.length === 1 && sql === "";
  const reads: ContentRead[] = [];
  for (const { path, name } of files) {
    const one = createHash("sha256");
    let bytes = 0;
    for await (const block of readBlocks(path, "none")) {
      all.update(block);
      if (!single) one.update(block);
      bytes += block.length;
    }
    const sha256 = (single ? all.copy() : one).digest("hex");
    reads.push({ source: name, bytes, sha256 });
  }
  return { sha256: all.digest("hex"), reads };
}
