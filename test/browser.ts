/**
 * A real browser for tests: Chromium as Debian packages it, driven by playwright-core.
 *
 * A machine without it still passes: the suite says that it did not run and why.
 * In CI (the variable `CI` is set) its absence is an error.
 */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { describe } from "vitest";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/**
 * A suite that needs a browser.
 *
 * @param body - Receives the function that starts one; close it in the test.
 * @throws Error in CI when there is none.
 */
export function describeWithBrowser(name: string, body: (launch: () => Promise<Browser>) => void): void {
  const launch = (): Promise<Browser> => chromium.launch({ executablePath, args: ["--no-sandbox"] });
  if (existsSync(executablePath)) {
    describe(name, () => body(launch));
    return;
  }
  const reason = `not run: there is no ${executablePath}; \`apt-get install chromium\` brings it`;
  if (process.env.CI) throw new Error(`"${name}" needs a browser, and is ${reason}.`);
  console.warn(`"${name}" is ${reason}.`);
  describe.skip(`${name} (${reason})`, () => body(launch));
}
