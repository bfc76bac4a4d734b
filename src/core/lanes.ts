/**
 * Work that is done in threads: a request goes to the thread that has the fewest, its answer comes as a promise.
 *
 * A thread is never ended while it works, since native code cannot be cut off: it is told that there is no more, answers
 * what it has, and ends by itself. Threads that have nothing to do keep no process alive.
 */
import type { MessagePort, Transferable, Worker } from "node:worker_threads";
import { type ErrorCode, MillwrightError } from "./errors.ts";

type Asked<Request> = { readonly id: number; readonly request: Request } | { readonly end: true };

type Told<Answer> =
  | { readonly id: number; readonly answer: Answer }
  | {
      readonly id: number;
      readonly failure: { readonly code: ErrorCode; readonly what: string; readonly fix: string };
    };

export interface Lanes<Request, Answer> {
  /**
   * @param memory - Buffers of the request that are handed over instead of copied.
   * @throws MillwrightError what the work throws; `WORKER_FAILED` where its thread ended.
   */
  ask(request: Request, memory?: readonly ArrayBuffer[]): Promise<Answer>;
  /** Waits for what is on its way, and ends the threads. */
  close(): Promise<void>;
}

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * @param start - Starts a thread whose file calls `serveLane`.
 * @param doing - What threads do, for messages: "decodes files".
 */
export function openLanes<Request, Answer>(
  start: () => Worker,
  threads: number,
  doing: string,
): Lanes<Request, Answer> {
  let failure: Error | undefined;
  let nextId = 0;
  const lanes = Array.from({ length: threads }, () => {
    const worker = start();
    worker.unref();
    const waiting = new Map<number, Waiting<Answer>>();
    const fail = (why: string, cause?: unknown): void => {
      failure ??= ended(doing, why, cause);
      for (const { reject } of waiting.values()) reject(failure);
      waiting.clear();
    };
    worker.on("message", (told: Told<Answer>) => {
      const { resolve, reject } = waiting.get(told.id)!;
      waiting.delete(told.id);
      if (waiting.size === 0) worker.unref();
      if ("answer" in told) resolve(told.answer);
      else reject(new MillwrightError(told.failure.code, told.failure.what, told.failure.fix));
    });
    worker.on("error", (cause) => fail(cause.message, cause));
    worker.on("exit", (code) => {
      if (waiting.size > 0) fail(`it ended with code ${code}`);
    });
    return { worker, waiting };
  });
  return {
    ask: (request, memory = []) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure);
          return;
        }
        const { worker, waiting } = lanes.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ id, request } satisfies Asked<Request>, memory as Transferable[]);
      }),
    async close() {
      await Promise.all(
        lanes.map(
          ({ worker }) =>
            new Promise<void>((resolve) => {
              if (worker.threadId < 0) {
                resolve();
                return;
              }
              worker.once("exit", () => resolve());
              worker.ref();
              worker.postMessage({ end: true } satisfies Asked<Request>);
            }),
        ),
      );
    },
  };
}

/**
 * What a thread of `openLanes` does until it is told that there is no more.
 *
 * @param memoryOf - Buffers of an answer that are handed over instead of copied.
 * @param fix - What helps where the work fails in a way of which nothing is known.
 */
export function serveLane<Request, Answer>(
  work: (request: Request) => Answer | Promise<Answer>,
  memoryOf: (answer: Answer) => readonly ArrayBuffer[],
  fix: string,
): void {
  // Asked for at run time, so that a browser bundle of this folder needs no Node module.
  const port: MessagePort = process.getBuiltinModule("node:worker_threads").parentPort!;
  const running = new Set<Promise<void>>();
  const serve = async (id: number, request: Request): Promise<void> => {
    try {
      const answer = await work(request);
      port.postMessage({ id, answer } satisfies Told<Answer>, memoryOf(answer) as Transferable[]);
    } catch (error) {
      const {
        code,
        what,
        fix: known,
      } = error instanceof MillwrightError
        ? error
        : { code: "WORKER_FAILED" as const, what: String(error), fix };
      port.postMessage({ id, failure: { code, what, fix: known } } satisfies Told<Answer>);
    }
  };
  port.on("message", async (asked: Asked<Request>) => {
    if (!("end" in asked)) {
      const served = serve(asked.id, asked.request).finally(() => running.delete(served));
      running.add(served);
      return;
    }
    await Promise.all(running);
    port.close();
  });
}

function ended(doing: string, why: string, cause?: unknown): MillwrightError {
  return new MillwrightError(
    "WORKER_FAILED",
    `A thread that ${doing} failed: ${why}.`,
    "Use fewer threads, most likely memory was short.",
    { cause },
  );
}
