/** How good tags are: span F1, precision and recall with intervals over sentences, and two taggers on the same ones. */
import { bootstrapInterval, comparePaired, type PairedComparison } from "../../evaluate/index.ts";
import {
  type Metric,
  type RegressionRows,
  type SpanCounts,
  spanCounts,
  type SpanMetric,
  spanMetrics,
  spanScores,
  spanScoresOf,
} from "../../metrics/index.ts";
import type { MetricFigure } from "../tabular/judge.ts";

type Sentences = readonly (readonly string[])[];

/** What models are chosen by. */
export const spanF1 = { name: "spanF1", title: "span F1", greaterIsBetter: true } as const;

/** Each sentence is a row: its number stands for it, and its counts are looked up by the rows that were judged. */
interface Judged {
  readonly rows: RegressionRows;
  readonly counts: readonly SpanCounts[];
}

function judge(actual: Sentences, predicted: Sentences): Judged {
  const y = Float64Array.from(actual, (_, i) => i);
  return {
    rows: { y, predicted: y.slice() },
    counts: actual.map((tags, i) => spanCounts(tags, predicted[i]!)),
  };
}

/** A metric of the sentences that were judged. */
function metricOf({ name, title, figure }: SpanMetric, judged: readonly Judged[]): Metric {
  const countsOf = (rows: unknown): readonly SpanCounts[] =>
    judged.find((each) => each.rows === rows)!.counts;
  return {
    name,
    title,
    task: "regression",
    greaterIsBetter: true,
    needs: "values",
    ranks: false,
    binaryOnly: false,
    unit: "share",
    score: (rows) => spanScoresOf(countsOf(rows))[figure],
    scorer: (rows) => {
      const counts = countsOf(rows);
      return (weight) =>
        spanScoresOf(
          counts.map(({ right, predicted, actual }, i) => ({
            right: right * weight[i]!,
            predicted: predicted * weight[i]!,
            actual: actual * weight[i]!,
          })),
        )[figure];
    },
  };
}

/** Figures with 95 % intervals; those of the baseline's tags beside, or NaN where there are none. */
export function tagFigures(
  actual: Sentences,
  predicted: Sentences,
  baseline: Sentences | undefined,
  seed: number,
): MetricFigure[] {
  const own = judge(actual, predicted);
  const base = baseline && judge(actual, baseline);
  return Object.values(spanMetrics).map((figure) => {
    const metric = metricOf(figure, base ? [own, base] : [own]);
    const { score, low, high } = bootstrapInterval(metric, own.rows, { seed });
    return {
      name: metric.name,
      title: metric.title,
      greaterIsBetter: true,
      unit: "share",
      value: score,
      low,
      high,
      baseline: base ? metric.score(base.rows) : Number.NaN,
    };
  });
}

/** How much higher the span F1 of `b` is than that of `a`, over the same sentences. */
export function compareTags(
  actual: Sentences,
  a: Sentences,
  b: Sentences,
  seed: number,
): Pick<PairedComparison, "gain" | "low" | "high"> {
  const [first, second] = [judge(actual, a), judge(actual, b)];
  return comparePaired(metricOf(spanMetrics["spanF1"]!, [first, second]), first.rows, second.rows, { seed });
}

/** Spans of one kind. */
export interface KindFigures {
  readonly kind: string;
  /** In the truth. */
  readonly spans: number;
  readonly predicted: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** The kinds by name, those that were predicted alone among them. */
export function kindFigures(actual: Sentences, predicted: Sentences): KindFigures[] {
  const kinds = new Set(
    [...actual.flat(), ...predicted.flat()].filter((tag) => tag !== "O").map((tag) => tag.slice(2)),
  );
  return [...kinds].sort().map((kind) => {
    const { actual: spans, predicted: said, precision, recall, f1 } = spanScores(actual, predicted, kind);
    return { kind, spans, predicted: said, precision, recall, f1 };
  });
}
