/**
 * `--time T` is a promise: the whole command, from the start of the process to its end,
 * takes at most T + max(5 s, 10 %), whatever the table and however short T is.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cpus, loadavg } from "node:os";
import { afterAll, expect, test } from "vitest";
import { createRandom } from "../src/core/index.ts";
import { demoCsv, type RunRecord } from "../src/tasks/index.ts";
import { runBuilt, temporaryFolder } from "./cli.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());

/** Numbers only: `rowCount` × `columnCount`, and a target that some of them tell. */
function wideTable(rowCount: number, columnCount: number): string {
  const random = createRandom(5);
  const lines = [[...Array.from({ length: columnCount }, (_, i) => `x${i}`), "y"].join(",")];
  for (let row = 0; row < rowCount; row++) {
    const x = Array.from({ length: columnCount }, () => random.normal());
    lines.push(
      [...x.map((value) => value.toFixed(4)), (x[0]! + x[1]! * x[2]! + random.normal()).toFixed(4)].join(","),
    );
  }
  return `${lines.join("\n")}\n`;
}

const tables = {
  "3,000 customers": { target: "left", csv: () => demoCsv(3000, 2) },
  "100,000 × 20 numbers": { target: "y", csv: () => wideTable(100_000, 20) },
} as const;

test.each([
  ["3,000 customers", 5],
  ["3,000 customers", 20],
  ["3,000 customers", 60],
  ["100,000 × 20 numbers", 10],
  ["100,000 × 20 numbers", 40],
] as const)("%s in %d s", async (name, seconds) => {
  const { target, csv } = tables[name];
  const path = join(work.path, "table.csv");
  writeFileSync(path, csv());
  const out = join(work.path, "out");
  const started = performance.now();
  const { code, stderr } = await runBuilt([
    "train",
    path,
    "--target",
    target,
    "--time",
    `${seconds}s`,
    "--out",
    out,
  ]);
  const took = (performance.now() - started) / 1000;
  // Where others take the cores, the promise stretches by as much as they take.
  const busy = Math.max(1, loadavg()[0]! / cpus().length);
  expect(took).toBeLessThan(seconds + busy * Math.max(5, 0.1 * seconds) + (busy > 1 ? 20 : 0));
  // And a short time may then be too short for one model, which is said.
  if (busy > 1.5 && stderr.includes("BUDGET_TOO_SMALL")) return;
  expect(code, stderr).toBe(0);
  const record = JSON.parse(readFileSync(join(out, "run.json"), "utf8")) as RunRecord;
  expect(record.leaderboard.length).toBeGreaterThan(0);
});
