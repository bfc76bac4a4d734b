/**
 * Accuracy of networks on pictures, trained from nothing by our own loop; and what a network that knows other
 * pictures brings where few are at hand.
 *
 *   npx tsx bench/image-accuracy.ts fashion --data FOLDER [--net small|large] [--epochs 12] [--mirror] [--threads 1]
 *   npx tsx bench/image-accuracy.ts flowers --data FOLDER [--side 48] [--epochs 80] [--hold-out] [--threads 1]
 *   npx tsx bench/image-accuracy.ts transfer --data FOLDER [--net small|resnet8|resnet14|vit] [--learn 01358] [--epochs 2]
 *       [--hold-out] [--threads 1]
 *   npx tsx bench/image-accuracy.ts [fashion|flowers|transfer] --smoke
 *
 * fashion: 55,000 training pictures of Fashion-MNIST, flipped and shifted by a pixel at random; the other 5,000 choose
 * the epoch; the 10,000 test pictures are scored once, by the graph that ships, with `--mirror` as the mean over a picture
 * and its mirror image. Published for two convolutions and
 * fewer than 100,000 parameters: 92.5 %.
 *
 * flowers: photos of 5 kinds in class folders, in the order of their names; every fifth is scored once, after the last
 * of a fixed number of epochs on all others. The network learns parts of the photos at `--side` pixels, and is asked
 * about whole ones at 16 more: things are about as large in both, and the small parts cost less. The graph that is scored
 * answers a whole photo and its mirror image, and takes the mean. `--hold-out` scores a tenth of the training photos,
 * which are then not learnt, in place of the test photos: for choosing a recipe.
 *
 * transfer: a network learns five classes of Fashion-MNIST, all their training pictures. On 20 pictures of each of the
 * other five it is trained on (its first layers slowly, a new head), and so is the same network from nothing, over the
 * same steps, few and many, and over more. All are scored on all test pictures of those five; five draws of the 20. What
 * it gains is told against the best of those from nothing, which the scored pictures choose. `vit`, a transformer of
 * patches, knows less of pictures by its form than convolutions do; it learns the first five with pieces missing, and
 * their quarter turns as classes of their own. `--learn` names the five; by default T-shirts, trousers, dresses, sandals
 * and bags, so that there are clothes and shoes on both sides: who begins with another network begins with one of things
 * alike. `--hold-out` scores 5,000 training pictures, which are then not learnt, in place of the test pictures.
 *
 * `--replicas N` computes each batch in N equal parts at once, in the threads that `--threads` gives.
 *
 * `--peer` trains the same network by the same recipe on the same pictures in PyTorch, in the interpreter that
 * `PEERS_PYTHON` names, and tells the ratio of the processor time (goal: at most 1.2); few epochs are enough for it.
 *
 * `--smoke` trains on made pictures, without data. `--checkpoint FILE` goes on where an earlier run was ended.
 * `--minutes N` ends training after so many minutes of the wall, where that is sooner, with the rate as it would be after
 * all epochs: for a machine whose load nobody knows before.
 */
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { Random } from "../src/core/index.ts";
import { decodeImages, readMediaFolder } from "../src/data/index.ts";
import {
  concat,
  constant,
  div,
  reduceMean,
  reshape,
  slice,
  sub,
  transpose,
  type Value,
  writeOnnx,
} from "../src/graph/index.ts";
import * as nn from "../src/nn/index.ts";
import { compile } from "../src/runtime/index.ts";
import { pictureNets as nets } from "./support/picture-nets.ts";
import { comparePictures, type Frame, type Pictures } from "./support/picture-peer.ts";
import {
  bars,
  few,
  ofClasses,
  quarterTurns,
  readIdx,
  spacedForTurns,
  taken,
} from "./support/picture-sets.ts";
import { type FewSteps, ofConvolutions, ofPatches, type TransferRecipe } from "./support/transfer-recipes.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string" },
    net: { type: "string", default: "small" },
    epochs: { type: "string" },
    threads: { type: "string", default: "1" },
    replicas: { type: "string", default: "1" },
    side: { type: "string", default: "48" },
    "hold-out": { type: "boolean", default: false },
    mirror: { type: "boolean", default: false },
    learn: { type: "string", default: "01358" },
    minutes: { type: "string" },
    checkpoint: { type: "string" },
    peer: { type: "boolean", default: false },
    smoke: { type: "boolean", default: false },
  },
});
const threads = Number(flags.threads);
const replicas = Number(flags.replicas);
const percent = (share: number): string => (100 * share).toFixed(2);

type Parts = readonly [train: Pictures, validation: Pictures, test: Pictures];

const fashionFrame: Frame = { side: 28, channels: 1, classes: 10 };

const validationRows = 5000;

function fashion(folder: string): Parts {
  const all = readIdx(folder, "train");
  const places = Array.from(all.codes, (_, i) => i);
  return [
    taken(all, places.slice(validationRows), fashionFrame),
    taken(all, places.slice(0, validationRows), fashionFrame),
    readIdx(folder, "t10k"),
  ];
}

const made = (frame: Frame): Parts => [bars(640, 1, frame), bars(200, 2, frame), bars(200, 3, frame)];

const flowerFrame: Frame = { side: Number(flags.side) + 16, channels: 3, classes: 5 };
/** What of a photo a training step sees. */
const partFrame: Frame = { ...flowerFrame, side: flags.smoke ? flowerFrame.side : Number(flags.side) };

async function flowers(folder: string): Promise<readonly [train: Pictures, scored: Pictures]> {
  const media = await readMediaFolder(folder, { kind: "image" });
  const { side, channels } = flowerFrame;
  const bytes = side * side * channels;
  const all = {
    pixels: new Uint8Array(media.files.length * bytes),
    codes: Uint8Array.from(media.labels.codes),
  };
  const decoded = decodeImages(media, { width: side, height: side, threads, maxBad: 0 });
  for await (const { row, pixels } of decoded) all.pixels.set(pixels, row * bytes);
  const places = Array.from(all.codes, (_, i) => i);
  const rest = places.filter((i) => i % 5 !== 0);
  const [learnt, judged] = flags["hold-out"]
    ? [rest.filter((_, k) => k % 10 !== 0), rest.filter((_, k) => k % 10 === 0)]
    : [rest, places.filter((i) => i % 5 === 0)];
  return [taken(all, learnt, flowerFrame), taken(all, judged, flowerFrame)];
}

/** How a network is trained. */
interface Recipe {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly augment?: nn.Augment;
  readonly mix?: (batch: nn.Batch, random: Random) => nn.Batch;
  readonly labelSmoothing?: number;
  readonly groups?: Readonly<Record<string, nn.GroupOptions>>;
  readonly threads: number;
  readonly replicas?: number;
  readonly seed: number;
  readonly checkpoint?: string;
  readonly quiet?: boolean;
}

/** Levels from 0 to 1, and targets as shares of the classes: what mixing needs. */
function loaderOf({ pixels, codes }: Pictures, frame: Frame, options: nn.ArrayLoaderOptions): nn.Loader {
  const { side, channels, classes } = frame;
  const shares = new Float32Array(codes.length * classes);
  codes.forEach((code, row) => (shares[row * classes + code] = 1));
  const data = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) data[i] = pixels[i]! / 255;
  return nn.arrayLoader(
    { x: { dtype: "float32", shape: [side, side, channels], data } },
    { dtype: "float32", shape: [classes], data: shares },
    options,
  );
}

const greatest = (row: ArrayLike<number>): number => Array.from(row).indexOf(Math.max(...Array.from(row)));

/** The share of rows whose highest score is at their class. */
const accuracy: nn.FitMetric = {
  name: "accuracy",
  better: "higher",
  score({ scores, scoreShape, target, weight }) {
    const classes = scoreShape.at(-1)!;
    let right = 0;
    let total = 0;
    weight.forEach((w, i) => {
      const part = (all: ArrayLike<unknown>): number[] =>
        Array.from({ length: classes }, (_, k) => Number(all[i * classes + k]));
      total += w;
      if (greatest(part(scores)) === greatest(part(target as Float32Array))) right += w;
    });
    return right / total;
  },
};

/** Mean and deviation of the levels of each channel. */
function figuresOf({ pixels }: Pictures, channels: number): { mean: Float32Array; deviation: Float32Array } {
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  pixels.forEach((level, i) => {
    sums[i % channels]! += level / 255;
    squares[i % channels]! += (level / 255) ** 2;
  });
  const count = pixels.length / channels;
  const mean = Float32Array.from(sums, (sum) => sum / count);
  return { mean, deviation: Float32Array.from(squares, (sum, c) => Math.sqrt(sum / count - mean[c]! ** 2)) };
}

type Figures = ReturnType<typeof figuresOf>;

/** The network over levels [batch, height, width, channels]; `mirror`: the mean over a picture and its mirror image. */
function networkOf(
  body: nn.Layer,
  { side, channels, classes }: Frame,
  { mean, deviation }: Figures,
  mirror = false,
): nn.Network {
  const row = (data: Float32Array): Value => constant({ dtype: "float32", shape: [channels], data });
  return nn.network({ x: { dtype: "float32", shape: [side, side, channels] } }, ({ x }, scope) => {
    const given = mirror ? concat([x!, slice(x!, [-1], [-(2 ** 31)], [2], [-1])], 0) : x!;
    const scores = scope.apply("", body, transpose(div(sub(given, row(mean)), row(deviation)), [0, 3, 1, 2]));
    return mirror ? reduceMean(reshape(scores, [2, -1, classes]), { axes: [0], keepDims: false }) : scores;
  });
}

const began = { cpu: process.cpuUsage(), ms: performance.now() };
const spent = (): string => {
  const { user, system } = process.cpuUsage(began.cpu);
  return `${((performance.now() - began.ms) / 60_000).toFixed(1)} min, ${((user + system) / 6e7).toFixed(1)} CPU min`;
};

const cycle = nn.oneCycle({ rise: 0.2 });
/** One cycle over the steps, or over the minutes where these end sooner. */
const schedule: nn.Schedule = {
  ...cycle,
  factor(point) {
    const minutes = Number(flags.minutes ?? Infinity);
    const gone = (performance.now() - began.ms) / 60_000 / minutes;
    const step = Math.max(point.step, Math.min(1, gone) * point.totalSteps);
    return cycle.factor({ ...point, step });
  },
};

async function trained(
  net: nn.Network,
  weights: nn.Weights,
  frame: Frame,
  [train, validation]: readonly [Pictures, Pictures | undefined],
  recipe: Recipe,
): Promise<nn.FitResult> {
  const {
    epochs,
    batchSize,
    learningRate,
    augment,
    mix,
    labelSmoothing = 0,
    groups,
    seed,
    checkpoint,
  } = recipe;
  const ends = flags.minutes === undefined ? undefined : began.ms + 60_000 * Number(flags.minutes);
  return await nn.fit(
    net,
    weights,
    {
      train: loaderOf(train, frame, {
        batchSize,
        seed,
        dropLast: true,
        ...(augment && { augment: { x: augment } }),
        ...(mix && { mix }),
      }),
      ...(validation && {
        validation: loaderOf(validation, frame, { batchSize: 100 }),
        metric: accuracy,
      }),
      loss: nn.crossEntropy({ labelSmoothing, soft: true }),
      optimiser: nn.adamw({ learningRate, weightDecay: 0.05 }),
      schedule,
      ...(ends !== undefined && {
        signal: AbortSignal.timeout(Math.round(Math.max(0, ends - performance.now()))),
      }),
      epochs,
      seed,
      threads: recipe.threads,
      replicas: recipe.replicas ?? 1,
      ...(groups && { groups }),
      ...(checkpoint !== undefined && { checkpoint: { path: checkpoint, resume: true } }),
    },
    (event) => {
      if (event.type !== "epoch" || recipe.quiet === true) return;
      const { epoch, loss, validationLoss, validationMetric } = event;
      console.log(
        `epoch ${epoch}/${epochs}: loss ${loss.toFixed(4)}${validationMetric === undefined ? "" : `, validation ${validationLoss!.toFixed(4)} and ${(100 * validationMetric).toFixed(2)} %`} (${spent()})`,
      );
    },
  );
}

/** The share of pictures that the graph which ships tells right. */
async function scored(net: nn.Network, weights: nn.Weights, frame: Frame, test: Pictures): Promise<number> {
  const session = await compile(nn.scoringGraph(net, weights), { threads });
  const { classes } = frame;
  let right = 0;
  for (const batch of loaderOf(test, frame, { batchSize: 200 }).batches(0) as Iterable<nn.Batch>) {
    const scores = (await session.run(batch.inputs))["scores"]!.data as Float32Array;
    batch.rows.forEach((row, i) => {
      if (greatest(scores.subarray(i * classes, (i + 1) * classes)) === test.codes[row]) right++;
    });
  }
  await session.release();
  return right / test.codes.length;
}

/** Flips from left to right, and shifts by up to one pixel. */
const shifts = [nn.augment.flip(), nn.augment.randomCrop({ padding: 1 })];
const shifted = nn.inPlace(nn.augmentation(shifts), [28, 28, 1]);
/** The same, and half of the pictures have a piece missing, of at most this share. */
const erased = (maxArea: number): nn.Augment =>
  nn.inPlace(nn.augmentation([...shifts, nn.augment.randomErasing({ maxArea })]), [28, 28, 1]);

/** A part of the photo, flipped, in other light, with a piece missing. */
const otherView = nn.augmentation([
  nn.augment.randomResizedCrop({ height: partFrame.side, width: partFrame.side, minArea: 0.35 }),
  nn.augment.flip(),
  nn.augment.colourJitter({ brightness: 0.15, contrast: 0.2, saturation: 0.3 }),
  nn.augment.randomErasing({ probability: 0.25, maxArea: 0.2 }),
]);

const blended = nn.mixing(nn.mixup({ alpha: 0.2 }));

/** Views of the photos of a batch, each with a little of another. */
function views(batch: nn.Batch, random: Random): nn.Batch {
  const photos = batch.inputs["x"]!;
  const [rows, height, width, channels] = photos.shape as [number, number, number, number];
  const size = partFrame.side ** 2 * channels;
  const data = new Float32Array(rows * size);
  for (let i = 0; i < rows; i++) {
    const photo = (photos.data as Float32Array)
      .subarray(i * height * width * channels)
      .subarray(0, height * width * channels);
    data.set(otherView.apply(photo, [height, width, channels], random.child(i)).data, i * size);
  }
  const x = { dtype: "float32", shape: [rows, partFrame.side, partFrame.side, channels], data } as const;
  return blended({ ...batch, inputs: { x } }, random.child("blend"));
}

/** The network that `--net` names. */
function netNamed(): keyof typeof nets {
  if (flags.net in nets) return flags.net as keyof typeof nets;
  throw new Error(`--net takes ${Object.keys(nets).join(", ")}, and got ${flags.net}.`);
}

async function classify(name: "fashion" | "flowers"): Promise<number> {
  const frame = name === "fashion" ? fashionFrame : flowerFrame;
  const [train, validation, test] = await partsOf(name);
  const chosen = name === "flowers" ? "flowers" : netNamed();
  const body = nets[chosen](frame.classes);
  const figures = figuresOf(train, frame.channels);
  const net = networkOf(body, name === "fashion" ? frame : partFrame, figures);
  const epochs = flags.smoke ? 4 : Number(flags.epochs ?? (name === "fashion" ? 12 : 80));
  console.log(
    `${chosen}: ${nn.parameterCount(net)} parameters, ${train.codes.length} pictures to learn, ${validation?.codes.length ?? 0} to choose the epoch`,
  );
  const common = {
    epochs,
    threads,
    replicas,
    seed: 1,
    ...(flags.checkpoint !== undefined && { checkpoint: flags.checkpoint }),
  };
  const recipe: Recipe =
    name === "fashion"
      ? {
          ...common,
          batchSize: 128,
          learningRate: 0.006,
          ...(chosen !== "small" && { labelSmoothing: 0.05 }),
          ...(!flags.smoke && { augment: chosen === "small" ? shifted : erased(0.15) }),
        }
      : {
          ...common,
          batchSize: 64,
          learningRate: 0.004,
          labelSmoothing: 0.05,
          ...(!flags.smoke && { mix: views }),
        };
  const cpu = process.cpuUsage();
  const fitted = await trained(net, nn.initialise(net, { seed: 1 }), frame, [train, validation], recipe);
  const { user, system } = process.cpuUsage(cpu);
  const mirror = flags.mirror || (name === "flowers" && !flags.smoke);
  const shipped = networkOf(body, frame, figures, mirror);
  const share = await scored(shipped, fitted.weights, frame, test);
  const error = Math.sqrt((share * (1 - share)) / test.codes.length);
  console.log(
    `${flags["hold-out"] ? "held-out" : "test"} accuracy ${percent(share)} ± ${percent(error)} % on ${test.codes.length} pictures, epoch ${fitted.bestEpoch ?? fitted.history.length} of ${epochs}; ${spent()}, ${threads} thread${threads === 1 ? "" : "s"}`,
  );
  if (flags.peer) {
    const { batchSize, learningRate, labelSmoothing = 0 } = recipe;
    const settings = { epochs, batchSize, learningRate, labelSmoothing, threads };
    const view = { ...frame, ...figures, part: partFrame.side };
    comparePictures(chosen, view, settings, [train, validation, test], (user + system) / 1e6);
  }
  return share;
}

/** Pictures to learn, those that choose the epoch where some do, and those that are scored. */
async function partsOf(
  name: "fashion" | "flowers",
): Promise<readonly [Pictures, Pictures | undefined, Pictures]> {
  if (flags.smoke) return made(name === "fashion" ? fashionFrame : flowerFrame);
  if (name === "fashion") return fashion(flags.data!);
  const [train, test] = await flowers(flags.data!);
  return [train, undefined, test];
}

const fewFrame: Frame = { ...fashionFrame, classes: 5 };
const draws = 5;
const perClass = 20;

/** Mean, and its standard error. */
function meanOf(values: readonly number[]): readonly [mean: number, error: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return [mean, Math.sqrt(squares / (values.length - 1) / values.length)];
}

/** A network that has learnt pictures of five classes, as a file and read again: what any other network is given too. */
async function knowledgeOf(
  known: Pictures,
  body: (classes: number) => nn.Layer,
  { learningRate, epochs, turns }: TransferRecipe,
  common: Pick<Recipe, "batchSize" | "augment" | "threads" | "seed" | "quiet">,
): Promise<nn.Imported> {
  const frame = turns ? { ...fewFrame, classes: 4 * fewFrame.classes } : fewFrame;
  const net = networkOf(body(frame.classes), frame, figuresOf(known, 1));
  const recipe: Recipe = {
    ...common,
    epochs: flags.smoke ? 4 : Number(flags.epochs ?? epochs),
    learningRate,
    ...(turns && { augment: erased(0.3), mix: quarterTurns }),
  };
  const shown = turns ? spacedForTurns(known) : known;
  const first = nn.initialise(net, { seed: 1 });
  const { weights } = await trained(net, first, frame, [shown, undefined], recipe);
  return await nn.load(writeOnnx(nn.scoringGraph(net, weights)));
}

/** Prints the means over the draws; gives the gain in points of the last way with knowledge over the best from nothing. */
function toldGain(
  learnt: readonly number[],
  { warm, cold }: TransferRecipe,
  begun: readonly number[][],
  nothing: readonly number[][],
): number {
  const told = ({ learningRate, epochs }: FewSteps): string => `rate ${learningRate}, ${epochs} epochs`;
  const mean = (shares: readonly number[]): string => `${meanOf(shares)[0].toFixed(2)} %`;
  warm.forEach((steps, i) => console.log(`begun, ${told(steps)}: ${mean(begun[i]!)}`));
  cold.forEach((steps, i) => console.log(`from nothing, ${told(steps)}: ${mean(nothing[i]!)}`));
  const best = nothing.reduce((a, b) => (meanOf(b)[0] > meanOf(a)[0] ? b : a));
  const gains = begun.map((shares) => meanOf(shares.map((share, draw) => share - best[draw]!)));
  gains.forEach(([gain, error], i) =>
    console.log(
      `classes ${learnt.join(" ")}, then ${perClass} pictures of each of the others: ${gain.toFixed(1)} ± ${error.toFixed(1)} points above the best from nothing, ${told(warm[i]!)}`,
    ),
  );
  return gains.at(-1)![0];
}

/** Gain in points of accuracy of starting from some classes, over the most steps; mean over the draws. */
async function transferFrom(learnt: readonly number[], all: Pictures, test: Pictures): Promise<number> {
  const others = Array.from({ length: 10 }, (_, code) => code).filter((code) => !learnt.includes(code));
  const [known, other, unseen] = [
    ofClasses(all, learnt, fewFrame),
    ofClasses(all, others, fewFrame),
    ofClasses(test, others, fewFrame),
  ];
  const chosen = netNamed();
  const body = nets[chosen](fewFrame.classes);
  const way = chosen === "vit" ? ofPatches : ofConvolutions;
  const recipe = { batchSize: 128, augment: shifted, threads, seed: 1, quiet: true } as const;
  const file = await knowledgeOf(known, nets[chosen], way, recipe);
  console.log(`learnt classes ${learnt.join(" ")} of ${known.codes.length} pictures (${spent()})`);

  const shown = (draw: number): Pictures => few(other, perClass, draw, fewFrame);
  /** Accuracy in percent after some steps on 20 of each: begun with what the network knows. */
  const knowing = async (draw: number, steps: FewSteps): Promise<number> => {
    const { network, weights } = nn.replaceHead(file, { head: nn.dense(fewFrame.classes), seed: draw });
    const paths = Object.keys(weights).filter((path) => !path.startsWith("head."));
    const groups = Object.fromEntries(paths.map((path) => [path, { rate: way.bodyRate }]));
    const small = { ...recipe, ...steps, batchSize: 20, seed: draw, groups };
    const fitted = await trained(network, weights, fewFrame, [shown(draw), undefined], small);
    return 100 * (await scored(network, fitted.weights, fewFrame, unseen));
  };
  /** The same from nothing. */
  const unknowing = async (draw: number, steps: FewSteps): Promise<number> => {
    const plain = networkOf(body, fewFrame, figuresOf(shown(draw), 1));
    const first = nn.initialise(plain, { seed: draw });
    const small = { ...recipe, ...steps, batchSize: 20, seed: draw };
    const fitted = await trained(plain, first, fewFrame, [shown(draw), undefined], small);
    return 100 * (await scored(plain, fitted.weights, fewFrame, unseen));
  };

  const { warm, cold } = way;
  const begun = warm.map((): number[] => []);
  const nothing = cold.map((): number[] => []);
  const rounded = (all: readonly number[][]): string =>
    all.map((shares) => `${shares.at(-1)!.toFixed(2)} %`).join(", ");
  for (let draw = 1; draw <= draws; draw++) {
    for (const [i, steps] of warm.entries()) begun[i]!.push(await knowing(draw, steps));
    for (const [i, steps] of cold.entries()) nothing[i]!.push(await unknowing(draw, steps));
    console.log(`draw ${draw}: ${rounded(begun)}; from nothing ${rounded(nothing)} (${spent()})`);
  }
  return toldGain(learnt, way, begun, nothing);
}

/** Pictures to learn, and those that are scored. */
function transferParts(): readonly [Pictures, Pictures] {
  if (flags.smoke) return [bars(1280, 1, fashionFrame), bars(400, 2, fashionFrame)];
  if (!flags["hold-out"]) return [readIdx(flags.data!, "train"), readIdx(flags.data!, "t10k")];
  const [learnt, held] = fashion(flags.data!);
  return [learnt, held];
}

async function transfer(): Promise<void> {
  const [all, test] = transferParts();
  if (!/^\d{5}$/.test(flags.learn) || new Set(flags.learn).size < 5)
    throw new Error("--learn takes the numbers of five classes, as in 01358.");
  const gain = await transferFrom(Array.from(flags.learn, Number), all, test);
  if (flags.smoke && gain < -5) throw new Error("the smoke run lost by what it knew");
}

const [task = "fashion"] = positionals;
if (!["fashion", "flowers", "transfer"].includes(task) || (!flags.smoke && flags.data === undefined))
  throw new Error("Name the task and the folder: fashion, flowers or transfer --data FOLDER, or --smoke.");
if (task === "transfer") await transfer();
else if ((await classify(task as "fashion" | "flowers")) < 0.9 && flags.smoke)
  throw new Error("the smoke run did not learn");
console.log(
  `${cpus()[0]!.model}, ${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}`,
);
