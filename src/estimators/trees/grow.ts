/**
 * Growing one tree, best leaf first.
 *
 * Every open leaf knows its best split; the one with the highest gain is split until `maxLeaves` is reached. Only the
 * smaller child's histogram is summed, the larger one's is the parent's minus it. Rows that do not take part (held
 * out, or left out by sampling) run along as passive rows, so that each tree scores them without being traversed.
 * Source: Ke et al. 2017, LightGBM; Shi 2007, best-first decision trees.
 */
import { mix32 } from "../../core/index.ts";
import { Grower, histogramBytes, type ScanOptions, type ScanSide } from "../../kernels/index.ts";
import type { BinnedDataset } from "./binned-dataset.ts";
import { type GrownLeaf, Growth } from "./growth.ts";
import { LeafHeap, type OpenLeaf } from "./leaf-heap.ts";
import type { Tree } from "./tree.ts";

export interface GrowParameters {
  readonly maxLeaves: number;
  /** 0 is no limit. */
  readonly maxDepth: number;
  readonly minRowsInLeaf: number;
  readonly minHessian: number;
  readonly minGain: number;
  readonly l1: number;
  readonly l2: number;
  readonly categorySmooth: number;
  readonly categoryL2: number;
  readonly maxCategoriesInSplit: number;
  readonly maxOneHotCategories: number;
  readonly minRowsInCategory: number;
  readonly minRowsInCategoryGroup: number;
  /** Features tried at a node, drawn anew; 0 tries all of the tree's. */
  readonly featuresPerNode: number;
  /** One random threshold a feature instead of the best. */
  readonly randomThresholds: boolean;
  /** Per feature 1 (rising), −1 (falling) or 0. */
  readonly monotone: Int8Array | undefined;
}

/** Bytes of histograms kept for open leaves; beyond it the least promising are given up and summed anew. */
const HISTOGRAM_BUDGET = 512e6;

export class TreeGrower {
  readonly #data: BinnedDataset;
  readonly #parameters: GrowParameters;
  readonly #grower: Grower;
  readonly #rows: number;
  readonly #blocks: number;
  readonly #lists: [tree: number, left: number, right: number];
  readonly #free: number[] = [];
  #slots = 0;
  readonly #maxSlots: number;
  #features: Uint32Array = new Uint32Array(0);

  /** @param capacity - Active and passive rows together. */
  constructor(data: BinnedDataset, capacity: number, parameters: GrowParameters) {
    const { memory } = data.kernels;
    const featureCount = data.features.length;
    this.#data = data;
    this.#parameters = parameters;
    this.#rows = memory.take(capacity * 4);
    this.#blocks = memory.take(data.blocks.length * 20);
    this.#lists = [
      memory.take(featureCount * 4),
      memory.take(featureCount * 4),
      memory.take(featureCount * 4),
    ];
    this.#maxSlots = Math.max(3, Math.floor(HISTOGRAM_BUDGET / (featureCount * histogramBytes)));
    data.blocks.forEach((block, b) => {
      const quads = memory.take(32);
      memory
        .u32(this.#blocks + 20 * b, 5)
        .set([block.at, block.stride, quads, 0, block.first * histogramBytes]);
    });
    const features = memory.take(featureCount * 8);
    data.features.forEach((feature, j) => {
      memory.u32(features + 8 * j, 1)[0] = feature.binCount;
      memory
        .u8(features + 8 * j + 2, 2)
        .set([feature.kind === "category" ? 1 : 0, parameters.monotone?.[j] ?? 0]);
    });
    this.#grower = new Grower(data.kernels, {
      rows: this.#rows,
      leftTemp: memory.take(capacity * 4),
      rightTemp: memory.take(capacity * 4),
      gradients: 0,
      blocks: this.#blocks,
      blockCount: data.blocks.length,
      features,
      featureCount: data.blocks.reduce((slots, block) => slots + block.stride, 0),
      minRows: parameters.minRowsInLeaf,
      minCategoryRows: parameters.minRowsInCategory,
      minGroupRows: parameters.minRowsInCategoryGroup,
      minHessian: 0,
      options: this.#scanOptions(1, 1),
    });
  }

  /** Address of the row list: active rows first, then passive ones. Leaves reorder it. */
  get rows(): number {
    return this.#rows;
  }

  #scanOptions(gScale: number, hScale: number): ScanOptions {
    const p = this.#parameters;
    return {
      lambda: p.l2 * hScale,
      alpha: p.l1 * gScale,
      catSmooth: p.categorySmooth * hScale,
      catLambda: p.categoryL2 * hScale,
      catMax: p.maxCategoriesInSplit,
      catOneHot: p.maxOneHotCategories,
    };
  }

  /** Chooses the features of the next tree, ascending. */
  #setFeatures(features: Uint32Array): void {
    this.#features = features;
    this.#data.kernels.memory.u32(this.#lists[0], features.length).set(features);
    this.#setQuads(features);
  }

  /** Makes the histograms of these features, and of those in the same groups of four, the ones that are summed. */
  #setQuads(features: Uint32Array): void {
    const { memory } = this.#data.kernels;
    this.#data.blocks.forEach((block, b) => {
      const at = this.#blocks + 20 * b;
      const words = memory.u32(at, 5);
      const quads = memory.u32(words[2]!, 8);
      let count = 0;
      for (const f of features) {
        if (f < block.first || f >= block.first + block.count) continue;
        const quad = (f - block.first) >> 2;
        if (count === 0 || quads[count - 1] !== quad) quads[count++] = quad;
      }
      words[3] = count;
    });
  }

  #takeSlot(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#slots >= this.#maxSlots) return 0;
    this.#slots++;
    const { blocks, kernels } = this.#data;
    return kernels.memory.take(blocks.reduce((slots, block) => slots + block.stride, 0) * histogramBytes);
  }

  #side(
    leaf: Pick<OpenLeaf, "g" | "h" | "lower" | "upper">,
    which: 1 | 2,
    seed: number,
    floor: number,
  ): ScanSide {
    const p = this.#parameters;
    let list = this.#lists[0];
    let listCount = this.#features.length;
    if (p.featuresPerNode > 0 && p.featuresPerNode < listCount) {
      const drawn = drawSubset(this.#features, p.featuresPerNode, seed);
      list = this.#lists[which];
      listCount = drawn.length;
      this.#data.kernels.memory.u32(list, listCount).set(drawn);
    }
    return {
      list,
      listCount,
      g: leaf.g,
      h: leaf.h,
      lower: leaf.lower,
      upper: leaf.upper,
      floor,
      seed: p.randomThresholds ? mix32(seed) | 1 : 0,
    };
  }

  /**
   * Grows a tree over the row list.
   *
   * @param gradients - Address of packed gradients by row number.
   * @param gScale - Quantised g = g × gScale; hScale likewise.
   * @param shrinkage - Factor of the leaf values.
   */
  grow(job: {
    activeCount: number;
    passiveCount: number;
    gradients: number;
    gScale: number;
    hScale: number;
    features: Uint32Array;
    shrinkage: number;
    output: number;
    seed: number;
  }): { tree: Tree; leaves: GrownLeaf[] } {
    const p = this.#parameters;
    const { gScale, hScale } = job;
    this.#setFeatures(job.features);
    const options = this.#scanOptions(gScale, hScale);
    this.#grower.set({
      gradients: job.gradients,
      minRows: p.minRowsInLeaf,
      minHessian: p.minHessian * hScale,
      options,
    });
    const gainScale = hScale / (gScale * gScale);
    const minGain = p.minGain / gainScale;
    /** A leaf's value in quantised units, and its gain term. */
    const valueOf = (leaf: Pick<OpenLeaf, "g" | "h" | "lower" | "upper">): number => {
      const g =
        leaf.g > options.alpha
          ? leaf.g - options.alpha
          : leaf.g < -options.alpha
            ? leaf.g + options.alpha
            : 0;
      const h = leaf.h + options.lambda;
      return h > 0 ? Math.min(leaf.upper, Math.max(leaf.lower, -g / h)) : 0;
    };
    const gainOf = (leaf: OpenLeaf): number => {
      const g =
        leaf.g > options.alpha
          ? leaf.g - options.alpha
          : leaf.g < -options.alpha
            ? leaf.g + options.alpha
            : 0;
      const value = valueOf(leaf);
      return -(2 * g * value + (leaf.h + options.lambda) * value * value);
    };
    const growth = new Growth();
    const root: OpenLeaf = {
      begin: 0,
      end: job.activeCount,
      passiveBegin: job.activeCount,
      passiveEnd: job.activeCount + job.passiveCount,
      depth: 0,
      g: 0,
      h: 0,
      lower: -Infinity,
      upper: Infinity,
      split: undefined,
      gain: 0,
      // Where every node draws its features, a histogram is of no use to its children.
      histogram: p.featuresPerNode > 0 && p.featuresPerNode < job.features.length ? 0 : this.#takeSlot(),
      parent: -1,
      isLeft: false,
      serial: 0,
    };
    const found = this.#grower.leaf(
      0,
      job.activeCount,
      root.histogram === 0 ? this.#lastResort() : root.histogram,
      this.#side(root, 1, mix32(job.seed), minGain),
    );
    root.split = found.split;
    root.g = found.g;
    root.h = found.h;
    root.gain = root.split === undefined ? 0 : root.split.gain - gainOf(root);
    const heap = new LeafHeap();
    const closed: OpenLeaf[] = [];
    const place = (leaf: OpenLeaf): void => {
      if (leaf.split === undefined) {
        if (leaf.histogram !== 0) this.#free.push(leaf.histogram);
        leaf.histogram = 0;
        closed.push(leaf);
      } else heap.push(leaf);
    };
    place(root);
    let leafCount = 1;
    while (leafCount < p.maxLeaves) {
      const leaf = heap.pop();
      if (leaf === undefined) break;
      leafCount++;
      const children = this.#split(leaf, job.seed, leafCount < p.maxLeaves, growth, valueOf, gainOf, minGain);
      place(children[0]);
      place(children[1]);
    }
    for (let leaf = heap.pop(); leaf !== undefined; leaf = heap.pop()) {
      if (leaf.histogram !== 0) this.#free.push(leaf.histogram);
      closed.push(leaf);
    }
    const scale = (hScale / gScale) * job.shrinkage;
    closed.sort((a, b) => a.begin - b.begin || a.passiveBegin - b.passiveBegin);
    const leaves = closed.map((leaf, number) => {
      if (leaf.parent >= 0) growth.hang(leaf.parent, leaf.isLeft, ~number);
      const { begin, end, passiveBegin, passiveEnd } = leaf;
      return { begin, end, passiveBegin, passiveEnd, value: valueOf(leaf) * scale };
    });
    return { tree: growth.finish(this.#data, leaves, job.output, gainScale), leaves };
  }

  #split(
    leaf: OpenLeaf,
    seed: number,
    more: boolean,
    growth: Growth,
    valueOf: (leaf: OpenLeaf) => number,
    gainOf: (leaf: OpenLeaf) => number,
    minGain: number,
  ): [OpenLeaf, OpenLeaf] {
    const p = this.#parameters;
    const split = leaf.split!;
    const node = growth.add(leaf, split);
    const child = (isLeft: boolean): OpenLeaf => ({
      ...leaf,
      depth: leaf.depth + 1,
      g: isLeft ? split.leftG : leaf.g - split.leftG,
      h: isLeft ? split.leftH : leaf.h - split.leftH,
      split: undefined,
      gain: 0,
      histogram: 0,
      parent: node,
      isLeft,
      serial: 2 * node + (isLeft ? 1 : 2),
    });
    const left = child(true);
    const right = child(false);
    const direction = p.monotone?.[split.feature] ?? 0;
    if (direction !== 0) {
      const middle = (valueOf(left) + valueOf(right)) / 2;
      if (direction > 0) left.upper = right.lower = middle;
      else left.lower = right.upper = middle;
    }
    const scan = more && (p.maxDepth === 0 || leaf.depth + 1 < p.maxDepth);
    const sideLeft = this.#side(
      left,
      1,
      mix32(seed ^ Math.imul(left.serial, 0x9e3779b1)),
      gainOf(left) + minGain,
    );
    const sideRight = this.#side(
      right,
      2,
      mix32(seed ^ Math.imul(right.serial, 0x9e3779b1)),
      gainOf(right) + minGain,
    );
    const spare = scan && leaf.histogram !== 0 ? this.#takeSlot() : 0;
    const place = this.#data.place(split.feature);
    const done = this.#grower.split({
      begin: leaf.begin,
      end: leaf.end,
      passiveBegin: leaf.passiveBegin,
      passiveEnd: leaf.passiveEnd,
      column: place.at,
      stride: place.stride,
      goesLeft: split.goesLeft,
      parentHistogram: leaf.histogram,
      childHistogram: spare,
      scan: spare !== 0,
      left: sideLeft,
      right: sideRight,
    });
    left.end = right.begin = leaf.begin + done.leftRows;
    left.passiveEnd = right.passiveBegin = leaf.passiveBegin + done.leftPassive;
    if (spare !== 0) {
      const leftSmaller = left.end - left.begin <= right.end - right.begin;
      left.histogram = leftSmaller ? spare : leaf.histogram;
      right.histogram = leftSmaller ? leaf.histogram : spare;
      left.split = done.left;
      right.split = done.right;
    } else {
      if (leaf.histogram !== 0) this.#free.push(leaf.histogram);
      if (scan) {
        this.#scanAnew(left, sideLeft, minGain);
        this.#scanAnew(right, sideRight, minGain);
      }
    }
    leaf.histogram = 0;
    for (const side of [left, right]) {
      if (side.split !== undefined) side.gain = side.split.gain - gainOf(side);
    }
    return [left, right];
  }

  /** Histograms of a leaf from its rows, where the parent's were given up or are of other features. */
  #scanAnew(leaf: OpenLeaf, side: ScanSide, minGain: number): void {
    if (leaf.end - leaf.begin < 2 * this.#parameters.minRowsInLeaf) return;
    const drawing = side.list !== this.#lists[0];
    if (drawing) this.#setQuads(this.#drawn(side));
    const slot = drawing ? 0 : this.#takeSlot();
    const target = slot === 0 ? this.#lastResort() : slot;
    leaf.split = this.#grower.leaf(leaf.begin, leaf.end, target, { ...side, floor: minGain }).split;
    leaf.histogram = slot;
  }

  #drawn(side: ScanSide): Uint32Array {
    return this.#data.kernels.memory.u32(side.list, side.listCount);
  }

  #resort = 0;
  #lastResort(): number {
    const { blocks, kernels } = this.#data;
    if (this.#resort === 0) {
      this.#resort = kernels.memory.take(
        blocks.reduce((slots, block) => slots + block.stride, 0) * histogramBytes,
      );
    }
    return this.#resort;
  }
}

/** `count` of the features, ascending, drawn by the seed. */
function drawSubset(features: Uint32Array, count: number, seed: number): Uint32Array {
  const drawn = features.slice();
  for (let i = 0; i < count; i++) {
    const j = i + (mix32(seed + Math.imul(i + 1, 0x9e3779b1)) % (drawn.length - i));
    const kept = drawn[i]!;
    drawn[i] = drawn[j]!;
    drawn[j] = kept;
  }
  return drawn.subarray(0, count).sort();
}
