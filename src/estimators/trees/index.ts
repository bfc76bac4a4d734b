export { boosting, type BoostingParameters } from "./boosting.ts";
export { boostingParameters } from "./parameters.ts";
