/**
 * A feature matrix, column-major: one typed array a feature.
 *
 * Trees bin column by column and linear models form XᵀX, so columns are the
 * natural unit; a missing number is NaN in both.
 */

/** One column of a feature matrix, and the table columns that it was made from. */
export interface Feature {
  /** Unique in its matrix: `age`, `city=Paris`, `when:month`. */
  readonly name: string;
  /** Names of the table columns behind it, at least one. */
  readonly sources: readonly string[];
  /** `category`: codes 0 … cardinality − 1 without order, NaN for missing or unknown. */
  readonly kind: "number" | "category";
  /** Number of codes of a category. */
  readonly cardinality?: number;
}

/** Rows × features. Every column has `rowCount` values; NaN is missing. */
export interface Matrix {
  readonly rowCount: number;
  readonly features: readonly Feature[];
  readonly columns: readonly (Float32Array | Float64Array)[];
}
