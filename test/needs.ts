/**
 * Suites that need something a machine may lack: data, a browser, a server.
 *
 * A machine without it still passes: the suite says that it did not run, why, and
 * what brings it. In CI (the variable `CI` is set) its absence is an error, so
 * that nothing is skipped there unseen.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, test } from "vitest";
import type { Reporter } from "vitest/reporters";

const mark = "NOT RUN:";

/**
 * Describes a suite where the machine has what it needs.
 *
 * @param missing - What is missing and what brings it; undefined where nothing is.
 * @throws Error in CI when something is missing.
 */
export function describeUnlessMissing(name: string, missing: string | undefined, body: () => void): void {
  if (missing === undefined) {
    describe(name, body);
    return;
  }
  const told = `${mark} ${name}: ${missing}`;
  if (process.env["CI"]) throw new Error(told);
  // The body is not called: collecting its tests may need what is missing.
  describe(name, () => test.skip(told, () => {}));
}

/** What is missing where an optional package is not installed; undefined where it is. */
export function missingPackage(name: string): string | undefined {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  if (folders.some((folder) => existsSync(join(folder, name, "package.json")))) return undefined;
  return `the optional package ${name} is not installed; npm ci brings it`;
}

/** Tells at the end of a run which suites did not run, and why. */
export const tellsWhatDidNotRun: Reporter = {
  onTestRunEnd(modules) {
    const skipped = modules.flatMap((module) => [...module.children.allTests("skipped")]);
    const told = skipped.map((item) => item.name).filter((name) => name.startsWith(mark));
    if (told.length > 0) process.stdout.write(`\n${told.join("\n")}\n`);
  },
};
