/** Where files are decoded: in this thread, some at a time, or in threads of their own. */
import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { type ErrorCode, MillwrightError, startWorker } from "../../core/index.ts";
import { type Content, decodeFile, type DecodeWork } from "./decode-file.ts";
import type { Decoded } from "./media.ts";

export type DecodeRequest = { readonly id: number; readonly path: string } | { readonly end: true };

export type DecodeAnswer =
  | { readonly id: number; readonly content: Decoded<Content> }
  | {
      readonly id: number;
      readonly failure: { readonly code: ErrorCode; readonly what: string; readonly fix: string };
    };

export interface Lanes {
  /** Files that can be on their way at a time. */
  readonly width: number;
  /** Decodes a file; rejects where the work itself cannot be done. */
  decode(path: string): Promise<Decoded<Content>>;
  /** Waits for what is on its way, and ends the threads. */
  close(): Promise<void>;
}

/** Files on their way to a thread, so that it has the next one when it is done with one. */
const perThread = 2;

/** @param threads - 0 decodes in this thread. */
export function openLanes(work: DecodeWork, threads: number): Lanes {
  return threads === 0 ? hereOnly(work) : inThreads(work, threads);
}

/** The file system and sharp have threads of their own, so that some files at a time pay here too. */
function hereOnly(work: DecodeWork): Lanes {
  const running = new Set<Promise<unknown>>();
  return {
    width: 4,
    decode(path) {
      const decoding = decodeFile(work, path).finally(() => running.delete(decoding));
      running.add(decoding);
      return decoding;
    },
    async close() {
      await Promise.allSettled(running);
    },
  };
}

interface Waiting {
  readonly resolve: (content: Decoded<Content>) => void;
  readonly reject: (error: Error) => void;
}

interface Lane {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

function inThreads(work: DecodeWork, threads: number): Lanes {
  let failure: Error | undefined;
  let nextId = 0;
  const lanes = Array.from({ length: threads }, (): Lane => {
    const worker = startWorker("decode.worker", import.meta.url, work);
    const waiting: Lane["waiting"] = new Map();
    const fail = (error: Error): void => {
      failure ??= error;
      for (const { reject } of waiting.values()) reject(failure);
      waiting.clear();
    };
    worker.on("message", (answer: DecodeAnswer) => {
      const { resolve, reject } = waiting.get(answer.id)!;
      waiting.delete(answer.id);
      if ("content" in answer) resolve(answer.content);
      else reject(new MillwrightError(answer.failure.code, answer.failure.what, answer.failure.fix));
    });
    worker.on("error", (cause) => fail(ended(cause.message, cause)));
    worker.on("exit", (code) => {
      if (waiting.size > 0) fail(ended(`it ended with code ${code}`));
    });
    return { worker, waiting };
  });
  return {
    width: threads * perThread,
    decode: (path) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure);
          return;
        }
        const lane = lanes.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
        const id = nextId++;
        lane.waiting.set(id, { resolve, reject });
        lane.worker.postMessage({ id, path } satisfies DecodeRequest);
      }),
    async close() {
      await Promise.all(
        lanes.map(async ({ worker }) => {
          if (worker.threadId < 0) return;
          const exited = once(worker, "exit");
          worker.postMessage({ end: true } satisfies DecodeRequest);
          await exited;
        }),
      );
    },
  };
}

function ended(why: string, cause?: unknown): MillwrightError {
  return new MillwrightError(
    "WORKER_FAILED",
    `A thread that decodes files failed: ${why}.`,
    "Use fewer threads, most likely memory was short.",
    { cause },
  );
}
