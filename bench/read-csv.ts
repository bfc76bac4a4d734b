/**
 * Reading a CSV into typed columns against pandas, and `look` on it.
 *
 * The file is made in a temporary folder: 1,000,000 rows × 29 columns, about 300 MB, with numbers, a datetime and
 * five columns of strings of 5 to 50,000 distinct values; another holds the numbers only. Every read is a fresh
 * process, ours and pandas' in turn; answers are compared first. It measures what is shipped, so `npm run build`
 * comes first. Goals: with dictionary codes ≤ 1.0 × the fastest pandas way to the same, numbers only ≤ 0.8 ×,
 * `look` ≤ 10 s.
 *
 *   PEERS_PYTHON=… npx tsx bench/read-csv.ts [--smoke] [--repeats 5]
 */
import { spawnSync } from "node:child_process";
import { createWriteStream, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createRandom } from "../src/core/index.ts";
import { machineLine } from "./support/machine.ts";

interface Figures {
  readonly way: string;
  readonly seconds: number;
  readonly cpu: number;
  readonly answer: { readonly rows: number; readonly sum: number; readonly distinct: Record<string, number> };
}

const door = join(import.meta.dirname, "../dist/data/index.js");
const cli = join(import.meta.dirname, "../dist/cli/main.js");
if (!existsSync(door)) {
  console.error("read-csv measures dist/: run `npm run build` first.");
  process.exit(1);
}
const smoke = process.argv.includes("--smoke");
const repeatsAt = process.argv.indexOf("--repeats");
const repeats = smoke ? 1 : repeatsAt < 0 ? 5 : Number(process.argv[repeatsAt + 1]);
const python = process.env["PEERS_PYTHON"];
const rowCount = smoke ? 20_000 : 1_000_000;
const folder = mkdtempSync(join(tmpdir(), "millwright-read-csv-"));
try {
  console.log(machineLine());
  for (const mode of ["codes", "numbers"] as const) {
    const path = join(folder, `${mode}.csv`);
    await makeCsv(path, mode);
    console.log(`\n${mode}: ${rowCount} rows, ${(statSync(path).size / 1e6).toFixed(0)} MB`);
    compare(path, mode);
    if (mode === "codes") timeLook(path);
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Numbers of a few and of many digits, whole numbers, and for "codes" a datetime and strings. */
async function makeCsv(path: string, mode: "codes" | "numbers"): Promise<void> {
  const random = createRandom(1);
  const levels = mode === "codes" ? [5, 50, 500, 5000, 50_000] : [];
  const numberCount = mode === "codes" ? 23 : 29;
  const names = Array.from({ length: numberCount }, (_, k) => `n${k}`);
  const header = [...names, ...(mode === "codes" ? ["ts"] : []), ...levels.map((_, k) => `s${k}`)];
  const out = createWriteStream(path);
  let text = `${header.join(",")}\n`;
  for (let row = 0; row < rowCount; row++) {
    const cells: string[] = [];
    for (let k = 0; k < numberCount; k++) {
      if (k % 8 < 4) cells.push((random.normal() * 100).toFixed(4));
      else if (k % 8 < 7) cells.push(String(random.integer(100_000)));
      else cells.push(String(random.normal()));
    }
    if (mode === "codes") {
      cells.push(new Date(1.5e12 + random.integer(1e8) * 1000).toISOString().slice(0, 19).replace("T", " "));
      for (const count of levels) cells.push(`value_${random.integer(count)}`);
    }
    text += `${cells.join(",")}\n`;
    if (text.length < 1 << 20) continue;
    if (!out.write(text)) await once(out, "drain");
    text = "";
  }
  out.end(text);
  await once(out, "close");
}

function ours(path: string, threads: number): Figures {
  const script = `
    const { openTable } = await import(${JSON.stringify(pathToFileURL(door).href)});
    const cpu = process.cpuUsage();
    const start = performance.now();
    const frame = await (await openTable(${JSON.stringify(path)}, { threads: ${threads} })).read();
    const seconds = (performance.now() - start) / 1000;
    const used = process.cpuUsage(cpu);
    const distinct = {};
    for (const [name, cells] of frame.columns) if (cells.type === "string") distinct[name] = cells.dictionary.length;
    let sum = 0;
    for (const value of frame.columns.get("n0").values) sum += value;
    const answer = { rows: frame.rowCount, sum, distinct };
    console.log(JSON.stringify({ way: "millwright, ${threads} threads", seconds, cpu: (used.user + used.system) / 1e6, answer }));`;
  return run(process.execPath, ["--input-type=module", "-e", script])[0]!;
}

function run(command: string, args: readonly string[]): Figures[] {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr.slice(-2000)}`);
  const lines = stdout.trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Figures);
}

function compare(path: string, mode: "codes" | "numbers"): void {
  const runs = new Map<string, Figures[]>();
  const keep = (figures: Figures): void => {
    runs.set(figures.way, [...(runs.get(figures.way) ?? []), figures]);
  };
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const threads of [1, 2]) keep(ours(path, threads));
    if (python === undefined) continue;
    for (const figures of run(python, [join(import.meta.dirname, "read-csv.py"), path, mode])) keep(figures);
  }
  const [reference] = runs.get("millwright, 1 threads")!;
  for (const [way, [figures]] of runs) requireSame(way, figures!.answer, reference!.answer);
  console.log(`${"".padEnd(30)}${"min s".padStart(8)}${"median s".padStart(10)}${"CPU s".padStart(8)}`);
  for (const [way, figures] of runs) {
    const seconds = figures.map((one) => one.seconds).sort((a, b) => a - b);
    const cpu = figures.map((one) => one.cpu).sort((a, b) => a - b);
    console.log(
      way.padEnd(30) +
        seconds[0]!.toFixed(2).padStart(8) +
        seconds[seconds.length >> 1]!.toFixed(2).padStart(10) +
        cpu[cpu.length >> 1]!.toFixed(2).padStart(8),
    );
  }
  if (python === undefined) return;
  const fastest = (isOurs: boolean, place: (times: readonly number[]) => number): number =>
    Math.min(
      ...[...runs]
        .filter(([way]) => way.startsWith("millwright") === isOurs)
        .map(([, figures]) => place(figures.map((one) => one.seconds).sort((a, b) => a - b))),
    );
  const ratio = (place: (times: readonly number[]) => number): string =>
    (fastest(true, place) / fastest(false, place)).toFixed(2);
  console.log(
    `ratio to the fastest pandas way: ${ratio((times) => times[times.length >> 1]!)} by medians (goal ${mode === "codes" ? "1.00" : "0.80"}), ${ratio((times) => times[0]!)} by the least`,
  );
}

/** Rows and distinct values equal, sums within what rounding to float32 allows. */
function requireSame(way: string, got: Figures["answer"], wanted: Figures["answer"]): void {
  const close = Math.abs(got.sum - wanted.sum) <= 1e-3 * Math.sqrt(wanted.rows);
  const distinct = Object.entries(got.distinct).every(([name, count]) => wanted.distinct[name] === count);
  if (got.rows === wanted.rows && close && distinct) return;
  throw new Error(`${way} reads ${JSON.stringify(got)}, and we read ${JSON.stringify(wanted)}.`);
}

function timeLook(path: string): void {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [cli, "look", path, "--json"], {
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`look ended with ${status}: ${String(stderr).slice(-1000)}`);
  console.log(`look: ${((performance.now() - start) / 1000).toFixed(1)} s (goal 10 s)`);
}
