/**
 * A plain UTF-8 file parsed by several threads, each a segment at a time, delivered in the order of the file. Values
 * stay in the memory of the thread that parsed them until they are copied to their column.
 *
 * A segment reaches from the first newline at its nominal start to the first newline at its nominal end. Should
 * such a newline stand inside quotes, the segment before it ends with an open quote: then the caller is told, and
 * reads the file on one thread instead. The first segment starts right, so none goes wrong unseen.
 */
import type { Worker } from "node:worker_threads";
import { startWorker } from "../../core/index.ts";
import { InvalidUtf8 } from "../../kernels/index.ts";
import type { Block, BlockColumn } from "./block.ts";
import type { CsvText } from "./sequential.ts";

/** Blocks of a thread that can stand at a time, until they are copied. */
export const slotsPerThread = 3;

/** What a worker starts with. */
export interface SegmentWork {
  readonly path: string;
  readonly fileBytes: number;
  /** Where the rows begin: behind byte order mark and header. */
  readonly firstByte: number;
  readonly text: CsvText;
}

/** What it also is told by its team. */
export interface TeamWork extends SegmentWork {
  readonly segmentBytes: number;
  readonly segmentCount: number;
  /** The next segment that nobody has taken, one word. */
  readonly taken: Int32Array;
  /** This worker's slots: 1 while a block stands in it. */
  readonly slots: Int32Array;
}

/** A column of a block whose values lie in the worker's memory, at an offset in bytes. */
export type SentColumn =
  | Extract<BlockColumn, { readonly type: "skip" | "odd" }>
  | (Omit<Extract<BlockColumn, { readonly type: "number" }>, "values"> & { readonly at: number })
  | (Omit<Extract<BlockColumn, { readonly type: "datetime" }>, "values"> & { readonly at: number })
  | (Omit<Extract<BlockColumn, { readonly type: "string" }>, "codes"> & { readonly at: number });

export type SentBlock = Omit<Block, "columns"> & { readonly columns: readonly SentColumn[] };

/** What it answers: first its memory, then blocks of segments that it took, in their order. */
export type SegmentAnswer =
  | { readonly memory: SharedArrayBuffer }
  | { readonly segment: number; readonly slot: number; readonly block: SentBlock }
  | { readonly failure: "utf8" | "error"; readonly message: string };

/** Thrown when a segment began inside quotes. */
export class Misaligned extends Error {}

/** A file is worth starting threads for from this size on. */
export const parallelBytes = 24 * 1024 * 1024;

/**
 * @param threads - At least 2.
 * @yields Each block with the number of the worker whose codes it has; it stands until the next is asked for.
 * @throws Misaligned before or after some blocks were given out: then none of them counts.
 * @throws InvalidUtf8
 */
export async function* parseSegments(
  work: SegmentWork,
  threads: number,
  onBytes: (bytes: number) => void,
  segmentBytes = 2 * 1024 * 1024,
): AsyncGenerator<{ readonly block: Block; readonly parser: number }> {
  const segmentCount = Math.max(1, Math.ceil((work.fileBytes - work.firstByte) / segmentBytes));
  const taken = new Int32Array(new SharedArrayBuffer(4));
  const members = Array.from({ length: Math.min(threads, segmentCount) }, () => {
    const slots = new Int32Array(new SharedArrayBuffer(4 * slotsPerThread));
    const told: TeamWork = { ...work, segmentBytes, segmentCount, taken, slots };
    return { slots, worker: startWorker("segments.worker", import.meta.url, told) };
  });
  try {
    const team = new Team(members.map(({ worker }) => worker));
    for (let segment = 0; segment < segmentCount; ) {
      const { sent, parser, slot, memory } = await team.take(segment);
      const last = segment === segmentCount - 1;
      if (sent.leftBytes > 0 && !last) throw new Misaligned();
      yield { block: received(sent, memory), parser };
      const { slots } = members[parser]!;
      Atomics.store(slots, slot, 0);
      Atomics.notify(slots, slot);
      if (sent.more) continue;
      segment++;
      onBytes(Math.min(work.fileBytes, work.firstByte + segment * segmentBytes));
    }
  } finally {
    await Promise.all(members.map(({ worker }) => worker.terminate()));
  }
}

/** A block with its values as views on the memory of the worker that made it. */
function received(sent: SentBlock, memory: SharedArrayBuffer): Block {
  const columns = sent.columns.map((column): BlockColumn => {
    if (column.type === "skip" || column.type === "odd") return column;
    const { at, ...rest } = column;
    if (rest.type === "string") return { ...rest, codes: new Int32Array(memory, at, sent.rowCount) };
    return { ...rest, values: new Float64Array(memory, at, sent.rowCount) };
  });
  return { ...sent, columns };
}

interface Done {
  readonly sent: SentBlock;
  readonly parser: number;
  readonly slot: number;
  readonly memory: SharedArrayBuffer;
}

/**
 * Keeps the blocks of workers until it is their turn. A worker takes segments in their order and waits while all its
 * slots are full, so the one with the next segment always goes on, and none runs far ahead.
 */
class Team {
  private readonly blocks = new Map<number, Done[]>();
  private failure: Error | undefined;
  private wake: (() => void) | undefined;

  constructor(workers: readonly Worker[]) {
    for (const [parser, worker] of workers.entries()) {
      let memory: SharedArrayBuffer;
      worker.on("message", (answer: SegmentAnswer) => {
        if ("memory" in answer) ({ memory } = answer);
        else if ("failure" in answer)
          this.fail(answer.failure === "utf8" ? new InvalidUtf8() : new Error(answer.message));
        else this.receive(answer.segment, { sent: answer.block, parser, slot: answer.slot, memory });
      });
      worker.on("error", (error) => this.fail(error));
    }
  }

  /** The next block of a segment. */
  async take(segment: number): Promise<Done> {
    for (;;) {
      if (this.failure !== undefined) throw this.failure;
      const done = this.blocks.get(segment)?.shift();
      if (done !== undefined) {
        if (!done.sent.more) this.blocks.delete(segment);
        return done;
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  private receive(segment: number, done: Done): void {
    const waiting = this.blocks.get(segment);
    if (waiting === undefined) this.blocks.set(segment, [done]);
    else waiting.push(done);
    this.wake?.();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake?.();
  }
}
