/**
 * A small vision transformer: the picture cut into patches, which then look at each other.
 *
 * The head sees the mean over all patches; there is no class token. Source: Dosovitskiy et al. 2021, "An image is worth
 * 16×16 words"; Beyer et al. 2022, "Better plain ViT baselines" (the mean in place of the token).
 */
import { reshape, transpose } from "../../graph/index.ts";
import { meanOver } from "../layers/activation.ts";
import { learnedPositions, transformerBlock } from "../layers/attention.ts";
import { sequential } from "../layers/compose.ts";
import { conv2d } from "../layers/convolution.ts";
import { dense } from "../layers/dense.ts";
import { layerNorm } from "../layers/normalisation.ts";
import { fixedSize, type Layer, layer, requireCount } from "../layer.ts";

export interface VitOptions {
  /** Pixels across and down a patch; divides height and width. Default 8. */
  readonly patch?: number;
  /** Features of a patch. Default 128. */
  readonly features?: number;
  /** Blocks. Default 4. */
  readonly depth?: number;
  /** Parts of the features that attend by themselves; divides them. Default 4. */
  readonly heads?: number;
  /** Units between, by features. Default 2. */
  readonly spread?: number;
  /** Share left out of what each part of a block gives. Default 0.1. */
  readonly dropout?: number;
}

/** [batch, channels, height, width] → scores [batch, classes]. */
export function vit(
  classes: number,
  { patch = 8, features = 128, depth = 4, heads = 4, spread = 2, dropout = 0.1 }: VitOptions = {},
): Layer {
  requireCount("vit", "patch", patch);
  requireCount("vit", "depth", depth);
  const blocks = Array.from({ length: depth }, () =>
    transformerBlock({ heads, feedForward: spread * features, activation: "gelu", dropout }),
  );
  return sequential({
    patches: conv2d(features, patch, { stride: patch, padding: 0 }),
    order: sequence(),
    positions: learnedPositions(),
    blocks: sequential(blocks),
    norm: layerNorm(),
    mean: meanOver(1),
    head: dense(classes),
  });
}

/** [batch, features, height, width] → [batch, height × width, features]. */
function sequence(): Layer {
  return layer("sequence", (x) => {
    const [features, height, width] = [1, 2, 3].map((axis) => fixedSize(x, axis, "places")) as [
      number,
      number,
      number,
    ];
    const batch = typeof x.shape[0] === "number" ? x.shape[0] : -1;
    return transpose(reshape(x, [batch, features, height * width]), [0, 2, 1]);
  });
}
