/**
 * A classifier of sounds: read, split, train a network and a random forest on the same sounds, compose one file a
 * candidate, choose on validation sounds, and judge the chosen file on sounds that nothing looked at.
 */
import { createRandom, MillwrightError, type Random } from "../../core/index.ts";
import { fitSound } from "../../data/index.ts";
import * as nn from "../../nn/index.ts";
import type { ReportData } from "../../report/index.ts";
import type { AudioColumnSchema } from "../../schema/index.ts";
import { commandLine, someOrNone } from "../command-line.ts";
import { fitForest } from "../media/classical.ts";
import type { MediaModelParts } from "../media/compose.ts";
import { enterRace } from "../media/entrants.ts";
import { mediaExamples } from "../media/examples.ts";
import { classRows, codesAt, raceFiles, sharesOf, splitPlan } from "../media/race.ts";
import { fingerprintOf } from "../media/read-media.ts";
import { mediaReport } from "../media/report-data.ts";
import { membersInWords, otherMembers, requireMembers, trainMembers } from "../media/train-members.ts";
import { networkRecord, trainingDeadline } from "../race/fit-network.ts";
import { cardMembers, type Entered, threadNotes } from "../race/judged-file.ts";
import { fileRecord, runSeconds } from "../race/record.ts";
import { copiesOf, type SoundChange, spectrogramChanges } from "./changes.ts";
import { drawSound } from "./draw-sound.ts";
import { soundFigures } from "./figures.ts";
import {
  fitAll,
  heldLength,
  learnSounds,
  mostSeconds,
  normalise,
  recipe,
  type Side,
} from "./learn-sounds.ts";
import { framesOf, frontOf, requireSize, type SoundSize } from "./nets.ts";
import { audioDefaults, type AudioOptions } from "./options.ts";
import { type LabelledSounds, readSounds, soundNoun } from "./read-sounds.ts";
import type { AudioRecord } from "./run-record.ts";

export interface AudioResult {
  /** The bytes of `model.onnx`. */
  readonly model: Uint8Array;
  readonly record: AudioRecord;
  /** What `report/` draws. */
  readonly report: ReportData;
}

const soundColumn = "sound";
/** @throws MillwrightError for every mistake in options and data; see docs/errors.md. */
export async function trainSounds(options: AudioOptions): Promise<AudioResult> {
  const { seed, threads, signal, onProgress, source, group } = options;
  const { net, augment, epochs, testSize, members } = { ...audioDefaults, ...options };
  const startedMs = options.startedMs ?? performance.now();
  const progress = onProgress ?? (() => {});
  requireSize(options.rate, options.length);
  requireMembers(members);
  const random = createRandom(seed);
  progress({ stage: "read sounds" });
  const reading = {
    ...{ group, threads, signal, onProgress: progress },
    // Some more than the file hears, since sounds are also played faster.
    mostSeconds: 1.25 * (options.length ?? mostSeconds),
  };
  const { column: paths, target: labels } = options;
  const sounds = await readSounds({
    ...reading,
    ...{ source, column: paths, target: labels, rate: options.rate },
  });
  const { classes, rate } = sounds;
  const classCount = classes.length;
  const target = paths === undefined ? "class" : labels!;
  const outside =
    options.test === undefined
      ? undefined
      : sameClasses(await readSounds({ ...reading, source: options.test, rate }), sounds, options.test);
  const places = splitPlan(planOf(sounds, group), {
    ...(outside === undefined && { testSize }),
    seed,
  });
  const side = (rows: Uint32Array): Side => ({
    samples: Array.from(rows, (row) => sounds.samples[row]!),
    codes: codesAt(sounds.codes, rows),
  });
  const train = side(places.train);
  const validation = side(places.validation);
  const test = outside ?? side(places.test);
  const testGroups = outside?.groups ?? (sounds.groups && groupsAt(sounds.groups, places.test));
  const seconds = options.length ?? heldLength(train, rate);
  const size: SoundSize = { rate, length: Math.round(seconds * rate) };
  const column: AudioColumnSchema = { name: soundColumn, kind: "audio", role: "feature", ...size };
  const fitted = (given: Side) => ({ data: fitAll(given.samples, size), codes: given.codes });
  const shares = sharesOf(train.codes, classCount);

  progress({ stage: "fit a random forest" });
  const classical = await fitForest(fitted(train), column, (sound) => soundFigures(sound, size), {
    ...{ classCount, random: random.child("classical"), threads },
    ...(signal && { signal }),
  });

  progress({ stage: "make spectrograms" });
  const learnt = await trainMembers(
    members,
    {
      ...{ epochs, seed, threads, onProgress: progress },
      ...trainingDeadline(startedMs, options.time, 0.95),
      ...(signal && { signal }),
    },
    (settings) =>
      learnSounds(
        train,
        { size, net, classCount, augment, validation, ...settings },
        createRandom(settings.seed).child("copies"),
      ),
  );
  const [{ trained, figures }, ...others] = learnt;

  progress({ stage: "compose the files" });
  const fingerprint = fingerprintOf(sounds, joined(sounds.samples));
  const made = { size, classCount, epochs: trained.epochs, fingerprint, rows: sounds.files.length };
  const entrants = await enterRace(
    {
      ...{ column, target, classes, constant: shares },
      golden: goldenSounds(size, random.child("golden sounds")),
    },
    (entered) => aboutOf(options, made, entered),
    {
      network: {
        ...{ name: net, members: learnt, recipe },
        title: `${net}, a network of ${trained.parameterCount} parameters on a spectrogram, ${membersInWords(learnt.map((one) => one.trained))}`,
      },
      forest: {
        title: "random forest on cepstral figures of the sound",
        classical,
        figures: (sound) => soundFigures(sound, size),
      },
    },
  );

  progress({ stage: "judge the file on untouched sounds" });
  const judged = fitted(test);
  const { bytes, answers, title, ...race } = await raceFiles(entrants, {
    ...{ target, classes, shares, seed, validation: fitted(validation) },
    test: { ...judged, ...(testGroups && { groups: testGroups.codes }) },
  });
  const findings = [...sounds.findings, ...(outside?.findings ?? [])];
  const record: AudioRecord = {
    format: 1,
    software: options.software,
    seconds: runSeconds(startedMs),
    data: {
      source,
      sha256: fingerprint,
      sounds: sounds.files.length + (outside === undefined ? 0 : test.codes.length),
      bad: [...sounds.bad, ...(outside?.bad ?? [])],
      trainRows: train.codes.length,
      validationRows: validation.codes.length,
      testRows: test.codes.length,
      ...size,
      ...(group !== undefined &&
        sounds.groups && {
          groups: {
            by: group,
            count: new Set([...sounds.groups.names, ...testGroups!.names]).size,
            test: testGroups!.names,
          },
        }),
    },
    task: {
      kind: "multiclass",
      target,
      classes: classRows(sounds),
    },
    ...race,
    network: {
      ...networkRecord(net, trained, threads),
      ...otherMembers(others.map((one) => one.trained)),
    },
    findings,
    reproduce: commandOf(options, trained.epochs),
    model: fileRecord(bytes),
  };
  const draw = (samples: Float32Array, decibels: Float32Array): string =>
    drawSound(
      samples,
      decibels.map((level) => 1 + level / front.range!),
      bands,
    );
  const front = frontOf(size);
  const [bands, frames] = [front.mels, framesOf(size)];
  const seen = await nn.applyLayer(nn.melSpectrogram(front), {
    ...{ dtype: "float32", shape: [size.length], data: judged.data },
  });
  const at = (data: Float32Array, row: number, cells: number): Float32Array =>
    data.subarray(row * cells, (row + 1) * cells);
  const changed = augment.length === 0 ? undefined : await changedSounds(train, size, augment, figures, seed);
  const report = mediaReport({
    record,
    noun: soundNoun,
    preparation: [
      `each sound is heard in one channel at ${rate} samples a second, ${seconds} s around the centre of its energy, with silence beyond its ends`,
      `inside the file a spectrogram of ${bands} mel bands is made and normalised by the mean and deviation of the training sounds`,
    ],
    split: {
      ...(outside === undefined
        ? group === undefined
          ? { kind: "stratified" as const }
          : { kind: "grouped" as const, by: group }
        : { kind: "file" as const, by: options.test }),
      trainRows: record.data.trainRows + record.data.validationRows,
      testRows: record.data.testRows,
    },
    seed,
    time: options.time,
    title,
    examples: {
      wide: true,
      legend:
        "Above the waveform, below the spectrogram: time goes to the right, low tones are at the bottom, dark is loud.",
      ...(await mediaExamples(
        {
          codes: test.codes,
          probabilities: answers,
          draw: (row) =>
            draw(at(judged.data, row, size.length), at(seen.data as Float32Array, row, bands * frames)),
        },
        classes,
        changed && {
          codes: changed.codes,
          draw: (row) => draw(changed.samples[row]!, changed.decibels[row]!),
        },
      )),
    },
  });
  return { model: bytes, record, report };
}

/** Equal shares of every class, or whole groups. */
function planOf({ codes, classes, groups }: LabelledSounds, by: string | undefined) {
  const classCount = classes.length;
  if (groups === undefined) return { kind: "stratified", codes, classCount, rare: "spread" } as const;
  if (groups.names.length < 3) {
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `--group ${by} finds ${groups.names.length} ${groups.names.length === 1 ? "group" : "groups"} (${groups.names.join(", ")}), and to learn, to choose and to test each need one.`,
      "Record more of them, or leave --group out.",
    );
  }
  return { kind: "grouped", groups: groups.codes, codes, classCount } as const;
}

/** The groups of some rows, with codes of their own. */
function groupsAt({ codes, names }: NonNullable<LabelledSounds["groups"]>, rows: Uint32Array) {
  const used = [...new Set(Array.from(rows, (row) => codes[row]!))];
  return {
    names: used.map((code) => names[code]!),
    codes: Int32Array.from(rows, (row) => used.indexOf(codes[row]!)),
  };
}

/** Sounds of another folder, with the classes and none of the groups of those that are learnt from. */
function sameClasses(test: LabelledSounds, learnt: LabelledSounds, folder: string): LabelledSounds {
  const odd = test.classes.find((label) => !learnt.classes.includes(label));
  if (odd !== undefined) {
    throw new MillwrightError(
      "DATA_BAD_VALUE",
      `${folder} has the class ${JSON.stringify(odd)}, and the sounds to learn from have none of it.`,
      "Leave it out, or add sounds of it to those that are learnt from.",
    );
  }
  const both = test.groups?.names.find((name) => learnt.groups!.names.includes(name));
  if (both !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `The group ${JSON.stringify(both)} is in ${folder} and among the sounds to learn from.`,
      "Take it out of one of them.",
    );
  }
  const codeOf = test.classes.map((label) => learnt.classes.indexOf(label));
  return { ...test, codes: test.codes.map((code) => codeOf[code]!) };
}

/** All samples one after the other. */
function joined(samples: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(samples.reduce((sum, sound) => sum + sound.length, 0));
  let at = 0;
  for (const sound of samples) {
    all.set(sound, at);
    at += sound.length;
  }
  return all;
}

/** Sounds that are shown changed, and how often each. */
const changedRows = 2;
const changedTimes = 3;

/** Some training sounds, each as it is and as the network is shown it. */
async function changedSounds(
  { samples, codes }: Side,
  size: SoundSize,
  names: readonly SoundChange[],
  figures: nn.MelFigures,
  seed: number,
) {
  const random = createRandom(seed).child("changed sounds");
  const front = frontOf(size);
  const [bands, frames] = [front.mels, framesOf(size)];
  const copies = copiesOf(names);
  const change = spectrogramChanges(names);
  const rows = Array.from({ length: changedRows }, () => random.integer(codes.length)).flatMap((row) =>
    Array.from({ length: 1 + changedTimes }, (_, time) => ({ row, time })),
  );
  const heard = rows.map(({ row, time }, i) => {
    const sound = samples[row]!;
    if (time === 0) return fitSound(sound, size.length);
    const copy = copies[(time - 1) % copies.length]!;
    return fitSound(copy.apply(sound, [sound.length], random.child(i)).data, size.length);
  });
  const made = await nn.applyLayer(nn.melSpectrogram(front), {
    ...{ dtype: "float32", shape: [size.length], data: fitAll(heard, size) },
  });
  const cells = bands * frames;
  const decibels = rows.map(({ time }, i) => {
    const row = (made.data as Float32Array).slice(i * cells, (i + 1) * cells);
    if (time === 0 || change === undefined) return row;
    normalise(row, figures, frames);
    const { data } = change.apply(row, [bands, frames], random.child(`spectrogram ${i}`));
    return data.map((value, k) => {
      const band = Math.floor(k / frames);
      return value * figures.deviation[band]! + figures.mean[band]!;
    });
  });
  return { samples: heard, decibels, codes: Int32Array.from(rows, ({ row }) => codes[row]!) };
}

/** Silence, a tone that rises, and noise. */
function goldenSounds({ rate, length }: SoundSize, random: Random): Float32Array[] {
  const rising = Float32Array.from({ length }, (_, i) => {
    const t = i / rate;
    return 0.5 * Math.sin(2 * Math.PI * (200 + (300 * rate * t) / length) * t);
  });
  return [new Float32Array(length), rising, Float32Array.from({ length }, () => 0.1 * random.normal())];
}

function aboutOf(
  options: AudioOptions,
  made: {
    readonly size: SoundSize;
    readonly classCount: number;
    readonly epochs: number;
    readonly fingerprint: string;
    readonly rows: number;
  },
  entered: Entered,
): MediaModelParts["about"] {
  const { net, augment, testSize, members } = { ...audioDefaults, ...options };
  const { size, classCount, epochs, fingerprint, rows } = made;
  const { software, seed, threads, group } = options;
  return {
    card: {
      summary: `Tells which of ${classCount} classes a sound is of.`,
      members: cardMembers(entered),
      policy: {
        "another rate": `the sound is brought to ${size.rate} samples a second before the file hears it`,
        "several channels": "their mean is taken",
        "another length": `the ${size.length / size.rate} s around the centre of its energy are taken, with silence beyond its ends`,
        "wrong kind": "an error that names the row, the column, what came and what was needed",
        "broken file": "no answer; predict counts and names it",
      },
      notes: [
        "Golden sounds are synthetic; no sound of the training is in this file.",
        ...threadNotes(threads),
      ],
      software,
    },
    data: { rowCount: rows, columnCount: 1, sha256: fingerprint },
    recipe: {
      seed,
      options: {
        task: "audio",
        net,
        ...size,
        augment: [...augment],
        epochs,
        testSize,
        ...(members > 1 && { members }),
        ...(group !== undefined && { group }),
      },
      software,
    },
  };
}

function commandOf(options: AudioOptions, epochs: number): string {
  return commandLine("train", [
    options.source,
    ["--audio", options.column],
    ["--target", options.target],
    ["--group", options.group],
    ["--test", options.test],
    ["--net", options.net],
    ["--members", options.members],
    ["--rate", options.rate],
    ["--length", options.length],
    ["--augment", someOrNone(options.augment)],
    ["--epochs", epochs],
    ["--test-size", options.testSize],
    ["--seed", options.seed],
    ["--threads", options.threads],
  ]);
}
