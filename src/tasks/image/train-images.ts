/**
 * A classifier of pictures: read, split, train a network and a random forest on the same pictures, compose one file a
 * candidate, choose on validation pictures, and judge the chosen file on pictures that nothing looked at.
 */
import { createRandom, MillwrightError, type Random } from "../../core/index.ts";
import { readingFlags } from "../../data/index.ts";
import { type ArrayLoaderOptions, arrayLoader, type OpenLoader } from "../../nn/index.ts";
import type { Model } from "../../model/index.ts";
import type { ReportData } from "../../report/index.ts";
import type { ImageColumnSchema } from "../../schema/index.ts";
import { commandLine, someOrNone } from "../command-line.ts";
import { fitForest } from "../media/classical.ts";
import type { MediaModelParts } from "../media/compose.ts";
import { enterRace } from "../media/entrants.ts";
import { mediaExamples } from "../media/examples.ts";
import { classRows, type Part, raceFiles, sharesOf, takeRows } from "../media/race.ts";
import { answerRows } from "../media/predict-media.ts";
import { mediaReport } from "../media/report-data.ts";
import { membersInWords, otherMembers, requireMembers, trainMembers } from "../media/train-members.ts";
import { batchSizeOf, spareThreads, targetRows, trainNetwork } from "../media/train-network.ts";
import { networkRecord, trainingDeadline } from "../race/fit-network.ts";
import { askFile, cardMembers, type Entered, threadNotes } from "../race/judged-file.ts";
import { fileRecord, runSeconds } from "../race/record.ts";
import { namesOf } from "../tabular/reproduce.ts";
import { type Backbone, begin, type Begun, defaultRate, readBackbone } from "./backbone.ts";
import { pictureFigures } from "./classical.ts";
import { changesOf, type ChangeName } from "./changes.ts";
import { imageColumn } from "./label-table.ts";
import { thumbnail } from "./examples.ts";
import { channelFigures, pictureNetwork } from "./nets.ts";
import { lit, occlusion } from "./occlusion.ts";
import { type ImageOptions, imageDefaults } from "./options.ts";
import {
  type LabelledPictures,
  pictureNoun,
  type PictureSize,
  readPictures,
  splitPictures,
} from "./read-pictures.ts";
import type { FromRecord, ImageRecord } from "./run-record.ts";
import { headRecipe, tuneNetwork } from "./tune.ts";

export interface ImageResult {
  /** The bytes of `model.onnx`. */
  readonly model: Uint8Array;
  readonly record: ImageRecord;
  /** What `report/` draws. */
  readonly report: ReportData;
}

/** Name of the answer where the folder's name is the class. */
const folderTarget = "class";
const familyOf = { network: "network", forest: "classical" } as const;
const recipe = { optimiser: "adamw", learningRate: 0.002, weightDecay: 0.05, labelSmoothing: 0.05 } as const;

/** @throws MillwrightError for every mistake in options and data; see docs/errors.md. */
export async function trainImages(options: ImageOptions): Promise<ImageResult> {
  const { seed, threads, signal, onProgress } = options;
  const { net, size: side, testSize, members } = { ...imageDefaults, ...options };
  requireMembers(members);
  if (members > 1 && options.from) throw fromOneNetwork(members);
  const startedMs = options.startedMs ?? performance.now();
  const progress = onProgress ?? (() => {});
  const backbone = options.from && (await readBackbone(options.from, options.size));
  if (!backbone) requireSide(side);
  else requireBackboneSize(backbone);
  const random = createRandom(seed);
  progress({ stage: "read pictures" });
  const pictures = await readPictures(options, backbone?.size ?? { height: side, width: side }, {
    threads,
    onProgress: progress,
    ...(signal && { signal }),
  });
  const { size, classes } = pictures;
  const { height, width, channels } = size;
  const column: ImageColumnSchema = {
    ...{ name: imageColumn, kind: "image", role: "feature" },
    ...{ height, width, channels, fit: "cover" },
  };
  const classCount = classes.length;
  const target = options.table?.target ?? folderTarget;
  const parts = splitPictures(pictures, { testSize, seed });
  const shares = sharesOf(parts.train.codes, classCount);

  const begun =
    backbone &&
    begin(backbone, options.from!, { classes: classCount, pictures: parts.train.codes.length, seed });
  const headAlone = begun?.headAlone === true;
  const epochs = options.epochs ?? (headAlone ? imageDefaults.headEpochs : imageDefaults.epochs);
  const augment = options.augment ?? (headAlone ? [] : imageDefaults.augment);
  if (headAlone && augment.length > 0) throw augmentedOnce();
  progress({ stage: "fit a random forest" });
  const classical = await fitForest(parts.train, column, (image) => pictureFigures(image, size), {
    ...{ classCount, random: random.child("classical"), threads },
    ...(signal && { signal }),
  });
  const figures = channelFigures(parts.train.data, channels);
  const learnt = await trainMembers(
    members,
    {
      ...{ epochs, seed, threads, onProgress: progress },
      ...trainingDeadline(startedMs, options.time, 0.95),
      ...(signal && { signal }),
    },
    async (settings) => {
      const training = {
        train: loaderOf(parts.train, size, {
          batchSize: batchSizeOf(parts.train.codes.length),
          seed: settings.seed,
          dropLast: true,
          ...(augment.length > 0 && {
            augment: { image: changesOf(size, augment) },
            threads: spareThreads(threads),
          }),
        }),
        validation: loaderOf(parts.validation, size, {
          batchSize: Math.min(64, parts.validation.codes.length),
        }),
        ...settings,
      };
      const one = await (begun
        ? tuneNetwork(begun, loaderOf(parts.train, size, { batchSize: training.train.batchSize }), training)
        : trainNetwork({ ...training, network: pictureNetwork(net, size, classCount, figures), recipe })
      ).finally(() => training.train.close());
      return { trained: one, shipped: one.network };
    },
  );
  const [{ trained }, ...others] = learnt;
  const name = backbone?.name ?? net;
  const made = {
    net: backbone ? `${backbone.name} ${backbone.sha256}` : net,
    augment: [...augment],
    epochs: trained.epochs,
    ...(others.length > 0 && { members }),
  };

  progress({ stage: "compose the files" });
  const { parameterCount } = trained;
  const body = begun
    ? `a new head on ${name}${begun.headAlone ? "" : ", trained on"}, ${parameterCount} parameters`
    : `${net}, a network of ${parameterCount} parameters`;
  const entrants = await enterRace(
    {
      ...{ column, target, classes, constant: shares },
      golden: goldenPictures(size, random.child("compose").child("golden pictures")),
    },
    (entered) => aboutOf(pictures, options, made, entered),
    {
      network: {
        ...{ name, members: learnt },
        title: `${body}, ${membersInWords(learnt.map((one) => one.trained))}`,
        recipe: begun ? { ...headRecipe, freeze: [...begun.freeze] } : recipe,
      },
      forest: {
        title: "random forest on means, levels and changes of the picture",
        classical,
        figures: (image) => pictureFigures(image, size),
      },
    },
  );

  progress({ stage: "judge the file on untouched pictures" });
  const { bytes, answers, title, ...race } = await raceFiles(entrants, {
    ...{ target, classes, shares, seed },
    ...{ validation: parts.validation, test: parts.test },
    ships: options.ships && familyOf[options.ships],
  });
  const record: ImageRecord = {
    format: 1,
    software: options.software,
    seconds: runSeconds(startedMs),
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
      classes: classRows(pictures),
    },
    ...race,
    network: {
      ...networkRecord(name, trained, threads),
      ...otherMembers(others.map((one) => one.trained)),
      ...(backbone && begun && { from: fromOf(backbone, begun, options) }),
    },
    findings: pictures.findings,
    reproduce: commandOf(options, trained.epochs),
    model: fileRecord(bytes),
  };
  const changed = augment.length === 0 ? undefined : changedPictures(parts.train, size, augment, seed);
  progress({ stage: "look at what its answers rest on" });
  const bytesEach = height * width * channels;
  const restsOn = async (model: Model, row: number, code: number): Promise<string | undefined> => {
    const picture = parts.test.data.subarray(row * bytesEach, (row + 1) * bytesEach);
    const falls = await occlusion(picture, size, answers[row * classCount + code]!, async (covered) => {
      const { probabilities } = await answerRows(model, covered);
      return Float64Array.from(
        { length: covered.length / bytesEach },
        (_, i) => probabilities[i * classCount + code]!,
      );
    });
    const drawn = lit(picture, size, falls);
    return drawn && thumbnail(drawn, 0, { ...size, channels: 3 });
  };
  const examples = await askFile(bytes, (model) =>
    mediaExamples(
      {
        ...{ codes: parts.test.codes, probabilities: answers },
        draw: (row) => thumbnail(parts.test.data, row, size),
        why: (row, code) => restsOn(model, row, code),
      },
      classes,
      changed && { codes: changed.codes, draw: (row) => thumbnail(changed.pixels, row, size) },
    ),
  );
  const report = mediaReport({
    record,
    noun: pictureNoun,
    preparation: [
      `each picture is brought to ${width} × ${height} pixels, its middle where the shape is another`,
      backbone
        ? `levels are scaled and normalised inside the file, as ${name} needs it`
        : "levels are scaled and normalised inside the file by the mean and deviation of the training pictures",
    ],
    split: {
      kind: "stratified",
      trainRows: record.data.trainRows + record.data.validationRows,
      testRows: record.data.testRows,
    },
    seed,
    time: options.time,
    title,
    examples,
  });
  return { model: bytes, record, report };
}

function loaderOf(
  { data, codes }: Pick<Part, "data" | "codes">,
  { height, width, channels }: PictureSize,
  options: ArrayLoaderOptions,
): OpenLoader {
  const image = { dtype: "uint8", shape: [height, width, channels], data } as const;
  return arrayLoader({ image }, targetRows(codes), options);
}

/** Black, a slope from left to right, and noise. */
function goldenPictures({ height, width, channels }: PictureSize, random: Random): Uint8Array[] {
  const length = height * width * channels;
  const slope = Uint8Array.from({ length }, (_, i) =>
    Math.floor((255 * (Math.floor(i / channels) % width)) / width),
  );
  return [new Uint8Array(length), slope, Uint8Array.from({ length }, () => random.integer(256))];
}

/** Pictures that are shown changed, and how often each. */
const changedRows = 2;
const changedTimes = 7;

/** Some training pictures, each as it is and as the network is shown it. */
function changedPictures(
  { data, codes }: Pick<Part<Uint8Array>, "data" | "codes">,
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
  const taken = takeRows(data, bytes, rows);
  rows.forEach((_, i) => {
    if (i % (1 + changedTimes) > 0) change(taken.subarray(i * bytes, (i + 1) * bytes), random.child(i));
  });
  return { pixels: taken, codes: Int32Array.from(rows, (row) => codes[row]!) };
}

function requireSide(side: number): void {
  if (Number.isSafeInteger(side) && side % 8 === 0 && side >= 16 && side <= 512) return;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    `--image-size is ${side}, and needs a multiple of 8 from 16 to 512.`,
    "Give 64, say.",
  );
}

/** Pictures of a backbone, which its file tells. */
function requireBackboneSize({ name, size: { height, width } }: Backbone): void {
  if (Math.min(height, width) >= 16 && Math.max(height, width) <= 512) return;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    `${name} takes pictures of ${width} × ${height} pixels, and 16 to 512 are trained on.`,
    "Begin with another network, or give an --image-size where it takes any.",
  );
}

const augmentedOnce = (): MillwrightError =>
  new MillwrightError(
    "PARAMETER_CONFLICT",
    "--augment is given, and the backbone stays as it is, so that it runs once over each picture as it is.",
    "Leave --augment out, or train the backbone too: --freeze none.",
  );

const fromOneNetwork = (members: number): MillwrightError =>
  new MillwrightError(
    "PARAMETER_CONFLICT",
    `--members is ${members}, and --from begins with one network, so that only its new head would differ.`,
    "Leave --members out, or name a network of ours with --net.",
  );

function fromOf(
  { sha256: hash, imported }: Backbone,
  { freeze, headAlone }: Begun,
  { from }: ImageOptions,
): FromRecord {
  return {
    file: from!.file,
    sha256: hash,
    at: imported.report.head!.at,
    freeze,
    ...(!headAlone && { rate: from!.rate ?? defaultRate }),
  };
}

function aboutOf(
  pictures: LabelledPictures,
  options: ImageOptions,
  made: {
    readonly net: string;
    readonly augment: ChangeName[];
    readonly epochs: number;
    readonly members?: number;
  },
  entered: Entered,
): MediaModelParts["about"] {
  const { size, classes } = pictures;
  const { testSize } = { ...imageDefaults, ...options };
  return {
    card: {
      summary: `Tells which of ${classes.length} classes a picture is of.`,
      members: cardMembers(entered),
      policy: {
        "another shape": "the largest box of the right proportions in the middle is taken",
        "another size": `the picture is brought to ${size.width} × ${size.height} pixels before the file sees it`,
        "wrong kind": "an error that names the row, the column, what came and what was needed",
        "broken file": "no answer; predict counts and names it",
      },
      notes: [
        "Golden pictures are synthetic; no picture of the training is in this file.",
        ...threadNotes(options.threads),
      ],
      software: options.software,
    },
    data: { rowCount: pictures.files.length, columnCount: 1, sha256: pictures.fingerprint },
    recipe: {
      seed: options.seed,
      options: {
        task: "image",
        size: size.width,
        testSize,
        ...made,
      },
      software: options.software,
    },
  };
}

function commandOf(options: ImageOptions, epochs: number): string {
  const { table, from } = options;
  return commandLine("train", [
    options.source,
    ["--target", table?.target],
    ["--image", table?.image],
    ["--drop", namesOf(table?.drop)],
    ...readingFlags(table?.reading ?? {}),
    ["--net", options.net],
    ["--members", options.members],
    ["--families", options.ships],
    ["--from", from?.file],
    ["--pixel-mean", from?.mean?.join(",")],
    ["--pixel-deviation", from?.deviation?.join(",")],
    ["--pixel-layout", from?.layout],
    ["--freeze", someOrNone(from?.freeze)],
    ["--backbone-rate", from?.rate],
    ["--image-size", options.size],
    ["--augment", someOrNone(options.augment)],
    ["--epochs", epochs],
    ["--test-size", options.testSize],
    ["--seed", options.seed],
    ["--threads", options.threads],
  ]);
}
