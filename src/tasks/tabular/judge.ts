/**
 * What the file does on rows that nothing has looked at: every figure here comes
 * from running the finished file, once over the rows and then, for the
 * explanations, over the same rows with columns shuffled.
 */
import { MillwrightError } from "../../core/index.ts";
import { bootstrapInterval, scoredRows } from "../../evaluate/index.ts";
import { type Metric, metricsFor } from "../../metrics/index.ts";
import type { Model } from "../../model/index.ts";
import { isOrdered, type Task } from "../../pipeline/index.ts";
import type { JudgedRows } from "../../select/index.ts";
import { judgedRows, type LabelledFrame } from "./labelled.ts";

/** One metric on the untouched rows. */
export interface MetricFigure {
  readonly name: string;
  readonly title: string;
  readonly greaterIsBetter: boolean;
  readonly unit: Metric["unit"];
  readonly value: number;
  /** 95 % interval over the rows. */
  readonly low: number;
  readonly high: number;
  /** The same metric of doing nothing on the same rows. */
  readonly baseline: number;
}

/** A metric that rows do not define. */
export interface UndefinedMetric {
  readonly name: string;
  readonly title: string;
  /** Continues its name: `needs rows of both labels, and all 12 are "yes"`. */
  readonly reason: string;
}

export interface Judgement {
  readonly rows: JudgedRows;
  /** The file's answers, row-major [rows, 1 or classes]. */
  readonly answers: Float64Array;
  /** Every metric of the task that is defined on the rows, the chosen one first. */
  readonly metrics: readonly MetricFigure[];
  /** The others (all rows of one label, zeros under MAPE). */
  readonly undefinedMetrics: readonly UndefinedMetric[];
}

/** The file's raw answers for a frame: numbers, or probabilities row-major. */
export async function answersOf(
  model: Model,
  frame: LabelledFrame["frame"],
  threads: number,
): Promise<Float64Array> {
  const { prediction, probabilities } = await model.predictColumns(frame.columns, frame.rowCount, {
    threads,
  });
  return probabilities ?? (prediction as Float64Array);
}

/**
 * @param answers - Of the file: numbers, or probabilities row-major.
 * @param constant - Answers of doing nothing, one row: the mean, or the class shares, of the training rows.
 * @throws MillwrightError as a metric that has to have a figure does, with the labels of the rows named.
 */
export function judgeAnswers(
  answers: Float64Array,
  held: Omit<LabelledFrame, "frame">,
  task: Task,
  constant: Float64Array,
  options: {
    readonly metric: Metric;
    /** Metrics to judge by besides those of the task. */
    readonly also?: readonly Metric[];
    readonly seed: number;
    readonly threshold?: number | undefined;
    /** Metrics that have to have a figure. Default: the chosen one. */
    readonly asked?: readonly Metric[];
  },
): Judgement {
  const rows = judgedRows(held, task);
  const doingNothing = new Float64Array(answers.length);
  for (let i = 0; i < answers.length; i++) doingNothing[i] = constant[i % constant.length]!;
  const classCount = rows.y.kind === "classification" ? rows.y.classCount : 0;
  const every = new Map(
    [options.metric, ...(options.also ?? []), ...metricsFor(rows.y.kind, classCount, isOrdered(task))].map(
      (item) => [item.name, item] as const,
    ),
  );
  every.set(options.metric.name, options.metric);
  const asked = new Set((options.asked ?? [options.metric]).map(({ name }) => name));
  const undefinedMetrics: UndefinedMetric[] = [];
  const metrics = [...every.values()].flatMap((item): MetricFigure[] => {
    try {
      const scored = withThreshold(item, rows, answers, options.threshold);
      const { score, low, high } = bootstrapInterval(item, scored, {
        seed: options.seed,
        replicates: item === options.metric ? 1000 : 300,
        groups: rows.groups,
      });
      const baseline = item.score(withThreshold(item, rows, doingNothing, options.threshold));
      return [
        {
          name: item.name,
          title: item.title,
          greaterIsBetter: item.greaterIsBetter,
          unit: item.unit,
          value: score,
          low,
          high,
          baseline,
        },
      ];
    } catch (error) {
      if (!(error instanceof MillwrightError)) throw error;
      const reason = whyUndefined(error, item, rows.y, task);
      if (asked.has(item.name)) throw undefinedError(error, item, reason);
      undefinedMetrics.push({ name: item.name, title: item.title, reason });
      return [];
    }
  });
  return { rows, answers, metrics, undefinedMetrics };
}

/** Why a metric has no figure, in the user's labels instead of our codes. */
export function whyUndefined(
  error: MillwrightError,
  { name }: Pick<Metric, "name">,
  y: LabelledFrame["y"],
  task: Task,
): string {
  if (error.code === "DATA_ONE_CLASS" && y.kind === "classification" && task.kind === "classification") {
    const [only] = y.codes;
    if (y.codes.every((code) => code === only)) {
      const labels = task.classes.length === 2 ? "both labels" : "two labels or more";
      const count = y.codes.length;
      return `needs rows of ${labels}, and ${count === 1 ? "the one row is" : `all ${count} rows are`} ${JSON.stringify(task.classes[only!])}`;
    }
  }
  const said = error.what.replace(/\.$/, "");
  return said.startsWith(`${name} `) ? said.slice(name.length + 1) : `cannot be told: ${said}`;
}

/** The error of a metric that has to have a figure. */
function undefinedError(
  error: MillwrightError,
  { name }: Pick<Metric, "name">,
  reason: string,
): MillwrightError {
  const fix =
    error.code === "DATA_ONE_CLASS"
      ? "Bring rows of another label too, or ask for another metric."
      : error.fix;
  return new MillwrightError(error.code, `${name} ${reason}.`, fix, { cause: error });
}

/** Metrics of labels judge the labels that the file gives: of two classes, by its threshold. */
export function withThreshold(
  metric: Metric,
  rows: JudgedRows,
  answers: Float64Array,
  threshold: number | undefined,
): ReturnType<typeof scoredRows> {
  const scored = scoredRows(rows.y, answers, rows);
  if (
    metric.needs !== "labels" ||
    threshold === undefined ||
    rows.positive === undefined ||
    !("classCount" in scored)
  )
    return scored;
  const positive = rows.positive;
  const predicted = Int32Array.from(scored.y, (_, i) =>
    answers[2 * i + positive]! >= threshold ? positive : 1 - positive,
  );
  return { ...scored, predicted };
}
