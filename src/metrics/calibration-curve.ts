/**
 * Calibration curve: stated probability against the share that came true, in bins of equal weight.
 *
 * Equal-weight bins put points where the rows are; each carries a Wilson interval
 * of its share, which needs no luck with small or extreme counts. Source: Wilson
 * 1927, JASA 22:209–212; scikit-learn's `calibration_curve(strategy="quantile")`.
 */
import { checkedWeight } from "./checks.ts";
import { ascendingOrder } from "./order.ts";
import { requireRanking } from "./ranking.ts";
import type { RankingOptions } from "./roc-auc.ts";

export interface CalibrationCurveOptions extends RankingOptions {
  /** Bins at most, 1 … 200; default 10. Rows of one probability are never parted, so there can be fewer. */
  readonly bins?: number | undefined;
}

/** One bin, from the lowest probabilities to the highest. */
export interface CalibrationBin {
  /** Mean probability stated. */
  readonly predicted: number;
  /** Share that came true. */
  readonly observed: number;
  /** 95 % interval of that share. */
  readonly low: number;
  readonly high: number;
  /** Rows with weight in the bin. */
  readonly count: number;
}

const Z = 1.959963984540054;

/**
 * Bins of probability with what came true.
 *
 * @param labels - Class code a row. Shape [n].
 * @param probabilities - Of the positive class. Shape [n].
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function calibrationCurve(
  labels: Int32Array,
  probabilities: Float64Array,
  options: CalibrationCurveOptions = {},
): readonly CalibrationBin[] {
  requireRanking("calibrationCurve", labels, probabilities);
  const weight = checkedWeight("calibrationCurve", labels.length, options.weight);
  const binCount = Math.min(200, options.bins ?? 10);
  const positive = options.positive ?? 1;
  const order = ascendingOrder(probabilities).filter((row) => weight[row]! > 0);
  const total = order.reduce((sum, row) => sum + weight[row]!, 0);
  const bins: CalibrationBin[] = [];
  let open = { weight: 0, squares: 0, predicted: 0, observed: 0, count: 0 };
  let done = 0;
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    const w = weight[row]!;
    open.weight += w;
    open.squares += w * w;
    open.predicted += w * probabilities[row]!;
    open.observed += labels[row] === positive ? w : 0;
    open.count++;
    done += w;
    const tied = i + 1 < order.length && probabilities[order[i + 1]!] === probabilities[row];
    const full = done >= ((bins.length + 1) * total) / binCount - 1e-9 * total;
    if ((full && !tied) || i === order.length - 1) {
      bins.push(closed(open));
      open = { weight: 0, squares: 0, predicted: 0, observed: 0, count: 0 };
    }
  }
  return bins;
}

function closed(bin: {
  weight: number;
  squares: number;
  predicted: number;
  observed: number;
  count: number;
}): CalibrationBin {
  const share = Math.min(1, bin.observed / bin.weight);
  // Kish's effective number of rows under unequal weights.
  const n = (bin.weight * bin.weight) / bin.squares;
  const centre = (share + (Z * Z) / (2 * n)) / (1 + (Z * Z) / n);
  const reach = (Z * Math.sqrt((share * (1 - share)) / n + (Z * Z) / (4 * n * n))) / (1 + (Z * Z) / n);
  return {
    predicted: bin.predicted / bin.weight,
    observed: share,
    low: Math.max(0, centre - reach),
    high: Math.min(1, centre + reach),
    count: bin.count,
  };
}
