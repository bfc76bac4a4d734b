/** How good tags are: span F1, precision and recall with intervals over sentences, and two taggers on the same ones. */
import { bootstrapInterval, comparePaired, type PairedComparison } from "../../evaluate/index.ts";
import {
  type Metric,
  type RegressionRows,
  type SpanCounts,
  spanCounts,
  type SpanScores,
  spanScoresOf,
} from "../../metrics/index.ts";
import type { MetricFigure } from "../tabular/judge.ts";

type Sentences = readonly (readonly string[])[];

const figures = [
  ["spanF1", "span F1", "f1"],
  ["spanPrecision", "span precision", "precision"],
  ["spanRecall", "span recall", "recall"],
] as const satisfies readonly (readonly [string, string, keyof SpanScores])[];

/** What models are chosen by. */
export const spanF1 = { name: figures[0][0], title: figures[0][1], greaterIsBetter: true } as const;

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
function metricOf([name, title, figure]: (typeof figures)[number], judged: readonly Judged[]): Metric {
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

/** Figures with 95 % intervals; the baseline's tags beside. */
export function tagFigures(
  actual: Sentences,
  predicted: Sentences,
  baseline: Sentences,
  seed: number,
): MetricFigure[] {
  const own = judge(actual, predicted);
  const base = judge(actual, baseline);
  return figures.map((figure) => {
    const metric = metricOf(figure, [own, base]);
    const { score, low, high } = bootstrapInterval(metric, own.rows, { seed });
    return {
      name: metric.name,
      title: metric.title,
      greaterIsBetter: true,
      unit: "share",
      value: score,
      low,
      high,
      baseline: metric.score(base.rows),
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
  return comparePaired(metricOf(figures[0], [first, second]), first.rows, second.rows, { seed });
}
