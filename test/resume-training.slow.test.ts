/** A training killed at random steps and resumed, in processes of its own; and memory over many steps. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createRandom } from "../src/core/index.ts";
import { temporaryFolder } from "./cli.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());

const script = join(import.meta.dirname, "fixtures", "train-network.mjs");
const weightsOf = (path: string): Buffer => readFileSync(path);

test("kill -9 at any step, then resume: the same bits as without", { timeout: 300_000 }, async () => {
  const whole = join(work.path, "whole");
  const { status, stderr } = spawnSync(process.execPath, [script, whole, "120"], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const random = createRandom(4);
  const out = join(work.path, "killed");
  let kills = 0;
  for (let attempt = 0; !existsSync(`${out}.weights`); attempt++) {
    expect(attempt).toBeLessThan(60);
    const child = spawn(process.execPath, [script, out, "120"], { stdio: ["ignore", "pipe", "inherit"] });
    // It writes a line a step: the kill comes after so many of them, wherever it stands by then.
    let left = 20 + random.integer(120);
    const ended = new Promise<NodeJS.Signals | null>((resolve) =>
      child.on("exit", (_code, signal) => resolve(signal)),
    );
    child.stdout.on("data", (text: Buffer) => {
      left -= text.toString().split("\n").length - 1;
      if (left <= 0) child.kill("SIGKILL");
    });
    if ((await ended) === "SIGKILL") kills++;
  }
  expect(kills).toBeGreaterThan(3);
  expect(weightsOf(`${out}.weights`).equals(weightsOf(`${whole}.weights`))).toBe(true);
  rmSync(`${out}.weights`);
});

test("memory is flat within 5 % from step 2,000 to step 10,000", { timeout: 300_000 }, () => {
  const out = join(work.path, "long");
  // V8 doubles its young space when it sees fit, by 16 MB at once: that is its own choice, so it gets none here.
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--max-semi-space-size=2", script, out, "1430"],
    {
      encoding: "utf8",
      maxBuffer: 1 << 26,
    },
  );
  expect(status, stderr).toBe(0);
  const resident = new Map(
    stdout.split("\n").flatMap((line) => {
      const match = /^step (\d+) (\d+)$/.exec(line);
      return match ? [[Number(match[1]), Number(match[2])] as const] : [];
    }),
  );
  const [early, late] = [resident.get(2000)!, resident.get(10_000)!];
  expect(late / early).toBeLessThan(1.05);
});
