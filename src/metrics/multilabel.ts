/**
 * Scores of rows that bear any number of labels: F1 pooled, by label and by row, exact rows, wrong cells, and
 * how early the right labels stand when a row's labels are ranked.
 *
 * A row's cells are one a label. Source: Tsoumakas, Katakis & Vlahavas 2010, "Mining multi-label data"; the figures are
 * scikit-learn's, with its 0 where an F1 has nothing to count (`zero_division=0`), and 1 for the ranking of a row that
 * bears none or all of the labels.
 */
import { MillwrightError } from "../core/index.ts";

/** Rows of labels. */
export interface LabelRows {
  readonly labelCount: number;
  /** 1 where the row bears the label. Row-major [rows, labels]. */
  readonly hits: Uint8Array;
  /** Probability of each cell. Row-major [rows, labels]. */
  readonly probabilities: Float64Array;
  /** From which probability on a label is answered. Shape [labels]. */
  readonly thresholds: ArrayLike<number>;
  /** How often a row counts, default 1. Shape [rows]. */
  readonly weight?: ArrayLike<number> | undefined;
}

export interface LabelMetric {
  /** As on the command line: `microF1`. */
  readonly name: string;
  readonly title: string;
  readonly greaterIsBetter: boolean;
  /** @throws MillwrightError `SHAPE_MISMATCH`, `DATA_EMPTY`. */
  score(rows: LabelRows): number;
}

/** Weighted counts of one label, or of one row: right, wrongly said, missed. */
interface Counts {
  both: number;
  said: number;
  borne: number;
}

const f1Of = ({ both, said, borne }: Counts): number =>
  said + borne === 0 ? 0 : (2 * both) / (said + borne);

function rowCountOf({ labelCount, hits, probabilities, thresholds }: LabelRows): number {
  const rowCount = hits.length / labelCount;
  if (
    probabilities.length !== hits.length ||
    thresholds.length !== labelCount ||
    !Number.isInteger(rowCount)
  ) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `${labelCount} labels have ${thresholds.length} thresholds, ${hits.length} cells and ${probabilities.length} probabilities.`,
      "Pass one threshold a label, and as many probabilities as cells.",
    );
  }
  if (rowCount === 0) {
    throw new MillwrightError(
      "DATA_EMPTY",
      `There is no row with its ${labelCount} labels to score.`,
      "Bring rows.",
    );
  }
  return rowCount;
}

function byLabel(rows: LabelRows): Counts[] {
  const rowCount = rowCountOf(rows);
  const { labelCount, hits, probabilities, thresholds, weight } = rows;
  const counts = Array.from({ length: labelCount }, (): Counts => ({ both: 0, said: 0, borne: 0 }));
  for (let i = 0; i < rowCount; i++) {
    const w = weight?.[i] ?? 1;
    for (let k = 0; k < labelCount; k++) {
      const hit = hits[i * labelCount + k]!;
      const said = Number(probabilities[i * labelCount + k]! >= thresholds[k]!);
      const count = counts[k]!;
      count.both += w * hit * said;
      count.said += w * said;
      count.borne += w * hit;
    }
  }
  return counts;
}

/** The weighted mean over rows of what a row scores. */
function byRow(rows: LabelRows, scoreOf: (row: Counts) => number): number {
  const rowCount = rowCountOf(rows);
  const { labelCount, hits, probabilities, thresholds, weight } = rows;
  let sum = 0;
  let total = 0;
  for (let i = 0; i < rowCount; i++) {
    const row: Counts = { both: 0, said: 0, borne: 0 };
    for (let k = 0; k < labelCount; k++) {
      const hit = hits[i * labelCount + k]!;
      const said = Number(probabilities[i * labelCount + k]! >= thresholds[k]!);
      row.both += hit * said;
      row.said += said;
      row.borne += hit;
    }
    const w = weight?.[i] ?? 1;
    sum += w * scoreOf(row);
    total += w;
  }
  return sum / total;
}

/** Mean over a row's labels of the share of right ones among those ranked as high; ties share the lowest place. */
function rankingPrecision(rows: LabelRows): number {
  const rowCount = rowCountOf(rows);
  const { labelCount, hits, probabilities, weight } = rows;
  let sum = 0;
  let total = 0;
  for (let i = 0; i < rowCount; i++) {
    const from = i * labelCount;
    let borne = 0;
    let shares = 0;
    for (let k = 0; k < labelCount; k++) {
      if (hits[from + k] === 0) continue;
      borne++;
      let rank = 0;
      let right = 0;
      for (let j = 0; j < labelCount; j++) {
        if (probabilities[from + j]! < probabilities[from + k]!) continue;
        rank++;
        right += hits[from + j]!;
      }
      shares += right / rank;
    }
    const w = weight?.[i] ?? 1;
    sum += w * (borne === 0 || borne === labelCount ? 1 : shares / borne);
    total += w;
  }
  return sum / total;
}

const list: readonly LabelMetric[] = [
  {
    name: "microF1",
    title: "F1 (all cells)",
    greaterIsBetter: true,
    score(rows) {
      const all: Counts = { both: 0, said: 0, borne: 0 };
      for (const count of byLabel(rows)) {
        all.both += count.both;
        all.said += count.said;
        all.borne += count.borne;
      }
      return f1Of(all);
    },
  },
  {
    name: "macroF1",
    title: "F1 (mean of labels)",
    greaterIsBetter: true,
    score: (rows) => byLabel(rows).reduce((sum, count) => sum + f1Of(count), 0) / rows.labelCount,
  },
  {
    name: "sampleF1",
    title: "F1 (mean of rows)",
    greaterIsBetter: true,
    score: (rows) => byRow(rows, f1Of),
  },
  {
    name: "subsetAccuracy",
    title: "Rows with all labels right",
    greaterIsBetter: true,
    score: (rows) => byRow(rows, ({ both, said, borne }) => Number(both === said && both === borne)),
  },
  {
    name: "labelRanking",
    title: "Label ranking average precision",
    greaterIsBetter: true,
    score: rankingPrecision,
  },
  {
    name: "hammingLoss",
    title: "Hamming loss",
    greaterIsBetter: false,
    score: (rows) => byRow(rows, ({ both, said, borne }) => (said + borne - 2 * both) / rows.labelCount),
  },
];

/** Metrics of rows with any number of labels, by name; the first ranks models unless told. */
export const labelMetrics: Readonly<Record<string, LabelMetric>> = Object.fromEntries(
  list.map((entry) => [entry.name, entry]),
);

/** F1 of each label. Shape [labels]. @throws as a metric does. */
export function f1ByLabel(rows: LabelRows): number[] {
  return byLabel(rows).map(f1Of);
}

/**
 * The threshold of best F1 on these answers, in the middle between two of them; the highest where several are best.
 *
 * @param weight - How often a row counts, default 1.
 */
export function thresholdOfBestF1(
  hits: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  weight?: ArrayLike<number>,
): number {
  const times = (row: number): number => weight?.[row] ?? 1;
  const order = Uint32Array.from({ length: probabilities.length }, (_, i) => i)
    .filter((row) => times(row) > 0)
    .sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
  let borne = 0;
  for (let i = 0; i < hits.length; i++) borne += times(i) * hits[i]!;
  let best = { f1: 0, at: 0.5 };
  let both = 0;
  let counted = 0;
  for (let said = 1; said <= order.length; said++) {
    const here = probabilities[order[said - 1]!]!;
    both += times(order[said - 1]!) * hits[order[said - 1]!]!;
    counted += times(order[said - 1]!);
    const next = said < order.length ? probabilities[order[said]!]! : 0;
    // Equal answers are said together.
    if (said < order.length && next === here) continue;
    const f1 = (2 * both) / (counted + borne);
    if (f1 > best.f1) best = { f1, at: (here + next) / 2 };
  }
  return Number(Math.min(1, best.at).toPrecision(6));
}
