/** Every figure of rows with any number of labels, with its interval over the rows and that of doing nothing. */
import { createRandom, quantile } from "../../core/index.ts";
import { resampler } from "../../evaluate/index.ts";
import { type LabelMetric, labelMetrics, type LabelRows } from "../../metrics/index.ts";

export interface LabelFigure {
  readonly name: string;
  readonly title: string;
  readonly greaterIsBetter: boolean;
  readonly unit: "share";
  readonly value: number;
  /** 95 % interval over the rows, or over whole groups of them. */
  readonly low: number;
  readonly high: number;
  /** The same of answering each label by its share in training, at the same thresholds or where it pays to say yes. */
  readonly baseline: number;
}

const replicates = 200;

/**
 * @param constant - Share of each label in training.
 * @param first - The metric that leads the list.
 * @param groups - Group of each row, whose rows are not independent.
 */
export function labelFigures(
  rows: LabelRows,
  constant: readonly number[],
  first: LabelMetric,
  seed: number,
  groups?: Int32Array,
): LabelFigure[] {
  const shares = Float64Array.from(rows.probabilities, (_, at) => constant[at % rows.labelCount]!);
  // Saying no to every label is wrong less often, and saying yes has the better F1: nothing is the better of both.
  const nothing = [constant.map(() => 1.1), constant.map(() => 0)].map((thresholds) => ({
    ...rows,
    probabilities: shares,
    thresholds,
  }));
  const weights = drawnWeights(rows, seed, groups);
  const others = Object.values(labelMetrics).filter(({ name }) => name !== first.name);
  return [first, ...others].map((metric) => {
    const drawn = Float64Array.from(weights, (weight) => metric.score({ ...rows, weight })).sort();
    const doingNothing = nothing.map((answer) => metric.score(answer));
    return {
      name: metric.name,
      title: metric.title,
      greaterIsBetter: metric.greaterIsBetter,
      unit: "share",
      value: metric.score(rows),
      low: quantile(drawn, 0.025),
      high: quantile(drawn, 0.975),
      baseline: metric.greaterIsBetter ? Math.max(...doingNothing) : Math.min(...doingNothing),
    };
  });
}

/** How often each row counts in draws of as many rows, or of as many groups, with replacement. */
export function drawnWeights(rows: LabelRows, seed: number, groups?: Int32Array): Float64Array[] {
  const rowCount = rows.hits.length / rows.labelCount;
  const random = createRandom(seed).child("intervals");
  const draw = resampler({ rowCount, groups }, rows.weight && Float64Array.from(rows.weight));
  return Array.from({ length: replicates }, () => {
    const weight = new Float64Array(rowCount);
    draw(random, weight);
    return weight;
  });
}
