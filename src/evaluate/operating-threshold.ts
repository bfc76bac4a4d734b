/**
 * Where to draw the line between yes and no when the two mistakes cost differently.
 *
 * Every threshold gives a cost per row; the lowest is chosen on the rows given,
 * which must not be the test rows. Beside it stands the threshold that theory names
 * for calibrated probabilities: (FP − TN) / (FP − TN + FN − TP).
 * Source: Elkan 2001, IJCAI, equation 2.
 */
import { MillwrightError } from "../core/index.ts";
import { ascendingOrder, classColumn, type ClassificationRows, metric } from "../metrics/index.ts";

/** Cost of a row by what was said and what was true, in any one unit. A benefit is a negative cost. */
export interface Costs {
  /** Said yes, was no: a false alarm. */
  readonly falsePositive: number;
  /** Said no, was yes: a miss. */
  readonly falseNegative: number;
  /** Said yes, was yes; default 0. */
  readonly truePositive?: number | undefined;
  /** Said no, was no; default 0. */
  readonly trueNegative?: number | undefined;
}

/** What one threshold does to the rows, in weighted shares of them. */
export interface ThresholdPoint {
  /** A row is called positive from this probability on. */
  readonly threshold: number;
  readonly costPerRow: number;
  /** Share of rows called positive. */
  readonly flagged: number;
  /** Share of rows called positive that are. */
  readonly found: number;
}

export interface OperatingThreshold extends ThresholdPoint {
  /** The threshold that is best if the probabilities are calibrated. */
  readonly byTheory: ThresholdPoint;
  /** At the usual 0.5. */
  readonly atHalf: ThresholdPoint;
  /** Cost per row of calling no row positive: doing nothing. */
  readonly flagNone: number;
  /** Cost per row of calling every row positive. */
  readonly flagAll: number;
  /** Share of rows that are positive. */
  readonly positives: number;
  /** Threshold–cost curve, from the strictest to the loosest, at most `maxPoints`. */
  readonly curve: readonly ThresholdPoint[];
}

/**
 * The threshold with the lowest cost on these rows, and the cost of the others.
 *
 * @param rows - Two classes with probabilities; out-of-fold ones, so that the threshold is not tuned on test rows.
 * @param maxPoints - Points of the curve, default 200.
 * @throws MillwrightError `PARAMETER_CONFLICT` if being right costs as much as being wrong, or there are not two classes.
 * @throws MillwrightError `DATA_BAD_VALUE`, `DATA_EMPTY`, `SHAPE_MISMATCH`.
 */
export function operatingThreshold(
  rows: ClassificationRows,
  costs: Costs,
  maxPoints = 200,
): OperatingThreshold {
  const { alarm, miss } = penalties(costs);
  const table = tableOf(rows);
  const ladder = ladderOf(table, costs);
  let best = ladder[0]!;
  for (const step of ladder) if (step.costPerRow < best.costPerRow) best = step;
  return {
    ...best,
    byTheory: pointAt(table, costs, alarm / (alarm + miss)),
    atHalf: pointAt(table, costs, 0.5),
    flagNone: ladder[0]!.costPerRow,
    flagAll: ladder.at(-1)!.costPerRow,
    positives: table.positives / table.total,
    curve: thinned(ladder, maxPoints),
  };
}

/**
 * What a threshold chosen elsewhere does on these rows.
 *
 * @throws MillwrightError as `operatingThreshold`.
 */
export function costAt(rows: ClassificationRows, costs: Costs, threshold: number): ThresholdPoint {
  penalties(costs);
  return pointAt(tableOf(rows), costs, threshold);
}

/** What a false alarm and a miss cost more than being right. */
function penalties(costs: Costs): { alarm: number; miss: number } {
  const alarm = costs.falsePositive - (costs.trueNegative ?? 0);
  const miss = costs.falseNegative - (costs.truePositive ?? 0);
  if (!(alarm > 0 && miss > 0 && alarm < Infinity && miss < Infinity)) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `A threshold by cost needs mistakes that cost more than being right, and here a false alarm costs ${alarm} more and a miss ${miss} more.`,
      "Give falsePositive above trueNegative and falseNegative above truePositive; benefits are negative costs.",
    );
  }
  return { alarm, miss };
}

/** Rows reduced to what costs need. */
interface Table {
  /** Probability of the positive class. */
  readonly p: Float64Array;
  readonly isPositive: Uint8Array;
  readonly weight: Float64Array;
  readonly total: number;
  readonly positives: number;
}

function tableOf(rows: ClassificationRows): Table {
  const { y, classCount, probabilities, positive = 1 } = rows;
  if (classCount !== 2 || probabilities === undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `A threshold by cost needs probabilities of two classes, and got ${probabilities === undefined ? "none" : `${classCount} classes`}.`,
      "Choose one class against the rest, or take the most probable class.",
    );
  }
  metric("brier").score(rows); // checks labels, probabilities and weights
  const weight = rows.weight ?? new Float64Array(y.length).fill(1);
  const isPositive = Uint8Array.from(y, (label) => (label === positive ? 1 : 0));
  let total = 0;
  let positives = 0;
  for (let i = 0; i < y.length; i++) {
    total += weight[i]!;
    positives += weight[i]! * isPositive[i]!;
  }
  return { p: classColumn(probabilities, 2, positive), isPositive, weight, total, positives };
}

function pointOf(
  { total, positives }: Table,
  costs: Costs,
  threshold: number,
  flagged: number,
  found: number,
): ThresholdPoint {
  const { falsePositive, falseNegative, truePositive = 0, trueNegative = 0 } = costs;
  const cost =
    found * truePositive +
    (flagged - found) * falsePositive +
    (positives - found) * falseNegative +
    (total - positives - flagged + found) * trueNegative;
  return { threshold, costPerRow: cost / total, flagged: flagged / total, found: found / total };
}

function pointAt(table: Table, costs: Costs, threshold: number): ThresholdPoint {
  let flagged = 0;
  let found = 0;
  for (let i = 0; i < table.p.length; i++) {
    if (table.p[i]! < threshold) continue;
    flagged += table.weight[i]!;
    found += table.weight[i]! * table.isPositive[i]!;
  }
  return pointOf(table, costs, threshold, flagged, found);
}

/** One step a distinct probability, the strictest first, after one that calls no row positive. */
function ladderOf(table: Table, costs: Costs): ThresholdPoint[] {
  const { p, isPositive, weight } = table;
  const order = ascendingOrder(p).reverse();
  const highest = p[order[0]!]!;
  const ladder = [pointOf(table, costs, highest < 1 ? (highest + 1) / 2 : highest + Number.EPSILON, 0, 0)];
  let flagged = 0;
  let found = 0;
  for (let place = 0; place < order.length; place++) {
    const row = order[place]!;
    flagged += weight[row]!;
    found += weight[row]! * isPositive[row]!;
    const here = p[row]!;
    if (place + 1 === order.length) ladder.push(pointOf(table, costs, 0, flagged, found));
    // Half-way to the next probability: the line is drawn where no row lies.
    else if (p[order[place + 1]!]! < here) {
      ladder.push(pointOf(table, costs, (here + p[order[place + 1]!]!) / 2, flagged, found));
    }
  }
  return ladder;
}

/** Steps evenly spaced by the share of rows flagged, first and last included. */
function thinned(ladder: readonly ThresholdPoint[], maxPoints: number): ThresholdPoint[] {
  if (ladder.length <= maxPoints) return [...ladder];
  const kept: ThresholdPoint[] = [];
  for (const [i, step] of ladder.entries()) {
    const due = kept.length / (maxPoints - 1);
    if (i === ladder.length - 1 || (step.flagged >= due && kept.length < maxPoints - 1)) kept.push(step);
  }
  return kept;
}
