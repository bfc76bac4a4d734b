// Runs every benchmark for a few seconds on small data, so that none rots.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";

const scripts = readdirSync("bench")
  .filter((file) => file.endsWith(".ts"))
  .sort();
if (scripts.length === 0) {
  console.error("bench-smoke found no script under bench/");
  process.exit(1);
}
let failed = 0;
for (const script of scripts) {
  const started = Date.now();
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", `bench/${script}`, "--smoke"],
    { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 180_000 },
  );
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  if (status === 0) {
    console.log(`ok     bench/${script} --smoke ${seconds}s`);
    continue;
  }
  failed++;
  console.log(`FAILED bench/${script} --smoke after ${seconds}s (${signal ?? `exit code ${status}`})`);
  console.log([stdout, stderr].map((text) => text.trimEnd().slice(-2000)).join("\n"));
}
process.exit(failed === 0 ? 0 : 1);
