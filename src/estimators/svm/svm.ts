/**
 * Support vector machines with the radial kernel exp(−gamma ‖x − t‖²), for classes and numbers.
 *
 * Two classes are scikit-learn's SVC; of several, each is told from the rest. A number is SVR on the target in standard
 * deviations, so that `c` and `epsilon` mean the same for every target. Probabilities come from scores of
 * rows that were left out, in 5 folds, by Platt scaling. The model carries its support vectors, rows
 * it learnt from. Numbers are read as they come, so scale them first. Source: Boser, Guyon & Vapnik 1992; Platt
 * 1999; Smola & Schölkopf 2004.
 */
import {
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
} from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import {
  type Estimator,
  type FitContext,
  ownOrder,
  plattScale,
  requireFiniteNumbers,
  requireRowLimit,
  take,
  takeRows,
  takeTarget,
  usableRows,
  stratifiedFolds,
} from "../index.ts";
import { fittedSvm } from "./fitted.ts";
import { type Machine, scoreOf, type Space } from "./machine.ts";
import { amongRows, radialRows, solveDual } from "./smo.ts";

export const svmParameters = {
  c: {
    type: "number",
    default: 1,
    min: 1e-6,
    max: 1e9,
    scale: "log",
    search: [0.1, 100],
    meaning: "weight of a row's error against the smoothness of the answer",
  },
  gamma: {
    type: "number",
    default: 0,
    min: 0,
    max: 1e9,
    scale: "log",
    meaning: "one over the squared reach of a row; 0 is 1 / (features × variance of all values)",
  },
  epsilon: {
    type: "number",
    default: 0.1,
    min: 0,
    max: 10,
    meaning: "errors of a number that cost nothing, in standard deviations of the target",
  },
  maxRows: {
    type: "integer",
    default: 10_000,
    min: 1,
    max: 1e6,
    scale: "log",
    meaning: "most training rows; the model carries those that are support vectors",
  },
  maxIter: { type: "integer", default: 10_000_000, min: 1, max: 1e9, meaning: "most steps of the solver" },
  tolerance: {
    type: "number",
    default: 1e-3,
    min: 1e-12,
    max: 1,
    scale: "log",
    meaning: "largest violation of the optimality conditions that is left",
  },
} as const satisfies ParameterTable;

type Parameters = ParameterValues<typeof svmParameters>;

/**
 * Support vector machine with a radial kernel.
 *
 * @throws MillwrightError from `fit`: `DATA_LIMIT` for more than `maxRows` rows, `DATA_ONE_CLASS`,
 *   `SCHEMA_WRONG_KIND` for a category, `DATA_BAD_VALUE` for a value that is not finite, `CANCELLED`.
 */
export function svm(parameters: Partial<Parameters> = {}): Estimator {
  const resolved = resolveParameters("svm", svmParameters, parameters);
  return {
    family: "svm",
    parameters: resolved,
    tasks: ["regression", "classification"],
    async fit(rows, context) {
      const given = usableRows("svm", rows);
      requireFiniteNumbers("svm", given.x);
      requireRowLimit("svm", given.x.rowCount, resolved.maxRows, "compares every row with every other");
      const values = given.y.kind === "regression" ? given.y.values : given.y.codes;
      const order = ownOrder(given.x, values, given.rowIds);
      const x = takeRows(given.x, order);
      const y = takeTarget(given.y, order);
      const weight = given.weight === undefined ? undefined : take(given.weight, order);
      const space = spaceOf(x, weight, resolved);
      if (y.kind === "regression")
        return fittedSvm(space, y, numberMachine(space, y.values, resolved, context));
      const rowIds = take(given.rowIds, order);
      const seed = context.random.child("platt").integer(2 ** 32);
      const counts = new Float64Array(y.classCount);
      for (const code of y.codes) counts[code]!++;
      const present = Array.from(counts.keys()).filter((k) => counts[k]! > 0);
      const told = present.length === 2 ? present.slice(1) : present;
      const machines = told.map((k) => {
        const hit = Uint8Array.from(y.codes, (code) => Number(code === k));
        return classMachine(space, hit, stratifiedFolds(hit, rowIds, seed), resolved, context);
      });
      return fittedSvm(space, y, { machines, present });
    },
  };
}

function spaceOf(x: Matrix, weight: Float64Array | undefined, { gamma }: Parameters): Space {
  const n = x.rowCount;
  const p = x.columns.length;
  const rows = new Float64Array(n * p);
  const mean = new Float64Array(p);
  let squares = 0;
  let total = 0;
  x.columns.forEach((column, j) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += column[i]!;
    mean[j] = sum / n;
    total += mean[j]! / p;
    for (let i = 0; i < n; i++) rows[i * p + j] = column[i]! - mean[j]!;
  });
  // Variance of all values about their one mean, as scikit-learn's "scale" takes it.
  for (let i = 0; i < n; i++)
    for (let j = 0; j < p; j++) squares += (rows[i * p + j]! + (mean[j]! - total)) ** 2 / (n * p);
  const own = gamma > 0 ? gamma : squares > 0 ? 1 / (p * squares) : 1;
  return {
    rows,
    rowCount: n,
    featureCount: p,
    mean,
    weight: weight ?? new Float64Array(n).fill(1),
    gamma: own,
    kernelRow: radialRows(rows, n, p, own),
  };
}

/** Some rows of a space, with the same mean and reach. */
function partOf(space: Space, places: Uint32Array): Space {
  const { featureCount: p } = space;
  const rows = new Float64Array(places.length * p);
  places.forEach((i, at) => rows.set(space.rows.subarray(i * p, (i + 1) * p), at * p));
  return {
    ...space,
    rows,
    rowCount: places.length,
    weight: take(space.weight, places),
    kernelRow: amongRows(space.kernelRow, places),
  };
}

function options({ tolerance, maxIter }: Parameters, { signal }: FitContext) {
  if (signal?.aborted) {
    throw new MillwrightError("CANCELLED", "svm was stopped before its fit was done.", "Give it more time.");
  }
  return { tolerance, maxIter, signal };
}

function separate(space: Space, hit: Uint8Array, parameters: Parameters, context: FitContext): Machine {
  const sign = Float64Array.from(hit, (one) => 2 * one - 1);
  const { alpha, rho, ...about } = solveDual(
    {
      sign,
      linear: new Float64Array(hit.length).fill(-1),
      upper: space.weight.map((w) => w * parameters.c),
      rowCount: space.rowCount,
      kernelRow: space.kernelRow,
    },
    options(parameters, context),
  );
  return { coefficients: alpha.map((a, i) => a * sign[i]!), offset: -rho, slope: 1, shift: 0, ...about };
}

function classMachine(
  space: Space,
  hit: Uint8Array,
  folds: Uint8Array | undefined,
  parameters: Parameters,
  context: FitContext,
): Machine {
  const whole = separate(space, hit, parameters, context);
  const scores = new Float64Array(hit.length);
  const answer = (machine: Machine, among: Space, i: number): number => {
    const p = space.featureCount;
    return scoreOf(machine, among, space.rows.subarray(i * p, (i + 1) * p));
  };
  if (folds === undefined) for (let i = 0; i < hit.length; i++) scores[i] = answer(whole, space, i);
  for (const fold of new Set(folds)) {
    const inside = Uint32Array.from(hit.keys()).filter((i) => folds![i] !== fold);
    const part = partOf(space, inside);
    const without = separate(
      part,
      Uint8Array.from(inside, (i) => hit[i]!),
      parameters,
      context,
    );
    for (let i = 0; i < hit.length; i++) if (folds![i] === fold) scores[i] = answer(without, part, i);
  }
  return { ...whole, ...plattScale(scores, hit, space.weight) };
}

function numberMachine(space: Space, values: Float64Array, parameters: Parameters, context: FitContext) {
  const n = values.length;
  const total = space.weight.reduce((sum, w) => sum + w, 0);
  const mean = values.reduce((sum, v, i) => sum + space.weight[i]! * v, 0) / total;
  const variance = values.reduce((sum, v, i) => sum + space.weight[i]! * (v - mean) ** 2, 0) / total;
  const unit = variance > 0 ? Math.sqrt(variance) : 1;
  const of = (i: number): number => (values[i % n]! - mean) / unit;
  const twice = <T>(make: (i: number) => T) => Array.from({ length: 2 * n }, (_, i) => make(i));
  const { alpha, rho, ...about } = solveDual(
    {
      sign: Float64Array.from(twice((i) => (i < n ? 1 : -1))),
      linear: Float64Array.from(twice((i) => parameters.epsilon + (i < n ? -of(i) : of(i)))),
      upper: Float64Array.from(twice((i) => parameters.c * space.weight[i % n]!)),
      rowCount: n,
      kernelRow: space.kernelRow,
    },
    options(parameters, context),
  );
  const coefficients = Float64Array.from(values, (_, i) => alpha[i]! - alpha[n + i]!);
  // Back in units of the target.
  const machine: Machine = { coefficients, offset: -rho, slope: unit, shift: mean, ...about };
  return { machines: [machine], present: [0] };
}
