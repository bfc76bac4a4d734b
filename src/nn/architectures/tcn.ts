/**
 * A temporal convolutional network: residual blocks of dilated convolutions, each of which reaches twice as far.
 *
 * Source: Bai et al. 2018, "An empirical evaluation of generic convolutional and recurrent networks for sequence
 * modeling", with batch normalisation in place of weight normalisation.
 */
import { add, slice } from "../../graph/index.ts";
import { fixedSize, type Layer, layer, requireCount } from "../layer.ts";
import { dropout as dropOut, relu } from "../layers/activation.ts";
import { sequential } from "../layers/compose.ts";
import { conv1d, globalPool } from "../layers/convolution.ts";
import { dense } from "../layers/dense.ts";
import { batchNorm } from "../layers/normalisation.ts";

export interface TcnOptions {
  /** Channels of every block. Default 32. */
  readonly channels?: number;
  /** Blocks; block i has a dilation of 2^i. Default 4. */
  readonly levels?: number;
  /** Steps of a kernel, an odd number. Default 3. */
  readonly kernel?: number;
  /** Each step sees itself and those before it only. Default false. */
  readonly causal?: boolean;
  /** Share of channels left out within blocks in training. Default 0.1. */
  readonly dropout?: number;
}

/** [batch, features, steps] → [batch, channels, steps]. */
export function tcnBody({
  channels = 32,
  levels = 4,
  kernel = 3,
  causal = false,
  dropout = 0.1,
}: TcnOptions = {}): Layer {
  requireCount("tcn", "levels", levels);
  const block = (_: unknown, i: number): Layer => {
    const part = (): Layer =>
      sequential({
        conv: timeConv(channels, kernel, 2 ** i, causal),
        norm: batchNorm(),
        act: relu(),
        dropout: dropOut(dropout, { wholeChannels: true }),
      });
    return layer("tcnBlock", (x, scope) => {
      const kept = x.shape[1] === channels ? x : scope.apply("shortcut", conv1d(channels, 1), x);
      return scope.apply("act", relu(), add(kept, scope.apply("branch", sequential([part(), part()]), x)));
    });
  };
  return sequential(Array.from({ length: levels }, block));
}

/**
 * [batch, features, steps] → scores [batch, outputs], of the mean over all steps; of the last step where causal.
 *
 * 24,938 parameters with 20 features and 10 outputs at the defaults.
 */
export function tcn(outputs: number, options: TcnOptions = {}): Layer {
  requireCount("tcn", "outputs", outputs);
  const last = layer("lastStep", (x) => {
    const steps = fixedSize(x, 2, "steps");
    return slice(x, [steps - 1], [steps], [2]);
  });
  return sequential({
    body: tcnBody(options),
    ...(options.causal === true ? { last } : {}),
    pool: globalPool(),
    head: dense(outputs),
  });
}

/** A dilated convolution that keeps the number of steps; causal: what lies ahead is cut off. */
function timeConv(channels: number, kernel: number, dilation: number, causal: boolean): Layer {
  if (!causal) return conv1d(channels, kernel, { dilation, bias: false });
  const reach = (kernel - 1) * dilation;
  return layer("causalConv1d", (x, scope) => {
    const steps = fixedSize(x, 2, "steps");
    const both = conv1d(channels, kernel, { dilation, bias: false, padding: reach }).apply(x, scope);
    return slice(both, [0], [steps], [2]);
  });
}
