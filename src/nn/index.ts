/**
 * Networks: layers that compose, losses, optimisers, schedules, training by one ONNX graph a step; and the
 * multilayer perceptron for tables, a family like those in `estimators/`.
 */
export * from "./architectures/index.ts";
export * from "./augment/index.ts";
export * as initial from "./initialisers.ts";
export * from "./import/index.ts";
export {
  type Initialiser,
  type Layer,
  layer,
  type Precision,
  type Running,
  type Scope,
} from "./layer.ts";
export * from "./layers/index.ts";
export { loadWeights } from "./load-weights.ts";
export {
  binaryCrossEntropy,
  crossEntropy,
  type CrossEntropyOptions,
  focal,
  huber,
  type Loss,
  meanAbsoluteError,
  meanSquaredError,
  quantile,
} from "./losses.ts";
export {
  initialise,
  type InputSpec,
  network,
  type Network,
  parameterCount,
  type Weights,
} from "./network.ts";
export {
  adam,
  type AdamOptions,
  adamw,
  type Optimiser,
  rmsProp,
  type RmsPropOptions,
  sgd,
  type SgdOptions,
} from "./optimisers.ts";
export { matches } from "./paths.ts";
export { readSafetensors, type Safetensors, writeSafetensors } from "./safetensors.ts";
export {
  constantRate,
  cosine,
  oneCycle,
  plateau,
  type Schedule,
  type SchedulePoint,
  stepDown,
  warmUp,
} from "./schedules.ts";
export * from "./sequences/index.ts";
export { mlp, mlpParameters } from "./tabular/mlp.ts";
export { type Bpe, type BpeOptions, readBpe, trainBpe } from "./text/bpe.ts";
export { textNet, textNetParameters } from "./text/text-net.ts";
export * from "./training/index.ts";
