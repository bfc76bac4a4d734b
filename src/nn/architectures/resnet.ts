/**
 * Residual networks with basic blocks.
 *
 * Depth 18 is the network for large pictures: a stem that divides height and width by four, then stages of 64, 128,
 * 256 and 512 channels. Depths 6n + 2 (8, 14, 20, 32 …) are those for small ones: a stem of one convolution, then three
 * stages of 16, 32 and 64 channels with n blocks each. Where the shape changes, a 1 × 1 convolution makes the
 * shortcut fit in both. Source: He et al. 2016, "Deep residual learning for image recognition"; parameter names as in
 * torchvision, so far as blocks go.
 */
import { MillwrightError } from "../../core/index.ts";
import { relu } from "../layers/activation.ts";
import { sequential } from "../layers/compose.ts";
import { conv2d, globalPool } from "../layers/convolution.ts";
import { dense } from "../layers/dense.ts";
import { batchNorm } from "../layers/normalisation.ts";
import { maxPool } from "../layers/pooling.ts";
import { add } from "../../graph/index.ts";
import { type Layer, layer } from "../layer.ts";

export interface ResnetOptions {
  /** 18, or 6n + 2 for small pictures. */
  readonly depth: number;
}

/**
 * [batch, channels, height, width] → scores [batch, classes].
 *
 * Parameters: `stem.conv1.weight`, `stem.bn1.*`, `layer<i>.<j>.conv1.weight`, …, `layer<i>.<j>.downsample.0.weight`,
 * `fc.weight`, `fc.bias`.
 */
export function resnet(classes: number, { depth }: ResnetOptions): Layer {
  const large = depth === 18;
  if (!large && (depth < 8 || (depth - 2) % 6 !== 0)) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `resnet has { depth: ${depth} }, and needs 18 or 6n + 2.`,
      "Give 8, 14, 18, 20 or 32, say.",
    );
  }
  const widths = large ? [64, 128, 256, 512] : [16, 32, 64];
  const blocks = large ? 2 : (depth - 2) / 6;
  const stages = widths.map((width, i): [string, Layer] => [
    `layer${i + 1}`,
    sequential(Array.from({ length: blocks }, (_, j) => basicBlock(width, i > 0 && j === 0 ? 2 : 1))),
  ]);
  return sequential({
    stem: large
      ? largeStem()
      : sequential({ conv1: conv2d(16, 3, { bias: false }), bn1: batchNorm(), act: relu() }),
    ...Object.fromEntries(stages),
    pool: globalPool(),
    fc: dense(classes),
  });
}

const largeStem = (): Layer =>
  sequential({
    conv1: conv2d(64, 7, { stride: 2, bias: false }),
    bn1: batchNorm(),
    act: relu(),
    pool: maxPool(3, { stride: 2, padding: 1 }),
  });

/** Two convolutions beside a shortcut. */
function basicBlock(width: number, stride: number): Layer {
  const branch = sequential({
    conv1: conv2d(width, 3, { stride, bias: false }),
    bn1: batchNorm(),
    act: relu(),
    conv2: conv2d(width, 3, { bias: false }),
    bn2: batchNorm(),
  });
  const downsample = sequential([conv2d(width, 1, { stride, bias: false }), batchNorm()]);
  return layer("basicBlock", (x, scope) => {
    const fits = stride === 1 && x.shape[1] === width;
    const kept = fits ? x : scope.apply("downsample", downsample, x);
    return scope.apply("act", relu(), add(scope.apply("", branch, x), kept));
  });
}
