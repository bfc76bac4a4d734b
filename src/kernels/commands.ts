/**
 * The commands of the team (`team/team.as.ts`) as functions, those of leaves apart (`grower.ts`): they write the argument blocks and start the kernels.
 * Numbers and addresses only; who owns the arrays decides what they mean.
 */
import type { Kernels } from "./kernels.ts";

const BIN = 1;
const GRADIENTS = 2;
const QUANTISE = 3;
const SCORES = 6;

/** Bins values staged in the kernels' memory; `count` of them, into `block`, `stride` apart, and into `column` unless it is 0. */
export function binValues(
  kernels: Kernels,
  args: number,
  job: {
    values: number;
    count: number;
    edges: number;
    missing: number;
    column: number;
    block: number;
    stride: number;
    double: boolean;
  },
): void {
  const { values, count, edges, missing, column, block, stride, double } = job;
  kernels.memory.u32(args, 8).set([values, count, edges, missing, column, block, stride, double ? 1 : 0]);
  kernels.run(BIN, args);
}

/** The losses that the gradient kernel knows, by number. */
export const objectiveCodes = {
  squared: 0,
  logistic: 1,
  softmax: 2,
  poisson: 3,
  gamma: 4,
  tweedie: 5,
  huber: 6,
  quantile: 7,
} as const;

/** First and second derivatives as float pairs, and their sums per chunk of 4096 rows. */
export function computeGradients(
  kernels: Kernels,
  args: number,
  job: {
    objective: keyof typeof objectiveCodes;
    scores: number;
    targets: number;
    weights: number;
    pairs: number;
    count: number;
    classes: number;
    stride: number;
    sums: number;
    /** The power of tweedie, the delta of huber, the level of quantile. */
    parameter?: number | undefined;
  },
): void {
  const { objective, scores, targets, weights, pairs, count, classes, stride, sums, parameter = 0 } = job;
  kernels.memory
    .u32(args, 9)
    .set([objectiveCodes[objective], scores, targets, weights, pairs, count, classes, stride, sums]);
  kernels.memory.f64(args + 40, 1)[0] = parameter;
  kernels.run(GRADIENTS, args);
}

/** Float pairs to packed integers, in place. */
export function quantiseGradients(
  kernels: Kernels,
  args: number,
  pairs: number,
  count: number,
  gScale: number,
  hScale: number,
): void {
  kernels.memory.u32(args, 2).set([pairs, count]);
  kernels.memory.f64(args + 8, 2).set([gScale, hScale]);
  kernels.run(QUANTISE, args);
}

/** Adds leaf values to scores: `leaves` is a table of (u32 begin, u32 end, f64 value) over positions of `rows`. */
export function addLeafValues(
  kernels: Kernels,
  args: number,
  scores: number,
  rows: number,
  count: number,
  leaves: number,
  leafCount: number,
): void {
  kernels.memory.u32(args, 5).set([scores, rows, count, leaves, leafCount]);
  kernels.run(SCORES, args);
}
