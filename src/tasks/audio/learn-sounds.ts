/** A network that learns sounds: copies of each, their spectrograms, training, and the graph that takes samples. */
import type { Random } from "../../core/index.ts";
import { fitSound } from "../../data/index.ts";
import * as nn from "../../nn/index.ts";
import { batchSizeOf, spareThreads, targetRows, trainNetwork } from "../media/train-network.ts";
import type { TrainedNetwork, TrainingSettings } from "../race/fit-network.ts";
import { copiesOf, type SoundChange, spectrogramChanges } from "./changes.ts";
import { framesOf, frontOf, leastSeconds, soundBody, type SoundNet, type SoundSize } from "./nets.ts";

/** Seconds that are kept of a sound where no length is asked for, and the share of sounds that the length holds. */
export const mostSeconds = 10;
const shareHeld = 0.95;
export const recipe = {
  optimiser: "adamw",
  learningRate: 0.006,
  weightDecay: 0.01,
  labelSmoothing: 0.1,
} as const;

/** Sounds of one side of a split, each of its own length. */
export interface Side {
  readonly samples: readonly Float32Array[];
  readonly codes: Int32Array;
}

/** Seconds that most training sounds fit into, in tenths. */
export function heldLength({ samples }: Side, rate: number): number {
  const lengths = samples.map((sound) => sound.length).sort((a, b) => a - b);
  const held = lengths[Math.min(lengths.length - 1, Math.ceil(shareHeld * lengths.length) - 1)]! / rate;
  return Math.min(mostSeconds, Math.max(leastSeconds, Math.ceil(10 * held - 1e-9) / 10));
}

/** Row-major [sounds, length]. */
export function fitAll(samples: readonly Float32Array[], { length }: SoundSize): Float32Array {
  const data = new Float32Array(samples.length * length);
  samples.forEach((sound, i) => data.set(fitSound(sound, length), i * length));
  return data;
}

export interface LearnOptions extends TrainingSettings {
  readonly size: SoundSize;
  readonly net: SoundNet;
  readonly classCount: number;
  readonly augment: readonly SoundChange[];
  /** Sounds that choose the epoch; without them the last weights are taken. */
  readonly validation?: Side;
  /** As `NetworkOptions`. */
  readonly settled?: boolean;
}

export interface LearntSounds {
  readonly trained: TrainedNetwork;
  /** What spectrograms are normalised by. */
  readonly figures: nn.MelFigures;
  /** Samples [batch, length] to scores, the spectrogram among them. */
  readonly shipped: nn.Network;
}

/** @param random - Draws the copies. */
export async function learnSounds(
  train: Side,
  { size, net, classCount, augment, validation, ...training }: LearnOptions,
  random: Random,
): Promise<LearntSounds> {
  const { front, bands, frames, figures, rows, codes } = await spectrogramsOf(
    train,
    size,
    augment,
    random,
    training,
  );
  const change = spectrogramChanges(augment);
  const normal = nn.melSpectrogram({ ...front, figures });
  const heard =
    validation &&
    (await nn.applyLayer(normal, {
      ...{ dtype: "float32", shape: [size.length], data: fitAll(validation.samples, size) },
    }));
  const loader = nn.arrayLoader({ x: rows }, targetRows(codes), {
    batchSize: batchSizeOf(codes.length),
    seed: training.seed,
    dropLast: true,
    ...(change && {
      augment: { x: nn.inPlace(change, [bands, frames]) },
      threads: spareThreads(training.threads),
    }),
  });
  const trained = await trainNetwork({
    network: nn.network(
      { dtype: "float32", shape: [bands, frames] },
      nn.sequential({ body: soundBody(net, classCount) }),
    ),
    train: loader,
    ...(heard && {
      validation: nn.arrayLoader({ x: heard }, targetRows(validation.codes), {
        batchSize: Math.min(64, validation.codes.length),
      }),
    }),
    recipe,
    ...training,
  }).finally(() => loader.close());
  const shipped = nn.network(
    { dtype: "float32", shape: [size.length] },
    nn.sequential({ front: normal, body: soundBody(net, classCount) }),
  );
  return { trained, figures, shipped };
}

/** A thread starts in the time of some ten sounds. */
const soundsPerThread = 32;

/** Normalised spectrograms of the training sounds, each as often as it is copied, and what they are normalised by. */
async function spectrogramsOf(
  { samples, codes }: Side,
  size: SoundSize,
  names: readonly SoundChange[],
  random: Random,
  { threads, signal }: Pick<TrainingSettings, "threads" | "signal">,
) {
  const front = frontOf(size);
  const [bands, frames] = [front.mels, framesOf(size)];
  const copies = copiesOf(names);
  const cells = samples.length * bands * frames;
  const data = new Float32Array(copies.length * cells);
  for (const [k, change] of copies.entries()) {
    const given = samples.map((data) => ({ data, shape: [data.length] }));
    const changed = await nn.changeSamples(change, given, random.child(k), {
      // One thread beside one that waits gains nothing, nor does starting some for a few sounds.
      threads:
        threads > 1 && change.steps.length > 0 && given.length >= soundsPerThread * threads ? threads : 0,
      ...(signal && { signal }),
    });
    const sounds = changed.map(({ data: heard }) => heard as Float32Array);
    const made = await nn.applyLayer(nn.melSpectrogram(front), {
      ...{ dtype: "float32", shape: [size.length], data: fitAll(sounds, size) },
    });
    data.set(made.data as Float32Array, k * cells);
  }
  const figures = nn.melFigures(data, bands, frames);
  normalise(data, figures, frames);
  const rows: nn.RowData = { dtype: "float32", shape: [bands, frames], data };
  const every = Int32Array.from({ length: copies.length * codes.length }, (_, i) => codes[i % codes.length]!);
  return { front, bands, frames, figures, rows, codes: every };
}

/** Each band less its mean, by its deviation, in place. */
export function normalise(data: Float32Array, { mean, deviation }: nn.MelFigures, frames: number): void {
  for (let i = 0; i < data.length; i++) {
    const band = Math.floor(i / frames) % mean.length;
    data[i] = (data[i]! - mean[band]!) / deviation[band]!;
  }
}
