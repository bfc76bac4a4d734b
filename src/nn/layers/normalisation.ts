/**
 * Normalisations.
 *
 * Batch normalisation is written out while training, since it depends on the batch; in the file that
 * ships it is one op with fixed figures, which ONNX Runtime folds into the convolution before it.
 * Sources: Ioffe & Szegedy 2015 (batch); Ba et al. 2016 (layer); Wu & He 2018 (group).
 */
import * as ops from "../../graph/index.ts";
import type { Value } from "../../graph/index.ts";
import { ones, zeros } from "../initialisers.ts";
import { fixedSize, type Layer, layer, requireCount } from "../layer.ts";

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
  return layer("batchNorm", (x, scope) => {
    const channels = fixedSize(x, 1, "channels");
    const weight = scope.parameter("weight", [channels], ones);
    const bias = scope.parameter("bias", [channels], zeros);
    const mean = scope.running("running_mean", [channels], zeros);
    const variance = scope.running("running_var", [channels], ones);
    if (!scope.training)
      return ops.batchNormalization(x, weight, bias, mean.value, variance.value, { epsilon });
    const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
    const wide = (v: Value): Value => ops.reshape(v, [1, channels, ...axes.slice(1).map(() => 1)]);
    const count = axes.reduce((product, axis) => product * fixedSize(x, axis, "elements to average over"), 1);
    const batchMean = ops.reduceMean(x, { axes, keepDims: true });
    const centred = ops.sub(x, batchMean);
    const batchVariance = ops.reduceMean(ops.mul(centred, centred), { axes, keepDims: true });
    mean.set(blend(mean.value, ops.reshape(batchMean, [channels]), momentum));
    const unbiased = ops.mul(ops.reshape(batchVariance, [channels]), count / Math.max(1, count - 1));
    variance.set(blend(variance.value, unbiased, momentum));
    const inverse = ops.reciprocal(ops.sqrt(ops.add(batchVariance, epsilon)));
    const scale = ops.mul(wide(weight), inverse);
    const y = ops.add(ops.mul(centred, scale), wide(bias));
    // dx = scale · (g − mean(g) − x̂ · mean(g · x̂)), with x̂ = centred · inverse: five passes over the pictures, where
    // the chain of the nodes above takes nine. Source: Ioffe & Szegedy 2015, section 3.
    return ops.withGradient(y, [x, weight, bias], (g) => {
      const sum = ops.reduceSum(g, { axes, keepDims: true });
      const product = ops.reduceSum(ops.mul(g, centred), { axes, keepDims: true });
      const slope = ops.mul(ops.mul(scale, ops.mul(inverse, inverse)), ops.mul(product, -1 / count));
      const level = ops.mul(ops.mul(scale, sum), -1 / count);
      const byX = ops.add(ops.add(ops.mul(g, scale), ops.mul(centred, slope)), level);
      const flat = (v: Value): Value => ops.reshape(v, [channels]);
      return [byX, flat(ops.mul(product, inverse)), flat(sum)];
    });
  });
}

function blend(kept: Value, fresh: Value, share: number): Value {
  return ops.add(ops.mul(kept, 1 - share), ops.mul(fresh, share));
}

/** Mean 0 and variance 1 over the last axis, then a learnt scale and shift. Parameters: `weight`, `bias` [features]. */
export function layerNorm({ epsilon = 1e-5 }: { readonly epsilon?: number } = {}): Layer {
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
  return layer("groupNorm", (x, scope) => {
    const channels = fixedSize(x, 1, "channels");
    const weight = scope.parameter("weight", [channels], ones);
    const bias = scope.parameter("bias", [channels], zeros);
    return ops.groupNormalization(x, weight, bias, groups, { epsilon });
  });
}
