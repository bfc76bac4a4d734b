export { boosting, type BoostingParameters } from "./boosting.ts";
export {
  decisionTree,
  decisionTreeParameters,
  extraTrees,
  extraTreesParameters,
  randomForest,
  randomForestParameters,
} from "./forest.ts";
export { boostingParameters } from "./parameters.ts";
