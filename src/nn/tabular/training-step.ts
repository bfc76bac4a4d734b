/**
 * The training step as one graph: code, forward pass, loss, gradients, AdamW. Its batch has a fixed
 * number of rows; rows that fill up the last one have weight 0.
 */
import type { Tensor } from "../../core/index.ts";
import {
  gradient,
  graph,
  type Graph,
  input,
  mul,
  reduceLogSumExp,
  reduceSum,
  sub,
  type Value,
} from "../../graph/index.ts";
import { createTrainState, type TrainState } from "../../runtime/index.ts";
import { adamw, type AdamwOptions } from "./adamw.ts";
import { type Encoding, emitCode } from "./encoding.ts";
import {
  biasName,
  forward,
  type Layer,
  layerInputs,
  layerTensors,
  type Sizes,
  weightName,
} from "./network.ts";

export interface StepPlan {
  readonly encoding: Encoding;
  readonly sizes: Sizes;
  readonly kind: "regression" | "classification";
  readonly batchSize: number;
  /** Whether masks are fed. */
  readonly dropout: boolean;
  readonly optimiser: AdamwOptions;
}

const maskName = (k: number): string => `mask${k}`;
const slotNames = ["first", "second"] as const;

/**
 * Inputs: x [batch, u], y [batch, outputs] (standardised number or one-hot class), weight [batch, 1] that sums to
 * one over the batch, rate, keep, masks, and the state. Output besides the next state: loss.
 */
export function stepGraph({ encoding, sizes, kind, batchSize, dropout, optimiser }: StepPlan): {
  readonly graph: Graph;
  readonly next: Record<string, string>;
} {
  const outputs = sizes.at(-1)!;
  const x = input("x", "float32", [batchSize, encoding.used.length]);
  const y = input("y", "float32", [batchSize, outputs]);
  const weight = input("weight", "float32", [batchSize, 1]);
  const rate = input("rate", "float32", []);
  const keep = input("keep", "float32", []);
  const masks = dropout
    ? sizes.slice(1, -1).map((size, k) => input(maskName(k), "float32", [batchSize, size]))
    : [];
  const layers = layerInputs(sizes);
  const scores = forward(layers, emitCode(encoding, x), masks);
  const loss = reduceSum(mul(weight, lossOfRows(kind, scores, y)));
  const parameters = layers.flatMap(({ weight: w, bias }) => [w, bias]);
  const names = layers.flatMap((_, k) => [weightName(k), biasName(k)]);
  const gradients = gradient(loss, parameters);
  const inputs: Value[] = [x, y, weight, rate, keep, ...masks];
  const results: Record<string, Value> = { loss };
  const next: Record<string, string> = {};
  parameters.forEach((parameter, i) => {
    const name = names[i]!;
    const [first, second] = slotNames.map((slot) => input(`${name}.${slot}`, "float32", parameter.shape)) as [
      Value,
      Value,
    ];
    const isWeight = i % 2 === 0;
    const after = adamw(
      { parameter, first, second },
      gradients[i]!,
      rate,
      isWeight ? keep : undefined,
      optimiser,
    );
    inputs.push(parameter, first, second);
    for (const [from, to] of [
      [name, after.parameter],
      [`${name}.first`, after.first],
      [`${name}.second`, after.second],
    ] as const) {
      next[from] = `${from}/next`;
      results[`${from}/next`] = to;
    }
  });
  return { graph: graph({ inputs, outputs: results }), next };
}

/** Half the squared error, or the log loss, of each row. [batch, 1]. */
export function lossOfRows(kind: StepPlan["kind"], scores: Value, y: Value): Value {
  if (kind === "regression") {
    const error = sub(scores, y);
    return mul(mul(error, error), 0.5);
  }
  const total = reduceLogSumExp(scores, { axes: [1], keepDims: true });
  return sub(total, reduceSum(mul(scores, y), { axes: [1], keepDims: true }));
}

/** Compiles the step and loads its first state. One thread: the same bits every time. */
export async function createStep(
  plan: StepPlan,
  layers: readonly Layer<Float32Array>[],
): Promise<TrainState> {
  const { graph: step, next } = stepGraph(plan);
  const initial: Record<string, Tensor> = layerTensors(plan.sizes, layers);
  for (const [name, tensor] of Object.entries(initial)) {
    for (const slot of slotNames) {
      initial[`${name}.${slot}`] = { ...tensor, data: new Float32Array(tensor.data.length) };
    }
  }
  return createTrainState(step, { next, initial, threads: 1 });
}

/** The weights as they are now. */
export function currentLayers(state: TrainState, sizes: Sizes): Layer<Float32Array>[] {
  return sizes.slice(1).map((_, k) => ({
    weight: state.get(weightName(k)).data as Float32Array,
    bias: state.get(biasName(k)).data as Float32Array,
  }));
}
