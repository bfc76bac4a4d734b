/** `npm ci` takes package-lock.json on every platform: no native package is left out of it. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the lock file names the native packages of every platform", () => {
  const root = join(import.meta.dirname, "..");
  const { status, stderr } = spawnSync(process.execPath, ["scripts/complete-lock.mjs", "--check"], {
    cwd: root,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
});
