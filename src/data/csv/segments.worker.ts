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
/** Bytes read at a time when a row reaches far beyond its segment. */
const moreBytes = 1 << 16;

function read(start: number, end: number): Buffer {
  const buffer = Buffer.allocUnsafe(end - start);
  let length = 0;
  while (length < buffer.length) {
    const bytes = readSync(file, buffer, length, buffer.length - length, start + length);
    if (bytes === 0) break;
    length += bytes;
  }
  return buffer.subarray(0, length);
}

/** The bytes of a segment's rows: from behind the newline before its start to behind the one at its end. */
function rowsOf({ start, end }: Segment): Uint8Array {
  const from = start === firstByte ? start : start - 1;
  const { newline } = text.dialect;
  let bytes = read(from, end);
  const first = from === start ? 0 : bytes.indexOf(newline) + 1;
  // No newline at all: the row belongs to the segment before.
  if (first === 0 && from !== start) return new Uint8Array(0);
  let reach = end;
  while (reach < fileBytes && bytes[bytes.length - 1] !== newline) {
    const more = read(reach, Math.min(fileBytes, reach + moreBytes));
    const at = more.indexOf(newline);
    const part = at < 0 ? more : more.subarray(0, at + 1);
    bytes = Buffer.concat([bytes, part]);
    reach += part.length;
    if (at >= 0) break;
  }
  return bytes.subarray(first);
}

function parse(segment: Segment): SegmentAnswer {
  const { index } = segment;
  try {
    parser.feed(rowsOf(segment));
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
