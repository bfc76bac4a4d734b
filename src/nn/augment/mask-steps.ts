/** Masks of spectrograms as steps: `maskTime` and `maskFrequency` of spectrogram.ts with parameters that a recipe can hold. */
import { maskFrequency as hideBands, maskTime as hideFrames } from "./spectrogram.ts";
import { defineStep, type Sample } from "./step.ts";

const parameters = (what: string, most: number) =>
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

interface Settings {
  readonly count: number;
  readonly most: number;
  readonly with: string;
  readonly level: number;
}

/** What the masks of spectrogram.ts take. */
function maskOf({ data, shape }: Sample, { count, most, with: how, level }: Settings) {
  let sum = 0;
  for (const value of data) sum += value;
  return { bands: shape[0]!, count, most, fill: how === "level" ? level : sum / data.length };
}

/** Hides runs of frames. */
export const maskTime = defineStep({
  kind: "maskTime",
  medium: "spectrogram",
  parameters: parameters("frames", 20),
  apply(sample, settings, random) {
    if (sample.data.length === 0) return sample;
    const data = sample.data.slice();
    hideFrames(maskOf(sample, settings))(data, random);
    return { data, shape: sample.shape };
  },
});

/** Hides runs of bands. */
export const maskFrequency = defineStep({
  kind: "maskFrequency",
  medium: "spectrogram",
  parameters: parameters("bands", 8),
  apply(sample, settings, random) {
    if (sample.data.length === 0) return sample;
    const data = sample.data.slice();
    hideBands(maskOf(sample, settings))(data, random);
    return { data, shape: sample.shape };
  },
});
