/** A real browser for tests: Chromium as Debian packages it, driven by playwright-core. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { describeUnlessMissing } from "./needs.ts";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/**
 * A suite that needs a browser.
 *
 * @param body - Receives the function that starts one; close it in the test.
 * @throws Error in CI when there is none.
 */
export function describeWithBrowser(name: string, body: (launch: () => Promise<Browser>) => void): void {
  const launch = (): Promise<Browser> => chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const missing = existsSync(executablePath)
    ? undefined
    : `there is no ${executablePath}; \`apt-get install chromium\` brings it, or CHROMIUM names one`;
  describeUnlessMissing(name, missing, () => body(launch));
}
