/**
 * A learning rate by trial: steps with rates that grow evenly on a log scale, until the loss runs away.
 *
 * Suggested is the rate where the smoothed loss falls fastest. Source: Smith 2017, "Cyclical learning rates
 * for training neural networks", section 3.3; the smoothing and the end as in fast.ai's finder.
 */
import { MillwrightError } from "../../core/index.ts";
import { requireCount } from "../layer.ts";
import type { Network, Weights } from "../network.ts";
import type { Loader } from "./loader.ts";
import type { ReplicaOptions } from "./replicas.ts";
import type { StepOptions } from "./step.ts";
import { Trainer } from "./trainer.ts";

export interface RateFinderOptions extends Omit<StepOptions, "batchSize" | "accumulate">, ReplicaOptions {
  readonly train: Loader;
  readonly seed: number;
  /** Default 1e-7. */
  readonly from?: number;
  /** Default 10. */
  readonly to?: number;
  /** Default 100. */
  readonly steps?: number;
  /** Ends the trial between two steps. */
  readonly signal?: AbortSignal;
}

export interface FoundRate {
  readonly learningRate: number;
  /** The trial: each step's rate and its smoothed loss. */
  readonly curve: readonly { readonly learningRate: number; readonly loss: number }[];
}

/** Memory of the smoothed loss, and how far above its best the loss ends the trial. */
const memory = 0.9;
const runaway = 4;

/**
 * Tries rates on copies of the weights: training starts from the same weights afterwards.
 *
 * @throws MillwrightError `FIT_DIVERGED` where the loss does not fall at any rate; `CANCELLED`.
 */
export async function findLearningRate(
  net: Network,
  weights: Weights,
  options: RateFinderOptions,
): Promise<FoundRate> {
  const { train, from = 1e-7, to = 10, steps = 100 } = options;
  requireCount("findLearningRate", "steps", steps, 10);
  if (!(from > 0 && to > from)) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `findLearningRate would go from ${from} to ${to}.`,
      "Give { from } above 0 and { to } above it.",
    );
  }
  const trainer = await Trainer.create(net, weights, { ...options, batchSize: train.batchSize });
  const curve: { learningRate: number; loss: number }[] = [];
  try {
    let mean = 0;
    let best = Infinity;
    trial: for (let epoch = 0; ; epoch++) {
      for await (const batch of train.batches(epoch)) {
        const k = curve.length;
        const learningRate = from * (to / from) ** (k / (steps - 1));
        if (options.signal?.aborted === true) {
          throw new MillwrightError(
            "CANCELLED",
            `The search for a learning rate was stopped after ${k} of ${steps} steps.`,
            "Start it again.",
          );
        }
        const { loss } = await trainer.step([batch], learningRate, k + 1, epoch);
        if (k === 0 && !Number.isFinite(loss)) {
          throw new MillwrightError(
            "FIT_DIVERGED",
            `The loss is ${loss} before any step (rows ${batch.rows.slice(0, 8).join(", ")}, …).`,
            "Look at these rows and at the scale of the inputs.",
          );
        }
        mean = memory * mean + (1 - memory) * loss;
        const smooth = mean / (1 - memory ** (k + 1));
        if (!Number.isFinite(smooth) || (k > 0 && smooth > runaway * best)) break trial;
        best = Math.min(best, smooth);
        curve.push({ learningRate, loss: smooth });
        if (curve.length === steps) break trial;
      }
    }
  } finally {
    await trainer.release();
  }
  return { learningRate: steepest(curve), curve };
}

/** The rate in the middle of the steepest fall over a tenth of the trial, before its lowest loss. */
function steepest(curve: FoundRate["curve"]): number {
  const lowest = curve.reduce((at, { loss }, i) => (loss < curve[at]!.loss ? i : at), 0);
  const stretch = Math.max(2, Math.round(curve.length / 10));
  let fall = 0;
  let at: number | undefined;
  for (let i = stretch; i <= lowest; i++) {
    const fallen = curve[i - stretch]!.loss - curve[i]!.loss;
    if (fallen <= fall) continue;
    fall = fallen;
    at = i - (stretch >> 1);
  }
  if (at !== undefined) return curve[at]!.learningRate;
  throw new MillwrightError(
    "FIT_DIVERGED",
    `The loss does not fall at any learning rate from ${curve[0]?.learningRate.toPrecision(2)} to ${curve.at(-1)?.learningRate.toPrecision(2)}.`,
    "Check the targets and the scale of the inputs, or give a wider range.",
  );
}
