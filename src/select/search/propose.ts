/**
 * What to try next: some points at random, the others where the guess of a Gaussian process promises most.
 *
 * A point's promise is the expected improvement over the best value so far. Several at once: each chosen point is
 * believed to give what is expected of it before the next is chosen. Source: Jones et al. 1998; Ginsbourger et al.
 * 2010 for the batch ("kriging believer").
 */
import type { Random } from "../../core/index.ts";
import { normalCdf } from "../../evaluate/index.ts";
import { fitGaussianProcess, type GaussianProcess } from "./gaussian-process.ts";

export interface Observation {
  readonly point: Float64Array;
  /** Smaller is better. */
  readonly loss: number;
}

/** Observations from which on a guess is better than none. */
const fewest = 4;
/** Points at random among which the most promising is looked for, and steps around the best ones. */
const scattered = 256;
const nearby = 64;
/** Most observations a guess rests on, the latest: a factorisation grows with their cube. */
const remembered = 150;

/**
 * @param dimensions - At least 1.
 * @param count - Points wanted; a third of them, at least one where there are two, stay random.
 */
export function propose(
  dimensions: number,
  observations: readonly Observation[],
  count: number,
  random: Random,
): Float64Array[] {
  const anywhere = (): Float64Array => Float64Array.from({ length: dimensions }, () => random.next());
  const chosen: Float64Array[] = [];
  const known = observations.slice(-remembered);
  const guessed = known.length < fewest ? 0 : count - Math.floor(count / 3) - (count === 2 ? 1 : 0);
  const points = known.map(({ point }) => point);
  const losses = withoutExtremes(known.map(({ loss }) => loss));
  let kernel: GaussianProcess["kernel"] | undefined;
  while (chosen.length < guessed) {
    const process = fitGaussianProcess(points, Float64Array.from(losses), kernel);
    ({ kernel } = process);
    const best = Math.min(...losses);
    const leaders = losses
      .map((loss, index) => ({ loss, index }))
      .sort((a, b) => a.loss - b.loss || a.index - b.index)
      .slice(0, 3);
    const trials = Array.from({ length: scattered + nearby }, (_, i) =>
      i < scattered ? anywhere() : aside(points[leaders[i % leaders.length]!.index]!, random),
    );
    const promises = trials.map((trial) => expectedImprovement(process, trial, best));
    const point = trials[promises.indexOf(Math.max(...promises))]!;
    chosen.push(point);
    points.push(point);
    losses.push(process.at(point).mean);
  }
  while (chosen.length < count) chosen.push(anywhere());
  return chosen;
}

/** Losses far above the usual ones are cut down: how bad a bad point is says nothing about the good ones. */
function withoutExtremes(losses: number[]): number[] {
  const sorted = losses.toSorted((a, b) => a - b);
  if (sorted.length === 0) return losses;
  const median = sorted[sorted.length >> 1]!;
  const limit = median + 3 * (median - sorted[0]!);
  return losses.map((loss) => Math.min(loss, limit));
}

/** A point near another, inside the cube. */
function aside(point: Float64Array, random: Random): Float64Array {
  return point.map((value) => Math.min(1, Math.max(0, value + 0.1 * random.normal())));
}

/** By how much a loss there is expected to lie below `best`. */
export function expectedImprovement(process: GaussianProcess, point: Float64Array, best: number): number {
  const { mean, deviation } = process.at(point);
  const gain = best - mean;
  if (deviation <= 0) return Math.max(0, gain);
  const z = gain / deviation;
  return gain * normalCdf(z) + (deviation * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
}
