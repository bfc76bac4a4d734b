/** A thread that decodes the files that it is sent, until it is told that there are no more. */
import { parentPort, workerData } from "node:worker_threads";
import { MillwrightError } from "../../core/index.ts";
import { decodeHere, type DecodeWork, memoryOf } from "./decode-file.ts";
import type { DecodeAnswer, DecodeRequest } from "./decode-lanes.ts";

const work = workerData as DecodeWork;
const port = parentPort!;

function answer(message: DecodeAnswer, memory: ArrayBuffer[] = []): void {
  port.postMessage(message, memory);
}

async function decode({ id, path }: Extract<DecodeRequest, { readonly path: string }>): Promise<void> {
  try {
    const content = await decodeHere(work, path);
    answer({ id, content }, memoryOf(content));
  } catch (error) {
    const known = error instanceof MillwrightError ? error : undefined;
    const { code, what, fix } = known ?? {
      code: "WORKER_FAILED",
      what: String(error),
      fix: "Decode with threads 1.",
    };
    answer({ id, failure: { code, what, fix } });
  }
}

const running = new Set<Promise<void>>();
port.on("message", async (request: DecodeRequest) => {
  if (!("end" in request)) {
    const decoding = decode(request).finally(() => running.delete(decoding));
    running.add(decoding);
    return;
  }
  // The port is closed when all is done, and the thread ends by itself: native code must not be cut off.
  await Promise.all(running);
  port.close();
});
