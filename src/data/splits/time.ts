/**
 * Splits by time: a model is tested on what came after all that it learnt from.
 *
 * Rows are cut only between two different times, so that rows of one moment are
 * never on both sides. Source: Hyndman & Athanasopoulos, Forecasting: Principles
 * and Practice, section 5.10 (rolling origin); de Prado 2018, chapter 7 (gap and purging).
 */
import { MillwrightError } from "../../core/index.ts";
import type { Split, TimePlan } from "./split.ts";

/** Training rows up to a moment, test rows of the following stretch, in `folds` steps: the training part grows. */
export function timeFolds(plan: TimePlan, folds: number): Split[] {
  const order = byTime(plan.times);
  const bounds: number[] = [];
  for (let i = 1; i <= folds + 1; i++) {
    const after = bounds.at(-1) ?? 0;
    const bound =
      i > folds ? order.length : cutNear(plan.times, order, (i * order.length) / (folds + 1), after);
    if (bound === undefined || bound <= after) throw tooFewTimes(plan.times, folds + 1);
    bounds.push(bound);
  }
  return bounds.slice(1).map((end, i) => splitAt(plan, order, bounds[i]!, end));
}

/** The last `testSize` of the rows as test part. */
export function timeHoldOut(plan: TimePlan, testSize: number): Split {
  const order = byTime(plan.times);
  const cut = cutNear(plan.times, order, order.length * (1 - testSize), 0);
  if (cut === undefined) throw tooFewTimes(plan.times, 2);
  return splitAt(plan, order, cut, order.length);
}

/** The cut nearest to `wanted` that is above `after`, below the end, and between two different times. */
function cutNear(times: Float64Array, order: Uint32Array, wanted: number, after: number): number | undefined {
  const isCut = (at: number): boolean => times[order[at - 1]!]! < times[order[at]!]!;
  const middle = Math.round(wanted);
  for (let away = 0; away < order.length; away++) {
    const earlier = middle - away;
    if (earlier > after && earlier < order.length && isCut(earlier)) return earlier;
    const later = middle + away;
    if (later > after && later < order.length && isCut(later)) return later;
  }
  return undefined;
}

/** Training rows before place `cut` in time order, less gap and purged groups; test rows from there to `end`. */
function splitAt(plan: TimePlan, order: Uint32Array, cut: number, end: number): Split {
  const { times, gap = 0, groups } = plan;
  const test = order.slice(cut, end).sort();
  const first = times[order[cut]!]!;
  const tested = new Set<number>();
  if (groups !== undefined) for (const row of test) if (groups[row]! >= 0) tested.add(groups[row]!);
  const train = order
    .slice(0, cut)
    .filter((row) => times[row]! <= first - gap)
    .filter((row) => groups === undefined || !tested.has(groups[row]!))
    .sort();
  if (train.length === 0) {
    const cause = groups === undefined ? `a gap of ${gap}` : "taking out the groups that are tested later";
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `A split by time has ${cut} earlier rows, and ${cause} leaves none to train on.`,
      groups === undefined
        ? "Make the gap smaller."
        : "Give the column either the role of time or of group, not both, if groups go on over time.",
    );
  }
  return { train, test };
}

/** Rows from the earliest to the latest, equal times in row order. */
function byTime(times: Float64Array): Uint32Array {
  let missing = 0;
  for (let i = 0; i < times.length; i++) if (Number.isNaN(times[i]!)) missing++;
  if (missing > 0) {
    throw new MillwrightError(
      "DATA_BAD_VALUE",
      `A split by time needs a time in every row, and ${missing} of ${times.length} rows have none.`,
      "Leave those rows out, or split at random.",
    );
  }
  return Uint32Array.from(times, (_, i) => i).sort((a, b) => times[a]! - times[b]! || a - b);
}

function tooFewTimes(times: Float64Array, parts: number): MillwrightError {
  return new MillwrightError(
    "DATA_TOO_FEW_ROWS",
    `A split by time into ${parts} stretches needs as many different times, spread over the rows; ${times.length} rows have ${new Set(times).size}.`,
    "Use fewer folds, or split at random.",
  );
}
