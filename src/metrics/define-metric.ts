/**
 * A metric of the user's own, out of what a row costs or earns, or out of a function of all rows.
 *
 * Rows are checked before they reach own code, and what it gives is checked after: a metric that throws, or is no
 * number, is told by its name.
 */
import { callOwn, MillwrightError, ownCodeError } from "../core/index.ts";
import {
  checkedWeight,
  requireCodes,
  requireFinite,
  requireProbabilities,
  requireSameLength,
} from "./checks.ts";
import type { Metric, ScoredRows } from "./metric.ts";
import { metricTable } from "./metric-table.ts";
import { meanScorer, type Scorer } from "./scorer.ts";

interface About {
  /** As it stands on boards and in files; none of ours. */
  readonly name: string;
  /** For people; the name unless told. */
  readonly title?: string;
  readonly greaterIsBetter: boolean;
  /** `target`: in the unit of the target; `share`, unless told: a number in a unit of its own. */
  readonly unit?: Metric["unit"];
}

/** Rows as a metric of numbers gets them. */
export interface NumberRows {
  readonly y: Float64Array;
  readonly predicted: Float64Array;
  readonly weight: Float64Array;
}

/** Rows as a metric of classes gets them; probabilities are row-major [n × classCount]. */
export interface ClassRows {
  readonly y: Int32Array;
  readonly classCount: number;
  readonly probabilities: Float64Array;
  /** Code of the positive class, where there are two. */
  readonly positive: number;
  readonly weight: Float64Array;
}

/** What one row says (the metric is the weighted mean over the rows), or a function of all rows. */
export type MetricDefinition =
  | (About & { readonly task: "regression"; row(truth: number, predicted: number): number })
  | (About & { readonly task: "regression"; score(rows: NumberRows): number })
  | (About & {
      readonly task: "classification";
      /** @param truth - Code of the class. @param probabilities - One a class, in the order of the codes. */
      row(truth: number, probabilities: Float64Array, positive: number): number;
    })
  | (About & {
      readonly task: "classification";
      /** Compares the answers of rows with one another, as an area under a curve does. */
      readonly ranks?: boolean;
      score(rows: ClassRows): number;
    });

/**
 * Makes a metric that ranks the models of a run and stands in its report.
 *
 * @throws MillwrightError `PARAMETER_CONFLICT` for a name of ours.
 */
export function defineMetric(definition: MetricDefinition): Metric {
  const { name, title = name, greaterIsBetter, unit = "share", task } = definition;
  if (name === "" || Object.hasOwn(metricTable, name)) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `A metric of your own cannot be named "${name}": ${name === "" ? "it needs a name" : "Millwright has one of that name"}.`,
      "Choose another name.",
    );
  }
  const scorer = (rows: ScoredRows): Scorer => ownScorer(definition, prepared(definition, rows));
  return {
    name,
    title,
    task,
    greaterIsBetter,
    unit,
    needs: task === "regression" ? "values" : "probabilities",
    ranks: "ranks" in definition && definition.ranks === true,
    binaryOnly: false,
    score(rows) {
      const whole = prepared(definition, rows);
      const score = ownScorer(definition, whole)(whole.weight);
      if (Number.isFinite(score)) return score;
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `The metric "${name}" is ${score} on ${whole.weight.length} rows.`,
        "Correct it, or score rows where it is defined.",
      );
    },
    scorer,
  };
}

function prepared({ name, task }: MetricDefinition, rows: ScoredRows): NumberRows | ClassRows {
  const isClasses = "classCount" in rows;
  if (isClasses !== (task === "classification")) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `The metric "${name}" is for ${task}, and these rows hold ${isClasses ? "classes" : "numbers"}.`,
      "Choose a metric of the task.",
    );
  }
  const weight = checkedWeight(name, rows.y.length, rows.weight);
  if (!isClasses) {
    const { y, predicted } = rows;
    requireSameLength(name, { "true values": y, predictions: predicted });
    requireFinite(name, "true values", y);
    requireFinite(name, "predictions", predicted);
    return { y, predicted, weight };
  }
  const { y, classCount, probabilities, positive = 1 } = rows;
  if (probabilities === undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `The metric "${name}" needs probabilities, and the rows have none.`,
      "Pass probabilities.",
    );
  }
  requireCodes(name, "labels", y, classCount);
  requireProbabilities(name, probabilities, y.length, classCount);
  return { y, classCount, probabilities, positive, weight };
}

function ownScorer(definition: MetricDefinition, rows: NumberRows | ClassRows): Scorer {
  const who = `The metric "${definition.name}" on ${rows.y.length} rows`;
  if ("score" in definition) {
    const score = definition.score as (given: NumberRows | ClassRows) => unknown;
    return (weight) => callOwn(who, () => numberOf(who, score({ ...rows, weight })));
  }
  return meanScorer(
    callOwn(who, () => Float64Array.from(rows.y, (_, i) => numberOf(who, rowScore(definition, rows, i)))),
  );
}

function rowScore(
  definition: Extract<MetricDefinition, { row: unknown }>,
  rows: NumberRows | ClassRows,
  i: number,
): number {
  if (definition.task === "regression") {
    return definition.row(rows.y[i]!, (rows as NumberRows).predicted[i]!);
  }
  const { y, classCount, probabilities, positive } = rows as ClassRows;
  return definition.row(y[i]!, probabilities.subarray(i * classCount, (i + 1) * classCount), positive);
}

function numberOf(who: string, value: unknown): number {
  if (typeof value === "number") return value;
  throw ownCodeError(`${who} gives ${value === null ? "null" : typeof value}, and needs a number.`);
}
