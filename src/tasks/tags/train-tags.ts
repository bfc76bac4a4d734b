/**
 * A tagger of tokens: read, split, train a network and logistic regression on the same sentences, compose one file a
 * candidate, choose on validation sentences by span F1, and judge the chosen file on sentences that nothing looked at.
 */
import { createRandom, type Json, MillwrightError, sha256 } from "../../core/index.ts";
import { holdOut, readConll, shellWord, type TaggedSentences } from "../../data/index.ts";
import { inline } from "../../graph/index.ts";
import { spanScores } from "../../metrics/index.ts";
import { load } from "../../model/index.ts";
import { scoringGraph } from "../../nn/index.ts";
import type { ReportData } from "../../report/index.ts";
import { emitClassical, fitClassicalTagger } from "./classical.ts";
import { codeRows, cutSentences, type TaggedRows } from "./coded-rows.ts";
import { type ComposedTagger, composeTags, logProbabilities, type TagModelParts, target } from "./compose.ts";
import { bestOffset, tagsOfScores } from "./decide.ts";
import { compareTags, spanF1, tagFigures } from "./judge.ts";
import { fitLookUp } from "./look-up.ts";
import { tagDefaults, type TagOptions } from "./options.ts";
import { answerTags } from "./predict-tags.ts";
import { tagReport } from "./report-data.ts";
import type { TagRecord } from "./run-record.ts";
import { learnTokenCodes, type TokenCodes } from "./token-codes.ts";
import { recipe, type TrainedTagger, trainTagger } from "./train-network.ts";

export interface TagResult {
  /** The bytes of `model.onnx`. */
  readonly model: Uint8Array;
  readonly record: TagRecord;
  /** What `report/` draws. */
  readonly report: ReportData;
}

/** A model in the race, as a file. */
interface Candidate {
  readonly name: string;
  readonly family: "network" | "classical";
  readonly title: string;
  readonly seconds: number;
  readonly composed: ComposedTagger;
  /** Span F1 on the validation sentences. */
  readonly score: number;
}

const networkName = "LSTM";
const classicalName = "logistic regression";
/** Share of the training sentences that choose, where no file of them is given. */
const validationSize = 0.15;
/** Places of a file: so many that few sentences are cut, in steps that do not tell the length of one. */
const placeStep = 8;
const mostPlaces = 128;
const wholeSentences = 0.98;

/** @throws MillwrightError for every mistake in options and data; see docs/errors.md. */
export async function trainTags(options: TagOptions): Promise<TagResult> {
  const { seed, threads, signal, onProgress: progress = () => {} } = options;
  const { epochs } = { ...tagDefaults, ...options };
  const startedMs = options.startedMs ?? performance.now();
  const random = createRandom(seed);
  progress({ stage: "read sentences" });
  const data = await readParts(options);
  const { train, validation, test } = data;
  const classes = classesOf(train, options.source);
  const places = placesFor(train.tokens);
  const codes = await learnTokenCodes(train.tokens);
  const learnt = cutRows(train, places);

  progress({ stage: "fit logistic regression" });
  const classical = await fitClassicalTagger(
    await codeRows(learnt, codes, classes, places),
    codes,
    classes.length,
    { random: random.child("classical"), threads, ...(signal && { signal }) },
  );
  const network = await trainTagger(learnt, cutRows(validation, places), {
    codes,
    classes,
    places,
    epochs,
    // What comes after training takes a part of the time too.
    ...(options.time !== undefined && { deadlineMs: startedMs + 900 * options.time }),
    seed,
    threads,
    onProgress: progress,
    ...(signal && { signal }),
  });

  progress({ stage: "compose the files" });
  const enter = (
    given: Pick<Candidate, "name" | "family" | "title" | "seconds">,
    emit: TagModelParts["emit"],
    parameters: Json,
    summary: Json,
  ): Promise<Candidate> =>
    decided(given, validation, { classes, places }, (offset) =>
      composeTags({
        codes,
        places,
        classes,
        offset,
        emit,
        about: aboutOf(data, options, { classes, places, codes, epochs: network.epochs }, given.title, {
          parameters,
          summary: { ...(summary as object), offset } as Json,
        }),
      }),
    );
  const candidates = [
    await enter(
      {
        name: networkName,
        family: "network",
        title: `a network of ${network.parameterCount} parameters (words, characters and shapes, a bidirectional LSTM), after epoch ${network.bestEpoch} of ${network.epochs}`,
        seconds: network.seconds,
      },
      (read) => emitNetwork(network, read),
      { ...recipe, epochs: network.epochs },
      { parameters: network.parameterCount, epoch: network.bestEpoch },
    ),
    await enter(
      {
        name: classicalName,
        family: "classical",
        title: "logistic regression on each token and its neighbours",
        seconds: classical.seconds,
      },
      (read) => emitClassical(classical, read, places, codes),
      { family: "logistic" },
      classical.summary,
    ),
  ];
  const ranked = candidates.sort((a, b) => b.score - a.score);
  const chosen = ranked[0]!;

  progress({ stage: "judge the file on untouched sentences" });
  const lookUp = fitLookUp(train.tokens, train.tags);
  const answers = new Map<Candidate, string[][]>();
  for (const each of ranked) answers.set(each, await answersOf(each.composed.write(), test.tokens));
  const own = answers.get(chosen)!;
  const metrics = tagFigures(test.tags, own, test.tokens.map(lookUp), seed);
  const bytes = chosen.composed.write({
    rows: "test",
    rowCount: test.tokens.length,
    values: metrics.map(({ name, value, low, high, baseline }) => ({
      name,
      value,
      // A metric whose resamples are all equal has no interval.
      ...(Number.isNaN(low) ? {} : { low, high }),
      baseline,
    })),
  });
  const record: TagRecord = {
    format: 1,
    software: options.software,
    seconds: tenth((performance.now() - startedMs) / 1000),
    data: {
      source: options.source,
      validation: options.validation ?? null,
      test: options.test ?? null,
      sha256: data.sha256,
      sentences: train.tokens.length + validation.tokens.length + test.tokens.length,
      tokens: tokensOf(train) + tokensOf(validation) + tokensOf(test),
      bad: data.bad,
      trainRows: train.tokens.length,
      validationRows: validation.tokens.length,
      testRows: test.tokens.length,
      places,
    },
    task: { kind: "tags", target, classes: countTags(classes, [train, validation, test]) },
    metric: spanF1,
    network: {
      name: networkName,
      parameterCount: network.parameterCount,
      epochs: network.epochs,
      bestEpoch: network.bestEpoch,
      batchSize: network.batchSize,
      threads,
      ended: network.reason,
      history: network.history,
    },
    leaderboard: [
      ...ranked.map(({ name, family, score, seconds }) => ({ name, family, score, seconds: tenth(seconds) })),
      {
        name: "tag look-up",
        family: "baseline" as const,
        score: spanScores(validation.tags, validation.tokens.map(lookUp)).f1,
        seconds: 0,
      },
    ].map((row, i) => ({ rank: i + 1, ...row })),
    chosen: chosen.name,
    versus: versusOf(candidates, answers, test.tags, seed),
    test: { rows: test.tokens.length, metrics },
    kinds: kindsOf(test.tags, own),
    reproduce: commandOf(options, network.epochs),
    model: { bytes: bytes.length, sha256: sha256(bytes) },
  };
  return { model: bytes, record, report: tagReport({ record, options, title: chosen.title }) };
}

const tenth = (seconds: number): number => Math.round(seconds * 10) / 10;
const tokensOf = ({ tokens }: TaggedRows): number => tokens.reduce((sum, { length }) => sum + length, 0);

interface Parts {
  readonly train: TaggedRows;
  readonly validation: TaggedRows;
  readonly test: TaggedRows;
  readonly bad: TagRecord["data"]["bad"];
  readonly sha256: string;
}

async function readParts(options: TagOptions): Promise<Parts> {
  const { testSize } = { ...tagDefaults, ...options };
  const bad: TagRecord["data"]["bad"][number][] = [];
  const sums: string[] = [];
  const read = async (file: string): Promise<TaggedSentences> => {
    const sentences = await readConll(file);
    bad.push(...sentences.bad.map((line) => ({ ...line, file })));
    sums.push(sentences.sha256);
    return sentences;
  };
  let train: TaggedRows = await read(options.source);
  const split = (share: number, seed: number): TaggedRows => {
    const parts = holdOut({ kind: "random", rowCount: train.tokens.length }, { testSize: share, seed });
    const from = train;
    train = takeRows(from, parts.train);
    return takeRows(from, parts.test);
  };
  const test = options.test === undefined ? split(testSize, options.seed) : await read(options.test);
  const validation =
    options.validation === undefined
      ? split(validationSize, options.seed + 1)
      : await read(options.validation);
  return {
    train,
    validation,
    test,
    bad,
    sha256: sums.length === 1 ? sums[0]! : sha256(Buffer.from(sums.join("\n"))),
  };
}

const takeRows = ({ tokens, tags }: TaggedRows, rows: Uint32Array): TaggedRows => ({
  tokens: Array.from(rows, (row) => tokens[row]!),
  tags: Array.from(rows, (row) => tags[row]!),
});

/** O, then the other tags by name. */
function classesOf({ tags }: TaggedRows, source: string): string[] {
  const others = [...new Set(tags.flat())].filter((tag) => tag !== "O").sort();
  if (others.length > 0) return ["O", ...others];
  throw new MillwrightError(
    "DATA_ONE_CLASS",
    `All tags of the ${tags.length} sentences to learn from ${source} are O.`,
    "Give sentences with B- and I- tags.",
  );
}

function placesFor(tokens: TaggedRows["tokens"]): number {
  const lengths = Int32Array.from(tokens, ({ length }) => length).sort();
  const usual = lengths[Math.ceil(wholeSentences * lengths.length) - 1]!;
  return Math.min(mostPlaces, placeStep * Math.max(1, Math.ceil(usual / placeStep)));
}

const cutRows = ({ tokens, tags }: TaggedRows, places: number): TaggedRows => ({
  tokens: cutSentences(tokens, places),
  tags: cutSentences(tags, places),
});

function emitNetwork({ network, weights }: TrainedTagger, read: Parameters<TagModelParts["emit"]>[0]) {
  return inline(scoringGraph(network, weights), { ...read })["scores"]!;
}

/** The file at the offset that has the best span F1 on the validation sentences, and that F1. */
async function decided(
  given: Pick<Candidate, "name" | "family" | "title" | "seconds">,
  validation: TaggedRows,
  { classes, places }: { readonly classes: readonly string[]; readonly places: number },
  compose: (offset: number) => Promise<ComposedTagger>,
): Promise<Candidate> {
  const { tokens, tags } = cutRows(validation, places);
  const scores = await logProbabilities((await compose(0)).write(), tokens, places);
  const lengths = tokens.map(({ length }) => length);
  const { offset } = bestOffset(tags, (tried) => tagsOfScores(scores, lengths, classes, places, tried));
  const composed = await compose(offset);
  const said = await answersOf(composed.write(), validation.tokens);
  return { ...given, composed, score: spanScores(validation.tags, said).f1 };
}

/** What a file answers. */
async function answersOf(bytes: Uint8Array, tokens: TaggedRows["tokens"]): Promise<string[][]> {
  const model = await load(bytes, undefined, { name: "model.onnx" });
  try {
    return await answerTags(model, tokens);
  } finally {
    await model.close();
  }
}

function versusOf(
  candidates: readonly Candidate[],
  answers: ReadonlyMap<Candidate, readonly (readonly string[])[]>,
  actual: TaggedRows["tags"],
  seed: number,
): TagRecord["versus"] {
  const [network, classical] = (["network", "classical"] as const).map(
    (family) => candidates.find((each) => each.family === family)!,
  ) as [Candidate, Candidate];
  const { gain, low, high } = compareTags(actual, answers.get(classical)!, answers.get(network)!, seed);
  const timeRatio = network.seconds / Math.max(0.001, classical.seconds);
  const half = (high - low) / 2;
  // Where every resample has the same gain, no interval is defined.
  const amount = `${Math.abs(gain).toFixed(3)}${Number.isNaN(half) ? "" : ` ± ${half.toFixed(3)}`}`;
  const times = timeRatio >= 1 ? `${timeRatio.toPrecision(2)} × the time` : "no more time";
  const sentence =
    low > 0
      ? `The network pays: its span F1 is ${amount} above that of ${classical.name}, at ${times}.`
      : gain > 0
        ? `Classical may be enough: the network's span F1 is only ${amount} above that of ${classical.name}, within the noise, at ${times}.`
        : `Classical is enough: the network's span F1 is ${amount} below that of ${classical.name}, at ${times}.`;
  return { network: network.name, classical: classical.name, gain, low, high, timeRatio, sentence };
}

function countTags(
  classes: readonly string[],
  parts: readonly TaggedRows[],
): TagRecord["task"]["classes"][number][] {
  const counts = new Map<string, number>();
  for (const { tags } of parts) for (const tag of tags.flat()) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return classes.map((label) => ({ label, rows: counts.get(label) ?? 0 }));
}

function kindsOf(
  actual: TaggedRows["tags"],
  predicted: readonly (readonly string[])[],
): TagRecord["kinds"][number][] {
  const kinds = new Set(
    [...actual.flat(), ...predicted.flat()].filter((tag) => tag !== "O").map((tag) => tag.slice(2)),
  );
  return [...kinds].sort().map((kind) => {
    const { actual: spans, predicted: said, precision, recall, f1 } = spanScores(actual, predicted, kind);
    return { kind, spans, predicted: said, precision, recall, f1 };
  });
}

function aboutOf(
  { train, sha256: sum }: Parts,
  options: TagOptions,
  made: {
    readonly classes: readonly string[];
    readonly places: number;
    readonly codes: TokenCodes;
    readonly epochs: number;
  },
  title: string,
  member: { readonly parameters: Json; readonly summary: Json },
): TagModelParts["about"] {
  const { classes, places, codes, epochs } = made;
  const { testSize } = { ...tagDefaults, ...options };
  return {
    card: {
      summary: `Tells which of ${classes.length} tags (BIO) each token of a sentence bears.`,
      members: [{ family: title, weight: 1, parameters: member.parameters, summary: member.summary }],
      policy: {
        "a longer sentence": `an error; \`millwright predict\` answers it in parts of ${places} tokens`,
        "an unknown word": `read by its characters and its shape, and as one of ${codes.wordBuckets} buckets by its hash`,
        "an I- tag without its B-": "may be answered: the span then begins at it, as conlleval reads it",
        "wrong kind": "an error that names the row, the column, what came and what was needed",
      },
      notes: [
        "The file takes tokens, not running text: cut new text into tokens as the training text was cut.",
        "The probability of O is lowered by a factor that was chosen on validation sentences for span F1, so probabilities are no shares of tokens.",
        "Golden sentences are invented; no word that fewer than 5 training sentences hold is in this file.",
        ...(options.threads > 1
          ? [
              `Trained with ${options.threads} threads inside a step: training again gives answers that differ in the last bits, and after many steps in more of them.`,
            ]
          : []),
      ],
      software: options.software,
    },
    data: { rowCount: train.tokens.length, columnCount: 1, sha256: sum },
    recipe: {
      seed: options.seed,
      options: {
        task: "tags",
        epochs,
        ...(options.test === undefined && { testSize }),
      },
      software: options.software,
    },
  };
}

function commandOf(options: TagOptions, epochs: number): string {
  const words = ["npx millwright train", shellWord(options.source), "--task tags"];
  const flag = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) words.push(name, shellWord(String(value)));
  };
  flag("--validation", options.validation);
  flag("--test", options.test);
  flag("--epochs", epochs);
  flag("--test-size", options.testSize);
  flag("--seed", options.seed);
  flag("--threads", options.threads);
  return words.join(" ");
}
