/**
 * Topics of news by words, word pairs and runs of characters, kept sparse, against scikit-learn.
 *
 * AG News, the test part: 7,600 texts, 4 topics, title and description as one text. Five folds by row index. Each
 * fold of ours is a process of its own that trains, writes the file, loads it and predicts with it; memory is the
 * highest resident set of such a process, all included. Ours names words, pairs and runs of at least 5 rows and
 * spreads rarer words over buckets by their hash; scikit-learn is run with terms of 5 rows and with all of them.
 * Ours is the linear support vector machine alone, and with complement naive Bayes: the mean of their probabilities.
 * Goals: accuracy at least 0.889, memory under 1 GB. With --neighbors it is nearest neighbours in their place, whose
 * file carries the sparse rows; with --boosting it is gradient boosting of 100 rounds, against LightGBM on the same
 * sparse rows and with the same settings.
 *
 *   PEERS_PYTHON=…/python node --import tsx bench/text-sparse.ts [--data ../shared/data/text] [--neighbors | --boosting] [--folds 0,1]
 *   node --import tsx bench/text-sparse.ts --smoke
 *
 * Without PEERS_PYTHON it measures our side only.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { complementNaiveBayes } from "../src/estimators/bayes/index.ts";
import type { Estimator } from "../src/estimators/index.ts";
import { linearSvm } from "../src/estimators/linear/index.ts";
import { nearestNeighbors } from "../src/estimators/neighbors/index.ts";
import { boosting } from "../src/estimators/trees/index.ts";
import { characterTfidf, type SparseRows, tfidf } from "../src/features/index.ts";
import { pipeline } from "../src/pipeline/index.ts";
import type { Frame, StringCells } from "../src/schema/index.ts";
import { machineLine } from "./support/machine.ts";
import { accuracyOf, foldCount, foldOf, inventedTexts, readNews } from "./support/texts.ts";

const { values: flags } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    data: { type: "string", default: "../shared/data/text" },
    neighbors: { type: "boolean", default: false },
    boosting: { type: "boolean", default: false },
    rows: { type: "string" },
    folds: { type: "string" },
    fold: { type: "string" },
  },
});

if (flags.fold !== undefined) console.log(JSON.stringify(await runFold(Number(flags.fold))));
else compare();

function compare(): void {
  console.log(machineLine());
  const python = process.env["PEERS_PYTHON"];
  const peer = !flags.smoke && python !== undefined;
  // The sparse rows of a fold, for the peer.
  const folder = mkdtempSync(join(tmpdir(), "text-sparse-"));
  const every = Array.from({ length: flags.smoke ? 1 : foldCount }, (_, fold) => fold);
  const folds = (flags.folds?.split(",").map(Number) ?? every).map((fold) => {
    const command = [
      "--import",
      "tsx",
      fileURLToPath(import.meta.url),
      "--fold",
      String(fold),
      "--data",
      flags.data,
    ];
    if (flags.smoke) command.push("--smoke");
    if (flags.neighbors) command.push("--neighbors");
    if (flags.boosting) command.push("--boosting");
    if (flags.boosting && peer) command.push("--rows", folder);
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
    if (status !== 0) throw new Error(`fold ${fold} ended with ${status}: ${stderr}`);
    const result = JSON.parse(stdout) as Awaited<ReturnType<typeof runFold>>;
    console.log(`  ours, fold ${fold}: ${JSON.stringify(result)}`);
    if (flags.boosting && peer) process.stdout.write(runPeer(python, ["--rows", folder]));
    return result;
  });
  const mean = (of: (fold: (typeof folds)[number]) => number): number =>
    folds.reduce((sum, fold) => sum + of(fold), 0) / folds.length;
  const peak = Math.max(...folds.map((fold) => fold.peakMegabytes));
  const alone = Object.keys(folds[0]!.alone).map(
    (name) => `${name} ${mean((f) => f.alone[name]!).toFixed(4)}`,
  );
  console.log(
    `ours: accuracy ${mean((f) => f.accuracy).toFixed(4)} (${alone.join(", ")}), ${mean((f) => f.fitSeconds).toFixed(1)} s to train, ${mean((f) => f.predictSeconds).toFixed(1)} s to load and predict (processor ${mean((f) => f.fitProcessor).toFixed(1)} and ${mean((f) => f.predictProcessor).toFixed(1)} s), peak ${peak} MB`,
  );
  rmSync(folder, { recursive: true });
  if (peer && !flags.boosting)
    process.stdout.write(runPeer(python, [join(flags.data, "ag-news-7600.csv.gz")]));
}

function runPeer(python: string, words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(python, ["bench/text-sparse.py", ...words], {
    encoding: "utf8",
    env: { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", OMP_WAIT_POLICY: "passive" },
  });
  if (status !== 0) throw new Error(`The peer ended with ${status}: ${stderr}`);
  return stdout;
}

/** Starts, columns and values of sparse rows, and the class of each row. */
function writeRows(path: string, { starts, index, values }: SparseRows, codes: Int32Array): void {
  writeFileSync(`${path}.starts`, starts);
  writeFileSync(`${path}.index`, index);
  writeFileSync(`${path}.values`, Float32Array.from(values));
  writeFileSync(`${path}.codes`, codes);
}

async function runFold(fold: number) {
  const all = flags.smoke ? inventedTexts() : readNews(flags.data);
  const { schema, classes, train, test, answers } = foldOf(all, fold);
  const estimators: Record<string, Estimator> = flags.neighbors
    ? { neighbors: nearestNeighbors() }
    : flags.boosting
      ? { boosting: boosting({ learningRate: 0.1, rounds: 100, earlyStoppingRounds: 0 }) }
      : {
          machine: linearSvm({ l2: 2, tolerance: 1e-4 }),
          bayes: complementNaiveBayes({ smoothing: 0.1, temperature: 0 }),
        };
  const members: Float64Array[] = [];
  const parts: Record<string, unknown> = {};
  const alone: Record<string, number> = {};
  const score = (p: Float64Array): number => Number(accuracyOf(p, classes, answers).toFixed(5));
  let [fitSeconds, predictSeconds, fitProcessor, predictProcessor] = [0, 0, 0, 0];
  for (const [name, estimator] of Object.entries(estimators)) {
    const started = now();
    const { model, bytes, fitted } = await pipeline({
      schema,
      features: (c) => [
        tfidf(c.text, { maxTerms: 200_000, buckets: flags.smoke ? 64 : 16_384, sublinear: true }),
        characterTfidf(c.text, { maxTerms: 100_000 }),
      ],
      estimator,
    }).fit(train);
    const trained = now();
    const { probabilities } = await model.predictColumns(test.columns, test.rowCount);
    await model.close();
    const ended = now();
    if (flags.rows !== undefined) {
      const asked = await fitted.features.transform(test);
      const codesOf = (labels: readonly string[]): Int32Array =>
        Int32Array.from(labels, (label) => classes.indexOf(label));
      writeRows(join(flags.rows, "train"), fitted.features.matrix.sparse!, codesOf(labelsOf(train)));
      writeRows(join(flags.rows, "test"), asked.sparse!, codesOf(answers));
    }
    members.push(probabilities!);
    alone[name] = score(probabilities!);
    fitSeconds += trained.wall - started.wall;
    fitProcessor += trained.processor - started.processor;
    predictSeconds += ended.wall - trained.wall;
    predictProcessor += ended.processor - trained.processor;
    parts[name] = {
      fitSeconds: tenths(trained.wall - started.wall),
      features: fitted.features.features.length,
      values: fitted.features.matrix.sparse?.values.length ?? "dense",
      fileMegabytes: tenths(bytes.length / 1e6),
    };
  }
  return {
    accuracy: score(members[0]!.map((_, i) => members.reduce((sum, p) => sum + p[i]!, 0))),
    alone,
    ...parts,
    fitSeconds: tenths(fitSeconds),
    predictSeconds: tenths(predictSeconds),
    fitProcessor: tenths(fitProcessor),
    predictProcessor: tenths(predictProcessor),
    peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

function labelsOf({ columns }: Frame): string[] {
  const { codes, dictionary } = columns.get("label") as StringCells;
  return Array.from(codes, (code) => dictionary[code]!);
}

/** Seconds of the wall, and of all processors that this process used. */
function now(): { wall: number; processor: number } {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now() / 1000, processor: (user + system) / 1e6 };
}

function tenths(value: number): number {
  return Math.round(10 * value) / 10;
}
