export {
  type LinearEstimator,
  type LinearFitted,
  linear,
  linearParameters,
  ridge,
  ridgeParameters,
} from "./linear.ts";
export { type LogisticEstimator, type LogisticFitted, logistic, logisticParameters } from "./logistic.ts";
export {
  elasticNet,
  elasticNetParameters,
  type ElasticNetPath,
  elasticNetPath,
  lasso,
  lassoParameters,
} from "./elastic-net.ts";
export { linearSvm, linearSvmParameters } from "./linear-svm.ts";
export { huber, huberParameters } from "./huber.ts";
export {
  ordinalLogistic,
  type OrdinalLogisticEstimator,
  type OrdinalLogisticFitted,
  ordinalLogisticParameters,
} from "./ordinal-logistic.ts";
export { quantile, quantileParameters } from "./quantile.ts";
export {
  gamma,
  gammaParameters,
  poisson,
  poissonParameters,
  tweedie,
  tweedieParameters,
} from "./log-link.ts";
export { cholesky, choleskySolve } from "./cholesky.ts";
export { linearByLoss, linearByLossParameters } from "./by-loss.ts";
