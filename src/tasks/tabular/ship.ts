/**
 * From the race to the file that is shipped: what is chosen, calibrated, composed and loaded, within the limits that
 * the user states.
 */
import { createRandom, MillwrightError } from "../../core/index.ts";
import type { Calibration } from "../../estimators/calibration/index.ts";
import type { Metric } from "../../metrics/index.ts";
import { load, type Model } from "../../model/index.ts";
import { composeModel, type ComposedModel, type Member, referenceProfile } from "../../pipeline/index.ts";
import { featureColumns, type Frame } from "../../schema/index.ts";
import {
  type Choice,
  choose,
  type CostLimits,
  describeLimits,
  type EntryCost,
  type JudgedRows,
  keepsTo,
  measureCosts,
  type RaceEntry,
  type RaceResult,
} from "../../select/index.ts";
import { calibrationFor } from "./calibrate.ts";
import { cardOf } from "./card.ts";
import { weighClasses } from "./class-weights.ts";
import { constantAnswer, type LabelledFrame } from "./labelled.ts";
import { recipeOf, type TrainOptions } from "./options.ts";
import type { OwnParts } from "./own.ts";
import type { PreparedTable } from "./prepare.ts";
import { recordedShares } from "./recorded.ts";
import { rowTimes, singleRows } from "./row-times.ts";
import type { RunSplits } from "./splits.ts";
import { thresholdFor } from "./threshold.ts";
import { widen, type Widened } from "./widen.ts";

export interface RaceRun {
  readonly table: PreparedTable;
  readonly training: LabelledFrame;
  readonly splits: RunSplits;
  readonly race: RaceResult;
  /** The rows that the race judged by, in its order. */
  readonly judged: JudgedRows;
  readonly metric: Metric;
  readonly classWeights: Float64Array | undefined;
  readonly own: OwnParts;
}

export interface Shipped {
  readonly choice: Choice;
  readonly threshold: number | undefined;
  readonly composed: ComposedModel;
  /** The file, loaded. */
  readonly model: Model;
  /** Members fitted once more on rows that the race had no room for. */
  readonly widened: ReadonlyMap<RaceEntry, Widened>;
}

/** How often another choice is tried when a file turns out dearer than its parts. */
const attempts = 4;

/**
 * The best that keeps to the limits. Parts share dictionaries and steps in one file, so a file is judged by itself:
 * first the best of all, then the best within limits for the parts, drawn tighter as far as the file exceeds them.
 *
 * @throws MillwrightError `LIMIT_UNREACHED`.
 */
export async function ship(options: TrainOptions, run: RaceRun): Promise<Shipped> {
  const { race, splits, training } = run;
  const costs = await measureCosts(race.entries, (entry) => shippedFits(entry, splits), training.frame);
  const stated = limitsOf(options);
  const widened = new Map<RaceEntry, Widened>();
  let limits: CostLimits | undefined;
  for (let attempt = 0; ; attempt++) {
    const shipped = await shipWithin(options, run, { costs, limits, widened });
    if (stated === undefined) return shipped;
    const cost = await costOf(shipped, training.frame);
    if (keepsTo(cost, stated)) return shipped;
    await shipped.model.close();
    if (attempt === attempts) {
      throw new MillwrightError(
        "LIMIT_UNREACHED",
        `The file takes ${describeLimits(cost)}, beyond ${describeLimits(stated)}, however its models are chosen.`,
        "Raise the limit.",
      );
    }
    limits = tightened(limits ?? chosenCost(shipped.choice), stated, cost);
  }
}

/** What the chosen parts were said to cost together. */
function chosenCost({ board, chosen }: Choice): EntryCost {
  return board.find(({ name }) => name === chosen)!.cost;
}

function limitsOf({ maxLatency, maxSize }: TrainOptions): CostLimits | undefined {
  if (maxLatency === undefined && maxSize === undefined) return undefined;
  return {
    ...(maxLatency !== undefined && { rowMs: maxLatency }),
    ...(maxSize !== undefined && { bytes: maxSize }),
  };
}

/** What the shipped file costs. */
async function costOf({ composed, model }: Shipped, frame: Frame): Promise<EntryCost> {
  const answer = (row: Frame): Promise<unknown> => model.predictColumns(row.columns, 1);
  const times = await rowTimes(singleRows(answer, frame, 200), { rows: 200, warm: 50 });
  return { bytes: composed.write().length, rowMs: times[times.length >> 1]! };
}

/** Limits for the parts, such that the whole keeps to what was stated. */
function tightened(parts: CostLimits, stated: CostLimits, cost: EntryCost): CostLimits {
  const less = (before: number, wanted: number, found: number): number =>
    found <= wanted ? before : 0.97 * before * (wanted / found);
  return {
    ...(stated.rowMs !== undefined && { rowMs: less(parts.rowMs!, stated.rowMs, cost.rowMs) }),
    ...(stated.bytes !== undefined && { bytes: less(parts.bytes!, stated.bytes, cost.bytes) }),
  };
}

async function shipWithin(
  options: TrainOptions,
  run: RaceRun,
  {
    costs,
    limits,
    widened,
  }: {
    readonly costs: ReadonlyMap<RaceEntry, EntryCost>;
    readonly limits: CostLimits | undefined;
    /** Of all attempts so far. */
    readonly widened: Map<RaceEntry, Widened>;
  },
): Promise<Shipped> {
  const { race, judged, metric, classWeights, table, training, splits, own } = run;
  const choice = choose(race, judged, metric, {
    seed: options.seed,
    costs,
    limits,
    stated: limitsOf(options),
    shares: options.recipe && recordedShares(options.recipe),
  });
  // As the families learnt them: else calibration would take the class weights away again.
  const weighed = weighClasses(judged, classWeights);
  const calibration = calibrationFor(weighed, choice.answers, metric, options.seed);
  const answers = calibration.reference(choice.answers);
  const threshold = thresholdFor(options.cost, table.task, judged, answers);
  const rows = { table, splits, training: weighClasses(training, classWeights), classWeights };
  // Steps in code are not looked for here: what they made of the raced rows is shipped.
  const members =
    own.steps.length > 0 ? new Map<RaceEntry, Widened>() : await widen(choice, { options, ...rows }, widened);
  const composed = await compose(options, run, choice, { threshold, calibration, widened: members });
  const model = await load(composed.write(), undefined, { name: "model.onnx" });
  return { choice, threshold, composed, model, widened: members };
}

/**
 * Whether the folds' models are shipped together. By time the last rows matter
 * most, so one model of all rows is shipped; else each fold's model saw all but
 * one part, and their mean is better than any.
 */
export function shipsFolds(splits: RunSplits): boolean {
  return splits.kind !== "time";
}

/** The fits of an entry that go into the file. */
function shippedFits(entry: RaceEntry, splits: RunSplits): readonly Uint8Array[] {
  return shipsFolds(splits) ? entry.fragments : entry.fragments.slice(-1);
}

async function compose(
  options: TrainOptions,
  { table, training, race, splits, own }: RaceRun,
  choice: Choice,
  {
    threshold,
    calibration,
    widened,
  }: {
    readonly threshold: number | undefined;
    readonly calibration: Calibration;
    readonly widened: ReadonlyMap<RaceEntry, Widened>;
  },
): Promise<ComposedModel> {
  const { frame, task } = table;
  const members: readonly Member[] = choice.members.flatMap(({ entry, weight }) => {
    const more = widened.get(entry);
    if (more !== undefined) return [{ fragment: more.fragment, weight }];
    const fits = shippedFits(entry, splits);
    return fits.map((fragment) => ({ fragment, weight: weight / fits.length }));
  });
  return await composeModel({
    schema: frame.schema,
    task,
    members,
    ...(threshold !== undefined && { threshold }),
    constant: constantAnswer(training),
    calibrate: (probabilities) => calibration.emit(probabilities),
    about: {
      card: cardOf(table, choice, calibration.kind, options.software),
      profile: referenceProfile(
        training.frame,
        featureColumns(frame.schema).map((column) => column.name),
      ),
      data: { rowCount: frame.rowCount, columnCount: frame.schema.columns.length, sha256: table.fingerprint },
      recipe: recipeOf(options, race.unitsUsed, choice, own),
    },
    random: createRandom(options.seed).child("compose"),
  });
}
