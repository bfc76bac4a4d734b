/**
 * Reverse-mode differentiation: adds the nodes that compute d loss / d value.
 *
 * The walk goes backwards over the nodes that lie between the wanted values and
 * the loss, and asks each node's rule. Rules are written in graph ops, so the
 * result is an ordinary graph and can be differentiated again. A path through an
 * op without a rule is an error that names the node, never a silent zero.
 */
import { MillwrightError } from "../core/index.ts";
import { isFloat } from "./definition.ts";
import { productDim, showShape } from "./dims.ts";
import { neededBy, order } from "./graph.ts";
import * as ops from "./ops/index.ts";
import { exchange } from "./rebuild.ts";
import { isKnown } from "./value.ts";
import type { AnyValue, Node, Value } from "./types.ts";

/**
 * Gradients of a loss.
 *
 * @param loss - One number: shape [] or all ones.
 * @param wrt - Inputs, parameters or any other float values under the loss.
 * @returns One value each, in its shape and dtype.
 * @throws MillwrightError `GRAPH_NO_GRADIENT` where a path runs through an op without a gradient, or none exists.
 */
export function gradient(loss: Value, wrt: readonly Value[]): Value[] {
  return walk(loss, wrt, new Map());
}

export interface Differentiated {
  /** One gradient for each value asked for, in its shape and dtype. */
  readonly gradients: readonly Value[];
  readonly loss: Value;
  /** The other values given, equal to what they were. */
  readonly beside: readonly Value[];
}

/**
 * Gradients of a loss for a training step, with every layer's forward pass computed once.
 *
 * The gradient of a recurrent layer computes its steps again, gate by gate. Here the loss takes the answers of these
 * steps, so the op itself is gone from the graph, and its forward pass is not computed twice. The training op of batch normalisation goes the same way.
 * Without such layers it is `gradient`.
 *
 * @param loss - One number: shape [] or all ones.
 * @param wrt - Inputs, parameters or any other float values under the loss.
 * @param beside - Other values of the same graph, such as predictions.
 * @throws MillwrightError `GRAPH_NO_GRADIENT` as `gradient` does.
 */
export function differentiate(
  loss: Value,
  wrt: readonly Value[],
  beside: readonly Value[] = [],
): Differentiated {
  const offers = new Map<AnyValue, AnyValue>();
  const gradients = walk(loss, wrt, offers);
  const all = [loss, ...gradients, ...beside];
  const now = offers.size === 0 ? all : exchange(all, offers);
  const end = 1 + gradients.length;
  return { loss: now[0]!, gradients: now.slice(1, end), beside: now.slice(end) };
}

/** @param offers - Receives outputs that rules computed again, by those of the nodes. */
function walk(loss: Value, wrt: readonly Value[], offers: Map<AnyValue, AnyValue>): Value[] {
  if (productDim(loss.shape) !== 1 || !isFloat(loss.dtype)) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `gradient needs a loss of one float, and has ${loss.dtype} ${showShape(loss.shape)}.`,
      "Reduce it with reduceSum or reduceMean.",
    );
  }
  const { nodes } = order([loss]);
  const active = activeValues(nodes, wrt);
  const gradients = new Map<AnyValue, Value>([[loss, ops.onesLike(loss)]]);
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    if (node.outputs.some((y) => active.has(y) && gradients.has(y)))
      backward(node, i, active, gradients, offers);
  }
  return wrt.map((value) => {
    const found = gradients.get(value);
    if (found && (active.has(value) || value === loss)) return found;
    throw new MillwrightError(
      "GRAPH_NO_GRADIENT",
      `The loss does not depend on ${describe(value)} by a differentiable path.`,
      "Leave it out, or check where the path to the loss is cut (comparisons, rounding, indices).",
    );
  });
}

/** Float values that depend on a wanted one. Ops that are constant in the small cut the path. */
function activeValues(nodes: readonly Node[], wrt: readonly Value[]): Set<AnyValue> {
  const active = new Set<AnyValue>(wrt);
  for (const value of wrt) {
    if (!isFloat(value.dtype)) {
      throw new MillwrightError(
        "DTYPE_MISMATCH",
        `gradient by ${describe(value)}, which is ${value.dtype}.`,
        "Ask for floats.",
      );
    }
  }
  for (const node of nodes) {
    if (node.definition?.gradient === "constant") continue;
    if (!neededBy(node).some((x) => active.has(x))) continue;
    for (const y of node.outputs) if (!isKnown(y) || isFloat(y.dtype)) active.add(y);
  }
  return active;
}

function backward(
  node: Node,
  position: number,
  active: ReadonlySet<AnyValue>,
  gradients: Map<AnyValue, Value>,
  offers: Map<AnyValue, AnyValue>,
): void {
  const needed = node.inputs.map((x) => x !== undefined && active.has(x));
  if (!neededBy(node).some((x) => active.has(x))) return;
  const rule = node.definition?.gradient;
  const name = node.label ?? `${node.type}_${position}`;
  if (typeof rule !== "function") {
    throw new MillwrightError(
      "GRAPH_NO_GRADIENT",
      `The node "${name}" (${node.domain === "" ? "" : `${node.domain}.`}${node.type}) lies on a path to the loss and has no gradient.`,
      "Replace it by ops that have one, or stop training what lies before it.",
    );
  }
  if (![...node.inputs, ...node.outputs].every((x) => x === undefined || isKnown(x))) {
    throw new MillwrightError(
      "GRAPH_NO_GRADIENT",
      `The node "${name}" (${node.type}) has values of unknown type or rank, so its gradient cannot be built.`,
      "Give the file with inferred shapes, or a fixed rank of its inputs.",
    );
  }
  const outputs = node.outputs as readonly Value[];
  const incoming = outputs.map((y) => gradients.get(y));
  const call = {
    inputs: node.inputs as readonly (Value | undefined)[],
    outputs,
    attributes: node.attributes,
    gradients: incoming,
    gradient: incoming[0] ?? ops.zerosLike(outputs[0]!),
    needed,
    offer: (again: readonly (Value | undefined)[]): void =>
      outputs.forEach((y, k) => {
        if (again[k]) offers.set(y, again[k]);
      }),
  };
  rule(call, ops).forEach((part, i) => {
    const x = call.inputs[i];
    if (!part || !x || !needed[i]) return;
    const before = gradients.get(x);
    gradients.set(x, before ? ops.add(before, part) : part);
  });
}

function describe(value: Value): string {
  const { producer } = value;
  if (producer.kind === "node") return `the output of a ${producer.type} node, ${showShape(value.shape)}`;
  if (producer.kind === "input" || producer.kind === "parameter")
    return `the ${producer.kind} "${producer.name}"`;
  return `a constant ${showShape(value.shape)}`;
}
