/**
 * A graph: named inputs and outputs over the values that connect them, in an order
 * and with names that depend on the construction only, so that equal construction
 * gives equal bytes.
 */
import { MillwrightError } from "../core/index.ts";
import type { FunctionProto, GraphProto } from "./onnx/messages.ts";
import { isKnown } from "./value.ts";
import type { AnyValue, Node, Producer, Value } from "./types.ts";

/** Parts of an imported file that we carry without looking inside. */
export interface Carried {
  /** Format version of the file; ours is written where it is newer. */
  readonly irVersion: number;
  readonly functions: readonly FunctionProto[];
  /** Sparse initialisers and quantisation notes of the main graph. */
  readonly graph: Pick<GraphProto, "sparseInitializer" | "quantizationAnnotation">;
}

export interface Graph {
  readonly name: string;
  /** Values made by `input`, in the order given. */
  readonly inputs: readonly AnyValue[];
  readonly outputs: ReadonlyMap<string, AnyValue>;
  /** Free text by key, stored in the file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Every node that an output needs, producers first. */
  readonly nodes: readonly Node[];
  /** Constants and parameters that an output needs, by first use. */
  readonly constants: readonly AnyValue[];
  readonly carried?: Carried;
}

export interface GraphParts {
  readonly inputs: readonly AnyValue[];
  readonly outputs: Readonly<Record<string, AnyValue>> | ReadonlyMap<string, AnyValue>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Default "millwright". */
  readonly name?: string;
  readonly carried?: Carried | undefined;
}

/**
 * Makes a graph of values.
 *
 * @param parts.inputs - All inputs; one that no output needs stays an input of the file.
 * @param parts.outputs - What the graph answers, by name; must differ from the inputs' names.
 * @throws MillwrightError `GRAPH_INVALID` for a missing or doubled input, a doubled name, no output.
 */
export function graph(parts: GraphParts): Graph {
  const outputs = parts.outputs instanceof Map ? parts.outputs : new Map(Object.entries(parts.outputs));
  if (outputs.size === 0) throw invalidGraph("has no output.", "Give at least one.");
  const names = new Set<string>();
  const claim = (kind: string, name: string): void => {
    if (name === "") throw invalidGraph(`has an ${kind} without a name.`, "Name it.");
    if (names.has(name)) throw invalidGraph(`uses the name "${name}" twice.`, `Rename the ${kind}.`);
    names.add(name);
  };
  for (const value of parts.inputs) claim("input", inputName(value));
  for (const name of outputs.keys()) claim("output", name);
  const { nodes, leaves } = order([...outputs.values()]);
  const given = new Set(parts.inputs);
  const parameters = new Map<string, AnyValue>();
  const constants: AnyValue[] = [];
  for (const leaf of leaves) {
    const { producer } = leaf;
    if (producer.kind === "input") {
      if (!given.has(leaf)) {
        throw invalidGraph(
          `needs the input "${producer.name}", which is not in its list of inputs.`,
          "Add it to inputs.",
        );
      }
      continue;
    }
    constants.push(leaf);
    if (producer.kind !== "parameter") continue;
    const same = parameters.get(producer.name);
    if (same === undefined) claim("parameter", producer.name);
    else if ((same.producer as typeof producer).tensor !== producer.tensor) {
      throw invalidGraph(
        `has two parameters named "${producer.name}".`,
        "Rename one, or use the same value twice.",
      );
    }
    parameters.set(producer.name, leaf);
  }
  return {
    name: parts.name ?? "millwright",
    inputs: [...parts.inputs],
    outputs,
    metadata: { ...parts.metadata },
    nodes,
    constants,
    ...(parts.carried ? { carried: parts.carried } : {}),
  };
}

/** The name of a graph input. */
export function inputName(value: AnyValue): string {
  if (value.producer.kind === "input") return value.producer.name;
  throw invalidGraph(
    "lists a value as an input that a node or a constant produces.",
    "List values made by input().",
  );
}

/** Values that a node needs: its inputs, then what its subgraphs capture. */
export function neededBy(node: Node): AnyValue[] {
  const list = node.inputs.filter((x) => x !== undefined);
  return node.captures ? [...list, ...node.captures.values()] : list;
}

/** Nodes and leaves under some values, producers first, by a depth-first walk that does not recurse. */
export function order(values: readonly AnyValue[]): { nodes: Node[]; leaves: AnyValue[] } {
  const nodes: Node[] = [];
  const leaves: AnyValue[] = [];
  const seen = new Set<Producer>();
  const stack: { node: Node; needed: AnyValue[]; next: number }[] = [];
  const enter = (value: AnyValue): void => {
    const { producer } = value;
    if (seen.has(producer)) return;
    seen.add(producer);
    if (producer.kind === "node") stack.push({ node: producer, needed: neededBy(producer), next: 0 });
    else leaves.push(value);
  };
  for (const value of values) {
    enter(value);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const next = top.needed[top.next++];
      if (next) enter(next);
      else {
        nodes.push(top.node);
        stack.pop();
      }
    }
  }
  return { nodes, leaves };
}

/** Names of all values of a graph: the file's and the printout's. */
export interface Names {
  readonly of: ReadonlyMap<AnyValue, string>;
  /** Outputs that need an Identity node, since their value already has another name. */
  readonly aliases: readonly { readonly name: string; readonly value: AnyValue }[];
}

const named = new WeakMap<Graph, Names>();

/** Names every value: inputs, outputs and parameters by theirs, the others by type and position or their old label. */
export function nameValues(graph: Graph): Names {
  const done = named.get(graph);
  if (done) return done;
  const of = new Map<AnyValue, string>();
  const used = new Set<string>(graph.outputs.keys());
  const aliases: { name: string; value: AnyValue }[] = [];
  const set = (value: AnyValue, name: string): void => {
    of.set(value, name);
    used.add(name);
  };
  for (const value of graph.inputs) set(value, inputName(value));
  for (const value of graph.constants) {
    if (value.producer.kind === "parameter") set(value, value.producer.name);
  }
  for (const [name, value] of graph.outputs) {
    if (value.producer.kind === "node" && !of.has(value)) set(value, name);
    else aliases.push({ name, value });
  }
  const free = (label: string | undefined, otherwise: string): string => {
    let name = label !== undefined && label !== "" && !used.has(label) ? label : otherwise;
    while (used.has(name)) name = `${name}_`;
    return name;
  };
  let count = 0;
  for (const value of graph.constants) {
    if (!of.has(value)) set(value, free(value.label, `constant_${count++}`));
  }
  graph.nodes.forEach((node, i) => {
    const stem = `${node.type.charAt(0).toLowerCase()}${node.type.slice(1)}_${i}`;
    node.outputs.forEach((value, k) => {
      if (!of.has(value)) set(value, free(value.label, k === 0 ? stem : `${stem}_${k}`));
    });
  });
  const names = { of, aliases };
  named.set(graph, names);
  return names;
}

/** The graph's parameters by name. */
export function parametersOf(graph: Graph): Map<string, Value> {
  const found = new Map<string, Value>();
  for (const value of graph.constants) {
    if (value.producer.kind === "parameter" && isKnown(value)) found.set(value.producer.name, value);
  }
  return found;
}

function invalidGraph(what: string, fix: string): MillwrightError {
  return new MillwrightError("GRAPH_INVALID", `The graph ${what}`, fix);
}
