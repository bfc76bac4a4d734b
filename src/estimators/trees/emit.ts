/** Trees as one `TreeEnsemble` node in double precision, so that the file routes every row as the bins did. */
import { add, constant, treeEnsemble, treeModes, type Value } from "../../graph/index.ts";
import type { Tree } from "./tree.ts";

/**
 * Sums of leaf values plus the base.
 *
 * @param x - float64 [batch, features].
 * @returns float64 [batch, base.length].
 */
export function emitTrees(trees: readonly Tree[], base: readonly number[], x: Value): Value {
  const offset = constant({ dtype: "float64", shape: [1, base.length], data: Float64Array.from(base) });
  const features: number[] = [];
  const splits: number[] = [];
  const modes: number[] = [];
  const trueIds: number[] = [];
  const trueIsLeaf: number[] = [];
  const falseIds: number[] = [];
  const falseIsLeaf: number[] = [];
  const missingGoesTrue: number[] = [];
  const leafTargets: number[] = [];
  const leafWeights: number[] = [];
  const members: number[] = [];
  const roots: number[] = [];
  /** A model without trees still needs a node: one leaf of value 0. */
  const nothing: Tree = {
    feature: new Int32Array(0),
    threshold: new Float64Array(0),
    members: [],
    trueChild: new Int32Array(0),
    falseChild: new Int32Array(0),
    missingTrue: new Uint8Array(0),
    values: new Float64Array(1),
    gain: new Float64Array(0),
    output: 0,
  };
  for (const tree of trees.length === 0 ? [nothing] : trees) {
    const firstNode = features.length;
    const firstLeaf = leafWeights.length;
    roots.push(firstNode);
    for (const value of tree.values) {
      leafTargets.push(tree.output);
      leafWeights.push(value);
    }
    const hang = (child: number, ids: number[], isLeaf: number[]): void => {
      ids.push(child < 0 ? firstLeaf + ~child : firstNode + child);
      isLeaf.push(child < 0 ? 1 : 0);
    };
    // A tree that is one leaf asks a question that does not matter.
    const single = tree.feature.length === 0;
    for (let node = 0; node < (single ? 1 : tree.feature.length); node++) {
      const asked = tree.members[node];
      // A split of the missing rows from all others has no member, which the op refuses: no code is below 0.
      const set = asked?.length === 0 ? undefined : asked;
      features.push(tree.feature[node] ?? 0);
      splits.push(asked?.length === 0 ? -1 : (tree.threshold[node] ?? 0));
      modes.push(set === undefined ? treeModes.lessOrEqual : treeModes.member);
      missingGoesTrue.push(tree.missingTrue[node] ?? 0);
      hang(single ? ~0 : tree.trueChild[node]!, trueIds, trueIsLeaf);
      hang(single ? ~0 : tree.falseChild[node]!, falseIds, falseIsLeaf);
      if (set !== undefined) members.push(...set, Number.NaN);
    }
  }
  const sums = treeEnsemble(x, {
    targetCount: base.length,
    roots,
    features,
    splits: Float64Array.from(splits),
    modes: Uint8Array.from(modes),
    trueIds,
    trueIsLeaf,
    falseIds,
    falseIsLeaf,
    missingGoesTrue,
    leafTargets,
    leafWeights: Float64Array.from(leafWeights),
    ...(members.length > 0 ? { members: Float64Array.from(members) } : {}),
  });
  return add(sums, offset);
}
