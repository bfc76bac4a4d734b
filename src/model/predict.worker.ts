/** A thread of threads.ts: a session of its own, and blocks of whatever job comes until it is asked to end. */
import { parentPort, workerData } from "node:worker_threads";
import { assert, MillwrightError } from "../core/index.ts";
import { type BlockJob, runBlocks } from "./blocks.ts";
import { openSession } from "./session.ts";
import type { PredictReply, PredictStart } from "./threads.ts";

const port = parentPort;
assert(port !== null, "predict.worker runs as a worker thread");
const { bytes, metadata } = workerData as PredictStart;
const session = openSession(bytes, metadata, "the model");

port.on("message", (message: BlockJob | "close") => {
  void (message === "close" ? close() : work(message).then((reply) => port.postMessage(reply)));
});

async function work(job: BlockJob): Promise<PredictReply> {
  try {
    const { run } = await session;
    await runBlocks(job, run);
    return { done: true };
  } catch (error) {
    if (error instanceof MillwrightError) {
      return { done: false, code: error.code, what: error.what, fix: error.fix };
    }
    return {
      done: false,
      code: "WORKER_FAILED",
      what: String(error),
      fix: "Predict again with { threads: 1 }.",
    };
  }
}

async function close(): Promise<void> {
  const { release } = await session;
  await release();
  port!.close();
}
