/** Trains a network that begins with another's layers. Those run once over each picture where they are not trained. */
import * as nn from "../../nn/index.ts";
import { type NetworkOptions, trainNetwork } from "../media/train-network.ts";
import type { TrainedNetwork } from "../race/fit-network.ts";
import type { Begun } from "./backbone.ts";

/** A head on a backbone: one layer bears larger steps than a whole network. */
export const headRecipe = {
  optimiser: "adamw",
  learningRate: 0.02,
  weightDecay: 0.05,
  labelSmoothing: 0.05,
} as const;

/** @param inOrder - The training pictures as they are, each once. */
export async function tuneNetwork(
  { imported, groups, headAlone }: Begun,
  inOrder: nn.Loader,
  options: Omit<NetworkOptions, "network" | "recipe"> & { readonly validation: nn.Loader },
): Promise<TrainedNetwork> {
  const { network, weights } = imported;
  const { train, validation, seed, signal } = options;
  const stopped = signal && { signal };
  if (!headAlone) return await trainNetwork({ ...options, network, weights, groups, recipe: headRecipe });
  const began = performance.now();
  options.onProgress?.({ stage: "run the backbone once" });
  const known = await nn.features(imported, inOrder, {
    batchSize: train.batchSize,
    seed,
    dropLast: true,
    ...stopped,
  });
  const judged = await nn.features(imported, validation, { batchSize: validation.batchSize, ...stopped });
  const head = await trainNetwork({
    ...options,
    network: known.network,
    weights: known.weights,
    train: known.loader,
    validation: judged.loader,
    recipe: headRecipe,
  });
  return {
    ...head,
    network,
    weights: { ...weights, ...head.weights },
    parameterCount: nn.parameterCount(network),
    seconds: (performance.now() - began) / 1000,
  };
}
