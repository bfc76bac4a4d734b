export { bootstrapInterval, type BootstrapOptions, type ScoreInterval } from "./bootstrap.ts";
export {
  comparePaired,
  correctedResampledT,
  type PairedComparison,
  type ResampledComparison,
} from "./compare.ts";
export { type DelongComparison, delong } from "./delong.ts";
export { normalCdf, normalQuantile, studentQuantile, studentTwoSided } from "./distributions.ts";
