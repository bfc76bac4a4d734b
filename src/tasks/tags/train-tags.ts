/**
 * A tagger of tokens: read, split, train a network and logistic regression on the same sentences, compose one file a
 * candidate, choose on validation sentences by span F1, and judge the chosen file on sentences that nothing looked at.
 */
import { createRandom, MillwrightError, sha256 } from "../../core/index.ts";
import { holdOut, readConll, type TaggedSentences } from "../../data/index.ts";
import * as ops from "../../graph/index.ts";
import { inline, type Value } from "../../graph/index.ts";
import { spanScores } from "../../metrics/index.ts";
import { scoringGraph } from "../../nn/index.ts";
import type { ComposedModel } from "../../pipeline/index.ts";
import type { ReportData } from "../../report/index.ts";
import { commandLine } from "../command-line.ts";
import { networkRecord, type TrainedNetwork, trainingDeadline } from "../race/fit-network.ts";
import { askFile, cardMembers, type Entered, threadNotes, writeJudged } from "../race/judged-file.ts";
import { boardOf, fileRecord, runSeconds } from "../race/record.ts";
import { versusOf } from "../race/versus.ts";
import { emitClassical, fitClassicalTagger } from "./classical.ts";
import { codeRows, cutSentences, type TaggedRows } from "./coded-rows.ts";
import { composeTags, logProbabilities, type TagModelParts, target } from "./compose.ts";
import { bestOffset, type TagDecision, tagOrder, tagsOfScores } from "./decide.ts";
import { compareTags, kindFigures, spanF1, tagFigures } from "./judge.ts";
import { fitLookUp } from "./look-up.ts";
import { tagDefaults, type TagOptions } from "./options.ts";
import { answerTags } from "./predict-tags.ts";
import { tagReport } from "./report-data.ts";
import type { TagRecord } from "./run-record.ts";
import { learnTokenCodes, type TokenCodes } from "./token-codes.ts";
import { recipe, trainTagger } from "./train-network.ts";

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
  readonly family: "network" | "classical" | "ensemble";
  readonly title: string;
  readonly seconds: number;
  readonly composed: ComposedModel;
  /** Span F1 on the validation sentences. */
  readonly score: number;
}

const networkName = "LSTM";
const classicalName = "logistic regression";
const bothName = "LSTM and logistic regression";
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
  const decision = { classes, places, order: tagOrder(classes, train.tags) };

  progress({ stage: "fit logistic regression" });
  const classical = await fitClassicalTagger(
    await codeRows(learnt, codes, classes, places),
    codes,
    classes.length,
    { random: random.child("classical"), threads, ...(signal && { signal }) },
  );
  const network = await trainTagger(learnt, cutRows(validation, places), {
    codes,
    decision,
    epochs,
    ...trainingDeadline(startedMs, options.time, 0.9),
    seed,
    threads,
    onProgress: progress,
    ...(signal && { signal }),
  });

  progress({ stage: "compose the files" });
  const enter = (
    given: Pick<Candidate, "name" | "family" | "seconds">,
    { title, parameters, summary }: Entered,
    emit: TagModelParts["emit"],
  ): Promise<Candidate> =>
    decided({ ...given, title }, validation, decision, (offset) =>
      composeTags({
        codes,
        ...decision,
        offset,
        emit,
        about: aboutOf(
          data,
          options,
          { classes, places, codes, epochs: network.epochs },
          { title, parameters, summary: { ...(summary as object), offset } },
        ),
      }),
    );
  const ranked = [
    await enter(
      { name: networkName, family: "network", seconds: network.seconds },
      {
        title: `a network of ${network.parameterCount} parameters (words, characters, runs of characters and shapes, a bidirectional LSTM), after epoch ${network.bestEpoch} of ${network.epochs}`,
        parameters: { ...recipe, epochs: network.epochs },
        summary: { parameters: network.parameterCount, epoch: network.bestEpoch },
      },
      (read) => emitNetwork(network, read),
    ),
    await enter(
      { name: classicalName, family: "classical", seconds: classical.seconds },
      {
        title: "logistic regression on each token and its neighbours",
        parameters: { family: "logistic" },
        summary: classical.summary,
      },
      (read) => emitClassical(classical, read, places, codes),
    ),
    await enter(
      { name: bothName, family: "ensemble", seconds: network.seconds + classical.seconds },
      {
        title:
          "the network and logistic regression together (the mean of the logarithms of their probabilities)",
        parameters: { members: [networkName, classicalName] },
        summary: {},
      },
      (read) => meanOf([emitNetwork(network, read), emitClassical(classical, read, places, codes)]),
    ),
  ].sort((a, b) => b.score - a.score);
  const chosen = ranked[0]!;

  progress({ stage: "judge the file on untouched sentences" });
  const lookUp = fitLookUp(train.tokens, train.tags);
  const answers = new Map<Candidate, string[][]>();
  for (const each of ranked) answers.set(each, await answersOf(each.composed.write(), test.tokens));
  const own = answers.get(chosen)!;
  const metrics = tagFigures(test.tags, own, test.tokens.map(lookUp), seed);
  const bytes = writeJudged(chosen.composed, test.tokens.length, metrics);
  const record: TagRecord = {
    format: 1,
    software: options.software,
    seconds: runSeconds(startedMs),
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
    network: networkRecord(networkName, network, threads),
    leaderboard: boardOf([
      ...ranked,
      {
        name: "tag look-up",
        family: "baseline",
        score: spanScores(validation.tags, validation.tokens.map(lookUp)).f1,
        seconds: 0,
      },
    ]),
    chosen: chosen.name,
    versus: compare(ranked, answers, test.tags, seed),
    test: { rows: test.tokens.length, metrics },
    kinds: kindFigures(test.tags, own),
    reproduce: commandOf(options, network.epochs),
    model: fileRecord(bytes),
  };
  return { model: bytes, record, report: tagReport({ record, options, title: chosen.title }) };
}

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

function emitNetwork({ network, weights }: TrainedNetwork, read: Parameters<TagModelParts["emit"]>[0]) {
  return inline(scoringGraph(network, weights), { ...read })["scores"]!;
}

/** What several models say together: the mean of the logarithms of their probabilities. */
function meanOf(scores: readonly Value[]): Value {
  const each = scores.map((value) => ops.logSoftmax(value, 2));
  return ops.div(
    each.reduce((a, b) => ops.add(a, b)),
    each.length,
  );
}

/** The file at the offset that has the best span F1 on the validation sentences, and that F1. */
async function decided(
  given: Pick<Candidate, "name" | "family" | "title" | "seconds">,
  validation: TaggedRows,
  decision: TagDecision,
  compose: (offset: number) => Promise<ComposedModel>,
): Promise<Candidate> {
  const { places } = decision;
  const { tokens, tags } = cutRows(validation, places);
  const scores = await logProbabilities((await compose(0)).write(), tokens, places);
  const lengths = tokens.map(({ length }) => length);
  const { offset } = bestOffset(tags, (tried) => tagsOfScores(scores, lengths, decision, tried));
  const composed = await compose(offset);
  const said = await answersOf(composed.write(), validation.tokens);
  return { ...given, composed, score: spanScores(validation.tags, said).f1 };
}

/** What a file answers. */
const answersOf = (bytes: Uint8Array, tokens: TaggedRows["tokens"]): Promise<string[][]> =>
  askFile(bytes, (model) => answerTags(model, tokens));

/** The network, or it with the classical model where they are the file, against the classical model on the test sentences. */
function compare(
  candidates: readonly Candidate[],
  answers: ReadonlyMap<Candidate, readonly (readonly string[])[]>,
  actual: TaggedRows["tags"],
  seed: number,
): TagRecord["versus"] {
  const of = (family: Candidate["family"]): Candidate => candidates.find((each) => each.family === family)!;
  const classical = of("classical");
  const together = candidates[0]!.family === "ensemble";
  const network = together ? candidates[0]! : of("network");
  const paired = compareTags(actual, answers.get(classical)!, answers.get(network)!, seed);
  const whose = together ? "the span F1 of both together" : "the network's span F1";
  return versusOf(network, classical, paired, {
    ahead: (amount) => `${together ? whose : "its span F1"} is ${amount} above that of ${classical.name}`,
    little: (amount) => `${whose} is only ${amount} above that of ${classical.name}`,
    behind: (amount) => `${whose} is ${amount} below that of ${classical.name}`,
  });
}

function countTags(
  classes: readonly string[],
  parts: readonly TaggedRows[],
): TagRecord["task"]["classes"][number][] {
  const counts = new Map<string, number>();
  for (const { tags } of parts) for (const tag of tags.flat()) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return classes.map((label) => ({ label, rows: counts.get(label) ?? 0 }));
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
  entered: Entered,
): TagModelParts["about"] {
  const { classes, places, codes, epochs } = made;
  const { testSize } = { ...tagDefaults, ...options };
  return {
    card: {
      summary: `Tells which of ${classes.length} tags (BIO) each token of a sentence bears.`,
      members: cardMembers(entered),
      policy: {
        "a longer sentence": `an error; \`millwright predict\` answers it in parts of ${places} tokens`,
        "an unknown word": `read by its characters and its shape, and as one of ${codes.wordBuckets} buckets by its hash`,
        "an I- tag without its B-":
          "answered only of kinds whose spans begin with one in the training sentences",
        "wrong kind": "an error that names the row, the column, what came and what was needed",
      },
      notes: [
        "The file takes tokens, not running text: cut new text into tokens as the training text was cut.",
        "The probability of O is lowered by a factor that was chosen on validation sentences for span F1, so probabilities are no shares of tokens.",
        "Golden sentences are invented; no word that fewer than 5 training sentences hold is in this file.",
        ...threadNotes(options.threads),
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
  return commandLine("train", [
    options.source,
    ["--task", "tags"],
    ["--validation", options.validation],
    ["--test", options.test],
    ["--epochs", epochs],
    ["--test-size", options.testSize],
    ["--seed", options.seed],
    ["--threads", options.threads],
  ]);
}
