/**
 * The messages of an ONNX file as tables, and the same as types.
 *
 * Field numbers from onnx/onnx.proto (IR version 10 and later additions); every
 * field is optional, as on the wire.
 */
import {
  decodeMessage,
  decodeSome,
  encodeMessage,
  type Field,
  type Int64,
  type MessageTable,
  type Scalar,
  type WireLimits,
} from "./protobuf.ts";

type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined };

export type ModelProto = Optional<{
  irVersion: Int64;
  producerName: string;
  producerVersion: string;
  domain: string;
  modelVersion: Int64;
  docString: string;
  graph: GraphProto;
  opsetImport: readonly OperatorSetIdProto[];
  metadataProps: readonly StringStringEntryProto[];
  trainingInfo: readonly TrainingInfoProto[];
  functions: readonly FunctionProto[];
  configuration: readonly DeviceConfigurationProto[];
}>;
export type OperatorSetIdProto = Optional<{ domain: string; version: Int64 }>;
export type StringStringEntryProto = Optional<{ key: string; value: string }>;
export type TrainingInfoProto = Optional<{
  initialization: GraphProto;
  algorithm: GraphProto;
  initializationBinding: readonly StringStringEntryProto[];
  updateBinding: readonly StringStringEntryProto[];
}>;
export type FunctionProto = Optional<{
  name: string;
  input: readonly string[];
  output: readonly string[];
  attribute: readonly string[];
  node: readonly NodeProto[];
  docString: string;
  opsetImport: readonly OperatorSetIdProto[];
  domain: string;
  attributeProto: readonly AttributeProto[];
  valueInfo: readonly ValueInfoProto[];
  overload: string;
  metadataProps: readonly StringStringEntryProto[];
}>;
export type GraphProto = Optional<{
  node: readonly NodeProto[];
  name: string;
  initializer: readonly TensorProto[];
  docString: string;
  input: readonly ValueInfoProto[];
  output: readonly ValueInfoProto[];
  valueInfo: readonly ValueInfoProto[];
  quantizationAnnotation: readonly TensorAnnotation[];
  sparseInitializer: readonly SparseTensorProto[];
  metadataProps: readonly StringStringEntryProto[];
}>;
export type NodeProto = Optional<{
  input: readonly string[];
  output: readonly string[];
  name: string;
  opType: string;
  attribute: readonly AttributeProto[];
  docString: string;
  domain: string;
  overload: string;
  metadataProps: readonly StringStringEntryProto[];
  deviceConfigurations: readonly NodeDeviceConfigurationProto[];
}>;
export type AttributeProto = Optional<{
  name: string;
  f: number;
  i: Int64;
  s: Uint8Array;
  t: TensorProto;
  g: GraphProto;
  floats: ArrayLike<number>;
  ints: readonly Int64[];
  strings: readonly Uint8Array[];
  tensors: readonly TensorProto[];
  graphs: readonly GraphProto[];
  docString: string;
  tp: TypeProto;
  typeProtos: readonly TypeProto[];
  type: number;
  refAttrName: string;
  sparseTensor: SparseTensorProto;
  sparseTensors: readonly SparseTensorProto[];
}>;
export type TensorProto = Optional<{
  dims: readonly Int64[];
  dataType: number;
  segment: SegmentProto;
  floatData: ArrayLike<number>;
  int32Data: ArrayLike<number>;
  stringData: readonly Uint8Array[];
  int64Data: readonly Int64[];
  name: string;
  rawData: Uint8Array;
  doubleData: ArrayLike<number>;
  uint64Data: readonly Int64[];
  docString: string;
  externalData: readonly StringStringEntryProto[];
  dataLocation: number;
  metadataProps: readonly StringStringEntryProto[];
}>;
export type SegmentProto = Optional<{ begin: Int64; end: Int64 }>;
export type SparseTensorProto = Optional<{
  values: TensorProto;
  indices: TensorProto;
  dims: readonly Int64[];
}>;
export type ValueInfoProto = Optional<{
  name: string;
  type: TypeProto;
  docString: string;
  metadataProps: readonly StringStringEntryProto[];
}>;
export type TypeProto = Optional<{
  tensorType: TensorTypeProto;
  sequenceType: ElementTypeProto;
  mapType: MapTypeProto;
  denotation: string;
  opaqueType: OpaqueTypeProto;
  sparseTensorType: TensorTypeProto;
  optionalType: ElementTypeProto;
}>;
export type TensorTypeProto = Optional<{ elemType: number; shape: TensorShapeProto }>;
export type ElementTypeProto = Optional<{ elemType: TypeProto }>;
export type MapTypeProto = Optional<{ keyType: number; valueType: TypeProto }>;
export type OpaqueTypeProto = Optional<{ domain: string; name: string }>;
export type TensorShapeProto = Optional<{ dim: readonly DimensionProto[] }>;
export type DimensionProto = Optional<{ dimValue: Int64; dimParam: string; denotation: string }>;
export type TensorAnnotation = Optional<{
  tensorName: string;
  quantParameterTensorNames: readonly StringStringEntryProto[];
}>;
export type DeviceConfigurationProto = Optional<{
  name: string;
  numDevices: number;
  device: readonly string[];
}>;
export type NodeDeviceConfigurationProto = Optional<{
  configurationId: string;
  shardingSpec: readonly ShardingSpecProto[];
  pipelineStage: number;
}>;
export type ShardingSpecProto = Optional<{
  tensorName: string;
  device: readonly Int64[];
  indexToDeviceGroupMap: readonly IntIntListEntryProto[];
  shardedDim: readonly ShardedDimProto[];
}>;
export type ShardedDimProto = Optional<{ axis: Int64; simpleSharding: readonly SimpleShardedDimProto[] }>;
export type SimpleShardedDimProto = Optional<{ dimValue: Int64; dimParam: string; numShards: Int64 }>;
export type IntIntListEntryProto = Optional<{ key: Int64; value: readonly Int64[] }>;

/** Field specification: [number, type] and, for a list, "repeated". Keys must be those of the message's type. */
type Specification<T> = {
  readonly [K in keyof Required<T>]: readonly [number, Scalar | MessageTable, "repeated"?];
};

function table(name: string): MessageTable {
  return { name, fields: [], byNumber: new Map() };
}
/** Messages refer to each other in circles: tables are made first, and filled then. */
function fill<T>(target: MessageTable, specification: Specification<T>): void {
  for (const [name, [number, type, repeated]] of Object.entries(specification) as [
    string,
    [number, Scalar | MessageTable, "repeated"?],
  ][]) {
    const field: Field = { number, name, type, repeated: repeated === "repeated" };
    target.fields.push(field);
    target.byNumber.set(number, field);
  }
}

export const modelTable: MessageTable = table("ModelProto");
const operatorSetId = table("OperatorSetIdProto");
const entry = table("StringStringEntryProto");
const trainingInfo = table("TrainingInfoProto");
const functionProto = table("FunctionProto");
const graph = table("GraphProto");
const node = table("NodeProto");
const attribute = table("AttributeProto");
const tensor = table("TensorProto");
const segment = table("TensorProto.Segment");
const sparseTensor = table("SparseTensorProto");
const valueInfo = table("ValueInfoProto");
const type = table("TypeProto");
const tensorType = table("TypeProto.Tensor");
const elementType = table("TypeProto.Sequence");
const mapType = table("TypeProto.Map");
const opaqueType = table("TypeProto.Opaque");
const shape = table("TensorShapeProto");
const dimension = table("TensorShapeProto.Dimension");
const annotation = table("TensorAnnotation");
const device = table("DeviceConfigurationProto");
const nodeDevice = table("NodeDeviceConfigurationProto");
const sharding = table("ShardingSpecProto");
const shardedDim = table("ShardedDimProto");
const simpleSharded = table("SimpleShardedDimProto");
const intIntList = table("IntIntListEntryProto");

fill<ModelProto>(modelTable, {
  irVersion: [1, "int64"],
  producerName: [2, "string"],
  producerVersion: [3, "string"],
  domain: [4, "string"],
  modelVersion: [5, "int64"],
  docString: [6, "string"],
  graph: [7, graph],
  opsetImport: [8, operatorSetId, "repeated"],
  metadataProps: [14, entry, "repeated"],
  trainingInfo: [20, trainingInfo, "repeated"],
  functions: [25, functionProto, "repeated"],
  configuration: [26, device, "repeated"],
});
fill<OperatorSetIdProto>(operatorSetId, { domain: [1, "string"], version: [2, "int64"] });
fill<StringStringEntryProto>(entry, { key: [1, "string"], value: [2, "string"] });
fill<TrainingInfoProto>(trainingInfo, {
  initialization: [1, graph],
  algorithm: [2, graph],
  initializationBinding: [3, entry, "repeated"],
  updateBinding: [4, entry, "repeated"],
});
fill<FunctionProto>(functionProto, {
  name: [1, "string"],
  input: [4, "string", "repeated"],
  output: [5, "string", "repeated"],
  attribute: [6, "string", "repeated"],
  node: [7, node, "repeated"],
  docString: [8, "string"],
  opsetImport: [9, operatorSetId, "repeated"],
  domain: [10, "string"],
  attributeProto: [11, attribute, "repeated"],
  valueInfo: [12, valueInfo, "repeated"],
  overload: [13, "string"],
  metadataProps: [14, entry, "repeated"],
});
fill<GraphProto>(graph, {
  node: [1, node, "repeated"],
  name: [2, "string"],
  initializer: [5, tensor, "repeated"],
  docString: [10, "string"],
  input: [11, valueInfo, "repeated"],
  output: [12, valueInfo, "repeated"],
  valueInfo: [13, valueInfo, "repeated"],
  quantizationAnnotation: [14, annotation, "repeated"],
  sparseInitializer: [15, sparseTensor, "repeated"],
  metadataProps: [16, entry, "repeated"],
});
fill<NodeProto>(node, {
  input: [1, "string", "repeated"],
  output: [2, "string", "repeated"],
  name: [3, "string"],
  opType: [4, "string"],
  attribute: [5, attribute, "repeated"],
  docString: [6, "string"],
  domain: [7, "string"],
  overload: [8, "string"],
  metadataProps: [9, entry, "repeated"],
  deviceConfigurations: [10, nodeDevice, "repeated"],
});
fill<AttributeProto>(attribute, {
  name: [1, "string"],
  f: [2, "float"],
  i: [3, "int64"],
  s: [4, "bytes"],
  t: [5, tensor],
  g: [6, graph],
  floats: [7, "float", "repeated"],
  ints: [8, "int64", "repeated"],
  strings: [9, "bytes", "repeated"],
  tensors: [10, tensor, "repeated"],
  graphs: [11, graph, "repeated"],
  docString: [13, "string"],
  tp: [14, type],
  typeProtos: [15, type, "repeated"],
  type: [20, "int32"],
  refAttrName: [21, "string"],
  sparseTensor: [22, sparseTensor],
  sparseTensors: [23, sparseTensor, "repeated"],
});
fill<TensorProto>(tensor, {
  dims: [1, "int64", "repeated"],
  dataType: [2, "int32"],
  segment: [3, segment],
  floatData: [4, "float", "repeated"],
  int32Data: [5, "int32", "repeated"],
  stringData: [6, "bytes", "repeated"],
  int64Data: [7, "int64", "repeated"],
  name: [8, "string"],
  rawData: [9, "bytes"],
  doubleData: [10, "double", "repeated"],
  uint64Data: [11, "uint64", "repeated"],
  docString: [12, "string"],
  externalData: [13, entry, "repeated"],
  dataLocation: [14, "int32"],
  metadataProps: [16, entry, "repeated"],
});
fill<SegmentProto>(segment, { begin: [1, "int64"], end: [2, "int64"] });
fill<SparseTensorProto>(sparseTensor, {
  values: [1, tensor],
  indices: [2, tensor],
  dims: [3, "int64", "repeated"],
});
fill<ValueInfoProto>(valueInfo, {
  name: [1, "string"],
  type: [2, type],
  docString: [3, "string"],
  metadataProps: [4, entry, "repeated"],
});
fill<TypeProto>(type, {
  tensorType: [1, tensorType],
  sequenceType: [4, elementType],
  mapType: [5, mapType],
  denotation: [6, "string"],
  opaqueType: [7, opaqueType],
  sparseTensorType: [8, tensorType],
  optionalType: [9, elementType],
});
fill<TensorTypeProto>(tensorType, { elemType: [1, "int32"], shape: [2, shape] });
fill<ElementTypeProto>(elementType, { elemType: [1, type] });
fill<MapTypeProto>(mapType, { keyType: [1, "int32"], valueType: [2, type] });
fill<OpaqueTypeProto>(opaqueType, { domain: [1, "string"], name: [2, "string"] });
fill<TensorShapeProto>(shape, { dim: [1, dimension, "repeated"] });
fill<DimensionProto>(dimension, {
  dimValue: [1, "int64"],
  dimParam: [2, "string"],
  denotation: [3, "string"],
});
fill<TensorAnnotation>(annotation, {
  tensorName: [1, "string"],
  quantParameterTensorNames: [2, entry, "repeated"],
});
fill<DeviceConfigurationProto>(device, {
  name: [1, "string"],
  numDevices: [2, "int32"],
  device: [3, "string", "repeated"],
});
fill<NodeDeviceConfigurationProto>(nodeDevice, {
  configurationId: [1, "string"],
  shardingSpec: [2, sharding, "repeated"],
  pipelineStage: [3, "int32"],
});
fill<ShardingSpecProto>(sharding, {
  tensorName: [1, "string"],
  device: [2, "int64", "repeated"],
  indexToDeviceGroupMap: [3, intIntList, "repeated"],
  shardedDim: [4, shardedDim, "repeated"],
});
fill<ShardedDimProto>(shardedDim, { axis: [1, "int64"], simpleSharding: [2, simpleSharded, "repeated"] });
fill<SimpleShardedDimProto>(simpleSharded, {
  dimValue: [1, "int64"],
  dimParam: [2, "string"],
  numShards: [3, "int64"],
});
fill<IntIntListEntryProto>(intIntList, { key: [1, "int64"], value: [2, "int64", "repeated"] });

export function decodeModel(bytes: Uint8Array, limits: WireLimits): ModelProto {
  return decodeMessage(modelTable, bytes, limits);
}
/** Metadata and opsets only: the graph is skipped unread. */
export function decodeModelHead(bytes: Uint8Array, limits: WireLimits): ModelProto {
  return decodeSome(modelTable, ["irVersion", "producerName", "opsetImport", "metadataProps"], bytes, limits);
}
export function encodeModel(proto: ModelProto): Uint8Array {
  return encodeMessage(modelTable, proto);
}
/** One tensor in a file of its own, as the ONNX test vectors have them. */
export function decodeTensor(bytes: Uint8Array, limits: WireLimits): TensorProto {
  return decodeMessage(tensor, bytes, limits);
}
