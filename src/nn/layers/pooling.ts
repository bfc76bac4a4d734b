/** Pooling: the largest or the mean of each window of [batch, channels, (height,) width]. */
import { averagePool as averagePoolOp, isKnown, maxPool as maxPoolOp, relu } from "../../graph/index.ts";
import { MillwrightError } from "../../core/index.ts";
import { type Layer, layer, requireCount } from "../layer.ts";

export interface PoolLayerOptions {
  /** Step of the window. Default: its size. */
  readonly stride?: number;
  /** Places outside on every side, which never win and count for nothing; fewer than its size. Default 0. */
  readonly padding?: number;
}

/**
 * The largest of each window.
 *
 * Of what a `relu` made, the pool is put before the `relu`: the same numbers, and the gradient of the
 * `relu` has a quarter of the elements with windows of 2 × 2.
 */
export function maxPool(size: number, options: PoolLayerOptions = {}): Layer {
  return pool("maxPool", poolBeforeRelu, size, options);
}

const poolBeforeRelu: typeof maxPoolOp = (x, kernel, options) => {
  const { producer } = x;
  const before = producer.kind === "node" && producer.definition?.name === "relu" ? producer.inputs[0]! : x;
  return isKnown(before) && before !== x
    ? relu(maxPoolOp(before, kernel, options))
    : maxPoolOp(x, kernel, options);
};

/** The mean of each window. */
export function averagePool(size: number, options: PoolLayerOptions = {}): Layer {
  return pool("averagePool", averagePoolOp, size, options);
}

function pool(
  kind: string,
  op: typeof maxPoolOp,
  size: number,
  { stride = size, padding = 0 }: PoolLayerOptions,
): Layer {
  requireCount(kind, "size", size);
  requireCount(kind, "stride", stride);
  requireCount(kind, "padding", padding, 0);
  if (padding >= size) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${kind} has windows of ${size} and { padding: ${padding} }: some windows would see nothing but padding.`,
      "Give a padding below the size.",
    );
  }
  return layer(kind, (x) => {
    const dims = x.shape.length - 2;
    const all = (n: number, count = dims): number[] => new Array<number>(count).fill(n);
    return op(x, all(size), { strides: all(stride), pads: all(padding, 2 * dims) });
  });
}
