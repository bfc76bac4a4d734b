/**
 * Features computed once: with a backbone that stays as it is, its answers to the same rows stay the
 * same, so that only the head is left to run in each epoch.
 */
import { MillwrightError } from "../../core/index.ts";
import { compile } from "../../runtime/index.ts";
import { buildNetwork, network, type Network, type Weights } from "../network.ts";
import { scoringGraph } from "../training/step.ts";
import { arrayLoader, type ArrayLoaderOptions } from "../training/array-loader.ts";
import type { Loader, RowData } from "../training/loader.ts";
import { networkOf } from "./file.ts";
import type { Imported } from "./load.ts";

export interface FeaturesOptions extends Omit<ArrayLoaderOptions, "weights"> {
  /** Stops between two batches. */
  readonly signal?: AbortSignal;
}

export interface Features {
  /** The head alone, on features; its weights have the paths that they have in the whole network. */
  readonly network: Network;
  /** The head's. */
  readonly weights: Weights;
  /** The rows' features with their targets and weights, in memory. */
  readonly loader: Loader;
}

/**
 * Runs the backbone over a loader's first epoch and keeps what it answers.
 *
 * What the loader changes from epoch to epoch (augmentation, mixing) is drawn once and then stays.
 *
 * @param imported - Of `replaceHead`.
 * @param rows - Gives each row one target and one weight.
 * @param options - How the features are batched and shuffled.
 * @throws MillwrightError `PARAMETER_CONFLICT` without a head of one's own; `CANCELLED` once the signal says so: a part
 *   of the rows would train another head than the one asked for.
 */
export async function features(
  { file, weights }: Imported,
  rows: Loader,
  { signal, ...options }: FeaturesOptions,
): Promise<Features> {
  const { head, ...backbone } = file;
  if (!head) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      "features has a network without a head of its own.",
      "Put one on it with replaceHead.",
    );
  }
  const shape: number[] = [];
  const parts: Float32Array[] = [];
  const targets: Float32Array[] = [];
  const weight = new Float32Array(rows.rowCount);
  let target: { readonly dtype: RowData["dtype"]; readonly shape: readonly number[] } | undefined;
  let done = 0;
  const dtype = file.output.dtype as "float32";
  const session = await compile(scoringGraph(networkOf(backbone), weights, { dtype }));
  try {
    for await (const batch of rows.batches(0)) {
      if (signal?.aborted === true) {
        throw new MillwrightError(
          "CANCELLED",
          `The backbone was stopped after ${done} of ${rows.rowCount} rows.`,
          "Start it again.",
        );
      }
      const { scores } = await session.run(batch.inputs);
      const count = batch.rows.length;
      const size = scores!.data.length / scores!.shape[0]!;
      if (shape.length === 0) shape.push(...scores!.shape.slice(1));
      parts.push((scores!.data as Float32Array).slice(0, count * size));
      const each = batch.target.data.length / batch.target.shape[0]!;
      targets.push((batch.target.data as Float32Array).slice(0, count * each));
      target ??= { dtype: batch.target.dtype as RowData["dtype"], shape: batch.target.shape.slice(1) };
      weight.set(batch.weight.subarray(0, count), done);
      done += count;
    }
  } finally {
    await session.release();
  }
  const input = { dtype, shape };
  const alone = network(input, (values, scope) => scope.apply("head", head, values["x"]!));
  const { declared } = buildNetwork(alone, { batch: "batch", training: false, dtype });
  return {
    network: alone,
    weights: Object.fromEntries([...declared.keys()].map((path) => [path, weights[path]!])),
    loader: arrayLoader(
      { x: { ...input, data: joined(parts) } },
      { ...target!, data: joined(targets) },
      { ...options, weights: weight.subarray(0, done) },
    ),
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = new (parts[0]!.constructor as new (length: number) => Float32Array)(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
