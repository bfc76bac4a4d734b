/** The aggregates that a report draws of answers on untouched rows: curves, bins and tables, never rows. */
import { quantile } from "../../core/index.ts";
import {
  calibrationCurve,
  type ClassificationRows,
  classColumn,
  confusionMatrix,
  mostProbable,
  prCurve,
  rocAuc,
  rocCurve,
  averagePrecision,
} from "../../metrics/index.ts";
import type {
  Calibration,
  Confusion,
  Curve,
  Operating,
  PrecisionRecallCurve,
  RegressionErrors,
  ThresholdPoint,
} from "../../report/index.ts";
import type { TrainOptions } from "./options.ts";

export interface ClassPictures {
  readonly roc?: readonly Curve[];
  readonly precisionRecall?: readonly PrecisionRecallCurve[];
  readonly calibration?: Calibration;
  readonly operating?: Operating;
  readonly confusion: Confusion;
}

/** Classes drawn one against the rest; more make a tangle. */
const maxCurves = 6;
/** Thresholds of the operating table. */
const thresholds = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);

export function classPictures(
  rows: ClassificationRows & { readonly probabilities: Float64Array },
  classes: readonly string[],
  operating: { readonly threshold: number | undefined; readonly cost: TrainOptions["cost"] },
): ClassPictures {
  const { y, classCount, probabilities, positive, weight } = rows;
  const codes = positive !== undefined ? [positive] : classes.map((_, code) => code).slice(0, maxCurves);
  const drawable = codes.filter((code) => y.includes(code) && y.some((other) => other !== code));
  const of = (
    code: number,
  ): {
    labels: Int32Array;
    scores: Float64Array;
    options: { positive: number; weight: Float64Array | undefined; maxPoints: number };
  } => ({
    labels: y,
    scores: classColumn(probabilities, classCount, code),
    options: { positive: code, weight, maxPoints: 150 },
  });
  const predicted =
    positive !== undefined && operating.threshold !== undefined
      ? Int32Array.from(y, (_, i) =>
          probabilities[2 * i + positive]! >= operating.threshold! ? positive : 1 - positive,
        )
      : (rows.predicted ?? mostProbable(probabilities, classCount));
  return {
    ...(drawable.length > 0 && {
      roc: drawable.map((code) => {
        const { labels, scores, options } = of(code);
        const curve = rocCurve(labels, scores, options);
        return {
          label: classes[code]!,
          x: [...curve.falsePositiveRate],
          y: [...curve.truePositiveRate],
          area: { value: rocAuc(labels, scores, options) },
        };
      }),
      precisionRecall: drawable.map((code) => {
        const { labels, scores, options } = of(code);
        const curve = prCurve(labels, scores, options);
        return {
          label: classes[code]!,
          x: [...curve.recall],
          y: [...curve.precision],
          area: { value: averagePrecision(labels, scores, options) },
          prevalence: shareOf(labels, code, weight),
        };
      }),
    }),
    ...(positive !== undefined && { calibration: calibrationOf(rows, positive, classes[positive]!) }),
    ...(positive !== undefined &&
      operating.threshold !== undefined && {
        operating: operatingOf(rows, positive, operating.threshold, operating.cost),
      }),
    confusion: { labels: classes, counts: [...confusionMatrix(y, predicted, { classCount })] },
  };
}

function shareOf(labels: Int32Array, code: number, weight: Float64Array | undefined): number {
  let hits = 0;
  let total = 0;
  for (let i = 0; i < labels.length; i++) {
    const w = weight?.[i] ?? 1;
    total += w;
    if (labels[i] === code) hits += w;
  }
  return hits / total;
}

function calibrationOf(
  rows: ClassificationRows & { readonly probabilities: Float64Array },
  positive: number,
  label: string,
): Calibration {
  const scores = classColumn(rows.probabilities, 2, positive);
  const bins = calibrationCurve(rows.y, scores, { positive, weight: rows.weight });
  let total = 0;
  let error = 0;
  for (const bin of bins) {
    total += bin.count;
    error += bin.count * Math.abs(bin.predicted - bin.observed);
  }
  return {
    label,
    bins: bins.map(({ predicted, observed, low, high, count }) => ({
      predicted,
      observed: { value: observed, low, high },
      rows: count,
    })),
    error: error / total,
  };
}

function operatingOf(
  rows: ClassificationRows & { readonly probabilities: Float64Array },
  positive: number,
  threshold: number,
  cost: TrainOptions["cost"],
): Operating {
  const at = (limit: number): ThresholdPoint => {
    const counts = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
    for (let i = 0; i < rows.y.length; i++) {
      const flagged = rows.probabilities[2 * i + positive]! >= limit;
      const is = rows.y[i] === positive;
      counts[flagged ? (is ? "truePositives" : "falsePositives") : is ? "falseNegatives" : "trueNegatives"]++;
    }
    return { threshold: limit, ...counts };
  };
  return {
    at: at(threshold),
    why: cost === undefined ? "the usual one half" : "lowest cost on the out-of-fold predictions",
    ...(cost && { costs: { falseAlarm: cost.falsePositive, miss: cost.falseNegative } }),
    points: thresholds.map(at),
  };
}

const heatBins = 24;
const histogramBins = 40;

/**
 * @param y - True values. Shape [n].
 * @param predicted - Shape [n].
 * @param constant - The answer of doing nothing.
 */
export function errorPictures(y: Float64Array, predicted: Float64Array, constant: number): RegressionErrors {
  const errors = y.map((value, i) => value - predicted[i]!);
  const sorted = errors.toSorted();
  const bias = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const edges = edgesBetween(quantile(sorted, 0.01), quantile(sorted, 0.99), histogramBins);
  const counts = new Array<number>(histogramBins).fill(0);
  let below = 0;
  let above = 0;
  for (const error of errors) {
    const bin = binOf(edges, error);
    if (bin < 0) below++;
    else if (bin >= histogramBins) above++;
    else counts[bin]!++;
  }
  return {
    model: spread(errors),
    baseline: spread(y.map((value) => value - constant)),
    bias,
    heat: heatOf(y, predicted),
    histogram: {
      edges,
      counts,
      below,
      above,
      quartiles: [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)],
    },
    byPrediction: byPrediction(predicted, errors),
  };
}

function spread(errors: Float64Array): RegressionErrors["model"] {
  const sizes = errors.map(Math.abs).sort();
  return {
    mean: sizes.reduce((sum, size) => sum + size, 0) / sizes.length,
    median: quantile(sizes, 0.5),
    p90: quantile(sizes, 0.9),
  };
}

function heatOf(y: Float64Array, predicted: Float64Array): NonNullable<RegressionErrors["heat"]> {
  const both = [...y, ...predicted].sort((a, b) => a - b);
  const edges = edgesBetween(
    quantile(Float64Array.from(both), 0.005),
    quantile(Float64Array.from(both), 0.995),
    heatBins,
  );
  const inside = (value: number): number => Math.min(heatBins - 1, Math.max(0, binOf(edges, value)));
  const counts = new Array<number>(heatBins * heatBins).fill(0);
  for (let i = 0; i < y.length; i++) counts[inside(y[i]!) * heatBins + inside(predicted[i]!)]!++;
  return { xEdges: edges, yEdges: edges, counts };
}

function byPrediction(
  predicted: Float64Array,
  errors: Float64Array,
): NonNullable<RegressionErrors["byPrediction"]> {
  const order = Uint32Array.from(predicted, (_, i) => i).sort(
    (a, b) => predicted[a]! - predicted[b]! || a - b,
  );
  const bins = Math.max(1, Math.min(10, Math.floor(order.length / 20)));
  return Array.from({ length: bins }, (_, b) => {
    const rows = order.subarray(
      Math.floor((b * order.length) / bins),
      Math.floor(((b + 1) * order.length) / bins),
    );
    const sorted = Float64Array.from(rows, (row) => errors[row]!).sort();
    const at = (q: number): number => quantile(sorted, q);
    return {
      low: predicted[rows[0]!]!,
      high: predicted[rows.at(-1)!]!,
      rows: rows.length,
      p10: at(0.1),
      p25: at(0.25),
      median: at(0.5),
      p75: at(0.75),
      p90: at(0.9),
    };
  });
}

/** Round edges of equal width, so that no edge repeats a single row's value. */
function edgesBetween(low: number, high: number, bins: number): number[] {
  const raw = high > low ? (high - low) / bins : 1 / bins;
  const digit = 10 ** (Math.floor(Math.log10(raw)) - 1);
  const width = Math.ceil(raw / digit) * digit;
  const start = Math.floor(low / width) * width;
  return Array.from({ length: bins + 1 }, (_, i) => Number((start + i * width).toPrecision(12)));
}

function binOf(edges: readonly number[], value: number): number {
  if (value < edges[0]!) return -1;
  const width = (edges.at(-1)! - edges[0]!) / (edges.length - 1);
  const bin = Math.floor((value - edges[0]!) / width);
  return value === edges.at(-1) ? edges.length - 2 : bin;
}
