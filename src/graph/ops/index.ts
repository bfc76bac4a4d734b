/** The op functions. Gradient rules receive this module as their namespace. */
export {
  celu,
  clip,
  elu,
  erf,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  logSoftmax,
  mish,
  pRelu,
  relu,
  selu,
  sigmoid,
  softmax,
  softplus,
  softsign,
  tanh,
  thresholdedRelu,
} from "./activation.ts";
export {
  abs,
  acos,
  acosh,
  add,
  asin,
  asinh,
  atan,
  atanh,
  ceil,
  cos,
  cosh,
  div,
  exp,
  floor,
  log,
  max,
  mean,
  min,
  mod,
  mul,
  neg,
  pow,
  reciprocal,
  round,
  sign,
  sin,
  sinh,
  sqrt,
  sub,
  sum,
  tan,
} from "./arithmetic.ts";
export {
  and,
  equal,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  not,
  or,
  xor,
} from "./comparison.ts";
export { dropout, type DropoutOptions } from "./dropout.ts";
export { einsum } from "./einsum.ts";
export {
  conv,
  convTranspose,
} from "./convolution.ts";
export {
  onesLike,
  positions,
  zerosLike,
  zerosWith,
} from "./filling.ts";
export {
  constantOfShape,
  gather,
  gatherElements,
  gatherND,
  range,
  scatterElements,
  scatterND,
  slice,
  tile,
} from "./indexing.ts";
export {
  gemm,
  matMul,
} from "./linear.ts";
export { pad } from "./padding.ts";
export {
  averagePool,
  globalAveragePool,
  globalLpPool,
  globalMaxPool,
  lpPool,
  maxPool,
} from "./pooling.ts";
export {
  batchNormalization,
  batchNormalizationInTraining,
  groupNormalization,
  instanceNormalization,
  layerNormalization,
  type LayerNormalizationOptions,
  lpNormalization,
  type LpNormalizationOptions,
  type NormalizationOptions,
  rmsNormalization,
  writtenBatchNormalization,
} from "./normalization.ts";
export {
  type Direction,
  gru,
  type GruOptions,
  lstm,
  type LstmOptions,
  rnn,
  type RnnOptions,
} from "./recurrent.ts";
export {
  reduceL1,
  reduceL2,
  reduceLogSum,
  reduceLogSumExp,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
  reduceSumSquare,
} from "./reduction.ts";
export { localResponseNormalization, type LocalResponseOptions } from "./response-normalization.ts";
export {
  depthToSpace,
  resize,
  spaceToDepth,
} from "./resizing.ts";
export { blackmanWindow, dft, hammingWindow, hannWindow, melWeightMatrix, stft } from "./spectral.ts";
export {
  argMax,
  argMin,
  cumSum,
  isInf,
  isNaN,
  nonZero,
  oneHot,
  topK,
  trilu,
  where,
} from "./selection.ts";
export {
  cast,
  concat,
  expand,
  expandLike,
  flatten,
  identity,
  reshape,
  reshapeLike,
  shapeOf,
  sizeOf,
  split,
  squeeze,
  transpose,
  unsqueeze,
} from "./shape.ts";
export {
  type LabelData,
  labelEncoder,
  type LabelEncoderOptions,
  murmurHash3,
  regexFullMatch,
  stringConcat,
  stringNormalizer,
  type StringNormalizerOptions,
  stringSplit,
  type TfIdfOptions,
  tfIdfVectorizer,
  tokenizer,
  type TokenizerOptions,
} from "./text.ts";
export {
  treeEnsemble,
  type TreeEnsembleOptions,
  treeModes,
} from "./tree.ts";
export { int64s } from "../value.ts";
export type {
  ArgOptions,
  AveragePoolOptions,
  ConvOptions,
  ConvTransposeOptions,
  DepthToSpaceOptions,
  GemmOptions,
  Operand,
  PadOptions,
  PoolOptions,
  ReduceOptions,
  Reduction,
  ResizeOptions,
  ScatterOptions,
  Sizes,
  WindowOptions,
} from "../types.ts";
