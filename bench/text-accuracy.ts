/**
 * Accuracy of networks on texts, and of the network with the classical families: SMS spam (5,574 texts, 2 labels) and AG
 * News (the test part: 7,600 texts of 4 topics, title and description as one text). Five folds by row index modulo 5.
 *
 * The net is `textNet` by its defaults, on one thread; the rows that choose its epoch are of the training part. The task
 * is the mean of the probabilities of the net, the linear support vector machine and complement naive Bayes, which all
 * see the training part alone. Goals: SMS 0.988 (net) and 0.992 (task), AG News 0.880 and 0.895.
 *
 *   nice -n 5 node --import tsx bench/text-accuracy.ts [--data ../shared/data/text] [--set sms|news] [--folds 0,1]
 *     [--net '{"architecture":"cnn"}'] [--alone]
 *   node --import tsx bench/text-accuracy.ts --smoke
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { complementNaiveBayes } from "../src/estimators/bayes/index.ts";
import type { Estimator } from "../src/estimators/index.ts";
import { linearSvm } from "../src/estimators/linear/index.ts";
import { textNet } from "../src/nn/index.ts";
import { pipeline } from "../src/pipeline/index.ts";
import { category, defineSchema, type Frame, takeRows, text } from "../src/schema/index.ts";
import { machineLine } from "./support/machine.ts";

const foldCount = 5;
const { values: flags } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    data: { type: "string", default: "../shared/data/text" },
    set: { type: "string" },
    folds: { type: "string", default: "0,1,2,3,4" },
    net: { type: "string", default: "{}" },
    alone: { type: "boolean", default: false },
  },
});

interface Texts {
  readonly labels: readonly string[];
  readonly texts: readonly string[];
}

const sets: Record<string, () => Texts> = flags.smoke ? { invented } : { sms: readMessages, news: readNews };

console.log(machineLine());
for (const [name, read] of Object.entries(sets)) {
  if (flags.set !== undefined && flags.set !== name) continue;
  const results: Record<string, number>[] = [];
  for (const fold of flags.smoke ? [0] : flags.folds.split(",").map(Number)) {
    const result = await runFold(read(), fold);
    console.log(`${name}, fold ${fold}: ${JSON.stringify(result)}`);
    results.push(result);
  }
  const keys = Object.keys(results[0]!);
  const mean = (key: string): number => results.reduce((sum, each) => sum + each[key]!, 0) / results.length;
  console.log(`${name}, mean: ${keys.map((key) => `${key} ${mean(key).toFixed(4)}`).join(", ")}`);
}

async function runFold({ labels, texts }: Texts, fold: number): Promise<Record<string, number>> {
  const classes = [...new Set(labels)].sort();
  const schema = defineSchema({ text: text(), label: category({ role: "target", labels: classes }) });
  const frame: Frame = {
    schema,
    rowCount: texts.length,
    columns: new Map([
      ["text", coded(texts)],
      ["label", coded(labels)],
    ]),
  };
  const rows = (inside: boolean): Uint32Array =>
    Uint32Array.from(texts.keys()).filter((i) => (i % foldCount === fold) === inside);
  const test = rows(true);
  const asked = takeRows(frame, test);
  const members: Record<string, [Estimator, "tokens" | "sparse" | "counts"]> = {
    net: [textNet(JSON.parse(flags.net)), "tokens"],
    ...(!flags.alone && {
      machine: [linearSvm({ l2: 2, tolerance: 1e-4 }), "sparse"],
      bayes: [complementNaiveBayes({ smoothing: 0.1, temperature: 0 }), "counts"],
    }),
  };
  const result: Record<string, number> = {};
  const total = new Float64Array(test.length * classes.length);
  for (const [name, [estimator, features]] of Object.entries(members)) {
    const started = performance.now();
    const { model, bytes, fitted } = await pipeline({ schema, features, estimator }).fit(
      takeRows(frame, rows(false)),
    );
    result[`${name}Seconds`] = Math.round((performance.now() - started) / 100) / 10;
    const { probabilities } = await model.predictColumns(asked.columns, asked.rowCount);
    await model.close();
    probabilities!.forEach((p, i) => (total[i]! += p));
    result[name] = accuracy(probabilities!, classes, test, labels);
    if (name === "net") {
      result["netMegabytes"] = Math.round(bytes.length / 1e5) / 10;
      result["epoch"] = (fitted.model.summary as { epoch: number }).epoch;
    }
  }
  if (!flags.alone) result["task"] = accuracy(total, classes, test, labels);
  return result;
}

function accuracy(
  scores: ArrayLike<number>,
  classes: readonly string[],
  rows: Uint32Array,
  labels: readonly string[],
): number {
  let right = 0;
  rows.forEach((row, i) => {
    const own = classes.map((_, k) => scores[i * classes.length + k]!);
    right += Number(classes[own.indexOf(Math.max(...own))] === labels[row]);
  });
  return right / rows.length;
}

function readMessages(): Texts {
  const lines = gunzipSync(readFileSync(join(flags.data, "sms-spam.tsv.gz")))
    .toString("utf8")
    .trimEnd()
    .split("\n");
  const cells = lines.map((line) => line.replace(/\r$/, "").split("\t"));
  return { labels: cells.map(([label]) => label!), texts: cells.map((row) => row.slice(1).join("\t")) };
}

/** Lines of quoted topic, title and description, quotes doubled. */
function readNews(): Texts {
  const lines = gunzipSync(readFileSync(join(flags.data, "ag-news-7600.csv.gz")))
    .toString("utf8")
    .trimEnd()
    .split("\n");
  const cells = lines.map((line) =>
    [...line.matchAll(/"((?:[^"]|"")*)"(?:,|$)/g)].map((match) => match[1]!.replaceAll('""', '"')),
  );
  return { labels: cells.map((row) => row[0]!), texts: cells.map((row) => `${row[1]} ${row[2]}`) };
}

/** Two topics of some words each. */
function invented(): Texts {
  const words = ["kalo", "miru", "teno", "lomi", "ruka", "note", "kami", "loru", "teka", "nomi"];
  const labels = Array.from({ length: 300 }, (_, i) => ["a", "b"][i % 2]!);
  const texts = labels.map((label, i) =>
    Array.from({ length: 6 }, (_, k) => words[((i * 7 + k * k * 3) % 7) + (label === "a" ? 0 : 3)]!).join(
      " ",
    ),
  );
  return { labels, texts };
}

function coded(values: readonly string[]) {
  const dictionary = [...new Set(values)];
  const place = new Map(dictionary.map((value, code) => [value, code]));
  return {
    type: "string" as const,
    codes: Int32Array.from(values, (value) => place.get(value)!),
    dictionary,
  };
}
