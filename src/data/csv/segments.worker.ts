/** A thread that parses segments of a CSV file. */
import { parentPort, workerData } from "node:worker_threads";
import { InvalidUtf8, kernelModule } from "../../kernels/index.ts";
import type { Block } from "./block.ts";
import { SegmentReader, type SegmentWork } from "./segment-reader.ts";
import { type SegmentAnswer, type SentBlock, slotsPerThread, type TeamSeat } from "./segments.ts";

const { slots } = workerData as TeamSeat;

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

/** Parses segments until all are taken. */
function parseAll(reader: SegmentReader): void {
  let slot = 0;
  for (let taken = reader.next(); taken !== undefined; taken = reader.next()) {
    for (let more = true; more; slot = (slot + 1) % slotsPerThread) {
      // Until the values of the block that was here are copied.
      Atomics.wait(slots, slot, 1);
      reader.parser.useSlot(slot);
      const block = taken.blocks.next().value as Block;
      Atomics.store(slots, slot, 1);
      answer({ segment: taken.segment, slot, block: sent(block) });
      ({ more } = block);
    }
  }
}

// Compiled while there is no work yet.
kernelModule();
parentPort!.once("message", (work: SegmentWork) => {
  try {
    const reader = new SegmentReader(work, slotsPerThread);
    // The values lie where they lay at first, however the memory grows.
    answer({ memory: reader.parser.buffer });
    parseAll(reader);
    reader.close();
  } catch (error) {
    const failure = error instanceof InvalidUtf8 ? "utf8" : "error";
    answer({ failure, message: error instanceof Error ? error.message : String(error) });
  }
});
