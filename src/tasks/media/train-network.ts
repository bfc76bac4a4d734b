/**
 * Fits a network on pictures or sounds: as many epochs as the time allows, the epoch that is best on the validation
 * rows, or the last one where there are none.
 */
import { availableParallelism } from "node:os";
import type { ProgressListener } from "../../core/index.ts";
import * as nn from "../../nn/index.ts";
import { fitNetwork, type TrainedNetwork, type TrainingSettings } from "../race/fit-network.ts";

/** How a network is trained, as the card tells it. */
export interface TrainingRecipe {
  readonly optimiser: "adamw";
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly labelSmoothing: number;
}

export interface NetworkOptions extends TrainingSettings {
  readonly network: nn.Network;
  /** To start from. Default: drawn by the seed. */
  readonly weights?: nn.Weights;
  /** Settings of some parameters, by pattern. */
  readonly groups?: Readonly<Record<string, nn.GroupOptions>>;
  readonly train: nn.Loader;
  /** Rows that choose the epoch. */
  readonly validation?: nn.Loader;
  readonly recipe: TrainingRecipe;
  /** All epochs are planned, also where the time is short: the training then ends earlier. */
  readonly settled?: boolean;
}

/** Steps that tell how long an epoch takes; the first one of all is slower and not counted. */
const timedSteps = 3;

export async function trainNetwork(options: NetworkOptions): Promise<TrainedNetwork> {
  const { network, groups, train, validation, recipe, seed, threads } = options;
  const beganMs = performance.now();
  const weights = options.weights ?? nn.initialise(network, { seed });
  const shared = {
    train,
    ...(validation && { validation, metric: nn.accuracyOfScores }),
    ...(groups && { groups }),
    loss: nn.crossEntropy({ labelSmoothing: recipe.labelSmoothing }),
    optimiser: nn.adamw({ learningRate: recipe.learningRate, weightDecay: recipe.weightDecay }),
    clipNorm: 5,
    seed,
    threads,
    replicas: nn.partsWithin(threads, train.batchSize),
  };
  const epochs = await affordable(network, weights, shared, options);
  return await fitNetwork(
    network,
    weights,
    {
      ...shared,
      schedule: nn.oneCycle({ rise: 0.2 }),
      epochs,
      ...(validation && { patience: Math.max(10, Math.ceil(epochs / 2)) }),
    },
    {
      ...options,
      beganMs,
      moreTime: "Give more time, smaller rows (--image-size) or a smaller network (--net).",
    },
    listener(options.onProgress, epochs, shared.train.batchCount),
  );
}

/** Rows a step. */
export function batchSizeOf(rowCount: number): number {
  return Math.min(rowCount, rowCount < 2000 ? 32 : 64);
}

/**
 * Threads that change rows while the network trains: as many as train it, one core left to those; none on a machine of
 * one core. They change no bit.
 */
export function spareThreads(threads: number): number {
  return Math.min(threads, availableParallelism() - 1);
}

/** Classes as a loader takes them. */
export function targetRows(codes: Int32Array): nn.RowData {
  return { dtype: "int64", shape: [], data: BigInt64Array.from(codes, BigInt) };
}

/** Epochs that fit into the time, by the first steps; all of them where no time is given. */
async function affordable(
  network: nn.Network,
  weights: nn.Weights,
  shared: Omit<nn.FitOptions, "epochs">,
  { epochs, deadlineMs, settled = false }: NetworkOptions,
): Promise<number> {
  if (deadlineMs === undefined || settled) return epochs;
  let first = 0;
  let stepMs = 0;
  const { validation: _rows, metric: _figure, ...alone } = shared;
  for await (const event of nn.trainEvents(network, weights, { ...alone, epochs: timedSteps + 1 })) {
    if (event.type !== "step") continue;
    if (event.step === 1) first = performance.now();
    else stepMs = (performance.now() - first) / (event.step - 1);
    if (event.step > timedSteps) break;
  }
  // A tenth more for validation, and as much for a busier machine.
  const epochMs = 1.2 * stepMs * shared.train.batchCount;
  const fit = Math.floor((deadlineMs - performance.now()) / epochMs);
  return Math.max(1, Math.min(epochs, fit));
}

/** Tells each step, with what the last epoch came to: one line an epoch where lines are not redrawn. */
function listener(
  onProgress: ProgressListener | undefined,
  epochs: number,
  stepsPerEpoch: number,
): (event: nn.TrainEvent) => void {
  let note = "";
  let left = 0;
  return (event) => {
    if (event.type === "step") {
      left = event.secondsLeft;
      onProgress?.({
        stage: "train the network",
        done: event.step,
        total: epochs * stepsPerEpoch,
        ...(note !== "" && { note }),
      });
    }
    if (event.type !== "epoch") return;
    const time = left < 90 ? `${Math.round(left)} s` : `${Math.round(left / 60)} min`;
    const right =
      event.validationMetric === undefined
        ? ""
        : `${(100 * event.validationMetric).toFixed(1)} % right on validation, `;
    note = `epoch ${event.epoch} of ${epochs}, loss ${event.loss.toFixed(3)}, ${right}${time} left`;
  };
}
