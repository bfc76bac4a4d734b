/**
 * Learning curve: the score for a growing number of training rows, and what another
 * doubling would bring.
 *
 * Training parts grow inside each other, so that the steps of the curve come from
 * the rows added and not from new luck. Scores of most learners rise by less with
 * each doubling (loss ≈ a + b n^−c), so the mean step over the last doublings is a
 * fair, slightly hopeful, guess of the next. Source: Viering & Loog 2022, The Shape
 * of Learning Curves, IEEE TPAMI 45(6).
 */
import { createRandom, MillwrightError, type Random } from "../core/index.ts";
import type { SplitPlan } from "../data/index.ts";
import { studentQuantile } from "./distributions.ts";

export interface LearningPoint {
  /** Training rows. */
  readonly rows: number;
  /** Mean score on the same test rows, over the repeats. */
  readonly score: number;
  /** Each repeat's score. */
  readonly scores: readonly number[];
}

export interface LearningTrend {
  /** Improvement per doubling of the rows, positive is better whatever the metric's direction. */
  readonly gainPerDoubling: number;
  readonly low: number;
  readonly high: number;
  /** Points that it was read from: the larger half of the curve, at least 3. */
  readonly points: number;
}

/**
 * Sizes of the training parts: all rows, a half, a quarter, … down to `least`.
 *
 * @param least - Smallest part; default 50.
 * @param most - Number of sizes at most; default 6.
 * @returns Rising, at least one.
 */
export function learningSizes(rowCount: number, least = 50, most = 6): number[] {
  const sizes = [rowCount];
  while (sizes.length < most && Math.floor(sizes[0]! / 2) >= least) sizes.unshift(Math.floor(sizes[0]! / 2));
  return sizes;
}

/**
 * Training parts that grow inside each other: every class keeps its share, whole
 * groups join at a time, and by time the latest rows come first.
 *
 * @param rows - The training part of a split, rising.
 * @param sizes - Rising, at most `rows.length`. By group a part can be smaller by less than a group.
 * @returns One rising array of rows a size.
 */
export function growingParts(
  plan: SplitPlan,
  rows: Uint32Array,
  sizes: readonly number[],
  seed: number,
): Uint32Array[] {
  const order = growingOrder(plan, rows, createRandom(seed).child("learning"));
  return sizes.map((size) => {
    if (size >= rows.length) return rows;
    let end = size;
    if (plan.kind === "grouped") {
      const group = (place: number): number => plan.groups[order[place]!]!;
      while (end > 0 && group(end) >= 0 && group(end) === group(end - 1)) end--;
      while (end === 0 || (end < order.length && group(end) >= 0 && group(end) === group(end - 1))) end++;
    }
    return order.slice(0, end).sort();
  });
}

function growingOrder(plan: SplitPlan, rows: Uint32Array, random: Random): Uint32Array {
  const order = random.shuffle(rows.slice());
  let key: (row: number) => number;
  switch (plan.kind) {
    case "random":
      return order;
    case "time":
      key = (row) => -plan.times[row]!;
      break;
    case "grouped":
      return groupedOrder(order, plan.groups);
    case "stratified": {
      // The k-th of a class's m rows comes at (k + u) / m, so every stretch holds every class's share.
      const counts = new Float64Array(plan.classCount);
      for (const row of order) counts[plan.codes[row]!]!++;
      const seen = new Float64Array(plan.classCount);
      const keys = new Map<number, number>();
      for (const row of order) {
        const code = plan.codes[row]!;
        keys.set(row, (seen[code]!++ + random.next()) / counts[code]!);
      }
      key = (row) => keys.get(row)!;
    }
  }
  return order.sort((a, b) => key(a) - key(b) || a - b);
}

/** Rows of one group together, groups in the order in which they first come. */
function groupedOrder(order: Uint32Array, groups: Int32Array): Uint32Array {
  const members = new Map<number, number[]>();
  for (const row of order) {
    const key = groups[row]! < 0 ? -1 - row : groups[row]!;
    const list = members.get(key);
    if (list === undefined) members.set(key, [row]);
    else list.push(row);
  }
  return Uint32Array.from([...members.values()].flat());
}

export interface LearningOptions {
  readonly plan: SplitPlan;
  /** Training part of a split. */
  readonly train: Uint32Array;
  readonly sizes: readonly number[];
  /** Growing sequences averaged; default 3. By time there is one. */
  readonly repeats?: number | undefined;
  readonly seed: number;
  /** Fits on these rows and scores on the test rows of the same split. */
  readonly score: (rows: Uint32Array) => Promise<number>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Scores growing training parts. Costs one fit per size and repeat; all rows are fitted once.
 *
 * @throws MillwrightError `CANCELLED`, and whatever `score` throws.
 */
export async function learningCurve(options: LearningOptions): Promise<LearningPoint[]> {
  const { plan, train, sizes, seed, score, signal } = options;
  const repeats = plan.kind === "time" ? 1 : (options.repeats ?? 3);
  const scores = sizes.map((): number[] => []);
  const rows = new Float64Array(sizes.length);
  for (let repeat = 0; repeat < repeats; repeat++) {
    const parts = growingParts(plan, train, sizes, seed + repeat);
    for (const [i, part] of parts.entries()) {
      rows[i]! += part.length / repeats;
      // The whole training part is the same in every repeat.
      if (repeat > 0 && part.length === train.length) continue;
      if (signal?.aborted) {
        throw new MillwrightError(
          "CANCELLED",
          `The learning curve was stopped in repeat ${repeat + 1} of ${repeats}.`,
          "Start it again.",
        );
      }
      scores[i]!.push(await score(part));
    }
  }
  return scores.map((list, i) => ({
    rows: Math.round(rows[i]!),
    score: list.reduce((sum, value) => sum + value, 0) / list.length,
    scores: list,
  }));
}

/**
 * What another doubling of the rows would bring, from a line through the last
 * points of the curve over log₂ rows, with a 95 % interval of its slope.
 *
 * @returns Undefined for fewer than 3 different sizes: two points have no interval.
 */
export function learningTrend(
  curve: readonly LearningPoint[],
  greaterIsBetter: boolean,
): LearningTrend | undefined {
  const sorted = curve.toSorted((a, b) => a.rows - b.rows);
  const last = sorted.slice(-Math.max(3, Math.ceil(sorted.length / 2)));
  if (new Set(last.map((point) => point.rows)).size < 3) return undefined;
  const xs: number[] = [];
  const ys: number[] = [];
  for (const point of last) {
    for (const score of point.scores) {
      xs.push(Math.log2(point.rows));
      ys.push(greaterIsBetter ? score : -score);
    }
  }
  const count = xs.length;
  const meanX = xs.reduce((a, b) => a + b) / count;
  const meanY = ys.reduce((a, b) => a + b) / count;
  let across = 0;
  let along = 0;
  for (let i = 0; i < count; i++) {
    across += (xs[i]! - meanX) * (ys[i]! - meanY);
    along += (xs[i]! - meanX) ** 2;
  }
  const slope = across / along;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (ys[i]! - meanY - slope * (xs[i]! - meanX)) ** 2;
  const reach = studentQuantile(0.95, count - 2) * Math.sqrt(squares / (count - 2) / along);
  return { gainPerDoubling: slope, low: slope - reach, high: slope + reach, points: last.length };
}
