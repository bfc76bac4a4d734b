/** The laws of a metric, as checks for any test runner. */
import { createRandom } from "../core/index.ts";
import type { Metric, ScoredRows } from "../metrics/index.ts";
import { type Check, lawOrException, require, requireNear } from "./check.ts";

export type MetricLaw =
  | "it is a number"
  | "the order of rows does not matter"
  | "weight 0 is as if the row were absent"
  | "a row of weight 2 counts as two"
  | "prepared rows score the same"
  | "the truth scores at least as well as any answer";

export interface MetricConformanceOptions {
  /** Numbers that the target may be; of a normal law around 20 unless told. */
  readonly values?: (uniform: number, normal: number) => number;
  /** Laws that it cannot keep, each with the reason. */
  readonly exceptions?: Partial<Record<MetricLaw, string>>;
}

const rowCount = 60;
const tolerance = 1e-9;

/** The checks of a metric, on numbers or on two and three classes. */
export function metricConformance(metric: Metric, options: MetricConformanceOptions = {}): readonly Check[] {
  const { values = (_, normal) => 20 + 5 * normal } = options;
  const tables =
    metric.task === "regression"
      ? [numberRows(values)]
      : [classRows(2), ...(metric.binaryOnly ? [] : [classRows(3)])];
  const law = (name: MetricLaw, run: (rows: ScoredRows) => void): Check =>
    lawOrException(
      name,
      async () => {
        for (const rows of tables) run(rows);
      },
      options.exceptions?.[name],
    );
  const near = (a: number, b: number, what: string): void => {
    requireNear([a], [b], tolerance, () => what);
  };
  const order = createRandom(7).shuffle(Uint32Array.from({ length: rowCount }, (_, i) => i));
  const weight = Float64Array.from({ length: rowCount }, (_, i) => i % 3);
  return [
    law("it is a number", (rows) => {
      const score = metric.score(rows);
      require(Number.isFinite(score), `The score is ${score}.`);
    }),
    law("the order of rows does not matter", (rows) => {
      near(metric.score(taken(rows, order)), metric.score(rows), "The score of shuffled rows");
    }),
    law("weight 0 is as if the row were absent", (rows) => {
      const present = order.filter((row) => weight[row]! > 0);
      const part = metric.score({
        ...taken(rows, present),
        weight: Float64Array.from(present, (row) => weight[row]!),
      });
      near(metric.score({ ...rows, weight }), part, "The score with rows of weight 0");
    }),
    law("a row of weight 2 counts as two", (rows) => {
      const twice = Uint32Array.from(
        [...weight.keys()].flatMap((row) => new Array<number>(weight[row]!).fill(row)),
      );
      near(
        metric.score({ ...rows, weight }),
        metric.score(taken(rows, twice)),
        "The score with rows of weight 2",
      );
    }),
    law("prepared rows score the same", (rows) => {
      const scorer = metric.scorer(rows);
      const ones = new Float64Array(rowCount).fill(1);
      near(scorer(weight), metric.score({ ...rows, weight }), "The score of prepared rows");
      near(scorer(ones), metric.score(rows), "The score of prepared rows, asked again,");
    }),
    law("the truth scores at least as well as any answer", (rows) => {
      const [best, other] = [metric.score(truthful(rows)), metric.score(rows)];
      const better = metric.greaterIsBetter ? best >= other : best <= other;
      require(better, `The truth scores ${best}, and a worse answer ${other}, where ${metric.greaterIsBetter ? "greater" : "less"} is better.`);
    }),
  ];
}

function numberRows(values: (uniform: number, normal: number) => number): ScoredRows {
  const random = createRandom(3);
  const y = Float64Array.from({ length: rowCount }, () => values(random.next(), random.normal()));
  const predicted = y.map((value) => value * (1 + 0.2 * random.normal()));
  return { y, predicted };
}

function classRows(classCount: number): ScoredRows {
  const random = createRandom(4);
  const y = Int32Array.from({ length: rowCount }, () => random.integer(classCount));
  const probabilities = new Float64Array(rowCount * classCount);
  for (let i = 0; i < rowCount; i++) {
    const parts = Array.from({ length: classCount }, (_, k) => random.next() + (k === y[i] ? 0.3 : 0));
    const total = parts.reduce((sum, part) => sum + part);
    parts.forEach((part, k) => (probabilities[i * classCount + k] = part / total));
  }
  return { y, classCount, probabilities, positive: 1 };
}

function truthful(rows: ScoredRows): ScoredRows {
  if (!("classCount" in rows)) return { ...rows, predicted: rows.y };
  const { y, classCount } = rows;
  const probabilities = new Float64Array(y.length * classCount);
  y.forEach((code, i) => (probabilities[i * classCount + code] = 1));
  return { ...rows, probabilities };
}

function taken(rows: ScoredRows, index: Uint32Array): ScoredRows {
  if (!("classCount" in rows)) {
    return {
      y: Float64Array.from(index, (row) => rows.y[row]!),
      predicted: Float64Array.from(index, (row) => rows.predicted[row]!),
    };
  }
  const { classCount, probabilities, positive } = rows;
  return {
    y: Int32Array.from(index, (row) => rows.y[row]!),
    classCount,
    positive,
    probabilities: Float64Array.from(
      { length: index.length * classCount },
      (_, at) => probabilities![index[Math.floor(at / classCount)]! * classCount + (at % classCount)]!,
    ),
  };
}
