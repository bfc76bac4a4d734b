/**
 * Networks for tables: numbers as vectors, and several networks that share their weights.
 *
 * A plain network sees a number as one factor and bends late; its place between edges, or waves of trained frequencies,
 * let the first layer bend at once. Members that share all but a few factors learn like an ensemble at little more than the
 * price of one. Sources: Gorishniy, Rubachev & Babenko 2022, "On embeddings for numerical features in tabular deep
 * learning", NeurIPS; Gorishniy, Kotelnikov & Babenko 2025, "TabM: advancing tabular deep learning with
 * parameter-efficient ensembling", ICLR.
 */
import { MillwrightError } from "../../core/index.ts";
import * as ops from "../../graph/index.ts";
import type { Value } from "../../graph/index.ts";
import { heNormal, normal, ones, zeros } from "../initialisers.ts";
import { fixedSize, type Initialiser, type Layer, layer, requireCount, requireRank } from "../layer.ts";
import { dropout as dropOut, flatten, relu } from "../layers/activation.ts";
import { sequential } from "../layers/compose.ts";
import { denseEach, linear } from "../layers/dense.ts";
import type { Loss } from "../losses.ts";

/**
 * The place of each number between its edges: [batch, features] → [batch, features, bins].
 *
 * A bin goes from 0 to 1 along its length and stays there; the first goes on below its start, and the last above its end.
 *
 * @param edges - Of each feature, ascending: quantiles of the training rows, or the splits of a tree. Features with fewer
 *   bins than the most have bins of 0 after them.
 */
export function piecewiseLinear(edges: readonly ArrayLike<number>[]): Layer {
  edges.forEach((list, feature) => {
    const ascending = Array.from(list).every((edge, i) => i === 0 || edge > list[i - 1]!);
    if (list.length >= 2 && ascending) return;
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `piecewiseLinear has the edges ${Array.from(list).slice(0, 8).join(", ")} of feature ${feature}.`,
      "Give at least two, each greater than the one before.",
    );
  });
  const bins = edges.reduce((most, list) => Math.max(most, list.length - 1), 0);
  return layer("piecewiseLinear", (x, scope) => {
    requireRank(x, [2], "[batch, features]");
    const features = fixedSize(x, 1, "features");
    if (features !== edges.length) {
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `has edges of ${edges.length} features, and is given [${x.shape.join(", ")}].`,
        "Give one list of edges a feature.",
      );
    }
    const table = (entry: (list: ArrayLike<number>, bin: number) => number): Value => {
      const data = edges.flatMap((list) => Array.from({ length: bins }, (_, bin) => entry(list, bin)));
      const shape = [1, features, bins];
      return ops.constant(
        scope.dtype === "float64"
          ? { dtype: "float64", shape, data: Float64Array.from(data) }
          : { dtype: "float32", shape, data: Float32Array.from(data) },
      );
    };
    const isBin = (list: ArrayLike<number>, bin: number): boolean => bin < list.length - 1;
    const start = table((list, bin) => (isBin(list, bin) ? list[bin]! : 0));
    const slope = table((list, bin) => (isBin(list, bin) ? 1 / (list[bin + 1]! - list[bin]!) : 0));
    const low = table((_, bin) => (bin === 0 ? -Infinity : 0));
    const high = table((list, bin) => (bin === list.length - 2 ? Infinity : 1));
    const along = ops.mul(ops.sub(ops.unsqueeze(x, [2]), start), slope);
    return ops.max(ops.min(along, high), low);
  });
}

/**
 * Sine and cosine of each number at frequencies of its own, which are trained: [batch, features] → [batch, features, 2 × count].
 *
 * Parameter: `frequency` [features, count], normal.
 *
 * @param options.deviation - Of the frequencies at the start: the larger, the finer the waves. Default 0.1.
 */
export function periodic(count: number, { deviation = 0.1 }: { readonly deviation?: number } = {}): Layer {
  requireCount("periodic", "count", count);
  return layer("periodic", (x, scope) => {
    requireRank(x, [2], "[batch, features]");
    const features = fixedSize(x, 1, "features");
    const frequency = scope.parameter("frequency", [features, count], normal(deviation));
    const angle = ops.mul(ops.mul(ops.unsqueeze(x, [2]), frequency), 2 * Math.PI);
    return ops.concat([ops.sin(angle), ops.cos(angle)], 2);
  });
}

/**
 * A vector for each number: its code through a small layer of its own. [batch, features] → [batch, features × size].
 *
 * Parameters: of the code, and `each.weight` [features, code, size], `each.bias` [features, size].
 *
 * @param code - `piecewiseLinear(edges)` or `periodic(count)`.
 */
export function numericEmbedding(code: Layer, size: number): Layer {
  return sequential({ code, each: denseEach(size), act: relu(), flatten: flatten() });
}

export interface TabMOptions {
  /** Networks that share their weights. Default 32. */
  readonly members?: number;
  /** Units of each layer. Default [256, 256]. */
  readonly units?: readonly number[];
  /** Share of each layer's answers left out in training. Default 0.1. */
  readonly dropout?: number;
  /** Filling of the heads' weight. Default He. */
  readonly headInitial?: Initialiser;
}

/**
 * Many networks in one: [batch, features] → scores [batch, members, outputs].
 *
 * All members share the weight of each layer. Each has factors of its own before and after it, a bias and a head; the first
 * factors are ±1 at random, which sets members apart, and all others 1. Train by `memberLoss`, and take the mean of the
 * members' shares or numbers.
 *
 * Parameters: `layers.<i>.weight` [units, inputs], `.before` [members, inputs], `.after` and `.bias` [members, units];
 * `heads.weight` [members, units, outputs], `heads.bias`.
 */
export function tabM(
  outputs: number,
  { members = 32, units = [256, 256], dropout = 0.1, headInitial }: TabMOptions = {},
): Layer {
  requireCount("tabM", "members", members);
  const layers = units.map((count, k) =>
    sequential({
      shared: sharedDense(count, members, k === 0 ? signs : ones),
      act: relu(),
      dropout: dropOut(dropout),
    }),
  );
  const heads = denseEach(outputs, { ...(headInitial && { initial: headInitial }) });
  return layer("tabM", (x, scope) => {
    requireRank(x, [2], "[batch, features]");
    const spread = ops.unsqueeze(x, [1]);
    return scope.apply("heads", heads, scope.apply("layers", sequential(layers), spread));
  });
}

/** A dense layer whose weight is shared by the members: [batch, members or 1, inputs] → [batch, members, units]. */
function sharedDense(units: number, members: number, first: Initialiser): Layer {
  requireCount("tabM", "units", units);
  return layer("sharedDense", (x, scope) => {
    const inputs = fixedSize(x, -1, "features");
    // Of none, ONNX Runtime would divide by zero and end the process.
    requireCount("tabM", "features", inputs);
    const weight = scope.parameter("weight", [units, inputs], heNormal);
    const before = scope.parameter("before", [members, inputs], first);
    const after = scope.parameter("after", [members, units], ones);
    const bias = scope.parameter("bias", [members, units], zeros);
    return ops.add(ops.mul(linear(ops.mul(x, before), weight), after), bias);
  });
}

/** +1 or −1, each as likely. */
const signs: Initialiser = (data, _shape, random) => {
  for (let i = 0; i < data.length; i++) data[i] = random.next() < 0.5 ? -1 : 1;
};

/** The mean of a loss over the members of `tabM`: each learns by itself. Scores [batch, members, outputs]; targets as the loss has them. */
export function memberLoss(loss: Loss): Loss {
  const members = (scores: Value): { readonly count: number; readonly flat: Value } => {
    if (scores.shape.length !== 3) {
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `memberLoss(${loss.name}) takes scores [batch, members, outputs], and is given [${scores.shape.join(", ")}].`,
        "End the network with tabM.",
      );
    }
    const [count, outputs] = [fixedSize(scores, 1, "members"), fixedSize(scores, 2, "outputs")];
    return { count, flat: ops.reshape(scores, [-1, outputs]) };
  };
  /** One member's scores, for what the loss asks of targets. */
  const single = (scores: Value): Value => ops.reduceMean(scores, { axes: [1] });
  return {
    name: `memberLoss(${loss.name})`,
    target(scores) {
      members(scores);
      return loss.target(single(scores));
    },
    rows(scores, target) {
      const { count, flat } = members(scores);
      const rest = target.shape.slice(1) as number[];
      const repeats = [1, count, ...rest.map(() => 1)];
      const repeated = ops.reshape(ops.tile(ops.unsqueeze(target, [1]), repeats), [-1, ...rest]);
      return ops.reduceMean(ops.reshape(loss.rows(flat, repeated), [-1, count]), { axes: [1] });
    },
  };
}
