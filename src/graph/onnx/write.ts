/**
 * Writes a graph as an ONNX file: opset 21, `ai.onnx.ml` 5, IR version 10.
 *
 * An imported op that is newer than these raises the version of its domain.
 * The bytes depend on the graph only. Microsoft's contrib domain is imported only
 * where a node uses it.
 */
import { sha256 } from "../../core/index.ts";
import type { Attribute } from "../attributes.ts";
import { unknownDim } from "../dims.ts";
import { type Graph, inputName, type Names, nameValues } from "../graph.ts";
import { onnxType } from "../ops/shape.ts";
import { isKnown } from "../value.ts";
import {
  encodeModel,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type TypeProto,
  type ValueInfoProto,
} from "./messages.ts";
import { renameInAttribute } from "./subgraph.ts";
import { tensorToProto } from "./tensor.ts";
import { irVersion, opsetVersion } from "./versions.ts";
import type { AnyValue, Dim, Node } from "../types.ts";

/** Marks an initialiser as trainable, so that reading the file gives the parameter back. */
export const parameterMark = "parameter";

export interface WriteOptions {
  /** Added to the graph's own metadata; wins over it. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The bytes of `model.onnx`. */
export function writeOnnx(graph: Graph, options: WriteOptions = {}): Uint8Array {
  const metadata = { ...graph.metadata, ...options.metadata };
  return encodeModel({
    irVersion: Math.max(irVersion, graph.carried?.irVersion ?? 0),
    producerName: "millwright",
    graph: graphProto(graph),
    opsetImport: [...opsetsOf(graph)].map(([domain, version]) => ({ domain, version })),
    metadataProps: Object.keys(metadata)
      .sort()
      .map((key) => ({ key, value: metadata[key]! })),
    functions: graph.carried?.functions,
  });
}

/** Our versions, except where the graph carries ops of others. */
function opsetsOf(graph: Graph): Map<string, number> {
  const opsets = new Map<string, number>([["", opsetVersion]]);
  const need = (domain: string, version: number): void => {
    opsets.set(domain, Math.max(version, opsets.get(domain) ?? 1));
  };
  for (const node of graph.nodes) {
    if (!node.opsets) continue;
    if (holdsGraph(node)) for (const [domain, version] of node.opsets) need(domain, version);
    else need(node.domain, node.opsets.get(node.domain) ?? 1);
  }
  // An old op of ai.onnx.ml that is carried may be gone in version 5: its version stays if our nodes can live with it.
  const carried = opsets.has("ai.onnx.ml");
  for (const node of graph.nodes) if (!node.opsets) need(node.domain, neededVersion(node, carried));
  return new Map([...opsets].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function holdsGraph(node: Node): boolean {
  return [...node.attributes.entries.values()].some(({ kind }) => kind === "graph" || kind === "raw");
}

/** Version of its domain that a node of ours needs. */
function neededVersion(node: Node, besideOld: boolean): number {
  if (node.domain === "") return Math.max(opsetVersion, node.definition?.since ?? 0);
  if (node.domain !== "ai.onnx.ml") return 1;
  if (node.type === "TreeEnsemble" || !besideOld) return 5;
  return node.attributes.has("keys_tensor") ? 4 : 2;
}

function graphProto(graph: Graph): GraphProto {
  const names = nameValues(graph);
  const taken = new Set<string>();
  const valueNames = new Set([...names.of.values(), ...graph.outputs.keys()]);
  const nodes = graph.nodes.map((node, i) => nodeProto(node, freeName(node, i, taken), names, valueNames));
  for (const { name, value } of names.aliases) {
    nodes.push({ input: [names.of.get(value)!], output: [name], name: `Output_${name}`, opType: "Identity" });
  }
  return {
    node: nodes,
    name: graph.name,
    initializer: graph.constants.map((value) => initializer(value, names.of.get(value)!)),
    input: graph.inputs.map((value) => valueInfo(inputName(value), value)),
    output: [...graph.outputs].map(([name, value]) => valueInfo(name, value)),
    valueInfo: carriedTypes(graph, names),
    ...graph.carried?.graph,
  };
}

/** Types that reading the file could not infer again: those that foreign nodes give. */
function carriedTypes(graph: Graph, names: Names): ValueInfoProto[] {
  const infos: ValueInfoProto[] = [];
  for (const node of graph.nodes) {
    if (node.definition && node.inputs.every((x) => x === undefined || isKnown(x))) continue;
    for (const value of node.outputs) {
      const name = names.of.get(value)!;
      if (!graph.outputs.has(name) && (isKnown(value) || value.type)) infos.push(valueInfo(name, value));
    }
  }
  return infos;
}

function initializer(value: AnyValue, name: string): TensorProto {
  const { producer } = value;
  if (producer.kind === "foreign-constant") return { ...producer.tensor, name };
  if (producer.kind === "parameter") return tensorToProto(producer.tensor, name, parameterMark);
  return tensorToProto((producer as Extract<typeof producer, { kind: "constant" }>).tensor, name);
}

function valueInfo(name: string, value: AnyValue): ValueInfoProto {
  const type = isKnown(value) ? typeProto(value.dtype, value.shape) : value.type;
  return { name, type: type ?? (value.dtype && { tensorType: { elemType: onnxType[value.dtype] } }) };
}

function typeProto(dtype: keyof typeof onnxType, shape: readonly Dim[]): TypeProto {
  const dim = shape.map((size) =>
    typeof size === "number" ? { dimValue: size } : size === unknownDim ? {} : { dimParam: size },
  );
  return { tensorType: { elemType: onnxType[dtype], shape: { dim } } };
}

/** A node's old label, or its type and position, where no node before has that name: joined graphs repeat labels. */
function freeName(node: Node, position: number, taken: Set<string>): string {
  let name = node.label ?? `${node.type}_${position}`;
  if (taken.has(name)) name = `${node.type}_${position}`;
  while (taken.has(name)) name = `${name}_`;
  taken.add(name);
  return name;
}

function nodeProto(node: Node, name: string, names: Names, taken: ReadonlySet<string>): NodeProto {
  const nameOf = (value: AnyValue | undefined): string => (value ? names.of.get(value)! : "");
  const renamed = new Map([...(node.captures ?? [])].map(([inner, value]) => [inner, nameOf(value)]));
  return {
    input: node.inputs.map(nameOf),
    output: node.outputs.map(nameOf),
    name,
    opType: node.type,
    attribute: [...node.attributes.entries].map(([key, attribute]) =>
      renameInAttribute(attributeProto(key, attribute), renamed, taken),
    ),
    domain: node.domain === "" ? undefined : node.domain,
  };
}

const encoder = new TextEncoder();

function attributeProto(name: string, attribute: Attribute): AttributeProto {
  switch (attribute.kind) {
    case "float":
      return { name, f: attribute.value, type: 1 };
    case "int":
      return { name, i: attribute.value, type: 2 };
    case "string":
      return { name, s: encoder.encode(attribute.value), type: 3 };
    case "tensor":
      return { name, t: tensorToProto(attribute.value), type: 4 };
    case "graph":
      return { name, g: attribute.value, type: 5 };
    case "floats":
      return { name, floats: attribute.value, type: 6 };
    case "ints":
      return { name, ints: attribute.value, type: 7 };
    case "strings":
      return { name, strings: attribute.value.map((text) => encoder.encode(text)), type: 8 };
    case "raw":
      return attribute.value;
  }
}

const hashes = new WeakMap<Graph, string>();

/** SHA-256 of the graph's file: equal graphs have equal hashes. */
export function graphHash(graph: Graph): string {
  const found = hashes.get(graph);
  if (found) return found;
  const hash = sha256(writeOnnx(graph));
  hashes.set(graph, hash);
  return hash;
}
