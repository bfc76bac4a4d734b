/** Layers without parameters: activations, dropout, and changes of shape. */
import { MillwrightError } from "../../core/index.ts";
import * as ops from "../../graph/index.ts";
import { type Layer, layer, requireCount, requireShare } from "../layer.ts";
import { sizesAfterBatch } from "./dense.ts";

/** max(x, 0). An infinite gradient that comes to a unit at 0 goes on as NaN, where PyTorch has 0: see docs/ops.md. */
export const relu = (): Layer => layer("relu", (x) => ops.relu(x));
export const leakyRelu = (slope = 0.01): Layer => layer("leakyRelu", (x) => ops.leakyRelu(x, slope));
export const elu = (alpha = 1): Layer => layer("elu", (x) => ops.elu(x, alpha));
export const selu = (): Layer => layer("selu", (x) => ops.selu(x));
export const gelu = (approximate: "none" | "tanh" = "none"): Layer =>
  layer("gelu", (x) => ops.gelu(x, approximate));
/**
 * x · sigmoid(x), also called swish.
 *
 * ONNX Runtime 1.30 makes one op of that, which it has in float32 only; in float64 the sigmoid is written by its tanh.
 */
export const silu = (): Layer =>
  layer("silu", (x) => {
    if (x.dtype !== "float64") return ops.mul(x, ops.sigmoid(x));
    return ops.mul(x, ops.add(ops.mul(ops.tanh(ops.mul(x, 0.5)), 0.5), 0.5));
  });
export const mish = (): Layer => layer("mish", (x) => ops.mish(x));
export const hardSwish = (): Layer => layer("hardSwish", (x) => ops.hardSwish(x));
export const sigmoid = (): Layer => layer("sigmoid", (x) => ops.sigmoid(x));
export const hardSigmoid = (): Layer => layer("hardSigmoid", (x) => ops.hardSigmoid(x));
export const tanh = (): Layer => layer("tanh", (x) => ops.tanh(x));
export const softplus = (): Layer => layer("softplus", (x) => ops.softplus(x));
/** Shares that add up to 1 along an axis; the last by default. */
export const softmax = (axis = -1): Layer => layer("softmax", (x) => ops.softmax(x, axis));

/**
 * Sets a share of the elements to 0 in training and scales the others by 1 / (1 − rate); nothing
 * otherwise.
 *
 * @param rate - Chance of 0, in [0, 1).
 * @param options.wholeChannels - Drops channels of [batch, channels, ..] whole (spatial dropout).
 */
export function dropout(
  rate: number,
  { wholeChannels = false }: { readonly wholeChannels?: boolean } = {},
): Layer {
  requireShare("dropout", "rate", rate);
  return layer("dropout", (x, scope) => {
    if (!scope.training || rate === 0) return x;
    const shape = wholeChannels ? x.shape.map((size, axis) => (axis < 2 ? size : 1)) : x.shape;
    return ops.mul(x, scope.mask(shape, rate));
  });
}

/** [batch, ..] → [batch, everything]. */
export const flatten = (): Layer => layer("flatten", (x) => ops.flatten(x, 1));

/** Gives each row a new shape: [batch, ..] → [batch, ...sizes]. One size may be −1. */
export function reshape(...sizes: readonly number[]): Layer {
  for (const size of sizes) if (size !== -1) requireCount("reshape", "size", size);
  const open = sizes.includes(-1);
  const product = sizes.reduce((all, size) => (size === -1 ? all : all * size), 1);
  return layer("reshape", (x) => {
    const row = x.shape.slice(1);
    const elements = row.every((size) => typeof size === "number")
      ? row.reduce((all, size) => all * size, 1)
      : undefined;
    if (elements !== undefined && (open ? elements % product : elements - product) !== 0) {
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `makes [${sizes.join(", ")}], ${product} elements${open ? " times -1" : ""}, of rows of ${elements}.`,
        "Give sizes whose product is that of the row's sizes.",
      );
    }
    return ops.reshape(x, [typeof x.shape[0] === "number" ? x.shape[0] : 0, ...sizes]);
  });
}

/** Swaps axes: `order` lists the axes of the input in their new places, the batch (0) included. */
export function permute(...order: readonly number[]): Layer {
  return layer("permute", (x) => ops.transpose(x, order));
}

/** Mean over an axis: over the positions of [batch, positions, features], say. */
export function meanOver(axis: number): Layer {
  return layer("meanOver", (x) => ops.reduceMean(x, { axes: [axis] }));
}

/** Maximum over an axis. */
export function maxOver(axis: number): Layer {
  return layer("maxOver", (x) => ops.reduceMax(x, { axes: [axis] }));
}

/** One position of an axis, counted from the end when negative: the last state of a sequence, say. */
export function pick(axis: number, index: number): Layer {
  if (!Number.isSafeInteger(index)) requireCount("pick", "index", index, 0);
  return layer("pick", (x) => ops.gather(x, ops.scalar("int64", index), axis));
}

/** Repeats each pixel of [batch, channels, height, width] `factor` times both ways. */
export function upsample(factor: number): Layer {
  requireCount("upsample", "factor", factor);
  return layer("upsample", (x) => {
    const fixed = sizesAfterBatch(x.shape);
    const [n, c, h, w] = (fixed ?? x.shape) as [number, number, number, number];
    const spread = ops.expand(ops.unsqueeze(ops.unsqueeze(x, [3]), [5]), [1, 1, 1, factor, 1, factor]);
    return ops.reshape(spread, [n, c, h * factor, w * factor]);
  });
}
