/** What the families of networks do to their rows before training, how they train, and what they do to scores after it. */
import { MillwrightError, rowUniform } from "../core/index.ts";
import {
  type FitContext,
  take,
  takeRows,
  takeTarget,
  type Target,
  type TrainingSet,
  type UsableRows,
  usableRows,
} from "../estimators/index.ts";
import type { Matrix } from "../features/index.ts";
import { fit, type FitOptions, type FitResult } from "./training/fit.ts";
import type { TrainEvent } from "./training/events.ts";
import type { Network, Weights } from "./network.ts";

/** Fewest rows of which some are kept aside. */
const fewestRows = 40;

/** Rows in the order of their identities: shuffles and draws then do not depend on the order they came in. */
export function inOrderOfIdentity(rows: UsableRows): UsableRows {
  const { rowIds } = rows;
  let sorted = true;
  for (let i = 1; i < rowIds.length; i++) if (rowIds[i]! < rowIds[i - 1]!) sorted = false;
  if (sorted) return rows;
  const order = Uint32Array.from(rowIds, (_, i) => i).sort((a, b) => rowIds[a]! - rowIds[b]!);
  return {
    ...rows,
    x: takeRows(rows.x, order),
    y: takeTarget(rows.y, order),
    weight: rows.weight && take(rows.weight, order),
    rowIds: take(rowIds, order),
  };
}

export interface SplitRows {
  readonly x: Matrix;
  readonly y: Target;
  readonly weight: Float64Array | undefined;
}

/** Rows to train on, and those that choose the epoch: given ones, or some of our own by their identity. */
export function keepAside(
  family: string,
  rows: UsableRows,
  share: number,
  { validation, random }: FitContext,
): { readonly inside: SplitRows; readonly aside: SplitRows | undefined } {
  if (validation !== undefined) {
    return { inside: rows, aside: usableRows(family, validation satisfies TrainingSet, true) };
  }
  if (share === 0 || rows.x.rowCount < fewestRows) return { inside: rows, aside: undefined };
  const seed = random.child("aside").integer(2 ** 32);
  const places = Uint32Array.from(rows.rowIds, (_, i) => i);
  const kept = places.filter((i) => rowUniform(seed, rows.rowIds[i]!) >= share);
  const left = places.filter((i) => rowUniform(seed, rows.rowIds[i]!) < share);
  if (left.length === 0 || kept.length === 0) return { inside: rows, aside: undefined };
  const part = (index: Uint32Array): SplitRows => ({
    x: takeRows(rows.x, index),
    y: takeTarget(rows.y, index),
    weight: rows.weight && take(rows.weight, index),
  });
  return { inside: part(kept), aside: part(left) };
}

/**
 * `fit` for a family: where it diverges, it says so in the family's settings.
 *
 * Which rows were in the batch tells nobody here anything: they are put in another order, and coded.
 *
 * @throws MillwrightError `FIT_DIVERGED` where the loss or a weight is not finite.
 */
export async function fitFamily(
  {
    family,
    learningRate,
    weightDecay,
  }: {
    readonly family: string;
    readonly learningRate: number;
    readonly weightDecay: number;
  },
  net: Network,
  weights: Weights,
  options: FitOptions,
  onEvent: (event: TrainEvent) => void,
): Promise<FitResult> {
  const diverged = (cause?: MillwrightError): MillwrightError =>
    new MillwrightError(
      "FIT_DIVERGED",
      `${family} with a learning rate of ${learningRate} and a weight decay of ${weightDecay} has no finite weights left.`,
      "Lower { learningRate } or { weightDecay }.",
      cause && { cause },
    );
  let result: FitResult;
  try {
    result = await fit(net, weights, options, onEvent);
  } catch (cause) {
    if (cause instanceof MillwrightError && cause.code === "FIT_DIVERGED") throw diverged(cause);
    throw cause;
  }
  const finite = Object.values(result.weights).every(({ data }) =>
    (data as Float32Array).every(Number.isFinite),
  );
  if (!finite) throw diverged();
  return result;
}
