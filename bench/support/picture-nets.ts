/** The networks of `bench/image-accuracy.ts`. */
import * as nn from "../../src/nn/index.ts";

/** A convolution, halved where told, then normalised. */
function stage(width: number, down: "pool" | "stride" | "keep"): nn.Layer {
  const stride = down === "stride" ? 2 : 1;
  const conv = nn.conv2d(width, 3, { bias: false, stride });
  const rest = { norm: nn.batchNorm(), act: nn.relu() };
  return nn.sequential(down === "pool" ? { conv, pool: nn.maxPool(2), ...rest } : { conv, ...rest });
}

/** By the number of classes. Those that `--peer` trains stand in `bench/image-accuracy.py` too. */
export const pictureNets = {
  resnet8: (classes: number) => nn.resnet(classes, { depth: 8 }),
  resnet14: (classes: number) => nn.resnet(classes, { depth: 14 }),
  small: (classes: number) =>
    nn.sequential([
      stage(32, "pool"),
      stage(64, "stride"),
      stage(96, "pool"),
      nn.flatten(),
      nn.dropout(0.2),
      nn.dense(classes),
    ]),
  vit: (classes: number) => nn.vit(classes, { patch: 7, features: 64, depth: 3, dropout: 0 }),
  large: (classes: number) =>
    nn.sequential([
      stage(32, "keep"),
      stage(64, "stride"),
      nn.residual(stage(64, "keep")),
      stage(128, "stride"),
      nn.residual(stage(128, "keep")),
      nn.globalPool(),
      nn.dropout(0.2),
      nn.dense(classes),
    ]),
  flowers: (classes: number) =>
    nn.sequential([
      stage(32, "pool"),
      stage(64, "pool"),
      stage(128, "pool"),
      nn.residual(stage(128, "keep")),
      stage(256, "pool"),
      nn.residual(stage(256, "keep")),
      nn.globalPool(),
      nn.dropout(0.2),
      nn.dense(classes),
    ]),
} as const;
