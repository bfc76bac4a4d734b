/**
 * The commands of the team (`team/team.as.ts`) as functions: they write the argument blocks and start the kernels.
 * Numbers and addresses only; who owns the arrays decides what they mean.
 */
import type { Kernels } from "./kernels.ts";

const BIN = 1;
const GRADIENTS = 2;
const QUANTISE = 3;
const LEAF = 4;
const SPLIT = 5;
const SCORES = 6;

/** Bytes of one feature's histogram: 256 packed sums. */
export const histogramBytes = 2048;
/** Bytes of one answer of the split scan. */
export const answerBytes = 512;
const scratchBytes = 8192;
const optionBytes = 128;

/** Bins values staged in the kernels' memory; `count` of them, into `block`, `stride` apart, and into `column` unless it is 0. */
export function binValues(
  kernels: Kernels,
  args: number,
  job: {
    values: number;
    count: number;
    edges: number;
    missing: number;
    column: number;
    block: number;
    stride: number;
    double: boolean;
  },
): void {
  const { values, count, edges, missing, column, block, stride, double } = job;
  kernels.memory.u32(args, 8).set([values, count, edges, missing, column, block, stride, double ? 1 : 0]);
  kernels.run(BIN, args);
}

/** The losses that the gradient kernel knows, by number. */
export const objectiveCodes = {
  squared: 0,
  logistic: 1,
  softmax: 2,
  poisson: 3,
  gamma: 4,
  tweedie: 5,
  huber: 6,
  quantile: 7,
} as const;

/** First and second derivatives as float pairs, and their sums per chunk of 4096 rows. */
export function computeGradients(
  kernels: Kernels,
  args: number,
  job: {
    objective: keyof typeof objectiveCodes;
    scores: number;
    targets: number;
    weights: number;
    pairs: number;
    count: number;
    classes: number;
    stride: number;
    sums: number;
    /** The power of tweedie, the delta of huber, the level of quantile. */
    parameter?: number | undefined;
  },
): void {
  const { objective, scores, targets, weights, pairs, count, classes, stride, sums, parameter = 0 } = job;
  kernels.memory
    .u32(args, 9)
    .set([objectiveCodes[objective], scores, targets, weights, pairs, count, classes, stride, sums]);
  kernels.memory.f64(args + 40, 1)[0] = parameter;
  kernels.run(GRADIENTS, args);
}

/** Float pairs to packed integers, in place. */
export function quantiseGradients(
  kernels: Kernels,
  args: number,
  pairs: number,
  count: number,
  gScale: number,
  hScale: number,
): void {
  kernels.memory.u32(args, 2).set([pairs, count]);
  kernels.memory.f64(args + 8, 2).set([gScale, hScale]);
  kernels.run(QUANTISE, args);
}

/** Adds leaf values to scores: `leaves` is a table of (u32 begin, u32 end, f64 value) over positions of `rows`. */
export function addLeafValues(
  kernels: Kernels,
  args: number,
  scores: number,
  rows: number,
  count: number,
  leaves: number,
  leafCount: number,
): void {
  kernels.memory.u32(args, 5).set([scores, rows, count, leaves, leafCount]);
  kernels.run(SCORES, args);
}

/** Options of the split scan, in quantised units where they meet sums. */
export interface ScanOptions {
  lambda: number;
  alpha: number;
  catSmooth: number;
  catLambda: number;
  catMax: number;
  catOneHot: number;
}

/** What stays the same while a tree grows. */
export interface GrowSetting {
  rows: number;
  leftTemp: number;
  rightTemp: number;
  gradients: number;
  /** Table of blocks: bins, stride, list of four-feature groups, their number, histogram offset (u32 each). */
  blocks: number;
  blockCount: number;
  features: number;
  featureCount: number;
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
  readonly #featureCount: number;

  /** Takes its blocks from the kernels' memory. */
  constructor(kernels: Kernels, setting: GrowSetting) {
    const { memory, threads } = kernels;
    this.#kernels = kernels;
    this.#featureCount = setting.featureCount;
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
    words[2] = setting.blocks;
    words[3] = setting.blockCount;
    words[4] = setting.features;
    words[5] = setting.featureCount * histogramBytes;
    words[6] = memory.take((threads - 1) * setting.featureCount * histogramBytes);
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
    // Meeting at the barriers costs some 10 µs: work of less than about 80 µs is done alone.
    if (rowCount * this.#featureCount < 131072) {
      this.#kernels.runAlone(command, this.#args);
      return 1;
    }
    return this.#kernels.run(command, this.#args);
  }

  /** Sums the histograms of rows[begin … end) into `histogram` and scans them; `side.floor` is the least gain over the parent. */
  leaf(
    begin: number,
    end: number,
    histogram: number,
    side: ScanSide,
  ): { split: FoundSplit | undefined; g: number; h: number } {
    this.#words[9] = begin;
    this.#words[10] = end;
    this.#words[18] = histogram;
    this.#side(0, side);
    const threads = this.#run(LEAF, end - begin);
    return { split: this.#answer(0, threads), g: this.#signed[29]!, h: this.#words[28]! };
  }

  /**
   * Splits rows[begin … end) and the passive rows; when `scan` says so, sums the smaller child's histogram into
   * `childHistogram`, leaves the larger's in `parentHistogram`, and scans both.
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
    const threads = this.#run(SPLIT, job.end - job.begin + job.passiveEnd - job.passiveBegin);
    const scanned = words[40]!;
    return {
      leftRows: words[38]!,
      leftPassive: words[39]!,
      leftScanned: (scanned & 1) !== 0,
      rightScanned: (scanned & 2) !== 0,
      left: (scanned & 1) !== 0 ? this.#answer(0, threads) : undefined,
      right: (scanned & 2) !== 0 ? this.#answer(1, threads) : undefined,
    };
  }
}
