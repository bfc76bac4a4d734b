/** The networks that a training on sounds can be given, and the spectrogram in front of them. */
import { MillwrightError } from "../../core/index.ts";
import { inline, type Value } from "../../graph/index.ts";
import {
  bcResNet,
  dsCnn,
  initialise,
  type Layer,
  melSpectrogram,
  type MelSpectrogramOptions,
  network,
  scoringGraph,
  sequential,
  tcn,
} from "../../nn/index.ts";

const makers = {
  "ds-cnn": (classes: number): Layer => dsCnn(classes),
  "bc-resnet": (classes: number): Layer => bcResNet(classes),
  tcn: (classes: number): Layer => tcn(classes),
} as const;

export type SoundNet = keyof typeof makers;
export const soundNets = Object.keys(makers) as readonly SoundNet[];

export const soundBody = (net: SoundNet, classes: number): Layer => makers[net](classes);

export interface SoundSize {
  /** Samples a second. */
  readonly rate: number;
  /** Samples. */
  readonly length: number;
}

/** The spectrogram of sounds of a size: 32 ms every 20 ms, 40 bands, 50 dB below the loudest place. */
export function frontOf({ rate }: SoundSize): MelSpectrogramOptions & { readonly mels: number } {
  const frame = 2 * Math.round(0.016 * rate);
  return {
    rate,
    frame,
    hop: Math.round(0.02 * rate),
    mels: 40,
    low: 60,
    high: 0.475 * rate,
    range: 50,
  };
}

/** Frames of the spectrogram of a sound. */
export function framesOf({ rate, length }: SoundSize): number {
  const { frame, hop } = frontOf({ rate, length });
  return Math.floor((length - frame) / hop) + 1;
}

/** The shortest length that networks and figures can be made for. */
export const leastSeconds = 0.2;

/** @throws MillwrightError `PARAMETER_RANGE`. */
export function requireSize(rate: number | undefined, length: number | undefined): void {
  if (rate !== undefined && !(Number.isSafeInteger(rate) && rate >= 4000 && rate <= 48_000)) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `--rate is ${rate}, and needs a whole number of samples a second from 4000 to 48000.`,
      "Give 16000, say.",
    );
  }
  if (length !== undefined && !(length >= leastSeconds && length <= 60)) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `--length is ${length}, and needs seconds from ${leastSeconds} to 60.`,
      "Give 1, say.",
    );
  }
}

/** Decibels [batch, bands, frames] of samples [batch, length] in a graph. */
export function decibelsOf(sound: Value, size: SoundSize): Value {
  const front = network(
    { dtype: "float32", shape: [size.length] },
    sequential({ front: melSpectrogram(frontOf(size)) }),
  );
  return inline(scoringGraph(front, initialise(front, { seed: 0 })), { x: sound })["scores"]!;
}
