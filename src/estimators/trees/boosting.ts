/**
 * Histogram gradient boosting: the strongest single family on most tables.
 *
 * Values become at most 255 bins, trees grow best leaf first on quantised derivatives, and rounds stop when rows held
 * out for it (given, or drawn by identity, stratified by class) get no better. Source: Ke et al. 2017, LightGBM.
 */
import {
  type Json,
  type ParameterValues,
  type ProgressListener,
  resolveParameters,
  rowUniform,
} from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { Kernels } from "../../kernels/index.ts";
import { type Estimator, type FitContext, type Fitted, type Target, usableRows } from "../index.ts";
import { binMatrix, defaultBinOptions } from "./bin-matrix.ts";
import { type BoostParameters, BoostRun, BoostSpace } from "./boost.ts";
import { emitTrees } from "./emit.ts";
import { type ObjectiveName, objectives } from "./objectives.ts";
import { boostingParameters } from "./parameters.ts";
import { sumTrees, type Tree } from "./tree.ts";

export type BoostingParameters = ParameterValues<typeof boostingParameters>;

/** Gradient boosting of trees. */
export function boosting(parameters: Partial<BoostingParameters> = {}): Estimator {
  const resolved = resolveParameters("boosting", boostingParameters, parameters);
  return {
    family: "boosting",
    parameters: resolved,
    tasks: ["regression", "classification"],
    async fit(rows, context) {
      const usable = usableRows("boosting", rows);
      const given =
        context.validation === undefined ? undefined : usableRows("boosting", context.validation, true);
      const kernels = new Kernels(context.threads);
      try {
        const seed = context.random.child("boosting").integer(2 ** 31);
        const n = usable.x.rowCount;
        const more = given?.x.rowCount ?? 0;
        const bins = {
          ...defaultBinOptions,
          maxBins: resolved.maxBins,
          minRowsInBin: resolved.minRowsInBin,
          seed,
        };
        const data = binMatrix(kernels, usable.x, bins, usable.rowIds, more);
        if (given !== undefined) data.append(given.x.columns);
        const targets = join(
          targetNumbers(usable.y),
          given === undefined ? undefined : targetNumbers(given.y),
        );
        const weights =
          usable.weight === undefined && given?.weight === undefined
            ? undefined
            : join(
                usable.weight ?? new Float64Array(n).fill(1),
                given && (given.weight ?? new Float64Array(more).fill(1)),
              );
        const [fitRows, watchRows] = splitRows(usable.y, usable.rowIds, n, more, resolved, seed);
        const classCount = usable.y.kind === "classification" ? usable.y.classCount : 1;
        const objective = objectiveOf(usable.y);
        const boost = growParameters(resolved);
        const space = new BoostSpace(
          { data, objective, classCount, targets, weights, rowIds: usable.rowIds },
          boost,
        );
        const run = new BoostRun(space, boost, fitRows, watchRows, seed);
        const rounds = await boostRounds(run, resolved, watchRows.length > 0, context);
        const outputs = objectives[objective].outputs(classCount);
        return fittedBoosting(run.trees.slice(0, rounds * outputs), run.base, objective, run.importance);
      } finally {
        await kernels.close();
      }
    },
  };
}

/** Squared error for numbers; log loss for classes. */
function objectiveOf(y: Target): ObjectiveName {
  return y.kind === "regression" ? "squared" : y.classCount === 2 ? "logistic" : "softmax";
}

function targetNumbers(y: Target): Float64Array {
  return y.kind === "regression" ? y.values : new Float64Array(y.codes);
}

function join(first: Float64Array, second: Float64Array | undefined): Float64Array {
  if (second === undefined) return first;
  const joined = new Float64Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

function growParameters(p: BoostingParameters): BoostParameters {
  return { ...p, featuresPerNode: 0, randomThresholds: false, monotone: undefined };
}

/** Rows to fit and rows to watch. The `more` rows after the first n were given for watching. */
function splitRows(
  y: Target,
  rowIds: Uint32Array,
  n: number,
  more: number,
  p: BoostingParameters,
  seed: number,
): [Uint32Array, Uint32Array] {
  const all = new Uint32Array(n).map((_, i) => i);
  if (p.earlyStoppingRounds === 0) return [all, new Uint32Array(0)];
  if (more > 0) return [all, new Uint32Array(more).map((_, i) => n + i)];
  // Within each class (or the whole, for numbers) the rows that draw lowest are held out.
  const groups: number[][] = Array.from({ length: y.kind === "classification" ? y.classCount : 1 }, () => []);
  const draws = Float64Array.from(all, (i) => rowUniform(seed ^ 0x2545f491, rowIds[i]!));
  for (const i of all) groups[y.kind === "classification" ? y.codes[i]! : 0]!.push(i);
  const watched = new Uint8Array(n);
  for (const group of groups) {
    group.sort((a, b) => draws[a]! - draws[b]! || rowIds[a]! - rowIds[b]!);
    const held = Math.floor(group.length * p.validationShare);
    for (let i = 0; i < held; i++) watched[group[i]!] = 1;
  }
  return [all.filter((i) => watched[i] === 0), all.filter((i) => watched[i] === 1)];
}

/** Runs rounds until the watched rows get no better, and returns the best number of rounds. */
async function boostRounds(
  run: BoostRun,
  p: BoostingParameters,
  watching: boolean,
  context: FitContext,
): Promise<number> {
  let best = 0;
  let bestLoss = watching ? run.watchedLoss() : Infinity;
  let round = 0;
  while (round < p.rounds && !context.signal?.aborted) {
    const grew = run.round();
    round++;
    if (watching) {
      const loss = run.watchedLoss();
      if (loss < bestLoss) {
        bestLoss = loss;
        best = round;
      } else if (round - best >= p.earlyStoppingRounds) break;
    } else best = round;
    if (!grew) break;
    await breathe(round, p.rounds, context.onProgress);
  }
  return best;
}

/** Lets timers and signals through, and reports. */
async function breathe(done: number, total: number, onProgress: ProgressListener | undefined): Promise<void> {
  if (done % 8 !== 0) return;
  onProgress?.({ stage: "fit boosting", done, total });
  await new Promise((resolve) => setImmediate(resolve));
}

function fittedBoosting(
  trees: readonly Tree[],
  base: readonly number[],
  name: ObjectiveName,
  importance: Float64Array,
): Fitted {
  const objective = objectives[name];
  const summary: Json = { trees: trees.length, objective: name, rounds: trees.length / base.length };
  return {
    family: "boosting",
    emit: (x) => objective.emit(emitTrees(trees, base, x)),
    reference: (x: Matrix) => objective.reference(sumTrees(trees, base, x), base.length),
    importance,
    summary,
  };
}
