// Runs every benchmark for a few seconds on small data, so that none rots.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";

const scripts = readdirSync("bench").filter((file) => file.endsWith(".ts")).sort();
if (scripts.length === 0) {
  console.error("bench-smoke found no script under bench/");
  process.exit(1);
}
let failed = 0;
for (const script of scripts) {
  const started = Date.now();
  const { status } = spawnSync(process.execPath, ["--import", "tsx", `bench/${script}`, "--smoke"], { stdio: ["ignore", "ignore", "inherit"] });
  console.log(`${status === 0 ? "ok    " : "FAILED"} bench/${script} --smoke ${((Date.now() - started) / 1000).toFixed(1)}s`);
  if (status !== 0) failed++;
}
process.exit(failed === 0 ? 0 : 1);
