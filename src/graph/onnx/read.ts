/**
 * Reads an ONNX file into a graph. The file is taken for hostile.
 *
 * Ops that we define are rebuilt by their definitions, so that shapes are inferred
 * and checked again; others are carried as they stand. Old opsets are upgraded to
 * ours node by node. Nothing outside the bytes is read.
 */
import { MillwrightError } from "../../core/index.ts";
import { type Attribute, Attributes, toNumber } from "../attributes.ts";
import { assemble, makeNode } from "../definition.ts";
import { unknownDim } from "../dims.ts";
import { type Carried, type Graph, graph } from "../graph.ts";
import { definitionOf } from "../ops/catalogue.ts";
import { dtypeOfOnnx } from "../ops/shape.ts";
import { constant, fillTensor, input, isKnown, parameter } from "../value.ts";
import { widenHalves } from "./half.ts";
import { defaultLimits, type ReadLimits, requireLimit } from "./limits.ts";
import {
  type AttributeProto,
  decodeModel,
  decodeModelHead,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type TypeProto,
  type ValueInfoProto,
} from "./messages.ts";
import { invalid } from "./protobuf.ts";
import { sortNodes } from "./sort.ts";
import { outerNames, subgraphsOf } from "./subgraph.ts";
import { sizesOf, tensorFromProto, textOf } from "./tensor.ts";
import { createUpgrade } from "./upgrade.ts";
import { opsetVersion } from "./versions.ts";
import { parameterMark } from "./write.ts";
import type { AnyValue, Dim, ForeignValue, Node, OutputType } from "../types.ts";

/**
 * Reads a file.
 *
 * @param limits - What the file may cost; see `ReadLimits`.
 * @throws MillwrightError `MODEL_INVALID` for a broken or inconsistent file, `MODEL_LIMIT` beyond the limits,
 * `MODEL_VERSION` for an opset that cannot be brought to ours.
 */
export function readOnnx(bytes: Uint8Array, limits: Partial<ReadLimits> = {}): Graph {
  const all = { ...defaultLimits, ...limits };
  return importModel(decoded(bytes, all), all);
}

/**
 * Reads a file, with float32 in place of 16-bit floats.
 *
 * @returns The graph, and how many of its tensors were stored in 16 bits.
 * @throws As `readOnnx`.
 */
export function readOnnxWidened(
  bytes: Uint8Array,
  limits: Partial<ReadLimits> = {},
): { readonly graph: Graph; readonly widened: number } {
  const all = { ...defaultLimits, ...limits };
  const { model, tensors } = widenHalves(decoded(bytes, all));
  return { graph: importModel(model, all), widened: tensors };
}

function decoded(bytes: Uint8Array, limits: ReadLimits): ModelProto {
  requireLimit("bytes", bytes.length, limits.bytes);
  return decodeModel(bytes, limits);
}

function importModel(model: ModelProto, limits: ReadLimits): Graph {
  try {
    return new Importer(model, limits).run();
  } catch (error) {
    if (error instanceof MillwrightError && error.code.startsWith("MODEL_")) throw error;
    // A shape rule found the file inconsistent: its message says where.
    if (error instanceof MillwrightError) throw invalid(error.what, error);
    throw error;
  }
}

/**
 * The metadata of a file, without decoding its graph.
 *
 * @throws MillwrightError `MODEL_INVALID`, `MODEL_LIMIT`.
 */
export function readOnnxMetadata(
  bytes: Uint8Array,
  limits: Partial<ReadLimits> = {},
): Record<string, string> {
  const all = { ...defaultLimits, ...limits };
  requireLimit("bytes", bytes.length, all.bytes);
  return metadataOf(decodeModelHead(bytes, all));
}

function metadataOf(model: ModelProto): Record<string, string> {
  return Object.fromEntries((model.metadataProps ?? []).map(({ key, value }) => [key ?? "", value ?? ""]));
}

/** Opset versions of a file by domain; "ai.onnx" is the standard domain "". */
function opsetsOf(model: ModelProto): Map<string, number> {
  const opsets = new Map<string, number>();
  for (const { domain = "", version = 1 } of model.opsetImport ?? []) {
    if (typeof version === "bigint" || version < 1)
      throw invalid(`The file imports the opset version ${version}.`);
    opsets.set(domain === "ai.onnx" ? "" : domain, version);
  }
  return opsets;
}

class Importer {
  readonly model: ModelProto;
  readonly proto: GraphProto;
  readonly limits: ReadLimits;
  readonly opsets: Map<string, number>;
  readonly values = new Map<string, AnyValue>();
  readonly kept: ReadonlyMap<string, number>;
  readonly declared = new Map<string, TypeProto>();

  constructor(model: ModelProto, limits: ReadLimits) {
    if (!model.graph) throw invalid("The file holds no graph.");
    this.model = model;
    this.proto = model.graph;
    this.limits = limits;
    this.opsets = opsetsOf(model);
    this.kept = this.opsetsNow();
    if (!this.opsets.has("") && (this.proto.node ?? []).some((node) => (node.domain ?? "") === "")) {
      throw invalid("The file does not say which opset its nodes are of.");
    }
  }

  run(): Graph {
    const { proto, limits } = this;
    requireLimit("nodes", proto.node?.length ?? 0, limits.nodes);
    for (const info of [...(proto.valueInfo ?? []), ...(proto.output ?? [])]) {
      if (info.name && info.type) this.declared.set(info.name, info.type);
    }
    for (const tensor of proto.initializer ?? []) this.define(tensor.name ?? "", this.initializer(tensor));
    for (const { values } of proto.sparseInitializer ?? []) {
      this.define(
        values?.name ?? "",
        foreign({ kind: "foreign-constant", tensor: values ?? {} }, undefined, values?.name),
      );
    }
    const weights = new Set(this.values.keys());
    const inputs: AnyValue[] = [];
    for (const info of proto.input ?? []) {
      // Old exporters list the weights among the inputs: they are constants here.
      if (weights.has(info.name ?? "")) continue;
      const value = this.input(info);
      this.define(info.name ?? "", value);
      inputs.push(value);
    }
    const functions = new Set((this.model.functions ?? []).map((f) => `${f.domain ?? ""}:${f.name ?? ""}`));
    const upgrade = createUpgrade(this.opsets, (name) => this.values.get(name));
    for (const old of sortNodes(proto.node ?? [], new Set(this.values.keys()))) {
      const own = functions.has(`${old.domain ?? ""}:${old.opType ?? ""}`);
      const { nodes, initializers } = own ? { nodes: [old], initializers: [] } : upgrade(old);
      for (const tensor of initializers) this.define(tensor.name ?? "", this.initializer(tensor));
      for (const node of nodes) this.node(node, own);
    }
    const outputs = new Map<string, AnyValue>();
    for (const { name = "" } of proto.output ?? []) {
      if (outputs.has(name)) throw invalid(`The output "${name}" is listed twice.`);
      outputs.set(name, this.value(name, "the list of outputs"));
    }
    return graph({
      inputs,
      outputs: this.apart(outputs),
      metadata: metadataOf(this.model),
      name: proto.name || "graph",
      carried: this.carried(),
    });
  }

  /** An output that is an input under the same name has no other name to go by. */
  apart(outputs: Map<string, AnyValue>): Map<string, AnyValue> {
    for (const [name, { producer }] of outputs) {
      if (producer.kind === "input" && producer.name === name) {
        throw invalid(`"${name}" is an input and an output.`);
      }
    }
    return outputs;
  }

  /** The file's versions after the upgrade, for the nodes that are carried. */
  opsetsNow(): Map<string, number> {
    return new Map(
      [...this.opsets].map(([domain, version]) => [
        domain,
        domain === "" ? Math.max(version, opsetVersion) : version,
      ]),
    );
  }

  carried(): Carried {
    const { sparseInitializer, quantizationAnnotation } = this.proto;
    const functions = this.model.functions ?? [];
    const irVersion = toNumber(this.model.irVersion ?? 0);
    return { irVersion, functions, graph: { sparseInitializer, quantizationAnnotation } };
  }

  define(name: string, value: AnyValue): void {
    if (name === "") throw invalid("A value of the file has no name.");
    if (this.values.has(name)) throw invalid(`"${name}" is defined twice.`);
    this.values.set(name, value);
  }

  value(name: string, where: string): AnyValue {
    const found = this.values.get(name);
    if (!found) throw invalid(`${where} uses "${name}", which nothing defines.`);
    return found;
  }

  initializer(proto: TensorProto): AnyValue {
    const name = proto.name ?? "";
    const tensor = tensorFromProto(proto, `The tensor "${name}"`, this.limits.rank);
    if (!tensor) return foreign({ kind: "foreign-constant", tensor: proto }, undefined, name);
    return proto.docString === parameterMark ? parameter(name, tensor) : { ...constant(tensor), label: name };
  }

  input(info: ValueInfoProto): AnyValue {
    const name = info.name ?? "";
    const type = this.typeOf(info.type, `The input "${name}"`);
    if (type?.shape) return input(name, type.dtype, type.shape);
    return foreign({ kind: "input", name }, info.type, undefined, type?.dtype);
  }

  /** A declared tensor type, with the shape undefined where even the rank is. */
  typeOf(type: TypeProto | undefined, where: string): OutputType | undefined {
    const dtype = dtypeOfOnnx.get(type?.tensorType?.elemType ?? 0);
    if (!dtype) return undefined;
    const dims = type?.tensorType?.shape;
    if (!dims) return { dtype, shape: undefined };
    const list = dims.dim ?? [];
    requireLimit(`dimensions in ${where}`, list.length, this.limits.rank);
    const shape = list.map((dim): Dim => {
      if (dim.dimValue === undefined) return dim.dimParam || unknownDim;
      // Some exporters write −1 for "any".
      return dim.dimValue === -1 ? unknownDim : sizesOf([dim.dimValue], where, 1)[0]!;
    });
    return { dtype, shape };
  }

  node(proto: NodeProto, opaque: boolean): void {
    const type = proto.opType ?? "";
    const domain = proto.domain === "ai.onnx" ? "" : (proto.domain ?? "");
    const where = `The node "${proto.name ?? ""}" (${type})`;
    if (type === "") throw invalid(`${where} has no type.`);
    const inputs = (proto.input ?? []).map((name) => (name === "" ? undefined : this.value(name, where)));
    const outputs = [...(proto.output ?? [])];
    while (outputs.at(-1) === "") outputs.pop();
    const attributes = attributesOf(proto, where, this.limits.rank);
    const captures = new Map<string, AnyValue>();
    for (const subgraph of subgraphsOf(proto.attribute)) {
      for (const name of outerNames(subgraph)) captures.set(name, this.value(name, where));
    }
    if (type === "Constant" && domain === "" && !opaque) {
      const made = constantNode(attributes, outputs[0]);
      if (made) return this.define(outputs[0] ?? "", made);
    }
    const labels = { ...(proto.name ? { node: proto.name } : {}), outputs };
    const built = opaque ? undefined : this.build(domain, type, inputs, attributes, outputs.length, labels);
    const node = built ?? this.carry({ type, domain, inputs, attributes, captures }, outputs, labels);
    outputs.forEach((name, i) => {
      if (name !== "") this.define(name, this.refine(node, i, name));
    });
  }

  /** A node of an op that we define, or undefined where it cannot be one: then it is carried. */
  build(
    domain: string,
    type: string,
    inputs: readonly (AnyValue | undefined)[],
    attributes: Attributes,
    outputCount: number,
    labels: { readonly node?: string; readonly outputs: readonly string[] },
  ): Node | undefined {
    const definition = definitionOf(domain, type);
    if (!definition) return undefined;
    const [, mostOutputs] = definition.outputs ?? [1, 1];
    for (const [name, { kind }] of attributes.entries)
      if (definition.attributes[name] !== kind) return undefined;
    if (outputCount > mostOutputs || inputs.length > definition.inputs[1]) return undefined;
    if (!inputs.every((x) => x === undefined || isKnown(x))) {
      const types = labels.outputs.map((name) => this.declaredType(name));
      return assemble({ definition, type, domain, inputs, attributes }, types, labels);
    }
    try {
      return makeNode(definition, inputs, attributes, outputCount, labels);
    } catch (error) {
      if (error instanceof MillwrightError && error.code === "DTYPE_MISMATCH") return undefined;
      throw error;
    }
  }

  carry(
    parts: Pick<Node, "type" | "domain" | "inputs" | "attributes"> & {
      captures: ReadonlyMap<string, AnyValue>;
    },
    outputs: readonly string[],
    labels: { readonly node?: string; readonly outputs: readonly string[] },
  ): Node {
    const { captures, ...rest } = parts;
    return assemble(
      { ...rest, opsets: this.kept, ...(captures.size > 0 ? { captures } : {}) },
      outputs.map((name) => this.declaredType(name)),
      labels,
    );
  }

  declaredType(name: string): Pick<AnyValue, "dtype" | "shape"> & { type?: TypeProto } {
    const declared = this.declared.get(name);
    const type = this.typeOf(declared, `The value "${name}"`);
    if (type?.shape) return type;
    return { dtype: type?.dtype, shape: undefined, ...(declared ? { type: declared } : {}) };
  }

  /** What a node's rule leaves open, the file's own declaration may say. */
  refine(node: Node, index: number, name: string): AnyValue {
    const made = node.outputs[index]!;
    if (isKnown(made) && !made.shape.includes(unknownDim)) return made;
    const type = this.typeOf(this.declared.get(name), `The value "${name}"`);
    if (!type?.shape) return made;
    if (isKnown(made) && (type.dtype !== made.dtype || type.shape.length !== made.shape.length)) return made;
    const shape = type.shape.map((dim, i) =>
      isKnown(made) && made.shape[i] !== unknownDim ? made.shape[i]! : dim,
    );
    const value = { ...made, dtype: type.dtype, shape } as AnyValue;
    (node.outputs as AnyValue[])[index] = value;
    return value;
  }
}

function foreign(
  producer: ForeignValue["producer"],
  type: TypeProto | undefined,
  label?: string,
  dtype?: ForeignValue["dtype"],
): ForeignValue {
  return {
    dtype,
    shape: undefined,
    producer,
    index: 0,
    ...(type ? { type } : {}),
    ...(label === undefined ? {} : { label }),
  };
}

/** Attributes of a Constant node other than `value`: their kind, and the dtype that they make. */
const constantKinds: Readonly<Record<string, readonly [Attribute["kind"], "int64" | "float32" | "string"]>> =
  {
    value_int: ["int", "int64"],
    value_ints: ["ints", "int64"],
    value_float: ["float", "float32"],
    value_floats: ["floats", "float32"],
    value_string: ["string", "string"],
    value_strings: ["strings", "string"],
  };

/** A Constant node as a constant of the graph; undefined for the kinds that stay nodes. */
function constantNode(attributes: Attributes, label: string | undefined): AnyValue | undefined {
  const named = label === undefined ? {} : { label };
  const tensor = attributes.tensor("value");
  if (tensor) return { ...constant(tensor), ...named };
  for (const [name, { kind, value }] of attributes.entries) {
    const [wanted, dtype] = constantKinds[name] ?? [];
    if (kind !== wanted || dtype === undefined) continue;
    const list = name.endsWith("s");
    const elements = (list ? Array.from(value as ArrayLike<unknown>) : [value]) as (
      | number
      | bigint
      | string
    )[];
    const shape = list ? [elements.length] : [];
    return { ...constant({ dtype, shape, data: fillTensor(dtype, elements) }), ...named };
  }
  return undefined;
}

function attributesOf(proto: NodeProto, where: string, rankLimit: number): Attributes {
  const entries = new Map<string, Attribute>();
  for (const attribute of proto.attribute ?? []) {
    const name = attribute.name ?? "";
    if (name === "" || entries.has(name))
      throw invalid(`${where} names the attribute "${name}" wrongly or twice.`);
    entries.set(name, attributeOf(attribute, `${where}, attribute "${name}",`, rankLimit));
  }
  return new Attributes(entries);
}

function attributeOf(proto: AttributeProto, where: string, rankLimit: number): Attribute {
  if (proto.refAttrName) return { kind: "raw", value: proto };
  switch (proto.type ?? kindByField(proto)) {
    case 1:
      return { kind: "float", value: proto.f ?? 0 };
    case 2:
      return { kind: "int", value: proto.i ?? 0 };
    case 3:
      return textAttribute(proto);
    case 4: {
      const tensor = tensorFromProto(proto.t ?? {}, where, rankLimit);
      return tensor ? { kind: "tensor", value: tensor } : { kind: "raw", value: proto };
    }
    case 5:
      if (!proto.g) throw invalid(`${where} holds no graph.`);
      return { kind: "graph", value: proto.g };
    case 6:
      return { kind: "floats", value: proto.floats ?? [] };
    case 7:
      return { kind: "ints", value: proto.ints ?? [] };
    case 8:
      return { kind: "strings", value: (proto.strings ?? []).map(textOf) };
    default:
      return { kind: "raw", value: proto };
  }
}

/** Files before IR version 2 leave the kind out. */
function kindByField(proto: AttributeProto): number {
  const fields = ["f", "i", "s", "t", "g", "floats", "ints", "strings"] as const;
  return fields.findIndex((name) => proto[name] !== undefined) + 1;
}

/** Bytes that are not text (some exporters pickle into attributes) stay as they are. */
function textAttribute(proto: AttributeProto): Attribute {
  try {
    return { kind: "string", value: textOf(proto.s ?? new Uint8Array()) };
  } catch {
    return { kind: "raw", value: proto };
  }
}
