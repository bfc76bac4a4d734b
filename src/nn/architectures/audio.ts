/**
 * Networks for short sounds: spectrograms [batch, bands, frames] → scores [batch, classes].
 *
 * Sources: Zhang et al. 2017, "Hello edge: keyword spotting on microcontrollers" (DS-CNN); Kim et al. 2021,
 * "Broadcasted residual learning for efficient keyword spotting" (BC-ResNet).
 */
import { add, conv, reduceMean, unsqueeze } from "../../graph/index.ts";
import { heNormal } from "../initialisers.ts";
import { fixedSize, type Layer, layer, requireCount, requireRank } from "../layer.ts";
import { dropout as dropOut, relu, silu } from "../layers/activation.ts";
import { sequential } from "../layers/compose.ts";
import { conv1d, conv2d, depthwiseConv1d, depthwiseConv2d, globalPool } from "../layers/convolution.ts";
import { dense } from "../layers/dense.ts";
import { batchNorm } from "../layers/normalisation.ts";

/** [batch, bands, frames] → [batch, 1, bands, frames]. */
const asPicture = (): Layer =>
  layer("asPicture", (x) => {
    requireRank(x, [3], "[batch, bands, frames]");
    return unsqueeze(x, [1]);
  });

export interface DsCnnOptions {
  /** Channels of every layer. Default 64. */
  readonly channels?: number;
  /** Depthwise separable layers after the first. Default 4. */
  readonly blocks?: number;
  /** Of these layers, how many halve bands and frames, the first ones; the stem does so besides. Default 1. */
  readonly halvings?: number;
  /** Share of the last features left out in training. Default 0.2. */
  readonly dropout?: number;
}

/**
 * A convolution, then depthwise separable ones, then the mean over all places.
 *
 * 21,066 parameters with 10 classes at the defaults: 11 × channels for the stem, channels² + 13 × channels a block,
 * and the head.
 */
export function dsCnn(
  classes: number,
  { channels = 64, blocks = 4, halvings = 1, dropout = 0.2 }: DsCnnOptions = {},
): Layer {
  requireCount("dsCnn", "classes", classes);
  requireCount("dsCnn", "blocks", blocks);
  requireCount("dsCnn", "halvings", halvings, 0);
  const block = (_: unknown, i: number): Layer =>
    sequential({
      depthwise: depthwiseConv2d(3, { stride: i < halvings ? 2 : 1, bias: false }),
      norm1: batchNorm(),
      act1: relu(),
      pointwise: conv2d(channels, 1, { bias: false }),
      norm2: batchNorm(),
      act2: relu(),
    });
  return sequential({
    picture: asPicture(),
    stem: sequential({
      conv: conv2d(channels, 3, { stride: 2, bias: false }),
      norm: batchNorm(),
      act: relu(),
    }),
    blocks: sequential(Array.from({ length: blocks }, block)),
    pool: globalPool(),
    dropout: dropOut(dropout),
    head: dense(classes),
  });
}

export interface BcResNetOptions {
  /** Channels of each stage; the second and third halve the bands. Default [8, 12, 16, 20]. */
  readonly widths?: readonly number[];
  /** Blocks of each stage. Default 2. */
  readonly blocks?: number;
  /** Channels of the stem. Default 16. */
  readonly stem?: number;
  /** Share of channels left out within blocks in training. Default 0.1. */
  readonly dropout?: number;
}

/**
 * Residual blocks that look along bands place by place, and along frames at the mean over the bands, spread out again.
 *
 * The time kernels of stage i reach 2^i frames. Batch normalisation stands in place of the paper's one by parts of
 * the spectrum. 5,418 parameters with 10 classes at the defaults.
 */
export function bcResNet(
  classes: number,
  { widths = [8, 12, 16, 20], blocks = 2, stem = 16, dropout = 0.1 }: BcResNetOptions = {},
): Layer {
  requireCount("bcResNet", "classes", classes);
  requireCount("bcResNet", "blocks", blocks);
  const stages = widths.map((width, i) =>
    sequential(
      Array.from({ length: blocks }, (_, j) =>
        broadcasted(width, { halve: j === 0 && (i === 1 || i === 2), dilation: 2 ** i, dropout }),
      ),
    ),
  );
  return sequential({
    picture: asPicture(),
    stem: sequential({ conv: conv2d(stem, 5, { stride: 2, bias: false }), norm: batchNorm(), act: relu() }),
    stages: sequential(stages),
    last: sequential({
      conv: conv2d(2 * widths.at(-1)!, 1, { bias: false }),
      norm: batchNorm(),
      act: relu(),
    }),
    pool: globalPool(),
    head: dense(classes),
  });
}

interface BlockOptions {
  readonly halve: boolean;
  readonly dilation: number;
  readonly dropout: number;
}

/** [batch, given, bands, frames] → [batch, width, bands or half of them, frames]. */
function broadcasted(width: number, { halve, dilation, dropout }: BlockOptions): Layer {
  return layer("broadcasted", (x, scope) => {
    const keeps = !halve && x.shape[1] === width;
    const change = sequential({ conv: conv2d(width, 1, { bias: false }), norm: batchNorm(), act: relu() });
    const entered = keeps ? x : scope.apply("change", change, x);
    const along = sequential({ conv: alongBands(halve ? 2 : 1), norm: batchNorm() });
    const bands = scope.apply("bands", along, entered);
    const frames = scope.apply(
      "frames",
      sequential({
        depthwise: depthwiseConv1d(3, { dilation, bias: false }),
        norm: batchNorm(),
        act: silu(),
        pointwise: conv1d(width, 1, { bias: false }),
        dropout: dropOut(dropout, { wholeChannels: true }),
      }),
      reduceMean(bands, { axes: [2] }),
    );
    const spread = add(bands, unsqueeze(frames, [2]));
    return scope.apply("act", relu(), keeps ? add(x, spread) : spread);
  });
}

/** A depthwise convolution over three bands of one frame. Parameter: `weight` [channels, 1, 3, 1]. */
function alongBands(stride: number): Layer {
  return layer("alongBands", (x, scope) => {
    const channels = fixedSize(x, 1, "channels");
    const weight = scope.parameter("weight", [channels, 1, 3, 1], heNormal);
    return conv(x, weight, undefined, { strides: [stride, 1], pads: [1, 0, 1, 0], groups: channels });
  });
}
