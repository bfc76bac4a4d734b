/** A mixture of normal distributions in the graph. */
import {
  add,
  concat,
  constant,
  div,
  exp,
  matMul,
  mul,
  reduceMax,
  reduceSum,
  sub,
  unsqueeze,
  type Value,
} from "../../graph/index.ts";
import { constantOf, type Mixture, type MixtureShape } from "./mixture-steps.ts";

/** log(weight × density). @returns float64 [batch, clusters]. */
export function emitLogDensities(x: Value, mixture: Mixture, covariance: MixtureShape["covariance"]): Value {
  const { weights, means, precisions } = mixture;
  const k = weights.length;
  const p = means.length / k;
  const numbers = (data: Float64Array, shape: readonly number[]): Value =>
    constant({ dtype: "float64", shape, data });
  const constants = Float64Array.from(weights, (_, c) => constantOf(weights, precisions, p, covariance, c));
  let squares: Value;
  if (covariance === "diagonal") {
    const difference = sub(unsqueeze(x, [1]), numbers(means, [1, k, p]));
    const scaled = mul(difference, numbers(precisions, [1, k, p]));
    squares = reduceSum(mul(scaled, scaled), { axes: [2], keepDims: false });
  } else {
    const each = Array.from({ length: k }, (_, c) => {
      const difference = sub(x, numbers(means.slice(c * p, (c + 1) * p), [1, p]));
      const scaled = matMul(difference, numbers(precisions.slice(c * p * p, (c + 1) * p * p), [p, p]));
      return reduceSum(mul(scaled, scaled), { axes: [1], keepDims: true });
    });
    squares = each.length === 1 ? each[0]! : concat(each, 1);
  }
  return add(mul(squares, -0.5), numbers(constants, [1, k]));
}

/** Shares of the sum, from logarithms. float64 [batch, clusters], each row with the sum 1. */
export function emitShares(logarithms: Value): Value {
  const raised = exp(sub(logarithms, reduceMax(logarithms, { axes: [1], keepDims: true })));
  return div(raised, reduceSum(raised, { axes: [1], keepDims: true }));
}
