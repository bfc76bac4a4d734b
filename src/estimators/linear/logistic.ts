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
import {
  type Estimator,
  type FitContext,
  type Fitted,
  softmaxOf,
  type TrainingSet,
  usableRows,
} from "../index.ts";
import { type Affine, affineReference, emitAffine } from "./affine.ts";
import { type FittedScores, fitScores, scoreParameters } from "./fit-scores.ts";
import { requireClasses } from "./require.ts";
import { aboutMean, onFeatures } from "./row-blocks.ts";
import { logLossOf } from "./score-loss.ts";

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
  ...scoreParameters,
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
    sparse: true,
    async fit(rows, context) {
      const usable = usableRows("logistic", rows);
      const y = requireClasses("logistic", usable.y);
      const { codes, present } = presentClasses(y.codes, y.classCount);
      const { x, weight, rowIds } = usable;
      const scores = { x, target: codes, loss: logLossOf(present.length), weight, rowIds };
      const found = await fitScores("logistic", scores, resolved, context);
      return fittedLogistic(found, present, y.classCount);
    },
  };
}

/** Codes renumbered over the classes that have rows. */
export function presentClasses(
  codes: Int32Array,
  classCount: number,
): { codes: Int32Array; present: number[] } {
  const seen = new Uint8Array(classCount);
  for (let i = 0; i < codes.length; i++) seen[codes[i]!] = 1;
  const present = Array.from(seen, (_, k) => k).filter((k) => seen[k] === 1);
  if (present.length === classCount) return { codes, present };
  const place = new Int32Array(classCount);
  present.forEach((k, at) => {
    place[k] = at;
  });
  return { codes: codes.map((k) => place[k]!), present };
}

function fittedLogistic(
  { blocks, minimum, l2 }: FittedScores,
  present: readonly number[],
  classCount: number,
): LogisticFitted {
  const { v, iterations, converged } = minimum;
  const { coefficients, intercepts } = onFeatures(v, blocks);
  const { outputs, q, used, mean } = blocks;
  const affine: Affine = {
    coefficients,
    ...aboutMean(v, intercepts, blocks),
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
export function spreadClasses(p: Value, present: readonly number[], classCount: number): Value {
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
