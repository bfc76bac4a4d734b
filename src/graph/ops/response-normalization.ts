/**
 * Local response normalisation: each element divided by what its neighbours in other channels answer.
 *
 * y = x / s^β with s = bias + α/size · Σ x² over `size` channels around. Source: Krizhevsky, Sutskever &
 * Hinton 2012, "ImageNet classification with deep convolutional neural networks", section 3.3, in the
 * form of the ONNX operator text LRN-13. Newer nets have none; old files do.
 */
import { apply, defineOp, noGradient, requireDtype, shapeError } from "../definition.ts";
import { showShape } from "../dims.ts";
import { type AxisMatrix, mostWeights, transposedAlong } from "./axis-matrix.ts";
import { requireFloat32 } from "./elementwise.ts";
import { noWindowGradient } from "./window.ts";
import type { OpDefinition, Value } from "../types.ts";

const lrnOp = defineOp({
  name: "localResponseNormalization",
  type: "LRN",
  inputs: [1, 1],
  attributes: { alpha: "float", beta: "float", bias: "float", size: "int" },
  infer(call) {
    const x = requireDtype(call, 0, "float");
    const size = call.attributes.int("size", 0);
    if (x.shape.length < 3 || size < 1 || size % 2 === 0) {
      throw shapeError(
        call,
        `takes [batch, channel, …] and an odd number of channels, as ONNX Runtime does, and has ${showShape(x.shape)} and ${size}.`,
        "Unsqueeze it, or choose another number of channels.",
      );
    }
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  gradient({ inputs: [x], outputs: [y], attributes, gradient: g }, ops) {
    const channels = x!.shape[1]!;
    if (typeof channels !== "number") {
      return noWindowGradient("localResponseNormalization", "over channels counted only when the graph runs");
    }
    const size = attributes.int("size", 1);
    if (channels * Math.min(size, channels) > mostWeights)
      throw noGradient(
        "localResponseNormalization",
        `over ${size} of ${channels} channels, ${mostWeights} weights at most`,
      );
    const [alpha, beta] = [attributes.float("alpha", 1e-4), attributes.float("beta", 0.75)];
    const half = (size - 1) / 2;
    // Row i is what channel i sums over, and as well who sums over it.
    const around: AxisMatrix = Array.from({ length: channels }, (_, i) => {
      const first = Math.max(0, i - half);
      const seen = Array.from({ length: Math.min(channels, i + half + 1) - first }, (_each, k) => first + k);
      return new Map(seen.map((at) => [at, 1]));
    });
    const squares = transposedAlong(ops.mul(x!, x!), x!, 1, around, ops);
    const scale = ops.add(ops.mul(squares, alpha / size), attributes.float("bias", 1));
    const shared = transposedAlong(ops.div(ops.mul(g, y!), scale), x!, 1, around, ops);
    return [
      ops.sub(ops.mul(g, ops.pow(scale, -beta)), ops.mul(ops.mul(x!, shared), (2 * alpha * beta) / size)),
    ];
  },
});

export interface LocalResponseOptions {
  /** Channels summed over, an odd number. */
  readonly size: number;
  /** Weight of the squares. Default 1e-4. */
  readonly alpha?: number;
  /** Exponent. Default 0.75. */
  readonly beta?: number;
  /** Added to the squares. Default 1. */
  readonly bias?: number;
}

/**
 * Local response normalisation over channels, as in AlexNet.
 *
 * @param x - [batch, channel, …size]. float32.
 */
export function localResponseNormalization(x: Value, options: LocalResponseOptions): Value {
  return apply(lrnOp, [requireFloat32("localResponseNormalization", x)], { ...options });
}

export const responseNormalizationOps: readonly OpDefinition[] = [lrnOp];
