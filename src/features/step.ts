/**
 * The contract of preprocessing steps.
 *
 * An encoder reads one table column and gives numeric features; a transform reads
 * features and gives features. Both fit once and emit graph nodes; the emitted
 * graph also makes the training matrix, so training and serving cannot differ.
 * The one exception is stated by `training`: out-of-fold statistics differ from
 * the graph by design. Beside each emission stands the same map in slow plain
 * float64, the oracle of its tests.
 */
import type { Json, Random } from "../core/index.ts";
import type { Value } from "../graph/index.ts";
import type { Cells, ColumnSchema, Kind } from "../schema/index.ts";
import type { Feature, Matrix } from "./matrix.ts";

/** A table column as an encoder sees it. */
export interface SourceColumn {
  readonly schema: ColumnSchema;
  readonly cells: Cells;
}

/** Regression values, or class codes 0 … classCount − 1; one a row. */
export type StepTarget =
  | { readonly kind: "regression"; readonly values: Float64Array }
  | { readonly kind: "classification"; readonly classCount: number; readonly codes: Int32Array };

/** What a step may look at besides its column. */
export interface StepContext {
  readonly random: Random;
  readonly rowCount: number;
  /** Steps that read it give out-of-fold training values. */
  readonly target?: StepTarget;
  /** Positive weight a row. Only target encoding uses it: the other steps describe the column, not the loss. */
  readonly weight?: Float64Array;
  /** Stable identity a row, for draws that do not depend on the order of rows; the row index when absent. */
  readonly rowIds?: Uint32Array;
  /** A value is stored in the file only if at least so many rows hold it. */
  readonly minRows: number;
}

export interface FittedEncoder {
  /** At least one. */
  readonly features: readonly Feature[];
  /** The answer is the column's number itself, so that training columns need no graph. */
  readonly identity?: true;
  /** Every answer is a float32, so that training columns may be held in half the memory. */
  readonly float32?: true;
  /** Most answers are 0, so that training rows may be kept sparse. Only for strings. */
  readonly sparse?: true;
  /**
   * @param input - [batch, 1], in the dtype of the file's contract (float32, float64 or string).
   * @returns float64 [batch, features.length]; NaN is missing.
   */
  emit(input: Value): Value;
  /** The same for one cell: NaN or "" is missing. */
  reference(cell: number | string): ArrayLike<number>;
  /** Training columns, where they must differ from the graph's answer. */
  readonly training?: readonly Float64Array[];
}

export interface Encoder {
  /** Name of the step: `oneHot`, `tfidf`. */
  readonly kind: string;
  /** Resolved parameters. */
  readonly parameters: Json;
  /** Kinds of column that it reads. */
  readonly accepts: readonly Kind[];
  /**
   * Of an encoder whose transforms compute between columns: what the columns of one chain must have in common.
   *
   * @throws MillwrightError `PARAMETER_CONFLICT`.
   */
  readonly requireAlike?: (columns: readonly ColumnSchema[]) => void;
  fit(column: SourceColumn, context: StepContext): FittedEncoder;
}

export interface FittedTransform {
  /** At least one. */
  readonly features: readonly Feature[];
  /** float64 [batch, k] → float64 [batch, features.length]. */
  emit(x: Value): Value;
  /** The same for one row. */
  reference(row: ArrayLike<number>): ArrayLike<number>;
  /**
   * The same map for some of its features, and what these need: where a later step selects, the rest is let go of.
   * Without it everything before the transform stays.
   *
   * @param places - Of the features wanted, ascending.
   */
  narrow?(places: readonly number[]): Narrowed;
}

/** A transform for fewer features. */
export interface Narrowed {
  /** Places of the features that it reads, ascending. */
  readonly inputs: readonly number[];
  /** Reads `inputs` alone. */
  readonly transform: FittedTransform;
}

export interface Transform {
  readonly kind: string;
  /** Resolved parameters. */
  readonly parameters: Json;
  /** Reads `Matrix.sparse` where a matrix has it; as the first of a chain it then gets such a matrix in fitting. */
  readonly sparse?: true;
  fit(x: Matrix, context: StepContext): FittedTransform;
}

/** A step that lets some features through and changes no number, so that it leaves no node in the graph. */
export interface Selection {
  readonly kind: string;
  /** Resolved parameters. */
  readonly parameters: Json;
  /**
   * @param x - Sparse where everything before it is.
   * @returns Places of the features that stay, ascending; at least one.
   */
  select(x: Matrix, context: StepContext): readonly number[];
}

/** Some columns, how each becomes numbers, and what is done to the numbers of all of them. */
export interface Chain {
  readonly columns: readonly string[];
  readonly encoder: Encoder;
  readonly transforms: readonly (Transform | Selection)[];
  /** Steps that a user brought: what they fit is checked against their own reference. */
  readonly own?: true;
  /** The same chain with more transforms at its end. (Not `then`: an object with that method is taken for a promise.) */
  pipe(...transforms: readonly (Transform | Selection)[]): Chain;
}

/** Chains side by side, and what is done to the numbers of all of them. */
export interface Union {
  /** Of all its chains. */
  readonly columns: readonly string[];
  readonly chains: readonly (Chain | Union)[];
  readonly transforms: readonly (Transform | Selection)[];
  /** The same union with more transforms at its end. */
  pipe(...transforms: readonly (Transform | Selection)[]): Union;
}

/** Makes a chain of column names; the functions that take column references check kinds at compile time instead. */
export function chainOf(
  columns: readonly string[],
  encoder: Encoder,
  transforms: readonly (Transform | Selection)[] = [],
  own?: true,
): Chain {
  return {
    columns,
    encoder,
    transforms,
    ...(own && { own }),
    pipe: (...more) => chainOf(columns, encoder, [...transforms, ...more], own),
  };
}

/**
 * Chains side by side as one, for steps that look at the features of all of them.
 *
 * @example union(numbers(c.age), oneHot(c.city)).pipe(selectBest({ count: 20 }))
 */
export function union(...chains: readonly [Chain | Union, ...(Chain | Union)[]]): Union {
  return unionOf(chains, []);
}

function unionOf(chains: readonly (Chain | Union)[], transforms: readonly (Transform | Selection)[]): Union {
  return {
    columns: chains.flatMap((chain) => chain.columns),
    chains,
    transforms,
    pipe: (...more) => unionOf(chains, [...transforms, ...more]),
  };
}
