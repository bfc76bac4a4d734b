/** Images turned, made larger or smaller, and shifted, about their middle, by bilinear interpolation. */
import { defineStep, emptyLike, fill, levelOf, pixelOf, probability, type Sample, uniform } from "./step.ts";

/** How an image is laid out anew. */
export interface Warp {
  /** Degrees anticlockwise. Multiples of 90 move pixels without changing them, where the sides allow it. */
  readonly degrees: number;
  /** 2 shows everything at twice its size. */
  readonly zoom: number;
  /** Pixels to the right. */
  readonly right: number;
  /** Pixels downwards. */
  readonly down: number;
}

/** @param level - Of what lies outside the image. */
export function warped({ data, shape }: Sample, { degrees, zoom, right, down }: Warp, level: number): Sample {
  const [height, width, channels] = shape as [number, number, number];
  const [cos, sin] = directionOf(degrees);
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  const out = emptyLike(data, data.length);
  /** A pixel's value, that of the outside where there is none. */
  const at = (x: number, y: number, c: number): number =>
    x < 0 || y < 0 || x >= width || y >= height ? level : data[(y * width + x) * channels + c]!;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fromMiddleX, fromMiddleY] = [(x - right - middleX) / zoom, (y - down - middleY) / zoom];
      // Rows grow downwards, so the sign of the sine is that of the inverse.
      const sourceX = middleX + cos * fromMiddleX - sin * fromMiddleY;
      const sourceY = middleY + sin * fromMiddleX + cos * fromMiddleY;
      const [left, top] = [Math.floor(sourceX), Math.floor(sourceY)];
      const [shareX, shareY] = [sourceX - left, sourceY - top];
      for (let c = 0; c < channels; c++) {
        let value = (1 - shareX) * (1 - shareY) * at(left, top, c);
        if (shareX > 0) value += shareX * (1 - shareY) * at(left + 1, top, c);
        if (shareY > 0) value += (1 - shareX) * shareY * at(left, top + 1, c);
        if (shareX > 0 && shareY > 0) value += shareX * shareY * at(left + 1, top + 1, c);
        out[(y * width + x) * channels + c] = pixelOf(data, value);
      }
    }
  }
  return { data: out, shape };
}

/** Cosine and sine, exact at multiples of 90 degrees. */
function directionOf(degrees: number): readonly [number, number] {
  const turned = ((degrees % 360) + 360) % 360;
  if (turned % 90 === 0)
    return (
      [
        [1, 0],
        [0, 1],
        [-1, 0],
        [0, -1],
      ] as const
    )[(turned / 90) as 0 | 1 | 2 | 3];
  const angle = (turned * Math.PI) / 180;
  return [Math.cos(angle), Math.sin(angle)];
}

const upright: Warp = { degrees: 0, zoom: 1, right: 0, down: 0 };

/** Turns images by an angle at random, to either side. */
export const rotate = defineStep({
  kind: "rotate",
  medium: "image",
  parameters: {
    degrees: { type: "number", default: 15, min: 0, max: 180, meaning: "greatest angle" },
    probability: probability(1),
    fill,
  },
  apply(sample, { degrees, probability: share, fill: outside }, random) {
    if (random.next() >= share) return sample;
    const angle = uniform(random, -degrees, degrees);
    return warped(sample, { ...upright, degrees: angle }, levelOf(sample.data, outside));
  },
});

/** Shows images larger or smaller than they are, at the same number of pixels. */
export const zoom = defineStep({
  kind: "zoom",
  medium: "image",
  parameters: {
    min: { type: "number", default: 0.8, min: 0.05, max: 20, meaning: "least factor" },
    max: { type: "number", default: 1.25, min: 0.05, max: 20, meaning: "greatest factor" },
    probability: probability(1),
    fill,
  },
  ordered: [["min", "max"]],
  apply(sample, { min, max, probability: share, fill: outside }, random) {
    if (random.next() >= share) return sample;
    // The logarithm is uniform, so that half and twice the size are equally likely.
    const factor = Math.exp(uniform(random, Math.log(min), Math.log(max)));
    return warped(sample, { ...upright, zoom: factor }, levelOf(sample.data, outside));
  },
});

/** Turns, resizes and shifts images in one go, so that pixels are mixed once. */
export const randomAffine = defineStep({
  kind: "randomAffine",
  medium: "image",
  parameters: {
    degrees: { type: "number", default: 10, min: 0, max: 180, meaning: "greatest angle" },
    shift: {
      type: "number",
      default: 0.1,
      min: 0,
      max: 1,
      meaning: "greatest shift, as a share of each side",
    },
    minZoom: { type: "number", default: 0.9, min: 0.05, max: 20, meaning: "least factor of the size" },
    maxZoom: { type: "number", default: 1.25, min: 0.05, max: 20, meaning: "greatest factor of the size" },
    fill,
  },
  ordered: [["minZoom", "maxZoom"]],
  apply(sample, { degrees, shift, minZoom, maxZoom, fill: outside }, random) {
    const [height, width] = sample.shape as [number, number, number];
    const warp = {
      degrees: uniform(random, -degrees, degrees),
      zoom: Math.exp(uniform(random, Math.log(minZoom), Math.log(maxZoom))),
      right: width * uniform(random, -shift, shift),
      down: height * uniform(random, -shift, shift),
    };
    return warped(sample, warp, levelOf(sample.data, outside));
  },
});
