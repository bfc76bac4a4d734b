/**
 * A feature matrix, column-major: one typed array a feature.
 *
 * Trees bin column by column and linear models form XᵀX, so columns are the
 * natural unit; a missing number is NaN in both. Text in thousands of terms is
 * mostly zeros, and is kept as sparse rows for families that read those.
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
  /** Of a code that is one place of a text: the name that all places of it share. They stand side by side, in order. */
  readonly sequence?: string;
}

/** Rows by their values other than zero; NaN is missing. */
export interface SparseRows {
  readonly columnCount: number;
  /** Values of row i are those from starts[i] to starts[i + 1]. Shape [rows + 1]. */
  readonly starts: Uint32Array;
  /** Column of each value, ascending in a row. */
  readonly index: Uint32Array;
  readonly values: Float32Array | Float64Array;
}

/** Rows × features, dense or sparse. Every column has `rowCount` values; NaN is missing. */
export interface Matrix {
  readonly rowCount: number;
  readonly features: readonly Feature[];
  /** Of a sparse matrix they are made when first asked for, and take the memory of a dense one. */
  readonly columns: readonly (Float32Array | Float64Array)[];
  /** The same values as sparse rows, where the matrix is kept so. */
  readonly sparse?: SparseRows;
}
