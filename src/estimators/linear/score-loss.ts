/**
 * Losses of linear scores, one table entry each: the terms of a row in the graph, and where a fit
 * starts.
 *
 * Log losses of two classes and more, and half the deviances of numbers above 0 whose mean is
 * exp(score): Poisson (power 1), gamma (power 2) and Tweedie between. All are convex and at least 0. Source:
 * Jørgensen 1987, J. R. Stat. Soc. B 49(2).
 */
import {
  abs,
  add,
  cast,
  div,
  exp,
  greater,
  log,
  max,
  mul,
  neg,
  reduceMax,
  reduceSum,
  relu,
  sigmoid,
  slice,
  sub,
  type Value,
} from "../../graph/index.ts";

/** One value a row each, or of several outputs [outputs, rows] for `slope`. */
export interface LossTerms {
  readonly losses: Value;
  /** First derivative by the scores. Shape [outputs, rows]. */
  readonly slope: Value;
  /** Second derivative by the scores of outputs a and b. Shape [1, rows]. */
  readonly curvature: (a: number, b: number) => Value;
}

export interface ScoreLoss {
  /** Scores a row. */
  readonly outputs: number;
  /** @param scores - Shape [outputs, rows]. @param y - Of the same shape. */
  terms(scores: Value, y: Value): LossTerms;
  /** The score where a fit starts. @param mean - Weighted mean of the target. */
  constant(mean: number): number;
  /** Second derivative of one score: its largest, or where it has no bound, at the start. */
  typicalCurvature(mean: number): number;
  /** What the strengths of a penalty are counted in when one is chosen. */
  penaltyUnit(mean: number): number;
  /** Whether rows with these targets can be learnt from alone. */
  complete(target: ArrayLike<number>): boolean;
}

/** Log loss of 0 and 1, or of classes 0 … classCount − 1. */
export function logLossOf(classCount: number): ScoreLoss {
  return {
    outputs: classCount === 2 ? 1 : classCount,
    terms: classCount === 2 ? twoClasses : manyClasses,
    constant: () => 0,
    typicalCurvature: () => (classCount === 2 ? 0.25 : 0.5),
    penaltyUnit: () => 1,
    complete(codes) {
      const seen = new Uint8Array(classCount);
      for (let i = 0; i < codes.length; i++) seen[codes[i]!] = 1;
      return seen.every((one) => one === 1);
    },
  };
}

function twoClasses(s: Value, y: Value): LossTerms {
  const p = sigmoid(s);
  return {
    losses: sub(add(log(add(exp(neg(abs(s))), 1)), relu(s)), mul(s, y)),
    slope: sub(p, y),
    curvature: () => mul(p, sub(1, p)),
  };
}

function manyClasses(s: Value, y: Value): LossTerms {
  const top = reduceMax(s, { axes: [0], keepDims: true });
  const e = exp(sub(s, top));
  const total = reduceSum(e, { axes: [0], keepDims: true });
  const p = div(e, total);
  const row = (k: number): Value => slice(p, [k], [k + 1], [0]);
  return {
    losses: sub(add(log(total), top), reduceSum(mul(s, y), { axes: [0], keepDims: true })),
    slope: sub(p, y),
    curvature: (a, b) => (a === b ? mul(row(a), sub(1, row(a))) : neg(mul(row(a), row(b)))),
  };
}

/** max(0, 1 − margin)² of 0 and 1, the margin being the score with the sign of the class. */
export const squaredHinge: ScoreLoss = {
  outputs: 1,
  terms(s, y) {
    const sign = sub(mul(y, 2), 1);
    const short = relu(sub(1, mul(sign, s)));
    return {
      losses: mul(short, short),
      slope: mul(mul(short, sign), -2),
      curvature: () => mul(cast(greater(short, 0), "float64"), 2),
    };
  },
  constant: () => 0,
  typicalCurvature: () => 2,
  penaltyUnit: () => 1,
  complete: (codes) => logLossOf(2).complete(codes),
};

/**
 * Half the deviance of a number above 0 with variance mean^power and mean exp(score).
 *
 * @param power - From 1 (counts) to 2 (amounts).
 */
export function halfDeviance(power: number): ScoreLoss {
  const atConstant = (mean: number): number => Math.max(mean, 1e-300) ** (2 - power);
  return {
    outputs: 1,
    terms(s, y) {
      // What a perfect score would lose is taken off, so that the loss is at least 0.
      const logY = log(max(y, 1e-300));
      if (power === 1) {
        const mean = exp(s);
        const losses = add(sub(mean, mul(y, s)), mul(y, sub(logY, 1)));
        return { losses, slope: sub(mean, y), curvature: () => mean };
      }
      const pull = mul(y, exp(mul(s, 1 - power)));
      if (power === 2) {
        return { losses: sub(sub(add(pull, s), logY), 1), slope: sub(1, pull), curvature: () => pull };
      }
      const push = exp(mul(s, 2 - power));
      const perfect = mul(y, exp(mul(logY, 1 - power)));
      return {
        losses: add(add(div(push, 2 - power), div(pull, power - 1)), div(perfect, (1 - power) * (2 - power))),
        slope: sub(push, pull),
        curvature: () => add(mul(push, 2 - power), mul(pull, power - 1)),
      };
    },
    constant: (mean) => Math.log(Math.max(mean, 1e-300)),
    typicalCurvature: atConstant,
    penaltyUnit: atConstant,
    complete(target) {
      for (let i = 0; i < target.length; i++) if (target[i]! > 0) return true;
      return false;
    },
  };
}
