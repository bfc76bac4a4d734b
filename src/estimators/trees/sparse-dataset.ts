/**
 * Sparse rows as bins in the kernels' memory: only values outside their feature's bin of zero, by row for histograms
 * and by column for partitions. Eight bytes a value by row and five by column, whatever the number of features.
 */
import type { SparseRows } from "../../features/index.ts";
import type { Kernels } from "../../kernels/index.ts";
import type { BinnedDataset, BinnedFeature } from "./binned-dataset.ts";
import { type Histograms, SparseHistograms } from "./histograms.ts";

/** Rows as bins, in blocks or sparse. */
export type BinnedRows = BinnedDataset | SparseDataset;

export class SparseDataset {
  readonly kernels: Kernels;
  readonly features: readonly BinnedFeature[];
  readonly rowCount: number;
  /** Bin of zero of each feature. */
  readonly #zeros: Uint8Array;
  /** Entries of feature j are those from #starts[j] to #starts[j + 1]. */
  readonly #starts: Uint32Array;
  /** Addresses: row and bin of each entry by column, one column of bytes, the table of the kernels. */
  readonly #rows: number;
  readonly #bins: number;
  readonly #column: number;
  readonly #table: number;
  readonly #slotCount: number;

  /** Takes its memory from `kernels`, which serves this data set alone from now on. */
  constructor(kernels: Kernels, features: readonly BinnedFeature[], rows: SparseRows) {
    const { memory } = kernels;
    const { values } = rows;
    const count = rows.starts.length - 1;
    const width = features.length;
    this.kernels = kernels;
    this.features = features;
    this.rowCount = count;
    const byColumn = new ColumnEntries(rows);
    const zeros = Uint8Array.from(features, (feature) => binOf(feature, 0));
    const bins = new Uint8Array(values.length);
    const columnStarts = new Uint32Array(width + 1);
    const rowStarts = new Uint32Array(count + 1);
    features.forEach((feature, j) => {
      let kept = 0;
      for (let at = byColumn.starts[j]!; at < byColumn.starts[j + 1]!; at++) {
        bins[at] = binOf(feature, byColumn.values[at]!);
        if (bins[at] === zeros[j]) continue;
        kept++;
        rowStarts[byColumn.rows[at]! + 1]!++;
      }
      columnStarts[j + 1] = columnStarts[j]! + kept;
    });
    for (let i = 0; i < count; i++) rowStarts[i + 1]! += rowStarts[i]!;
    const entries = columnStarts[width]!;
    const takeWords = (length: number): number => memory.take(4 * length);
    const at = {
      rowStarts: takeWords(count + 1),
      features: takeWords(entries),
      slots: takeWords(entries),
      firstSlots: takeWords(width),
      zeroSlots: takeWords(width),
      columnStarts: takeWords(width + 1),
      rows: takeWords(entries),
      bins: memory.take(entries),
      masked: memory.take(8 * count),
    };
    this.#rows = at.rows;
    this.#bins = at.bins;
    this.#column = memory.take(count);
    this.#table = memory.take(64);
    const firstSlots = memory.u32(at.firstSlots, width);
    const zeroSlots = memory.u32(at.zeroSlots, width);
    const entryFeatures = memory.u32(at.features, entries);
    const entrySlots = memory.u32(at.slots, entries);
    const columnRows = memory.u32(at.rows, entries);
    const columnBins = memory.u8(at.bins, entries);
    memory.u32(at.rowStarts, count + 1).set(rowStarts);
    memory.u32(at.columnStarts, width + 1).set(columnStarts);
    let slots = 0;
    let entry = 0;
    // Columns come in order, so that the entries of each row do.
    features.forEach((feature, j) => {
      firstSlots[j] = slots;
      zeroSlots[j] = slots + zeros[j]!;
      for (let from = byColumn.starts[j]!; from < byColumn.starts[j + 1]!; from++) {
        const bin = bins[from]!;
        if (bin === zeros[j]) continue;
        const row = byColumn.rows[from]!;
        columnRows[entry] = row;
        columnBins[entry++] = bin;
        const place = rowStarts[row]!++;
        entryFeatures[place] = j;
        entrySlots[place] = slots + bin;
      }
      slots += feature.binCount + 1;
    });
    memory
      .u32(this.#table, 11)
      .set([
        at.rowStarts,
        at.features,
        at.slots,
        at.firstSlots,
        at.zeroSlots,
        at.columnStarts,
        width,
        at.rows,
        at.bins,
        at.masked,
        count,
      ]);
    this.#zeros = zeros;
    this.#starts = columnStarts;
    this.#slotCount = slots;
  }

  /** Where a feature's bins lie until the next is asked for: the address of the first row's, and the bytes from row to row. */
  place(feature: number): { at: number; stride: number } {
    const { memory } = this.kernels;
    const column = memory.u8(this.#column, this.rowCount).fill(this.#zeros[feature]!);
    const from = this.#starts[feature]!;
    const count = this.#starts[feature + 1]! - from;
    const rows = memory.u32(this.#rows + 4 * from, count);
    const bins = memory.u8(this.#bins + from, count);
    for (let i = 0; i < count; i++) column[rows[i]!] = bins[i]!;
    return { at: this.#column, stride: 1 };
  }

  /** Places for the histograms of one grower. */
  histograms(): Histograms {
    const width = this.features.length;
    const rowEntries = this.#starts[width]! / Math.max(1, this.rowCount);
    const bins = {
      sparse: this.#table,
      rowEntries,
      slotCount: this.#slotCount,
      // Clearing and keeping all bins pays where walking the rows of a leaf again costs more.
      keepRows: Math.ceil(this.#slotCount / 2 / Math.max(1, rowEntries)),
    };
    return new SparseHistograms(this.kernels.memory, width, bins);
  }
}

/** Sparse rows by column: row and value of each entry of column j from starts[j] to starts[j + 1]. */
class ColumnEntries {
  readonly starts: Uint32Array;
  readonly rows: Uint32Array;
  readonly values: Float64Array;

  constructor({ columnCount, starts, index, values }: SparseRows) {
    const ends = new Uint32Array(columnCount + 1);
    for (const column of index) ends[column + 1]!++;
    for (let j = 0; j < columnCount; j++) ends[j + 1]! += ends[j]!;
    const next = ends.slice();
    this.starts = ends;
    this.rows = new Uint32Array(index.length);
    this.values = new Float64Array(index.length);
    for (let row = 0; row + 1 < starts.length; row++) {
      for (let at = starts[row]!; at < starts[row + 1]!; at++) {
        const place = next[index[at]!]!++;
        this.rows[place] = row;
        this.values[place] = values[at]!;
      }
    }
  }
}

/** The bin of a value: the number of edges below it, the bin of its code, or the one after the last. */
function binOf(feature: BinnedFeature, value: number): number {
  // NaN and codes beyond the table are undefined here.
  if (feature.kind === "category") return feature.codeBins[value] ?? feature.binCount;
  if (value !== value) return feature.binCount;
  const { edges } = feature;
  let from = 0;
  let to = edges.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (edges[middle]! < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
