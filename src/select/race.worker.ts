/**
 * A worker process of the race: reads the shared data once, then does one job at a time.
 *
 * It is a process and not a thread, because it must be killable: ending a thread
 * inside native code aborts the whole program. Ctrl-C is the parent's business.
 */
import { readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { deserialize } from "node:v8";
import { MillwrightError } from "../core/index.ts";
import { type FoldJob, type RaceData, runFoldJob } from "./fold-job.ts";

/** Parent to worker. */
export type RaceRequest =
  | { readonly type: "data"; readonly path: string }
  | { readonly type: "job"; readonly id: number; readonly job: FoldJob };
/** Worker to parent. */
export type RaceReply =
  | { readonly type: "done"; readonly id: number; readonly result: Awaited<ReturnType<typeof runFoldJob>> }
  | {
      readonly type: "failed";
      readonly id: number;
      readonly error: {
        readonly code?: MillwrightError["code"];
        readonly what: string;
        readonly fix: string;
      };
    };

let data: RaceData | undefined;
let folder: string | undefined;

process.on("SIGINT", () => {});
process.on("disconnect", () => {
  // The parent is gone without a word: nobody else removes the rows from the disk.
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
process.on("message", (request: RaceRequest) => {
  if (request.type === "data") {
    folder = dirname(request.path);
    data = deserialize(readFileSync(request.path)) as RaceData;
    return;
  }
  runFoldJob(data!, request.job).then(
    (result) => send({ type: "done", id: request.id, result }),
    (error: unknown) => send({ type: "failed", id: request.id, error: plainError(error) }),
  );
});

function send(reply: RaceReply): void {
  process.send?.(reply);
}

function plainError(error: unknown): Extract<RaceReply, { type: "failed" }>["error"] {
  if (error instanceof MillwrightError) return { code: error.code, what: error.what, fix: error.fix };
  return { what: error instanceof Error ? (error.stack ?? error.message) : String(error), fix: "" };
}
