/**
 * Which numbers of an imported file are weights.
 *
 * A file holds weights, running figures, masks, factors and bounds as constants of one kind. Weights are
 * the float constants that a gradient reaches in a place where networks learn: every place but those
 * below, which set how an op works.
 */
import type { DType } from "../../core/index.ts";
import {
  type AnyValue,
  constant,
  type Graph,
  isKnown,
  type Node,
  renew,
  rewrite,
  tensorOf,
  type Value,
} from "../../graph/index.ts";
import { matches } from "../paths.ts";

/** Inputs of ops that no training moves: bounds, scales, running figures. The others are operands. */
const settings: Readonly<Record<string, readonly number[]>> = {
  BatchNormalization: [3, 4],
  Clip: [1, 2],
  ConstantOfShape: [0],
  Dropout: [1, 2],
  Pad: [2],
  Pow: [1],
  Resize: [1, 2],
  Upsample: [1],
  // Nobody learns what is taken away or divided by: these bring inputs to scale.
  Div: [1],
  Sub: [1],
  Where: [1, 2],
  Max: [0, 1],
  Min: [0, 1],
};

/** Ops that only move the elements of a weight on its way to where it is used. */
const movers = new Set(["Identity", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Cast"]);

/** A place where a constant is used. */
interface Use {
  readonly node: Node;
  readonly index: number;
}

/** What a gradient reaches on its way back from a value. */
export interface Reached {
  /** Producers first. */
  readonly nodes: readonly Node[];
  /** Inputs and constants. */
  readonly leaves: ReadonlySet<AnyValue>;
  /** Nodes that no gradient passes. */
  readonly blocking: readonly Node[];
}

/** Whether a node passes gradients: it has a rule, and its values have types. */
function passes(node: Node): boolean {
  const known = [...node.inputs, ...node.outputs].every((value) => value === undefined || isKnown(value));
  return typeof node.definition?.gradient === "function" && known;
}

/** Walks back from a value along floats, as a gradient does, and on through nodes that would stop it. */
export function reachedFrom(graph: Graph, output: AnyValue): Reached {
  const wanted = new Set<AnyValue>([output]);
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (node.definition?.gradient === "constant" || !node.outputs.some((value) => wanted.has(value)))
      continue;
    nodes.push(node);
    for (const value of [...node.inputs, ...(node.captures?.values() ?? [])])
      if (value && (value.dtype === undefined || isFloat(value.dtype))) wanted.add(value);
  }
  nodes.reverse();
  const leaves = new Set([...graph.inputs, ...graph.constants].filter((value) => wanted.has(value)));
  return { nodes, leaves, blocking: nodes.filter((node) => !passes(node)) };
}

function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}

/** Where each value is used among some nodes. */
function usesIn(nodes: readonly Node[]): Map<AnyValue, Use[]> {
  const uses = new Map<AnyValue, Use[]>();
  for (const node of nodes) {
    node.inputs.forEach((value, index) => {
      if (!value) return;
      const list = uses.get(value);
      if (list) list.push({ node, index });
      else uses.set(value, [{ node, index }]);
    });
  }
  return uses;
}

/** Float constants that stand where a weight could, by name. */
export function candidates(graph: Graph, buffers: readonly string[]): Map<string, Value> {
  const uses = usesIn(graph.nodes);
  const found = new Map<string, Value>();
  for (const value of graph.constants) {
    const name = value.label ?? (value.producer.kind === "parameter" ? value.producer.name : undefined);
    if (name === undefined || !isKnown(value) || !isFloat(value.dtype) || value.shape.length === 0) continue;
    if (buffers.some((pattern) => matches(pattern, name))) continue;
    if (uses.get(value)?.some((use) => !isSetting(use)) === true) found.set(name, value);
  }
  return found;
}

/**
 * Those of some leaves that are weights.
 *
 * @param nodes - That a gradient passes on its way back.
 */
export function learned(nodes: readonly Node[], leaves: Iterable<AnyValue>): Set<AnyValue> {
  const uses = usesIn(nodes);
  return new Set([...leaves].filter((value) => isLearned(value, uses)));
}

/** Ops whose other inputs than the first are weights whatever their size. */
const layers = new Set([
  "Conv",
  "ConvTranspose",
  "Gemm",
  "MatMul",
  "PRelu",
  "BatchNormalization",
  "GroupNormalization",
  "InstanceNormalization",
  "LayerNormalization",
  "RMSNormalization",
]);

function isLearned(value: AnyValue, uses: ReadonlyMap<AnyValue, readonly Use[]>): boolean {
  return (uses.get(value) ?? []).some(({ node, index }) => {
    if (isSetting({ node, index })) return false;
    if (node.domain === "" && movers.has(node.type)) return isLearned(node.outputs[0]!, uses);
    // One number alone is a factor, unless it is the bias of a layer with one output.
    if (value.shape?.some((size) => size !== 1) === true || layers.has(node.type)) return true;
    const other = node.type === "Add" ? node.inputs[1 - index]?.producer : undefined;
    return other?.kind === "node" && layers.has(other.type);
  });
}

function isSetting({ node, index }: Use): boolean {
  return node.domain === "" && settings[node.type]?.includes(index) === true;
}

/** Whether a node normalises by running figures. */
export function isBatchNorm({ domain, type, inputs, definition }: Node): boolean {
  return domain === "" && type === "BatchNormalization" && inputs.length === 5 && definition !== undefined;
}

/**
 * Running means and variances by name.
 *
 * @param nodes - Whose normalisation counts.
 */
export function runningFigures(nodes: readonly Node[]): Map<string, Value> {
  const figures = nodes.filter(isBatchNorm).flatMap(({ inputs }) => inputs.slice(3) as Value[]);
  return new Map(figures.map((value) => [value.label!, value]));
}

/** A constant that stood for several weights because their numbers were equal when the file was written. */
export interface Unshared {
  readonly name: string;
  /** Names of the weights that it is now. */
  readonly into: readonly string[];
}

/** A weight that several nodes use, and go on using. */
export interface Tied {
  readonly name: string;
  readonly nodes: readonly string[];
}

/**
 * Gives each weight its own numbers again where an exporter stored equal ones once.
 *
 * Vectors, and tensors of one number repeated, were equal by chance (new biases are all 0): each use
 * gets a copy, under the name of the Identity node that stood for it where there is one. A vector goes
 * with the matrix that is used beside it: a layer that is applied twice keeps one bias. Matrices of many
 * numbers are equal on purpose and stay tied.
 *
 * @param options.running - Whether running figures move, so that each normalisation needs its own.
 */
export function unshare(
  graph: Graph,
  { running }: { readonly running: boolean },
): { graph: Graph; unshared: Unshared[]; tied: Tied[] } {
  const uses = usesIn(graph.nodes);
  const unshared: Unshared[] = [];
  const tied: Tied[] = [];
  const copies = new Map<Node, Map<number, Value>>();
  const names = new Set(graph.constants.map(({ label }) => label));
  for (const value of graph.constants) {
    const tensor = tensorOf(value);
    const name = value.label;
    if (!tensor || name === undefined || !isKnown(value) || !isFloat(value.dtype)) continue;
    const list = uses.get(value) ?? [];
    const moves = (use: Use): boolean => running && isBatchNorm(use.node) && use.index >= 3;
    const single = value.shape.every((size) => size === 1) && !list.some(moves);
    if (single || tensor.data.length === 0) continue;
    const parts = new Map<unknown, Use[]>();
    const equalOnPurpose =
      value.shape.length >= 2 && (tensor.data as Float32Array).some((number) => number !== tensor.data[0]);
    for (const use of list) {
      const key = moves(use)
        ? use
        : isSetting(use)
          ? "setting"
          : equalOnPurpose
            ? "learned"
            : (matrixBeside(use) ?? use);
      parts.set(key, [...(parts.get(key) ?? []), use]);
    }
    for (const [key, group] of parts) {
      if (key !== "setting" && group.length > 1)
        tied.push({ name, nodes: group.map(({ node }) => node.label ?? node.type) });
    }
    if (parts.size < 2) continue;
    const into: string[] = [];
    let plain = 0;
    for (const [key, group] of parts) {
      const alias = group[0]!.node.type === "Identity" ? group[0]!.node.outputs[0]!.label : undefined;
      const count = key === "setting" ? 0 : alias === undefined ? ++plain : 1;
      let own: string = alias ?? (count === 0 ? `${name}_fixed` : count === 1 ? name : `${name}_${count}`);
      while (own !== name && own !== alias && names.has(own)) own = `${own}_`;
      names.add(own);
      if (key !== "setting") into.push(own);
      const data = (tensor.data as Float32Array).slice();
      const copy: Value = { ...constant({ ...tensor, data } as typeof tensor), label: own };
      for (const { node, index } of group) {
        const byIndex = copies.get(node) ?? new Map<number, Value>();
        byIndex.set(index, copy);
        copies.set(node, byIndex);
      }
    }
    if (into.length > 1) unshared.push({ name, into });
  }
  if (copies.size === 0) return { graph, unshared, tied };
  return { graph: withCopies(graph, copies), unshared, tied };
}

/**
 * The constant matrix that a vector is used beside: of the same Conv or Gemm, or of the MatMul that it is added to. A
 * recurrent layer that is written out adds two of them and then its bias, in every step.
 */
function matrixBeside({ node, index }: Use): AnyValue | undefined {
  const isMatrix = (value: AnyValue | undefined): value is AnyValue =>
    value !== undefined && tensorOf(value) !== undefined && (value.shape?.length ?? 0) >= 2;
  const beside = node.inputs.find((value, i) => i !== index && isMatrix(value));
  if (beside) return beside;
  if (node.type !== "Add") return undefined;
  const makers = (values: readonly (AnyValue | undefined)[]): Node[] =>
    values.flatMap((value) => (value?.producer.kind === "node" ? [value.producer] : []));
  const direct = makers([node.inputs[1 - index]]);
  const sums = direct.filter(({ type }) => type === "Add").flatMap(({ inputs }) => makers(inputs));
  return [...direct, ...sums].flatMap(({ inputs }) => inputs).find(isMatrix);
}

function withCopies(graph: Graph, copies: ReadonlyMap<Node, ReadonlyMap<number, Value>>): Graph {
  return rewrite(graph, new Map(), (node, to) => {
    const own = copies.get(node);
    if (!own) return undefined;
    if (node.type === "Identity") return [own.get(0)!];
    return renew(node, (value, i) => (i === undefined ? undefined : own.get(i)) ?? to(value)).outputs;
  });
}
