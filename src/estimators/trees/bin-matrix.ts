/** From a feature matrix to bins: edges from a sample of rows fixed by their identity, then every value. */
import { rowUniform } from "../../core/index.ts";
import { Kernels } from "../../kernels/index.ts";
import { joinRows, type Matrix, type SparseRows, stackRows, takeSparseRows } from "../../features/index.ts";
import { BinnedDataset, type BinnedFeature } from "./binned-dataset.ts";
import { findEdges } from "./edges.ts";
import { sortSingles } from "./sort-numbers.ts";
import { type BinnedRows, SparseDataset } from "./sparse-dataset.ts";

export interface BinOptions {
  /** Bins of a feature without the one for missing values, 2 … 255. */
  readonly maxBins: number;
  /** A bin holds at least so many rows of the sample. */
  readonly minRowsInBin: number;
  /** Rows that edges are made from. */
  readonly sampleRows: number;
  readonly seed: number;
}

export const defaultBinOptions: BinOptions = { maxBins: 255, minRowsInBin: 3, sampleRows: 200_000, seed: 0 };

/**
 * Threads worth starting: below some 1.5 million values a tree is grown in a millisecond or two, and waking a second
 * thread for its parts costs as much as it saves (adult, 26,000 × 14, two threads: 0.40 s of processor time instead of
 * 0.17).
 */
export function usefulThreads(x: Matrix, threads: number): number {
  // A value of sparse rows costs some four times as much as one in a block.
  const values = x.sparse === undefined ? x.rowCount * x.features.length : 4 * x.sparse.values.length;
  return values < 1.5e6 ? 1 : threads;
}

/** Row numbers that edges are made from: all when they are few, else those whose identity draws low. Undefined is all. */
function sampleOf(
  rowCount: number,
  rowIds: Uint32Array | undefined,
  options: BinOptions,
): Uint32Array | undefined {
  if (rowCount <= options.sampleRows) return undefined;
  const share = options.sampleRows / rowCount;
  const rows = new Uint32Array(rowCount);
  let count = 0;
  for (let i = 0; i < rowCount; i++) {
    if (rowUniform(options.seed, rowIds?.[i] ?? i) < share) rows[count++] = i;
  }
  return rows.subarray(0, count);
}

/** How each feature of a matrix becomes bins, learnt from its rows. */
export function learnBins(x: Matrix, options: BinOptions, rowIds?: Uint32Array): BinnedFeature[] {
  const sample = sampleOf(x.rowCount, rowIds, options);
  if (x.sparse !== undefined) return learnSparseBins(x, x.sparse, sample, options);
  return x.features.map((feature, j) => {
    const column = x.columns[j]!;
    if (feature.kind === "category") return categoryBins(column, 0, feature.cardinality ?? 0, options);
    if (sample === undefined) return numberBins(column, 0, options);
    const some = new Float64Array(sample.length);
    for (let i = 0; i < sample.length; i++) some[i] = column[sample[i]!]!;
    return numberBins(some, 0, options);
  });
}

/** The same features, from the values that sparse rows hold and the number of those they do not. */
function learnSparseBins(
  x: Matrix,
  rows: SparseRows,
  sample: Uint32Array | undefined,
  options: BinOptions,
): BinnedFeature[] {
  const every = valuesByColumn(rows);
  const some = sample === undefined ? every : valuesByColumn(takeSparseRows(rows, sample));
  const sampled = sample?.length ?? x.rowCount;
  return x.features.map((feature, j) => {
    if (feature.kind === "category") {
      const codes = every(j);
      return categoryBins(codes, x.rowCount - codes.length, feature.cardinality ?? 0, options);
    }
    const values = some(j);
    return numberBins(values, sampled - values.length, options);
  });
}

/** Values of each column, in the order of rows. */
function valuesByColumn({ columnCount, index, values }: SparseRows): (column: number) => Float64Array {
  const ends = new Uint32Array(columnCount + 1);
  for (const column of index) ends[column + 1]!++;
  for (let j = 0; j < columnCount; j++) ends[j + 1]! += ends[j]!;
  const next = ends.slice();
  const byColumn = new Float64Array(index.length);
  for (let at = 0; at < index.length; at++) byColumn[next[index[at]!]!++] = values[at]!;
  return (column) => byColumn.subarray(ends[column], ends[column + 1]);
}

/** @param zeros - So many values of 0 more, which `column` does not hold. */
function numberBins(column: Float32Array | Float64Array, zeros: number, options: BinOptions): BinnedFeature {
  const values = new Float64Array(column.length);
  let count = 0;
  let single = true;
  for (const value of column) {
    if (value !== value) continue;
    // −0 becomes 0: sorting tells them apart and comparing does not.
    values[count++] = value + 0;
    if (Math.fround(value) !== value) single = false;
  }
  const given = values.subarray(0, count);
  const sorted = single ? sortSingles(new Float32Array(given)) : given.sort();
  const edges = findEdges(sorted, options.maxBins, options.minRowsInBin, zeros);
  return { kind: "number", edges, binCount: edges.length + 1 };
}

/** The most frequent codes get bins of their own, the rest share the bin of the missing. */
function categoryBins(
  column: Float32Array | Float64Array,
  zeros: number,
  cardinality: number,
  options: BinOptions,
): BinnedFeature {
  const counts = new Float64Array(cardinality);
  for (const code of column) if (code < cardinality) counts[code]!++;
  if (zeros > 0 && cardinality > 0) counts[0]! += zeros;
  const codes = Array.from(counts, (_, code) => code)
    .filter((code) => counts[code]! > 0)
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, options.maxBins);
  const codeBins = new Uint8Array(cardinality).fill(codes.length);
  codes.forEach((code, bin) => {
    codeBins[code] = bin;
  });
  return { kind: "category", codeBins, binCount: codes.length };
}

/**
 * Learns the bins of `x` and fills a data set with its rows, and with those of `more` after them: sparse where `x` is.
 */
export function binMatrix(
  kernels: Kernels,
  x: Matrix,
  options: BinOptions,
  rowIds?: Uint32Array,
  more?: Matrix,
): BinnedRows {
  const features = learnBins(x, options, rowIds);
  if (x.sparse !== undefined) {
    const rows = more === undefined ? x.sparse : stackRows(x.sparse, sparseRowsOf(more));
    return new SparseDataset(kernels, features, rows);
  }
  const data = new BinnedDataset(kernels, features, x.rowCount + (more?.rowCount ?? 0));
  data.append(x.columns);
  if (more !== undefined) data.append(more.columns);
  return data;
}

function sparseRowsOf(x: Matrix): SparseRows {
  return x.sparse ?? joinRows([x.columns], x.rowCount);
}

/**
 * A data set of its own, for tables that come in chunks: learn the bins from a sample, then append every chunk. One
 * byte a value is kept, and of a data set below 128 MB its columns besides.
 *
 * @param sample - Rows that edges are made from, some 200,000; category features need their full `cardinality`.
 * @param rowCount - Rows that will be appended.
 * @param options.columnLimit - Bytes of bins up to which columns are kept besides; 0 for never.
 * @returns To be closed after the fit.
 */
export function openBins(
  sample: Matrix,
  rowCount: number,
  options: Partial<BinOptions> & { readonly threads?: number; readonly columnLimit?: number } = {},
): BinnedDataset {
  const { threads = 1, columnLimit, ...given } = options;
  const features = learnBins(sample, { ...defaultBinOptions, ...given });
  return new BinnedDataset(new Kernels(threads), features, rowCount, columnLimit);
}
