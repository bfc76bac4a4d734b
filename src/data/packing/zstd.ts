/**
 * Unpacks zstd files as they stream, and proves their checksums.
 *
 * fzstd unpacks blocks and skips checksums, so frames are walked here too: their headers bound the memory that a
 * file can ask for, and their ends are where the hash of what came out is compared. Source: RFC 8878, section 3.
 */
import { MillwrightError } from "../../core/index.ts";
import { Xxh64 } from "./xxh64.ts";

/** A window beyond this is refused, as the `zstd` command does without `--long`. */
const maxWindowBytes = 128 * 1024 * 1024;
const frameMagic = 0xfd2fb528;

type Fzstd = typeof import("fzstd");

/** @throws MillwrightError `RUNTIME_MISSING` where the optional package is not installed. */
async function loadDecoder(): Promise<Fzstd> {
  try {
    return await import("fzstd");
  } catch (cause) {
    throw new MillwrightError(
      "RUNTIME_MISSING",
      "Reading zstd files needs the package fzstd, which is not installed.",
      "Install it: npm install fzstd",
      { cause },
    );
  }
}

/**
 * @param packed - The file's bytes in parts of any size.
 * @param name - The file in messages.
 * @yields What they hold, in parts of about 128 kB.
 * @throws Error that says what is broken; MillwrightError `DATA_LIMIT` for a window that is too large.
 */
export async function* unpackZstd(
  packed: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  const { Decompress } = await loadDecoder();
  const walker = new FrameWalker(name);
  let frame: { readonly decoder: InstanceType<Fzstd["Decompress"]>; readonly hash: Xxh64 } | undefined;
  let out: Uint8Array[] = [];
  for await (const part of packed) {
    for (const piece of walker.pieces(part)) {
      if (piece.kind === "frame") {
        const hash = new Xxh64();
        const decoder = new Decompress((bytes) => {
          // The decoder may use its buffers again.
          const kept = bytes.slice();
          if (kept.length === 0) return;
          hash.update(kept);
          out.push(kept);
        });
        frame = { decoder, hash };
      } else if (piece.kind === "bytes") frame!.decoder.push(piece.bytes);
      // The decoder holds short frames back until it is told that all is there, checksum included.
      else if (piece.kind === "end") frame!.decoder.push(new Uint8Array(piece.checksumBytes), true);
      else if (piece.checksum !== frame!.hash.low32())
        throw new Error("the checksum of its content is wrong");
    }
    yield* out;
    out = [];
  }
  walker.requireEnd();
}

/** What comes next in a stream of frames. */
type Piece =
  | { readonly kind: "frame" }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** All blocks of a frame are through. */
  | { readonly kind: "end"; readonly checksumBytes: number }
  | { readonly kind: "checksum"; readonly checksum: number };

type Expected = "magic" | "skipLength" | "skip" | "header" | "blockHeader" | "block" | "checksum";

/** Finds frames, blocks and checksums without unpacking anything. */
class FrameWalker {
  private readonly name: string;
  private expected: Expected = "magic";
  /** The first bytes of a field that the last part cut off. */
  private held = new Uint8Array(0);
  /** Bytes of the block, or of the skippable frame, still to come. */
  private left = 0;
  private lastBlock = false;
  private hasChecksum = false;
  private seen = false;

  constructor(name: string) {
    this.name = name;
  }

  *pieces(part: Uint8Array): Generator<Piece> {
    let bytes = this.held.length === 0 ? part : Buffer.concat([this.held, part]);
    this.held = new Uint8Array(0);
    for (;;) {
      if (this.expected === "block" || this.expected === "skip") {
        const count = Math.min(this.left, bytes.length);
        const body = bytes.subarray(0, count);
        bytes = bytes.subarray(count);
        this.left -= count;
        if (this.expected === "block") yield { kind: "bytes", bytes: body };
        if (this.left > 0) return;
        if (this.expected === "skip") this.expected = "magic";
        else if (!this.lastBlock) this.expected = "blockHeader";
        else {
          this.expected = this.hasChecksum ? "checksum" : "magic";
          yield { kind: "end", checksumBytes: this.hasChecksum ? 4 : 0 };
        }
        continue;
      }
      const length = this.fieldLength(bytes);
      if (length === undefined || bytes.length < length) {
        this.held = bytes.slice();
        return;
      }
      const field = bytes.subarray(0, length);
      bytes = bytes.subarray(length);
      yield* this.take(field);
    }
  }

  /** @throws Error where the stream stops inside a frame. */
  requireEnd(): void {
    if (!this.seen) throw new Error("it holds no zstd frame");
    if (this.expected !== "magic" || this.held.length > 0) throw new Error("it ends inside a zstd frame");
  }

  /** Bytes of the field that is expected; undefined while too few are there to tell. */
  private fieldLength(bytes: Uint8Array): number | undefined {
    if (this.expected === "blockHeader") return 3;
    if (this.expected !== "header") return 4;
    return bytes.length === 0 ? undefined : headerBytes(bytes[0]!);
  }

  private *take(field: Uint8Array): Generator<Piece> {
    const view = new DataView(field.buffer, field.byteOffset, field.byteLength);
    if (this.expected === "magic") {
      const magic = view.getUint32(0, true);
      if (magic === frameMagic) {
        this.seen = true;
        this.expected = "header";
        yield { kind: "frame" };
        // The decoder wants the magic number with the rest of the header.
        yield { kind: "bytes", bytes: field };
      } else if (magic >>> 4 === 0x184d2a5) this.expected = "skipLength";
      else throw new Error("what stands where a zstd frame should start is none");
    } else if (this.expected === "skipLength") {
      this.left = view.getUint32(0, true);
      this.seen = true;
      this.expected = "skip";
    } else if (this.expected === "header") {
      yield* this.takeHeader(field);
    } else if (this.expected === "blockHeader") {
      const bits = field[0]! | (field[1]! << 8) | (field[2]! << 16);
      const type = (bits >> 1) & 3;
      if (type === 3) throw new Error("a block has a reserved type");
      this.lastBlock = (bits & 1) === 1;
      this.left = type === 1 ? 1 : bits >>> 3;
      this.expected = "block";
      yield { kind: "bytes", bytes: field };
    } else {
      this.expected = "magic";
      yield { kind: "checksum", checksum: view.getUint32(0, true) };
    }
  }

  private *takeHeader(field: Uint8Array): Generator<Piece> {
    const flags = field[0]!;
    if ((flags & 3) !== 0) throw new Error("it needs a dictionary");
    const needed = windowBytes(field);
    if (needed > maxWindowBytes) {
      throw new MillwrightError(
        "DATA_LIMIT",
        `${this.name} is a zstd file that asks for ${needed} bytes of memory, and the limit is ${maxWindowBytes}.`,
        "Pack the file again at an ordinary level, with a small window.",
      );
    }
    this.hasChecksum = (flags & 4) !== 0;
    this.expected = "blockHeader";
    yield { kind: "bytes", bytes: field };
  }
}

const singleSegment = 32;

/** Bytes of a frame header behind its magic number, from its first byte (RFC 8878, 3.1.1.1). */
function headerBytes(flags: number): number {
  const single = (flags & singleSegment) !== 0;
  const contentSize = flags >> 6 === 0 ? (single ? 1 : 0) : 1 << (flags >> 6);
  return 1 + (single ? 0 : 1) + [0, 1, 2, 4][flags & 3]! + contentSize;
}

/** Bytes of earlier content that a frame may refer to; all of it in a single segment. */
function windowBytes(header: Uint8Array): number {
  const flags = header[0]!;
  if ((flags & singleSegment) === 0) {
    const base = 2 ** (10 + (header[1]! >> 3));
    return base + (base / 8) * (header[1]! & 7);
  }
  let size = 0;
  for (let at = header.length - 1; at > 0; at--) size = size * 256 + header[at]!;
  return size + (flags >> 6 === 1 ? 256 : 0);
}
