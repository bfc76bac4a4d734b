export {
  addLeafValues,
  answerBytes,
  binValues,
  computeGradients,
  type FoundSplit,
  Grower,
  type GrowSetting,
  histogramBytes,
  objectiveCodes,
  quantiseGradients,
  type ScanOptions,
  type ScanSide,
} from "./commands.ts";
export { Kernels } from "./kernels.ts";
export { KernelMemory } from "./memory.ts";
