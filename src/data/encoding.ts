/**
 * Text encodings: found from the first bytes, and turned into UTF-8 block by block.
 *
 * A byte order mark decides; else zero bytes on every second place mean UTF-16; else bytes that are not
 * UTF-8 mean Windows-1252, which holds Latin-1. Node 20 decodes 0x80–0x9F of "windows-1252" as Latin-1
 * control characters, so that table is our own (WHATWG Encoding Standard, index windows-1252).
 */
import { isUtf8 as bufferIsUtf8 } from "node:buffer";
import { TextDecoder, TextEncoder } from "node:util";
import { MillwrightError } from "../core/index.ts";

export const encodings = ["utf-8", "utf-16le", "utf-16be", "windows-1252", "latin-1"] as const;
export type Encoding = (typeof encodings)[number];

const high = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/** The encoding that a file's first bytes show, and how many bytes its byte order mark takes. */
export function detectEncoding(head: Uint8Array): {
  readonly encoding: Encoding;
  readonly markBytes: number;
} {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: "utf-8", markBytes: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: "utf-16le", markBytes: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: "utf-16be", markBytes: 2 };
  let evenZeros = 0;
  let oddZeros = 0;
  const length = Math.min(head.length, 4096);
  for (let i = 0; i < length; i++) {
    if (head[i] !== 0) continue;
    if (i % 2 === 0) evenZeros++;
    else oddZeros++;
  }
  if (oddZeros > length * 0.3 && evenZeros === 0) return { encoding: "utf-16le", markBytes: 0 };
  if (evenZeros > length * 0.3 && oddZeros === 0) return { encoding: "utf-16be", markBytes: 0 };
  return { encoding: isUtf8(head) ? "utf-8" : "windows-1252", markBytes: 0 };
}

/** Whether bytes are valid UTF-8; a character cut off at the end does not count against them. */
export function isUtf8(bytes: Uint8Array): boolean {
  let end = bytes.length;
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte >= 0xc0) {
      end = bytes.length - back;
      break;
    }
    if (byte < 0x80) break;
  }
  return bufferIsUtf8(bytes.subarray(0, end));
}

/**
 * Blocks of text in any of our encodings, as UTF-8 without a byte order mark.
 *
 * @param owner - The file, for messages.
 * @throws MillwrightError `DATA_ENCODING` when the bytes are not what the encoding says.
 */
export async function* toUtf8(
  blocks: AsyncIterable<Uint8Array>,
  encoding: Encoding,
  markBytes: number,
  owner: string,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const wide = encoding === "utf-16le" || encoding === "utf-16be";
  const decoder = wide ? new TextDecoder("utf-16le", { fatal: true, ignoreBOM: true }) : undefined;
  let skip = markBytes;
  let odd: number | undefined;
  for await (const block of blocks) {
    let bytes = block.subarray(Math.min(skip, block.length));
    skip -= block.length - bytes.length;
    if (encoding === "utf-8") {
      yield bytes;
      continue;
    }
    if (decoder === undefined) {
      yield fromSingleBytes(bytes, encoding === "windows-1252", encoder);
      continue;
    }
    if (encoding === "utf-16be") {
      [bytes, odd] = swapPairs(bytes, odd);
    }
    yield encoder.encode(decodeWide(decoder, bytes, true, owner, encoding));
  }
  if (decoder !== undefined) {
    if (odd !== undefined) refuse(owner, encoding);
    yield encoder.encode(decodeWide(decoder, new Uint8Array(0), false, owner, encoding));
  }
}

function decodeWide(
  decoder: TextDecoder,
  bytes: Uint8Array,
  stream: boolean,
  owner: string,
  encoding: Encoding,
): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch {
    refuse(owner, encoding);
  }
}

function refuse(owner: string, encoding: Encoding): never {
  throw new MillwrightError(
    "DATA_ENCODING",
    `${owner} was read as ${encoding} and holds bytes that are not.`,
    `Give its encoding with --encoding (${encodings.join(", ")}), or save it as UTF-8.`,
  );
}

/** Bytes with each pair swapped; a byte left over waits for the next block. */
function swapPairs(bytes: Uint8Array, before: number | undefined): [Uint8Array, number | undefined] {
  const joined = before === undefined ? bytes : concat(before, bytes);
  const whole = joined.length - (joined.length % 2);
  const swapped = new Uint8Array(whole);
  for (let i = 0; i < whole; i += 2) {
    swapped[i] = joined[i + 1]!;
    swapped[i + 1] = joined[i]!;
  }
  return [swapped, whole < joined.length ? joined[whole] : undefined];
}

function concat(first: number, rest: Uint8Array): Uint8Array {
  const joined = new Uint8Array(rest.length + 1);
  joined[0] = first;
  joined.set(rest, 1);
  return joined;
}

function fromSingleBytes(bytes: Uint8Array, windows: boolean, encoder: TextEncoder): Uint8Array {
  // Three bytes of UTF-8 at most for a byte of Windows-1252.
  const out = new Uint8Array(bytes.length * 3);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte < 0x80) out[length++] = byte;
    else if (windows && byte < 0xa0) {
      const coded = encoder.encode(high[byte - 0x80]!);
      out.set(coded, length);
      length += coded.length;
    } else {
      out[length++] = 0xc0 | (byte >> 6);
      out[length++] = 0x80 | (byte & 0x3f);
    }
  }
  return out.subarray(0, length);
}
