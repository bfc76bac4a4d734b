export { arrayClass, type DType, type Tensor, type TensorData } from "./dtype.ts";
export { awaitOwn, callOwn, ownCodeError } from "./own-code.ts";
export { assert, type ErrorCode, errorCodes, MillwrightError } from "./errors.ts";
export { sha256 } from "./hash.ts";
export { canonicalJson, type Json } from "./json.ts";
export { type Lanes, openLanes, serveLane } from "./lanes.ts";
export { nearest } from "./nearest.ts";
export {
  type BooleanParameter,
  type ChoiceParameter,
  type NumberParameter,
  type Parameter,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
} from "./parameters.ts";
export { normalQuantile } from "./normal-quantile.ts";
export { processRuns } from "./process-runs.ts";
export type { ProgressEvent, ProgressListener } from "./progress.ts";
export { quantile } from "./quantile.ts";
export { createRandom, hashString, mix32, type Random, rowUniform } from "./random.ts";
export { maxResampleFactor, resample } from "./resample.ts";
export { startWorker } from "./start-worker.ts";
export { stopAfter } from "./stop-after.ts";
