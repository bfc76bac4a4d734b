/**
 * A classifier of pictures: read, split, train a network and a random forest on the same pictures, compose one file a
 * candidate, choose on validation pictures, and judge the chosen file on pictures that nothing looked at.
 */
import { createRandom, type Json, MillwrightError, sha256 } from "../../core/index.ts";
import { holdOut, shellWord } from "../../data/index.ts";
import { comparePaired } from "../../evaluate/index.ts";
import { cast, inline, softmax, type Value } from "../../graph/index.ts";
import { confusionMatrix, logLoss, metric as metricByName, mostProbable } from "../../metrics/index.ts";
import { load, type Model } from "../../model/index.ts";
import { scoringGraph } from "../../nn/index.ts";
import type { ComposedModel, Task } from "../../pipeline/index.ts";
import type { ReportData } from "../../report/index.ts";
import { judgeAnswers } from "../tabular/judge.ts";
import { fitClassical, pictureFigures } from "./classical.ts";
import { changesOf, type ChangeName } from "./changes.ts";
import { composePictures, type PictureModelParts } from "./compose.ts";
import { pictureExamples } from "./examples.ts";
import { channelFigures } from "./nets.ts";
import { type ImageOptions, imageDefaults } from "./options.ts";
import { answerPictures } from "./predict-images.ts";
import { type LabelledPictures, type PictureSize, readPictures, takePictures } from "./read-pictures.ts";
import { imageReport } from "./report-data.ts";
import type { ImageRecord } from "./run-record.ts";
import { recipe, type TrainedNetwork, trainNetwork } from "./train-network.ts";

export interface ImageResult {
  /** The bytes of `model.onnx`. */
  readonly model: Uint8Array;
  readonly record: ImageRecord;
  /** What `report/` draws. */
  readonly report: ReportData;
}

/** Name of the answer: the folder's name is the class. */
const target = "class";
const validationSize = 0.15;

/** A model in the race, as a file. */
interface Candidate {
  readonly name: string;
  readonly family: "network" | "classical";
  readonly title: string;
  readonly parameters: Json;
  readonly seconds: number;
  readonly composed: ComposedModel;
  /** On the validation pictures; the second decides where the first is equal. */
  readonly score: number;
  readonly logLoss: number;
}

/** @throws MillwrightError for every mistake in options and data; see docs/errors.md. */
export async function trainImages(options: ImageOptions): Promise<ImageResult> {
  const { seed, threads, signal, onProgress } = options;
  const { net, size: side, augment, epochs, testSize } = { ...imageDefaults, ...options };
  const startedMs = options.startedMs ?? performance.now();
  const deadlineMs = options.time === undefined ? undefined : startedMs + 1000 * options.time;
  const progress = onProgress ?? (() => {});
  requireSide(side);
  const random = createRandom(seed);
  progress({ stage: "read pictures" });
  const pictures = await readPictures(options.source, side, {
    threads,
    onProgress: progress,
    ...(signal && { signal }),
  });
  const { size, classes } = pictures;
  const parts = splitPictures(pictures, testSize, seed);
  const classCount = classes.length;
  const shares = sharesOf(parts.train.codes, classCount);

  progress({ stage: "fit a random forest" });
  const classical = await fitClassical(parts.train.pixels, parts.train.codes, classCount, size, {
    random: random.child("classical"),
    threads,
    ...(signal && { signal }),
  });
  const figures = channelFigures(parts.train.pixels, size.channels);
  const network = await trainNetwork(parts.train, parts.validation, {
    net,
    size,
    classCount,
    figures,
    changes: augment,
    epochs,
    // What comes after training takes a part of the time too.
    ...(deadlineMs !== undefined && { deadlineMs: deadlineMs - 0.05 * (deadlineMs - startedMs) }),
    seed,
    threads,
    onProgress: progress,
    ...(signal && { signal }),
  });

  progress({ stage: "compose the files" });
  const reproduce = commandOf(options, network.epochs);
  const compose = (emit: PictureModelParts["emit"], title: string, parameters: Json, summary: Json) =>
    composePictures({
      size,
      target,
      classes,
      constant: shares,
      emit,
      about: aboutOf(pictures, options, network, { title, parameters, summary }),
      random: random.child("compose"),
    });
  const candidates: Candidate[] = [];
  const enter = async (
    given: Omit<Candidate, "composed" | "score" | "logLoss">,
    emit: PictureModelParts["emit"],
    summary: Json,
  ): Promise<void> => {
    const composed = await compose(emit, given.title, given.parameters, summary);
    const { probabilities } = await answersOf(composed.write(), parts.validation.pixels);
    const y = parts.validation.codes;
    const score = accuracyOf({ y, classCount, probabilities });
    candidates.push({ ...given, composed, score, logLoss: logLoss(y, probabilities, classCount) });
  };
  await enter(networkEntry(net, network), (image) => emitNetwork(network, image), {
    parameters: network.parameterCount,
    epoch: network.bestEpoch,
  });
  await enter(
    {
      name: "random forest",
      family: "classical",
      title: "random forest on means, levels and changes of the picture",
      parameters: { family: classical.fitted.family },
      seconds: classical.seconds,
    },
    (image) => classical.fitted.emit(pictureFigures(image, size)),
    classical.fitted.summary,
  );
  const ranked = [...candidates].sort((a, b) => b.score - a.score || a.logLoss - b.logLoss);
  const chosen = ranked[0]!;

  progress({ stage: "judge the file on untouched pictures" });
  const testOf = async (candidate: Candidate): Promise<Float64Array> =>
    (await answersOf(candidate.composed.write(), parts.test.pixels)).probabilities;
  const answers = await testOf(chosen);
  const task: Task = { kind: "classification", target, classes };
  const y = { kind: "classification", classCount, codes: parts.test.codes } as const;
  const judged = judgeAnswers(answers, { y }, task, shares, { metric: accuracy, seed });
  const bytes = chosen.composed.write({
    rows: "test",
    rowCount: parts.test.codes.length,
    values: judged.metrics.map(({ name, value, low, high, baseline }) => ({
      name,
      value,
      // A metric whose resamples are all equal has no interval.
      ...(Number.isNaN(low) ? {} : { low, high }),
      baseline,
    })),
  });
  const rival = ranked.find(({ family }) => family !== chosen.family)!;
  const versus = await compare(
    chosen,
    rival,
    answers,
    await testOf(rival),
    parts.test.codes,
    classCount,
    seed,
  );
  const baseline = accuracyOf({
    y: parts.validation.codes,
    classCount,
    probabilities: repeated(shares, parts.validation.codes.length),
  });
  const record: ImageRecord = {
    format: 1,
    software: options.software,
    seconds: Math.round((performance.now() - startedMs) / 100) / 10,
    data: {
      source: options.source,
      sha256: pictures.fingerprint,
      pictures: pictures.files.length,
      bad: pictures.bad,
      trainRows: parts.train.codes.length,
      validationRows: parts.validation.codes.length,
      testRows: parts.test.codes.length,
      ...size,
    },
    task: {
      kind: "multiclass",
      target,
      classes: classes.map((label, code) => ({
        label,
        rows: pictures.codes.reduce((sum, other) => sum + (other === code ? 1 : 0), 0),
      })),
    },
    metric: { name: accuracy.name, title: accuracy.title, greaterIsBetter: true },
    network: {
      name: net,
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
      { name: "baseline", family: "baseline" as const, score: baseline, seconds: 0 },
    ].map((row, i) => ({ rank: i + 1, ...row })),
    chosen: chosen.name,
    versus,
    test: { rows: parts.test.codes.length, metrics: judged.metrics },
    confusion: [...confusionMatrix(parts.test.codes, mostProbable(answers, classCount), { classCount })],
    findings: pictures.findings,
    reproduce,
    model: { bytes: bytes.length, sha256: sha256(bytes) },
  };
  const report = imageReport({
    record,
    options,
    title: chosen.title,
    examples: pictureExamples(
      { ...parts.test, probabilities: answers },
      classes,
      size,
      augment.length === 0 ? undefined : changedPictures(parts.train, size, augment, seed),
    ),
  });
  return { model: bytes, record, report };
}

/** Pictures that are shown changed, and how often each. */
const changedRows = 2;
const changedTimes = 7;

/** Some training pictures, each as it is and as the network is shown it. */
function changedPictures(
  { pixels, codes }: Pick<Part, "pixels" | "codes">,
  size: PictureSize,
  names: readonly ChangeName[],
  seed: number,
): { readonly pixels: Uint8Array; readonly codes: Int32Array } {
  const random = createRandom(seed).child("changed pictures");
  const change = changesOf(size, names);
  const bytes = size.height * size.width * size.channels;
  const rows = Array.from({ length: changedRows }, () => random.integer(codes.length)).flatMap((row) =>
    new Array<number>(1 + changedTimes).fill(row),
  );
  const taken = takePictures(pixels, bytes, rows);
  rows.forEach((_, i) => {
    if (i % (1 + changedTimes) > 0) change(taken.subarray(i * bytes, (i + 1) * bytes), random.child(i));
  });
  return { pixels: taken, codes: Int32Array.from(rows, (row) => codes[row]!) };
}

const accuracy = metricByName("accuracy");
const accuracyOf = (rows: Parameters<typeof accuracy.score>[0]): number => accuracy.score(rows);
const tenth = (seconds: number): number => Math.round(seconds * 10) / 10;

function requireSide(side: number): void {
  if (Number.isSafeInteger(side) && side % 8 === 0 && side >= 16 && side <= 512) return;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    `--image-size is ${side}, and needs a multiple of 8 from 16 to 512.`,
    "Give 64, say.",
  );
}

interface Part {
  readonly pixels: Uint8Array;
  readonly codes: Int32Array;
  /** Places among the pictures. */
  readonly rows: Uint32Array;
}

function splitPictures(
  { pixels, codes, classes, size }: LabelledPictures,
  testSize: number,
  seed: number,
): { readonly train: Part; readonly validation: Part; readonly test: Part } {
  const plan = { kind: "stratified", codes, classCount: classes.length, rare: "spread" } as const;
  const outer = holdOut(plan, { testSize, seed });
  const inner = holdOut(plan, { testSize: validationSize, seed: seed + 1 }, outer.train);
  const bytes = size.height * size.width * size.channels;
  const part = (rows: Uint32Array): Part => ({
    pixels: takePictures(pixels, bytes, rows),
    codes: Int32Array.from(rows, (row) => codes[row]!),
    rows,
  });
  return { train: part(inner.train), validation: part(inner.test), test: part(outer.test) };
}

function sharesOf(codes: Int32Array, classCount: number): Float64Array {
  const shares = new Float64Array(classCount);
  for (const code of codes) shares[code]! += 1 / codes.length;
  return shares;
}

const repeated = (row: Float64Array, count: number): Float64Array =>
  Float64Array.from({ length: count * row.length }, (_, i) => row[i % row.length]!);

function emitNetwork({ network, weights }: TrainedNetwork, image: Value): Value {
  return softmax(cast(inline(scoringGraph(network, weights), { image })["scores"]!, "float64"), 1);
}

/** What a file answers. */
async function answersOf(bytes: Uint8Array, pixels: Uint8Array): ReturnType<typeof answerPictures> {
  const model: Model = await load(bytes, undefined, { name: "model.onnx" });
  try {
    return await answerPictures(model, pixels);
  } finally {
    await model.close();
  }
}

function networkEntry(net: string, { parameterCount, seconds, bestEpoch, epochs }: TrainedNetwork) {
  return {
    name: net,
    family: "network" as const,
    title: `${net}, a network of ${parameterCount} parameters, after epoch ${bestEpoch} of ${epochs}`,
    parameters: { net, epochs, ...recipe },
    seconds,
  };
}

async function compare(
  chosen: Candidate,
  rival: Candidate,
  chosenAnswers: Float64Array,
  rivalAnswers: Float64Array,
  y: Int32Array,
  classCount: number,
  seed: number,
): Promise<ImageRecord["versus"]> {
  const [network, classical, a, b] =
    chosen.family === "network"
      ? [chosen, rival, chosenAnswers, rivalAnswers]
      : [rival, chosen, rivalAnswers, chosenAnswers];
  const { gain, low, high } = comparePaired(
    accuracy,
    { y, classCount, probabilities: b },
    { y, classCount, probabilities: a },
    { seed },
  );
  const timeRatio = network.seconds / Math.max(0.001, classical.seconds);
  const half = (high - low) / 2;
  // Where every resample has the same gain, no interval is defined.
  const amount = `${Math.abs(gain).toFixed(3)}${Number.isNaN(half) ? "" : ` ± ${half.toFixed(3)}`}`;
  const times = timeRatio >= 1 ? `${timeRatio.toPrecision(2)} × the time` : "no more time";
  const sentence =
    low > 0
      ? `The network pays: ${network.name} is ${amount} more accurate than ${classical.name}, at ${times}.`
      : gain > 0
        ? `Classical may be enough: ${network.name} is only ${amount} ahead of ${classical.name}, within the noise, at ${times}.`
        : `Classical is enough: ${network.name} is ${amount} behind ${classical.name}, at ${times}.`;
  return { network: network.name, classical: classical.name, gain, low, high, timeRatio, sentence };
}

function aboutOf(
  pictures: LabelledPictures,
  options: ImageOptions,
  network: TrainedNetwork,
  member: { readonly title: string; readonly parameters: Json; readonly summary: Json },
): PictureModelParts["about"] {
  const { size, classes } = pictures;
  const { net, augment, testSize } = { ...imageDefaults, ...options };
  return {
    card: {
      summary: `Tells which of ${classes.length} classes a picture is of.`,
      members: [{ family: member.title, weight: 1, parameters: member.parameters, summary: member.summary }],
      policy: {
        "another shape": "the largest box of the right proportions in the middle is taken",
        "another size": `the picture is brought to ${size.width} × ${size.height} pixels before the file sees it`,
        "wrong kind": "an error that names the row, the column, what came and what was needed",
        "broken file": "no answer; predict counts and names it",
      },
      notes: [
        "Golden pictures are synthetic; no picture of the training is in this file.",
        ...(options.threads > 1
          ? [
              `Trained with ${options.threads} threads inside a step: training again gives answers that differ in the last bits, and after many steps in more of them.`,
            ]
          : []),
      ],
      software: options.software,
    },
    data: { rowCount: pictures.files.length, columnCount: 1, sha256: pictures.fingerprint },
    recipe: {
      seed: options.seed,
      options: {
        task: "image",
        net,
        size: size.width,
        augment: [...augment],
        epochs: network.epochs,
        testSize,
      },
      software: options.software,
    },
  };
}

function commandOf(options: ImageOptions, epochs: number): string {
  const words = ["npx millwright train", shellWord(options.source)];
  const flag = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) words.push(name, shellWord(String(value)));
  };
  flag("--net", options.net);
  flag("--image-size", options.size);
  if (options.augment) flag("--augment", options.augment.length === 0 ? "none" : options.augment.join(","));
  flag("--epochs", epochs);
  flag("--test-size", options.testSize);
  flag("--seed", options.seed);
  flag("--threads", options.threads);
  return words.join(" ");
}
