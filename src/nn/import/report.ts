/** What of an imported file trains, what stands in the way, and where its head begins. */
import { type AnyValue, type Graph, isKnown, type Node, tensorOf, type Value } from "../../graph/index.ts";
import type { FixedBatch } from "./batch.ts";
import type { ImportedFile } from "./file.ts";
import { reachedFrom, type Tied, type Unshared } from "./weights.ts";

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
  /** Paths of the weights before it: they train once it is replaced, or are to be frozen. */
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
  readonly head: HeadCut | undefined;
  /** The number of rows that the file was written for, and why it stays; undefined where it always took any. */
  readonly fixedBatch: FixedBatch | undefined;
}

export function reportOf(
  { graph, output, constants, fixed }: ImportedFile,
  { unshared, tied }: { readonly unshared: readonly Unshared[]; readonly tied: readonly Tied[] },
): ImportReport {
  const trainable = [...constants].map(([path, { shape }]) => ({ path, shape: shape as number[] }));
  const names = new Set([...constants.values()].map(({ label }) => label));
  return {
    trainable,
    parameterCount: trainable.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    blocking: blockingNodes(graph, output, constants),
    tied: tied.filter(({ name }) => names.has(name)),
    unshared,
    head: headOf(graph, output),
    fixedBatch: fixed,
  };
}

function blockingNodes(
  graph: Graph,
  output: AnyValue,
  constants: ReadonlyMap<string, Value>,
): BlockingNode[] {
  const { blocking } = reachedFrom(graph, output);
  return blocking.flatMap((node) => {
    const before = new Set(node.outputs.flatMap((value) => [...reachedFrom(graph, value).constants]));
    const weights = [...constants].filter(([, value]) => before.has(value)).map(([path]) => path);
    if (weights.length === 0) return [];
    const op = node.domain === "" ? node.type : `${node.domain}.${node.type}`;
    return [
      {
        node: node.label ?? `${node.type}_${graph.nodes.indexOf(node)}`,
        op,
        reason: reasonOf(node),
        weights,
      },
    ];
  });
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

function headOf(graph: Graph, output: AnyValue): HeadCut | undefined {
  const { nodes } = reachedFrom(graph, output);
  const isWeight = (value: AnyValue | undefined): boolean =>
    value !== undefined && (tensorOf(value) !== undefined || isMoved(value));
  const candidates = nodes.filter(
    ({ type, domain, inputs }) => domain === "" && layers.has(type) && isWeight(inputs[1]),
  );
  const last = candidates.findLast(({ type }) => type !== "Conv") ?? candidates.at(-1);
  const features = last?.inputs[0];
  if (!features || !isKnown(features) || features.producer.kind !== "node") return undefined;
  const name = features.label ?? [...graph.outputs].find(([, value]) => value === features)?.[0];
  return name === undefined ? undefined : { at: name, shape: features.shape, before: last.type };
}

/** A constant that is only turned or reshaped before it is used. */
function isMoved({ producer }: AnyValue): boolean {
  if (producer.kind !== "node" || !["Transpose", "Reshape", "Identity", "Cast"].includes(producer.type))
    return false;
  const [source] = producer.inputs;
  return source !== undefined && (tensorOf(source) !== undefined || isMoved(source));
}
