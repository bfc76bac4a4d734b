/**
 * Products with a constant matrix along one dimension.
 *
 * Pools of means, resizes and pads of known sizes are linear in each dimension by itself, and their
 * gradient is the product with the transposed matrix: one rule for every mode, and no scattering.
 */
import { constant, fillTensor } from "../value.ts";
import { staticShape } from "../dims.ts";
import type { DType } from "../../core/index.ts";
import type { Dim, Ops, Value } from "../types.ts";

/** Rows of a matrix of numbers: what each output takes of each input. */
export type AxisMatrix = readonly Float64Array[];

/** Every output is one input. */
export function isIdentity(matrix: AxisMatrix, size: number): boolean {
  return (
    matrix.length === size && matrix.every((row, i) => row.every((weight, j) => weight === (i === j ? 1 : 0)))
  );
}

/** g · matrix along an axis of g that has a place a row: the gradient of "matrix · x" by x. */
export function transposedAlong(g: Value, axis: number, matrix: AxisMatrix, size: number, ops: Ops): Value {
  if (isIdentity(matrix, size)) return g;
  const rank = g.shape.length;
  if (axis === rank - 1) return ops.matMul(g, matrixOf(matrix, size, g.dtype, false));
  const left = matrixOf(matrix, size, g.dtype, true);
  if (axis === rank - 2) return ops.matMul(left, g);
  // What lies behind the axis becomes one dimension.
  const front = g.shape.slice(0, axis + 1).map(() => 0);
  const product = ops.matMul(left, ops.reshape(g, [...front, -1]));
  const behind: readonly Dim[] = g.shape.slice(axis + 1);
  const fixed = staticShape(behind);
  return ops.reshape(
    product,
    fixed ? [...front, ...fixed] : ops.concat([ops.int64s(front), ops.shapeOf(g, axis + 1)], 0),
  );
}

function matrixOf(matrix: AxisMatrix, size: number, dtype: DType, transposed: boolean): Value {
  const rows = matrix.length;
  const data = new Array<number>(rows * size);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < size; j++) data[transposed ? j * rows + i : i * size + j] = matrix[i]![j]!;
  return constant({ dtype, shape: transposed ? [size, rows] : [rows, size], data: fillTensor(dtype, data) });
}
