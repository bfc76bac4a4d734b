/**
 * Builds values again on other leaves: the way to join graphs, to feed a parameter
 * from outside, or to cut a graph at a value in the middle.
 */
import { assemble, makeNode } from "./definition.ts";
import { type Graph, type GraphParts, graph, neededBy, order, parametersOf } from "./graph.ts";
import { input, isKnown } from "./value.ts";
import type { AnyValue, Node } from "./types.ts";

/**
 * What takes the place of a node's outputs, one for each, or undefined to leave the node as it is but for its inputs.
 *
 * @param to - Where the values before it have gone.
 */
export type RewriteRule = (node: Node, to: (value: AnyValue) => AnyValue) => readonly AnyValue[] | undefined;

/**
 * The same values with some values under them replaced.
 *
 * Shapes are inferred anew, so a replacement may have another batch size. Nodes
 * above no replacement stay the same objects.
 *
 * @param values - What is wanted.
 * @param replacements - From a value under them (a leaf, or any other) to the one that takes its place.
 * @param rule - For nodes that are to be made anew in another way.
 */
export function substitute<V extends AnyValue>(
  values: readonly V[],
  replacements: ReadonlyMap<AnyValue, AnyValue>,
  rule?: RewriteRule,
): V[] {
  const now = new Map<AnyValue, AnyValue>(replacements);
  const to = (value: AnyValue): AnyValue => now.get(value) ?? value;
  for (const node of order(values).nodes) {
    if (node.outputs.every((value) => replacements.has(value))) continue;
    const own = rule?.(node, to);
    if (!own && neededBy(node).every((value) => to(value) === value)) continue;
    const outputs = own ?? renew(node, to).outputs;
    node.outputs.forEach((value, i) => {
      if (!replacements.has(value)) now.set(value, outputs[i]!);
    });
  }
  return values.map((value) => (now.get(value) ?? value) as V);
}

/**
 * The same values with some values under them replaced by others that may lie above further ones to be replaced.
 *
 * @param replacements - From a value to the one that takes its place, which must not need it.
 */
export function exchange<V extends AnyValue>(
  values: readonly V[],
  replacements: ReadonlyMap<AnyValue, AnyValue>,
): V[] {
  const to = (value: AnyValue): AnyValue => {
    let last = value;
    while (replacements.has(last)) last = replacements.get(last)!;
    return last;
  };
  const now = new Map<AnyValue, AnyValue>();
  const done = (value: AnyValue): AnyValue => now.get(to(value)) ?? to(value);
  const seen = new Set<Node>();
  const stack: { readonly node: Node; ready: boolean }[] = [];
  const enter = (value: AnyValue): void => {
    const { producer } = to(value);
    if (producer.kind === "node" && !seen.has(producer)) stack.push({ node: producer, ready: false });
  };
  for (const value of values) {
    enter(value);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (!top.ready) {
        top.ready = true;
        if (seen.has(top.node)) stack.pop();
        else neededBy(top.node).forEach(enter);
        continue;
      }
      stack.pop();
      if (seen.has(top.node)) continue;
      seen.add(top.node);
      if (neededBy(top.node).every((each) => done(each) === each)) continue;
      const next = renew(top.node, done);
      top.node.outputs.forEach((each, i) => now.set(each, next.outputs[i]!));
    }
  }
  return values.map((value) => done(value) as V);
}

/** The same node on other inputs. `to` is told which input it is asked for; nothing for what a subgraph captures. */
export function renew(node: Node, to: (value: AnyValue, index?: number) => AnyValue): Node {
  const inputs = node.inputs.map((value, i) => value && to(value, i));
  const labels = {
    ...(node.label === undefined ? {} : { node: node.label }),
    outputs: node.outputs.map((value) => value.label ?? ""),
  };
  const { definition, type, domain, attributes, opsets } = node;
  if (definition && inputs.every((value) => value === undefined || isKnown(value))) {
    return makeNode(definition, inputs, attributes, node.outputs.length, labels);
  }
  const captures = node.captures && new Map([...node.captures].map(([name, value]) => [name, to(value)]));
  const parts = {
    type,
    domain,
    inputs,
    attributes,
    ...(definition ? { definition } : {}),
    ...(captures ? { captures } : {}),
    ...(opsets ? { opsets } : {}),
  };
  const types = node.outputs.map((value) =>
    isKnown(value)
      ? { dtype: value.dtype, shape: value.shape }
      : { dtype: value.dtype, shape: undefined, ...(value.type ? { type: value.type } : {}) },
  );
  return assemble(parts, types, labels);
}

/**
 * The graph with some of its nodes made anew.
 *
 * @param leaves - From an input or a constant to what takes its place.
 */
export function rewrite(from: Graph, leaves: ReadonlyMap<AnyValue, AnyValue>, rule: RewriteRule): Graph {
  const now = new Map<AnyValue, AnyValue>(leaves);
  const to = (value: AnyValue): AnyValue => now.get(value) ?? value;
  for (const node of from.nodes) {
    const moved = neededBy(node).some((value) => to(value) !== value);
    const outputs = rule(node, to) ?? (moved ? renew(node, to).outputs : node.outputs);
    node.outputs.forEach((value, i) => now.set(value, outputs[i]!));
  }
  return graph({
    inputs: from.inputs.map(to),
    outputs: new Map([...from.outputs].map(([name, value]) => [name, to(value)])),
    metadata: from.metadata,
    name: from.name,
    carried: from.carried,
  });
}

/**
 * The graph with its parameters as inputs of the same names, as a training step needs them.
 *
 * @returns A new graph, the parameters last among its inputs.
 */
export function parametersAsInputs(from: Graph): Graph {
  const replacements = new Map<AnyValue, AnyValue>();
  for (const [name, value] of parametersOf(from))
    replacements.set(value, input(name, value.dtype, value.shape));
  const names = [...from.outputs.keys()];
  const values = substitute([...from.outputs.values()], replacements);
  const parts: GraphParts = {
    inputs: [...from.inputs, ...replacements.values()],
    outputs: new Map(names.map((name, i) => [name, values[i]!])),
    metadata: from.metadata,
    name: from.name,
    carried: from.carried,
  };
  return graph(parts);
}
