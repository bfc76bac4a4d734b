/** The thread behind `compileInWorker`: compiles, answers runs in order, and ends when told. */
import { MillwrightError, type Tensor } from "../core/index.ts";
import { compile, type LocalSession } from "./session.ts";
import type { Feeds } from "./tensors.ts";
import type { WorkerReply, WorkerRequest, WorkerTask } from "./worker-session.ts";

const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
const port = parentPort!;
const { file, options } = workerData as WorkerTask;

function fail(id: number, error: unknown): void {
  const known = error instanceof MillwrightError;
  const reply: WorkerReply = {
    kind: "error",
    id,
    code: known ? error.code : "WORKER_FAILED",
    what: known ? error.what : `The worker of the session failed: ${String(error)}.`,
    fix: known ? error.fix : "Report this as a defect.",
  };
  port.postMessage(reply);
}

/** Results are moved, not copied. */
function buffersOf(tensors: Record<string, Tensor>): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { data } of Object.values(tensors)) {
    if (!Array.isArray(data)) buffers.add((data as Float32Array<ArrayBuffer>).buffer);
  }
  return [...buffers];
}

/** Copies of shared arrays, which the runtime refuses, each in one place for all runs. */
const copies = new Map<string, Float32Array>();

function owned(feeds: Feeds): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => {
      const { data } = tensor;
      if (!(data instanceof Float32Array) || !(data.buffer instanceof SharedArrayBuffer))
        return [name, tensor];
      let copy = copies.get(name);
      if (copy?.length !== data.length) copies.set(name, (copy = new Float32Array(data.length)));
      copy.set(data);
      return [name, { ...tensor, data: copy }];
    }),
  );
}

async function serve(session: LocalSession): Promise<void> {
  let last: Promise<void> = Promise.resolve();
  port.on("message", (request: WorkerRequest) => {
    last = last.then(async () => {
      if (request === null) {
        await session.release();
        port.close();
        return;
      }
      try {
        const tensors = await session.run(owned(request.feeds), request.outputs);
        port.postMessage(
          { kind: "result", id: request.id, tensors } satisfies WorkerReply,
          buffersOf(tensors),
        );
      } catch (error) {
        fail(request.id, error);
      }
    });
  });
  const { inputs, outputs, runtime } = session;
  port.postMessage({ kind: "ready", inputs, outputs, runtime } satisfies WorkerReply);
}

try {
  await serve(await compile(file, options));
} catch (error) {
  fail(0, error);
}
