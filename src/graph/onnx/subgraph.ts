/** Subgraphs in attributes (If, Loop, Scan): which outer names they use, and how to rename those. */
import type { AttributeProto, GraphProto, NodeProto } from "./messages.ts";

/** Graphs held by a node's attributes. */
export function subgraphsOf(attributes: readonly AttributeProto[] | undefined): GraphProto[] {
  return (attributes ?? []).flatMap((attribute) => [
    ...(attribute.g ? [attribute.g] : []),
    ...(attribute.graphs ?? []),
  ]);
}

function definedIn(graph: GraphProto): Set<string> {
  const names = new Set<string>();
  for (const { name } of graph.input ?? []) names.add(name ?? "");
  for (const { name } of graph.initializer ?? []) names.add(name ?? "");
  for (const { values } of graph.sparseInitializer ?? []) names.add(values?.name ?? "");
  for (const node of graph.node ?? []) for (const name of node.output ?? []) names.add(name);
  return names;
}

/** Names that a subgraph takes from outside, its own subgraphs included. */
export function outerNames(graph: GraphProto): Set<string> {
  const outer = new Set<string>();
  const defined = definedIn(graph);
  const use = (name: string): void => {
    if (name !== "" && !defined.has(name)) outer.add(name);
  };
  for (const node of graph.node ?? []) {
    for (const name of node.input ?? []) use(name);
    for (const inner of subgraphsOf(node.attribute)) for (const name of outerNames(inner)) use(name);
  }
  for (const { name } of graph.output ?? []) use(name ?? "");
  return outer;
}

/**
 * The subgraph as it has to stand in a graph whose values have other names now.
 *
 * @param renamed - What its outer values are called.
 * @param taken - Every name around it: ONNX allows no name of its own among them.
 */
export function renameOuter(
  graph: GraphProto,
  renamed: ReadonlyMap<string, string>,
  taken: ReadonlySet<string>,
): GraphProto {
  const map = new Map(renamed);
  const around = new Set(taken);
  for (const name of definedIn(graph)) {
    if (name === "") continue;
    let own = name;
    while (around.has(own)) own = `${own}_inner`;
    map.set(name, own);
    around.add(own);
  }
  const to = (name: string | undefined): string => map.get(name ?? "") ?? name ?? "";
  const named = <T extends { readonly name?: string | undefined }>(
    list: readonly T[] | undefined,
  ): T[] | undefined => list?.map((item) => ({ ...item, name: to(item.name) }));
  return {
    ...graph,
    node: graph.node?.map(
      (node): NodeProto => ({
        ...node,
        input: node.input?.map(to),
        output: node.output?.map(to),
        attribute: node.attribute?.map((attribute) => renameInAttribute(attribute, map, around)),
      }),
    ),
    input: named(graph.input),
    output: named(graph.output),
    valueInfo: named(graph.valueInfo),
    initializer: named(graph.initializer),
    sparseInitializer: graph.sparseInitializer?.map((sparse) => ({
      ...sparse,
      values: sparse.values && { ...sparse.values, name: to(sparse.values.name) },
    })),
  };
}

/** The same for the graphs that an attribute holds. */
export function renameInAttribute(
  attribute: AttributeProto,
  renamed: ReadonlyMap<string, string>,
  taken: ReadonlySet<string>,
): AttributeProto {
  if (!attribute.g && !attribute.graphs) return attribute;
  return {
    ...attribute,
    g: attribute.g && renameOuter(attribute.g, renamed, taken),
    graphs: attribute.graphs?.map((inner) => renameOuter(inner, renamed, taken)),
  };
}
