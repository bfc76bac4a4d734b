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
export {
  DelimitedParser,
  type Dialect,
  type FieldPlan,
  InvalidUtf8,
  type NumbersSeen,
  type RaggedRow,
} from "./delimited/delimited.ts";
export { kernelModule, Kernels } from "./kernels.ts";
export { KernelMemory } from "./memory.ts";
export { type Placed, UpdateArrays } from "./update/update.ts";
