/** Fully connected layers and tables of vectors. */
import {
  add,
  cast,
  concat,
  constant,
  gather,
  gemm,
  matMul,
  reshape,
  slice,
  transpose,
  type Dim,
  type Value,
} from "../../graph/index.ts";
import { heNormal, normal, zeros } from "../initialisers.ts";
import { fixedSize, type Initialiser, type Layer, layer, requireCount, requireRank } from "../layer.ts";

export interface DenseOptions {
  /** Default true. */
  readonly bias?: boolean;
  /** Filling of the weight. Default He. */
  readonly initial?: Initialiser;
}

/**
 * x·Wᵀ + b over the last axis: [.., inputs] → [.., units].
 *
 * Parameters: `weight` [units, inputs], `bias` [units].
 */
export function dense(units: number, { bias = true, initial = heNormal }: DenseOptions = {}): Layer {
  requireCount("dense", "units", units);
  return layer("dense", (x, scope) => {
    const inputs = fixedSize(x, -1, "features");
    const weight = scope.parameter("weight", [units, inputs], initial);
    return linear(x, weight, bias ? scope.parameter("bias", [units], zeros) : undefined);
  });
}

/** x·Wᵀ + b over the last axis, as one matrix product whatever the rank. */
export function linear(x: Value, weight: Value, bias?: Value): Value {
  if (x.shape.length === 2) return gemm(x, weight, bias, { transB: true });
  const leading = x.shape.slice(0, -1);
  const back = sizesAfterBatch(leading);
  if (back === undefined) {
    const product = matMul(x, transpose(weight));
    return bias ? add(product, bias) : product;
  }
  const [units, inputs] = weight.shape as [number, number];
  return reshape(gemm(reshape(x, [-1, inputs]), weight, bias, { transB: true }), [...back, units]);
}

/**
 * A dense layer of its own for each place: [batch, places, inputs] → [batch, places, units].
 *
 * Parameters: `weight` [places, inputs, units], `bias` [places, units].
 *
 * @param options.initial - Filling of the weight. Default He, by the inputs of a place.
 */
export function denseEach(units: number, { initial }: { readonly initial?: Initialiser } = {}): Layer {
  requireCount("denseEach", "units", units);
  return layer("denseEach", (x, scope) => {
    requireRank(x, [3], "[batch, places, inputs]");
    const [places, inputs] = [fixedSize(x, 1, "places"), fixedSize(x, 2, "features")];
    const fill = initial ?? normal(Math.sqrt(2 / inputs));
    const weight = scope.parameter("weight", [places, inputs, units], fill);
    const bias = scope.parameter("bias", [places, units], zeros);
    const named = typeof x.shape[0] !== "number";
    // ONNX Runtime 1.x divides by zero where batched matrices have no rows, which ends the process: a row more, and off again.
    const some = named ? concat([x, nothing(x.dtype, [1, places, inputs])], 0) : x;
    const product = transpose(matMul(transpose(some, [1, 0, 2]), weight), [1, 0, 2]);
    return add(named ? slice(product, [0], [-1], [0]) : product, bias);
  });
}

function nothing(dtype: Value["dtype"], shape: readonly number[]): Value {
  const length = shape.reduce((a, b) => a * b, 1);
  return dtype === "float64"
    ? constant({ dtype, shape, data: new Float64Array(length) })
    : constant({ dtype: "float32", shape, data: new Float32Array(length) });
}

/** Sizes for a reshape: −1 in place of one named size; undefined where there are more. */
export function sizesAfterBatch(shape: readonly Dim[]): number[] | undefined {
  const unnamed = shape.map((size) => (typeof size === "number" ? size : -1));
  return unnamed.filter((size) => size === -1).length > 1 ? undefined : unnamed;
}

/**
 * A vector for each code: int [..] → [.., size]. Codes are 0 … count − 1.
 *
 * Parameter: `weight` [count, size], standard normal × `deviation`.
 */
export function embedding(
  count: number,
  size: number,
  { deviation = 1 }: { readonly deviation?: number } = {},
): Layer {
  requireCount("embedding", "count", count);
  requireCount("embedding", "size", size);
  return layer("embedding", (x, scope) => {
    const weight = scope.parameter("weight", [count, size], normal(deviation));
    return gather(weight, x.dtype === "int64" || x.dtype === "int32" ? x : cast(x, "int64"), 0);
  });
}
