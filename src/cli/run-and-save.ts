/** What every command does that trains: progress, Ctrl-C, three files, and then lines or JSON. */
import { version } from "./version.ts";
import { catchInterrupt } from "./run.ts";
import { printJson, startProgress } from "./terminal.ts";
import type { ProgressListener } from "../core/index.ts";
import { prepareResults, type SavedRun } from "../tasks/index.ts";

/** What the command gives to a run, whatever the run makes. */
export interface RunContext {
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
  /** The clock of `performance` starts with the process, and so does the promise of --time. */
  readonly startedMs: 0;
  readonly software: string;
}

/**
 * @param out - Folder of the results, checked before the run begins.
 * @param save - Draws the report and writes the files.
 * @param tell - Prints the end of the run, where no JSON is asked for.
 * @returns The record, which is in `run.json` too.
 */
export async function runAndSave<Result extends { readonly record: object }>(
  { json = false, out }: { readonly json?: boolean | undefined; readonly out: string },
  run: (context: RunContext) => Promise<Result>,
  save: (result: NoInfer<Result>, folder: string) => Promise<SavedRun>,
  tell: (record: NoInfer<Result>["record"], model: string) => void,
): Promise<Result["record"]> {
  const folder = prepareResults(out);
  const progress = startProgress(json);
  const interrupt = catchInterrupt(json);
  try {
    const result = await run({
      signal: interrupt.signal,
      onProgress: progress.listen,
      startedMs: 0,
      software: `millwright ${version}`,
    });
    progress.listen({ stage: "draw the report" });
    const { model } = await save(result, folder);
    progress.end();
    if (json) printJson(result.record);
    else tell(result.record, model);
    return result.record;
  } finally {
    interrupt.release();
    progress.end();
  }
}
