/**
 * The contract of every model family: immutable configuration fits on a matrix
 * and gives a `Fitted`, which emits its graph. A `Fitted` is the only thing that
 * predicts, so predicting before fitting does not compile.
 */
import type { Json, ProgressListener, Random } from "../core/index.ts";
import type { Matrix, PlanStyle } from "../features/index.ts";
import type { Value } from "../graph/index.ts";

/** What is predicted: a number, or one of `classCount` classes (at least 2). */
export type Target =
  | { readonly kind: "regression"; readonly values: Float64Array }
  | {
      readonly kind: "classification";
      readonly classCount: number;
      readonly codes: Int32Array;
      /** Classes are levels, and their codes stand in that order. */
      readonly ordered?: true;
    };

/** Rows to fit on. */
export interface TrainingSet {
  readonly x: Matrix;
  /** One value or class code a row; no row is missing its target. */
  readonly y: Target;
  /** Non-negative weight a row; a weight of 0 is as if the row were absent. */
  readonly weight?: Float64Array;
  /**
   * Stable identity a row: draws keyed by it do not depend on the order of rows
   * or on the rows around. Row index when absent.
   */
  readonly rowIds?: Uint32Array;
}

export interface FitContext {
  readonly random: Random;
  /** Threads this fit may use; the result is the same for every value. */
  readonly threads: number;
  /** Rows for early stopping, prepared by the same features. A family that needs some and gets none holds out its own. */
  readonly validation?: TrainingSet;
  /** Asked to stop: an iterative family ends after the current round with what it has, the others throw `CANCELLED`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

export interface Estimator {
  /** Name of the family as on the leaderboard: `boosting`, `logistic`. */
  readonly family: string;
  /** Resolved parameters, plain JSON. */
  readonly parameters: Json;
  /** Which targets it can learn. */
  readonly tasks: readonly Target["kind"][];
  /** What it is, in words for a report; its name unless told. */
  readonly title?: string;
  /** The default features that it wants in a race; filled and scaled numbers ("linear") unless told. */
  readonly plan?: PlanStyle;
  /** Reads the order of levels itself; for any other family levels are told apart one cut at a time. */
  readonly readsLevels?: true;
  /** Reads `Matrix.sparse` where a matrix has it, and never its columns. */
  readonly sparse?: true;
  /**
   * @throws MillwrightError `DATA_ONE_CLASS`, `DATA_TOO_FEW_ROWS`, `DATA_ALL_MISSING` where the rows cannot be learnt from.
   */
  fit(rows: TrainingSet, context: FitContext): Promise<Fitted>;
}

export interface Fitted {
  readonly family: string;
  /**
   * Emits the model.
   *
   * @param x - float64 [batch, features], in the order of the matrix it was fitted on.
   * @returns float64 [batch, 1] for a number; probabilities, float64 [batch, classes], for classes.
   */
  emit(x: Value): Value;
  /**
   * The same answer by slow plain float64 loops: the oracle of the emitted graph.
   *
   * @returns Row-major [rowCount, 1 or classes].
   */
  reference(x: Matrix): Float64Array;
  /** Total gain, or another non-negative share of the fit, per feature; absent where the family has none. */
  readonly importance?: Float64Array;
  /** Size and outcome of the fit for board and card: `{ trees: 120, leaves: 31 }`. */
  readonly summary: Json;
  /** Parameters that the fit settled by itself: with them in place, the same rows give the same model in less time. */
  readonly settled?: Readonly<Record<string, number>>;
}
