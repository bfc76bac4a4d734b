/** Every family of models, one line each: what it takes, and which laws it cannot keep and why. */
import { constantBaseline, constantBaselineParameters } from "../../src/estimators/baseline/index.ts";
import {
  complementNaiveBayes,
  complementNaiveBayesParameters,
  multinomialNaiveBayes,
  multinomialNaiveBayesParameters,
  naiveBayes,
  naiveBayesParameters,
} from "../../src/estimators/bayes/index.ts";
import { isotonic, isotonicParameters } from "../../src/estimators/isotonic/index.ts";
import {
  elasticNet,
  elasticNetParameters,
  gamma,
  gammaParameters,
  huber,
  huberParameters,
  lasso,
  lassoParameters,
  linear,
  linearParameters,
  linearSvm,
  linearSvmParameters,
  logistic,
  logisticParameters,
  ordinalLogistic,
  ordinalLogisticParameters,
  poisson,
  poissonParameters,
  quantile,
  quantileParameters,
  ridge,
  ridgeParameters,
  tweedie,
  tweedieParameters,
} from "../../src/estimators/linear/index.ts";
import { ordered } from "../../src/estimators/ordinal/index.ts";
import { nearestNeighbors, nearestNeighborsParameters } from "../../src/estimators/neighbors/index.ts";
import {
  boosting,
  boostingParameters,
  decisionTree,
  decisionTreeParameters,
  extraTrees,
  extraTreesParameters,
  randomForest,
  randomForestParameters,
} from "../../src/estimators/trees/index.ts";
import { svm, svmParameters } from "../../src/estimators/svm/index.ts";
import { mlp, mlpParameters, textNet, textNetParameters } from "../../src/nn/index.ts";
import { describe, test } from "vitest";
import type { ParameterTable } from "../../src/core/index.ts";
import type { Estimator } from "../../src/estimators/index.ts";
import { familyConformance, type FamilyConformanceOptions } from "../../src/testing/index.ts";

interface Member extends Omit<FamilyConformanceOptions, "parameters"> {
  readonly name: string;
  readonly make: (parameters?: Record<string, never>) => Estimator;
  readonly table: ParameterTable;
  readonly light?: Readonly<Record<string, unknown>>;
}

const chosenByFolds =
  "the strength is chosen on folds of rows, and a row of weight 2 is in one of them, two rows in two";
const tree: Pick<Member, "takes" | "exceptions"> = {
  takes: { missing: true, categories: true, infinity: true },
  exceptions: {
    "a row of weight 2 counts as two": "leaves and bins have a least number of rows, whatever their weight",
  },
};
const members: readonly Member[] = [
  {
    name: "constantBaseline",
    make: constantBaseline,
    table: constantBaselineParameters,
    takes: { missing: true, categories: true, infinity: true },
    exceptions: {
      "learns something": "it is the yardstick of that",
      "one class is an error": "a share of 1 is an answer",
      "useless columns do no harm": "the law asks for less error than its own",
    },
  },
  { name: "linear", make: linear, table: linearParameters },
  { name: "ridge", make: ridge, table: ridgeParameters, light: { l2: 3 } },
  {
    name: "ridge of its own choice",
    make: ridge,
    table: ridgeParameters,
    exceptions: {
      "a row of weight 2 counts as two": "leaving out a row of weight 2 leaves out both",
    },
  },
  { name: "elasticNet", make: elasticNet, table: elasticNetParameters, light: { lambda: 0.01 } },
  {
    name: "elasticNet of its own choice",
    make: elasticNet,
    table: elasticNetParameters,
    exceptions: { "a row of weight 2 counts as two": chosenByFolds },
  },
  {
    name: "linearSvm",
    make: linearSvm,
    table: linearSvmParameters,
    light: { l2: 1 },
    // Sparse rows are learnt by descent in the dual, which ends elsewhere within the tolerance.
    sumTolerance: 1e-6,
    exceptions: {
      "a row of weight 2 counts as two":
        "probabilities come from folds, and a row of weight 2 is in one of them",
    },
  },
  {
    name: "linearSvm with naive Bayes' ratios",
    make: linearSvm,
    table: linearSvmParameters,
    light: { l2: 1, bayesSmoothing: 0.1 },
    sumTolerance: 1e-6,
    takes: { atLeastZero: true },
    exceptions: {
      "a row of weight 2 counts as two":
        "probabilities come from folds, and a row of weight 2 is in one of them",
    },
  },
  {
    name: "linearSvm by the hinge",
    make: linearSvm,
    table: linearSvmParameters,
    light: { loss: "hinge" },
    sumTolerance: 1e-3,
    exceptions: { "a row of weight 2 counts as two": chosenByFolds },
  },
  { name: "lasso", make: lasso, table: lassoParameters, light: { lambda: 0.01 } },
  { name: "logistic", make: logistic, table: logisticParameters, light: { l2: 0.5 } },
  {
    name: "logistic of its own choice",
    make: logistic,
    table: logisticParameters,
    exceptions: {
      "a row of weight 2 counts as two": chosenByFolds,
      "sparse rows give the answers of dense ones":
        "whole decades of the strength are tried for sparse rows, and half ones for dense",
    },
  },
  { name: "ordinalLogistic", make: ordinalLogistic, table: ordinalLogisticParameters, light: { l2: 0.5 } },
  {
    name: "ordinalLogistic of its own choice",
    make: ordinalLogistic,
    table: ordinalLogisticParameters,
    exceptions: { "a row of weight 2 counts as two": chosenByFolds },
  },
  {
    name: "logistic for levels in order",
    make: (parameters) => ordered(logistic(parameters)),
    table: logisticParameters,
    light: { l2: 0.5 },
  },
  {
    name: "boosting for levels in order",
    make: (parameters) => ordered(boosting(parameters)),
    table: boostingParameters,
    light: { rounds: 30 },
    ...tree,
  },
  {
    name: "poisson",
    make: poisson,
    table: poissonParameters,
    light: { l2: 0.5 },
    takes: { positiveTarget: true },
  },
  {
    name: "gamma of its own choice",
    make: gamma,
    table: gammaParameters,
    takes: { positiveTarget: true },
  },
  {
    name: "tweedie",
    make: tweedie,
    table: tweedieParameters,
    light: { l2: 1 },
    takes: { positiveTarget: true },
  },
  { name: "huber", make: huber, table: huberParameters, light: { l2: 0.5 } },
  {
    name: "huber of its own choice",
    make: huber,
    table: huberParameters,
    exceptions: { "a row of weight 2 counts as two": chosenByFolds },
  },
  // The loss is known to 1e-9 of itself, and near its least the slopes move by the root of that.
  { name: "quantile", make: quantile, table: quantileParameters, light: { l1: 0.5 }, sumTolerance: 1e-4 },
  {
    name: "quantile of its own choice",
    make: quantile,
    table: quantileParameters,
    sumTolerance: 1e-4,
    exceptions: { "a row of weight 2 counts as two": chosenByFolds },
  },
  {
    name: "naiveBayes",
    make: naiveBayes,
    table: naiveBayesParameters,
    takes: { missing: true, categories: true, infinity: true },
  },
  {
    name: "multinomialNaiveBayes",
    make: multinomialNaiveBayes,
    table: multinomialNaiveBayesParameters,
    takes: { atLeastZero: true },
  },
  {
    name: "complementNaiveBayes",
    make: complementNaiveBayes,
    table: complementNaiveBayesParameters,
    takes: { atLeastZero: true },
  },
  {
    name: "complementNaiveBayes of its own temperature",
    make: complementNaiveBayes,
    table: complementNaiveBayesParameters,
    light: { temperature: 0 },
    takes: { atLeastZero: true },
    exceptions: { "a row of weight 2 counts as two": chosenByFolds.replace("strength", "temperature") },
  },
  {
    name: "isotonic",
    make: isotonic,
    table: isotonicParameters,
    takes: { oneColumn: true, missing: true, infinity: true },
    exceptions: { "useless columns do no harm": "it takes one column" },
  },
  { name: "nearestNeighbors by distance", make: nearestNeighbors, table: nearestNeighborsParameters },
  {
    name: "nearestNeighbors",
    make: nearestNeighbors,
    table: nearestNeighborsParameters,
    light: { weighting: "uniform" },
    exceptions: {
      "a row of weight 2 counts as two": "a number of rows is asked, whatever their weight",
    },
  },
  {
    name: "svm",
    make: svm,
    table: svmParameters,
    light: { c: 10, tolerance: 1e-6 },
    // Over columns of unlike size the kernel is nearly flat, and large coefficients cancel.
    graphTolerance: 1e-8,
    exceptions: {
      "a row of weight 2 counts as two":
        "probabilities come from folds, and a row of weight 2 is in one of them",
    },
  },
  {
    name: "mlp",
    make: mlp,
    table: mlpParameters,
    light: { width: 16, bins: 6, epochs: 30, learningRate: 0.01 },
    takes: { missing: true, infinity: true },
    exceptions: {
      "a row of weight 2 counts as two": "batches hold a number of rows, and shuffles go by row",
    },
  },
  {
    name: "mlp of members with embedded numbers",
    make: mlp,
    table: mlpParameters,
    light: { width: 12, bins: 6, epochs: 30, learningRate: 0.01, members: 3, embeddingSize: 4 },
    takes: { missing: true, infinity: true },
    exceptions: {
      "a row of weight 2 counts as two": "batches hold a number of rows, and shuffles go by row",
    },
  },
  {
    name: "mlp of waves",
    make: mlp,
    table: mlpParameters,
    light: { width: 12, waves: 6, epochs: 30, learningRate: 0.01 },
    takes: { missing: true, infinity: true },
    exceptions: {
      "a row of weight 2 counts as two": "batches hold a number of rows, and shuffles go by row",
    },
  },
  {
    name: "textNet on numbers alone",
    make: textNet,
    table: textNetParameters,
    light: { hidden: 16, epochs: 30, learningRate: 0.02, dropout: 0, batchSize: 16 },
    // It ships in float32.
    graphTolerance: 1e-5,
    exceptions: {
      "a row of weight 2 counts as two": "batches hold a number of rows, and shuffles go by row",
    },
  },
  { name: "boosting", make: boosting, table: boostingParameters, ...tree },
  { name: "decisionTree", make: decisionTree, table: decisionTreeParameters, ...tree },
  { name: "randomForest", make: randomForest, table: randomForestParameters, ...tree },
  { name: "extraTrees", make: extraTrees, table: extraTreesParameters, ...tree },
];

for (const { name, make, light, ...options } of members) {
  describe(name, () => {
    const checks = familyConformance(make, { ...options, ...(light && { parameters: light }) });
    for (const check of checks) test(check.name, check.run);
  });
}
