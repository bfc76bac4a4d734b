/**
 * Naive Bayes of counts: multinomial and complement, for words and other numbers that are at least 0.
 *
 * A row's score for a class is the sum of its numbers times that class's weights. Multinomial weights are the log
 * shares of each feature in the class, and the log share of the class is added; complement weights are those of all
 * other classes, negated, which holds up where classes are of unlike size. Both take weighted counts, so that TF-IDF
 * serves as well. Source: Manning, Raghavan & Schütze 2008, section 13.2; Rennie, Shih, Teevan & Karger 2003,
 * ICML; the formulas are those of scikit-learn's MultinomialNB and ComplementNB.
 *
 * Since features are not independent, scores are too sure of long rows and too unsure of rows of length 1. A
 * temperature of 0 asks for the one under which rows that are left out lose least: counts of a fold are subtracted
 * from those of all rows, so it costs two more readings.
 */
import {
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
  rowUniform,
} from "../../core/index.ts";
import { joinRows, type Matrix, type SparseRows } from "../../features/index.ts";
import { add, constant, matMul, relu, softmax, type Value } from "../../graph/index.ts";
import { type Estimator, type Fitted, requireFiniteNumbers, usableRows } from "../index.ts";
import { spreadClasses } from "./fitted.ts";

const shared = {
  smoothing: {
    type: "number",
    default: 1,
    min: 1e-10,
    max: 1e6,
    scale: "log",
    meaning: "added to the count of every feature in every class (Laplace)",
  },
  temperature: {
    type: "number",
    default: 1,
    min: 0,
    max: 1e6,
    scale: "log",
    meaning: "what scores are divided by before they are made probabilities; 0 chooses it by folds",
  },
} as const satisfies ParameterTable;

export const multinomialNaiveBayesParameters = shared;

export const complementNaiveBayesParameters = {
  ...shared,
  normalize: {
    type: "boolean",
    default: false,
    meaning: "divide the weights of a class by their sum, so that no class wins by the length of its texts",
  },
} as const satisfies ParameterTable;

/**
 * Multinomial naive Bayes on numbers of at least 0.
 *
 * @throws MillwrightError from `fit`: `DATA_BAD_VALUE` for a number below 0 or missing; `DATA_ONE_CLASS`;
 *   `SCHEMA_WRONG_KIND` for a category or for a number as target.
 */
export function multinomialNaiveBayes(
  parameters: Partial<ParameterValues<typeof multinomialNaiveBayesParameters>> = {},
): Estimator {
  const family = "multinomialNaiveBayes";
  const resolved = resolveParameters(family, multinomialNaiveBayesParameters, parameters);
  return countBayes(family, resolved, (counts, classWeight) => {
    const total = classWeight.reduce((sum, w) => sum + w, 0);
    return {
      weights: logShares(counts, resolved.smoothing, classWeight.length),
      prior: classWeight.map((w) => Math.log(w / total)),
    };
  });
}

/** Complement naive Bayes on numbers of at least 0. @throws MillwrightError from `fit`: as `multinomialNaiveBayes`. */
export function complementNaiveBayes(
  parameters: Partial<ParameterValues<typeof complementNaiveBayesParameters>> = {},
): Estimator {
  const family = "complementNaiveBayes";
  const resolved = resolveParameters(family, complementNaiveBayesParameters, parameters);
  return countBayes(family, resolved, (counts, { length: c }) => {
    const weights = logShares(countsOfOthers(counts, c), resolved.smoothing, c);
    const totals = columnSums(weights, c);
    for (let at = 0; at < weights.length; at++) {
      // Of one feature all logarithms are 0, and so is their sum.
      weights[at] = resolved.normalize ? weights[at]! / (totals[at % c]! || 1) : -weights[at]!;
    }
    return { weights, prior: new Float64Array(c) };
  });
}

/** Weights [features, classes], and what each class starts from. */
interface Scores {
  readonly weights: Float64Array;
  readonly prior: Float64Array;
}

/** @param scoresOf - From counts [features, classes] and the weight of each class. */
function countBayes(
  family: string,
  parameters: ParameterValues<typeof shared>,
  scoresOf: (counts: Float64Array, classWeight: Float64Array) => Scores,
): Estimator {
  return {
    family,
    parameters,
    tasks: ["classification"],
    sparse: true,
    async fit(rows, context) {
      const usable = usableRows(family, rows);
      if (usable.y.kind === "regression") {
        throw new MillwrightError(
          "SCHEMA_WRONG_KIND",
          `${family} predicts classes, and the target is a number in ${usable.x.rowCount} rows.`,
          "Choose linear or ridge, or declare the target a category.",
        );
      }
      const { codes, classCount } = usable.y;
      requireFiniteNumbers(family, usable.x);
      const x = sparseRows(usable.x);
      requireCounts(family, usable.x, x);
      const weight = usable.weight ?? new Float64Array(codes.length).fill(1);
      const all = new Float64Array(classCount);
      for (let i = 0; i < codes.length; i++) all[codes[i]!]! += weight[i]!;
      const present = Array.from(all.keys()).filter((k) => all[k]! > 0);
      const place = new Int32Array(classCount);
      present.forEach((k, at) => (place[k] = at));
      const classes = codes.map((k) => place[k]!);
      const classWeight = Float64Array.from(present, (k) => all[k]!);
      const counts = countsOf(x, weight, classes, present.length);
      const seed = context.random.child("temperature").integer(2 ** 32);
      const sharpness =
        parameters.temperature > 0
          ? 1 / parameters.temperature
          : chooseSharpness({ x, weight, classes, counts, rowIds: usable.rowIds, seed }, (without) =>
              scoresOf(without, classWeight),
            );
      const scores = scoresOf(counts, classWeight);
      return fittedCountBayes(family, {
        weights: scores.weights.map((v) => v * sharpness),
        prior: scores.prior.map((v) => v * sharpness),
        present,
        classCount,
        temperature: 1 / sharpness,
      });
    },
  };
}

function sparseRows(x: Matrix): SparseRows {
  return x.sparse ?? joinRows([x.columns], x.rowCount);
}

/** @throws MillwrightError `DATA_BAD_VALUE` naming the feature and row of a number below 0. */
function requireCounts(family: string, x: Matrix, { starts, index, values }: SparseRows): void {
  const at = values.findIndex((value) => value < 0);
  if (at < 0) return;
  throw new MillwrightError(
    "DATA_BAD_VALUE",
    `${family} needs numbers of at least 0, and the feature "${x.features[index[at]!]!.name}" is ${values[at]} in row ${starts.findIndex((start) => start > at) - 1}.`,
    "Map it to ranks first, with quantileTransform(), or choose naiveBayes.",
  );
}

/** Weighted sums of each feature by class. Shape [features, classes]. */
function countsOf(
  { columnCount, starts, index, values }: SparseRows,
  weight: Float64Array,
  classes: Int32Array,
  c: number,
): Float64Array {
  const counts = new Float64Array(columnCount * c);
  for (let i = 0; i + 1 < starts.length; i++)
    for (let at = starts[i]!; at < starts[i + 1]!; at++)
      counts[index[at]! * c + classes[i]!]! += weight[i]! * values[at]!;
  return counts;
}

function columnSums(table: Float64Array, c: number): Float64Array {
  const sums = new Float64Array(c);
  for (let at = 0; at < table.length; at++) sums[at % c]! += table[at]!;
  return sums;
}

/** Logarithms of smoothed shares: every class sums to 1. */
function logShares(counts: Float64Array, smoothing: number, c: number): Float64Array {
  const totals = columnSums(counts, c).map((sum) => Math.log(sum + (smoothing * counts.length) / c));
  return counts.map((count, at) => Math.log(count + smoothing) - totals[at % c]!);
}

/** What the other classes have of each feature. */
function countsOfOthers(counts: Float64Array, c: number): Float64Array {
  const others = new Float64Array(counts.length);
  for (let start = 0; start < counts.length; start += c) {
    let all = 0;
    for (let k = 0; k < c; k++) all += counts[start + k]!;
    // Rounding must not leave less than nothing.
    for (let k = 0; k < c; k++) others[start + k] = Math.max(0, all - counts[start + k]!);
  }
  return others;
}

const foldCount = 5;
/** Most and least sharpness looked at, as powers of e. */
const sharpest = 7;

interface FoldRows {
  readonly x: SparseRows;
  readonly weight: Float64Array;
  readonly classes: Int32Array;
  readonly counts: Float64Array;
  readonly rowIds: Uint32Array;
  readonly seed: number;
}

/** What scores are best multiplied by, judged on rows whose fold is taken out of the counts. */
function chooseSharpness(rows: FoldRows, scoresOf: (without: Float64Array) => Scores): number {
  const { x, weight, classes, counts, rowIds, seed } = rows;
  const n = classes.length;
  if (n < 2 * foldCount) return 1;
  const c = counts.length / x.columnCount;
  const fold = Uint8Array.from(rowIds, (id) => Math.floor(rowUniform(seed, id) * foldCount));
  const scores = new Float64Array(n * c);
  for (let f = 0; f < foldCount; f++) {
    const held = countsOf(
      x,
      weight.map((w, i) => (fold[i] === f ? w : 0)),
      classes,
      c,
    );
    // Taken away, what only these rows held must leave nothing.
    const fitted = scoresOf(counts.map((count, at) => Math.max(0, count - held[at]!)));
    for (let i = 0; i < n; i++) if (fold[i] === f) scores.set(scoreRow(fitted, x, i), i * c);
  }
  const loss = (power: number): number => {
    const sharpness = Math.exp(power);
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const row = scores.subarray(i * c, (i + 1) * c);
      let top = -Infinity;
      for (let k = 0; k < c; k++) top = Math.max(top, row[k]!);
      let total = 0;
      for (let k = 0; k < c; k++) total += Math.exp(sharpness * (row[k]! - top));
      sum += weight[i]! * (Math.log(total) - sharpness * (row[classes[i]!]! - top));
    }
    return sum;
  };
  return Math.exp(leastOf(loss, -sharpest, sharpest));
}

/** Where a function with one valley is least, within 1e-4, by golden sections. */
function leastOf(f: (at: number) => number, from: number, to: number): number {
  const share = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  let [a, b] = [high - share * (high - low), low + share * (high - low)];
  let [fa, fb] = [f(a), f(b)];
  while (high - low > 1e-4) {
    if (fa <= fb) {
      [high, b, fb] = [b, a, fa];
      a = high - share * (high - low);
      fa = f(a);
    } else {
      [low, a, fa] = [a, b, fb];
      b = low + share * (high - low);
      fb = f(b);
    }
  }
  return (low + high) / 2;
}

/** A number below 0, which no row of training has, is read as 0. */
function scoreRow(
  { weights, prior }: Scores,
  { starts, index, values }: SparseRows,
  i: number,
): Float64Array {
  const c = prior.length;
  const score = prior.slice();
  for (let at = starts[i]!; at < starts[i + 1]!; at++) {
    const value = Math.max(0, values[at]!);
    for (let k = 0; k < c; k++) score[k]! += value * weights[index[at]! * c + k]!;
  }
  return score;
}

interface CountBayesModel extends Scores {
  /** Classes with rows; the others have probability 0. */
  readonly present: readonly number[];
  readonly classCount: number;
  readonly temperature: number;
}

function fittedCountBayes(family: string, model: CountBayesModel): Fitted {
  const { weights, prior, present, classCount, temperature } = model;
  const c = present.length;
  const table = (data: Float64Array, rows: number): Value =>
    constant({ dtype: "float64", shape: [rows, c], data });
  return {
    family,
    emit(x) {
      const scores = add(matMul(relu(x), table(weights, weights.length / c)), table(prior, 1));
      return spreadClasses(softmax(scores, 1), present, classCount);
    },
    reference(x) {
      const rows = sparseRows(x);
      const out = new Float64Array(x.rowCount * classCount);
      for (let i = 0; i < x.rowCount; i++) {
        const score = scoreRow(model, rows, i);
        const top = score.reduce((most, s) => Math.max(most, s), -Infinity);
        const e = score.map((s) => Math.exp(s - top));
        const total = e.reduce((sum, v) => sum + v, 0);
        present.forEach((k, at) => {
          out[i * classCount + k] = e[at]! / total;
        });
      }
      return out;
    },
    summary: { classes: c, features: weights.length / c, temperature },
  };
}
