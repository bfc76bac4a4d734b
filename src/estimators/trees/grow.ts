/**
 * Growing one tree, best leaf first.
 *
 * Every open leaf knows its best split; the one with the highest gain is split until `maxLeaves` is reached. Only the
 * smaller child's histogram is summed, the larger one's is the parent's minus it. Rows that do not take part (held
 * out, or left out by sampling) run along as passive rows, so that each tree scores them without being traversed.
 * Source: Ke et al. 2017, LightGBM; Shi 2007, best-first decision trees.
 */
import { mix32 } from "../../core/index.ts";
import { Grower, type ScanOptions, type ScanSide } from "../../kernels/index.ts";
import { type GrownLeaf, Growth } from "./growth.ts";
import type { Histograms } from "./histograms.ts";
import { LeafHeap, type OpenLeaf } from "./leaf-heap.ts";
import type { BinnedRows } from "./sparse-dataset.ts";
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

export class TreeGrower {
  readonly #data: BinnedRows;
  readonly #parameters: GrowParameters;
  readonly #grower: Grower;
  readonly #histograms: Histograms;
  readonly #rows: number;
  readonly #lists: [tree: number, left: number, right: number];
  #features: Uint32Array = new Uint32Array(0);

  /** @param capacity - Active and passive rows together. */
  constructor(data: BinnedRows, capacity: number, parameters: GrowParameters) {
    const { memory } = data.kernels;
    const featureCount = data.features.length;
    this.#data = data;
    this.#parameters = parameters;
    this.#rows = memory.take(capacity * 4);
    this.#histograms = data.histograms();
    this.#lists = [
      memory.take(featureCount * 4),
      memory.take(featureCount * 4),
      memory.take(featureCount * 4),
    ];
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
      bins: this.#histograms.bins,
      features,
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
    this.#histograms.select(features);
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
      histogram: 0,
      parent: -1,
      isLeft: false,
      serial: 0,
    };
    const found = this.#scan(root, this.#side(root, 1, mix32(job.seed), minGain));
    root.split = found.split;
    root.g = found.g;
    root.h = found.h;
    root.gain = root.split === undefined ? 0 : root.split.gain - gainOf(root);
    const heap = new LeafHeap();
    const closed: OpenLeaf[] = [];
    const place = (leaf: OpenLeaf): void => {
      if (leaf.split === undefined) {
        this.#histograms.release(leaf.histogram);
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
      this.#histograms.release(leaf.histogram);
      closed.push(leaf);
    }
    const scale = (hScale / gScale) * job.shrinkage;
    closed.sort((a, b) => a.begin - b.begin || a.passiveBegin - b.passiveBegin);
    const leaves = closed.map((leaf, number) => {
      if (leaf.parent >= 0) growth.hang(leaf.parent, leaf.isLeft, ~number);
      const { begin, end, passiveBegin, passiveEnd } = leaf;
      return { begin, end, passiveBegin, passiveEnd, value: valueOf(leaf) * scale };
    });
    return { tree: growth.finish(this.#data.features, leaves, job.output, gainScale), leaves };
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
    const spare = scan && leaf.histogram !== 0 ? this.#histograms.place() : 0;
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
      const own = this.#histograms.settle(spare, done.kept);
      const leftSmaller = left.end - left.begin <= right.end - right.begin;
      left.histogram = leftSmaller ? own : leaf.histogram;
      right.histogram = leftSmaller ? leaf.histogram : own;
      left.split = done.left;
      right.split = done.right;
    } else {
      this.#histograms.release(leaf.histogram);
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
    leaf.split = this.#scan(leaf, { ...side, floor: minGain }).split;
  }

  /** Sums a leaf from its rows and scans it. Where every node draws its features, no histogram stays. */
  #scan(leaf: OpenLeaf, side: ScanSide): ReturnType<Grower["leaf"]> {
    const drawing = side.list !== this.#lists[0];
    if (drawing) this.#histograms.select(this.#data.kernels.memory.u32(side.list, side.listCount));
    const place = drawing ? 0 : this.#histograms.place();
    const at = place === 0 ? this.#histograms.passing() : place;
    const found = this.#grower.leaf(leaf.begin, leaf.end, at, side, !drawing);
    leaf.histogram = this.#histograms.settle(at, found.kept);
    return found;
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
