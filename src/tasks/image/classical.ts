/**
 * A few plain figures of each picture, for the forest that a network is held against.
 *
 * They are made by graph nodes, in training and in a file: means over a grid of about 8 × 8 places, how many pixels reach
 * each of seven levels, and how much neighbouring pixels differ.
 */
import * as ops from "../../graph/index.ts";
import type { Value } from "../../graph/index.ts";
import { levels } from "./nets.ts";
import type { PictureSize } from "./read-pictures.ts";

const grid = 8;
const steps = 8;

/** The figures of each picture, float64 [batch, figures]. */
export function pictureFigures(image: Value, { height, width }: PictureSize): Value {
  const x = levels(image);
  const cell = [Math.floor(height / grid), Math.floor(width / grid)];
  const places = ops.flatten(ops.averagePool(x, cell, { strides: cell }), 1);
  const reached = Array.from({ length: steps - 1 }, (_, k) =>
    ops.reduceMean(ops.cast(ops.greaterOrEqual(x, (k + 1) / steps), "float32"), { axes: [2, 3] }),
  );
  const change = (axis: 2 | 3, size: number): Value =>
    ops.reduceMean(
      ops.abs(ops.sub(ops.slice(x, [1], [size], [axis]), ops.slice(x, [0], [size - 1], [axis]))),
      { axes: [2, 3] },
    );
  return ops.cast(ops.concat([places, ...reached, change(2, height), change(3, width)], 1), "float64");
}
