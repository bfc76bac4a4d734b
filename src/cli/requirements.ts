/** What `--require` found, for people and for the shell. */
import type { RequirementResult } from "../tasks/index.ts";
import { interval as intervalText, figure, print } from "./terminal.ts";

/** A limit that the user stated is not kept. */
const limitCode = 3;

/** The exit code of a command that was given requirements: 0, or 3 when one is not met. */
export function requirementsCode(results: readonly RequirementResult[] = []): 0 | 3 {
  return results.every(({ passed }) => passed) ? 0 : limitCode;
}

export function printRequirements(results: readonly RequirementResult[] = []): void {
  if (results.length > 0) print();
  for (const { requirement, value, low, high, passed } of results) {
    const interval = low === undefined ? "" : ` (${intervalText(low, high!)})`;
    print(`${passed ? "pass" : "FAIL"}  ${requirement}: ${figure(value)}${interval}`);
  }
}
