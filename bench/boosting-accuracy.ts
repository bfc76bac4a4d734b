/**
 * Default boosting against LightGBM and HistGradientBoosting at their defaults: 5 × 5 folds, the same prepared matrix
 * (numbers as they are, categories as ordinal codes that every contender treats as categories) and the same splits.
 *
 *   PEERS_PYTHON=… npx tsx bench/boosting-accuracy.ts --data FOLDER [--tables adult,pima] [--repeats 5] | --smoke
 *
 * The figure of a table is (ours − the better peer) in units of the corrected standard error of the mean difference,
 * sd × √(1/J + 1/4), since folds share training rows (Nadeau & Bengio 2003). Scores: AUC for two classes, else minus
 * log loss, minus RMSE for numbers. `--smoke` runs our side on a made table, without Python or data.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createRandom } from "../src/core/index.ts";
import type { Target } from "../src/estimators/index.ts";
import { boosting } from "../src/estimators/trees/index.ts";
import type { Matrix } from "../src/features/index.ts";
import { rocAuc } from "../src/metrics/index.ts";

/** File, target, columns left out, and how the target is read. */
const tables: Record<
  string,
  { file: string; target: string; drop?: string[]; classes?: boolean; above?: number }
> = {
  adult: { file: "adult-train", target: "income" },
  california: { file: "california-housing", target: "median_house_value" },
  titanic: {
    file: "titanic",
    target: "Survived",
    drop: ["PassengerId", "Name", "Ticket", "Cabin"],
    classes: true,
  },
  telco: { file: "telco-churn", target: "Churn", drop: ["customerID"] },
  bike: { file: "bike-sharing-hour", target: "cnt", drop: ["instant", "dteday", "casual", "registered"] },
  abalone: { file: "abalone", target: "rings" },
  "wine-red": { file: "wine-quality-red", target: "quality" },
  "wine-white": { file: "wine-quality-white", target: "quality" },
  "breast-cancer": { file: "breast-cancer-wisconsin", target: "class", drop: ["id"], classes: true },
  pima: { file: "pima-diabetes", target: "outcome", classes: true },
  banknote: { file: "banknote", target: "class", classes: true },
  mpg: { file: "mpg", target: "mpg", drop: ["name"] },
  concrete: { file: "concrete", target: "compressive_strength" },
  taxi: { file: "nyc-taxi-trips", target: "fare", drop: ["tip", "tolls", "total", "pickup", "dropoff"] },
  flights: {
    file: "nyc-flights",
    target: "arr_delay",
    drop: ["dep_delay", "dep_time", "arr_time", "air_time", "tailnum"],
    above: 15,
  },
  lending: { file: "lending-club", target: "Class" },
  attrition: { file: "employee-attrition", target: "Attrition" },
  penguins: { file: "penguins", target: "species", drop: ["year"] },
};

interface Table {
  readonly x: Matrix;
  readonly y: Target;
}

const option = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1]!;
};
const smoke = process.argv.includes("--smoke");
const repeats = Number(option("repeats", smoke ? "1" : "5"));
const python = process.env["PEERS_PYTHON"];
const folder = mkdtempSync(join(tmpdir(), "boosting-accuracy-"));
const figures: number[] = [];
try {
  const names = smoke ? ["made"] : option("tables", Object.keys(tables).join(",")).split(",");
  for (const name of names) await runTable(name, smoke ? madeTable() : readTable(name, option("data", "")));
} finally {
  rmSync(folder, { recursive: true });
}
if (figures.length > 0) {
  const mean = figures.reduce((sum, z) => sum + z, 0) / figures.length;
  console.log(
    `\n${figures.length} tables: mean ${mean.toFixed(2)}, lowest ${Math.min(...figures).toFixed(2)} standard errors`,
  );
}

async function runTable(name: string, { x, y }: Table): Promise<void> {
  const folds = Array.from({ length: repeats }, (_, repeat) => makeFolds(y, x.rowCount, repeat));
  const ours: number[] = [];
  const start = process.cpuUsage();
  for (const [repeat, fold] of folds.entries()) {
    for (let part = 0; part < 5; part++) {
      const rows = (inside: boolean) => [...fold.keys()].filter((i) => (fold[i] === part) === inside);
      const train = takeRows({ x, y }, rows(false));
      const test = takeRows({ x, y }, rows(true));
      const fitted = await boosting().fit(train, { random: createRandom(5 * repeat + part), threads: 1 });
      ours.push(score(test.y, fitted.reference(test.x)));
    }
  }
  const { user, system } = process.cpuUsage(start);
  const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  let line = `${name.padEnd(14)} ours ${mean(ours).toPrecision(6)} (${((user + system) / 1e6 / ours.length).toFixed(2)} s a fit)`;
  if (python !== undefined) {
    const peers = runPeers(python, x, y, folds);
    const means = Object.entries(peers).map(([peer, values]) => [peer, mean(values)] as const);
    const [best] = means.reduce((a, b) => (b[1] > a[1] ? b : a));
    const differences = ours.map((value, i) => value - peers[best]![i]!);
    const difference = mean(differences);
    const sd = Math.sqrt(differences.reduce((sum, d) => sum + (d - difference) ** 2, 0) / (ours.length - 1));
    const z = difference / (sd * Math.sqrt(1 / ours.length + 1 / 4));
    figures.push(z);
    line += `, ${means.map(([peer, value]) => `${peer} ${value.toPrecision(6)}`).join(", ")}, ${z.toFixed(2)} standard errors`;
  }
  console.log(line);
}

function score(y: Target, answer: Float64Array): number {
  if (y.kind === "regression") {
    let sum = 0;
    y.values.forEach((value, i) => (sum += (value - answer[i]!) ** 2));
    return -Math.sqrt(sum / y.values.length);
  }
  const { codes, classCount } = y;
  if (classCount === 2)
    return rocAuc(
      codes,
      new Float64Array(codes.length).map((_, i) => answer[2 * i + 1]!),
    );
  let sum = 0;
  codes.forEach((code, i) => (sum += Math.log(Math.max(1e-15, answer[i * classCount + code]!))));
  return sum / codes.length;
}

/** Part of each row, 0 … 4, shuffled; within each class where there are classes. */
function makeFolds(y: Target, rowCount: number, repeat: number): Uint8Array {
  const random = createRandom(1000 + repeat);
  const order = random.shuffle(Array.from({ length: rowCount }, (_, i) => i));
  const folds = new Uint8Array(rowCount);
  const seen = new Map<number, number>();
  for (const row of order) {
    const group = y.kind === "classification" ? y.codes[row]! : 0;
    const place = seen.get(group) ?? 0;
    folds[row] = place % 5;
    seen.set(group, place + 1);
  }
  return folds;
}

function takeRows({ x, y }: Table, rows: readonly number[]): Table {
  const columns = x.columns.map((column) => new Float64Array(rows.length).map((_, i) => column[rows[i]!]!));
  return {
    x: { rowCount: rows.length, features: x.features, columns },
    y:
      y.kind === "regression"
        ? { kind: "regression", values: new Float64Array(rows.length).map((_, i) => y.values[rows[i]!]!) }
        : { ...y, codes: new Int32Array(rows.length).map((_, i) => y.codes[rows[i]!]!) },
  };
}

function runPeers(
  command: string,
  x: Matrix,
  y: Target,
  folds: readonly Uint8Array[],
): Record<string, number[]> {
  const n = x.rowCount;
  const p = x.features.length;
  const flat = new Float64Array(n * (p + 1 + folds.length));
  x.columns.forEach((column, j) => flat.set(column, j * n));
  flat.set(y.kind === "regression" ? y.values : y.codes, p * n);
  folds.forEach((fold, r) => flat.set(fold, (p + 1 + r) * n));
  const file = join(folder, "table.bin");
  writeFileSync(file, new Uint8Array(flat.buffer));
  const job = {
    file,
    rows: n,
    cardinalities: x.features.map((feature) =>
      feature.kind === "category" ? (feature.cardinality ?? 0) : 0,
    ),
    classes: y.kind === "regression" ? 0 : y.classCount,
  };
  const done = spawnSync(command, [import.meta.filename.replace(/\.ts$/, ".py"), JSON.stringify(job)], {
    env: { ...process.env, OMP_WAIT_POLICY: "passive", OMP_NUM_THREADS: "1" },
    encoding: "utf8",
  });
  if (done.status !== 0) throw new Error(done.stderr);
  return (JSON.parse(done.stdout.trim().split("\n").at(-1)!) as { scores: Record<string, number[]> }).scores;
}

/** Cells of one CSV line; quoted cells may hold commas. */
function cellsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    (m) => m[1]?.replaceAll('""', '"') ?? m[2] ?? "",
  );
}

/** A table of the data folder: text that is nearly all numbers becomes numbers, other text codes by first appearance. */
function readTable(name: string, data: string): Table {
  const spec = tables[name];
  if (spec === undefined)
    throw new Error(`no table "${name}"; choose from ${Object.keys(tables).join(", ")}`);
  const text = gunzipSync(readFileSync(join(data, "tabular", `${spec.file}.csv.gz`))).toString("utf8");
  const [header, ...lines] = text.trim().split(/\r?\n/).map(cellsOf);
  const missing = (cell: string) => ["", " ", "?", "NA"].includes(cell);
  const targetAt = header!.indexOf(spec.target);
  const rows = lines.filter((cells) => !missing(cells[targetAt]!));
  const features: Matrix["features"][number][] = [];
  const columns: Float64Array[] = [];
  header!.forEach((column, j) => {
    if (j === targetAt || spec.drop?.includes(column)) return;
    const cells = rows.map((row) => row[j] ?? "");
    const filled = cells.filter((cell) => !missing(cell));
    if (filled.filter((cell) => Number.isFinite(Number(cell))).length >= 0.99 * filled.length) {
      features.push({ name: column, sources: [column], kind: "number" });
      columns.push(Float64Array.from(cells, (cell) => (missing(cell) ? Number.NaN : Number(cell))));
    } else {
      const codes = new Map(filled.map((cell) => [cell, 0]));
      [...codes.keys()].forEach((cell, code) => codes.set(cell, code));
      features.push({ name: column, sources: [column], kind: "category", cardinality: codes.size });
      columns.push(Float64Array.from(cells, (cell) => codes.get(cell) ?? Number.NaN));
    }
  });
  const x = { rowCount: rows.length, features, columns };
  const labels = rows.map((row) => row[targetAt]!);
  if (spec.above !== undefined) {
    const codes = Int32Array.from(labels, (label) => (Number(label) > spec.above! ? 1 : 0));
    return { x, y: { kind: "classification", classCount: 2, codes } };
  }
  if (!spec.classes && labels.every((label) => Number.isFinite(Number(label)))) {
    return { x, y: { kind: "regression", values: Float64Array.from(labels, Number) } };
  }
  const classes = [...new Set(labels)].sort();
  const codes = Int32Array.from(labels, (label) => classes.indexOf(label));
  return { x, y: { kind: "classification", classCount: classes.length, codes } };
}

function madeTable(): Table {
  const random = createRandom(3);
  const rowCount = 600;
  const columns = Array.from({ length: 5 }, () => new Float64Array(rowCount).map(() => random.normal()));
  const values = new Float64Array(rowCount).map(
    (_, i) => columns[0]![i]! * columns[1]![i]! + 0.3 * random.normal(),
  );
  const features = columns.map((_, j) => ({ name: `f${j}`, sources: [`f${j}`], kind: "number" as const }));
  return { x: { rowCount, features, columns }, y: { kind: "regression", values } };
}
