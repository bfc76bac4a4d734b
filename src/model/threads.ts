/**
 * Worker threads that help to predict a table, each with a session of its own.
 *
 * They start when first needed (about a tenth of a second) and stay until the
 * model is closed; while idle they do not keep the process alive. They are asked
 * to end, never terminated: ending one inside native code aborts the process.
 */
import type { Worker } from "node:worker_threads";
import { type ErrorCode, MillwrightError, startWorker } from "../core/index.ts";
import type { BlockJob } from "./blocks.ts";
import type { ModelMetadata } from "./metadata.ts";

/** What a worker answers after a job. */
export type PredictReply =
  | { readonly done: true }
  | { readonly done: false; readonly code: ErrorCode; readonly what: string; readonly fix: string };

export interface PredictThreads {
  /** Lets `count` workers take blocks of a job until none is left. One job at a time. */
  run(job: BlockJob, count: number): Promise<void>;
  close(): Promise<void>;
}

/** What a worker starts with. */
export interface PredictStart {
  readonly bytes: Uint8Array;
  readonly metadata: ModelMetadata;
}

/** @param bytes - Of the model file; each worker gets a copy. */
export function createThreads(bytes: Uint8Array, metadata: ModelMetadata): PredictThreads {
  const start: PredictStart = { bytes, metadata };
  const workers: Worker[] = [];
  const runOne = (worker: Worker, job: BlockJob): Promise<void> =>
    new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        worker.off("message", onReply).off("error", onError).off("exit", onExit);
        worker.unref();
        settle();
      };
      const onReply = (reply: PredictReply): void => {
        if (reply.done) finish(resolve);
        else finish(() => reject(new MillwrightError(reply.code, reply.what, reply.fix)));
      };
      const onError = (cause: unknown): void => finish(() => reject(broken(cause)));
      const onExit = (): void => finish(() => reject(broken(undefined)));
      worker.on("message", onReply).on("error", onError).on("exit", onExit);
      worker.ref();
      worker.postMessage(job);
    });
  return {
    async run(job, count) {
      while (workers.length < count) {
        const worker = startWorker("predict.worker", import.meta.url, start);
        worker.once("exit", () => workers.splice(workers.indexOf(worker) >>> 0, 1));
        workers.push(worker);
      }
      const results = await Promise.allSettled(workers.slice(0, count).map((worker) => runOne(worker, job)));
      for (const result of results) if (result.status === "rejected") throw result.reason;
    },
    async close() {
      const exits = workers.map(
        (worker) => new Promise<void>((resolve) => worker.once("exit", () => resolve())),
      );
      for (const worker of workers) {
        worker.ref();
        worker.postMessage("close");
      }
      await Promise.all(exits);
    },
  };
}

function broken(cause: unknown): MillwrightError {
  return new MillwrightError(
    "WORKER_FAILED",
    `A prediction thread ended${cause instanceof Error ? ` with "${cause.message}"` : ""}.`,
    "Predict again with { threads: 1 }.",
    { cause },
  );
}
