/** Boosting over a binned data set: rounds, early stopping, and the model. */
import { MillwrightError, type ProgressListener } from "../../core/index.ts";
import { type FitContext, type Loss, requireLossDomain, type Target } from "../index.ts";
import { BoostRun, BoostSpace } from "./boost.ts";
import { type Objective, objectiveNamed, type ObjectiveName, objectiveOfLoss } from "./objectives.ts";
import type { BoostingParameters } from "./parameters.ts";
import type { BinnedRows } from "./sparse-dataset.ts";
import type { Tree } from "./tree.ts";
import { type Part, rowNumbers, watchedParts } from "./watched-rows.ts";

/** What boosting learns: trees that add to the base, and the objective that makes answers of their sums. */
export interface BoostedTrees {
  readonly trees: readonly Tree[];
  /** Score before the first tree, one an output. */
  readonly base: readonly number[];
  /** Name of what was minimised. */
  readonly objectiveName: string;
  readonly objective: Objective;
  /** Rounds that held-out rows chose, where the model was then fitted on all rows. */
  readonly chosenRounds?: number;
}

export interface BoostTargets {
  /** Of the first rows of the data set. */
  readonly y: Target;
  readonly weight?: Float64Array | undefined;
  readonly rowIds?: Uint32Array | undefined;
  /** Of the rows after them, which are watched for early stopping. */
  readonly validation?: { readonly y: Target; readonly weight?: Float64Array | undefined } | undefined;
  /** Per feature 1 where the answer must not fall as the feature rises, −1 where it must not rise, else 0. */
  readonly monotone?: Int8Array | undefined;
  /** In place of the objective of the parameters. */
  readonly loss?: Loss | undefined;
}

/** Above so many rows, the tenth held out is not missed. */
const REFITTED_ROWS = 200_000;

/**
 * Boosts trees over bins.
 *
 * @param data - Rows to fit, then the validation rows if there are any.
 * @param seed - Of all draws.
 * @throws MillwrightError `SHAPE_MISMATCH` if targets and rows differ in number.
 */
export async function fitBoosted(
  data: BinnedRows,
  targets: BoostTargets,
  parameters: BoostingParameters,
  seed: number,
  context: Pick<FitContext, "signal" | "onProgress">,
): Promise<BoostedTrees> {
  const { y, validation } = targets;
  const n = sizeOf(y);
  const more = validation === undefined ? 0 : sizeOf(validation.y);
  if (n + more !== data.rowCount) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `fitBoosted got ${n + more} targets for ${data.rowCount} rows.`,
      "Give one target a row.",
    );
  }
  const weights =
    targets.weight === undefined && validation?.weight === undefined
      ? undefined
      : join(
          targets.weight ?? new Float64Array(n).fill(1),
          validation?.weight ?? new Float64Array(more).fill(1),
        );
  const classCount = y.kind === "classification" ? y.classCount : 1;
  const { loss } = targets;
  const objectiveName = loss ? undefined : objectiveOf(y, parameters);
  const objective = loss ? objectiveOfLoss(loss) : objectiveNamed(objectiveName!, parameters);
  const rowIds = targets.rowIds ?? rowNumbers(0, n);
  const boost = { ...parameters, featuresPerNode: 0, randomThresholds: false, monotone: targets.monotone };
  const all = validation === undefined ? numbersOf(y) : join(numbersOf(y), numbersOf(validation.y));
  const mark = data.kernels.memory.used;
  const space = new BoostSpace(
    { data, objectiveName, objective, classCount, targets: all, weights, rowIds },
    boost,
  );
  const parts = watchedParts(y, rowIds, n, more, parameters, seed);
  const start = ({ fit, watch }: Part) => new BoostRun(space, boost, fit, watch, seed);
  let run = start(parts[0]!);
  let rounds = parameters.rounds;
  const watching = parts[0]!.watch.length > 0;
  if (watching) rounds = await watchedRounds([run, ...parts.slice(1).map(start)], parameters, context);
  // Rows held out here only say how many rounds; unless they are many, the model is fitted on all rows.
  const refitted = watching && more === 0 && n <= REFITTED_ROWS;
  if (refitted) run = start({ fit: rowNumbers(0, n), watch: new Uint32Array(0) });
  rounds = await addRounds(run, rounds, context);
  data.kernels.memory.release(mark);
  return {
    trees: run.trees.slice(0, rounds * run.base.length),
    base: run.base,
    objectiveName: objectiveName ?? loss!.name,
    objective,
    ...(refitted && rounds > 0 && { chosenRounds: rounds }),
  };
}

function sizeOf(y: Target): number {
  return y.kind === "regression" ? y.values.length : y.codes.length;
}

/** What was asked for, if the targets allow it; else squared error for numbers and log loss for classes. */
function objectiveOf(y: Target, { objective }: BoostingParameters): ObjectiveName {
  if (y.kind === "regression") {
    const name = objective === "auto" ? "squared" : objective;
    requireLossDomain(`boosting.objective "${name}"`, name, y.values, 'Choose "squared" or "huber".');
    return name;
  }
  if (objective !== "auto") {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `boosting.objective is "${objective}", a loss of numbers, and the target has ${y.classCount} classes.`,
      "Leave it out.",
    );
  }
  return y.classCount === 2 ? "logistic" : "softmax";
}

function numbersOf(y: Target): Float64Array {
  return y.kind === "regression" ? y.values : new Float64Array(y.codes);
}

function join(first: Float64Array, second: Float64Array): Float64Array {
  const joined = new Float64Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

/** Runs rounds, of all parts side by side, until the watched rows get no better; returns the best number of rounds. */
async function watchedRounds(
  runs: readonly BoostRun[],
  p: BoostingParameters,
  context: Pick<FitContext, "signal" | "onProgress">,
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
async function addRounds(
  run: BoostRun,
  rounds: number,
  context: Pick<FitContext, "signal" | "onProgress">,
): Promise<number> {
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
