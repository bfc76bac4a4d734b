/**
 * Naive Bayes: each feature speaks for itself, numbers by a normal density per class, categories by
 * smoothed frequencies.
 *
 * All in logarithms. A missing value says nothing: its factor is left out, in
 * training and in the graph. A number far outside what was seen, infinity included,
 * is read as 1e8 standard deviations away, so that every answer is a
 * probability. Source: Hand & Yu 2001, Int. Stat. Review 69(3); Chan, Golub &
 * LeVeque 1983 for the two-pass variances.
 */
import {
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
} from "../../core/index.ts";
import { featureColumn, type Matrix } from "../../features/index.ts";
import { type Estimator, type UsableRows, usableRows } from "../index.ts";
import { columnMoments, varyingOf } from "./column-moments.ts";
import { fittedNaiveBayes, type NaiveBayesModel } from "./fitted.ts";

export const naiveBayesParameters = {
  smoothing: {
    type: "number",
    default: 1,
    min: 1e-10,
    max: 1e6,
    scale: "log",
    meaning: "weight added to every count of a category (Laplace)",
  },
  varianceSmoothing: {
    type: "number",
    default: 1e-9,
    min: 1e-12,
    max: 1,
    scale: "log",
    search: [0.0001, 1],
    meaning: "share of a number's whole variance that is added to its variance in each class",
  },
} as const satisfies ParameterTable;

/**
 * Naive Bayes classifier on numbers and categories.
 *
 * @throws MillwrightError from `fit`: `DATA_ONE_CLASS`; `SCHEMA_WRONG_KIND` for a number as target.
 */
export function naiveBayes(
  parameters: Partial<ParameterValues<typeof naiveBayesParameters>> = {},
): Estimator {
  const resolved = resolveParameters("naiveBayes", naiveBayesParameters, parameters);
  return {
    family: "naiveBayes",
    parameters: resolved,
    tasks: ["classification"],
    sparse: true,
    async fit(rows) {
      const usable = usableRows("naiveBayes", rows);
      if (usable.y.kind === "regression") {
        throw new MillwrightError(
          "SCHEMA_WRONG_KIND",
          `naiveBayes predicts classes, and the target is a number in ${usable.x.rowCount} rows.`,
          "Choose linear or ridge, or declare the target a category.",
        );
      }
      const { codes, classCount } = usable.y;
      const weight = usable.weight ?? new Float64Array(codes.length).fill(1);
      const classWeight = new Float64Array(classCount);
      for (let i = 0; i < codes.length; i++) classWeight[codes[i]!]! += weight[i]!;
      const present = Array.from(classWeight.keys()).filter((k) => classWeight[k]! > 0);
      const place = new Int32Array(classCount);
      present.forEach((k, at) => {
        place[k] = at;
      });
      const counted: Counted = {
        usable,
        weight,
        classes: codes.map((k) => place[k]!),
        classCount: present.length,
      };
      const model: NaiveBayesModel = {
        classCount,
        present,
        prior: Float64Array.from(present, (k) => Math.log(classWeight[k]! / usable.totalWeight)),
        ...numberFactors(counted, resolved.varianceSmoothing),
        ...categoryFactors(counted, resolved.smoothing),
      };
      return fittedNaiveBayes(model);
    },
  };
}

/** Rows with their classes renumbered over those that have any. */
interface Counted {
  readonly usable: UsableRows;
  readonly weight: Float64Array;
  readonly classes: Int32Array;
  readonly classCount: number;
}

function placesOf(x: Matrix, kind: "number" | "category"): number[] {
  return Array.from(x.features.keys()).filter((j) => x.features[j]!.kind === kind);
}

/** Means and deviations by class, in units where the whole column has mean 0 and deviation 1. */
function numberFactors({ usable: { x }, weight, classes, classCount }: Counted, smoothing: number) {
  const numbers = varyingOf(x, placesOf(x, "number"));
  const wholeOf = columnMoments(x, weight, new Int32Array(x.rowCount), 1);
  const byClassOf = columnMoments(x, weight, classes, classCount);
  const center = new Float64Array(numbers.length);
  const scale = new Float64Array(numbers.length);
  const mean = new Float64Array(classCount * numbers.length);
  const deviation = new Float64Array(classCount * numbers.length).fill(1);
  numbers.forEach((j, a) => {
    const whole = wholeOf(j);
    center[a] = whole.mean[0]!;
    scale[a] = Math.sqrt(whole.variance[0]!);
    const byClass = byClassOf(j);
    for (let k = 0; k < classCount; k++) {
      const at = k * numbers.length + a;
      // A class that has no value here knows only what all rows say.
      const seen = byClass.total[k]! > 0;
      mean[at] = seen ? (byClass.mean[k]! - center[a]) / scale[a]! : 0;
      deviation[at] = seen ? Math.sqrt(byClass.variance[k]! / whole.variance[0]! + smoothing) : 1;
    }
  });
  return { numbers, center, scale, mean, deviation };
}

/** Log frequencies of every code by class; the last row of each feature, all 0, is for a missing code. */
function categoryFactors({ usable: { x }, weight, classes, classCount }: Counted, smoothing: number) {
  const categories = placesOf(x, "category");
  const columns = categories.map((j) => featureColumn(x, j));
  const cardinality = categories.map((j, a) => codeCount(x.features[j]!.cardinality ?? 0, columns[a]!));
  const tables = columns.map((column, a) => {
    const size = cardinality[a]!;
    const counts = new Float64Array((size + 1) * classCount);
    const totals = new Float64Array(classCount);
    for (let i = 0; i < column.length; i++) {
      const code = column[i]!;
      if (!(code >= 0 && code < size)) continue;
      counts[code * classCount + classes[i]!]! += weight[i]!;
      totals[classes[i]!]! += weight[i]!;
    }
    for (let code = 0; code < size; code++) {
      for (let k = 0; k < classCount; k++) {
        const at = code * classCount + k;
        counts[at] = Math.log((counts[at]! + smoothing) / (totals[k]! + smoothing * size));
      }
    }
    return counts;
  });
  return { categories, cardinality, tables };
}

function codeCount(stated: number, column: Float32Array | Float64Array): number {
  let most = stated;
  for (const code of column) if (code >= most) most = code + 1;
  return most;
}
