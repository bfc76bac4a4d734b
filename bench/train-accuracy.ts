/**
 * `millwright train --time` against the best single contender on the same rows.
 *
 * Five folds by row index; each contender is fitted on four and judged on the
 * fifth. The difference to the best single contender of the table (the one with
 * the best mean) is told in corrected standard errors: sd × √(1/5 + 1/4), Nadeau
 * & Bengio 2003, since folds share training rows. Rows that repeat another one in every column are left out: on both
 * sides of a fold they would reward who remembers (937 of 4,898 of wine-quality-white, 25 of 1,030 of concrete).
 *
 * With --tuned the contenders are tuned instead, in as many processor seconds as ours had on two threads: logistic or
 * ridge regression and forests over small grids, LightGBM by random configurations with what is left.
 *
 *   PEERS_PYTHON=… node --import tsx bench/train-accuracy.ts [--time 60s] [--tables telco-churn,…] [--folds 3] [--tuned]
 *   node --import tsx bench/train-accuracy.ts --smoke
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import type { RunRecord } from "../src/index.ts";
import { demoCsv } from "../src/tasks/index.ts";
import { machineLine } from "./support/machine.ts";

const tables: Readonly<Record<string, string>> = {
  "telco-churn": "Churn",
  "pima-diabetes": "outcome",
  "employee-attrition": "Attrition",
  "lending-club": "Class",
  "california-housing": "median_house_value",
  concrete: "compressive_strength",
  abalone: "rings",
  "wine-quality-white": "quality",
};
/** Tables that nobody looked at when the portfolio was put in order, raced by --tuned only. */
const forTuned = ["abalone", "wine-quality-white"];

const { values: flags } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    time: { type: "string", default: "60s" },
    tables: { type: "string" },
    folds: { type: "string", default: "5" },
    tuned: { type: "boolean", default: false },
    data: { type: "string", default: "../shared/data/tabular" },
  },
});
const foldCount = Number(flags.folds);
const python = process.env["PEERS_PYTHON"];
const folder = mkdtempSync(join(tmpdir(), "millwright-accuracy-"));
try {
  console.log(machineLine());
  if (flags.smoke) smoke();
  else await compare();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** One fold of an invented table, without peers: the script runs. */
function smoke(): void {
  const run = trainFold(demoCsv(300).trimEnd().split("\n"), "left", 0, ["--budget", "1"]);
  console.log(`demo fold 0: ${run.record.metric.name} ${run.score}`);
}

async function compare(): Promise<void> {
  if (python === undefined)
    throw new Error("Set PEERS_PYTHON to an interpreter with scikit-learn and LightGBM.");
  const names =
    flags.tables?.split(",") ?? Object.keys(tables).filter((name) => flags.tuned || !forTuned.includes(name));
  const all: number[] = [];
  for (const name of names) {
    const text = gunzipSync(readFileSync(join(flags.data, `${name}.csv.gz`))).toString("utf8");
    const lines = [...new Set(text.trimEnd().split("\n"))];
    const ours: number[] = [];
    const peers = new Map<string, number[]>();
    let greater = true;
    for (let fold = 0; fold < foldCount; fold++) {
      const run = trainFold(lines, tables[name]!, fold, ["--time", flags.time]);
      greater = run.record.metric.greaterIsBetter;
      ours.push(run.score);
      const scores = peerScores(run, tables[name]!);
      for (const [peer, score] of Object.entries(scores))
        peers.set(peer, [...(peers.get(peer) ?? []), score]);
      console.log(
        `  ${name} fold ${fold}: ours ${run.score.toFixed(5)} in ${run.record.seconds}s, ${JSON.stringify(scores)}`,
      );
    }
    const sign = greater ? 1 : -1;
    const [best, scores] = [...peers].reduce((a, b) => (sign * mean(b[1]) > sign * mean(a[1]) ? b : a));
    const differences = ours.map((score, fold) => sign * (score - scores[fold]!));
    const units =
      mean(differences) / (deviation(differences) * Math.sqrt(1 / foldCount + 1 / (foldCount - 1)));
    all.push(units);
    console.log(
      `${name.padEnd(22)} ours ${mean(ours).toFixed(5)}  best single ${best} ${mean(scores).toFixed(5)}  difference ${units.toFixed(2)} corrected standard errors`,
    );
  }
  console.log(`mean over ${all.length} tables ${mean(all).toFixed(2)}, worst ${Math.min(...all).toFixed(2)}`);
}

interface FoldRun {
  readonly record: RunRecord;
  readonly score: number;
  readonly train: string;
  readonly test: string;
}

function trainFold(
  lines: readonly string[],
  target: string,
  fold: number,
  budget: readonly string[],
): FoldRun {
  const place = join(folder, `fold-${fold}`);
  mkdirSync(place, { recursive: true });
  const [train, test] = [join(place, "train.csv"), join(place, "test.csv")];
  const [header, ...rows] = lines;
  const part = (inside: boolean): string =>
    `${[header, ...rows.filter((_, i) => (i % foldCount === fold) === inside)].join("\n")}\n`;
  writeFileSync(train, part(false));
  writeFileSync(test, part(true));
  const command = [
    "dist/cli/main.js",
    "train",
    train,
    "--target",
    target,
    "--test",
    test,
    ...budget,
    "--out",
    place,
    "--json",
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`train ended with ${status}: ${stderr}`);
  const record = JSON.parse(stdout) as RunRecord;
  return { record, score: record.test.metrics[0]!.value, train, test };
}

function peerScores({ record, train, test }: FoldRun, target: string): Record<string, number> {
  const columns = record.columns.filter((column) => column.role === "feature").map((column) => column.name);
  const request = {
    train,
    test,
    target,
    columns,
    task: record.task.kind,
    positive: record.task.positive,
    metric: record.metric.name,
    ...(flags.tuned && { tuneSeconds: 2 * record.seconds }),
  };
  const { status, stdout, stderr } = spawnSync(python!, ["bench/train-accuracy.py"], {
    input: JSON.stringify(request),
    encoding: "utf8",
    env: { ...process.env, OMP_WAIT_POLICY: "passive" },
  });
  if (status !== 0) throw new Error(`the peers ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, number>;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
