/**
 * Changes of brightness, contrast and saturation, in this order: the image is blended with black, with its mean grey,
 * and with its own grey picture. Values that leave the range are moved onto its ends.
 */
import { MillwrightError } from "../../core/index.ts";
import { defineStep, emptyLike, type Sample, uniform } from "./step.ts";

/** Factors, 1 for no change. */
export interface Colours {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

/** @throws MillwrightError `SHAPE_MISMATCH` for other than 1 or 3 channels. */
export function recoloured({ data, shape }: Sample, { brightness, contrast, saturation }: Colours): Sample {
  const channels = shape[2]!;
  if (channels !== 1 && channels !== 3) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `colourJitter takes images of 1 or 3 channels, and was given ${channels}.`,
      "Leave it out.",
    );
  }
  const most = data instanceof Uint8Array ? 255 : 1;
  const within = (value: number): number => (value < 0 ? 0 : value > most ? most : value);
  // In floats of one kind, whatever the pixels are: the loops over them are compiled for one kind of array.
  const values = new Float64Array(data);
  for (let i = 0; i < values.length; i++) values[i] = within(brightness * values[i]!);
  // ITU-R BT.601, as in src/data/media/image.ts.
  const greyAt = (i: number): number =>
    channels === 1 ? values[i]! : 0.299 * values[i]! + 0.587 * values[i + 1]! + 0.114 * values[i + 2]!;
  let sum = 0;
  for (let i = 0; i < values.length; i += channels) sum += greyAt(i);
  const mean = sum / (values.length / channels);
  for (let i = 0; i < values.length; i++) values[i] = within(mean + contrast * (values[i]! - mean));
  for (let i = 0; i < values.length; i += channels) {
    const grey = greyAt(i);
    for (let c = 0; c < channels; c++) values[i + c] = within(grey + saturation * (values[i + c]! - grey));
  }
  const out = emptyLike(data, data.length);
  out.set(data instanceof Uint8Array ? values.map(Math.round) : values);
  return { data: out, shape };
}

const spread = (what: string) =>
  ({
    type: "number",
    default: 0.2,
    min: 0,
    max: 1,
    meaning: `greatest change of the ${what}, 0.2 for factors from 0.8 to 1.2`,
  }) as const;

/** Changes brightness, contrast and saturation; a grey image has no saturation to change. */
export const colourJitter = defineStep({
  kind: "colourJitter",
  medium: "image",
  parameters: {
    brightness: spread("brightness"),
    contrast: spread("contrast"),
    saturation: spread("saturation"),
  },
  apply(sample, { brightness, contrast, saturation }, random) {
    const factor = (change: number): number => uniform(random, 1 - change, 1 + change);
    const colours = {
      brightness: factor(brightness),
      contrast: factor(contrast),
      saturation: factor(saturation),
    };
    return recoloured(sample, colours);
  },
});
