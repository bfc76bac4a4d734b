/** The networks that a training on pictures can be given, and how pixels reach them. */
import { cast, constant, div, sub, transpose, type Value } from "../../graph/index.ts";
import {
  type Layer,
  mlpNet,
  mobileNetV2,
  type Network,
  network,
  resnet,
  smallCnn,
  vit,
} from "../../nn/index.ts";
import type { PictureSize } from "./read-pictures.ts";

const makers = {
  "small-cnn": (classes: number): Layer => smallCnn(classes),
  "resnet-8": (classes: number): Layer => resnet(classes, { depth: 8 }),
  "resnet-14": (classes: number): Layer => resnet(classes, { depth: 14 }),
  "resnet-18": (classes: number): Layer => resnet(classes, { depth: 18 }),
  mobilenet: (classes: number): Layer => mobileNetV2(classes),
  vit: (classes: number): Layer => vit(classes),
  mlp: (classes: number): Layer => mlpNet(classes),
} as const;

export type NetName = keyof typeof makers;
export const netNames = Object.keys(makers) as readonly NetName[];

/** Mean and standard deviation of each channel, of levels from 0 to 1. */
export interface ChannelFigures {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Levels of the training pictures. `pixels` [pictures, height, width, channels]. */
export function channelFigures(pixels: Uint8Array, channels: number): ChannelFigures {
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  // Sums of whole numbers below 2⁵³ are exact, in any order.
  for (let i = 0; i < pixels.length; i++) {
    const level = pixels[i]!;
    sums[i % channels]! += level;
    squares[i % channels]! += level * level;
  }
  const count = pixels.length / channels;
  const mean = Array.from(sums, (sum) => sum / count / 255);
  const deviation = Array.from(squares, (sum, c) =>
    Math.max(1 / 255, Math.sqrt(Math.max(0, sum / count / 255 ** 2 - mean[c]! ** 2))),
  );
  return { mean, deviation };
}

/** Bytes [batch, height, width, channels] as levels from 0 to 1, [batch, channels, height, width]. */
export function levels(image: Value): Value {
  return div(transpose(cast(image, "float32"), [0, 3, 1, 2]), 255);
}

/**
 * A network over bytes: scaling, normalisation and the change of layout are part of it, in training and in the file.
 *
 * Input `image`, uint8 [batch, height, width, channels]; scores [batch, classes].
 */
export function pictureNetwork(
  name: NetName,
  { height, width, channels }: PictureSize,
  classes: number,
  { mean, deviation }: ChannelFigures,
): Network {
  const wide = (values: readonly number[]): Value =>
    constant({ dtype: "float32", shape: [1, channels, 1, 1], data: Float32Array.from(values) });
  const body = makers[name](classes);
  return network({ image: { dtype: "uint8", shape: [height, width, channels] } }, ({ image }, scope) =>
    scope.apply("", body, div(sub(levels(image!), wide(mean)), wide(deviation))),
  );
}
