/**
 * The next values of a series by LSTM, GRU or TCN over the last steps of a window.
 *
 * The network does not forecast from nothing: it adds to an answer that is given (last season's, say) what a linear map
 * of the window and the recurrent or convolutional body find, as LSTNet does. Both parts begin small, so that training
 * starts about where the given answer is. Source: Lai et al. 2018, "Modeling long- and short-term temporal patterns
 * with deep neural networks".
 */
import { MillwrightError } from "../../core/index.ts";
import * as ops from "../../graph/index.ts";
import type { Graph } from "../../graph/index.ts";
import { tcnBody } from "../architectures/tcn.ts";
import { normal, zeros } from "../initialisers.ts";
import { type Layer, layer, requireCount } from "../layer.ts";
import { dropout as dropOut } from "../layers/activation.ts";
import { dense } from "../layers/dense.ts";
import { gru, lstm } from "../layers/recurrent.ts";
import { meanAbsoluteError } from "../losses.ts";
import { initialise, network, type Network, parameterCount } from "../network.ts";
import { adamw } from "../optimisers.ts";
import { oneCycle } from "../schedules.ts";
import type { TrainEvent } from "../training/events.ts";
import { fit, type FitResult } from "../training/fit.ts";
import { arrayLoader } from "../training/array-loader.ts";
import { partsWithin } from "../training/replicas.ts";
import { scoringGraph } from "../training/step.ts";

/** Windows of series, scaled: every number about mean 0 and spread 1, none missing. */
export interface ForecastWindows {
  /** Channel 0 is the series itself. Row-major [windows, steps, channels]. */
  readonly x: Float32Array;
  /** The answer that the network adds to. Row-major [windows, horizon]. */
  readonly base: Float32Array;
  /** What came next. Row-major [windows, horizon]. */
  readonly y: Float32Array;
}

export interface ForecasterOptions {
  readonly steps: number;
  readonly channels: number;
  readonly horizon: number;
  /** Default "lstm". */
  readonly body?: "lstm" | "gru" | "tcn";
  /** Units of a recurrent layer, or channels of the TCN. Default 32. */
  readonly units?: number;
  /** Steps at the end of a window that the body reads; the linear map reads all. Default: all. */
  readonly reach?: number;
  /** Default 0.1. */
  readonly dropout?: number;
  /** Most epochs. Default 20. */
  readonly epochs?: number;
  /** Default 64. */
  readonly batchSize?: number;
  /** Highest of the one-cycle schedule. Default 0.005. */
  readonly learningRate?: number;
  /** Threads of a step, each with its part of every batch. Default 1. */
  readonly threads?: number;
  readonly seed: number;
  /** Windows that choose the epoch. Default: the last epoch is taken. */
  readonly validation?: ForecastWindows;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
}

export interface FittedForecaster {
  /** Inputs: x float32 [batch, steps, channels] and base float32 [batch, horizon]. Output "scores" [batch, horizon]. */
  readonly graph: Graph;
  readonly training: FitResult;
  readonly parameterCount: number;
}

/**
 * Trains a forecaster by its mean absolute error.
 *
 * @throws MillwrightError `SHAPE_MISMATCH` where the arrays do not hold windows of these sizes, and as `fit`.
 */
export async function fitForecaster(
  train: ForecastWindows,
  options: ForecasterOptions,
): Promise<FittedForecaster> {
  const { epochs = 20, batchSize = 64, learningRate = 0.005, threads = 1, seed, validation } = options;
  const net = forecastNetwork(options);
  const loaderOf = (windows: ForecastWindows, drawn: boolean): ReturnType<typeof arrayLoader> => {
    const count = requireWindows(windows, options);
    return arrayLoader(
      {
        x: { dtype: "float32", shape: [options.steps, options.channels], data: windows.x },
        base: { dtype: "float32", shape: [options.horizon], data: windows.base },
      },
      { dtype: "float32", shape: [options.horizon], data: windows.y },
      { batchSize: Math.min(batchSize, count), ...(drawn ? { seed } : {}) },
    );
  };
  const loader = loaderOf(train, true);
  const training = await fit(
    net,
    initialise(net, { seed }),
    {
      train: loader,
      ...(validation && {
        validation: loaderOf(validation, false),
        patience: Math.max(5, Math.ceil(epochs / 2)),
      }),
      loss: meanAbsoluteError(),
      optimiser: adamw({ learningRate, weightDecay: 0.01 }),
      schedule: oneCycle(),
      clipNorm: 1,
      epochs,
      seed,
      threads,
      replicas: partsWithin(threads, loader.batchSize),
      ...(options.signal && { signal: options.signal }),
    },
    options.onEvent,
  );
  return { graph: scoringGraph(net, training.weights), training, parameterCount: parameterCount(net) };
}

function forecastNetwork(options: ForecasterOptions): Network {
  const { steps, channels, horizon, body = "lstm", units = 32, reach = steps, dropout = 0.1 } = options;
  for (const [name, value] of Object.entries({ steps, channels, horizon, units, reach }))
    requireCount("fitForecaster", name, value);
  return network(
    {
      x: { dtype: "float32", shape: [steps, channels] },
      base: { dtype: "float32", shape: [horizon] },
    },
    ({ x, base }, scope) => {
      const late = ops.slice(x!, [Math.max(0, steps - reach)], [steps], [1]);
      const read = scope.apply("body", bodyOf(body, units, dropout), late);
      const seen = Math.min(steps, reach);
      const last = ops.squeeze(ops.slice(read, [seen - 1], [seen], [1]), [1]);
      const now = ops.squeeze(ops.slice(x!, [steps - 1], [steps], [1]), [1]);
      const kept = scope.apply("dropout", dropOut(dropout), ops.concat([last, now], 1));
      const found = scope.apply("head", dense(horizon, { initial: normal(0.01) }), kept);
      const series = ops.squeeze(ops.slice(x!, [0], [1], [2]), [2]);
      const linear = scope.apply("linear", dense(horizon, { bias: false, initial: zeros }), series);
      return ops.add(ops.add(found, linear), base!);
    },
  );
}

function bodyOf(body: "lstm" | "gru" | "tcn", units: number, dropout: number): Layer {
  if (body === "lstm") return lstm(units);
  if (body === "gru") return gru(units);
  const convolutions = tcnBody({ channels: units, dropout, causal: true });
  return layer("tcnBySteps", (x, scope) =>
    ops.transpose(convolutions.apply(ops.transpose(x, [0, 2, 1]), scope), [0, 2, 1]),
  );
}

function requireWindows({ x, base, y }: ForecastWindows, options: ForecasterOptions): number {
  const { steps, channels, horizon } = options;
  const count = y.length / horizon;
  if (count >= 1 && x.length === count * steps * channels && base.length === y.length) return count;
  throw new MillwrightError(
    "SHAPE_MISMATCH",
    `fitForecaster has ${x.length}, ${base.length} and ${y.length} numbers for windows of ${steps} × ${channels}, ${horizon} and ${horizon}.`,
    "Give the same number of whole windows in each.",
  );
}
