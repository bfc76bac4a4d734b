/**
 * A plain UTF-8 file parsed by several threads, this one among them, each a segment at a time, delivered in the order
 * of the file. Values stay in the memory of the thread that parsed them until they are copied to their column.
 *
 * Where a segment turns out to have begun inside quotes, the caller is told, and reads the file on one thread instead.
 */
import { setImmediate } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { startWorker } from "../../core/index.ts";
import { InvalidUtf8 } from "../../kernels/index.ts";
import type { Block, BlockColumn } from "./block.ts";
import { SegmentReader, type SegmentWork } from "./segment-reader.ts";

/** Blocks of a worker that can stand at a time, until they are copied. */
export const slotsPerThread = 3;

/** What a worker starts with. */
export interface TeamSeat {
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

/** What it answers to its work: first its memory, then blocks of segments that it took, in their order. */
export type SegmentAnswer =
  | { readonly memory: SharedArrayBuffer }
  | { readonly segment: number; readonly slot: number; readonly block: SentBlock }
  | { readonly failure: "utf8" | "error"; readonly message: string };

/** Thrown when a segment began inside quotes. */
export class Misaligned extends Error {}

/** A file is worth starting threads for from this size on. */
export const parallelBytes = 24 * 1024 * 1024;

/**
 * @param team - Its threads parse beside this one, which does so while it has nothing to deliver; closed at the end.
 * @yields Each block with the number of the thread whose codes it has; it stands until the next is asked for.
 * @throws Misaligned before or after some blocks were given out: then none of them counts.
 * @throws InvalidUtf8
 */
export async function* parseSegments(
  file: Omit<SegmentWork, "segmentBytes" | "segmentCount" | "taken">,
  team: SegmentTeam,
  onBytes: (bytes: number) => void,
  segmentBytes = 2 * 1024 * 1024,
): AsyncGenerator<{ readonly block: Block; readonly parser: number }> {
  const segmentCount = Math.max(1, Math.ceil((file.fileBytes - file.firstByte) / segmentBytes));
  const taken = new Int32Array(new SharedArrayBuffer(4));
  const work: SegmentWork = { ...file, segmentBytes, segmentCount, taken };
  let reader: SegmentReader | undefined;
  try {
    team.begin(work);
    reader = new SegmentReader(work, 1);
    let own = startNext(reader);
    for (let segment = 0; segment < segmentCount; ) {
      let block: Block;
      if (own?.segment === segment) {
        block = own.block;
        yield { block: endingRight(block, segment, segmentCount), parser: team.size };
        if (block.more) own = { ...own, block: own.blocks.next().value as Block };
        else {
          // The event loop turns once a segment, and the workers' blocks arrive.
          await setImmediate();
          own = startNext(reader);
        }
      } else {
        const done = await team.take(segment);
        block = received(done.sent, done.memory);
        yield { block: endingRight(block, segment, segmentCount), parser: done.parser };
        team.free(done);
      }
      if (block.more) continue;
      segment++;
      onBytes(Math.min(work.fileBytes, work.firstByte + segment * segmentBytes));
    }
  } finally {
    reader?.close();
    await team.close();
  }
}

/** Takes a segment and parses its first block, before its turn comes. */
function startNext(reader: SegmentReader) {
  const next = reader.next();
  return next === undefined ? undefined : { ...next, block: next.blocks.next().value as Block };
}

/** @throws Misaligned where a segment that is not the last ends in the middle of a row. */
function endingRight(block: Block, segment: number, segmentCount: number): Block {
  if (block.leftBytes > 0 && segment < segmentCount - 1) throw new Misaligned();
  return block;
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
 * Threads that load while the beginning of a file is looked at, then parse its segments.
 *
 * Their blocks are kept until it is their turn. A worker takes segments in their order and waits while all its slots
 * are full, so the one with the next segment always goes on, and none runs far ahead.
 */
export class SegmentTeam {
  private readonly members: readonly { readonly slots: Int32Array; readonly worker: Worker }[];
  private readonly blocks = new Map<number, Done[]>();
  private failure: Error | undefined;
  private wake: (() => void) | undefined;

  /** @param size - Threads beside the caller's. */
  constructor(size: number) {
    this.members = Array.from({ length: size }, (_, parser) => {
      const slots = new Int32Array(new SharedArrayBuffer(4 * slotsPerThread));
      const worker = startWorker("segments.worker", import.meta.url, { slots } satisfies TeamSeat);
      let memory: SharedArrayBuffer;
      worker.on("message", (answer: SegmentAnswer) => {
        if ("memory" in answer) ({ memory } = answer);
        else if ("failure" in answer)
          this.fail(answer.failure === "utf8" ? new InvalidUtf8() : new Error(answer.message));
        else this.receive(answer.segment, { sent: answer.block, parser, slot: answer.slot, memory });
      });
      worker.on("error", (error) => this.fail(error));
      // Without work it keeps no process alive.
      worker.unref();
      return { slots, worker };
    });
  }

  get size(): number {
    return this.members.length;
  }

  begin(work: SegmentWork): void {
    for (const { worker } of this.members) {
      worker.ref();
      worker.postMessage(work);
    }
  }

  /** The next block of a segment; it stands until it is freed. */
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

  free({ parser, slot }: Done): void {
    const { slots } = this.members[parser]!;
    Atomics.store(slots, slot, 0);
    Atomics.notify(slots, slot);
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map(({ worker }) => worker.terminate()));
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
