/** Parts of images: at their own size after padding, or resized. */
import { MillwrightError } from "../../core/index.ts";
import { resizePixels } from "../../data/index.ts";
import { defineStep, emptyLike, fill, levelOf, type Sample, uniform } from "./step.ts";

/** The part of an image that begins at a place, which may lie outside it, filled with a level there. */
export function cropped(
  { data, shape }: Sample,
  top: number,
  left: number,
  height: number,
  width: number,
  level: number,
): Sample {
  const [fromHeight, fromWidth, channels] = shape as [number, number, number];
  const out = emptyLike(data, height * width * channels).fill(level);
  const first = Math.max(0, -left);
  const end = Math.min(width, fromWidth - left);
  for (let y = Math.max(0, -top); y < Math.min(height, fromHeight - top) && first < end; y++) {
    const start = ((top + y) * fromWidth + left) * channels;
    out.set(data.subarray(start + first * channels, start + end * channels), (y * width + first) * channels);
  }
  return { data: out, shape: [height, width, channels] };
}

const size = (what: string) =>
  ({
    type: "integer",
    default: 0,
    min: 0,
    max: 8192,
    meaning: `${what} of the part; 0 keeps that of the image`,
  }) as const;

/** Pads an image and takes a part at random: small shifts, as for CIFAR. */
export const randomCrop = defineStep({
  kind: "randomCrop",
  medium: "image",
  parameters: {
    padding: { type: "integer", default: 4, min: 0, max: 4096, meaning: "pixels added to each side" },
    height: size("height"),
    width: size("width"),
    fill,
  },
  apply(sample, { padding, height, width, fill: share }, random) {
    const [fromHeight, fromWidth] = sample.shape as [number, number, number];
    const [toHeight, toWidth] = [height || fromHeight, width || fromWidth];
    const [down, across] = [fromHeight + 2 * padding - toHeight, fromWidth + 2 * padding - toWidth];
    if (down < 0 || across < 0) {
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `randomCrop takes ${toHeight} × ${toWidth} pixels, and the image has ${fromHeight} × ${fromWidth} with ${padding} of padding.`,
        "Take a smaller part, or pad more.",
      );
    }
    const top = random.integer(down + 1) - padding;
    const left = random.integer(across + 1) - padding;
    return cropped(sample, top, left, toHeight, toWidth, levelOf(sample.data, share));
  },
});

/**
 * Takes a part of random area and proportions and brings it to a size by bilinear resizing with antialiasing. Ten tries
 * find a part that fits, then the largest one of allowed proportions in the middle is taken. Source: Szegedy et al.
 * 2015, section 6, in the form of torchvision's RandomResizedCrop.
 */
export const randomResizedCrop = defineStep({
  kind: "randomResizedCrop",
  medium: "image",
  parameters: {
    height: size("height after resizing"),
    width: size("width after resizing"),
    minArea: { type: "number", default: 0.35, min: 0.0001, max: 1, meaning: "least share of the area" },
    maxArea: { type: "number", default: 1, min: 0.0001, max: 1, meaning: "greatest share of the area" },
    minRatio: { type: "number", default: 0.75, min: 0.05, max: 20, meaning: "least width to height" },
    maxRatio: { type: "number", default: 4 / 3, min: 0.05, max: 20, meaning: "greatest width to height" },
  },
  ordered: [
    ["minArea", "maxArea"],
    ["minRatio", "maxRatio"],
  ],
  apply({ data, shape }, { height, width, minArea, maxArea, minRatio, maxRatio }, random) {
    const [fromHeight, fromWidth, channels] = shape as [number, number, number];
    const [toHeight, toWidth] = [height || fromHeight, width || fromWidth];
    let box;
    for (let tries = 0; tries < 10 && box === undefined; tries++) {
      const area = fromHeight * fromWidth * uniform(random, minArea, maxArea);
      const ratio = Math.exp(uniform(random, Math.log(minRatio), Math.log(maxRatio)));
      const [boxWidth, boxHeight] = [
        Math.round(Math.sqrt(area * ratio)),
        Math.round(Math.sqrt(area / ratio)),
      ];
      if (boxWidth < 1 || boxHeight < 1 || boxWidth > fromWidth || boxHeight > fromHeight) continue;
      const top = random.integer(fromHeight - boxHeight + 1);
      box = { top, left: random.integer(fromWidth - boxWidth + 1), width: boxWidth, height: boxHeight };
    }
    box ??= middle(fromHeight, fromWidth, minRatio, maxRatio);
    const pixels = data as Uint8Array | Float32Array;
    return {
      data: resizePixels(pixels, fromWidth, channels, box, toWidth, toHeight),
      shape: [toHeight, toWidth, channels],
    };
  },
});

/** The largest part in the middle whose proportions are allowed. */
function middle(height: number, width: number, minRatio: number, maxRatio: number) {
  const ratio = Math.min(maxRatio, Math.max(minRatio, width / height));
  const boxWidth = Math.max(1, Math.min(width, Math.round(height * ratio)));
  const boxHeight = Math.max(1, Math.min(height, Math.round(width / ratio)));
  const top = Math.floor((height - boxHeight) / 2);
  return { top, left: Math.floor((width - boxWidth) / 2), width: boxWidth, height: boxHeight };
}
