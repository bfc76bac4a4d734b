/** Errors of code that a user brings: who broke what, by which numbers. The run goes on without it where it can. */
import { MillwrightError } from "./errors.ts";

/** @param what - Who, and the numbers involved. */
export function ownCodeError(what: string, cause?: unknown): MillwrightError {
  return new MillwrightError(
    "OWN_CODE_FAILED",
    what,
    "Correct it; the checks of millwright/testing find the place.",
    { cause },
  );
}

/**
 * Calls own code. What it throws is told with the name of the code; an error of ours that it throws itself stays.
 *
 * @param where - Who does what: `The family "knn" in fit on 480 rows × 7 features`.
 */
export function callOwn<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw ownError(where, error);
  }
}

/** The same for work that is awaited. */
export async function awaitOwn<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw ownError(where, error);
  }
}

function ownError(where: string, error: unknown): Error {
  // By name: own code may have brought another copy of this package.
  if (error instanceof Error && error.name === "MillwrightError") {
    const { code, what, fix } = error as MillwrightError;
    const name = /"([^"]*)"/.exec(where)?.[1] ?? where;
    if (code === "CANCELLED" || what.includes(name))
      return new MillwrightError(code, what, fix, { cause: error });
    return new MillwrightError(code, `${where}: ${what}`, fix, { cause: error });
  }
  return ownCodeError(
    `${where} threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}.`,
    error,
  );
}
