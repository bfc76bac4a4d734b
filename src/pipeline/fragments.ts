/**
 * Fragments that stand beside each other in one file.
 *
 * The weights of a network have names, by which its file can be trained on. Two fits of one family have the same
 * names, and a file has each of them once: the first fit keeps them, and the others' weights are constants without a name.
 */
import { type AnyValue, constant, type Graph, graph, readOnnx, substitute } from "../graph/index.ts";

/** The members' graphs, in their order, no two with a parameter of one name. */
export function readFragments(members: readonly { readonly fragment: Uint8Array }[]): Graph[] {
  const taken = new Set<string>();
  return members.map(({ fragment }) => {
    const read = readOnnx(fragment);
    const unnamed = new Map<AnyValue, AnyValue>();
    for (const value of read.constants) {
      const { producer } = value;
      if (producer.kind !== "parameter") continue;
      if (taken.has(producer.name)) unnamed.set(value, constant(producer.tensor));
      else taken.add(producer.name);
    }
    if (unnamed.size === 0) return read;
    const values = substitute([...read.outputs.values()], unnamed);
    const outputs = new Map([...read.outputs.keys()].map((name, i) => [name, values[i]!]));
    return graph({ inputs: read.inputs, outputs });
  });
}
