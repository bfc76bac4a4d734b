/**
 * Averages of independent trees: random forest, extremely randomised trees, and the single decision tree.
 *
 * All grow on the boosting kernels: with the mean as score, gradient sums are the sums of residuals and the best
 * split by them is the best by variance, which for a class's 0/1 indicator is the best by Gini impurity. More than
 * two classes get one tree a class. The bootstrap draws each row 0, 1, 2 … times by a Poisson law keyed by the row's
 * identity. Source: Breiman 2001; Geurts, Ernst & Wehenkel 2006; Oza & Russell 2001 (Poisson bootstrap).
 */
import {
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
  rowUniform,
} from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { clip, concat, div, reduceSum, sub, type Value } from "../../graph/index.ts";
import { computeGradients, Kernels, quantiseGradients } from "../../kernels/index.ts";
import { type Estimator, type FitContext, type Fitted, type TrainingSet, usableRows } from "../index.ts";
import { binMatrix, defaultBinOptions, usefulThreads } from "./bin-matrix.ts";
import { powerBelow } from "./boost.ts";
import { emitTrees } from "./emit.ts";
import { TreeGrower } from "./grow.ts";
import { importanceOf, sumTrees, type Tree } from "./tree.ts";

const shared = {
  maxDepth: {
    type: "integer",
    default: 0,
    min: 0,
    max: 1000,
    meaning: "most questions from root to leaf, 0 for no limit",
  },
  minGain: { type: "number", default: 0, min: 0, max: Infinity, meaning: "least gain of a split" },
  maxBins: { type: "integer", default: 255, min: 2, max: 255, meaning: "most bins of a feature" },
} as const satisfies ParameterTable;

/** Parameters of `randomForest`. */
export const randomForestParameters = {
  trees: { type: "integer", default: 100, min: 1, max: 10_000, scale: "log", meaning: "number of trees" },
  maxLeaves: {
    type: "integer",
    default: 4096,
    min: 2,
    max: 65_536,
    scale: "log",
    meaning: "most leaves of a tree",
  },
  minRowsInLeaf: {
    type: "integer",
    default: 2,
    min: 1,
    max: 1e9,
    scale: "log",
    search: [2, 50],
    meaning: "fewest rows of a leaf",
  },
  featureShare: {
    type: "number",
    default: 0,
    min: 0,
    max: 1,
    search: [0.1, 1],
    meaning:
      "share of the features tried at a node; 0 is the square root of their number for classes, and for numbers a third, or all with random thresholds",
  },
  bootstrap: { type: "boolean", default: true, meaning: "whether each tree draws its rows with replacement" },
  ...shared,
} as const satisfies ParameterTable;

/** Parameters of `extraTrees`. */
export const extraTreesParameters = {
  ...randomForestParameters,
  bootstrap: {
    type: "boolean",
    default: false,
    meaning: "whether each tree draws its rows with replacement",
  },
} as const satisfies ParameterTable;

/** Parameters of `decisionTree`. */
export const decisionTreeParameters = {
  maxLeaves: {
    type: "integer",
    default: 31,
    min: 2,
    max: 65_536,
    scale: "log",
    search: [4, 256],
    meaning: "most leaves",
  },
  minRowsInLeaf: {
    type: "integer",
    default: 10,
    min: 1,
    max: 1e9,
    scale: "log",
    search: [2, 200],
    meaning: "fewest rows of a leaf",
  },
  ...shared,
} as const satisfies ParameterTable;

interface ForestSetting extends ParameterValues<typeof randomForestParameters> {
  readonly randomThresholds: boolean;
}

/** A random forest: trees on bootstrap samples, each node trying a few features. */
export function randomForest(
  parameters: Partial<ParameterValues<typeof randomForestParameters>> = {},
): Estimator {
  const resolved = resolveParameters("randomForest", randomForestParameters, parameters);
  return estimator("randomForest", resolved, { ...resolved, randomThresholds: false });
}

/** Extremely randomised trees: all rows, and one random threshold for each feature tried. */
export function extraTrees(
  parameters: Partial<ParameterValues<typeof extraTreesParameters>> = {},
): Estimator {
  const resolved = resolveParameters("extraTrees", extraTreesParameters, parameters);
  return estimator("extraTrees", resolved, { ...resolved, randomThresholds: true });
}

/** One tree, grown best leaf first. */
export function decisionTree(
  parameters: Partial<ParameterValues<typeof decisionTreeParameters>> = {},
): Estimator {
  const resolved = resolveParameters("decisionTree", decisionTreeParameters, parameters);
  return estimator("decisionTree", resolved, {
    ...resolved,
    trees: 1,
    featureShare: 1,
    bootstrap: false,
    randomThresholds: false,
  });
}

function estimator(
  family: string,
  parameters: ParameterValues<ParameterTable>,
  setting: ForestSetting,
): Estimator {
  return {
    family,
    parameters,
    tasks: ["regression", "classification"],
    sparse: true,
    async fit(rows, context) {
      const kernels = new Kernels(usefulThreads(rows.x, context.threads));
      try {
        return await fitForest(family, kernels, rows, context, setting);
      } finally {
        await kernels.close();
      }
    },
  };
}

async function fitForest(
  family: string,
  kernels: Kernels,
  given: TrainingSet,
  context: FitContext,
  setting: ForestSetting,
): Promise<Fitted> {
  const { x, y, weight, rowIds } = usableRows(family, given);
  const seed = context.random.child(family).integer(2 ** 31);
  const { memory } = kernels;
  const n = x.rowCount;
  const p = x.features.length;
  const data = binMatrix(kernels, x, { ...defaultBinOptions, maxBins: setting.maxBins, seed }, rowIds);
  const outputs = y.kind === "classification" && y.classCount > 2 ? y.classCount : 1;
  const share =
    setting.featureShare === 0
      ? y.kind === "classification"
        ? Math.sqrt(p) / p
        : setting.randomThresholds
          ? 1
          : 1 / 3
      : setting.featureShare;
  const featuresPerNode = Math.max(1, Math.round(share * p));
  const grower = new TreeGrower(data, n, {
    maxLeaves: setting.maxLeaves,
    maxDepth: setting.maxDepth,
    minRowsInLeaf: setting.minRowsInLeaf,
    minHessian: 0,
    minGain: setting.minGain,
    l1: 0,
    l2: 0,
    categorySmooth: 1,
    categoryL2: 0,
    maxCategoriesInSplit: 255,
    maxOneHotCategories: 2,
    minRowsInCategory: 1,
    minRowsInCategoryGroup: 0,
    featuresPerNode: featuresPerNode < p ? featuresPerNode : 0,
    randomThresholds: setting.randomThresholds,
    monotone: undefined,
  });
  const [targets, scores, weights, pairs] = [8, 8, 8, 8].map((bytes) => memory.take(bytes * n)) as [
    number,
    number,
    number,
    number,
  ];
  const args = memory.take(64);
  const chunks = Math.ceil(n / 4096);
  const sums = memory.take(16 * chunks);
  const bases = Array.from({ length: outputs }, (_, k) => {
    let sum = 0;
    let total = 0;
    for (let i = 0; i < n; i++) {
      const w = weight?.[i] ?? 1;
      sum += w * indicator(y, i, k, outputs);
      total += w;
    }
    return Math.fround(sum / total);
  });
  const features = new Uint32Array(p).map((_, j) => j);
  const trees: Tree[] = [];
  for (let t = 0; t < setting.trees; t++) {
    if (context.signal?.aborted)
      throw new MillwrightError(
        "CANCELLED",
        `${family} was stopped after ${t} of ${setting.trees} trees.`,
        "Run it again.",
      );
    const treeSeed = (seed + Math.imul(t, 0x632be5ab)) | 0;
    const drawn = memory.f64(weights, n);
    const list = memory.u32(grower.rows, n);
    let active = 0;
    for (let i = 0; i < n; i++) {
      const times = setting.bootstrap ? poisson(rowUniform(treeSeed, rowIds[i]!)) : 1;
      drawn[i] = (weight?.[i] ?? 1) * times;
      if (times > 0) list[active++] = i;
    }
    if (active === 0) for (; active < n; active++) drawn[active] = weight?.[active] ?? 1;
    for (let k = 0; k < outputs; k++) {
      let place = 0;
      for (let i = 0; i < n; i++) if (drawn[i]! > 0) list[place++] = i;
      const target = memory.f64(targets, n);
      for (let i = 0; i < n; i++) target[i] = indicator(y, i, k, outputs);
      memory.f64(scores, n).fill(bases[k]!);
      computeGradients(kernels, args, {
        objective: "squared",
        scores,
        targets,
        weights,
        pairs,
        count: n,
        classes: 1,
        stride: n,
        sums,
      });
      const both = memory.f64(sums, 2 * chunks);
      let g = 0;
      let h = 0;
      for (let i = 0; i < chunks; i++) {
        g += both[2 * i]!;
        h += both[2 * i + 1]!;
      }
      const gScale = powerBelow((2 ** 31 - 1 - n) / g);
      const hScale = powerBelow((2 ** 32 - 1 - n) / h);
      quantiseGradients(kernels, args, pairs, n, gScale, hScale);
      const { tree } = grower.grow({
        activeCount: active,
        passiveCount: 0,
        gradients: pairs,
        gScale,
        hScale,
        features,
        shrinkage: 1 / setting.trees,
        output: k,
        seed: treeSeed + k,
      });
      trees.push(tree);
    }
    if (t % 4 === 3) {
      context.onProgress?.({ stage: `fit ${family}`, done: t + 1, total: setting.trees });
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return fittedForest(family, trees, bases, y.kind === "regression", p);
}

/** The number itself; or 1 where the row is of class k (of class 1 where there are two). */
function indicator(y: TrainingSet["y"], row: number, k: number, outputs: number): number {
  if (y.kind === "regression") return y.values[row]!;
  return y.codes[row] === (outputs === 1 ? 1 : k) ? 1 : 0;
}

/** A Poisson number of mean 1 from a uniform one. */
function poisson(uniform: number): number {
  let count = 0;
  let term = Math.exp(-1);
  for (let left = uniform - term; left >= 0 && count < 12; left -= term) {
    count++;
    term /= count;
  }
  return count;
}

function fittedForest(
  family: string,
  trees: readonly Tree[],
  base: readonly number[],
  isNumber: boolean,
  featureCount: number,
): Fitted {
  const outputs = base.length;
  return {
    family,
    importance: importanceOf(trees, featureCount),
    summary: { trees: trees.length, leaves: trees.reduce((sum, tree) => sum + tree.values.length, 0) },
    emit(x: Value): Value {
      const sums = emitTrees(trees, base, x);
      if (isNumber) return sums;
      const inside = clip(sums, 0, 1);
      if (outputs === 1) return concat([sub(1, inside), inside], 1);
      // A class never quite vanishes, so that the shares can be divided by their sum.
      const shares = clip(sums, 1e-9, 1);
      return div(shares, reduceSum(shares, { axes: [1], keepDims: true }));
    },
    reference(x: Matrix): Float64Array {
      const sums = sumTrees(trees, base, x);
      if (isNumber) return sums;
      const answer = new Float64Array(x.rowCount * Math.max(2, outputs));
      for (let i = 0; i < x.rowCount; i++) {
        if (outputs === 1) {
          const p = Math.min(1, Math.max(0, sums[i]!));
          answer[2 * i] = 1 - p;
          answer[2 * i + 1] = p;
          continue;
        }
        let total = 0;
        for (let k = 0; k < outputs; k++) total += Math.min(1, Math.max(1e-9, sums[i * outputs + k]!));
        for (let k = 0; k < outputs; k++) {
          answer[i * outputs + k] = Math.min(1, Math.max(1e-9, sums[i * outputs + k]!)) / total;
        }
      }
      return answer;
    },
  };
}
