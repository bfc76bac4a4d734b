/**
 * The squared hinge on sparse rows by coordinate descent in its dual: one multiplier a row, at least 0.
 *
 * A row's multiplier has its best value in closed form, which takes one reading of the row, so that a sweep costs as
 * much as one gradient and moves far more. Between sweeps all scores are read anew: they give the best constant for
 * these slopes, the distance to the optimum, and the rows that the next sweeps need, those within the
 * margin or with a multiplier. The constant, which is not penalised, is held by ½ ρ (constant − centre)², and the centre
 * follows it: by itself it would crawl where a feature is far from 0. Source: Hsieh, Chang, Lin, Keerthi &
 * Sundararajan 2008, ICML, algorithms 1 and 3; Rockafellar 1976, SIAM J. Control Optim. 14(5) for the centre.
 */
import type { Random } from "../../core/index.ts";
import type { SparseRows } from "../../features/index.ts";

export interface DualProblem {
  readonly rows: SparseRows;
  /** 1 or −1 a row. */
  readonly sign: Int8Array;
  /** At least 0; a row of weight 0 takes no part. */
  readonly weight: Float64Array;
  /** Of ½ l2 ‖b‖². */
  readonly l2: number;
}

export interface DualSolution {
  /** Slopes by feature. */
  readonly b: Float64Array;
  readonly constant: number;
  /** Multipliers, from which a like problem may start. */
  readonly alpha: Float64Array;
  /** Of every row, without weight too. */
  readonly scores: Float64Array;
  readonly converged: boolean;
}

/** Sweeps over the rows that matter between two readings of all. */
const sweepsBetween = 4;

/**
 * @param tolerance - Stop when the loss is within this share of itself of the least.
 * @param start - Multipliers of a like problem.
 */
export function dualDescent(
  problem: DualProblem,
  how: {
    readonly tolerance: number;
    readonly maxIter: number;
    readonly random: Random;
    readonly signal?: AbortSignal | undefined;
    readonly start?: Float64Array;
  },
): DualSolution {
  const { rows, sign, weight, l2 } = problem;
  const { columnCount, starts, index, values } = rows;
  const n = sign.length;
  const alpha = Float64Array.from(weight, (w, i) => (w > 0 ? (how.start?.[i] ?? 0) : 0));
  const b = new Float64Array(columnCount);
  const add = (i: number, change: number): void => {
    for (let at = starts[i]!; at < starts[i + 1]!; at++) b[index[at]!]! += change * values[at]!;
  };
  const square = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let at = starts[i]!; at < starts[i + 1]!; at++) square[i]! += values[at]! ** 2;
    if (alpha[i]! > 0) add(i, (alpha[i]! * sign[i]!) / l2);
  }
  const scores = new Float64Array(n);
  const score = (i: number): number => {
    let sum = 0;
    const end = starts[i + 1]!;
    for (let at = starts[i]!; at < end; at++) sum += values[at]! * b[index[at]!]!;
    return sum;
  };
  // Of the size that a feature's slope is held by.
  const hold = l2;
  let centre = 0;
  let pull = 0;
  for (let i = 0; i < n; i++) pull += alpha[i]! * sign[i]!;
  let least = Infinity;
  for (let sweeps = 0; ; sweeps += sweepsBetween) {
    for (let i = 0; i < n; i++) scores[i] = score(i);
    const now = centre + pull / hold;
    const constant = bestConstant(scores, sign, weight, now);
    const gap = gapOf(problem, alpha, scores, b, constant);
    const converged = gap.share <= how.tolerance || (gap.share <= 1e-12 && gap.share >= least);
    least = Math.min(least, gap.share);
    if (converged || sweeps >= how.maxIter || how.signal?.aborted) {
      return { b, constant, alpha, scores: scores.map((s) => s + constant), converged };
    }
    centre = now;
    const active = Uint32Array.from(alpha.keys()).filter(
      (i) => weight[i]! > 0 && (alpha[i]! > 0 || sign[i]! * (scores[i]! + constant) < 1),
    );
    for (let k = 0; k < sweepsBetween; k++) {
      how.random.shuffle(active);
      for (const i of active) {
        const own = 1 / (2 * weight[i]!);
        const slope = 1 - sign[i]! * (score(i) + centre + pull / hold) - alpha[i]! * own;
        const next = Math.max(0, alpha[i]! + slope / (square[i]! / l2 + 1 / hold + own));
        if (next === alpha[i]) continue;
        const change = (next - alpha[i]!) * sign[i]!;
        add(i, change / l2);
        pull += change;
        alpha[i] = next;
      }
    }
  }
}

/** The loss less the dual's value, as a share of the loss. */
function gapOf(
  { sign, weight, l2 }: DualProblem,
  alpha: Float64Array,
  scores: Float64Array,
  b: Float64Array,
  constant: number,
): { readonly share: number } {
  let length = 0;
  for (const slope of b) length += slope * slope;
  let loss = 0.5 * l2 * length;
  let gap = l2 * length;
  for (let i = 0; i < sign.length; i++) {
    const w = weight[i]!;
    if (w === 0) continue;
    const short = Math.max(0, 1 - sign[i]! * (scores[i]! + constant));
    loss += w * short * short;
    gap += w * short * short + alpha[i]! ** 2 / (4 * w) - alpha[i]! * (1 - sign[i]! * constant);
  }
  return { share: loss > 0 ? Math.max(0, gap) / loss : 0 };
}

/** The constant of least loss under fixed slopes: Newton's method on a convex parabola in pieces, kept in a bracket. */
function bestConstant(scores: Float64Array, sign: Int8Array, weight: Float64Array, start: number): number {
  let [low, high] = [-Infinity, Infinity];
  let at = start;
  for (let step = 0; step < 100; step++) {
    let slope = 0;
    let curvature = 0;
    for (let i = 0; i < scores.length; i++) {
      const short = 1 - sign[i]! * (scores[i]! + at);
      if (short <= 0) continue;
      slope -= weight[i]! * sign[i]! * short;
      curvature += weight[i]!;
    }
    // Every row beyond its margin, or none on either side that pulls: nothing to gain.
    if (curvature === 0 || Math.abs(slope) <= 1e-15 * curvature) return at;
    if (slope < 0) low = at;
    else high = at;
    const next = at - slope / curvature;
    const inside = next > low && next < high;
    if (!inside && !(Number.isFinite(low) && Number.isFinite(high))) return at;
    const moved = inside ? next : (low + high) / 2;
    if (moved === at) return at;
    at = moved;
  }
  return at;
}
