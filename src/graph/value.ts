/** Leaves of the graph: inputs, constants and parameters. */
import {
  arrayClass,
  assert,
  type DType,
  MillwrightError,
  type Tensor,
  type TensorData,
} from "../core/index.ts";
import type { AnyValue, Dim, Sizes, Value } from "./types.ts";

/** Whether a value has a dtype and a rank that ops can work with. */
export function isKnown(value: AnyValue): value is Value {
  return value.shape !== undefined;
}

/**
 * A named input of the graph.
 *
 * @param name - Any text; the table path uses the column's name.
 */
export function input(name: string, dtype: DType, shape: readonly Dim[]): Value {
  checkShape(`input "${name}"`, shape);
  return { dtype, shape: [...shape], producer: { kind: "input", name }, index: 0 };
}

/** A constant. The tensor is not copied: do not change it afterwards. */
export function constant(tensor: Tensor): Value {
  checkTensor("constant", tensor);
  return { dtype: tensor.dtype, shape: tensor.shape, producer: { kind: "constant", tensor }, index: 0 };
}

/** A constant of rank 0. */
export function scalar(dtype: DType, value: number | bigint | boolean | string): Value {
  return constant({ dtype, shape: [], data: fillTensor(dtype, [value]) });
}

/** Sizes that are given as numbers, or as an int64 vector. */
export function vector(sizes: Sizes): Value {
  return Array.isArray(sizes) ? int64s(sizes as readonly number[]) : (sizes as Value);
}

/** A constant vector of int64, as shapes and axes are. */
export function int64s(values: readonly (number | bigint)[]): Value {
  return constant({ dtype: "int64", shape: [values.length], data: fillTensor("int64", values) });
}

/**
 * A trainable initialiser. Its name stays as it is in the file, so that training and import find it.
 *
 * @param name - Dotted path by convention: `encoder.0.weight`. Any characters.
 */
export function parameter(name: string, tensor: Tensor): Value {
  checkTensor(`parameter "${name}"`, tensor);
  return {
    dtype: tensor.dtype,
    shape: tensor.shape,
    producer: { kind: "parameter", name, tensor },
    index: 0,
  };
}

/** The tensor behind a constant or a parameter, else undefined. */
export function tensorOf(value: AnyValue): Tensor | undefined {
  const { producer } = value;
  return producer.kind === "constant" || producer.kind === "parameter" ? producer.tensor : undefined;
}

/** Elements of `dtype` in the array class that holds it. */
export function fillTensor(
  dtype: DType,
  values: readonly (number | bigint | boolean | string)[],
): TensorData {
  switch (dtype) {
    case "float32":
      return Float32Array.from(values, Number);
    case "float64":
      return Float64Array.from(values, Number);
    case "int64":
      return BigInt64Array.from(values, BigInt);
    case "int32":
      return Int32Array.from(values, Number);
    case "uint8":
    case "bool":
      return Uint8Array.from(values, Number);
    case "string":
      return values.map(String);
  }
}

function checkTensor(owner: string, tensor: Tensor): void {
  checkShape(owner, tensor.shape);
  const expected = tensor.shape.reduce((product, size) => product * size, 1);
  if (tensor.data.length !== expected) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `${owner} has ${tensor.data.length} elements, and its shape [${tensor.shape.join(", ")}] needs ${expected}.`,
      "Make the shape fit the data.",
    );
  }
  const right =
    tensor.dtype === "string" ? Array.isArray(tensor.data) : tensor.data instanceof arrayClass[tensor.dtype];
  if (!right) {
    throw new MillwrightError(
      "DTYPE_MISMATCH",
      `${owner} is declared ${tensor.dtype}, and its data is a ${tensor.data.constructor.name}.`,
      "Give the array class of its dtype.",
    );
  }
}

function checkShape(owner: string, shape: readonly Dim[]): void {
  for (const dim of shape) {
    if (typeof dim === "number" && !(Number.isSafeInteger(dim) && dim >= 0)) {
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `${owner} has the size ${dim} in its shape [${shape.join(", ")}].`,
        "Give whole numbers of at least 0, or a name.",
      );
    }
  }
}

/** Narrows a value that our own code made or checked. */
export function known(value: AnyValue | undefined): Value {
  assert(value !== undefined && isKnown(value), "a value of unknown type reached an op");
  return value;
}
