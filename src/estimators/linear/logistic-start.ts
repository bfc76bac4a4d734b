/**
 * Where a logistic fit of many rows starts: at the optimum of every n-th row, with that sample's
 * curvature as the preconditioner. From there a handful of gradients over all rows is
 * enough, in place of five or six matrices of second derivatives.
 */
import { take, takeRows } from "../index.ts";
import { type LogisticBlocks, logisticBlocks } from "./logistic-blocks.ts";
import {
  curvatureSolve,
  type MinimiseOptions,
  minimise,
  type Solve,
  usesNewton,
} from "./logistic-minimise.ts";
import { logisticObjective } from "./logistic-objective.ts";
import type { LogisticRows } from "./logistic-path.ts";

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

/** Rows from which a fit starts on a sample; most rows of that sample, and fewest per parameter. */
const manyRows = 4096;
const sampleRowCount = 8192;
const rowsPerParameter = 10;

export interface SampleStart {
  /** Parameters over the blocks of all rows. */
  readonly start: Float64Array;
  /** Solver by the sample's curvature, in proportion; absent where its parameters are others or many. */
  readonly bound: Solve | undefined;
}

/** The start for all rows, or undefined where rows are too few for a sample to help. */
export async function sampleStart(
  { x, codes, classCount, weight }: LogisticRows,
  blocks: LogisticBlocks,
  l2: number,
  standardize: boolean,
  options: MinimiseOptions,
): Promise<SampleStart | undefined> {
  const stride = Math.max(4, Math.floor(x.rowCount / sampleRowCount));
  const count = Math.min(sampleRowCount, Math.floor(x.rowCount / stride));
  if (x.rowCount < manyRows || count < rowsPerParameter * blocks.outputs * blocks.q) return undefined;
  const index = Uint32Array.from({ length: count }, (_, i) => i * stride);
  const sampledCodes = take(codes, index);
  if (presentClasses(sampledCodes, classCount).present.length < classCount) return undefined;
  const few = logisticBlocks(
    "logistic",
    takeRows(x, index),
    sampledCodes,
    classCount,
    weight && take(weight, index),
  );
  const objective = logisticObjective(few, standardize, options.threads);
  try {
    const share = few.totalWeight / blocks.totalWeight;
    const problem = { weight: few.weight, l2: l2 * share };
    const zero = new Float64Array(objective.size);
    // A sample is off by more than this anyway.
    const rough = await minimise(objective, problem, zero, { ...options, tolerance: 1e-3, maxIter: 50 });
    const start = transferred(rough.v, few, blocks);
    if (few.q !== blocks.q || !usesNewton(objective)) return { start, bound: undefined };
    const { curvature } = await objective.evaluateWithCurvature(rough.v, problem);
    return {
      start,
      bound: curvatureSolve(
        objective,
        curvature.map((c) => c / share),
      ),
    };
  } finally {
    await objective.release();
  }
}

/** Parameters over one set of standardised columns, over another of the same features. */
function transferred(v: Float64Array, from: LogisticBlocks, to: LogisticBlocks): Float64Array {
  const { coefficients, intercepts } = onFeatures(v, from);
  const out = new Float64Array(to.outputs * to.q);
  coefficients.forEach((b, k) => {
    let constant = intercepts[k]!;
    for (let j = 0; j < b.length; j++) constant += b[j]! * to.mean[j]!;
    to.used.forEach((j, a) => {
      out[k * to.q + a] = b[j]! * to.deviation[a]!;
    });
    out[k * to.q + to.used.length] = constant;
  });
  return out;
}

/** Parameters per unit of the given features. */
export function onFeatures(v: Float64Array, { used, deviation, mean, q, outputs }: LogisticBlocks) {
  const coefficients: Float64Array[] = [];
  const intercepts = new Float64Array(outputs);
  for (let k = 0; k < outputs; k++) {
    const b = new Float64Array(mean.length);
    let constant = v[k * q + used.length]!;
    used.forEach((j, a) => {
      b[j] = v[k * q + a]! / deviation[a]!;
      constant -= b[j]! * mean[j]!;
    });
    coefficients.push(b);
    intercepts[k] = constant;
  }
  return { coefficients, intercepts };
}
