/**
 * Changes of spectrograms [bands, frames], as `melSpectrogram` gives them: runs hidden, bands and frames stretched,
 * bands made louder along a line.
 *
 * Sources: Park et al. 2019, "SpecAugment" (masks); Jaitly & Hinton 2013, "Vocal tract length perturbation" (bands
 * moved as by a longer or shorter throat).
 */
import type { Random } from "../../core/index.ts";
import { defineStep, type Sample, uniform } from "./step.ts";

const maskParameters = (what: string, most: number) =>
  ({
    count: { type: "integer", default: 2, min: 1, max: 100, meaning: "masks" },
    most: {
      type: "integer",
      default: most,
      min: 0,
      max: 100_000,
      meaning: `${what} that a mask covers at most`,
    },
    with: {
      type: "choice",
      default: "mean",
      choices: ["mean", "level"],
      meaning: "what takes the place: the spectrogram's mean, or a level",
    },
    level: { type: "number", default: 0, min: -1e9, max: 1e9, meaning: "the level" },
  }) as const;

interface MaskSettings {
  readonly count: number;
  readonly most: number;
  readonly with: string;
  readonly level: number;
}

/** Runs of places below `size`, each of any length up to `most`. */
function runs({ count, most }: MaskSettings, size: number, random: Random): [number, number][] {
  return Array.from({ length: count }, () => {
    const length = Math.min(size, random.integer(most + 1));
    const from = random.integer(size - length + 1);
    return [from, from + length];
  });
}

function levelFor({ data }: Sample, { with: how, level }: MaskSettings): number {
  if (how === "level") return level;
  let sum = 0;
  for (const value of data) sum += value;
  return sum / data.length;
}

/** Hides runs of frames. */
export const maskTime = defineStep({
  kind: "maskTime",
  medium: "spectrogram",
  parameters: maskParameters("frames", 20),
  apply(sample, settings, random) {
    const [bands, frames] = sample.shape as [number, number];
    if (sample.data.length === 0) return sample;
    const data = sample.data.slice();
    const level = levelFor(sample, settings);
    for (const [from, to] of runs(settings, frames, random))
      for (let band = 0; band < bands; band++) data.fill(level, band * frames + from, band * frames + to);
    return { data, shape: sample.shape };
  },
});

/** Hides runs of bands. */
export const maskFrequency = defineStep({
  kind: "maskFrequency",
  medium: "spectrogram",
  parameters: maskParameters("bands", 8),
  apply(sample, settings, random) {
    const [bands, frames] = sample.shape as [number, number];
    if (sample.data.length === 0) return sample;
    const data = sample.data.slice();
    const level = levelFor(sample, settings);
    for (const [from, to] of runs(settings, bands, random)) data.fill(level, from * frames, to * frames);
    return { data, shape: sample.shape };
  },
});

const stretch = (value: number, meaning: string) =>
  ({ type: "number", default: value, min: 0.1, max: 10, meaning }) as const;

/**
 * Stretches bands, as of another throat, and frames about their middle, and moves frames, in one go.
 *
 * Places between cells are on the plane between the four around; the cells at the rim go on outside.
 */
export const warpSpectrogram = defineStep({
  kind: "warpSpectrogram",
  medium: "spectrogram",
  parameters: {
    minPitch: stretch(0.85, "least stretch of the bands from the lowest one; below 1 moves sounds down"),
    maxPitch: stretch(1.18, "greatest stretch of the bands"),
    minTime: stretch(0.8, "least stretch of the frames; below 1 is faster"),
    maxTime: stretch(1.25, "greatest stretch of the frames"),
    shift: { type: "number", default: 5, min: 0, max: 1e5, meaning: "frames by which all moves, either way" },
  },
  ordered: [
    ["minPitch", "maxPitch"],
    ["minTime", "maxTime"],
  ],
  apply({ data: before, shape }, { minPitch, maxPitch, minTime, maxTime, shift }, random) {
    const [bands, frames] = shape as [number, number];
    const up = uniform(random, minPitch, maxPitch);
    const slow = uniform(random, minTime, maxTime);
    const by = uniform(random, -shift, shift);
    const data = new Float32Array(before.length);
    const middle = (frames - 1) / 2;
    const places = Float64Array.from({ length: frames }, (_, i) =>
      Math.min(frames - 1, Math.max(0, middle + (i - by - middle) / slow)),
    );
    for (let band = 0; band < bands; band++) {
      const from = Math.min(bands - 1, band / up);
      const low = Math.floor(from);
      const upper = from - low;
      const lowRow = low * frames;
      const highRow = Math.min(bands - 1, low + 1) * frames;
      for (let i = 0; i < frames; i++) {
        const left = Math.floor(places[i]!);
        const right = Math.min(frames - 1, left + 1);
        const later = places[i]! - left;
        const below = before[lowRow + left]! * (1 - later) + before[lowRow + right]! * later;
        const above = before[highRow + left]! * (1 - later) + before[highRow + right]! * later;
        data[band * frames + i] = below * (1 - upper) + above * upper;
      }
    }
    return { data, shape };
  },
});

/** Adds a line over the bands, as another microphone does. */
export const tiltSpectrogram = defineStep({
  kind: "tiltSpectrogram",
  medium: "spectrogram",
  parameters: {
    most: {
      type: "number",
      default: 0.4,
      min: 0,
      max: 1e9,
      meaning:
        "greatest change at the lowest and the highest band to either side, in the spectrogram's own units",
    },
  },
  apply({ data: before, shape }, { most }, random) {
    const [bands, frames] = shape as [number, number];
    const [first, last] = [uniform(random, -most, most), uniform(random, -most, most)];
    const data = before.slice();
    for (let band = 0; band < bands; band++) {
      const add = first + ((last - first) * band) / Math.max(1, bands - 1);
      for (let i = band * frames; i < (band + 1) * frames; i++) data[i]! += add;
    }
    return { data, shape };
  },
});
