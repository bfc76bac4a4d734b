/** Turns the functions of one metric into a `Metric`: of labels, of probabilities, or of values. */
import { MillwrightError } from "../core/index.ts";
import { checkedWeight, requireCodes, requireProbabilities, requireSameLength } from "./checks.ts";
import { type LabelOptions, matrixScorer } from "./confusion-matrix.ts";
import type { ClassificationRows, Metric, RegressionRows, ScoredRows } from "./metric.ts";
import { type ErrorOptions, requireNumbers } from "./regression-errors.ts";
import type { Scorer } from "./scorer.ts";

/** Classification rows with everything filled in. */
export interface ProbabilityRows {
  readonly y: Int32Array;
  readonly classCount: number;
  readonly probabilities: Float64Array;
  readonly positive: number;
  readonly weight: Float64Array;
}

/** A metric of the confusion matrix. */
export function labelMetric(
  about: Pick<Metric, "name" | "title"> &
    Partial<Pick<Metric, "binaryOnly" | "greaterIsBetter" | "unit" | "ordered">>,
  figure: (matrix: Float64Array, classCount: number, positive: number) => number,
  score: (
    y: Int32Array,
    predicted: Int32Array,
    options: LabelOptions & { readonly positive?: number | undefined },
  ) => number,
): Metric {
  const binaryOnly = about.binaryOnly ?? false;
  return {
    greaterIsBetter: true,
    unit: "share",
    ...about,
    task: "classification",
    needs: "labels",
    ranks: false,
    binaryOnly,
    score(rows) {
      const { y, classCount, positive, weight } = classificationRows(about.name, rows, binaryOnly);
      return score(y, labelsOf(about.name, rows as ClassificationRows), { classCount, positive, weight });
    },
    scorer(rows) {
      const { y, classCount, positive = 1 } = classificationRows(about.name, rows, binaryOnly);
      const predicted = labelsOf(about.name, rows as ClassificationRows);
      requireSameLength(about.name, { labels: y, predictions: predicted });
      requireCodes(about.name, "labels", y, classCount);
      requireCodes(about.name, "predictions", predicted, classCount);
      return matrixScorer(y, predicted, classCount, (matrix, k) => figure(matrix, k, positive));
    },
  };
}

/** A metric of class probabilities. */
export function probabilityMetric(
  about: Pick<Metric, "name" | "title" | "greaterIsBetter" | "unit"> & { readonly ranks?: boolean },
  scorer: (rows: ProbabilityRows) => Scorer,
  score: (rows: ProbabilityRows) => number,
): Metric {
  const prepare = (rows: ScoredRows): ProbabilityRows => {
    const {
      y,
      classCount,
      probabilities,
      positive = 1,
      weight,
    } = classificationRows(about.name, rows, false);
    if (probabilities === undefined) throw lacking(about.name, "probabilities");
    requireSameLength(about.name, { labels: y });
    requireCodes(about.name, "labels", y, classCount);
    requireProbabilities(about.name, probabilities, y.length, classCount);
    return { y, classCount, probabilities, positive, weight: checkedWeight(about.name, y.length, weight) };
  };
  return {
    ranks: false,
    ...about,
    task: "classification",
    needs: "probabilities",
    binaryOnly: false,
    score: (rows) => score(prepare(rows)),
    scorer: (rows) => scorer(prepare(rows)),
  };
}

/** A metric of predicted numbers. */
export function valueMetric(
  about: Pick<Metric, "name" | "title" | "greaterIsBetter" | "unit">,
  scorer: (y: Float64Array, predicted: Float64Array) => Scorer,
  score: (y: Float64Array, predicted: Float64Array, options: ErrorOptions) => number,
): Metric {
  return {
    ...about,
    task: "regression",
    needs: "values",
    ranks: false,
    binaryOnly: false,
    score(rows) {
      const { y, predicted, weight } = regressionRows(about.name, rows);
      return score(y, predicted, { weight });
    },
    scorer(rows) {
      const { y, predicted } = regressionRows(about.name, rows);
      requireNumbers(about.name, y, predicted);
      return scorer(y, predicted);
    },
  };
}

/** The most probable class of each row, the first of equals. Shape [n]. */
export function mostProbable(probabilities: Float64Array, classCount: number): Int32Array {
  const labels = new Int32Array(probabilities.length / classCount);
  for (let i = 0; i < labels.length; i++) {
    let best = 0;
    for (let c = 1; c < classCount; c++) {
      if (probabilities[i * classCount + c]! > probabilities[i * classCount + best]!) best = c;
    }
    labels[i] = best;
  }
  return labels;
}

function labelsOf(owner: string, rows: ClassificationRows): Int32Array {
  if (rows.predicted !== undefined) return rows.predicted;
  if (rows.probabilities === undefined) throw lacking(owner, "predicted classes or probabilities");
  requireProbabilities(owner, rows.probabilities, rows.y.length, rows.classCount);
  return mostProbable(rows.probabilities, rows.classCount);
}

function lacking(owner: string, what: string): MillwrightError {
  return new MillwrightError(
    "PARAMETER_CONFLICT",
    `${owner} needs ${what}, and the rows have none.`,
    `Pass ${what}.`,
  );
}

function classificationRows(owner: string, rows: ScoredRows, binaryOnly: boolean): ClassificationRows {
  if (!("classCount" in rows)) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${owner} scores classes, and these rows hold numbers.`,
      "Choose a metric of numbers, such as rmse.",
    );
  }
  if (binaryOnly && rows.classCount !== 2) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${owner} needs two classes, and there are ${rows.classCount}.`,
      `Choose ${owner}Macro or ${owner}Weighted.`,
    );
  }
  return rows;
}

function regressionRows(owner: string, rows: ScoredRows): RegressionRows {
  if ("classCount" in rows) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${owner} scores numbers, and these rows hold classes.`,
      "Choose a metric of classes, such as logLoss.",
    );
  }
  return rows;
}
