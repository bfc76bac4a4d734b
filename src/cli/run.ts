/**
 * Runs a command's action and turns its end into an exit code:
 * 0 done, 1 the user's mistake (a message without a stack), 2 our defect.
 */
import { MillwrightError } from "../core/index.ts";

/** Wraps an action for commander. */
export function action<A extends unknown[]>(
  work: (...given: A) => Promise<number | void>,
): (...given: A) => Promise<void> {
  return async (...given) => {
    try {
      process.exitCode = (await work(...given)) ?? 0;
    } catch (error) {
      process.exitCode = report(error);
    }
  };
}

/** Prints an error to stderr and returns the exit code. */
export function report(error: unknown): 1 | 2 {
  if (error instanceof MillwrightError) {
    process.stderr.write(`error: ${error.message}\n`);
    return 1;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `defect: this is a mistake in Millwright, not yours. Please report it with the command you ran.\n${text}\n`,
  );
  return 2;
}

/** A signal that aborts at the first Ctrl-C; the second one ends the process at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => {
    process.stderr.write("\nstopping: keeping the best so far (press Ctrl-C again to give up)\n");
    controller.abort();
    process.once("SIGINT", () => process.kill(process.pid, "SIGKILL"));
  });
  return controller.signal;
}
