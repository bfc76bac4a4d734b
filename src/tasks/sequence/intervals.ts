/**
 * Intervals of a forecast: how far each next value may lie from the answer.
 *
 * The errors of the shipped model on windows that neither learnt nor chose anything, step by step, each by the spread of
 * its own window, so that a large and a small series share one margin. In the file the margin is multiplied by the
 * spread of the window that is asked about.
 */
import { conformalMargin } from "../../evaluate/index.ts";
import type { Value } from "../../graph/index.ts";
import type { Candidate } from "./candidate.ts";
import type { ForecastProblem } from "./forecast-problem.ts";
import { runOver } from "./run-graph.ts";
import { scaleWindow } from "./scale.ts";

export interface Intervals {
  readonly coverage: number;
  /** Of each next value, the nearest first, in spreads of the window. */
  readonly margins: readonly number[];
  /** A window's spread: float64 [batch, 1]. */
  readonly spread: (x: Value) => Value;
}

export async function calibrate(problem: ForecastProblem, candidate: Candidate): Promise<Intervals> {
  const { shape, windows, coverage } = problem;
  const { horizon } = shape;
  const { x, y } = windows.calibration;
  const spread = (given: Value): Value => scaleWindow(given, shape).deviation;
  const found = await runOver(x, shape, (given) => ({
    answer: candidate.emit(given),
    spread: spread(given),
  }));
  const margins = Array.from({ length: horizon }, (_, k) => {
    const errors = Array.from(found.spread, (scale, i) => {
      const at = i * horizon + k;
      return Math.abs(y[at]! - found.answer[at]!) / scale;
    });
    return conformalMargin(Float64Array.from(errors.filter((error) => !Number.isNaN(error))), coverage);
  });
  return { coverage, margins, spread };
}

/** Ends of intervals. Row-major [windows, horizon], as the values. */
export interface Ends {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** How many values the intervals hold, and how wide they are. */
export function coverageOf(
  y: Float64Array,
  { low, high }: Ends,
  horizon: number,
): { readonly value: number; readonly byHorizon: readonly number[]; readonly width: number } {
  const held = new Array<number>(horizon).fill(0);
  let width = 0;
  y.forEach((value, at) => {
    if (value >= low[at]! && value <= high[at]!) held[at % horizon]!++;
    width += (high[at]! - low[at]!) / y.length;
  });
  const rows = y.length / horizon;
  return {
    value: held.reduce((sum, count) => sum + count, 0) / y.length,
    byHorizon: held.map((count) => count / rows),
    width,
  };
}
