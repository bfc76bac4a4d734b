/**
 * Rows a second of a whole table through a boosting model, against LightGBM predicting the same rows.
 *
 * The table is like adult's: eight numbers, some missing, and five categories. Both sides train 500 trees
 * of 31 leaves on the same 20,000 rows, and must judge fresh rows about as well. We are timed from columns
 * in memory to labels and probabilities, strings encoded on the way; LightGBM from a finished
 * float64 matrix of codes to probabilities. Interleaved, medians. Goal: at least LightGBM's rows a second.
 *
 *   PEERS_PYTHON=…/python npx tsx bench/predict-table.ts [--rows 100000] [--trees 500] [--leaves 31]
 *     [--repeats 7] [--smoke]
 *
 * Without PEERS_PYTHON it times our side only.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createRandom } from "../src/core/index.ts";
import { boosting } from "../src/estimators/trees/index.ts";
import { readOnnx } from "../src/graph/index.ts";
import { rocAuc } from "../src/metrics/index.ts";
import { pipeline } from "../src/pipeline/index.ts";
import {
  category,
  type Cells,
  type ColumnSpec,
  defineSchema,
  type Frame,
  number,
} from "../src/schema/index.ts";
import { machineLine } from "./support/machine.ts";

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const smoke = process.argv.includes("--smoke");
const rowCount = option("rows", smoke ? 4_000 : 100_000);
const trees = option("trees", smoke ? 20 : 500);
const leaves = option("leaves", 31);
const repeats = option("repeats", smoke ? 2 : 7);
const trainCount = smoke ? 2_000 : 20_000;
const numbers = 8;
const cardinalities = [2, 7, 9, 15, 42];

const specs: Record<string, ColumnSpec> = {};
for (let i = 0; i < numbers; i++) specs[`number_${i}`] = number();
cardinalities.forEach((_, i) => {
  specs[`category_${i}`] = category();
});
const schema = defineSchema({ ...specs, target: category({ role: "target", labels: ["no", "yes"] }) });

/** A table, its target, and the matrix that LightGBM gets: numbers, then codes; NaN is missing. */
function makeTable(count: number, seed: number): { frame: Frame; y: Uint8Array; matrix: Float64Array } {
  const random = createRandom(seed);
  const width = numbers + cardinalities.length;
  const matrix = new Float64Array(count * width);
  const y = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    const at = row * width;
    let score = -1;
    for (let i = 0; i < numbers; i++) {
      const value = Math.fround(random.normal());
      score += i % 2 === 0 ? value * 0.5 : Math.sin(2 * value) * (i < 4 ? 0.7 : 0.2);
      matrix[at + i] = random.next() < 0.03 ? Number.NaN : value;
    }
    cardinalities.forEach((size, i) => {
      const code = Math.floor(size * random.next() ** 1.5);
      score += Math.sin(code * 2.7 + i) * 0.6;
      matrix[at + numbers + i] = random.next() < 0.03 ? Number.NaN : code;
    });
    y[row] = random.next() < 1 / (1 + Math.exp(-score)) ? 1 : 0;
  }
  const column = (i: number): Float64Array =>
    Float64Array.from({ length: count }, (_, row) => matrix[row * width + i]!);
  const columns = new Map<string, Cells>();
  for (let i = 0; i < numbers; i++) columns.set(`number_${i}`, { type: "number", values: column(i) });
  cardinalities.forEach((size, i) => {
    const codes = Int32Array.from(column(numbers + i), (code) => (Number.isNaN(code) ? -1 : code));
    const dictionary = Array.from({ length: size }, (_, code) => `value ${code}`);
    columns.set(`category_${i}`, { type: "string", codes, dictionary });
  });
  columns.set("target", { type: "string", codes: Int32Array.from(y), dictionary: ["no", "yes"] });
  return { frame: { schema, rowCount: count, columns }, y, matrix };
}

/** LightGBM in a process of its own: one JSON line in, one out. */
class Peer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(python: string, folder: string) {
    this.#child = spawn(python, [fileURLToPath(new URL("predict-table.py", import.meta.url)), folder], {
      env: { ...process.env, OMP_WAIT_POLICY: "passive" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async ask(request: object): Promise<{ seconds: number; auc: number; leaves: number; versions: string }> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the peer process ended");
    return JSON.parse(value as string);
  }

  close(): void {
    this.#child.stdin!.end();
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const perSecond = (seconds: readonly number[]): string =>
  `${Math.round(rowCount / median(seconds)).toLocaleString("en")} rows/s (best ${Math.round(rowCount / Math.min(...seconds)).toLocaleString("en")})`;

/** Mean leaves of the file's trees, which must be as many as asked for. */
function leavesPerTree(file: Uint8Array): number {
  const ensembles = readOnnx(file).nodes.filter((node) => node.type === "TreeEnsemble");
  const roots = ensembles.flatMap((node) => node.attributes.ints("tree_roots")!);
  if (roots.length !== trees) throw new Error(`the file has ${roots.length} trees instead of ${trees}`);
  return ensembles.flatMap((node) => node.attributes.ints("leaf_targetids")!).length / roots.length;
}

console.log(machineLine());
const train = makeTable(trainCount, 1);
const test = makeTable(rowCount, 2);
const estimator = boosting({
  rounds: trees,
  maxLeaves: leaves,
  learningRate: 0.05,
  featureShare: 1,
  earlyStoppingRounds: 0,
});
const { model, bytes } = await pipeline({ schema, features: "trees", estimator }).fit(train.frame);
const folder = mkdtempSync(join(tmpdir(), "predict-table-"));
const python = process.env["PEERS_PYTHON"];
let peer: Peer | undefined;
try {
  if (python === undefined) console.log("no peer (PEERS_PYTHON is not set)");
  else {
    for (const [name, table] of Object.entries({ train, test })) {
      writeFileSync(join(folder, `${name}.f64`), new Uint8Array(table.matrix.buffer));
      writeFileSync(join(folder, `${name}.u8`), table.y);
    }
    peer = new Peer(python, folder);
    const {
      versions,
      auc,
      leaves: mean,
    } = await peer.ask({
      fit: { trees, leaves, trainCount, rowCount, numbers, categories: cardinalities.length },
    });
    console.log(`${versions}: ${trees} trees × ${mean.toFixed(1)} leaves, AUC ${auc.toFixed(4)}`);
  }
  const { probabilities } = await model.predictColumns(test.frame.columns, rowCount);
  const positive = Float64Array.from({ length: rowCount }, (_, row) => probabilities![row * 2 + 1]!);
  console.log(
    `millwright: ${trees} trees × ${leavesPerTree(bytes).toFixed(1)} leaves, AUC ${rocAuc(Int32Array.from(test.y), positive).toFixed(4)}`,
  );
  for (const threads of [1, 2]) {
    await model.predictColumns(test.frame.columns, rowCount, { threads });
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let i = 0; i < repeats; i++) {
      const start = performance.now();
      await model.predictColumns(test.frame.columns, rowCount, { threads });
      ours.push((performance.now() - start) / 1000);
      if (peer !== undefined) theirs.push((await peer.ask({ predict: threads })).seconds);
    }
    console.log(`${threads} threads, ${rowCount} rows: millwright ${perSecond(ours)}`);
    if (peer === undefined) continue;
    const ratio = median(theirs) / median(ours);
    console.log(
      `${threads} threads, ${rowCount} rows: LightGBM   ${perSecond(theirs)}; ours ÷ LightGBM's ${ratio.toFixed(2)}`,
    );
  }
  console.log(machineLine());
} finally {
  peer?.close();
  rmSync(folder, { recursive: true, force: true });
  await model.close();
}
