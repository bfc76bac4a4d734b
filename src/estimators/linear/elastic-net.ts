/**
 * Elastic net: Σ w (y − a − x b)² / (2 Σ w) + lambda (l1Ratio ‖b‖₁ + ½ (1 − l1Ratio) ‖b‖²).
 *
 * The objective is scikit-learn's (its alpha is our lambda), on the features as given. Left to itself it
 * takes the lambda of least cross-validated squared error. All of it, folds
 * included, happens on second moments: rows are read once, and a fold's error
 * follows from the moments of its rows. Source: Friedman, Hastie & Tibshirani 2010,
 * J. Stat. Software 33(1), section 2.2 (covariance updates).
 */
import {
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
  rowUniform,
} from "../../core/index.ts";
import { type FitContext, take, takeRows, type UsableRows, usableRows } from "../index.ts";
import { coordinateDescent, type Penalised } from "./coordinate-descent.ts";
import { fittedLinear, type LinearEstimator } from "./linear.ts";
import { combineMoments, type Moments, requireGramSize, secondMoments, varyingFeatures } from "./moments.ts";
import { requireRegression } from "./require.ts";

export const elasticNetParameters = {
  lambda: {
    type: "number",
    default: 0,
    min: 0,
    max: Infinity,
    scale: "log",
    meaning: "strength of the penalty against half the mean squared error; 0 chooses it by cross-validation",
  },
  l1Ratio: {
    type: "number",
    default: 0.5,
    min: 0.001,
    max: 1,
    meaning: "share of the absolute penalty, which leaves features out; the rest is the squared one",
  },
  standardize: {
    type: "boolean",
    default: false,
    meaning: "penalise coefficients per standard deviation of their feature, not per unit",
  },
  folds: {
    type: "integer",
    default: 10,
    min: 2,
    max: 100,
    meaning: "folds that choose lambda, fewer from 2,000 features on",
  },
} as const satisfies ParameterTable;

type Parameters = ParameterValues<typeof elasticNetParameters>;

/** Strengths on a path, and the ratio of the last to the first: less far where features are as many as rows. */
const pathLength = 80;
const pathRatio = 1e-4;
const widePathRatio = 1e-2;
/** Strengths in a row without a gain after which the path ends. */
const patience = 8;
/** Numbers that the moments of all folds may hold together: 400 MB. */
const foldMemory = 5e7;
/** Steps smaller than this share of the target's variance end a sweep: on the way, and at the end. */
const roughly = 1e-12;
const exactly = 1e-18;

/** Linear regression that leaves features out. @throws MillwrightError as `linear`. */
export function elasticNet(parameters: Partial<Parameters> = {}): LinearEstimator {
  const resolved = resolveParameters("elasticNet", elasticNetParameters, parameters);
  return {
    family: "elasticNet",
    parameters: resolved,
    tasks: ["regression"],
    async fit(rows, context) {
      const usable = usableRows("elasticNet", rows);
      const seed = context.random.child("folds").integer(2 ** 32);
      const parts = await foldMoments(usable, resolved, seed, context);
      const moments = combineMoments(parts);
      const lambda = resolved.lambda > 0 ? resolved.lambda : chooseLambda(parts, moments, resolved);
      const whole = penalised(moments, resolved);
      const coefficients = new Float64Array(moments.mean.length);
      // From the strongest penalty down to the one wanted: each solution starts the next.
      const path = pathOf(largestLambda(whole, resolved), pathRatio).filter((strength) => strength > lambda);
      for (const strength of path) {
        coordinateDescent(whole, strength, resolved.l1Ratio, coefficients, roughly);
      }
      coordinateDescent(whole, lambda, resolved.l1Ratio, coefficients, exactly);
      const used = coefficients.reduce((count, b) => count + (b === 0 ? 0 : 1), 0);
      const summary = { features: moments.mean.length, used, lambda };
      return fittedLinear("elasticNet", moments, unscaled(coefficients, whole), summary);
    },
  };
}

/** Moments of every fold, or of all rows at once when lambda is given or rows are few. */
async function foldMoments(
  { x, y, weight, rowIds }: UsableRows,
  { lambda, folds: most }: Parameters,
  seed: number,
  { threads, signal }: FitContext,
): Promise<Moments[]> {
  const values = requireRegression("elasticNet", y);
  requireGramSize("elasticNet", x);
  const folds = Math.max(2, Math.min(most, Math.floor(foldMemory / x.columns.length ** 2)));
  if (lambda > 0 || x.rowCount < 2 * folds || signal?.aborted) {
    return [await secondMoments("elasticNet", x, values, weight, true, threads)];
  }
  const members: number[][] = Array.from({ length: folds }, () => []);
  for (let i = 0; i < rowIds.length; i++) members[Math.floor(rowUniform(seed, rowIds[i]!) * folds)]!.push(i);
  const parts: Moments[] = [];
  for (const list of members.filter((m) => m.length > 0)) {
    const index = Uint32Array.from(list);
    const part = weight === undefined ? undefined : take(weight, index);
    parts.push(
      await secondMoments("elasticNet", takeRows(x, index), take(values, index), part, true, threads),
    );
  }
  return parts;
}

/** The lambda of least squared error over the folds; a tenth of the largest when there is one fold only. */
function chooseLambda(parts: readonly Moments[], all: Moments, parameters: Parameters): number {
  const largest = largestLambda(penalised(all, parameters), parameters);
  if (largest === 0) return 1;
  if (parts.length < 2) return largest / 10;
  const path = pathOf(largest, all.mean.length < all.totalWeight ? pathRatio : widePathRatio);
  const folds = parts.map((left) => ({
    left,
    inside: penalised(combineMoments(parts.filter((part) => part !== left)), parameters),
    b: new Float64Array(all.mean.length),
  }));
  let best = largest;
  let least = Infinity;
  for (let k = 0, worse = 0; k < path.length && worse < patience; k++) {
    let error = 0;
    for (const { left, inside, b } of folds) {
      coordinateDescent(inside, path[k]!, parameters.l1Ratio, b, roughly);
      error += squaredError(unscaled(b, inside), inside.moments, left);
    }
    worse = error < least ? 0 : worse + 1;
    if (error < least) {
      least = error;
      best = path[k]!;
    }
  }
  return best;
}

/** Σ w (y − yMean − (x − mean) b)² over the rows of other moments. */
function squaredError(b: Float64Array, fitted: Moments, rows: Moments): number {
  const p = b.length;
  let bias = rows.yMean - fitted.yMean;
  let total = rows.yy;
  for (let i = 0; i < p; i++) {
    if (b[i] === 0) continue;
    bias -= b[i]! * (rows.mean[i]! - fitted.mean[i]!);
    let inner = 0;
    for (let j = 0; j < p; j++) inner += rows.gram[i * p + j]! * b[j]!;
    total += b[i]! * (inner - 2 * rows.xy[i]!);
  }
  return total + rows.totalWeight * bias * bias;
}

/** The problem per unit of weight, in the units that the penalty counts in. */
function penalised(moments: Moments, { standardize }: Parameters): Penalised & { readonly moments: Moments } {
  const p = moments.mean.length;
  const { totalWeight } = moments;
  const varying = new Uint8Array(p);
  for (const j of varyingFeatures(moments)) varying[j] = 1;
  const unit = Float64Array.from({ length: p }, (_, j) =>
    varying[j] === 0 ? 0 : standardize ? 1 / Math.sqrt(moments.spread[j]! / totalWeight) : 1,
  );
  const gram = new Float64Array(p * p);
  for (let i = 0; i < p; i++) {
    const factor = unit[i]! / totalWeight;
    for (let j = 0; j < p; j++) gram[i * p + j] = moments.gram[i * p + j]! * factor * unit[j]!;
  }
  const xy = moments.xy.map((v, j) => (v * unit[j]!) / totalWeight);
  return { moments, unit, gram, xy, yy: moments.yy / totalWeight };
}

function unscaled(b: Float64Array, { unit }: Penalised): Float64Array {
  return b.map((value, j) => value * unit[j]!);
}

/** The least strength that leaves every feature out. */
function largestLambda({ xy }: Penalised, { l1Ratio }: Parameters): number {
  return xy.reduce((most, v) => Math.max(most, Math.abs(v)), 0) / l1Ratio;
}

function pathOf(largest: number, ratio: number): number[] {
  return Array.from({ length: pathLength }, (_, k) => largest * ratio ** (k / (pathLength - 1)));
}
