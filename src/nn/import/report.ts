/** What of an imported file trains, what stands in the way, and where its head begins. */
import {
  type AnyValue,
  type Graph,
  graph,
  isKnown,
  type Node,
  tensorOf,
  type Value,
} from "../../graph/index.ts";
import type { FixedBatch } from "./batch.ts";
import { type ImportedFile, trace, type Traced } from "./file.ts";
import { candidates, learned, reachedFrom, runningFigures, type Tied, type Unshared } from "./weights.ts";

export interface TrainableTensor {
  readonly path: string;
  readonly shape: readonly number[];
}

/** A node on the way from weights to the output that no gradient passes. */
export interface BlockingNode {
  /** Its name in the file, or its type and position. */
  readonly node: string;
  /** "domain.Type", the domain only where it is not the standard one. */
  readonly op: string;
  readonly reason: string;
  /** Paths of the weights before it, and beside those nodes after it that it leaves without shapes. */
  readonly weights: readonly string[];
}

/** Where to cut for a head of one's own: the tensor before the last layer. */
export interface HeadCut {
  /** Name of the tensor, for `replaceHead`. */
  readonly at: string;
  readonly shape: readonly (number | string)[];
  /** Type of the layer after it. */
  readonly before: string;
}

export interface ImportReport {
  readonly trainable: readonly TrainableTensor[];
  /** How many numbers these hold. */
  readonly parameterCount: number;
  readonly blocking: readonly BlockingNode[];
  /** Weights that several nodes use; they stay one. */
  readonly tied: readonly Tied[];
  /** Weights that were stored once because their numbers were equal; each has its own now. */
  readonly unshared: readonly Unshared[];
  /** Tensors that the file stores as 16-bit floats; they are float32 here, and in what is written. */
  readonly widened: number;
  readonly head: HeadCut | undefined;
  /** The number of rows that the file was written for, and why it stays; undefined where it always took any. */
  readonly fixedBatch: FixedBatch | undefined;
}

/** The weights under the output of a file by path, and the report on them. */
export function examine(
  file: Omit<ImportedFile, "constants" | "running">,
  { unshared, tied, widened }: Pick<ImportReport, "unshared" | "tied" | "widened">,
): Pick<ImportedFile, "constants" | "running"> & { readonly report: ImportReport } {
  const { prefix = "", buffers = [], batchNorm = "keep" } = file.options;
  const pathOf = (name: string): string => (prefix === "" ? name : `${prefix}.${name}`);
  const named = candidates(file.graph, buffers);
  const traced = trace(file, named.values());
  const { nodes, leaves, blocking } = reachedFrom(traced.graph, traced.output);
  const weights = learned(
    nodes,
    [...leaves].filter((value) => traced.leaves.has(value)),
  );
  const used = new Set([...weights].map((value) => traced.leaves.get(value)!));
  const constants = new Map(
    [...named].filter(([, value]) => used.has(value)).map(([name, value]) => [pathOf(name), value]),
  );
  const below = graph({ inputs: file.graph.inputs, outputs: { below: file.output } });
  const running = new Map(
    batchNorm === "keep"
      ? []
      : [...runningFigures(below.nodes)].map(([name, value]) => [pathOf(name), value]),
  );
  const paths = new Map([...constants].map(([path, value]) => [value, path]));
  const trainable = [...constants].map(([path, { shape }]) => ({ path, shape: shape as number[] }));
  const names = new Set([...constants.values()].map(({ label }) => label));
  const report: ImportReport = {
    trainable,
    parameterCount: trainable.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    blocking: [...causes(blocking)].flatMap(([node, after]) => blockingNode(node, after, traced, paths)),
    tied: tied.filter(({ name }) => names.has(name)),
    unshared,
    widened,
    head: headOf(file.graph, traced, nodes),
    fixedBatch: file.fixed,
  };
  return { constants, running, report };
}

/** The nodes that stand in the way, each with those after it that do so only because its answers have no known shape. */
function causes(blocking: readonly Node[]): Map<Node, Node[]> {
  const first = new Map<Node, readonly Node[]>();
  const found = new Map<Node, Node[]>();
  for (const node of blocking) {
    const before = node.inputs.flatMap((value) =>
      value && !isKnown(value) && value.producer.kind === "node" ? (first.get(value.producer) ?? []) : [],
    );
    const own = node.definition && before.length > 0 ? [...new Set(before)] : [node];
    first.set(node, own);
    for (const each of own) found.set(each, [...(found.get(each) ?? []), node]);
  }
  return found;
}

function blockingNode(
  node: Node,
  after: readonly Node[],
  { graph, leaves }: Traced,
  paths: ReadonlyMap<Value, string>,
): BlockingNode[] {
  const outputs = after.flatMap((each) => each.outputs);
  const before = new Set(outputs.flatMap((value) => [...reachedFrom(graph, value).leaves]));
  const weights = [...leaves].flatMap(([place, value]) => {
    const path = before.has(place) ? paths.get(value) : undefined;
    return path === undefined ? [] : [path];
  });
  if (weights.length === 0) return [];
  const op = node.domain === "" ? node.type : `${node.domain}.${node.type}`;
  const name = node.label ?? `${node.type}_${graph.nodes.indexOf(node)}`;
  return [{ node: name, op, reason: reasonOf(node), weights }];
}

function reasonOf(node: Node): string {
  if (!node.definition) {
    return node.domain === ""
      ? "is an op that millwright does not know"
      : `is an op of the domain ${node.domain}`;
  }
  if (typeof node.definition.gradient !== "function") return "has no gradient";
  return "has values of unknown type or rank";
}

/** Layers that a head ends with; their first input is what the backbone knows. */
const layers = new Set(["Gemm", "MatMul", "Conv"]);

function headOf(from: Graph, { leaves }: Traced, nodes: readonly Node[]): HeadCut | undefined {
  const isWeight = (value: AnyValue | undefined): boolean =>
    value !== undefined && (tensorOf(value) !== undefined || leaves.has(value) || isMoved(value, leaves));
  const found = nodes.filter(
    ({ type, domain, inputs }) => domain === "" && layers.has(type) && isWeight(inputs[1]),
  );
  const last = found.findLast(({ type }) => type !== "Conv") ?? found.at(-1);
  const label = last?.inputs[0]?.label;
  if (last === undefined || label === undefined) return undefined;
  const value = from.nodes.flatMap(({ outputs }) => outputs).find((each) => each.label === label);
  return value && isKnown(value) ? { at: label, shape: value.shape, before: last.type } : undefined;
}

/** A weight that is only turned or reshaped before it is used. */
function isMoved({ producer }: AnyValue, leaves: ReadonlyMap<AnyValue, Value>): boolean {
  if (producer.kind !== "node" || !["Transpose", "Reshape", "Identity", "Cast"].includes(producer.type)) {
    return false;
  }
  const [source] = producer.inputs;
  return (
    source !== undefined && (leaves.has(source) || tensorOf(source) !== undefined || isMoved(source, leaves))
  );
}
