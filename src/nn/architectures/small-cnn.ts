/**
 * A small convolutional network: the first one to try on small pictures.
 *
 * Each stage looks at 3 × 3 places, keeps the largest answer of each 2 × 2, and normalises. Pooling comes
 * before the normalisation, which then has a quarter of the numbers to go over.
 */
import { dense } from "../layers/dense.ts";
import { dropout as dropOut, flatten, relu } from "../layers/activation.ts";
import { sequential } from "../layers/compose.ts";
import { conv2d, globalPool } from "../layers/convolution.ts";
import { batchNorm } from "../layers/normalisation.ts";
import { maxPool } from "../layers/pooling.ts";
import type { Layer } from "../layer.ts";

export interface SmallCnnOptions {
  /** Channels of each stage; each halves height and width. Default [32, 64, 128]. */
  readonly widths?: readonly number[];
  /** Share of the last features left out in training. Default 0.2. */
  readonly dropout?: number;
  /** Whether the head sees the mean over all places, or each place by itself. Default "mean". */
  readonly head?: "mean" | "places";
}

/**
 * [batch, channels, height, width] → scores [batch, classes].
 *
 * Parameters: `stages.<i>.conv.weight`, `stages.<i>.norm.*`, `head.weight`, `head.bias`.
 */
export function smallCnn(
  classes: number,
  { widths = [32, 64, 128], dropout = 0.2, head = "mean" }: SmallCnnOptions = {},
): Layer {
  const stage = (width: number): Layer =>
    sequential({ conv: conv2d(width, 3, { bias: false }), pool: maxPool(2), norm: batchNorm(), act: relu() });
  return sequential({
    stages: sequential(widths.map(stage)),
    pool: head === "mean" ? globalPool() : flatten(),
    dropout: dropOut(dropout),
    head: dense(classes),
  });
}
