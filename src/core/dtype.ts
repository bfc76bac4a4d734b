/** Element types of tensors and graph values, named as in ONNX, with the typed array that holds each. */
export type DType = "float32" | "float64" | "int64" | "int32" | "bool" | "string" | "uint8";

/** Elements of a tensor, row-major. `bool` is one byte, 0 or 1. */
export type TensorData =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Uint8Array
  | readonly string[];

/** The array class that holds each type of number. */
export const arrayClass = {
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const satisfies Partial<Record<DType, unknown>>;

/** A constant or a fed array: elements row-major and sizes per dimension. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}
