/** Where the histograms of open leaves lie while a tree grows, of bins in blocks and of sparse rows. */
import { type BlockBins, histogramBytes, type KernelMemory, type SparseBins } from "../../kernels/index.ts";

/** Bytes of histograms kept for open leaves; beyond it the least promising are given up and summed anew. */
const BUDGET = 512e6;

/** Places for histograms. A leaf without one has the address 0. */
export interface Histograms {
  /** What the kernels are told of the bins. */
  readonly bins: BlockBins | SparseBins;
  /** From now on at least these features, ascending, are summed. */
  select(features: Uint32Array): void;
  /** A place for a histogram that may stay, or 0 where there is no room. */
  place(): number;
  /** A place for a histogram that is only scanned. */
  passing(): number;
  /** Says whether a histogram stays where it was summed, and returns its leaf's address. */
  settle(at: number, kept: boolean): number;
  /** Gives a place back. */
  release(at: number): void;
}

/** A block of rows of bins: address, bytes from row to row, first feature, feature count. */
export interface Block {
  readonly at: number;
  readonly stride: number;
  readonly first: number;
  readonly count: number;
}

/** 256 sums a feature; features are summed in groups of four. */
export class BlockHistograms implements Histograms {
  readonly bins: BlockBins;
  readonly #memory: KernelMemory;
  readonly #blocks: readonly Block[];
  readonly #bytes: number;
  readonly #free: number[] = [];
  #left: number;
  #passing = 0;

  constructor(memory: KernelMemory, blocks: readonly Block[]) {
    this.#memory = memory;
    this.#blocks = blocks;
    const featureCount = blocks.reduce((slots, block) => slots + block.stride, 0);
    this.#bytes = featureCount * histogramBytes;
    const used = blocks.reduce((count, block) => count + block.count, 0);
    this.#left = Math.max(3, Math.floor(BUDGET / (used * histogramBytes)));
    const table = memory.take(blocks.length * 20);
    blocks.forEach((block, b) => {
      const quads = memory.take(32);
      memory.u32(table + 20 * b, 5).set([block.at, block.stride, quads, 0, block.first * histogramBytes]);
    });
    this.bins = { blocks: table, blockCount: blocks.length, featureCount };
  }

  select(features: Uint32Array): void {
    this.#blocks.forEach((block, b) => {
      const words = this.#memory.u32(this.bins.blocks + 20 * b, 5);
      const quads = this.#memory.u32(words[2]!, 8);
      let count = 0;
      for (const f of features) {
        if (f < block.first || f >= block.first + block.count) continue;
        const quad = (f - block.first) >> 2;
        if (count === 0 || quads[count - 1] !== quad) quads[count++] = quad;
      }
      words[3] = count;
    });
  }

  place(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#left === 0) return 0;
    this.#left--;
    return this.#memory.take(this.#bytes);
  }

  passing(): number {
    if (this.#passing === 0) this.#passing = this.#memory.take(this.#bytes);
    return this.#passing;
  }

  settle(at: number): number {
    return at === this.#passing ? 0 : at;
  }

  release(at: number): void {
    if (at !== 0) this.#free.push(at);
  }
}

/**
 * As many sums as a feature has bins, and one a feature before them. A leaf is summed where everything is 0; the
 * kernels take the sums of one that does not stay away again.
 */
export class SparseHistograms implements Histograms {
  readonly bins: SparseBins;
  readonly #memory: KernelMemory;
  readonly #bytes: number;
  readonly #free: number[] = [];
  #left: number;
  #clear: number;

  constructor(memory: KernelMemory, featureCount: number, bins: SparseBins) {
    this.#memory = memory;
    this.bins = bins;
    this.#bytes = 8 * (featureCount + bins.slotCount);
    this.#left = Math.max(3, Math.floor(BUDGET / this.#bytes));
    this.#clear = this.#cleared();
  }

  /** All features are summed: which of them are scanned is told elsewhere. */
  select(): void {}

  place(): number {
    return this.#clear;
  }

  passing(): number {
    return this.#clear;
  }

  settle(at: number, kept: boolean): number {
    if (!kept) return 0;
    this.#clear = this.#cleared();
    if (this.#clear !== 0) return at;
    this.#memory.u8(at, this.#bytes).fill(0);
    this.#clear = at;
    return 0;
  }

  release(at: number): void {
    if (at !== 0) this.#free.push(at);
  }

  /** Another place of zeros, or 0 where there is no room. */
  #cleared(): number {
    let at = this.#free.pop();
    if (at === undefined) {
      if (this.#left === 0) return 0;
      this.#left--;
      at = this.#memory.take(this.#bytes);
    }
    this.#memory.u8(at, this.#bytes).fill(0);
    return at;
  }
}
