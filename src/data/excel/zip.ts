/**
 * The directory of a zip file, and single entries of it.
 *
 * Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.12 and 4.3.16. Zip64 is not needed: workbooks beyond 4 GB are
 * refused anyway.
 */
import type { FileHandle } from "node:fs/promises";
import { inflateRawSync } from "node:zlib";

export interface ZipEntry {
  readonly name: string;
  /** Bytes unpacked, as the directory says. */
  readonly bytes: number;
  readonly packedBytes: number;
  readonly method: number;
  readonly offset: number;
}

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;

/** @returns The entries; undefined for a file that is no zip file. */
export async function zipEntries(file: FileHandle): Promise<readonly ZipEntry[] | undefined> {
  const { size } = await file.stat();
  const tail = await readAt(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
  const end = tail.lastIndexOf(Buffer.from("PK\u0005\u0006"));
  if (end < 0 || end + 22 > tail.length || tail.readUInt32LE(end) !== endSignature) return undefined;
  const count = tail.readUInt16LE(end + 10);
  const directory = await readAt(
    file,
    tail.readUInt32LE(end + 16),
    Math.min(size, tail.readUInt32LE(end + 12)),
  );
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count; ) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== entrySignature) return undefined;
    const nameBytes = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString("utf8", at + 46, at + 46 + nameBytes),
      bytes: directory.readUInt32LE(at + 24),
      packedBytes: directory.readUInt32LE(at + 20),
      method: directory.readUInt16LE(at + 10),
      offset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** An entry's content as text, at most `maxBytes` of it. @throws Error where it is broken. */
export async function zipText(file: FileHandle, entry: ZipEntry, maxBytes: number): Promise<string> {
  const header = await readAt(file, entry.offset, 30);
  if (header.length < 30) throw new Error(`${entry.name} is cut off`);
  const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = await readAt(file, start, Math.min(entry.packedBytes, maxBytes));
  const bytes = entry.method === 8 ? inflateRawSync(packed, { maxOutputLength: maxBytes }) : packed;
  return bytes.toString("utf8");
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
