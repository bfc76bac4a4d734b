/**
 * How a command ends: exit code 0 done, 1 the user's mistake (a message without a
 * stack), 2 our defect; and what Ctrl-C does.
 */
import { MillwrightError } from "../core/index.ts";
import { printJson } from "./terminal.ts";

/**
 * Tells of an error: one line on stderr, and with --json the document on stdout too.
 *
 * @returns The exit code.
 */
export function report(error: unknown, json: boolean): 1 | 2 {
  if (error instanceof MillwrightError) {
    const { code, what, fix } = error;
    if (json) printJson({ format: 1, error: { code, what, fix } });
    process.stderr.write(`error: ${error.message}\n`);
    return 1;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const what = "This is a mistake in Millwright, not yours.";
  const fix = "Please report it with the command you ran.";
  if (json) printJson({ format: 1, error: { code: "DEFECT", what, fix, stack: text } });
  process.stderr.write(`defect: ${what} ${fix}\n${text}\n`);
  return 2;
}

/** Ctrl-C while something is worth keeping. */
export interface Interrupt {
  /** Aborts at the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Gives Ctrl-C its usual meaning back. */
  release(): void;
}

/** The first Ctrl-C asks to stop; the second one ends the process at once. */
export function catchInterrupt(quiet: boolean): Interrupt {
  const controller = new AbortController();
  const onInterrupt = (): void => {
    // A signal and not `process.exit`: native code may be running, and would abort loudly.
    if (controller.signal.aborted) process.kill(process.pid, "SIGKILL");
    controller.abort();
    if (!quiet) process.stderr.write("\nstopping: keeping the best so far (press Ctrl-C again to give up)\n");
  };
  process.on("SIGINT", onInterrupt);
  return { signal: controller.signal, release: () => process.off("SIGINT", onInterrupt) };
}
