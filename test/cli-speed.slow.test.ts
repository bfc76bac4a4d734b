/** `--help` in under 150 ms: the median of many starts, beside starts of bare Node that share the machine's mood. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { builtProgram } from "./cli.ts";

const rounds = 21;

function startMs(words: readonly string[]): number {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, words);
  expect(status).toBe(0);
  return performance.now() - started;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

test(`--help takes under 150 ms in the median of ${rounds}, or at most 60 ms more than bare Node on a busy machine`, () => {
  const help: number[] = [];
  const bare: number[] = [];
  startMs([builtProgram, "--help"]);
  for (let round = 0; round < rounds; round++) {
    bare.push(startMs(["-e", "0"]));
    help.push(startMs([builtProgram, "train", "--help"]));
  }
  const said = `help ${median(help).toFixed(0)} ms, bare Node ${median(bare).toFixed(0)} ms`;
  expect(median(help) < 150 || median(help) - median(bare) < 60, said).toBe(true);
});
