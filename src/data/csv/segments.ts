/**
 * A plain UTF-8 file parsed by several threads, each a segment at a time, delivered in the order of the file.
 *
 * A segment reaches from the first newline at its nominal start to the first newline at its nominal end. Should
 * such a newline stand inside quotes, the segment before it ends with an open quote: then the caller is told, and
 * reads the file on one thread instead. The first segment starts right, so none goes wrong unseen.
 */
import type { Worker } from "node:worker_threads";
import { startWorker } from "../../core/index.ts";
import { InvalidUtf8 } from "../../kernels/index.ts";
import type { Block } from "./block.ts";
import type { CsvText } from "./sequential.ts";

/** A segment's nominal bytes. */
export interface Segment {
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

/** What a worker starts with. */
export interface SegmentWork {
  readonly path: string;
  readonly fileBytes: number;
  /** Where the rows begin: behind byte order mark and header. */
  readonly firstByte: number;
  readonly text: CsvText;
}

/** What it answers. */
export type SegmentAnswer =
  | { readonly index: number; readonly block: Block }
  | { readonly index: number; readonly failure: "utf8" | "error"; readonly message: string };

/** Thrown when a segment began inside quotes. */
export class Misaligned extends Error {}

/** A file is worth starting threads for from this size on. */
export const parallelBytes = 24 * 1024 * 1024;

/**
 * @param threads - At least 2.
 * @yields Each block with the number of the worker whose codes it has.
 * @throws Misaligned before or after some blocks were given out: then none of them counts.
 * @throws InvalidUtf8
 */
export async function* parseSegments(
  work: SegmentWork,
  threads: number,
  onBytes: (bytes: number) => void,
  segmentBytes = 4 * 1024 * 1024,
): AsyncGenerator<{ readonly block: Block; readonly parser: number }> {
  const count = Math.max(1, Math.ceil((work.fileBytes - work.firstByte) / segmentBytes));
  const segments = Array.from({ length: count }, (_, index): Segment => {
    const start = work.firstByte + index * segmentBytes;
    return { index, start, end: Math.min(work.fileBytes, start + segmentBytes) };
  });
  const workers = Array.from({ length: Math.min(threads, count) }, () => {
    return startWorker("segments.worker", import.meta.url, work);
  });
  try {
    const team = new Team(workers, segments);
    for (let index = 0; index < count; index++) {
      const { block, parser } = await team.take(index);
      const last = index === count - 1;
      if (block.leftBytes > 0 && !last) throw new Misaligned();
      yield { block, parser };
      onBytes(segments[index]!.end);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

interface Done {
  readonly block: Block;
  readonly parser: number;
}

/** Deals segments to workers and keeps their answers until it is their turn; never far ahead of the taker. */
class Team {
  private readonly workers: readonly Worker[];
  private readonly segments: readonly Segment[];
  private readonly ahead: number;
  private readonly idle = new Set<number>();
  private readonly answers = new Map<number, Done>();
  private nextToDeal = 0;
  private taken = 0;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;

  constructor(workers: readonly Worker[], segments: readonly Segment[]) {
    this.workers = workers;
    this.segments = segments;
    this.ahead = 3 * workers.length;
    for (const [number, worker] of workers.entries()) {
      this.idle.add(number);
      worker.on("message", (answer: SegmentAnswer) => this.receive(number, answer));
      worker.on("error", (error) => this.fail(error));
    }
    this.deal();
  }

  async take(index: number): Promise<Done> {
    for (;;) {
      if (this.failure !== undefined) throw this.failure;
      const done = this.answers.get(index);
      if (done !== undefined) {
        this.answers.delete(index);
        this.taken = index + 1;
        this.deal();
        return done;
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  private deal(): void {
    for (const number of [...this.idle]) {
      if (this.nextToDeal >= this.segments.length || this.nextToDeal >= this.taken + this.ahead) return;
      this.idle.delete(number);
      this.workers[number]!.postMessage(this.segments[this.nextToDeal++]);
    }
  }

  private receive(number: number, answer: SegmentAnswer): void {
    if ("failure" in answer) {
      this.fail(answer.failure === "utf8" ? new InvalidUtf8() : new Error(answer.message));
      return;
    }
    this.answers.set(answer.index, { block: answer.block, parser: number });
    this.idle.add(number);
    this.deal();
    this.wake?.();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake?.();
  }
}
