/**
 * The contract of preprocessing steps.
 *
 * An encoder reads table columns and gives numeric features; a transform reads
 * features and gives features. Both fit once and emit graph nodes; the emitted
 * graph also makes the training matrix, so training and serving cannot differ.
 * The one exception is stated by `training`: out-of-fold and ordered statistics
 * differ from the graph by design.
 */
import type { Random } from "../core/index.ts";
import type { Value } from "../graph/index.ts";
import type { Cells, ColumnSchema } from "../schema/index.ts";
import type { Feature, Matrix } from "./matrix.ts";

/** A table column as an encoder sees it. */
export interface SourceColumn {
  readonly schema: ColumnSchema;
  readonly cells: Cells;
}

/** What a step may look at besides its columns. */
export interface StepContext {
  readonly random: Random;
  readonly rowCount: number;
  /** Regression values, or class codes 0 … classCount − 1. Steps that read it give out-of-fold training values. */
  readonly target?:
    | { readonly kind: "regression"; readonly values: Float64Array }
    | { readonly kind: "classification"; readonly classCount: number; readonly codes: Int32Array };
  readonly weight?: Float64Array;
}

export interface FittedEncoder {
  readonly features: readonly Feature[];
  /**
   * @param inputs - One per column, [batch, 1], in the dtype of the file's contract (float32, float64 or string).
   * @returns float64 [batch, features.length]; NaN is missing.
   */
  emit(inputs: readonly Value[]): Value;
  /** Training columns, where they must differ from the graph's answer. */
  readonly training?: readonly Float64Array[];
}

export interface Encoder {
  /** Name of the step: `oneHot`, `tfidf`. */
  readonly kind: string;
  fit(columns: readonly SourceColumn[], context: StepContext): FittedEncoder;
}

export interface FittedTransform {
  readonly features: readonly Feature[];
  /** float64 [batch, k] → float64 [batch, features.length]. */
  emit(x: Value): Value;
}

export interface Transform {
  readonly kind: string;
  fit(x: Matrix, context: StepContext): FittedTransform;
}

/** Some columns, how they become numbers, and what is done to the numbers. */
export interface Chain {
  readonly columns: readonly string[];
  readonly encoder: Encoder;
  readonly transforms: readonly Transform[];
}
