/**
 * ROC and precision-recall curves, thinned for reports.
 *
 * Every distinct score is a corner of the full curve. A report keeps at most
 * `maxPoints` corners, evenly spaced along the curve, with the first and last:
 * true corners, never an invention in between. Vertices as in scikit-learn's
 * `roc_curve` and `precision_recall_curve`.
 */
import { checkedWeight } from "./checks.ts";
import { oneClassError, rank, requireRanking } from "./ranking.ts";
import type { RankingOptions } from "./roc-auc.ts";

export interface CurveOptions extends RankingOptions {
  /** Corners kept at most, at least 2; default 200. */
  readonly maxPoints?: number | undefined;
}

/** One entry a corner, from the strictest threshold to the loosest. */
export interface RocCurve {
  /** Share of the negatives at or above the threshold. */
  readonly falsePositiveRate: Float64Array;
  /** Share of the positives at or above the threshold. */
  readonly truePositiveRate: Float64Array;
  /** A row is called positive from this score on; the first is Infinity. */
  readonly threshold: Float64Array;
}

/** One entry a corner, from the strictest threshold to the loosest. */
export interface PrecisionRecallCurve {
  readonly recall: Float64Array;
  readonly precision: Float64Array;
  /** A row is called positive from this score on. */
  readonly threshold: Float64Array;
}

/**
 * The ROC curve of one class against the others.
 *
 * @param labels - Class code a row. Shape [n].
 * @param scores - Higher means more positive. Shape [n].
 * @throws MillwrightError `DATA_ONE_CLASS` if a class is absent; `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function rocCurve(labels: Int32Array, scores: Float64Array, options: CurveOptions = {}): RocCurve {
  const { hits, alarms, threshold } = cumulated("rocCurve", labels, scores, options);
  const positives = hits.at(-1)!;
  const negatives = alarms.at(-1)!;
  if (positives === 0 || negatives === 0) throw oneClassError("rocCurve", labels);
  const kept = spaced(
    hits.map((hit, i) => hit / positives + alarms[i]! / negatives),
    options.maxPoints ?? 200,
  );
  return {
    falsePositiveRate: Float64Array.from(kept, (i) => alarms[i]! / negatives),
    truePositiveRate: Float64Array.from(kept, (i) => hits[i]! / positives),
    threshold: Float64Array.from(kept, (i) => threshold[i]!),
  };
}

/**
 * The precision-recall curve of one class against the others.
 *
 * @param labels - Class code a row. Shape [n].
 * @param scores - Higher means more positive. Shape [n].
 * @throws MillwrightError `DATA_ONE_CLASS` if a class is absent; `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function prCurve(
  labels: Int32Array,
  scores: Float64Array,
  options: CurveOptions = {},
): PrecisionRecallCurve {
  const { hits, alarms, threshold } = cumulated("prCurve", labels, scores, options);
  const positives = hits.at(-1)!;
  if (positives === 0 || alarms.at(-1)! === 0) throw oneClassError("prCurve", labels);
  // The corner at Infinity calls no row positive: its precision is undefined, so the curve starts after it.
  const corners = spaced(
    hits.subarray(1).map((hit) => hit / positives),
    options.maxPoints ?? 200,
  );
  const kept = corners.map((i) => i + 1);
  return {
    recall: Float64Array.from(kept, (i) => hits[i]! / positives),
    precision: Float64Array.from(kept, (i) => hits[i]! / (hits[i]! + alarms[i]!)),
    threshold: Float64Array.from(kept, (i) => threshold[i]!),
  };
}

/** Weight of positives and negatives at or above each distinct score with weight, highest first, after a corner at Infinity. */
function cumulated(
  owner: string,
  labels: Int32Array,
  scores: Float64Array,
  options: CurveOptions,
): { hits: Float64Array; alarms: Float64Array; threshold: Float64Array } {
  requireRanking(owner, labels, scores);
  const weight = checkedWeight(owner, labels.length, options.weight);
  const { order, positive, ends } = rank(labels, scores, options.positive ?? 1);
  const hits = new Float64Array(ends.length + 1);
  const alarms = new Float64Array(ends.length + 1);
  const threshold = new Float64Array(ends.length + 1).fill(Infinity);
  let corners = 1;
  let hit = 0;
  let alarm = 0;
  let place = 0;
  for (const end of ends) {
    for (; place < end; place++) {
      if (positive[place] === 1) hit += weight[order[place]!]!;
      else alarm += weight[order[place]!]!;
    }
    if (hit === hits[corners - 1] && alarm === alarms[corners - 1]) continue;
    hits[corners] = hit;
    alarms[corners] = alarm;
    threshold[corners] = scores[order[place - 1]!]!;
    corners++;
  }
  return {
    hits: hits.subarray(0, corners),
    alarms: alarms.subarray(0, corners),
    threshold: threshold.subarray(0, corners),
  };
}

/** Indices of at most `count` entries of a rising sequence, evenly spaced by value, first and last included. */
function spaced(rising: Float64Array, count: number): Uint32Array {
  const last = rising.length - 1;
  if (rising.length <= count) return Uint32Array.from(rising, (_, i) => i);
  const kept = new Set<number>([0, last]);
  const step = (rising[last]! - rising[0]!) / (count - 1);
  for (let i = 1, next = rising[0]! + step; i < last && kept.size < count; i++) {
    if (rising[i]! < next) continue;
    kept.add(i);
    next = Math.max(next + step, rising[i]! + step / 2);
  }
  return Uint32Array.from(kept).sort();
}
