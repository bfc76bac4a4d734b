/** Fits a network as a race does: it ends when the time or the user's patience does, with the best epoch so far. */
import { MillwrightError, type ProgressListener, stopAfter } from "../../core/index.ts";
import * as nn from "../../nn/index.ts";
import type { OneNetworkRecord } from "./record.ts";

/** How long a training may take, and who hears of it. */
export interface TrainingSettings {
  /** Most epochs. */
  readonly epochs: number;
  /** `performance.now()` at which training must have ended. */
  readonly deadlineMs?: number;
  readonly seed: number;
  /** Threads of a step, each with its part of every batch: as many give the same bits again. */
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

export interface TrainedNetwork {
  readonly network: nn.Network;
  readonly weights: nn.Weights;
  readonly history: readonly nn.EpochRecord[];
  /** The best by validation; without it the last. */
  readonly bestEpoch: number;
  /** Epochs that were planned. */
  readonly epochs: number;
  readonly parameterCount: number;
  readonly batchSize: number;
  readonly seconds: number;
  readonly reason: nn.FitResult["reason"];
}

interface FitLimits extends Pick<TrainingSettings, "signal" | "deadlineMs"> {
  /** Of `performance.now()`, when the work on the network began. */
  readonly beganMs: number;
  /** What to do where no epoch was done in time. */
  readonly moreTime: string;
}

/** @throws MillwrightError `CANCELLED` where it was stopped before its first epoch was done. */
export async function fitNetwork(
  network: nn.Network,
  weights: nn.Weights,
  options: Omit<nn.FitOptions, "signal">,
  { signal, deadlineMs, beganMs, moreTime }: FitLimits,
  onEvent: (event: nn.TrainEvent) => void,
): Promise<TrainedNetwork> {
  const stop = stopSignal(signal, deadlineMs);
  const fitted = await nn.fit(network, weights, { ...options, ...(stop && { signal: stop }) }, onEvent);
  const bestEpoch = options.validation ? fitted.bestEpoch : fitted.history.at(-1)?.epoch;
  if (bestEpoch === undefined) {
    throw new MillwrightError(
      "CANCELLED",
      "The training was stopped before its first epoch was done.",
      moreTime,
    );
  }
  return {
    network,
    weights: fitted.weights,
    history: fitted.history,
    bestEpoch,
    epochs: options.epochs,
    parameterCount: nn.parameterCount(network),
    batchSize: options.train.batchSize,
    seconds: (performance.now() - beganMs) / 1000,
    reason: fitted.reason,
  };
}

/** The user's signal, and the end of the time. */
export function stopSignal(
  signal: AbortSignal | undefined,
  deadlineMs: number | undefined,
): AbortSignal | undefined {
  return deadlineMs === undefined ? signal : stopAfter(deadlineMs - performance.now(), signal);
}

/**
 * The deadline of a training within a run that has `time` seconds.
 *
 * @param share - Of the time; what comes after training takes the rest.
 */
export function trainingDeadline(
  startedMs: number,
  time: number | undefined,
  share: number,
): Pick<TrainingSettings, "deadlineMs"> {
  return time === undefined ? {} : { deadlineMs: startedMs + 1000 * share * time };
}

/** How the training went, for the record. */
export function networkRecord(
  name: string,
  { parameterCount, epochs, bestEpoch, batchSize, reason, history }: TrainedNetwork,
  threads: number,
): OneNetworkRecord {
  return { name, parameterCount, epochs, bestEpoch, batchSize, threads, ended: reason, history };
}
