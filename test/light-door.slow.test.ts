/** The light door's promises on time and memory, with slack for a busy machine; the exact figures come from bench/. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

function bench(script: string): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--import", "tsx", `bench/${script}`], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** The least of each figure in three runs: other work on the machine only ever adds to it. */
function least(script: string, pattern: RegExp): number[] {
  const runs = Array.from({ length: 3 }, () => pattern.exec(bench(script))!.slice(1).map(Number));
  return runs[0]!.map((_, figure) => Math.min(...runs.map((run) => run[figure]!)));
}

test("import + load + first prediction: 300 ms (tested at 600) and 90 MB over bare Node", () => {
  const [milliseconds, megabytes] = least("cold-start.ts", /first prediction: (\d+) ms, (\d+) MB/);
  expect(milliseconds).toBeLessThanOrEqual(600);
  expect(megabytes).toBeLessThanOrEqual(90);
});

test("one row through 500 trees: 300 µs of processor time", () => {
  const [mean] = least("predict-row.ts", /processor time: (\d+) µs a row/);
  expect(mean).toBeLessThanOrEqual(300);
});
