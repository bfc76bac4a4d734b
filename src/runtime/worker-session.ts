/**
 * A session in a worker thread, so that the event loop stays free while it runs.
 *
 * Runs are answered in the order asked. It stops between runs, never inside one:
 * ending a thread inside the native runtime would end the process.
 */
import type { Worker } from "node:worker_threads";
import { type ErrorCode, MillwrightError, startWorker, type Tensor } from "../core/index.ts";
import { type Graph, writeOnnx } from "../graph/index.ts";
import { lowerFor, lowerForTraining } from "./lowering.ts";
import { compile, type CompileOptions, type Session } from "./session.ts";
import type { Feeds, Port } from "./tensors.ts";

/** What the worker is started with. */
export interface WorkerTask {
  readonly file: Uint8Array;
  readonly options: CompileOptions;
}
/** To the worker: a run, or null to end. */
export type WorkerRequest = {
  readonly id: number;
  readonly feeds: Feeds;
  readonly outputs?: readonly string[];
} | null;
/** From the worker. */
export type WorkerReply =
  | {
      readonly kind: "ready";
      readonly inputs: readonly Port[];
      readonly outputs: readonly Port[];
      readonly runtime: string;
    }
  | { readonly kind: "result"; readonly id: number; readonly tensors: Record<string, Tensor> }
  | {
      readonly kind: "error";
      readonly id: number;
      readonly code: ErrorCode;
      readonly what: string;
      readonly fix: string;
    };

/**
 * Compiles a graph in a worker thread of its own.
 *
 * Feeds are copied to the thread, but for arrays of a shared memory, which it reads when the run begins; results are
 * moved back. In a browser it compiles in place: there, onnxruntime-web is itself told to use a worker
 * (`ort.env.wasm.proxy`).
 *
 * @throws MillwrightError as `compile` does; `WORKER_FAILED` where the thread dies.
 */
export async function compileInWorker(
  source: Graph | Uint8Array,
  options: CompileOptions = {},
): Promise<Session> {
  if (typeof process === "undefined" || typeof process.getBuiltinModule !== "function")
    return compile(source, options);
  const file = source instanceof Uint8Array ? source : writeOnnx(await lowered(source, options));
  const session = new WorkerSession(
    startWorker("session.worker", import.meta.url, { file, options } satisfies WorkerTask),
  );
  await session.ready;
  return session;
}

async function lowered(source: Graph, { device = "cpu", training = false }: CompileOptions): Promise<Graph> {
  return training ? lowerForTraining(device, source) : lowerFor(device, source);
}

interface Waiting {
  readonly resolve: (tensors: Record<string, Tensor>) => void;
  readonly reject: (error: unknown) => void;
}

class WorkerSession implements Session {
  inputs: readonly Port[] = [];
  outputs: readonly Port[] = [];
  runtime = "";
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #count = 1;
  #failure: MillwrightError | undefined;
  #released = false;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.ready = new Promise((resolve, reject) => {
      // Compiling is request 0: its error comes back like that of a run.
      this.#waiting.set(0, { resolve: () => resolve(), reject });
    });
    this.#ended = new Promise((resolve) => {
      worker.once("exit", (code) => {
        this.#fail(`ended with code ${code}`);
        resolve();
      });
    });
    worker.on("error", (error) => this.#fail(error instanceof Error ? error.message : String(error)));
    worker.on("message", (reply: WorkerReply) => this.#receive(reply));
  }

  run(feeds: Feeds, outputs?: readonly string[]): Promise<Record<string, Tensor>> {
    if (this.#released) {
      return Promise.reject(
        new MillwrightError("RUNTIME_FAILED", "The session has been released.", "Compile the graph again."),
      );
    }
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const id = this.#count++;
      this.#waiting.set(id, { resolve, reject });
      // Only a thread that is at work keeps the process alive.
      this.#worker.ref();
      this.#worker.postMessage({ id, feeds, ...(outputs ? { outputs } : {}) } satisfies WorkerRequest);
    });
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    this.#worker.ref();
    this.#worker.postMessage(null satisfies WorkerRequest);
    await this.#ended;
  }

  #receive(reply: WorkerReply): void {
    if (reply.kind === "ready") {
      this.inputs = reply.inputs;
      this.outputs = reply.outputs;
      this.runtime = reply.runtime;
    }
    const id = reply.kind === "ready" ? 0 : reply.id;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0 && !this.#released) this.#worker.unref();
    if (reply.kind === "error") waiting?.reject(new MillwrightError(reply.code, reply.what, reply.fix));
    else waiting?.resolve(reply.kind === "result" ? reply.tensors : {});
  }

  #fail(why: string): void {
    this.#failure ??= new MillwrightError(
      "WORKER_FAILED",
      `The worker of the session ${why}.`,
      "Compile the graph again.",
    );
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
