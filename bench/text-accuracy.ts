/**
 * Accuracy of networks on texts, and of the network with the classical families: SMS spam (5,574 texts, 2 labels) and AG
 * News (the test part: 7,600 texts of 4 topics, title and description as one text). Five folds by row index modulo 5.
 *
 * The net is `textNet` by its defaults, on one thread; it has as many epochs for any texts. The task is the mean of the
 * probabilities of the net, of the linear support vector machine, and of complement naive Bayes, which all see the
 * training part alone. Of messages, machine and Bayes read words, pairs and runs of characters. Of news they read words
 * and pairs, and beside them words, signs and pairs hashed, so that rare pairs count too; and the machine's features are
 * multiplied by naive Bayes' log-ratios. Both were chosen on inner folds of a training part. Goals: SMS 0.988 (net) and
 * 0.992 (task), AG News 0.880 and 0.895.
 *
 *   nice -n 5 node --import tsx bench/text-accuracy.ts [--data ../shared/data/text] [--set sms|news] [--folds 0,1]
 *     [--net '{"architecture":"cnn"}'] [--alone]
 *   node --import tsx bench/text-accuracy.ts --smoke
 */
import { parseArgs } from "node:util";
import { complementNaiveBayes } from "../src/estimators/bayes/index.ts";
import type { Estimator } from "../src/estimators/index.ts";
import { linearSvm } from "../src/estimators/linear/index.ts";
import { type Chain, characterTfidf, type ColumnRef, hashedTfidf, tfidf } from "../src/features/index.ts";
import { textNet } from "../src/nn/index.ts";
import { pipeline } from "../src/pipeline/index.ts";
import { machineLine } from "./support/machine.ts";
import { accuracyOf, foldOf, inventedTexts, readMessages, readNews, type Texts } from "./support/texts.ts";

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

interface TextColumns {
  readonly text: ColumnRef<"text">;
}

type Members = Record<string, [Estimator, "tokens" | "counts" | ((c: TextColumns) => readonly Chain[])]>;

const words = (c: TextColumns): Chain =>
  tfidf(c.text, { maxTerms: 200_000, buckets: flags.smoke ? 64 : 65_536, sublinear: true });
const wordsAndPairs = (c: TextColumns): readonly Chain[] => [
  words(c),
  hashedTfidf(c.text, { buckets: flags.smoke ? 64 : 131_072 }),
];
const bayes = complementNaiveBayes({ smoothing: 0.1, temperature: 0 });

const ofMessages: Members = {
  machine: [
    linearSvm({ l2: 2, tolerance: 1e-4 }),
    (c) => [words(c), characterTfidf(c.text, { maxTerms: 100_000 })],
  ],
  bayes: [bayes, "counts"],
};
const ofNews: Members = {
  machine: [linearSvm({ l2: 3, tolerance: 1e-4, bayesSmoothing: 0.1 }), wordsAndPairs],
  bayes: [bayes, wordsAndPairs],
};

/** Each with what stands beside the net. */
const sets: Record<string, readonly [read: () => Texts, beside: Members]> = flags.smoke
  ? { invented: [inventedTexts, ofNews] }
  : { sms: [() => readMessages(flags.data), ofMessages], news: [() => readNews(flags.data), ofNews] };

console.log(machineLine());
for (const [name, [read, beside]] of Object.entries(sets)) {
  if (flags.set !== undefined && flags.set !== name) continue;
  const results: Record<string, number>[] = [];
  for (const fold of flags.smoke ? [0] : flags.folds.split(",").map(Number)) {
    const result = await runFold(read(), fold, beside);
    console.log(`${name}, fold ${fold}: ${JSON.stringify(result)}`);
    results.push(result);
  }
  const keys = Object.keys(results[0]!);
  const mean = (key: string): number => results.reduce((sum, each) => sum + each[key]!, 0) / results.length;
  console.log(`${name}, mean: ${keys.map((key) => `${key} ${mean(key).toFixed(4)}`).join(", ")}`);
}

async function runFold(all: Texts, fold: number, beside: Members): Promise<Record<string, number>> {
  const { schema, classes, train, test, answers } = foldOf(all, fold);
  const members: Members = {
    net: [textNet(JSON.parse(flags.net)), "tokens"],
    ...(!flags.alone && beside),
  };
  const result: Record<string, number> = {};
  const total = new Float64Array(answers.length * classes.length);
  for (const [name, [estimator, features]] of Object.entries(members)) {
    const started = performance.now();
    const { model, bytes, fitted } = await pipeline({ schema, features, estimator }).fit(train);
    result[`${name}Seconds`] = Math.round((performance.now() - started) / 100) / 10;
    const { probabilities } = await model.predictColumns(test.columns, test.rowCount);
    await model.close();
    probabilities!.forEach((p, i) => (total[i]! += p));
    result[name] = accuracyOf(probabilities!, classes, answers);
    if (name === "net") {
      result["netMegabytes"] = Math.round(bytes.length / 1e5) / 10;
      result["epoch"] = (fitted.model.summary as { epoch: number }).epoch;
    }
  }
  if (!flags.alone) result["task"] = accuracyOf(total, classes, answers);
  return result;
}
