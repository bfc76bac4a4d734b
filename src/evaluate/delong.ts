/**
 * DeLong's test: the difference of two ROC areas on the same rows, without resampling.
 *
 * Each row's placement is the share of the other class that it is on the right
 * side of; the covariance of the placements gives that of the areas. Midranks make
 * it O(n log n). Source: DeLong, DeLong & Clarke-Pearson 1988, Biometrics
 * 44:837–845; Sun & Xu 2014, IEEE Signal Processing Letters 21:1389–1393.
 */
import { MillwrightError, normalQuantile } from "../core/index.ts";
import { ascendingOrder, rocAuc } from "../metrics/index.ts";
import { normalTwoSided } from "./distributions.ts";

export interface DelongComparison {
  readonly areaA: number;
  readonly areaB: number;
  /** areaB − areaA. */
  readonly gain: number;
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided; 1 when both rank all pairs alike. */
  readonly pValue: number;
}

/**
 * Compares the ROC areas of two scores of the same unweighted rows.
 *
 * @param labels - Class code a row. Shape [n].
 * @param scoresA - Of model A, higher means more positive. Shape [n].
 * @param scoresB - Of model B. Shape [n].
 * @param options - `positive` is the class whose scores these are, default 1; `confidence` defaults to 0.95.
 * @throws MillwrightError `DATA_ONE_CLASS`, `DATA_TOO_FEW_ROWS` for fewer than 2 rows of a class, `SHAPE_MISMATCH`, `DATA_BAD_VALUE`.
 */
export function delong(
  labels: Int32Array,
  scoresA: Float64Array,
  scoresB: Float64Array,
  options: { readonly positive?: number | undefined; readonly confidence?: number | undefined } = {},
): DelongComparison {
  const { positive = 1, confidence = 0.95 } = options;
  const areaA = rocAuc(labels, scoresA, { positive });
  const areaB = rocAuc(labels, scoresB, { positive });
  const a = placements(labels, scoresA, positive);
  const b = placements(labels, scoresB, positive);
  if (a.positives.length < 2 || a.negatives.length < 2) {
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `delong needs 2 rows of each class, and got ${a.positives.length} positive and ${a.negatives.length} negative rows.`,
      "Evaluate on more rows.",
    );
  }
  const variance =
    varianceOf(a.positives.map((value, i) => b.positives[i]! - value)) / a.positives.length +
    varianceOf(a.negatives.map((value, i) => b.negatives[i]! - value)) / a.negatives.length;
  const standardError = Math.sqrt(variance);
  const gain = areaB - areaA;
  const reach = normalQuantile((1 + confidence) / 2) * standardError;
  return {
    areaA,
    areaB,
    gain,
    standardError,
    low: gain - reach,
    high: gain + reach,
    pValue: standardError === 0 ? (gain === 0 ? 1 : 0) : normalTwoSided(gain / standardError),
  };
}

/** For each positive the share of negatives below it, for each negative the share of positives above it; ties one half. */
function placements(
  labels: Int32Array,
  scores: Float64Array,
  positive: number,
): { positives: Float64Array; negatives: Float64Array } {
  const order = ascendingOrder(scores);
  const placement = new Float64Array(labels.length);
  let positivesBelow = 0;
  let negativesBelow = 0;
  let start = 0;
  while (start < order.length) {
    let end = start;
    let tiedPositives = 0;
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) {
      if (labels[order[end]!] === positive) tiedPositives++;
      end++;
    }
    const tiedNegatives = end - start - tiedPositives;
    for (let place = start; place < end; place++) {
      const row = order[place]!;
      placement[row] =
        labels[row] === positive ? negativesBelow + tiedNegatives / 2 : positivesBelow + tiedPositives / 2;
    }
    positivesBelow += tiedPositives;
    negativesBelow += tiedNegatives;
    start = end;
  }
  const isPositive = (row: number): boolean => labels[row] === positive;
  return {
    positives: placement.filter((_, row) => isPositive(row)).map((below) => below / negativesBelow),
    negatives: placement.filter((_, row) => !isPositive(row)).map((below) => 1 - below / positivesBelow),
  };
}

function varianceOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}
