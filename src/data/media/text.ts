/**
 * Text files as strings. The encoding is found as for tables: byte order mark, UTF-16 by its zero bytes, UTF-8 where
 * the bytes are valid, else Windows-1252, which holds Latin-1.
 */
import { detectEncoding, type Encoding, toUtf8 } from "../encoding.ts";
import { MillwrightError } from "../../core/index.ts";
import type { Decoded } from "./media.ts";
import { contentOfFile } from "./read-bytes.ts";

/** A text beyond this is refused: it is a book or a log, not an example of a class. */
export const maxTextBytes = 1_000_000;

export interface Text {
  /** Without a byte order mark; may be empty. */
  readonly text: string;
  readonly encoding: Encoding;
}

/**
 * Reads a text file of at most 1 MB.
 *
 * @param source - A path, or the bytes of a file.
 * @returns Its text, or why there is none: a broken file is no exception.
 */
export async function readText(source: string | Uint8Array): Promise<Decoded<Text>> {
  const content = await contentOfFile(source, maxTextBytes);
  if (!content.ok) return content;
  const { bytes } = content;
  const { encoding, markBytes } = detectEncoding(bytes);
  const parts: Uint8Array[] = [];
  try {
    for await (const part of toUtf8(once(bytes), encoding, markBytes, "the file")) parts.push(part);
  } catch (error) {
    if (!(error instanceof MillwrightError)) throw error;
    return { ok: false, reason: `is ${encoding} by its first bytes, and holds bytes that are not` };
  }
  const text = new TextDecoder().decode(Buffer.concat(parts));
  if (text.includes("\0")) return { ok: false, reason: "holds zero bytes, so it is no text" };
  return { ok: true, text, encoding };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
