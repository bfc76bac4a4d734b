/**
 * Trees as tables, and their plain evaluation: the oracle of the emitted graph.
 *
 * An inner node asks `value <= threshold`, or whether a category's code is among its members; a missing value follows
 * `missingTrue`. Children are node numbers, or ~leaf for leaves. A tree without nodes is its leaf 0.
 */
import type { Matrix } from "../../features/index.ts";

export interface Tree {
  /** Feature of each node, in the order of the matrix it was fitted on. */
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  /** Codes of the true branch, ascending; undefined for a number. */
  readonly members: readonly (readonly number[] | undefined)[];
  readonly trueChild: Int32Array;
  readonly falseChild: Int32Array;
  /** 1 where a missing value takes the true branch. */
  readonly missingTrue: Uint8Array;
  /** Value of each leaf. */
  readonly values: Float64Array;
  /** Gain of each node's split. */
  readonly gain: Float64Array;
  /** Which output the tree adds to. */
  readonly output: number;
}

/** Number of the leaf that a row reaches, by its value of each feature. */
function leafOf(tree: Tree, valueOf: (feature: number) => number): number {
  if (tree.feature.length === 0) return 0;
  let node = 0;
  do {
    const value = valueOf(tree.feature[node]!);
    const members = tree.members[node];
    const yes = Number.isNaN(value)
      ? tree.missingTrue[node] === 1
      : members === undefined
        ? value <= tree.threshold[node]!
        : members.includes(value);
    node = yes ? tree.trueChild[node]! : tree.falseChild[node]!;
  } while (node >= 0);
  return ~node;
}

/**
 * Sums of leaf values over trees, in the order of the trees. Of sparse rows one at a time is spread out.
 *
 * @returns Row-major [rowCount, base.length].
 */
export function sumTrees(trees: readonly Tree[], base: readonly number[], x: Matrix): Float64Array {
  const outputs = base.length;
  const sums = new Float64Array(x.rowCount * outputs);
  const { sparse } = x;
  const spread = new Float64Array(sparse === undefined ? 0 : sparse.columnCount);
  for (let row = 0; row < x.rowCount; row++) {
    if (sparse !== undefined) {
      spread.fill(0);
      for (let at = sparse.starts[row]!; at < sparse.starts[row + 1]!; at++)
        spread[sparse.index[at]!] = sparse.values[at]!;
    }
    const valueOf = (feature: number): number =>
      sparse === undefined ? x.columns[feature]![row]! : spread[feature]!;
    for (const tree of trees) sums[row * outputs + tree.output]! += tree.values[leafOf(tree, valueOf)]!;
  }
  for (let i = 0; i < sums.length; i++) sums[i]! += base[i % outputs]!;
  return sums;
}

/** Total gain per feature. */
export function importanceOf(trees: readonly Tree[], featureCount: number): Float64Array {
  const gains = new Float64Array(featureCount);
  for (const tree of trees) {
    tree.feature.forEach((feature, node) => {
      gains[feature]! += tree.gain[node]!;
    });
  }
  return gains;
}
