/**
 * Worker processes that share one race: jobs are handed out in order, each
 * process does one at a time, and all of them can be killed between two reads of
 * the clock without harm to this process. Code that cannot be copied to a process, an object of the user's
 * own, is fitted in this one, a job at a time.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serialize } from "node:v8";
import { MillwrightError, processRuns } from "../core/index.ts";
import { type FoldJob, type FoldResult, type RaceData, runFoldJob } from "./fold-job.ts";
import { portable, portableSteps } from "./own.ts";
import type { RaceReply, RaceRequest } from "./race.worker.ts";

interface Waiting {
  readonly id: number;
  readonly job: FoldJob;
  readonly resolve: (result: FoldResult) => void;
  readonly reject: (error: Error) => void;
}

export interface RacePool {
  /** Queues a job; rejects with `CANCELLED` when the pool is stopped before it is done. */
  run(job: FoldJob): Promise<FoldResult>;
  /** Kills what runs and drops what waits. */
  stop(): void;
}

/**
 * @param data - Written once to a private temporary file that every process reads.
 * @param processes - At least 1.
 */
export function startRacePool(data: RaceData, processes: number): RacePool {
  const stepsHere = data.steps?.some(({ module }) => module === undefined) === true;
  const { steps, ...rest } = data;
  const { folder, path } = shareData({ ...rest, ...(steps && { steps: portableSteps(steps) }) });
  const local = startLocalLane(data);
  const queue: Waiting[] = [];
  const busy = new Map<ChildProcess, Waiting>();
  const idle: ChildProcess[] = [];
  const children = new Set<ChildProcess>();
  let stopped = false;
  let nextId = 0;

  const dispatch = (): void => {
    while (!stopped && queue.length > 0) {
      const child = idle.pop() ?? (children.size < processes ? start() : undefined);
      if (child === undefined) return;
      const waiting = queue.shift()!;
      busy.set(child, waiting);
      const job = { ...waiting.job, candidate: portable(waiting.job.candidate) };
      child.send({ type: "job", id: waiting.id, job } satisfies RaceRequest);
    }
  };

  const start = (): ChildProcess => {
    const source = import.meta.url.endsWith(".ts");
    const child = fork(new URL(`race.worker.${source ? "ts" : "js"}`, import.meta.url), {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: source ? ["--import", "tsx"] : [...(data.loaders ?? [])],
    });
    children.add(child);
    child.on("message", (reply: RaceReply) => {
      const waiting = busy.get(child);
      busy.delete(child);
      idle.push(child);
      if (waiting !== undefined) settle(waiting, reply);
      dispatch();
    });
    child.on("exit", (code, signal) => {
      children.delete(child);
      const at = idle.indexOf(child);
      if (at >= 0) idle.splice(at, 1);
      const waiting = busy.get(child);
      busy.delete(child);
      waiting?.reject(
        stopped
          ? cancelled()
          : new MillwrightError(
              "WORKER_FAILED",
              `The worker process for ${waiting.job.candidate.name} ended with ${signal ?? `code ${code}`}, most likely for lack of memory.`,
              "Use fewer rows or --threads 1, or leave that family out with --families.",
            ),
      );
      dispatch();
    });
    child.send({ type: "data", path } satisfies RaceRequest);
    return child;
  };

  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        if (stopped) {
          reject(cancelled());
          return;
        }
        const waiting = { id: nextId++, job, resolve, reject };
        const { own, withoutSteps } = job.candidate;
        if ((stepsHere && !withoutSteps) || (own !== undefined && own.module === undefined))
          local.add(waiting);
        else queue.push(waiting);
        dispatch();
      }),
    stop() {
      if (stopped) return;
      stopped = true;
      for (const waiting of queue.splice(0)) waiting.reject(cancelled());
      local.stop();
      for (const child of children) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Jobs in this process, one after the other; what runs when it is stopped is asked to end, and not waited for. */
function startLocalLane(data: RaceData): { add(waiting: Waiting): void; stop(): void } {
  const queue: Waiting[] = [];
  const controller = new AbortController();
  let running: Waiting | undefined;
  const next = async (): Promise<void> => {
    if (running !== undefined) return;
    for (running = queue.shift(); running !== undefined; running = queue.shift()) {
      const { job, resolve, reject } = running;
      // Replies of the workers and the clock come first.
      await new Promise((go) => setImmediate(go));
      if (!controller.signal.aborted) await runFoldJob(data, job, controller.signal).then(resolve, reject);
    }
  };
  return {
    add(waiting) {
      queue.push(waiting);
      void next();
    },
    stop() {
      controller.abort();
      running?.reject(cancelled());
      for (const waiting of queue.splice(0)) waiting.reject(cancelled());
    },
  };
}

const prefix = "millwright-race-";

/**
 * Writes the data to a folder of this process. The workers remove it when this process dies without
 * a word; what is left where they died too is swept by the next race.
 */
function shareData(data: RaceData): { readonly folder: string; readonly path: string } {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (owner !== undefined && !processRuns(Number(owner)))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  const bytes = serialize(data);
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
    const path = join(folder, "data.bin");
    writeFileSync(path, bytes, { mode: 0o600 });
    return { folder, path };
  } catch (cause) {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    throw new MillwrightError(
      "OUTPUT_UNWRITABLE",
      `${tmpdir()} cannot hold the ${bytes.length} bytes that worker processes share: ${(cause as Error).message}.`,
      "Free space there, or name another temporary folder in the variable TMPDIR.",
      { cause },
    );
  }
}

function settle(waiting: Waiting, reply: RaceReply): void {
  if (reply.type === "done") {
    waiting.resolve(reply.result);
    return;
  }
  const { code, what, fix } = reply.error;
  waiting.reject(code === undefined ? new Error(what) : new MillwrightError(code, what, fix));
}

function cancelled(): MillwrightError {
  return new MillwrightError(
    "CANCELLED",
    "The race was stopped before this fit was done.",
    "Give it more time.",
  );
}
