/**
 * Cost of the light door in a fresh process: import `millwright/model`, load a file, predict one row.
 *
 * Goal over bare Node: 300 ms and 90 MB. The file has 500 trees × 63 leaves. It measures what is
 * shipped, so `npm run build` comes first. Each run is a process of its own; bare Node runs between.
 *
 *   npx tsx bench/cold-start.ts [--smoke]
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { makeTreeModel, treeRows } from "../test/fixtures/tree-model.ts";

const door = join(import.meta.dirname, "../dist/model/index.js");
if (!existsSync(door)) {
  console.error("cold-start measures dist/: run `npm run build` first.");
  process.exit(1);
}
const smoke = process.argv.includes("--smoke");
const runs = smoke ? 1 : 7;
const folder = mkdtempSync(join(tmpdir(), "millwright-cold-"));
const file = join(folder, "model.onnx");
writeFileSync(file, makeTreeModel(smoke ? 20 : 500));
const predict = `
  const { load } = await import(${JSON.stringify(pathToFileURL(door).href)});
  const imported = performance.now();
  const model = await load(${JSON.stringify(file)});
  const loaded = performance.now();
  const answer = await model.predictOne(${JSON.stringify(treeRows(1)[0])});
  if (!("prediction" in answer)) throw new Error("no prediction");
  const times = { import: imported - start, load: loaded - imported, first: performance.now() - loaded };`;

interface Sample {
  readonly milliseconds: number;
  readonly megabytes: number;
  readonly times: Readonly<Record<string, number>>;
}

/** Runs a script in a fresh process: time from its start to its end, and its peak memory. */
function measure(script: string): Sample {
  const text = `const start = performance.now(); ${script}
    console.log(JSON.stringify({ milliseconds: performance.now() - start,
      megabytes: process.resourceUsage().maxRSS / 1024, times }));`;
  const { stdout, status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", text], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Sample;
}

const bare: Sample[] = [];
const light: Sample[] = [];
for (let i = 0; i < runs; i++) {
  bare.push(measure("const times = {};"));
  light.push(measure(predict));
}
rmSync(folder, { recursive: true });

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;
const memory = median(light.map((each) => each.megabytes)) - median(bare.map((each) => each.megabytes));
const time = median(light.map((each) => each.milliseconds));
console.log(
  `node ${process.version}, ${cpus()[0]?.model}, load ${loadavg()[0]!.toFixed(1)}, median of ${runs}`,
);
for (const part of ["import", "load", "first"]) {
  console.log(`  ${part.padEnd(8)} ${median(light.map((each) => each.times[part]!)).toFixed(1)} ms`);
}
console.log(
  `import + load + first prediction: ${time.toFixed(0)} ms, ${memory.toFixed(0)} MB over bare Node (goals 300 ms, 90 MB)`,
);
