/** What a metric is for everything above: a name, a direction, what it looks at, and a score. */
import type { Scorer } from "./scorer.ts";

export type Task = "regression" | "classification";

/** Rows with true and predicted numbers. */
export interface RegressionRows {
  /** True values. Shape [n]. */
  readonly y: Float64Array;
  /** Predicted values. Shape [n]. */
  readonly predicted: Float64Array;
  /** Non-negative weight a row, default 1. Shape [n]. */
  readonly weight?: Float64Array | undefined;
}

/** Rows with true classes and what a model said about them. */
export interface ClassificationRows {
  /** True class code a row. Shape [n]. */
  readonly y: Int32Array;
  readonly classCount: number;
  /** Row-major [n × classCount]. Needed by metrics of probabilities. */
  readonly probabilities?: Float64Array | undefined;
  /** Predicted class code a row; the most probable class unless told. Shape [n]. */
  readonly predicted?: Int32Array | undefined;
  /** With two classes, the one that counts as positive; default 1. */
  readonly positive?: number | undefined;
  /** Non-negative weight a row, default 1. Shape [n]. */
  readonly weight?: Float64Array | undefined;
}

/** Rows to score; classification rows are those with a `classCount`. */
export type ScoredRows = RegressionRows | ClassificationRows;

export interface Metric {
  /** As written on the command line and on boards: `rocAuc`. */
  readonly name: string;
  /** For people: "ROC AUC". */
  readonly title: string;
  readonly task: Task;
  readonly greaterIsBetter: boolean;
  /** What it looks at. */
  readonly needs: "labels" | "probabilities" | "values";
  /** Compares the answers of rows with one another, so that answers of different models must not be mixed. */
  readonly ranks: boolean;
  /** Refuses more than two classes. */
  readonly binaryOnly: boolean;
  /** `target`: in the unit of the target; `share`: a number around [0, 1]; `levels`: steps from class to class; the others in their own. */
  readonly unit: "target" | "target²" | "share" | "nats" | "levels";
  /** Reads an order from the codes of the classes: only where they are levels. */
  readonly ordered?: boolean;
  /**
   * Score of rows under their weights.
   *
   * @throws MillwrightError `DATA_ONE_CLASS`, `TARGET_CONSTANT` or `DATA_BAD_VALUE` where it is undefined.
   * @throws MillwrightError `PARAMETER_CONFLICT` if the rows are of the other task, lack what it needs, or have too many classes.
   * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_EMPTY`, `DATA_BAD_VALUE` for rows that do not fit together.
   */
  score(rows: ScoredRows): number;
  /** Checks and prepares rows once, to score them under many weights; gives NaN where undefined. @throws as `score`, undefined scores aside. */
  scorer(rows: ScoredRows): Scorer;
}
