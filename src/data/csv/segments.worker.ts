/** A thread that parses segments of a CSV file; its parser, and so its codes, last from segment to segment. */
import { closeSync, openSync, readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { DelimitedParser, InvalidUtf8 } from "../../kernels/index.ts";
import { type Block, BlockParser } from "./block.ts";
import type { Segment, SegmentAnswer, SegmentWork } from "./segments.ts";

const { path, fileBytes, firstByte, text } = workerData as SegmentWork;
const file = openSync(path, "r");
const parser = new DelimitedParser(text.dialect, text.plans, 1);
const runner = new BlockParser(parser, text.plans, false);
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

/** Feeds a segment's rows: from behind the newline before its start to behind the one at its end. */
function feed({ start, end }: Segment): void {
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

function parse(segment: Segment): SegmentAnswer {
  const { index } = segment;
  try {
    feed(segment);
    return { index, block: runner.run(segment.end >= fileBytes) };
  } catch (error) {
    const failure = error instanceof InvalidUtf8 ? "utf8" : "error";
    return { index, failure, message: error instanceof Error ? error.message : String(error) };
  }
}

function buffersOf(block: Block): ArrayBuffer[] {
  return block.columns.flatMap((column) => {
    if (column.type === "number" || column.type === "datetime") return [column.values.buffer as ArrayBuffer];
    return column.type === "string" ? [column.codes.buffer as ArrayBuffer] : [];
  });
}

parentPort!.on("message", (segment: Segment) => {
  const answer = parse(segment);
  parentPort!.postMessage(answer, "block" in answer ? buffersOf(answer.block) : []);
});
parentPort!.on("close", () => closeSync(file));
