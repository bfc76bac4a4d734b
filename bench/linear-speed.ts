/**
 * Time of linear, ridge and logistic fits against scikit-learn's, interleaved, at equal objective.
 *
 * Both sides start from the same float32 columns in memory (scikit-learn gets them as the
 * float64 matrix that it works on). scikit-learn's logistic solvers run at the loosest tolerance that
 * reaches our objective within a relative 1e-6, and so does ours (1e-7; its default goes on to 1e-14). Goal: at most 1.5 times scikit-learn's time.
 *
 *   PEERS_PYTHON=…/python npx tsx bench/linear-speed.ts [--threads 1|2] [--repeats 7] [--data DIR] [--smoke]
 *
 * Without PEERS_PYTHON it times our side only.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { createRandom } from "../src/core/index.ts";
import type { Fitted } from "../src/estimators/index.ts";
import { type LogisticFitted, linear, logistic, ridge } from "../src/estimators/linear/index.ts";
import type { Matrix } from "../src/features/index.ts";

const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};
const smoke = process.argv.includes("--smoke");
const threads = Number(option("threads") ?? 1);
const repeats = Number(option("repeats") ?? (smoke ? 2 : 7));
const dataFolder = option("data") ?? fileURLToPath(new URL("../../shared/data/", import.meta.url));
const python = process.env["PEERS_PYTHON"];

interface Table {
  readonly name: string;
  readonly x: Matrix;
  readonly number: Float64Array;
  readonly codes: Int32Array;
}

/** A peer process that fits on request: one JSON line in, one out. */
class Peer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string) {
    const wait = {
      OMP_WAIT_POLICY: "passive",
      OMP_NUM_THREADS: `${threads}`,
      OPENBLAS_NUM_THREADS: `${threads}`,
    };
    const script = fileURLToPath(new URL("linear-speed.py", import.meta.url));
    const child = spawn(command, [script], {
      env: { ...process.env, ...wait },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async ask(
    request: object,
  ): Promise<{ ms: number; coefficients: number[]; intercept: number; versions: string }> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the peer process ended");
    return JSON.parse(value as string);
  }

  close(): void {
    this.#child.stdin!.end();
  }
}

const folder = mkdtempSync(join(tmpdir(), "linear-speed-"));
const peer = python === undefined ? undefined : new Peer(python);
try {
  const versions =
    peer === undefined ? "no peer (PEERS_PYTHON is not set)" : (await peer.ask({ versions: true })).versions;
  console.log(
    `node ${process.version}, ${cpus()[0]?.model}, ${threads} threads, ${repeats} repeats; ${versions}`,
  );
  for (const table of tables()) await compare(table);
} finally {
  peer?.close();
  rmSync(folder, { recursive: true });
}

async function compare(table: Table): Promise<void> {
  const { x, number, codes } = table;
  const file = join(folder, "table.bin");
  if (peer !== undefined) {
    writeFileSync(file, Buffer.concat([...x.columns.map(bytesOf), bytesOf(number), bytesOf(codes)]));
    await peer.ask({ table: file, rows: x.rowCount, features: x.columns.length });
  }
  const regression = { kind: "regression" as const, values: number };
  const classes = { kind: "classification" as const, classCount: 2, codes };
  const context = { random: createRandom(1), threads };
  const squared = (b: ArrayLike<number>, a: number, l2: number): number => squaredObjective(table, b, a, l2);
  const logLoss = (b: ArrayLike<number>, a: number): number => logisticObjective(table, b, a, 1);

  const logisticAnswer = async (parameters: Parameters<typeof logistic>[0]): Promise<Answer> => {
    const fitted: LogisticFitted = await logistic(parameters).fit({ x, y: classes }, context);
    return { coefficients: fitted.coefficients[0]!, intercept: fitted.intercepts[0]! };
  };

  await race(
    `${table.name}: linear`,
    async () => answerOf(await linear().fit({ x, y: regression }, context)),
    [{ name: "LinearRegression" }],
    (b, a) => squared(b, a, 0),
  );
  await race(
    `${table.name}: ridge, l2 = 1`,
    async () => answerOf(await ridge({ l2: 1 }).fit({ x, y: regression }, context)),
    [{ name: "Ridge" }],
    (b, a) => squared(b, a, 1),
  );
  const solvers = ["lbfgs", "newton-cholesky"].map((solver) => ({ name: "LogisticRegression", solver }));
  await race(
    `${table.name}: logistic, l2 = 1`,
    () => logisticAnswer({ l2: 1, tolerance: 1e-7 }),
    solvers,
    logLoss,
    { label: "millwright by default", run: () => logisticAnswer({ l2: 1 }) },
  );
}

type Answer = { coefficients: ArrayLike<number>; intercept: number };

function answerOf(fitted: Fitted & Answer): Answer {
  return { coefficients: fitted.coefficients, intercept: fitted.intercept };
}

/** Runs ours and the peers in turn; the answers are compared before anything is timed. */
async function race(
  name: string,
  ours: () => Promise<Answer>,
  peers: readonly { name: string; solver?: string }[],
  objective: (b: ArrayLike<number>, a: number) => number,
  besides?: { readonly label: string; readonly run: () => Promise<Answer> },
): Promise<void> {
  const first = await ours();
  if (besides !== undefined) {
    const exact = await besides.run();
    const gap =
      objective(first.coefficients, first.intercept) / objective(exact.coefficients, exact.intercept) - 1;
    if (gap > 1e-6) throw new Error(`${name}: the timed fit misses the optimum by ${gap}`);
  }
  const reached = objective(first.coefficients, first.intercept);
  const requests: { label: string; request: object; gap: number; times: number[] }[] = [];
  for (const { name: model, solver } of peer === undefined ? [] : peers) {
    for (const tolerance of [1e-4, 1e-5, 1e-6, 1e-7, 1e-8]) {
      const request = { fit: model, solver, tolerance };
      const answer = await peer!.ask(request);
      const gap = objective(answer.coefficients, answer.intercept) / reached - 1;
      if (gap < -1e-6)
        throw new Error(`${name}: ${model} ${solver ?? ""} reaches an objective lower by ${-gap}`);
      if (gap > 1e-6 && solver !== undefined && tolerance > 1e-8) continue;
      const label = solver === undefined ? model : `${solver} at tol ${tolerance}`;
      requests.push({ label, request, gap, times: [] });
      break;
    }
  }
  const times: number[] = [];
  const besideTimes: number[] = [];
  for (let k = 0; k < repeats; k++) {
    const start = performance.now();
    await ours();
    times.push(performance.now() - start);
    if (besides !== undefined) {
      const again = performance.now();
      await besides.run();
      besideTimes.push(performance.now() - again);
    }
    for (const each of requests) each.times.push((await peer!.ask(each.request)).ms);
  }
  const load = loadavg()[0]!;
  console.log(`${name}${load > cpus().length ? `  [load ${load.toFixed(1)} is more than the cores]` : ""}`);
  const show = (label: string, list: number[]): string =>
    `  ${label.padEnd(28)} min ${least(list).toFixed(1).padStart(8)} ms   median ${median(list).toFixed(1).padStart(8)} ms`;
  console.log(show("millwright", times));
  if (besides !== undefined) console.log(show(besides.label, besideTimes));
  for (const { label, gap, times: list } of requests) {
    const ratio = `ratio ${(least(times) / least(list)).toFixed(2)} (median ${(median(times) / median(list)).toFixed(2)})`;
    console.log(`${show(label, list)}   ${ratio}, objective ${gap >= 0 ? "+" : ""}${gap.toExponential(1)}`);
  }
}

function least(list: readonly number[]): number {
  return Math.min(...list);
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[list.length >> 1]!;
}

function bytesOf(array: Float32Array | Float64Array | Int32Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

/** ½ Σ (y − a − x b)² + ½ l2 ‖b‖². */
function squaredObjective({ x, number }: Table, b: ArrayLike<number>, a: number, l2: number): number {
  const scores = scoresOf(x, b, a);
  let total = 0;
  for (let i = 0; i < scores.length; i++) total += (number[i]! - scores[i]!) ** 2;
  return (total + l2 * squaredNorm(b)) / 2;
}

/** Σ log loss + ½ l2 ‖b‖². */
function logisticObjective({ x, codes }: Table, b: ArrayLike<number>, a: number, l2: number): number {
  const scores = scoresOf(x, b, a);
  let total = (l2 * squaredNorm(b)) / 2;
  for (let i = 0; i < scores.length; i++) {
    const s = scores[i]!;
    total += Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) - codes[i]! * s;
  }
  return total;
}

function scoresOf(x: Matrix, b: ArrayLike<number>, a: number): Float64Array {
  const scores = new Float64Array(x.rowCount).fill(a);
  x.columns.forEach((column, j) => {
    for (let i = 0; i < scores.length; i++) scores[i]! += column[i]! * b[j]!;
  });
  return scores;
}

function squaredNorm(b: ArrayLike<number>): number {
  let total = 0;
  for (let j = 0; j < b.length; j++) total += b[j]! ** 2;
  return total;
}

function* tables(): Generator<Table> {
  if (smoke) {
    yield synthetic(2000, 10);
    return;
  }
  yield synthetic(100_000, 28);
  if (existsSync(join(dataFolder, "tabular/adult-train.csv.gz"))) yield adult();
  else console.log(`adult is left out: ${dataFolder} has no tabular/adult-train.csv.gz (give --data DIR)`);
  yield synthetic(10_000, 100);
}

/** Correlated normal features and both targets from one linear score. */
function synthetic(rowCount: number, features: number): Table {
  const random = createRandom(3);
  const shared = Float64Array.from({ length: rowCount }, () => random.normal());
  const columns = Array.from({ length: features }, (_, j) =>
    Float32Array.from(shared, (s) => (random.normal() + 0.5 * s) * (1 + (j % 5)) + (j % 3)),
  );
  const slopes = Array.from({ length: features }, () => random.normal() / Math.sqrt(features));
  const score = new Float64Array(rowCount);
  columns.forEach((column, j) => {
    for (let i = 0; i < rowCount; i++) score[i]! += (slopes[j]! * (column[i]! - (j % 3))) / (1 + (j % 5));
  });
  return {
    name: `${rowCount} × ${features}`,
    x: matrixOf(columns),
    number: score.map((s) => s + random.normal()),
    codes: Int32Array.from(score, (s) => Number(random.next() < 1 / (1 + Math.exp(-2 * s)))),
  };
}

/** Adult's training rows: numbers in standard deviations, categories as 0/1 columns. */
function adult(): Table {
  const text = gunzipSync(readFileSync(join(dataFolder, "tabular/adult-train.csv.gz"))).toString("utf8");
  const [header, ...lines] = text.trim().split(/\r?\n/);
  const names = header!.split(",");
  const cells = lines.map((line) => line.split(","));
  const columns: Float32Array[] = [];
  let hours = new Float64Array();
  names.slice(0, -1).forEach((name, j) => {
    const values = cells.map((row) => row[j]!.trim());
    const numbers = Float64Array.from(values, Number);
    if (numbers.every(Number.isFinite)) {
      const mean = numbers.reduce((sum, v) => sum + v, 0) / numbers.length;
      const deviation = Math.sqrt(numbers.reduce((sum, v) => sum + (v - mean) ** 2, 0) / numbers.length);
      const scaled = numbers.map((v) => (v - mean) / deviation);
      if (name.startsWith("hours")) hours = scaled;
      else columns.push(Float32Array.from(scaled));
    } else {
      for (const label of [...new Set(values)].sort())
        columns.push(Float32Array.from(values, (v) => Number(v === label)));
    }
  });
  return {
    name: `adult, one-hot: ${cells.length} × ${columns.length}`,
    x: matrixOf(columns),
    number: hours,
    codes: Int32Array.from(cells, (row) => Number(row.at(-1)!.includes(">50K"))),
  };
}

function matrixOf(columns: readonly Float32Array[]): Matrix {
  return {
    rowCount: columns[0]!.length,
    features: columns.map((_, j) => ({ name: `x${j}`, sources: [`x${j}`], kind: "number" })),
    columns,
  };
}
