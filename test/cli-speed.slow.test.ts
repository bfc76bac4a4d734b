/** `--help` in under 150 ms: the median of many starts; on a busy machine processor time beside that of bare Node. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { builtProgram } from "./cli.ts";

const rounds = 21;

/** Says at the end, on stderr, how many microseconds of processor a process took. */
const tell = `data:text/javascript,${encodeURIComponent(
  'process.on("exit", () => { const { user, system } = process.cpuUsage(); process.stderr.write(String(user + system)); });',
)}`;

interface Start {
  readonly wallMs: number;
  readonly processorMs: number;
}

function start(words: readonly string[]): Start {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ["--import", tell, ...words], { encoding: "utf8" });
  const wallMs = performance.now() - started;
  expect(status).toBe(0);
  return { wallMs, processorMs: Number(stderr) / 1000 };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

test(`--help takes under 150 ms in the median of ${rounds}, or on a busy machine at most 90 ms of processor more than bare Node`, () => {
  const help: Start[] = [];
  const bare: Start[] = [];
  start([builtProgram, "--help"]);
  for (let round = 0; round < rounds; round++) {
    bare.push(start(["-e", "0"]));
    help.push(start([builtProgram, "train", "--help"]));
  }
  const wall = median(help.map(({ wallMs }) => wallMs));
  const more = median(help.map(({ processorMs }, i) => processorMs - bare[i]!.processorMs));
  expect(more).toBeGreaterThan(0);
  expect(wall < 150 || more < 90, `${wall.toFixed(0)} ms, ${more.toFixed(0)} ms of processor more`).toBe(
    true,
  );
});
