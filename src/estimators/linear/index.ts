export {
  type LinearEstimator,
  type LinearFitted,
  linear,
  linearParameters,
  ridge,
  ridgeParameters,
} from "./linear.ts";
export { type LogisticEstimator, type LogisticFitted, logistic, logisticParameters } from "./logistic.ts";
export { elasticNet, elasticNetParameters } from "./elastic-net.ts";
