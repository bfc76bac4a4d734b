/**
 * MobileNetV2: narrow layers between which features are spread, looked at channel by channel, and drawn together.
 *
 * Source: Sandler et al. 2018, "MobileNetV2: inverted residuals and linear bottlenecks", table 2.
 */
import { add, clip } from "../../graph/index.ts";
import { dropout as dropOut } from "../layers/activation.ts";
import { sequential } from "../layers/compose.ts";
import { conv2d, depthwiseConv2d, globalPool } from "../layers/convolution.ts";
import { dense } from "../layers/dense.ts";
import { batchNorm } from "../layers/normalisation.ts";
import { fixedSize, type Layer, layer, requireCount } from "../layer.ts";

export interface MobileNetOptions {
  /** Factor of all channels, above 0. Default 1. */
  readonly width?: number;
  /** Halvings of height and width, 1 … 5: 5 for pictures of 224 pixels, 3 for those of 64. Default 5. */
  readonly halvings?: number;
  /** Share of the last features left out in training. Default 0.2. */
  readonly dropout?: number;
}

/** Spread, channels, blocks, and whether the first block halves the picture. */
const table = [
  [1, 16, 1, false],
  [6, 24, 2, true],
  [6, 32, 3, true],
  [6, 64, 4, true],
  [6, 96, 3, false],
  [6, 160, 3, true],
  [6, 320, 1, false],
] as const;

const relu6 = (): Layer => layer("relu6", (x) => clip(x, 0, 6));

/** Channels times the width factor, in steps of 8, never less than nine tenths of it. */
function channelsOf(count: number, width: number): number {
  const wanted = count * width;
  const rounded = Math.max(8, Math.floor((wanted + 4) / 8) * 8);
  return rounded < 0.9 * wanted ? rounded + 8 : rounded;
}

/** [batch, channels, height, width] → scores [batch, classes]. The halvings that are left out are the earliest. */
export function mobileNetV2(
  classes: number,
  { width = 1, halvings = 5, dropout = 0.2 }: MobileNetOptions = {},
): Layer {
  requireCount("mobileNetV2", "halvings", halvings);
  let left = Math.max(0, 5 - halvings);
  const stride = (halves: boolean): number => (!halves ? 1 : left-- > 0 ? 1 : 2);
  const stem = normalised(conv2d(channelsOf(32, width), 3, { stride: stride(true), bias: false }));
  const blocks = table.flatMap(([spread, channels, count, halves]) =>
    Array.from({ length: count }, (_, i) =>
      invertedResidual(channelsOf(channels, width), spread, stride(halves && i === 0)),
    ),
  );
  return sequential({
    stem,
    blocks: sequential(blocks),
    last: normalised(conv2d(channelsOf(1280, Math.max(1, width)), 1, { bias: false })),
    pool: globalPool(),
    dropout: dropOut(dropout),
    head: dense(classes),
  });
}

const normalised = (conv: Layer): Layer => sequential({ conv, norm: batchNorm(), act: relu6() });

/** Wide inside, narrow at both ends, with a shortcut where the shape stays. */
function invertedResidual(channels: number, spread: number, stride: number): Layer {
  return layer("invertedResidual", (x, scope) => {
    const given = fixedSize(x, 1, "channels");
    const wide =
      spread === 1 ? x : scope.apply("expand", normalised(conv2d(given * spread, 1, { bias: false })), x);
    const seen = scope.apply("depthwise", normalised(depthwiseConv2d(3, { stride, bias: false })), wide);
    const project = sequential({ conv: conv2d(channels, 1, { bias: false }), norm: batchNorm() });
    const y = scope.apply("project", project, seen);
    return stride === 1 && given === channels ? add(x, y) : y;
  });
}
