/**
 * Products with a constant matrix along one dimension.
 *
 * Pools of means, resizes and pads of known sizes are linear in each dimension by itself, and their
 * gradient is the product with the transposed matrix: one rule for every mode, and no scattering.
 */
import type { DType } from "../../core/index.ts";
import { staticShape } from "../dims.ts";
import { constant, fillTensor, int64s } from "../value.ts";
import { scatterAlong } from "./indexing.ts";
import type { Dim, Ops, Value } from "../types.ts";

/** What each output takes of the inputs: weights by place. */
export type AxisMatrix = readonly ReadonlyMap<number, number>[];

/** Most weights and places that a gradient rule writes out: only a hostile file asks for more. */
export const mostWeights = 2 ** 22;

/** Largest matrix that is written out: 4 MB. A longer dimension, as of a sound, is scattered weight by weight. */
const largestMatrix = 2 ** 20;

/** g · matrix along an axis of g that has a place a row: the gradient of "matrix · x" by x, where x is `like`. */
export function transposedAlong(g: Value, like: Value, axis: number, matrix: AxisMatrix, ops: Ops): Value {
  const size = Number(like.shape[axis]);
  if (isIdentity(matrix, size)) return g;
  if (matrix.length * size > largestMatrix) return scattered(g, like, axis, matrix, ops);
  const rank = g.shape.length;
  if (axis === rank - 1) return ops.matMul(g, written(matrix, size, g.dtype, false));
  const left = written(matrix, size, g.dtype, true);
  if (axis === rank - 2) return ops.matMul(left, g);
  // What lies behind the axis becomes one dimension.
  const front = g.shape.slice(0, axis + 1).map(() => 0);
  const product = ops.matMul(left, ops.reshape(g, [...front, -1]));
  const behind: readonly Dim[] = g.shape.slice(axis + 1);
  const fixed = staticShape(behind);
  return ops.reshape(
    product,
    fixed ? [...front, ...fixed] : ops.concat([int64s(front), ops.shapeOf(g, axis + 1)], 0),
  );
}

/** Every output is one input. */
function isIdentity(matrix: AxisMatrix, size: number): boolean {
  return matrix.length === size && matrix.every((row, i) => row.size === 1 && row.get(i) === 1);
}

function written(matrix: AxisMatrix, size: number, dtype: DType, transposed: boolean): Value {
  const rows = matrix.length;
  const data = Array<number>(rows * size).fill(0);
  matrix.forEach((row, i) => {
    for (const [j, weight] of row) data[transposed ? j * rows + i : i * size + j] = weight;
  });
  return constant({ dtype, shape: transposed ? [size, rows] : [rows, size], data: fillTensor(dtype, data) });
}

/** The first weight of every row, then the second: each a product and a scatter that adds. */
function scattered(g: Value, like: Value, axis: number, matrix: AxisMatrix, ops: Ops): Value {
  const rows = matrix.map((row) => [...row]);
  const most = rows.reduce((length, row) => Math.max(length, row.length), 0);
  let sum: Value | undefined;
  for (let i = 0; i < most; i++) {
    const weights = fillTensor(
      g.dtype,
      rows.map((row) => row[i]?.[1] ?? 0),
    );
    const shape = g.shape.slice(axis).map((_, at) => (at === 0 ? rows.length : 1));
    const part = ops.mul(g, constant({ dtype: g.dtype, shape, data: weights }));
    const places = int64s(rows.map((row) => row[i]?.[0] ?? 0));
    const back = scatterAlong(part, places, axis, like, ops);
    sum = sum ? ops.add(sum, back) : back;
  }
  return sum ?? ops.zerosLike(like);
}
