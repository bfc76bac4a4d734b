export * from "./activation.ts";
export * from "./compose.ts";
export { dense, denseEach, type DenseOptions, embedding } from "./dense.ts";
export {
  type AttentionOptions,
  learnedPositions,
  multiHeadAttention,
  sinusoidalPositions,
  transformerBlock,
  transformerDecoderBlock,
  type TransformerOptions,
} from "./attention.ts";
export {
  conv1d,
  conv2d,
  type ConvLayerOptions,
  depthwiseConv1d,
  depthwiseConv2d,
  globalPool,
  separableConv2d,
  squeezeExcite,
} from "./convolution.ts";
export { batchNorm, type BatchNormOptions, groupNorm, layerNorm } from "./normalisation.ts";
export { averagePool, maxPool, type PoolLayerOptions } from "./pooling.ts";
export { gru, lstm, type RecurrentOptions } from "./recurrent.ts";
export type { MelScale } from "./mel-filters.ts";
export {
  melFigures,
  type MelFigures,
  melSpectrogram,
  type MelSpectrogramOptions,
} from "./mel-spectrogram.ts";
