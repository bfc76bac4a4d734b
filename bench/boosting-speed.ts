/**
 * Boosting against LightGBM: the same float32 matrix, bins, leaves, rounds and minimum rows; binning included on both
 * sides. Every run is a fresh process, ours and the peer's in turn, so that peak memory is the fit's own.
 *
 *   PEERS_PYTHON=… npx tsx bench/boosting-speed.ts [--smoke] [--repeats 3] [--threads 1,2] [--leaves 63,255] [--adult FILE]
 *
 * Without PEERS_PYTHON only our side runs. `--adult` names the UCI adult training file (CSV, gzipped or not).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createRandom } from "../src/core/index.ts";
import type { Fitted } from "../src/estimators/index.ts";
import { boosting } from "../src/estimators/trees/index.ts";
import type { Feature } from "../src/features/index.ts";
import { rocAuc } from "../src/metrics/index.ts";

/** One table on disk: float32 columns of all rows (training, then test), then labels. */
interface Job {
  readonly file: string;
  readonly rows: number;
  readonly testRows: number;
  readonly features: number;
  /** Category features and their numbers of codes. */
  readonly categories: readonly number[];
  readonly cardinalities: readonly number[];
  readonly leaves: number;
  readonly threads: number;
  readonly rounds: number;
  /** Fits in one process, of which the best counts: a small table's first fit is mostly compilation. */
  readonly fits: number;
  readonly mode: "force_row_wise" | "force_col_wise";
}
interface Figures {
  readonly seconds: number;
  /** The first fit of the process. */
  readonly coldSeconds: number;
  /** Of all threads: on a busy machine the steadier figure. */
  readonly cpuSeconds: number;
  readonly auc: number;
  readonly peakKb: number;
}

const option = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1]!;
};

const child = option("one", "");
if (child !== "") await runOne(JSON.parse(child) as Job);
else compare();

/** Our side, in a process of its own. */
async function runOne(job: Job): Promise<void> {
  const all = job.rows + job.testRows;
  const bytes = readFileSync(job.file);
  const flat = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const labels = flat.subarray(all * job.features);
  const part = (from: number, to: number) => ({
    rowCount: to - from,
    features: Array.from({ length: job.features }, (_, j): Feature => {
      const place = job.categories.indexOf(j);
      const named = { name: `f${j}`, sources: [`f${j}`] };
      return place < 0
        ? { ...named, kind: "number" }
        : { ...named, kind: "category", cardinality: job.cardinalities[place]! };
    }),
    columns: Array.from({ length: job.features }, (_, j) => flat.subarray(j * all + from, j * all + to)),
  });
  const estimator = boosting({
    rounds: job.rounds,
    maxLeaves: job.leaves,
    learningRate: 0.1,
    minRowsInLeaf: 20,
    earlyStoppingRounds: 0,
    featureShare: 1,
    rowShare: 1,
    l2: 0,
  });
  const x = part(0, job.rows);
  const y = {
    kind: "classification" as const,
    classCount: 2,
    codes: Int32Array.from(labels.subarray(0, job.rows)),
  };
  let best = { seconds: Infinity, cpuSeconds: Infinity };
  let coldSeconds = 0;
  let fitted: Fitted | undefined;
  for (let fit = 0; fit < job.fits; fit++) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    fitted = await estimator.fit({ x, y }, { random: createRandom(1), threads: job.threads });
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    if (fit === 0) coldSeconds = seconds;
    best = {
      seconds: Math.min(best.seconds, seconds),
      cpuSeconds: Math.min(best.cpuSeconds, (user + system) / 1e6),
    };
  }
  const peakKb = process.resourceUsage().maxRSS;
  const answers = fitted!.reference(part(job.rows, all));
  const positive = Float64Array.from({ length: job.testRows }, (_, i) => answers[2 * i + 1]!);
  const auc = rocAuc(Int32Array.from(labels.subarray(job.rows)), positive);
  console.log(JSON.stringify({ ...best, coldSeconds, auc, peakKb }));
}

function compare(): void {
  const smoke = process.argv.includes("--smoke");
  const python = process.env["PEERS_PYTHON"];
  const folder = mkdtempSync(join(tmpdir(), "boosting-speed-"));
  const list = (name: string, otherwise: string) => option(name, otherwise).split(",").map(Number);
  const repeats = Number(option("repeats", smoke ? "1" : "3"));
  const bare = spawnSync(process.execPath, ["-e", "console.log(process.resourceUsage().maxRSS)"]);
  console.log(
    `node ${process.version}, ${cpus()[0]!.model}, ${cpus().length} cores, bare Node ${(Number(bare.stdout) / 1024).toFixed(0)} MB`,
  );
  try {
    const tables: [string, Omit<Job, "leaves" | "threads" | "mode">, number[]][] = [];
    const rows = smoke ? 20_000 : Number(option("rows", "1000000"));
    const rounds = smoke ? 10 : 100;
    if (rows > 0) {
      const made = { ...makeTable(join(folder, "made.bin"), rows, smoke ? 5_000 : 100_000), rounds, fits: 1 };
      tables.push([`${rows} × 28`, made, list("leaves", smoke ? "31" : "63,255")]);
    }
    const adult = option("adult", "");
    if (adult !== "")
      tables.push(["adult", { ...readAdult(join(folder, "adult.bin"), adult), rounds, fits: 5 }, [31]]);
    for (const [name, table, leaves] of tables) {
      for (const leafCount of leaves) {
        for (const threads of list("threads", smoke ? "1" : "1,2")) {
          compareOne(
            `${name}, ${leafCount} leaves, ${threads} threads`,
            { ...table, leaves: leafCount, threads },
            repeats,
            python,
          );
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compareOne(
  title: string,
  job: Omit<Job, "mode">,
  repeats: number,
  python: string | undefined,
): void {
  const runs = new Map<string, Figures[]>();
  const modes = ["force_row_wise", "force_col_wise"] as const;
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const side of ["ours", ...(python === undefined ? [] : modes)] as const) {
      const text = JSON.stringify({ ...job, mode: side === "ours" ? modes[0] : side });
      const [command, args] =
        side === "ours"
          ? [process.execPath, ["--import", "tsx", import.meta.filename, "--one", text]]
          : [python!, [import.meta.filename.replace(/\.ts$/, ".py"), text]];
      const done = spawnSync(command, args, {
        env: { ...process.env, OMP_WAIT_POLICY: "passive" },
        encoding: "utf8",
      });
      if (done.status !== 0) throw new Error(`${side} failed:\n${done.stderr}`);
      const figures = JSON.parse(done.stdout.trim().split("\n").at(-1)!) as Figures;
      runs.set(side, [...(runs.get(side) ?? []), figures]);
    }
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  const rows = [...runs].map(([side, figures]) => {
    const seconds = figures.map((f) => f.seconds);
    return {
      side,
      least: Math.min(...seconds),
      median: median(seconds),
      cpu: Math.min(...figures.map((f) => f.cpuSeconds)),
      cold: median(figures.map((f) => f.coldSeconds)),
      auc: figures[0]!.auc,
      peak: median(figures.map((f) => f.peakKb)) / 1024,
    };
  });
  const load = loadavg()[0]!;
  console.log(
    `\n${title}, ${job.rounds} trees, ${repeats} runs, load ${load.toFixed(1)}${load > cpus().length + 0.5 ? " (BUSY)" : ""}`,
  );
  for (const row of rows) {
    console.log(
      `  ${row.side.padEnd(15)} least ${row.least.toFixed(2)} s, median ${row.median.toFixed(2)} s, cold ${row.cold.toFixed(2)} s, cpu ${row.cpu.toFixed(2)} s, AUC ${row.auc.toFixed(5)}, peak ${row.peak.toFixed(0)} MB`,
    );
  }
  const peers = rows.slice(1);
  if (peers.length > 0) {
    const ratio = (pick: "least" | "median" | "cpu") =>
      (rows[0]![pick] / Math.min(...peers.map((row) => row[pick]))).toFixed(2);
    console.log(
      `  time ratio: least ${ratio("least")}, median ${ratio("median")}, cpu ${ratio("cpu")}; AUC difference ${(rows[0]!.auc - peers[0]!.auc).toFixed(5)}`,
    );
  }
}

/** Numbers of several shapes; the label depends on a few of them, on products, and on chance. */
function makeTable(file: string, rows: number, testRows: number) {
  const random = createRandom(7);
  const features = 28;
  const all = rows + testRows;
  const flat = new Float32Array(all * features + all);
  for (let j = 0; j < features; j++) {
    for (let i = 0; i < all; i++) {
      const z = random.normal();
      flat[j * all + i] = j % 4 === 3 ? Math.exp(z) : j % 4 === 2 ? Math.abs(z) : z;
    }
  }
  const at = (j: number, i: number) => flat[j * all + i]!;
  for (let i = 0; i < all; i++) {
    let score =
      0.6 * at(0, i) -
      0.8 * at(2, i) +
      Math.sin(2 * at(1, i)) +
      0.5 * at(4, i) * at(5, i) -
      0.4 * at(3, i) * at(8, i);
    for (let j = 9; j < 20; j++) score += 0.12 * at(j, i) * (j % 2 === 0 ? 1 : -1);
    flat[features * all + i] = random.next() < 1 / (1 + Math.exp(-score)) ? 1 : 0;
  }
  writeFileSync(file, new Uint8Array(flat.buffer));
  return { file, rows, testRows, features, categories: [], cardinalities: [] };
}

/** Adult's training file, four fifths to fit and a fifth to test; text columns become codes by first appearance. */
function readAdult(file: string, source: string) {
  const bytes = readFileSync(source);
  const text = (source.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const lines = text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
  const features = lines[0]!.length - 1;
  const flat = new Float32Array(lines.length * (features + 1));
  const categories: number[] = [];
  const cardinalities: number[] = [];
  for (let j = 0; j < features; j++) {
    const codes = new Map<string, number>();
    const numeric = lines.every(
      (line) => line[j] === "" || line[j] === "?" || Number.isFinite(Number(line[j])),
    );
    lines.forEach((line, i) => {
      const cell = line[j]!;
      if (cell !== "" && cell !== "?" && !codes.has(cell)) codes.set(cell, codes.size);
      flat[j * lines.length + i] =
        cell === "" || cell === "?" ? Number.NaN : numeric ? Number(cell) : codes.get(cell)!;
    });
    if (!numeric) {
      categories.push(j);
      cardinalities.push(codes.size);
    }
  }
  lines.forEach((line, i) => {
    flat[features * lines.length + i] = line[features]!.startsWith(">50K") ? 1 : 0;
  });
  writeFileSync(file, new Uint8Array(flat.buffer));
  const testRows = Math.floor(lines.length / 5);
  return { file, rows: lines.length - testRows, testRows, features, categories, cardinalities };
}
