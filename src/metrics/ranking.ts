/**
 * Positives and negatives in the order of their scores, rows of one score together:
 * what ROC, precision-recall and threshold curves all walk along.
 */
import { MillwrightError } from "../core/index.ts";
import { requireFinite, requireSameLength } from "./checks.ts";
import { ascendingOrder } from "./order.ts";

/** Rows sorted by score, highest first. */
export interface Ranking {
  /** Row numbers, highest score first. Shape [n]. */
  readonly order: Uint32Array;
  /** 1 where the row at this place is positive. Shape [n]. */
  readonly positive: Uint8Array;
  /** Place one past the last row of each distinct score. Shape [distinct scores]. */
  readonly ends: Uint32Array;
}

/** Sorts rows by descending score. `labels` are codes; those equal to `positive` count as positive. */
export function rank(labels: Int32Array, scores: Float64Array, positive: number): Ranking {
  const rising = ascendingOrder(scores);
  const count = rising.length;
  const order = new Uint32Array(count);
  const isPositive = new Uint8Array(count);
  const ends = new Uint32Array(count);
  let groups = 0;
  for (let place = 0; place < count; place++) {
    const row = rising[count - 1 - place]!;
    order[place] = row;
    isPositive[place] = labels[row] === positive ? 1 : 0;
    const last = place === count - 1 || scores[rising[count - 2 - place]!] !== scores[row];
    if (last) ends[groups++] = place + 1;
  }
  return { order, positive: isPositive, ends: ends.slice(0, groups) };
}

/** Checks the rows of a ranking metric. @throws MillwrightError `SHAPE_MISMATCH`, `DATA_EMPTY`, `DATA_BAD_VALUE`. */
export function requireRanking(owner: string, labels: Int32Array, scores: Float64Array): void {
  requireSameLength(owner, { labels, scores });
  requireFinite(owner, "scores", scores);
}

/** The error of a metric that needs rows in and outside the positive class. */
export function oneClassError(owner: string, labels: Int32Array): MillwrightError {
  const first = labels[0];
  const same = labels.every((label) => label === first);
  return new MillwrightError(
    "DATA_ONE_CLASS",
    same
      ? `${owner} needs both classes, and all ${labels.length} labels are ${first}.`
      : `${owner} needs both classes, and one of them has no weight in ${labels.length} rows.`,
    "Evaluate on more rows, or make a stratified split.",
  );
}

/** Scores of one class out of row-major probabilities [n × classCount]. */
export function classColumn(probabilities: Float64Array, classCount: number, c: number): Float64Array {
  const column = new Float64Array(probabilities.length / classCount);
  for (let i = 0; i < column.length; i++) column[i] = probabilities[i * classCount + c]!;
  return column;
}
