/**
 * A table as bins: one byte a value, in the kernels' memory.
 *
 * Rows lie in blocks of at most 32 features side by side, which histograms read. A data set that is not large keeps
 * each feature's column besides, from which partitions read a third faster. Chunks of rows may arrive one after another, so a table larger than memory needs only its bins
 * there. The bin after a feature's last one is for missing values and for codes that training has not seen.
 */
import { assert } from "../../core/index.ts";
import { binValues, Kernels } from "../../kernels/index.ts";
import { type Block, BlockHistograms, type Histograms } from "./histograms.ts";

/** How one feature's values become bins. */
export type BinnedFeature =
  | {
      readonly kind: "number";
      /** Ascending; bin b holds the values v with edges[b − 1] < v ≤ edges[b]. One fewer than bins. */
      readonly edges: Float64Array;
      readonly binCount: number;
    }
  | {
      readonly kind: "category";
      /** Bin of each code; `binCount` for a code without a bin of its own. */
      readonly codeBins: Uint8Array;
      readonly binCount: number;
    };

/** Features of one block of rows. */
const BLOCK = 32;
/** Bytes of bins up to which the columns are kept besides: memory is then no concern. */
const COLUMN_LIMIT = 128e6;
/** Rows staged at a time. */
const STAGE = 262144;

export class BinnedDataset {
  readonly kernels: Kernels;
  readonly features: readonly BinnedFeature[];
  /** Rows that there is place for. */
  readonly capacity: number;
  readonly #blocks: readonly Block[];
  /** Address of the columns, 0 where only blocks are kept. */
  readonly #columns: number;
  readonly #columnBytes: number;
  #rowCount = 0;

  /** Takes its memory from `kernels`, which serves this data set alone from now on. */
  constructor(
    kernels: Kernels,
    features: readonly BinnedFeature[],
    capacity: number,
    columnLimit = COLUMN_LIMIT,
  ) {
    this.kernels = kernels;
    this.features = features;
    this.capacity = capacity;
    this.#columnBytes = Math.ceil(capacity / 64) * 64;
    const bytes = this.#columnBytes * features.length;
    this.#columns = bytes <= columnLimit ? kernels.memory.take(bytes) : 0;
    const blocks = [];
    for (let first = 0; first < features.length; first += BLOCK) {
      const count = Math.min(BLOCK, features.length - first);
      const stride = Math.ceil(count / 4) * 4;
      blocks.push({ at: kernels.memory.take(capacity * stride), stride, first, count });
    }
    this.#blocks = blocks;
  }

  /** Rows appended so far. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Where a feature's bins lie: the address of the first row's, and the bytes from row to row. */
  place(feature: number): { at: number; stride: number } {
    return this.#columns === 0 ? this.#inBlock(feature) : { at: this.#column(feature), stride: 1 };
  }

  #column(feature: number): number {
    return this.#columns + feature * this.#columnBytes;
  }

  #inBlock(feature: number): { at: number; stride: number } {
    const block = this.#blocks[Math.floor(feature / BLOCK)]!;
    return { at: block.at + (feature - block.first), stride: block.stride };
  }

  /**
   * Appends rows: one array a feature, all of one length. Numbers are compared in their own precision.
   */
  append(columns: readonly (Float32Array | Float64Array)[]): void {
    const count = columns[0]?.length ?? 0;
    assert(
      columns.length === this.features.length,
      `${columns.length} columns for ${this.features.length} features`,
    );
    assert(this.#rowCount + count <= this.capacity, `more than ${this.capacity} rows`);
    const { memory } = this.kernels;
    const mark = memory.used;
    const staged = Math.min(count, STAGE);
    const values = memory.take(staged * 8);
    const edges = memory.take(256 * 8);
    const args = memory.take(64);
    columns.forEach((column, j) => {
      assert(column.length === count, `column ${j} has ${column.length} of ${count} rows`);
      const feature = this.features[j]!;
      const { at, stride } = this.#inBlock(j);
      if (feature.kind === "category") {
        this.#appendCodes(column, feature, j);
        return;
      }
      const double = column instanceof Float64Array;
      const padded = double ? memory.f64(edges, 256) : memory.f32(edges, 256);
      padded.fill(Infinity);
      padded.set(double ? feature.edges : floorToSingle(feature.edges));
      for (let from = 0; from < count; from += STAGE) {
        const length = Math.min(STAGE, count - from);
        const stage = double ? memory.f64(values, length) : memory.f32(values, length);
        stage.set(column.subarray(from, from + length));
        const row = this.#rowCount + from;
        binValues(this.kernels, args, {
          values,
          count: length,
          edges,
          missing: feature.binCount,
          column: this.#columns === 0 ? 0 : this.#column(j) + row,
          block: at + row * stride,
          stride,
          double,
        });
      }
    });
    memory.release(mark);
    this.#rowCount += count;
  }

  /** Places for the histograms of one grower. */
  histograms(): Histograms {
    return new BlockHistograms(this.kernels.memory, this.#blocks);
  }

  /** Forgets the rows appended so far. */
  clear(): void {
    this.#rowCount = 0;
  }

  /** Ends the threads; the data set is not to be used afterwards. */
  async close(): Promise<void> {
    await this.kernels.close();
  }

  #appendCodes(
    codes: Float32Array | Float64Array,
    feature: Extract<BinnedFeature, { kind: "category" }>,
    j: number,
  ): void {
    const { memory } = this.kernels;
    const { at, stride } = this.#inBlock(j);
    const column =
      this.#columns === 0 ? undefined : memory.u8(this.#column(j) + this.#rowCount, codes.length);
    const block = memory.u8(at + this.#rowCount * stride, codes.length * stride);
    for (let i = 0; i < codes.length; i++) {
      // NaN and codes beyond the table are undefined here.
      const bin = feature.codeBins[codes[i]!] ?? feature.binCount;
      block[i * stride] = bin;
      if (column !== undefined) column[i] = bin;
    }
  }
}

/** The largest single at most each edge: for single values v, `v <= edge` holds exactly when `v <= floor(edge)`. */
function floorToSingle(edges: Float64Array): Float32Array {
  const step = new Float32Array(1);
  const bits = new Int32Array(step.buffer);
  return Float32Array.from(edges, (edge) => {
    const single = Math.fround(edge);
    if (single <= edge) return single;
    step[0] = single;
    if (single > 0) bits[0]!--;
    else if (single < 0) bits[0]!++;
    else return -1.401298464324817e-45;
    return step[0];
  });
}
