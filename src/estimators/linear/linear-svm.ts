/**
 * Linear support vector classification: Σ w hinge(margin) + ½ l2 ‖b‖², constants not penalised; the hinge is
 * max(0, 1 − margin)², or its root.
 *
 * The optimum of the square is scikit-learn's LinearSVC with C = 1 / l2 (but for its penalty on the constant),
 * by Newton's method, on sparse rows by descent in the dual; of the hinge itself it is SVC with a linear kernel, by an
 * interior point. Several classes
 * are each told from the rest. Probabilities come from scores of rows that were left out, in 5 folds, by
 * Platt scaling. Left to itself it takes the l2 of least cross-validated squared hinge. With `bayesSmoothing` each feature
 * is first multiplied by what naive Bayes makes of it for the class (NBSVM), so that the penalty falls least on words that
 * tell most. Source: Keerthi & DeCoste 2005, JMLR 6; Chang, Hsieh & Lin 2008, JMLR 9; Wang & Manning 2012, ACL.
 */
import {
  assert,
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
} from "../../core/index.ts";
import { joinRows, type Matrix, type SparseRows } from "../../features/index.ts";
import { add, clip, concat, constant, div, mul, neg, reduceSum, sigmoid } from "../../graph/index.ts";
import {
  type Estimator,
  type FitContext,
  type Fitted,
  plattScale,
  requireFiniteNumbers,
  take,
  takeRows,
  type TrainingSet,
  type UsableRows,
  usableRows,
  stratifiedFolds,
} from "../index.ts";
import { type Affine, affineReference, emitAffine } from "./affine.ts";
import { blockProducts } from "./block-products.ts";
import { fitScores, scoreParameters } from "./fit-scores.ts";
import { minimisePinball } from "./interior-point.ts";
import { presentClasses, spreadClasses } from "./logistic.ts";
import { requireClasses, requirePairs } from "./require.ts";
import { onFeatures, penaltyFactors, rowBlocks } from "./row-blocks.ts";
import { squaredHinge } from "./score-loss.ts";
import { fitSparseSvm } from "./sparse-svm.ts";

export const linearSvmParameters = {
  loss: {
    type: "choice",
    default: "squaredHinge",
    choices: ["squaredHinge", "hinge"],
    meaning:
      "how rows within the margin, or beyond it on the wrong side, count: by the square, or by the distance",
  },
  l2: {
    type: "number",
    default: 0,
    min: 0,
    max: Infinity,
    scale: "log",
    meaning:
      "strength of the penalty ½ l2 ‖b‖² against the summed loss (1 / C elsewhere); 0 chooses it by cross-validation",
  },
  bayesSmoothing: {
    type: "number",
    default: 0,
    min: 0,
    max: 1e6,
    meaning:
      "for words and other counts: above 0 each feature is multiplied, for each class, by the logarithm of its share in the class over that in the others (NBSVM), its count in both taken as this much larger; a feature that is below 0 in some row stays as it is, and one of like sums in both is all but left out",
  },
  ...scoreParameters,
} as const satisfies ParameterTable;

type Parameters = ParameterValues<typeof linearSvmParameters>;

export interface LinearSvmFitted extends Fitted {
  /** Per unit of the given features: one row for two classes (the second against the first), else one a class with rows. */
  readonly coefficients: readonly Float64Array[];
  readonly intercepts: Float64Array;
}

export interface LinearSvmEstimator extends Estimator {
  fit(rows: TrainingSet, context: FitContext): Promise<LinearSvmFitted>;
}

/**
 * Linear support vector classification.
 *
 * @throws MillwrightError `PARAMETER_CONFLICT` for `bayesSmoothing` with the hinge or with `standardize`; from `fit`: as
 *   `logistic`; `DATA_TOO_MANY_COLUMNS` for the hinge.
 */
export function linearSvm(parameters: Partial<Parameters> = {}): LinearSvmEstimator {
  const resolved = resolveParameters("linearSvm", linearSvmParameters, parameters);
  if (resolved.bayesSmoothing > 0 && (resolved.standardize || resolved.loss === "hinge")) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `linearSvm has a bayesSmoothing of ${resolved.bayesSmoothing}, which sets the scale of each feature for the squared hinge, and ${resolved.standardize ? "standardize sets another" : "its loss is the hinge"}.`,
      `Leave out ${resolved.standardize ? "standardize" : "loss"}, or bayesSmoothing.`,
    );
  }
  return {
    family: "linearSvm",
    parameters: resolved,
    tasks: ["classification"],
    ...(resolved.loss === "squaredHinge" && { sparse: true }),
    async fit(rows, context) {
      const usable = usableRows("linearSvm", rows);
      const y = requireClasses("linearSvm", usable.y);
      if (resolved.loss === "hinge") requirePairs("linearSvm", usable.x);
      const { codes, present } = presentClasses(y.codes, y.classCount);
      const count = present.length === 2 ? 1 : present.length;
      const scorers: Scorer[] = [];
      let given = resolved;
      for (let k = 0; k < count; k++) {
        const hit = Uint8Array.from(codes, (code) => Number(code === (count === 1 ? 1 : k)));
        const scorer = await scorerOf(usable, hit, given, context);
        // The classes share one strength, chosen on the first.
        given = { ...given, l2: scorer.l2 };
        scorers.push(scorer);
      }
      return fittedSvm(scorers, present, y.classCount);
    },
  };
}

function sparseOf(x: Matrix): SparseRows {
  // A category has no columns to read.
  requireFiniteNumbers("linearSvm", x);
  return joinRows([x.columns], x.rowCount);
}

/** One class against the rest: a linear score, and the sigmoid that makes it a probability. */
interface Scorer extends Separator {
  readonly slope: number;
  readonly shift: number;
}

interface Separator {
  readonly coefficients: Float64Array;
  readonly mean: Float64Array;
  /** Score at the mean. */
  readonly offset: number;
  /** Slopes per standard deviation, by size. */
  readonly sizes: Float64Array;
  readonly l2: number;
  readonly converged: boolean;
}

async function scorerOf(
  usable: UsableRows,
  hit: Uint8Array,
  parameters: Parameters,
  context: FitContext,
): Promise<Scorer> {
  const sparse = usable.x.sparse ?? (parameters.bayesSmoothing > 0 ? sparseOf(usable.x) : undefined);
  if (sparse !== undefined && parameters.loss === "squaredHinge") {
    const { random, signal } = context;
    const { leftOut, ...found } = await fitSparseSvm(usable, sparse, hit, { ...parameters, random, signal });
    return { ...found, ...plattScale(leftOut, hit, usable.weight ?? new Float64Array(hit.length).fill(1)) };
  }
  const whole = await separate(usable, hit, parameters, context);
  const given = { ...parameters, l2: whole.l2 };
  const folds = stratifiedFolds(hit, usable.rowIds, context.random.child("platt").integer(2 ** 32));
  const scores = new Float64Array(hit.length);
  if (folds === undefined) scores.set(affineReference(affineOf([whole]), usable.x));
  else {
    for (const fold of new Set(folds)) {
      const places = (inside: boolean): Uint32Array =>
        Uint32Array.from(folds.keys()).filter((i) => (folds[i] !== fold) === inside);
      const train = places(true);
      const rest = places(false);
      const part: UsableRows = {
        x: takeRows(usable.x, train),
        y: usable.y,
        weight: usable.weight && take(usable.weight, train),
        rowIds: take(usable.rowIds, train),
        totalWeight: train.length,
      };
      const without = await separate(
        part,
        Uint8Array.from(train, (i) => hit[i]!),
        given,
        context,
      );
      const answers = affineReference(affineOf([without]), takeRows(usable.x, rest));
      rest.forEach((i, at) => {
        scores[i] = answers[at]!;
      });
    }
  }
  return { ...whole, ...plattScale(scores, hit, usable.weight ?? new Float64Array(hit.length).fill(1)) };
}

async function separate(
  { x: given, weight, rowIds }: UsableRows,
  hit: Uint8Array,
  parameters: Parameters,
  context: FitContext,
): Promise<Separator> {
  const target = Float64Array.from(hit);
  const hinge = parameters.loss === "hinge";
  // The hinge is solved on dense blocks, whatever the matrix is kept as.
  const x: Matrix = hinge
    ? { rowCount: given.rowCount, features: given.features, columns: given.columns }
    : given;
  const rows = { x, target, loss: squaredHinge, weight, rowIds };
  // The squared hinge also chooses the strength for the other, of which it need only be near.
  const rough = hinge && parameters.l2 === 0 ? { ...parameters, tolerance: 1e-4 } : parameters;
  const found =
    hinge && parameters.l2 > 0
      ? { l2: parameters.l2, blocks: rowBlocks("linearSvm", x, target, 1, weight), minimum: undefined }
      : await fitScores("linearSvm", rows, rough, context);
  const { blocks, l2 } = found;
  let v = found.minimum?.v;
  let converged = found.minimum?.converged ?? false;
  if (hinge) {
    assert(!("rows" in blocks), "the hinge is solved on dense blocks");
    const sign = target.map((one) => 2 * one - 1);
    const products = blockProducts(blocks, context.threads);
    try {
      const signed = {
        ...products,
        scores: (at: Float64Array) => products.scores(at).map((s, i) => s * sign[i]!),
        sums: (d: Float64Array) => products.sums(d.map((one, i) => one * sign[i]!)),
      };
      const solved = await minimisePinball(
        {
          products: signed,
          y: new Float64Array(hit.length).fill(1),
          weight: weight ?? new Float64Array(hit.length).fill(1),
          level: 1,
          penalty: new Float64Array(blocks.q),
          ridge: penaltyFactors(blocks, parameters.standardize).map((c) => c * l2),
        },
        {
          maxIter: parameters.maxIter,
          tolerance: Math.max(parameters.tolerance, 1e-9),
          signal: context.signal,
        },
      );
      v = solved.v;
      converged = solved.converged;
    } finally {
      await products.release();
    }
  }
  const sizes = new Float64Array(blocks.mean.length);
  blocks.used.forEach((j, a) => {
    sizes[j] = Math.abs(v![a]!);
  });
  return {
    coefficients: onFeatures(v!, blocks).coefficients[0]!,
    mean: blocks.mean,
    offset: v![blocks.q - 1]!,
    sizes,
    l2,
    converged,
  };
}

function affineOf(separators: readonly Separator[]): Affine {
  return {
    coefficients: separators.map((one) => one.coefficients),
    mean: separators[0]!.mean,
    offset: Float64Array.from(separators, (one) => one.offset),
  };
}

/** Log-odds are kept within it, so that every class keeps a probability above 0. */
const largestOdds = 30;

function fittedSvm(
  scorers: readonly Scorer[],
  present: readonly number[],
  classCount: number,
): LinearSvmFitted {
  const affine = affineOf(scorers);
  const count = scorers.length;
  const row = (of: (scorer: Scorer) => number) =>
    constant({ dtype: "float64", shape: [1, count], data: Float64Array.from(scorers, of) });
  return {
    family: "linearSvm",
    coefficients: affine.coefficients,
    intercepts: Float64Array.from(scorers, ({ coefficients, mean, offset }) =>
      coefficients.reduce((sum, b, j) => sum - b * mean[j]!, offset),
    ),
    emit(x) {
      const stretched = add(
        mul(
          emitAffine(affine, x),
          row(({ slope }) => slope),
        ),
        row(({ shift }) => shift),
      );
      const odds = clip(stretched, -largestOdds, largestOdds);
      const each = count === 1 ? concat([sigmoid(neg(odds)), sigmoid(odds)], 1) : sigmoid(odds);
      const p = count === 1 ? each : div(each, reduceSum(each, { axes: [1], keepDims: true }));
      return spreadClasses(p, present, classCount);
    },
    reference(x) {
      const scores = affineReference(affine, x);
      const out = new Float64Array(x.rowCount * classCount);
      for (let i = 0; i < x.rowCount; i++) {
        const p = scorers.map(({ slope, shift }, k) => {
          const odds = Math.max(-largestOdds, Math.min(largestOdds, slope * scores[i * count + k]! + shift));
          return 1 / (1 + Math.exp(-odds));
        });
        if (count === 1) p.unshift(1 - p[0]!);
        const total = p.reduce((sum, one) => sum + one, 0);
        present.forEach((k, at) => {
          out[i * classCount + k] = count === 1 ? p[at]! : p[at]! / total;
        });
      }
      return out;
    },
    importance: affine.mean.map((_, j) => scorers.reduce((sum, { sizes }) => sum + sizes[j]! / count, 0)),
    summary: {
      features: affine.mean.length,
      l2: scorers[0]!.l2,
      converged: scorers.every((scorer) => scorer.converged),
    },
  };
}
