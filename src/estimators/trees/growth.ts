/** From splits in bins to a tree in values. */
import type { FoundSplit } from "../../kernels/index.ts";
import type { BinnedFeature } from "./binned-dataset.ts";
import type { OpenLeaf } from "./leaf-heap.ts";
import type { Tree } from "./tree.ts";

/** A leaf's share of the row list, and its value. */
export interface GrownLeaf {
  readonly begin: number;
  readonly end: number;
  readonly passiveBegin: number;
  readonly passiveEnd: number;
  readonly value: number;
}

/** The nodes of the tree being grown, in the order of splitting. */
export class Growth {
  readonly #splits: FoundSplit[] = [];
  readonly #children: [number, number][] = [];
  readonly #gains: number[] = [];

  /** Adds the split of a leaf and hangs it where the leaf was. */
  add(leaf: OpenLeaf, split: FoundSplit): number {
    const node = this.#splits.push(split) - 1;
    this.#children.push([0, 0]);
    this.#gains.push(leaf.gain);
    if (leaf.parent >= 0) this.hang(leaf.parent, leaf.isLeft, node);
    return node;
  }

  hang(parent: number, isLeft: boolean, child: number): void {
    this.#children[parent]![isLeft ? 0 : 1] = child;
  }

  finish(
    features: readonly BinnedFeature[],
    leaves: readonly GrownLeaf[],
    output: number,
    gainScale: number,
  ): Tree {
    const count = this.#splits.length;
    const tree = {
      feature: new Int32Array(count),
      threshold: new Float64Array(count),
      members: new Array<readonly number[] | undefined>(count).fill(undefined),
      trueChild: new Int32Array(count),
      falseChild: new Int32Array(count),
      missingTrue: new Uint8Array(count),
      values: Float64Array.from(leaves, (leaf) => leaf.value),
      gain: Float64Array.from(this.#gains, (gain) => gain * gainScale),
      output,
    };
    this.#splits.forEach((split, node) => {
      const feature = features[split.feature]!;
      const missingLeft = split.goesLeft[feature.binCount] === 1;
      const [left, right] = this.#children[node]!;
      let leftIsTrue = true;
      if (feature.kind === "number") {
        tree.threshold[node] = feature.edges[split.bin] ?? Infinity;
      } else {
        const inside: number[] = [];
        const outside: number[] = [];
        feature.codeBins.forEach((bin, code) => (split.goesLeft[bin] === 1 ? inside : outside).push(code));
        leftIsTrue = inside.length <= outside.length;
        tree.members[node] = leftIsTrue ? inside : outside;
      }
      tree.feature[node] = split.feature;
      tree.trueChild[node] = leftIsTrue ? left : right;
      tree.falseChild[node] = leftIsTrue ? right : left;
      tree.missingTrue[node] = missingLeft === leftIsTrue ? 1 : 0;
    });
    return tree;
  }
}
