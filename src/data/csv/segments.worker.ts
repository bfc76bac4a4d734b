/** A thread that parses segments of a CSV file; its parser, and so its codes, last from segment to segment. */
import { closeSync, openSync, readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { DelimitedParser, InvalidUtf8 } from "../../kernels/index.ts";
import { type Block, BlockParser } from "./block.ts";
import { type SegmentAnswer, type SentBlock, slotsPerThread, type TeamWork } from "./segments.ts";

const { path, fileBytes, firstByte, text, segmentBytes, segmentCount, taken, slots } = workerData as TeamWork;
const file = openSync(path, "r");
const parser = new DelimitedParser(text.dialect, text.plans, 1, slotsPerThread);
const runner = new BlockParser(parser, text.plans);
/** Bytes read behind a segment at a time, to find the end of its last row. */
const moreBytes = 1 << 16;

/** Reads bytes [start, end) of the file behind what the parser holds. */
function read(start: number, end: number): Uint8Array {
  const target = parser.room(end - start);
  let length = 0;
  while (length < target.length) {
    const bytes = readSync(file, target, length, target.length - length, start + length);
    if (bytes === 0) break;
    length += bytes;
  }
  return target.subarray(0, length);
}

/** Feeds the rows of a segment: from behind the newline before its start to behind the one at its end. */
function feed(start: number, end: number): void {
  const from = start === firstByte ? start : start - 1;
  const { newline } = text.dialect;
  // What an open quote left behind: the whole pass is given up then.
  parser.skip(parser.unparsedBytes);
  let reach = Math.min(fileBytes, end + moreBytes);
  const bytes = read(from, reach);
  const first = from === start ? 0 : bytes.indexOf(newline) + 1;
  // No newline at all before the end: the row belongs to the segment before.
  if (from !== start && (first === 0 || first > end - from)) return;
  let last = bytes.indexOf(newline, end - 1 - from);
  parser.fed(last < 0 ? bytes.length : last + 1);
  parser.skip(first);
  while (last < 0 && reach < fileBytes) {
    const more = read(reach, Math.min(fileBytes, reach + moreBytes));
    last = more.indexOf(newline);
    parser.fed(last < 0 ? more.length : last + 1);
    reach += more.length;
  }
}

/** The block as it is sent, its values by where they lie. */
function sent(block: Block): SentBlock {
  const columns = block.columns.map((column) => {
    if (column.type === "skip" || column.type === "odd") return column;
    if (column.type === "string") {
      const { codes, ...rest } = column;
      return { ...rest, at: codes.byteOffset };
    }
    const { values, ...rest } = column;
    return { ...rest, at: values.byteOffset };
  });
  return { ...block, columns };
}

function answer(message: SegmentAnswer): void {
  parentPort!.postMessage(message);
}

let slot = 0;

/** Parses segments until all are taken. */
function parseAll(): void {
  for (;;) {
    const segment = Atomics.add(taken, 0, 1);
    if (segment >= segmentCount) return;
    const start = firstByte + segment * segmentBytes;
    const end = Math.min(fileBytes, start + segmentBytes);
    feed(start, end);
    const blocks = runner.blocks(end >= fileBytes);
    for (let more = true; more; slot = (slot + 1) % slotsPerThread) {
      // Until the values of the block that was here are copied.
      Atomics.wait(slots, slot, 1);
      parser.useSlot(slot);
      const block = blocks.next().value as Block;
      Atomics.store(slots, slot, 1);
      answer({ segment, slot, block: sent(block) });
      ({ more } = block);
    }
  }
}

// The values lie where they lay at first, however the memory grows.
answer({ memory: parser.buffer });
try {
  parseAll();
} catch (error) {
  const failure = error instanceof InvalidUtf8 ? "utf8" : "error";
  answer({ failure, message: error instanceof Error ? error.message : String(error) });
}
closeSync(file);
