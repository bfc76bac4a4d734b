/**
 * Files in 16-bit floats, read as float32.
 *
 * Every float16 and bfloat16 is a float32 too, so the weights stay what they are; what is computed from them is rounded
 * less than the file says. Types of inputs, outputs, casts and constants follow, subgraphs included.
 */
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  TypeProto,
  ValueInfoProto,
} from "./messages.ts";
import { invalid } from "./protobuf.ts";

/** Element types of onnx.proto. */
const float32 = 1;
const float16 = 10;
const bfloat16 = 16;

const isHalf = (type: unknown): boolean => type === float16 || type === bfloat16;

/** Attributes that name an element type. */
const typeAttributes = new Set(["to", "dtype", "output_datatype"]);

/** The file with float32 in place of 16-bit floats, and how many tensors were changed. */
export function widenHalves(model: ModelProto): { readonly model: ModelProto; readonly tensors: number } {
  let tensors = 0;

  const tensor = (proto: TensorProto): TensorProto => {
    if (!isHalf(proto.dataType)) return proto;
    tensors++;
    const bits = proto.rawData ? bitsOf(proto.rawData, proto.name) : (proto.int32Data ?? []);
    const { rawData: _, int32Data: __, ...rest } = proto;
    const widen = proto.dataType === float16 ? fromFloat16 : fromBfloat16;
    return { ...rest, dataType: float32, floatData: Float32Array.from(bits, widen) };
  };

  const type = (proto: TypeProto | undefined): TypeProto | undefined => {
    if (!proto) return undefined;
    const { tensorType, sequenceType, optionalType, mapType } = proto;
    return {
      ...proto,
      ...(tensorType && isHalf(tensorType.elemType)
        ? { tensorType: { ...tensorType, elemType: float32 } }
        : {}),
      ...(sequenceType ? { sequenceType: { elemType: type(sequenceType.elemType) } } : {}),
      ...(optionalType ? { optionalType: { elemType: type(optionalType.elemType) } } : {}),
      ...(mapType ? { mapType: { ...mapType, valueType: type(mapType.valueType) } } : {}),
    };
  };

  const values = (list: readonly ValueInfoProto[] | undefined): readonly ValueInfoProto[] | undefined =>
    list?.map((info) => ({ ...info, type: type(info.type) }));

  const attribute = (proto: AttributeProto): AttributeProto => ({
    ...proto,
    ...(proto.t ? { t: tensor(proto.t) } : {}),
    ...(proto.g ? { g: graph(proto.g) } : {}),
    ...(proto.tensors ? { tensors: proto.tensors.map(tensor) } : {}),
    ...(proto.graphs ? { graphs: proto.graphs.map(graph) } : {}),
    ...(isHalf(proto.i) && typeAttributes.has(proto.name ?? "") ? { i: float32 } : {}),
  });

  const nodes = (list: readonly NodeProto[] | undefined): readonly NodeProto[] | undefined =>
    list?.map((node) => (node.attribute ? { ...node, attribute: node.attribute.map(attribute) } : node));

  const graph = (proto: GraphProto): GraphProto => ({
    ...proto,
    node: nodes(proto.node),
    initializer: proto.initializer?.map(tensor),
    sparseInitializer: proto.sparseInitializer?.map((sparse) => ({
      ...sparse,
      values: sparse.values && tensor(sparse.values),
    })),
    input: values(proto.input),
    output: values(proto.output),
    valueInfo: values(proto.valueInfo),
  });

  const functions = model.functions?.map(
    (each): FunctionProto => ({ ...each, node: nodes(each.node), valueInfo: values(each.valueInfo) }),
  );
  const widened = { ...model, graph: model.graph && graph(model.graph), functions };
  return { model: widened, tensors };
}

/** @throws MillwrightError `MODEL_INVALID` for an odd number of bytes. */
function bitsOf(raw: Uint8Array, name = ""): Uint16Array {
  if (raw.length % 2 !== 0) throw invalid(`The tensor "${name}" holds 16-bit floats in ${raw.length} bytes.`);
  return new Uint16Array(new Uint8Array(raw).buffer);
}

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new Uint32Array(1);
const asFloat = new Float32Array(word.buffer);

/** The upper half of a float32. */
function fromBfloat16(bits: number): number {
  word[0] = bits << 16;
  return asFloat[0]!;
}
