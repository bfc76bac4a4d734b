/** Puts the nodes of a file in an order in which every value is made before it is used. */
import type { NodeProto } from "./messages.ts";
import { invalid } from "./protobuf.ts";
import { outerNames, subgraphsOf } from "./subgraph.ts";

/**
 * Files must be in that order already, and nearly all are: then this is one pass.
 *
 * @param defined - Names of inputs and initialisers.
 * @throws MillwrightError `MODEL_INVALID` for a circle.
 */
export function sortNodes(nodes: readonly NodeProto[], defined: ReadonlySet<string>): readonly NodeProto[] {
  const producer = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const name of node.output ?? []) {
      if (name === "") continue;
      if (producer.has(name) || defined.has(name)) throw invalid(`"${name}" is defined twice.`);
      producer.set(name, i);
    }
  });
  const waiting = new Int32Array(nodes.length);
  const followers: number[][] = nodes.map(() => []);
  let sorted = true;
  nodes.forEach((node, i) => {
    const needed = new Set<number>();
    for (const name of usedBy(node)) {
      const from = producer.get(name);
      if (from !== undefined) needed.add(from);
    }
    for (const from of needed) {
      if (from >= i) sorted = false;
      waiting[i]!++;
      followers[from]!.push(i);
    }
  });
  if (sorted) return nodes;
  const result: NodeProto[] = [];
  const ready = nodes.flatMap((_, i) => (waiting[i] === 0 ? [i] : []));
  for (let at = 0; at < ready.length; at++) {
    result.push(nodes[ready[at]!]!);
    for (const next of followers[ready[at]!]!) if (--waiting[next]! === 0) ready.push(next);
  }
  if (result.length < nodes.length) {
    const stuck = nodes[waiting.findIndex((count) => count > 0)]!;
    throw invalid(`The node "${stuck.name ?? ""}" (${stuck.opType ?? ""}) depends on its own output.`);
  }
  return result;
}

function usedBy(node: NodeProto): string[] {
  const names = (node.input ?? []).filter((name) => name !== "");
  for (const subgraph of subgraphsOf(node.attribute)) names.push(...outerNames(subgraph));
  return names;
}
