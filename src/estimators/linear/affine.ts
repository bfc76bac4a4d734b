/**
 * A fitted affine function of the features, in the graph and by hand.
 *
 * It is written as (x − mean) · b + offset: a year or an epoch times a slope, minus
 * nearly the same, would lose the digits that the fit took care of. Features with
 * coefficient 0 are not read at all, so that whatever they hold cannot reach the answer.
 */
import type { Matrix, SparseRows } from "../../features/index.ts";
import {
  add,
  concat,
  constant,
  expand,
  gather,
  matMul,
  shapeOf,
  sub,
  type Value,
} from "../../graph/index.ts";

export interface Affine {
  /** Column by column, one per output. Shape [outputs][p]. */
  readonly coefficients: readonly Float64Array[];
  /** Shape [p]. */
  readonly mean: Float64Array;
  /** Answer at the mean. Shape [outputs]. */
  readonly offset: Float64Array;
}

/** Features that some output reads, ascending. */
export function activeFeatures({ coefficients, mean }: Affine): number[] {
  return Array.from(mean, (_, j) => j).filter((j) => coefficients.some((b) => b[j] !== 0));
}

/** float64 [batch, p] → float64 [batch, outputs]. */
export function emitAffine(affine: Affine, x: Value): Value {
  const active = activeFeatures(affine);
  const outputs = affine.offset.length;
  const offset = constant({ dtype: "float64", shape: [1, outputs], data: affine.offset });
  if (active.length === 0) {
    const width = constant({ dtype: "int64", shape: [1], data: BigInt64Array.of(BigInt(outputs)) });
    return expand(offset, concat([shapeOf(x, 0, 1), width], 0));
  }
  const read = active.length === affine.mean.length ? x : gather(x, active, 1);
  const mean = Float64Array.from(active, (j) => affine.mean[j]!);
  const slopes = new Float64Array(active.length * outputs);
  active.forEach((j, a) => {
    affine.coefficients.forEach((b, k) => {
      slopes[a * outputs + k] = b[j]!;
    });
  });
  const centred = mean.some((m) => m !== 0)
    ? sub(read, constant({ dtype: "float64", shape: [1, active.length], data: mean }))
    : read;
  const product = matMul(
    centred,
    constant({ dtype: "float64", shape: [active.length, outputs], data: slopes }),
  );
  return add(product, offset);
}

/** The same by plain loops. Row-major [rowCount, outputs]. */
export function affineReference(affine: Affine, x: Matrix): Float64Array {
  const active = activeFeatures(affine);
  const outputs = affine.offset.length;
  if (x.sparse !== undefined) return sparseReference(affine, x.sparse);
  const out = new Float64Array(x.rowCount * outputs);
  for (let i = 0; i < x.rowCount; i++) {
    for (let k = 0; k < outputs; k++) {
      let total = 0;
      for (const j of active) total += (x.columns[j]![i]! - affine.mean[j]!) * affine.coefficients[k]![j]!;
      out[i * outputs + k] = total + affine.offset[k]!;
    }
  }
  return out;
}

/** What a zero gives is summed once for all rows. */
function sparseReference(
  { coefficients, mean, offset }: Affine,
  { starts, index, values }: SparseRows,
): Float64Array {
  const outputs = offset.length;
  const out = new Float64Array((starts.length - 1) * outputs);
  for (let k = 0; k < outputs; k++) {
    const b = coefficients[k]!;
    let zeros = 0;
    for (let j = 0; j < b.length; j++) zeros -= mean[j]! * b[j]!;
    for (let i = 0; i + 1 < starts.length; i++) {
      let total = zeros;
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        const slope = b[index[at]!]!;
        if (slope !== 0) total += values[at]! * slope;
      }
      out[i * outputs + k] = total + offset[k]!;
    }
  }
  return out;
}
