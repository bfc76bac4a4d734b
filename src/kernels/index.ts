export { addLeafValues, binValues, computeGradients, objectiveCodes, quantiseGradients } from "./commands.ts";
export {
  DelimitedParser,
  type Dialect,
  type FieldPlan,
  InvalidUtf8,
  type NumbersSeen,
  type RaggedRow,
} from "./delimited/delimited.ts";
export {
  type BlockBins,
  type FoundSplit,
  Grower,
  type GrowSetting,
  histogramBytes,
  type ScanOptions,
  type ScanSide,
  type SparseBins,
} from "./grower.ts";
export { kernelModule, Kernels } from "./kernels.ts";
export { KernelMemory } from "./memory.ts";
export { type Placed, UpdateArrays } from "./update/update.ts";
