/** A multilayer perceptron: its weights, and the graph from code to scores in either precision. */
import type { Random, Tensor } from "../../core/index.ts";
import { add, constant, input, matMul, mul, relu, type Value } from "../../graph/index.ts";

/** One dense layer: [inputs, outputs] and [1, outputs]. */
export interface Layer<T> {
  readonly weight: T;
  readonly bias: T;
}

/** Sizes from the code to the scores: [width, hidden, …, outputs]. */
export type Sizes = readonly number[];

/** Names of the state tensors of layer k. */
export const weightName = (k: number): string => `layer${k}.weight`;
export const biasName = (k: number): string => `layer${k}.bias`;

/**
 * Starting weights: normal with variance 2 / inputs (He et al. 2015), the last layer 0, so that
 * training starts from the constant answer.
 */
export function initialLayers(sizes: Sizes, random: Random): Layer<Float32Array>[] {
  return sizes.slice(1).map((outputs, k) => {
    const inputs = sizes[k]!;
    const last = k === sizes.length - 2;
    const deviation = last ? 0 : Math.sqrt(2 / inputs);
    return {
      weight: Float32Array.from({ length: inputs * outputs }, () => deviation * random.normal()),
      bias: new Float32Array(outputs),
    };
  });
}

/** The weights as float32 inputs of a graph. */
export function layerInputs(sizes: Sizes): Layer<Value>[] {
  return sizes.slice(1).map((outputs, k) => ({
    weight: input(weightName(k), "float32", [sizes[k]!, outputs]),
    bias: input(biasName(k), "float32", [1, outputs]),
  }));
}

/** The weights by name, as the runtime takes them. */
export function layerTensors(sizes: Sizes, layers: readonly Layer<Float32Array>[]): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  layers.forEach(({ weight, bias }, k) => {
    tensors[weightName(k)] = { dtype: "float32", shape: [sizes[k]!, sizes[k + 1]!], data: weight };
    tensors[biasName(k)] = { dtype: "float32", shape: [1, sizes[k + 1]!], data: bias };
  });
  return tensors;
}

/**
 * Scores of a code.
 *
 * @param masks - One per hidden layer, multiplied in after its activation: dropout in training.
 */
export function forward(layers: readonly Layer<Value>[], code: Value, masks: readonly Value[] = []): Value {
  return layers.reduce((x, { weight, bias }, k) => {
    const s = add(matMul(x, weight), bias);
    if (k === layers.length - 1) return s;
    const mask = masks[k];
    return mask === undefined ? relu(s) : mul(relu(s), mask);
  }, code);
}

/** Trained weights as float64 constants. */
export function layerConstants(sizes: Sizes, layers: readonly Layer<Float32Array>[]): Layer<Value>[] {
  return layers.map(({ weight, bias }, k) => ({
    weight: constant({
      dtype: "float64",
      shape: [sizes[k]!, sizes[k + 1]!],
      data: Float64Array.from(weight),
    }),
    bias: constant({ dtype: "float64", shape: [1, sizes[k + 1]!], data: Float64Array.from(bias) }),
  }));
}

/** Scores of one row by hand, in float64. */
export function forwardReference(
  sizes: Sizes,
  layers: readonly Layer<Float32Array>[],
  code: Float64Array,
): Float64Array {
  return layers.reduce((x, { weight, bias }, k) => {
    const outputs = sizes[k + 1]!;
    const s = Float64Array.from(bias);
    for (let i = 0; i < x.length; i++) {
      for (let j = 0; j < outputs; j++) s[j]! += x[i]! * weight[i * outputs + j]!;
    }
    return k === layers.length - 1 ? s : s.map((v) => Math.max(0, v));
  }, code);
}
