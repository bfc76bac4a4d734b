/** What the race of a training on sequences compares: each entrant gives nodes of a file. */
import type { ProgressListener } from "../../core/index.ts";
import type { Value } from "../../graph/index.ts";
import type { FitResult, TrainEvent } from "../../nn/index.ts";
import type { TrainingSettings } from "../race/fit-network.ts";
import type { Entered } from "../race/judged-file.ts";

export interface Candidate extends Entered {
  readonly name: string;
  readonly family: "baseline" | "classical" | "network";
  /** Of the fit. */
  readonly seconds: number;
  /** Of a network. */
  readonly training?: FitResult;
  readonly parameterCount?: number;
  /** Of a naive forecast: steps to the value that it answers; 1 is the last known one. */
  readonly season?: number;
  /** float64 [batch, steps, columns] to numbers [batch, horizon], or to probabilities [batch, classes]. */
  emit(x: Value): Value;
}

/** A network's share of the time is in its signal. */
export interface RaceContext extends Omit<TrainingSettings, "deadlineMs"> {
  readonly onProgress: ProgressListener;
}

/** Tells each step of a training. */
export function stepListener(
  name: string,
  epochs: number,
  onProgress: ProgressListener,
): (event: TrainEvent) => void {
  let total = 0;
  return (event) => {
    if (event.type === "start") total = event.stepsPerEpoch * epochs;
    if (event.type === "step") onProgress({ stage: `train ${name}`, done: event.step, total });
  };
}

/** Since a moment of `performance.now()`. */
export const secondsSince = (startMs: number): number => (performance.now() - startMs) / 1000;
