/**
 * Rows of a plain UTF-8 file by segments, which several threads share out.
 *
 * A segment reaches from the first newline at its nominal start to the first newline at its nominal end. Should
 * such a newline stand inside quotes, the segment before it ends with an open quote, and whoever puts the segments
 * together notices. The first segment starts right, so none goes wrong unseen.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { DelimitedParser } from "../../kernels/index.ts";
import { type Block, BlockParser } from "./block.ts";
import type { CsvText } from "./sequential.ts";

export interface SegmentWork {
  readonly path: string;
  readonly fileBytes: number;
  /** Where the rows begin: behind byte order mark and header. */
  readonly firstByte: number;
  readonly text: CsvText;
  readonly segmentBytes: number;
  readonly segmentCount: number;
  /** The next segment that no thread has taken, one word that the threads share. */
  readonly taken: Int32Array;
}

/** Bytes read behind a segment at a time, to find the end of its last row. */
const moreBytes = 1 << 16;

/** One thread's part; its parser, and so its codes, last from segment to segment. */
export class SegmentReader {
  readonly parser: DelimitedParser;
  private readonly runner: BlockParser;
  private readonly work: SegmentWork;
  private readonly file: number;

  /** @param slots - Blocks that can stand at a time. */
  constructor(work: SegmentWork, slots: number) {
    const { dialect, plans, dictionaryBytes } = work.text;
    this.work = work;
    this.parser = new DelimitedParser(dialect, plans, 1, slots);
    this.runner = new BlockParser(this.parser, plans, dictionaryBytes);
    this.file = openSync(work.path, "r");
  }

  /**
   * Takes the next segment that no thread has, and reads it.
   *
   * @returns Its number and its blocks, at least one, which are parsed as they are asked for; undefined when all
   *   are taken.
   */
  next(): { readonly segment: number; readonly blocks: Generator<Block> } | undefined {
    const { taken, segmentCount, segmentBytes, firstByte, fileBytes } = this.work;
    const segment = Atomics.add(taken, 0, 1);
    if (segment >= segmentCount) return undefined;
    const start = firstByte + segment * segmentBytes;
    const end = Math.min(fileBytes, start + segmentBytes);
    this.feed(start, end);
    return { segment, blocks: this.runner.blocks(end >= fileBytes) };
  }

  close(): void {
    closeSync(this.file);
  }

  /** Feeds the rows of a segment: from behind the newline before its start to behind the one at its end. */
  private feed(start: number, end: number): void {
    const { parser } = this;
    const { firstByte, fileBytes, text } = this.work;
    const from = start === firstByte ? start : start - 1;
    const { newline } = text.dialect;
    // What an open quote left behind: the whole pass is given up then.
    parser.skip(parser.unparsedBytes);
    let reach = Math.min(fileBytes, end + moreBytes);
    const bytes = this.read(from, reach);
    const first = from === start ? 0 : bytes.indexOf(newline) + 1;
    // No newline at all before the end: the row belongs to the segment before.
    if (from !== start && (first === 0 || first > end - from)) return;
    let last = bytes.indexOf(newline, end - 1 - from);
    parser.fed(last < 0 ? bytes.length : last + 1);
    parser.skip(first);
    while (last < 0 && reach < fileBytes) {
      const more = this.read(reach, Math.min(fileBytes, reach + moreBytes));
      last = more.indexOf(newline);
      parser.fed(last < 0 ? more.length : last + 1);
      reach += more.length;
    }
  }

  /** Reads bytes [start, end) of the file behind what the parser holds. */
  private read(start: number, end: number): Uint8Array {
    const target = this.parser.room(end - start);
    let length = 0;
    while (length < target.length) {
      const bytes = readSync(this.file, target, length, target.length - length, start + length);
      if (bytes === 0) break;
      length += bytes;
    }
    return target.subarray(0, length);
  }
}
