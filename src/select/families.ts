/**
 * Every family that selection can race, by name: its maker, the style of features it wants,
 * and how simple its answer is to explain (the smaller the simpler; ties are named together).
 */
import { MillwrightError, nearest, type ParameterTable } from "../core/index.ts";
import { constantBaseline } from "../estimators/baseline/index.ts";
import {
  complementNaiveBayes,
  multinomialNaiveBayes,
  naiveBayes,
  naiveBayesParameters,
} from "../estimators/bayes/index.ts";
import { type Estimator, requireLossDomain } from "../estimators/index.ts";
import { isotonic } from "../estimators/isotonic/index.ts";
import {
  elasticNet,
  gamma,
  huber,
  lasso,
  linear,
  linearSvm,
  logistic,
  ordinalLogistic,
  poisson,
  quantile,
  ridge,
  tweedie,
} from "../estimators/linear/index.ts";
import { nearestNeighbors, nearestNeighborsParameters } from "../estimators/neighbors/index.ts";
import { svm, svmParameters } from "../estimators/svm/index.ts";
import {
  boosting,
  boostingParameters,
  decisionTree,
  decisionTreeParameters,
  extraTrees,
  extraTreesParameters,
  randomForest,
  randomForestParameters,
} from "../estimators/trees/index.ts";
import type { PlanStyle } from "../features/index.ts";
import { mlp, mlpParameters, textNet } from "../nn/index.ts";

/** Parameters of a candidate, plain JSON so that they can cross to a worker process and into the file. */
export type FamilyParameters = Readonly<Record<string, number | string | boolean>>;

export interface Family {
  readonly make: (parameters: FamilyParameters) => Estimator;
  readonly style: PlanStyle;
  /** Whether a power of each number stands beside it: it won on all 15 tables of `bench/linear-features.ts`. */
  readonly powers?: boolean;
  readonly simplicity: number;
  /** Whether it is a network: a run ends with what the best of these gains over the best of the others. */
  readonly network?: boolean;
  /** What it is, in words for a report. */
  readonly title: string;
  /** Its parameters, where a search may draw some of them. */
  readonly searched?: ParameterTable;
  /** Most rows that one fit may have, where the model carries them. */
  readonly maxRows?: number;
  /** Whether it is a function of one number, so that the table must have one column. */
  readonly oneNumber?: boolean;
  /** @throws MillwrightError `DATA_BAD_VALUE` for a number that it cannot learn. */
  readonly requireTarget?: (values: Float64Array) => void;
}

/** A family of numbers whose mean is the exponential of a score. */
function logLink(name: "poisson" | "gamma" | "tweedie", make: Family["make"]): Family {
  const fix = "Choose ridge or huber, which take any number.";
  return {
    make,
    style: "linear",
    simplicity: 1,
    title: `${name === "poisson" ? "Poisson" : name === "tweedie" ? "Tweedie" : name} regression`,
    requireTarget: (values) => requireLossDomain(`The family ${name}`, name, values, fix),
  };
}

const families = {
  baseline: {
    make: () => constantBaseline(),
    style: "naive",
    simplicity: 0,
    title: "doing nothing: the mean or the class shares",
  },
  linear: {
    make: (p) => linear(p),
    style: "linear",
    powers: true,
    simplicity: 1,
    title: "linear regression",
  },
  ridge: {
    make: (p) => ridge(p),
    style: "linear",
    powers: true,
    simplicity: 1,
    title: "ridge regression",
  },
  elasticNet: { make: (p) => elasticNet(p), style: "linear", simplicity: 1, title: "elastic net" },
  linearSvm: {
    make: (p) => linearSvm(p),
    style: "sparse",
    simplicity: 1,
    title: "linear support vector machine",
  },
  lasso: { make: (p) => lasso(p), style: "linear", simplicity: 1, title: "lasso" },
  logistic: {
    make: (p) => logistic(p),
    style: "linear",
    powers: true,
    simplicity: 1,
    title: "logistic regression",
  },
  ordinalLogistic: {
    make: (p) => ordinalLogistic(p),
    style: "linear",
    simplicity: 1,
    title: "ordinal logistic regression (proportional odds)",
  },
  poisson: logLink("poisson", (p) => poisson(p)),
  gamma: logLink("gamma", (p) => gamma(p)),
  tweedie: logLink("tweedie", (p) => tweedie(p)),
  huber: { make: (p) => huber(p), style: "linear", simplicity: 1, title: "Huber regression" },
  quantile: { make: (p) => quantile(p), style: "linear", simplicity: 1, title: "quantile regression" },
  isotonic: {
    make: (p) => isotonic(p),
    style: "trees",
    simplicity: 1,
    title: "isotonic regression",
    oneNumber: true,
  },
  naiveBayes: {
    make: (p) => naiveBayes(p),
    style: "naive",
    simplicity: 1,
    title: "naive Bayes",
    searched: naiveBayesParameters,
  },
  multinomialNaiveBayes: {
    make: (p) => multinomialNaiveBayes(p),
    style: "counts",
    simplicity: 1,
    title: "multinomial naive Bayes",
  },
  complementNaiveBayes: {
    make: (p) => complementNaiveBayes(p),
    style: "counts",
    simplicity: 1,
    title: "complement naive Bayes",
  },
  nearestNeighbors: {
    make: (p) => nearestNeighbors(p),
    style: "linear",
    simplicity: 2,
    title: "nearest neighbours",
    searched: nearestNeighborsParameters,
    maxRows: nearestNeighborsParameters.maxRows.default,
  },
  svm: {
    make: (p) => svm(p),
    style: "linear",
    simplicity: 2,
    title: "support vector machine",
    searched: svmParameters,
    maxRows: svmParameters.maxRows.default,
  },
  tree: {
    make: (p) => decisionTree(p),
    style: "trees",
    simplicity: 1,
    title: "one decision tree",
    searched: decisionTreeParameters,
  },
  forest: {
    make: (p) => randomForest(p),
    style: "trees",
    simplicity: 3,
    title: "random forest",
    searched: randomForestParameters,
  },
  extraTrees: {
    make: (p) => extraTrees(p),
    style: "trees",
    simplicity: 3,
    title: "extremely randomised trees",
    searched: extraTreesParameters,
  },
  boosting: {
    make: (p) => boosting(p),
    style: "trees",
    simplicity: 3,
    title: "gradient boosting",
    searched: boostingParameters,
  },
  mlp: {
    make: (p) => mlp(p),
    style: "linear",
    simplicity: 4,
    network: true,
    title: "multilayer perceptron",
    searched: mlpParameters,
  },
  textNet: {
    make: (p) => textNet(p),
    style: "tokens",
    simplicity: 4,
    network: true,
    title: "text network",
  },
} as const satisfies Record<string, Family>;

export type FamilyName = keyof typeof families;

/** Names of all families, simplest first. */
export const familyNames = Object.keys(families) as FamilyName[];

/** A family of ours, where there is one of that name. */
export function knownFamily(name: string): Family | undefined {
  return Object.hasOwn(families, name) ? families[name as FamilyName] : undefined;
}

/** @throws MillwrightError `PARAMETER_UNKNOWN` with the nearest name. */
export function family(name: string): Family {
  const found = knownFamily(name);
  if (found !== undefined) return found;
  const guess = nearest(name, familyNames);
  throw new MillwrightError(
    "PARAMETER_UNKNOWN",
    `There is no family "${name}"${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
    `Choose from ${familyNames.join(", ")}.`,
  );
}
