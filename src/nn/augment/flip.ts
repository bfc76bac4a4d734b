/** Images mirrored left to right, upside down, or both. */
import { defineStep, emptyLike, probability, type Sample } from "./step.ts";

/** The image mirrored. */
export function flipped({ data, shape }: Sample, horizontal: boolean, vertical: boolean): Sample {
  const [height, width, channels] = shape as [number, number, number];
  const out = emptyLike(data, data.length);
  for (let y = 0; y < height; y++) {
    const from = (vertical ? height - 1 - y : y) * width;
    for (let x = 0; x < width; x++) {
      const start = (from + (horizontal ? width - 1 - x : x)) * channels;
      const at = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) out[at + c] = data[start + c]!;
    }
  }
  return { data: out, shape };
}

/** Mirrors images: half of them left to right unless told otherwise. */
export const flip = defineStep({
  kind: "flip",
  medium: "image",
  parameters: {
    horizontal: { ...probability(0.5), meaning: "share of images mirrored left to right" },
    vertical: { ...probability(0), meaning: "share of images turned upside down" },
  },
  apply(sample, { horizontal, vertical }, random) {
    const [across, down] = [random.next() < horizontal, random.next() < vertical];
    return across || down ? flipped(sample, across, down) : sample;
  },
});
