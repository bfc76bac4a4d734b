/** Applies the upgrade rules to the nodes of a file as it is read, subgraphs included. */
import type { AttributeProto, GraphProto, NodeProto, TensorProto } from "./messages.ts";
import { Rewriter, type TypeLookup } from "./rewriter.ts";
import { mlRules, type Rule, standardRules } from "./upgrade-rules.ts";

export interface Upgraded {
  readonly nodes: readonly NodeProto[];
  /** Constants that the new nodes use and the old one had as attributes. */
  readonly initializers: readonly TensorProto[];
}

/**
 * @param opsets - Versions of the file by domain.
 * @param lookup - Type of a value that is defined already.
 * @returns A function from an old node to what takes its place; it throws `MODEL_VERSION` where nothing can.
 */
export function createUpgrade(
  opsets: ReadonlyMap<string, number>,
  lookup: TypeLookup,
): (node: NodeProto) => Upgraded {
  const upgradeNode = (node: NodeProto): Upgraded => {
    const domain = node.domain === "ai.onnx" ? "" : (node.domain ?? "");
    const version = opsets.get(domain);
    const table = domain === "" ? standardRules : domain === "ai.onnx.ml" ? mlRules : undefined;
    const attribute = node.attribute?.some((each) => each.g || each.graphs)
      ? node.attribute.map(upgradeAttribute)
      : node.attribute;
    const old = attribute === node.attribute ? node : { ...node, attribute };
    if (version === undefined || !table) return { nodes: [old], initializers: [] };
    const rules: readonly Rule[] = (table[node.opType ?? ""] ?? []).filter((rule) => version < rule.before);
    const consumed = version < 6 && domain === "";
    if (rules.length === 0 && !consumed) return { nodes: [old], initializers: [] };
    const rewriter = new Rewriter(old, version, lookup);
    if (consumed) rewriter.drop("consumed_inputs");
    for (const rule of rules) rule.apply(rewriter);
    return { nodes: rewriter.finish(), initializers: rewriter.initializers };
  };

  const upgradeAttribute = (attribute: AttributeProto): AttributeProto => ({
    ...attribute,
    g: attribute.g && upgradeGraph(attribute.g),
    graphs: attribute.graphs?.map(upgradeGraph),
  });

  const upgradeGraph = (graph: GraphProto): GraphProto => {
    const parts = (graph.node ?? []).map(upgradeNode);
    return {
      ...graph,
      node: parts.flatMap((part) => part.nodes),
      initializer: [...(graph.initializer ?? []), ...parts.flatMap((part) => part.initializers)],
    };
  };
  return upgradeNode;
}
