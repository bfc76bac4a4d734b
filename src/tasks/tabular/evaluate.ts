/** A model file scored on rows with known answers, every figure with its interval. */
import { MillwrightError } from "../../core/index.ts";
import type { Reading } from "../../data/index.ts";
import { defaultMetric, metric as metricByName } from "../../metrics/index.ts";
import type { Model } from "../../model/index.ts";
import type { Task } from "../../pipeline/index.ts";
import { judgeModel, type MetricFigure } from "./judge.ts";
import {
  checkRequirements,
  requireFitting,
  type Requirement,
  requiredMetrics,
  type RequirementResult,
} from "./requirements.ts";
import { constantAnswer, judgedSchema, readLabelled } from "./labelled.ts";

export interface EvaluateOptions extends Reading {
  /** Metrics to put first. */
  readonly metrics?: readonly string[];
  /** What the model must reach on these rows. */
  readonly require?: readonly Requirement[];
  readonly seed: number;
  readonly threads: number;
}

export interface Evaluation {
  readonly rowCount: number;
  /** The column that weighs the rows, as in training; absent where it is not in the source. */
  readonly weight?: string;
  readonly metrics: readonly MetricFigure[];
  readonly requirements?: readonly RequirementResult[];
}

/** The task that a model file says it does. */
export function taskOfModel(model: Model): Task {
  const { task, classes } = model.metadata;
  return task.kind === "regression"
    ? { kind: "regression", target: task.target }
    : {
        kind: "classification",
        target: task.target,
        classes: classes!,
        ...(task.positive !== undefined && { positive: task.positive }),
      };
}

/**
 * @param bytes - Of the model file, for `fileMb`.
 * @throws MillwrightError `TARGET_MISSING`, `SCHEMA_*`, `PARAMETER_UNKNOWN` for a metric that does not exist.
 */
export async function evaluateModel(
  model: Model,
  bytes: number,
  source: readonly string[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const task = taskOfModel(model);
  const wanted = (options.metrics ?? []).map(metricByName);
  const wrong = wanted.find((item) => item.task !== task.kind);
  if (wrong !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `The metric ${wrong.name} is for ${wrong.task}, and ${model.name} does ${task.kind}.`,
      "Choose another metric.",
    );
  }
  const required = options.require ?? [];
  requireFitting(required, task);
  const { schema } = model.metadata;
  const weight = schema.columns.find((column) => column.role === "weight")?.name;
  const rows = await readLabelled(source, judgedSchema(schema), task, {
    ...options,
    ...(weight !== undefined && { optional: [weight] }),
  });
  const classCount = task.kind === "classification" ? task.classes.length : 0;
  const { metrics } = await judgeModel(model, rows, task, constantAnswer(rows), {
    metric: wanted[0] ?? defaultMetric(task.kind, classCount),
    also: [...wanted, ...requiredMetrics(required)],
    seed: options.seed,
    threads: options.threads,
    threshold: model.metadata.task.threshold,
  });
  const place = (figure: MetricFigure): number => {
    const at = wanted.findIndex((item) => item.name === figure.name);
    return at < 0 ? wanted.length : at;
  };
  return {
    rowCount: rows.frame.rowCount,
    ...(rows.weight && { weight: weight! }),
    metrics: [...metrics].sort((a, b) => place(a) - place(b)),
    ...(options.require && {
      requirements: await checkRequirements(required, { model, bytes, metrics, frame: rows.frame }),
    }),
  };
}
