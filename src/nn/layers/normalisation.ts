/**
 * Normalisations.
 *
 * Batch normalisation is the op's training form while training, since it depends on the batch; in the file that
 * ships its figures are fixed, and ONNX Runtime folds it into the convolution before it.
 * Sources: Ioffe & Szegedy 2015 (batch); Ba et al. 2016 (layer); Wu & He 2018 (group).
 */
import * as ops from "../../graph/index.ts";
import type { Value } from "../../graph/index.ts";
import { ones, zeros } from "../initialisers.ts";
import { fixedSize, type Layer, layer, requireCount, requireWithin } from "../layer.ts";

export interface BatchNormOptions {
  /** Share of the batch's figures in the running ones. Default 0.1. */
  readonly momentum?: number;
  /** Added to variances. Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Mean 0 and variance 1 for each channel over the batch, then a learnt scale and shift. [batch, channels, ..].
 *
 * Parameters: `weight`, `bias` [channels]; running: `running_mean`, `running_var`. Rows of weight 0 that fill up
 * a last batch count in the batch's figures: leave that batch out where it matters ({ dropLast }).
 */
export function batchNorm({ momentum = 0.1, epsilon = 1e-5 }: BatchNormOptions = {}): Layer {
  requireWithin("batchNorm", "momentum", momentum, 0, 1);
  requireWithin("batchNorm", "epsilon", epsilon, 0);
  return layer("batchNorm", (x, scope) => {
    const channels = fixedSize(x, 1, "channels");
    const weight = scope.parameter("weight", [channels], ones);
    const bias = scope.parameter("bias", [channels], zeros);
    const mean = scope.running("running_mean", [channels], zeros);
    const variance = scope.running("running_var", [channels], ones);
    if (!scope.training)
      return ops.batchNormalization(x, weight, bias, mean.value, variance.value, { epsilon });
    const count = x.shape.reduce<number>(
      (product, _, axis) => (axis === 1 ? product : product * fixedSize(x, axis, "elements to average over")),
      1,
    );
    const batch = ops.batchNormalizationInTraining(x, weight, bias, { epsilon });
    mean.set(blend(mean.value, batch.mean, momentum));
    const unbiased = ops.mul(batch.variance, count / Math.max(1, count - 1));
    variance.set(blend(variance.value, unbiased, momentum));
    return batch.y;
  });
}

function blend(kept: Value, fresh: Value, share: number): Value {
  return ops.add(ops.mul(kept, 1 - share), ops.mul(fresh, share));
}

/** Mean 0 and variance 1 over the last axis, then a learnt scale and shift. Parameters: `weight`, `bias` [features]. */
export function layerNorm({ epsilon = 1e-5 }: { readonly epsilon?: number } = {}): Layer {
  requireWithin("layerNorm", "epsilon", epsilon, 0);
  return layer("layerNorm", (x, scope) => {
    const features = fixedSize(x, -1, "features");
    const weight = scope.parameter("weight", [features], ones);
    const bias = scope.parameter("bias", [features], zeros);
    return ops.layerNormalization(x, weight, bias, { axis: -1, epsilon });
  });
}

/**
 * Mean 0 and variance 1 over the places of each group of channels, by row: no figures of a batch. [batch, channels, ..].
 * As many groups as channels is instance normalisation. Parameters: `weight`, `bias` [channels].
 */
export function groupNorm(groups: number, { epsilon = 1e-5 }: { readonly epsilon?: number } = {}): Layer {
  requireCount("groupNorm", "groups", groups);
  requireWithin("groupNorm", "epsilon", epsilon, 0);
  return layer("groupNorm", (x, scope) => {
    const channels = fixedSize(x, 1, "channels");
    const weight = scope.parameter("weight", [channels], ones);
    const bias = scope.parameter("bias", [channels], zeros);
    return ops.groupNormalization(x, weight, bias, groups, { epsilon });
  });
}
