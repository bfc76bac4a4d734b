export { augmentation, type Augmentation, inPlace, rowRandom } from "./augmentation.ts";
export type { Augment, Recipe } from "./change-rows.ts";
export { changeSamples, type ChangeSamplesOptions } from "./change-samples.ts";
export { cutmix, type Mix, type MixedRows, mixing, mixRows, mixup } from "./mix.ts";
export type { Medium, Sample, SampleData, Step } from "./step.ts";
export * as augment from "./steps.ts";
