/**
 * The dumb baseline that is always on the board: the mean target, or the classes' shares.
 *
 * It looks at no feature, so whatever beats it has learnt something. The mean is
 * the best constant for squared error, the shares are the best for log loss.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { concat, constant, expand, shapeOf, type Value } from "../../graph/index.ts";
import { type Estimator, type Fitted, type Target, usableRows } from "../index.ts";

/** It has no parameter. */
export const constantBaselineParameters = {} as const satisfies ParameterTable;

/** Predicts the weighted mean, or the weighted class shares, for every row. */
export function constantBaseline(
  parameters: Partial<ParameterValues<typeof constantBaselineParameters>> = {},
): Estimator {
  return {
    family: "constant",
    parameters: resolveParameters("constantBaseline", constantBaselineParameters, parameters),
    tasks: ["regression", "classification"],
    readsLevels: true,
    async fit(rows) {
      const { y, weight, totalWeight } = usableRows("constantBaseline", rows, true);
      const answer = weightedShares(y, weight);
      for (let k = 0; k < answer.length; k++) answer[k]! /= totalWeight;
      return fittedConstant(answer, y.kind);
    },
  };
}

/** Sum of weighted targets, or of weights by class. */
function weightedShares(y: Target, weight: Float64Array | undefined): Float64Array {
  if (y.kind === "classification") {
    const sums = new Float64Array(y.classCount);
    for (let i = 0; i < y.codes.length; i++) sums[y.codes[i]!]! += weight?.[i] ?? 1;
    return sums;
  }
  let sum = 0;
  for (let i = 0; i < y.values.length; i++) sum += (weight?.[i] ?? 1) * y.values[i]!;
  return Float64Array.of(sum);
}

function fittedConstant(answer: Float64Array, kind: Target["kind"]): Fitted {
  const size = answer.length;
  return {
    family: "constant",
    emit: (x) => repeatRows(answer, x),
    reference(x) {
      const out = new Float64Array(x.rowCount * size);
      for (let i = 0; i < x.rowCount; i++) out.set(answer, i * size);
      return out;
    },
    summary: kind === "regression" ? { mean: answer[0]! } : { classes: size },
  };
}

/** One row of numbers for each row of x, whatever x holds. */
function repeatRows(row: Float64Array, x: Value): Value {
  const one = constant({ dtype: "float64", shape: [1, row.length], data: row });
  const width = constant({ dtype: "int64", shape: [1], data: BigInt64Array.of(BigInt(row.length)) });
  return expand(one, concat([shapeOf(x, 0, 1), width], 0));
}
