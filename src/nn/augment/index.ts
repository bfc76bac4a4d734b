export { addNoise, changeSpeed, gain, shiftTime } from "./samples.ts";
export { inTurn, type Range, sometimes } from "./sequence.ts";
export { maskFrequency, type MaskOptions, maskTime, tilt, warp, type WarpOptions } from "./spectrogram.ts";
export { augmentation, type Augmentation, inPlace, rowRandom } from "./augmentation.ts";
export { cutmix, type Mix, type MixedRows, mixing, mixRows, mixup } from "./mix.ts";
export type { Medium, SampleData, Step } from "./step.ts";
export * as augment from "./steps.ts";
