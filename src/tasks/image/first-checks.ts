/**
 * What an engineer tries before a long training: whether the network can learn a few pictures by heart, and at which
 * learning rate its loss falls. Both are done on copies: the training itself starts afresh.
 */
import { MillwrightError, type ProgressListener } from "../../core/index.ts";
import {
  adamw,
  arrayLoader,
  crossEntropy,
  findLearningRate,
  fit,
  type FoundRate,
  initialise,
  type Loader,
} from "../../nn/index.ts";
import { codesAt, takeRows } from "../media/race.ts";
import { targetRows } from "../media/train-network.ts";
import { channelFigures, type NetName, pictureNetwork } from "./nets.ts";
import { imageDefaults } from "./options.ts";
import { readPictures, splitPictures } from "./read-pictures.ts";

export interface FirstChecksOptions {
  /** A folder of class folders. */
  readonly source: string;
  readonly net: NetName;
  readonly size: number;
  readonly seed: number;
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

export interface FirstChecks {
  /** Mean loss, in nats, of the same few pictures at the start and after `steps` steps on them alone. */
  readonly byHeart: {
    readonly pictures: number;
    readonly steps: number;
    readonly from: number;
    readonly to: number;
  };
  readonly rate: FoundRate;
}

/** Pictures learnt by heart, and the steps and rate for it. */
const few = 16;
const steps = 60;
const learningRate = 3e-3;
const batchSize = 32;

/** @throws MillwrightError as `trainImages` does for the folder; `FIT_DIVERGED` where the loss falls at no rate. */
export async function firstChecks(options: FirstChecksOptions): Promise<FirstChecks> {
  const { source, net, size: side, seed, threads, signal, onProgress } = options;
  const reading = { threads, ...(signal && { signal }), ...(onProgress && { onProgress }) };
  const pictures = await readPictures({ source }, { height: side, width: side }, reading);
  const { size, classes } = pictures;
  // The training's own split: what it keeps for the last figures is not touched here either.
  const { data, codes } = splitPictures(pictures, { testSize: imageDefaults.testSize, seed }).train;
  const bytes = size.height * size.width * size.channels;
  const network = pictureNetwork(net, size, classes.length, channelFigures(data, size.channels));
  const weights = initialise(network, { seed });
  const shared = { loss: crossEntropy(), seed, threads, ...(signal && { signal }) };
  const loader = (rows: Uint32Array, perBatch: number): Loader => {
    const shape = [size.height, size.width, size.channels];
    const image = { dtype: "uint8", shape, data: takeRows(data, bytes, rows) } as const;
    return arrayLoader({ image }, targetRows(codesAt(codes, rows)), { batchSize: perBatch, seed });
  };

  onProgress?.({ stage: "learn a few pictures by heart" });
  const count = Math.min(few, codes.length);
  const spread = Uint32Array.from({ length: count }, (_, i) => Math.floor((i * codes.length) / count));
  const { history } = await fit(network, weights, {
    ...shared,
    train: loader(spread, count),
    optimiser: adamw({ learningRate }),
    epochs: steps,
  });
  if (history.length < steps) {
    throw new MillwrightError(
      "CANCELLED",
      `The checks were stopped after ${history.length} of ${steps} steps.`,
      "Start them again.",
    );
  }
  onProgress?.({ stage: "look for a learning rate" });
  const rate = await findLearningRate(network, weights, {
    ...shared,
    train: loader(Uint32Array.from(codes.keys()), Math.min(batchSize, codes.length)),
    optimiser: adamw(),
    from: 1e-5,
    to: 1,
    steps: 60,
  });
  const byHeart = { pictures: count, steps, from: history[0]!.loss, to: history.at(-1)!.loss };
  return { byHeart, rate };
}
