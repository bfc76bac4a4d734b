/**
 * Logistic regression, binary and multinomial, with an L2 penalty:
 * Σ w log loss + ½ l2 ‖b‖², constants not penalised.
 *
 * The optimum is scikit-learn's with C = 1 / l2, on the features as given; `standardize` counts them in
 * standard deviations. Left to itself it takes the l2 of least cross-validated log loss, on at most
 * 20,000 rows: as a prior, the right l2 hardly depends on the number of rows. A class without a row has
 * probability 0.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { concat, gather, neg, pad, sigmoid, softmax, type Value } from "../../graph/index.ts";
import { type Estimator, type FitContext, type Fitted, type TrainingSet, usableRows } from "../index.ts";
import { type Affine, affineReference, emitAffine } from "./affine.ts";
import { type LogisticBlocks, logisticBlocks } from "./logistic-blocks.ts";
import { type Minimum, minimise } from "./logistic-minimise.ts";
import { logisticObjective } from "./logistic-objective.ts";
import { choosePenalty } from "./logistic-path.ts";
import { onFeatures, presentClasses, sampleStart } from "./logistic-start.ts";
import { requireClasses } from "./require.ts";

export const logisticParameters = {
  l2: {
    type: "number",
    default: 0,
    min: 0,
    max: Infinity,
    scale: "log",
    meaning:
      "strength of the penalty ½ l2 ‖b‖² against the summed log loss (1 / C elsewhere); 0 chooses it by cross-validation",
  },
  standardize: {
    type: "boolean",
    default: false,
    meaning: "penalise coefficients per standard deviation of their feature, not per unit",
  },
  maxIter: { type: "integer", default: 1000, min: 1, max: 1e6, meaning: "most steps of the minimiser" },
  tolerance: {
    type: "number",
    default: 1e-14,
    min: 0,
    max: 1,
    scale: "log",
    meaning: "share of the loss that a step may still gain when the fit stops",
  },
} as const satisfies ParameterTable;

export interface LogisticFitted extends Fitted {
  /** Per unit of the given features: one row for two classes (log-odds of the second), else one a class with rows. */
  readonly coefficients: readonly Float64Array[];
  readonly intercepts: Float64Array;
}

export interface LogisticEstimator extends Estimator {
  fit(rows: TrainingSet, context: FitContext): Promise<LogisticFitted>;
}

/**
 * Logistic regression.
 *
 * @throws MillwrightError from `fit`: `DATA_ONE_CLASS`; `SCHEMA_WRONG_KIND` for a category, `DATA_BAD_VALUE` for
 *   a value that is not finite.
 */
export function logistic(
  parameters: Partial<ParameterValues<typeof logisticParameters>> = {},
): LogisticEstimator {
  const resolved = resolveParameters("logistic", logisticParameters, parameters);
  return {
    family: "logistic",
    parameters: resolved,
    tasks: ["classification"],
    async fit(rows, context) {
      const usable = usableRows("logistic", rows);
      const y = requireClasses("logistic", usable.y);
      const { codes, present } = presentClasses(y.codes, y.classCount);
      const options = {
        maxIter: resolved.maxIter,
        tolerance: resolved.tolerance,
        threads: context.threads,
        signal: context.signal,
      };
      const problem = {
        x: usable.x,
        codes,
        classCount: present.length,
        weight: usable.weight,
        rowIds: usable.rowIds,
      };
      const l2 =
        resolved.l2 > 0
          ? resolved.l2
          : await choosePenalty(
              problem,
              resolved.standardize,
              context.random.child("folds").integer(2 ** 32),
              options,
            );
      const blocks = logisticBlocks("logistic", usable.x, codes, present.length, usable.weight);
      const sample = await sampleStart(problem, blocks, l2, resolved.standardize, options);
      const objective = logisticObjective(blocks, resolved.standardize, context.threads);
      try {
        const start = sample?.start ?? new Float64Array(objective.size);
        const minimum = await minimise(objective, { weight: blocks.weight, l2 }, start, {
          ...options,
          bound: sample?.bound,
        });
        return fittedLogistic(blocks, minimum, l2, present, y.classCount);
      } finally {
        await objective.release();
      }
    },
  };
}

function fittedLogistic(
  blocks: LogisticBlocks,
  { v, iterations, converged }: Minimum,
  l2: number,
  present: readonly number[],
  classCount: number,
): LogisticFitted {
  const { coefficients, intercepts } = onFeatures(v, blocks);
  const { outputs, q, used, mean } = blocks;
  const affine: Affine = {
    coefficients,
    mean,
    offset: Float64Array.from({ length: outputs }, (_, k) => v[k * q + used.length]!),
  };
  const importance = new Float64Array(mean.length);
  used.forEach((j, a) => {
    for (let k = 0; k < outputs; k++) importance[j]! += Math.abs(v[k * q + a]!) / outputs;
  });
  return {
    family: "logistic",
    coefficients,
    intercepts,
    emit(x) {
      const s = emitAffine(affine, x);
      const p = outputs === 1 ? concat([sigmoid(neg(s)), sigmoid(s)], 1) : softmax(s, 1);
      return spreadClasses(p, present, classCount);
    },
    reference(x) {
      const s = affineReference(affine, x);
      const out = new Float64Array(x.rowCount * classCount);
      for (let i = 0; i < x.rowCount; i++) {
        const p =
          outputs === 1 ? twoProbabilities(s[i]!) : softmaxOf(s.subarray(i * outputs, (i + 1) * outputs));
        present.forEach((k, at) => {
          out[i * classCount + k] = p[at]!;
        });
      }
      return out;
    },
    importance,
    summary: { features: mean.length, l2, iterations, converged },
  };
}

/** Puts the columns of the present classes in their places, 0 for the others. */
function spreadClasses(p: Value, present: readonly number[], classCount: number): Value {
  if (present.length === classCount) return p;
  const places = Array.from({ length: classCount }, (_, k) => {
    const at = present.indexOf(k);
    return at < 0 ? present.length : at;
  });
  return gather(pad(p, [0, 0, 0, 1]), places, 1);
}

function twoProbabilities(s: number): [number, number] {
  const small = Math.exp(-Math.abs(s)) / (1 + Math.exp(-Math.abs(s)));
  const large = 1 / (1 + Math.exp(-Math.abs(s)));
  if (Number.isNaN(s)) return [Number.NaN, Number.NaN];
  return s > 0 ? [small, large] : [large, small];
}

function softmaxOf(s: Float64Array): Float64Array {
  const top = s.reduce((most, value) => Math.max(most, value), -Infinity);
  const e = s.map((value) => Math.exp(value - top));
  const total = e.reduce((sum, value) => sum + value, 0);
  return e.map((value) => value / total);
}
