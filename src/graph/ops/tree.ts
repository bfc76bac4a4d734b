/**
 * Tree ensembles, `ai.onnx.ml` 5: double tensors keep thresholds exact, a NaN goes where its node says,
 * and a node may test membership in a set.
 */
import { MillwrightError } from "../../core/index.ts";
import { apply, defineOp, requireDtype, shapeError } from "../definition.ts";
import type { OpDefinition, Value } from "../types.ts";

const treeEnsembleOp = defineOp({
  name: "treeEnsemble",
  type: "TreeEnsemble",
  domain: "ai.onnx.ml",
  inputs: [1, 1],
  attributes: {
    aggregate_function: "int",
    leaf_targetids: "ints",
    leaf_weights: "tensor",
    membership_values: "tensor",
    n_targets: "int",
    nodes_falseleafs: "ints",
    nodes_falsenodeids: "ints",
    nodes_featureids: "ints",
    nodes_hitrates: "tensor",
    nodes_missing_value_tracks_true: "ints",
    nodes_modes: "tensor",
    nodes_splits: "tensor",
    nodes_trueleafs: "ints",
    nodes_truenodeids: "ints",
    post_transform: "int",
    tree_roots: "ints",
  },
  infer(call) {
    const x = requireDtype(call, 0, "float");
    if (x.shape.length !== 2) throw shapeError(call, "takes [rows, features].", "Reshape it first.");
    return [{ dtype: x.dtype, shape: [x.shape[0]!, call.attributes.int("n_targets", 1)] }];
  },
  gradient: "constant",
});

/** How a node tests its feature, by ONNX's numbers: true goes to the true child. */
export const treeModes = {
  lessOrEqual: 0,
  less: 1,
  greaterOrEqual: 2,
  greater: 3,
  equal: 4,
  notEqual: 5,
  member: 6,
} as const;

export interface TreeEnsembleOptions {
  /** Number of outputs a row. */
  readonly targetCount: number;
  /** Index of each tree's root among the nodes. */
  readonly roots: ArrayLike<number>;
  /** Feature of each node. */
  readonly features: ArrayLike<number>;
  /** Threshold of each node; for a `member` node any number. */
  readonly splits: Float64Array;
  /** One of `treeModes` a node. */
  readonly modes: Uint8Array;
  /** Index of the child: among the leaves where the flag is 1, else among the nodes. */
  readonly trueIds: ArrayLike<number>;
  readonly trueIsLeaf: ArrayLike<number>;
  readonly falseIds: ArrayLike<number>;
  readonly falseIsLeaf: ArrayLike<number>;
  /** 1 where a missing value (NaN) goes to the true child. */
  readonly missingGoesTrue: ArrayLike<number>;
  /** Output that each leaf adds to, and what it adds. */
  readonly leafTargets: ArrayLike<number>;
  readonly leafWeights: Float64Array;
  /** Sets of the `member` nodes in node order, each ended by a NaN. */
  readonly members?: Float64Array;
  /** How the trees' answers are joined. Default "sum". */
  readonly aggregate?: "average" | "sum" | "min" | "max";
}

const aggregates = { average: 0, sum: 1, min: 2, max: 3 } as const;

/** Runs an ensemble of trees: float64 [rows, features] → float64 [rows, targets]. */
export function treeEnsemble(x: Value, trees: TreeEnsembleOptions): Value {
  const { splits, modes, leafWeights, members } = trees;
  if (x.dtype !== "float64") {
    throw new MillwrightError(
      "DTYPE_MISMATCH",
      `treeEnsemble has thresholds in float64, and its input is ${x.dtype}.`,
      "Cast the input to float64.",
    );
  }
  return apply(treeEnsembleOp, [x], {
    aggregate_function: aggregates[trees.aggregate ?? "sum"],
    leaf_targetids: trees.leafTargets,
    leaf_weights: { dtype: "float64", shape: [leafWeights.length], data: leafWeights },
    membership_values: members && { dtype: "float64", shape: [members.length], data: members },
    n_targets: trees.targetCount,
    nodes_falseleafs: trees.falseIsLeaf,
    nodes_falsenodeids: trees.falseIds,
    nodes_featureids: trees.features,
    nodes_missing_value_tracks_true: trees.missingGoesTrue,
    nodes_modes: { dtype: "uint8", shape: [modes.length], data: modes },
    nodes_splits: { dtype: "float64", shape: [splits.length], data: splits },
    nodes_trueleafs: trees.trueIsLeaf,
    nodes_truenodeids: trees.trueIds,
    post_transform: 0,
    tree_roots: trees.roots,
  });
}

export const treeOps: readonly OpDefinition[] = [treeEnsembleOp];
