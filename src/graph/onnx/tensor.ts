/** Tensors to and from the file. Numbers are written raw, little-endian. */
import { assert, type DType, type Tensor, type TensorData } from "../../core/index.ts";
import { dtypeOfOnnx, onnxType } from "../ops/shape.ts";
import { requireLimit } from "./limits.ts";
import type { TensorProto } from "./messages.ts";
import { type Int64, invalid } from "./protobuf.ts";

const bytesPer: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int64: 8,
  int32: 4,
  bool: 1,
  uint8: 1,
  string: 0,
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
assert(littleEndian, "big-endian machines are not supported");

export function tensorToProto(tensor: Tensor, name?: string, docString?: string): TensorProto {
  const head = { dims: tensor.shape, dataType: onnxType[tensor.dtype], name, docString };
  if (tensor.dtype === "string") {
    return { ...head, stringData: (tensor.data as readonly string[]).map((text) => encoder.encode(text)) };
  }
  const data = tensor.data as Exclude<TensorData, readonly string[]>;
  return { ...head, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/**
 * Sizes of a tensor in a file, checked.
 *
 * @throws MillwrightError `MODEL_INVALID` for a negative or huge size.
 */
export function sizesOf(dims: readonly Int64[], where: string, rankLimit: number): number[] {
  requireLimit(`dimensions in ${where}`, dims.length, rankLimit);
  return dims.map((dim) => {
    if (typeof dim === "bigint" || dim < 0) throw invalid(`${where} has the size ${dim}.`);
    return dim;
  });
}

/**
 * A tensor of the file, or undefined where its element type is not one of ours.
 *
 * Nothing is allocated by the announced size: the data must be there.
 *
 * @throws MillwrightError `MODEL_INVALID` where sizes and data disagree.
 */
export function tensorFromProto(proto: TensorProto, where: string, rankLimit: number): Tensor | undefined {
  const shape = sizesOf(proto.dims ?? [], where, rankLimit);
  const dtype = dtypeOfOnnx.get(proto.dataType ?? 0);
  if (proto.segment) throw invalid(`${where} is stored in segments, which no runtime reads.`);
  if (proto.dataLocation === 1) throw invalid(`${where} keeps its data in another file.`);
  if (!dtype) return undefined;
  const count = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
  const data = proto.rawData && dtype !== "string" ? fromRaw(proto.rawData, dtype) : fromLists(proto, dtype);
  if (data?.length !== count) {
    throw invalid(
      `${where} has the sizes [${shape.join(", ")}], and data for ${data?.length ?? 0} elements.`,
    );
  }
  return { dtype, shape, data };
}

function fromRaw(raw: Uint8Array, dtype: Exclude<DType, "string">): TensorData | undefined {
  if (raw.length % bytesPer[dtype] !== 0) return undefined;
  // Not raw.slice(): of a Node Buffer that is a view, not a copy.
  const { buffer } = new Uint8Array(raw);
  switch (dtype) {
    case "float32":
      return new Float32Array(buffer);
    case "float64":
      return new Float64Array(buffer);
    case "int64":
      return new BigInt64Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "uint8":
    case "bool":
      return new Uint8Array(buffer);
  }
}

function fromLists(proto: TensorProto, dtype: DType): TensorData {
  switch (dtype) {
    case "float32":
      return Float32Array.from(proto.floatData ?? []);
    case "float64":
      return Float64Array.from(proto.doubleData ?? []);
    case "int64":
      return BigInt64Array.from(proto.int64Data ?? [], BigInt);
    case "int32":
      return Int32Array.from(proto.int32Data ?? []);
    case "uint8":
    case "bool":
      return Uint8Array.from(proto.int32Data ?? []);
    case "string":
      return (proto.stringData ?? []).map(textOf);
  }
}

/** @throws MillwrightError `MODEL_INVALID` for bytes that are not UTF-8. */
export function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw invalid("A string of the file is not UTF-8.", cause);
  }
}
