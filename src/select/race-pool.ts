/**
 * Worker processes that share one race: jobs are handed out in order, each
 * process does one at a time, and all of them can be killed between two reads of
 * the clock without harm to this process.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serialize } from "node:v8";
import { MillwrightError, processRuns } from "../core/index.ts";
import type { FoldJob, FoldResult, RaceData } from "./fold-job.ts";
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
  const { folder, path } = shareData(data);
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
      child.send({ type: "job", id: waiting.id, job: waiting.job } satisfies RaceRequest);
    }
  };

  const start = (): ChildProcess => {
    const source = import.meta.url.endsWith(".ts");
    const child = fork(new URL(`race.worker.${source ? "ts" : "js"}`, import.meta.url), {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: source ? ["--import", "tsx"] : [],
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
        queue.push({ id: nextId++, job, resolve, reject });
        dispatch();
      }),
    stop() {
      if (stopped) return;
      stopped = true;
      for (const waiting of queue.splice(0)) waiting.reject(cancelled());
      for (const child of children) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
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
