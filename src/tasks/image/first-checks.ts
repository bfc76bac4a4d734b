/**
 * What an engineer tries before a long training: whether the network can learn a few pictures by heart, and at which
 * learning rate its loss falls. Both are done on copies: the training itself starts afresh.
 */
import type { ProgressListener } from "../../core/index.ts";
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
import { targetRows } from "../media/train-network.ts";
import { channelFigures, type NetName, pictureNetwork } from "./nets.ts";
import { readPictures } from "./read-pictures.ts";

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
  const { size, classes, codes, data } = pictures;
  const network = pictureNetwork(net, size, classes.length, channelFigures(data, size.channels));
  const weights = initialise(network, { seed });
  const shared = { loss: crossEntropy(), seed, threads, ...(signal && { signal }) };
  const loader = (rows: readonly number[], perBatch: number): Loader => {
    const bytes = size.height * size.width * size.channels;
    const own = new Uint8Array(rows.length * bytes);
    rows.forEach((row, i) => own.set(data.subarray(row * bytes, (row + 1) * bytes), i * bytes));
    const shape = [size.height, size.width, size.channels];
    const labels = Int32Array.from(rows, (row) => codes[row]!);
    const image = { dtype: "uint8", shape, data: own } as const;
    return arrayLoader({ image }, targetRows(labels), { batchSize: perBatch, seed });
  };

  onProgress?.({ stage: "learn a few pictures by heart" });
  const spread = Array.from({ length: few }, (_, i) => Math.floor((i * codes.length) / few));
  const { history } = await fit(network, weights, {
    ...shared,
    train: loader([...new Set(spread)], few),
    optimiser: adamw({ learningRate }),
    epochs: steps,
  });
  onProgress?.({ stage: "look for a learning rate" });
  const rate = await findLearningRate(network, weights, {
    ...shared,
    train: loader([...codes.keys()], batchSize),
    optimiser: adamw(),
    from: 1e-5,
    to: 1,
    steps: 60,
  });
  const byHeart = { pictures: new Set(spread).size, steps, from: history[0]!.loss, to: history.at(-1)!.loss };
  return { byHeart, rate };
}
