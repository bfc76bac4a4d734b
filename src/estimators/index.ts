export { type CarriedRows, carriedRows, requireRowLimit } from "./carried-rows.ts";
export { guarded } from "./guarded.ts";
export { stratifiedFolds } from "./stratified-folds.ts";
export { plattScale } from "./platt.ts";
export { requireLossDomain } from "./loss-domain.ts";
export { type PooledBlock, poolAdjacentViolators } from "./pool-adjacent.ts";
export type { Estimator, FitContext, Fitted, Target, TrainingSet } from "./estimator.ts";
export {
  ownOrder,
  requireFiniteNumbers,
  take,
  takeRows,
  takeTarget,
  type UsableRows,
  usableRows,
} from "./training-rows.ts";
export {
  answerByHand,
  bestScore,
  costOf,
  derivatives,
  emitAnswer,
  type Loss,
  targetsOfLoss,
  taskOfLoss,
} from "./own-loss.ts";
export { softmaxOf, softmaxRows } from "./softmax.ts";
export { shareWithUnseen, type UnseenClasses, unseenClasses, withUnseenClasses } from "./unseen-classes.ts";
