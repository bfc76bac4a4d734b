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

/** The subgraph with outer names replaced. A name of its own that a new outer name would hide is moved away. */
export function renameOuter(graph: GraphProto, renamed: ReadonlyMap<string, string>): GraphProto {
  if ([...renamed].every(([from, to]) => from === to)) return graph;
  const map = new Map(renamed);
  const defined = definedIn(graph);
  const taken = new Set(renamed.values());
  for (const name of defined) {
    if (name === "") continue;
    let own = name;
    while (taken.has(own)) own = `${own}_inner`;
    map.set(name, own);
  }
  return renameAll(graph, map);
}

function renameAll(graph: GraphProto, map: ReadonlyMap<string, string>): GraphProto {
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
        attribute: node.attribute?.map((attribute) => ({
          ...attribute,
          g: attribute.g && renameOuter(attribute.g, map),
          graphs: attribute.graphs?.map((inner) => renameOuter(inner, map)),
        })),
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
