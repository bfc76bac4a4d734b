/**
 * The leaf and split commands of the team (`team/leaf.as.ts`, `team/sparse-leaf.as.ts`): the argument block that they
 * share, and their answers.
 */
import type { Kernels } from "./kernels.ts";

const LEAF = 4;
const SPLIT = 5;
const SPARSE_LEAF = 7;
const SPARSE_SPLIT = 8;

/** Bytes of one feature's histogram: 256 packed sums. */
export const histogramBytes = 2048;
/** Bytes of one answer of the split scan. */
const answerBytes = 512;
const scratchBytes = 8192;
const optionBytes = 128;

/** Options of the split scan, in quantised units where they meet sums. */
export interface ScanOptions {
  lambda: number;
  alpha: number;
  catSmooth: number;
  catLambda: number;
  catMax: number;
  catOneHot: number;
}

/** Bins as blocks of rows. */
export interface BlockBins {
  /** Table of blocks: bins, stride, list of four-feature groups, their number, histogram offset (u32 each). */
  blocks: number;
  blockCount: number;
  /** Features that have a histogram: those of the blocks, filled up to groups of four. */
  featureCount: number;
}

/** Bins as sparse rows: the values outside a feature's bin of zero. */
export interface SparseBins {
  /** Table of addresses, as in `team/sparse-leaf.as.ts`, and the number of features. */
  sparse: number;
  /** Entries of a row, as a mean, and bins of all features: what a command costs. */
  rowEntries: number;
  slotCount: number;
  /** A leaf of so many rows keeps its histogram. */
  keepRows: number;
}

/** What stays the same while a tree grows. */
export interface GrowSetting {
  rows: number;
  leftTemp: number;
  rightTemp: number;
  gradients: number;
  bins: BlockBins | SparseBins;
  features: number;
  minRows: number;
  /** Fewest rows of a category that may take part in a sorted split, and of the categories that a border moves. */
  minCategoryRows: number;
  minGroupRows: number;
  /** In quantised units. */
  minHessian: number;
  options: ScanOptions;
}

/** One side to scan: its list of features, packed sums, gain to exceed, bounds and random seed (0: all thresholds). */
export interface ScanSide {
  list: number;
  listCount: number;
  g: number;
  h: number;
  floor: number;
  lower: number;
  upper: number;
  seed: number;
}

/** The best split that a scan found. */
export interface FoundSplit {
  /** Gain with the parent's term still in it, quantised units. */
  gain: number;
  feature: number;
  bin: number;
  leftG: number;
  leftH: number;
  /** 1 for each bin that goes left, 256 of them. */
  goesLeft: Uint8Array;
}

/** The leaf and split commands over one argument block. */
export class Grower {
  readonly #kernels: Kernels;
  readonly #args: number;
  readonly #words: Uint32Array;
  readonly #signed: Int32Array;
  readonly #doubles: Float64Array;
  readonly #answers: number;
  readonly #goesLeft: number;
  readonly #options: number;
  readonly #bins: BlockBins | SparseBins;

  /** Takes its blocks from the kernels' memory. */
  constructor(kernels: Kernels, setting: GrowSetting) {
    const { memory, threads } = kernels;
    this.#kernels = kernels;
    this.#bins = setting.bins;
    this.#args = memory.take(256);
    this.#words = memory.u32(this.#args, 64);
    this.#signed = memory.i32(this.#args, 64);
    this.#doubles = memory.f64(this.#args, 32);
    this.#answers = memory.take(threads * 2 * answerBytes);
    this.#goesLeft = memory.take(256);
    this.#options = memory.take(2 * optionBytes);
    const words = this.#words;
    words[0] = setting.rows;
    words[1] = setting.gradients;
    if ("sparse" in setting.bins) words[44] = setting.bins.sparse;
    else {
      const { blocks, blockCount, featureCount } = setting.bins;
      words[2] = blocks;
      words[3] = blockCount;
      words[5] = featureCount * histogramBytes;
      words[6] = memory.take((threads - 1) * featureCount * histogramBytes);
    }
    words[4] = setting.features;
    words[7] = this.#answers;
    words[8] = memory.take(threads * scratchBytes);
    words[14] = this.#goesLeft;
    words[15] = setting.leftTemp;
    words[16] = setting.rightTemp;
    words[25] = this.#options;
    words[26] = this.#options + optionBytes;
    words[27] = memory.take(threads * 8);
    words[41] = setting.minCategoryRows;
    words[42] = setting.minGroupRows;
    this.set(setting);
  }

  /** Takes over the scales of a new tree: the regularisation in quantised units. */
  set(setting: Pick<GrowSetting, "gradients" | "minRows" | "minHessian" | "options">): void {
    this.#words[1] = setting.gradients;
    this.#words[19] = setting.minRows;
    this.#doubles[18] = setting.minHessian;
    for (const side of [0, 1]) {
      const at = this.#options + side * optionBytes;
      const { options } = setting;
      const doubles = this.#kernels.memory.f64(at, 16);
      doubles[0] = options.lambda;
      doubles[2] = options.alpha;
      doubles[3] = options.catSmooth;
      doubles[4] = options.catLambda;
      this.#kernels.memory.u32(at + 56, 2).set([options.catMax, options.catOneHot]);
    }
  }

  #side(which: 0 | 1, side: ScanSide): void {
    const words = this.#words;
    words[21 + 2 * which] = side.list;
    words[22 + 2 * which] = side.listCount;
    words[28 + 2 * which] = side.h;
    this.#signed[29 + 2 * which] = side.g;
    this.#doubles[16 + which] = side.floor;
    const at = this.#options + which * optionBytes;
    this.#kernels.memory.f64(at + 40, 2).set([side.lower, side.upper]);
    this.#kernels.memory.u32(at + 72, 1)[0] = side.seed;
  }

  #answer(which: 0 | 1, threads: number): FoundSplit | undefined {
    const { memory } = this.#kernels;
    let best: number | undefined;
    let gain = -Infinity;
    for (let thread = 0; thread < threads; thread++) {
      const at = this.#answers + (2 * thread + which) * answerBytes;
      const own = memory.f64(at, 1)[0]!;
      if (memory.u32(at + 16, 1)[0] !== 0xffffffff && own > gain) {
        gain = own;
        best = at;
      }
    }
    if (best === undefined) return undefined;
    const [leftH, , feature, bin] = memory.u32(best + 8, 4);
    return {
      gain,
      feature: feature!,
      bin: bin!,
      leftG: memory.i32(best + 12, 1)[0]!,
      leftH: leftH!,
      goesLeft: memory.u8(best + 32, 256).slice(),
    };
  }

  #run(command: number, rowCount: number): number {
    const bins = this.#bins;
    const work =
      "sparse" in bins ? 4 * rowCount * bins.rowEntries + 2 * bins.slotCount : rowCount * bins.featureCount;
    // Meeting at the barriers costs some 10 µs: work of less than about 80 µs is done alone.
    if (work < 131072) {
      this.#kernels.runAlone(command, this.#args);
      return 1;
    }
    return this.#kernels.run(command, this.#args);
  }

  /** Rows from which on a command leaves its new histogram standing. */
  #keepFrom(stays: boolean): void {
    this.#words[45] = stays && "sparse" in this.#bins ? this.#bins.keepRows : 0xffffffff;
  }

  /** Whether the new histogram of a command stands. */
  #kept(): boolean {
    return !("sparse" in this.#bins) || (this.#words[40]! & 4) !== 0;
  }

  /**
   * Sums the histograms of rows[begin … end) into `histogram` and scans them; `side.floor` is the least gain over the
   * parent. Of sparse rows the place holds zeros before, and again afterwards unless the histogram is kept, which it
   * can only be if it `stays`.
   */
  leaf(
    begin: number,
    end: number,
    histogram: number,
    side: ScanSide,
    stays: boolean,
  ): { split: FoundSplit | undefined; g: number; h: number; kept: boolean } {
    this.#words[9] = begin;
    this.#words[10] = end;
    this.#words[18] = histogram;
    this.#side(0, side);
    this.#keepFrom(stays);
    const threads = this.#run("sparse" in this.#bins ? SPARSE_LEAF : LEAF, end - begin);
    const split = this.#answer(0, threads);
    return { split, g: this.#signed[29]!, h: this.#words[28]!, kept: this.#kept() };
  }

  /**
   * Splits rows[begin … end) and the passive rows; when `scan` says so, sums the smaller child's histogram into
   * `childHistogram`, leaves the larger's in `parentHistogram`, and scans both. Of sparse rows `childHistogram` holds
   * zeros before, and again afterwards unless it is kept.
   */
  split(job: {
    begin: number;
    end: number;
    passiveBegin: number;
    passiveEnd: number;
    /** Bins of the split feature, and the bytes from row to row. */
    column: number;
    stride: number;
    goesLeft: Uint8Array;
    parentHistogram: number;
    childHistogram: number;
    scan: boolean;
    left: ScanSide;
    right: ScanSide;
  }): {
    leftRows: number;
    leftPassive: number;
    leftScanned: boolean;
    rightScanned: boolean;
    left: FoundSplit | undefined;
    right: FoundSplit | undefined;
    kept: boolean;
  } {
    const words = this.#words;
    words[9] = job.begin;
    words[10] = job.end;
    words[11] = job.passiveBegin;
    words[12] = job.passiveEnd;
    words[13] = job.column;
    words[43] = job.stride;
    words[17] = job.parentHistogram;
    words[18] = job.childHistogram;
    words[20] = job.scan ? 1 : 0;
    this.#kernels.memory.u8(this.#goesLeft, 256).set(job.goesLeft);
    this.#side(0, job.left);
    this.#side(1, job.right);
    this.#keepFrom(true);
    const rowCount = job.end - job.begin + job.passiveEnd - job.passiveBegin;
    const threads = this.#run("sparse" in this.#bins ? SPARSE_SPLIT : SPLIT, rowCount);
    const scanned = words[40]!;
    return {
      leftRows: words[38]!,
      leftPassive: words[39]!,
      leftScanned: (scanned & 1) !== 0,
      rightScanned: (scanned & 2) !== 0,
      left: (scanned & 1) !== 0 ? this.#answer(0, threads) : undefined,
      right: (scanned & 2) !== 0 ? this.#answer(1, threads) : undefined,
      kept: this.#kept(),
    };
  }
}
