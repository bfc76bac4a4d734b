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
        const classCount = usable.y.kind === "classification" ? usable.y.classCount : 1;
        const objective = objectiveOf(usable.y);
        const boost = growParameters(resolved);
        const space = new BoostSpace(
          { data, objective, classCount, targets, weights, rowIds: usable.rowIds },
          boost,
        );
        const parts = watchedParts(usable.y, usable.rowIds, n, more, resolved, seed);
        const start = ({ fit, watch }: Part) => new BoostRun(space, boost, fit, watch, seed);
        let run = start(parts[0]!);
        let rounds = resolved.rounds;
        if (parts[0]!.watch.length > 0) {
          rounds = await watchedRounds([run, ...parts.slice(1).map(start)], resolved, context);
        }
        // Rows held out here only say how many rounds; unless they are many, the model is fitted on all rows.
        const heldOut = more === 0 && parts[0]!.watch.length > 0;
        if (heldOut && n <= REFITTED_ROWS) run = start({ fit: rowNumbers(0, n), watch: new Uint32Array(0) });
        rounds = await addRounds(run, rounds, context);
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

/** Rows that a run fits on and rows whose loss it watches. */
interface Part {
  readonly fit: Uint32Array;
  readonly watch: Uint32Array;
}

/** Above so many rows, the tenth held out is not missed. */
const REFITTED_ROWS = 200_000;

/** Parts of a cross-validation. */
const FOLDS = 5;

function rowNumbers(from: number, to: number): Uint32Array {
  return new Uint32Array(to - from).map((_, i) => from + i);
}

/**
 * Which rows are watched for early stopping: the `more` rows given for it after the first n; else each fifth in turn
 * where rows are few, and one share where they are many; drawn by identity within each class.
 */
function watchedParts(
  y: Target,
  rowIds: Uint32Array,
  n: number,
  more: number,
  p: BoostingParameters,
  seed: number,
): Part[] {
  const all = rowNumbers(0, n);
  if (p.earlyStoppingRounds === 0) return [{ fit: all, watch: new Uint32Array(0) }];
  if (more > 0) return [{ fit: all, watch: rowNumbers(n, n + more) }];
  const groups: number[][] = Array.from({ length: y.kind === "classification" ? y.classCount : 1 }, () => []);
  const draws = new Float64Array(n).map((_, i) => rowUniform(seed ^ 0x2545f491, rowIds[i]!));
  for (const i of all) groups[y.kind === "classification" ? y.codes[i]! : 0]!.push(i);
  const part = new Uint8Array(n);
  const crossed = n <= p.crossValidatedRows;
  for (const group of groups) {
    group.sort((a, b) => draws[a]! - draws[b]! || rowIds[a]! - rowIds[b]!);
    const held = Math.floor(group.length * p.validationShare);
    group.forEach((row, i) => {
      part[row] = crossed ? i % FOLDS : i < held ? 0 : 1;
    });
  }
  const parts = Array.from({ length: crossed ? FOLDS : 1 }, (_, k) => ({
    fit: all.filter((i) => part[i] !== k),
    watch: all.filter((i) => part[i] === k),
  }));
  const usable = parts.filter(({ fit, watch }) => fit.length > 0 && watch.length > 0);
  return usable.length === parts.length ? parts : [{ fit: all, watch: new Uint32Array(0) }];
}

/** Runs rounds, of all parts side by side, until the watched rows get no better; returns the best number of rounds. */
async function watchedRounds(
  runs: readonly BoostRun[],
  p: BoostingParameters,
  context: FitContext,
): Promise<number> {
  const loss = () => runs.reduce((sum, run) => sum + run.watchedLoss() * run.watchedCount, 0);
  let best = 0;
  let bestLoss = loss();
  for (let round = 1; round <= p.rounds && !context.signal?.aborted; round++) {
    let grew = false;
    for (const run of runs) grew = run.round() || grew;
    const now = loss();
    if (now < bestLoss) {
      bestLoss = now;
      best = round;
    } else if (round - best >= p.earlyStoppingRounds) break;
    if (!grew) break;
    await breathe(round, p.rounds, context.onProgress);
  }
  return best;
}

/** Brings a run to `rounds` rounds; returns how many there are to use. */
async function addRounds(run: BoostRun, rounds: number, context: FitContext): Promise<number> {
  while (run.rounds < rounds && !context.signal?.aborted) {
    if (!run.round()) break;
    await breathe(run.rounds, rounds, context.onProgress);
  }
  return Math.min(rounds, run.rounds);
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
