/**
 * Inverse document frequency: how much a term counts that few rows hold.
 *
 * A figure of a term that fewer than `minRows` rows hold would tell of single rows, in a file that anyone may read: it
 * is that of a term of just so many rows. This matters for buckets of a hash, which hold what has no name of its own.
 * Source: scikit-learn's TfidfVectorizer, ln((1 + rows) / (1 + rows with the term)) + 1.
 */

/**
 * @param rowsWith - Rows that hold each term.
 * @param rowCount - All rows.
 * @param minRows - Fewest rows that a figure tells of.
 * @returns At least 1 each, in the order of the terms.
 */
export function inverseDocumentFrequency(
  rowsWith: ArrayLike<number>,
  rowCount: number,
  minRows: number,
): Float64Array {
  const fewest = Math.min(minRows, rowCount);
  return Float64Array.from(rowsWith, (rows) => Math.log((1 + rowCount) / (1 + Math.max(rows, fewest))) + 1);
}
