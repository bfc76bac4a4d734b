/** Nearest centroid: the closer a row is to the mean of a class, the more probable is the class. */
import { type Estimator, requireFiniteNumbers, softmaxRows, usableRows } from "millwright/estimators";
import { add, constant, matMul, softmax } from "millwright/graph";
export const nearestCentroid = (): Estimator => ({
  family: "nearestCentroid",
  parameters: {},
  tasks: ["classification"],
  async fit(rows) {
    const { x, y, weight } = usableRows("nearestCentroid", rows);
    requireFiniteNumbers("nearestCentroid", x);
    if (y.kind !== "classification") throw new TypeError("nearestCentroid learns classes.");
    const [k, total] = [y.classCount, new Float64Array(y.classCount)];
    y.codes.forEach((code, i) => (total[code]! += weight?.[i] ?? 1));
    const means = new Float64Array(x.columns.length * k); // [features, classes]
    for (const [i, code] of y.codes.entries())
      x.columns.forEach((c, j) => (means[j * k + code]! += ((weight?.[i] ?? 1) * c[i]!) / total[code]!));
    // A score is −|x − mean|² / 2 without |x|², which is the same for all classes.
    const bias = total.map((sum) => (sum > 0 ? 0 : -Infinity));
    means.forEach((mean, at) => (bias[at % k]! -= mean ** 2 / 2));
    const table = (data: Float64Array) => constant({ dtype: "float64", shape: [data.length / k, k], data });
    const term = (value: number, j: number, code: number) => value * means[j * k + code]!;
    return {
      family: "nearestCentroid",
      summary: { classes: k },
      emit: (v) => softmax(add(matMul(v, table(means)), table(bias))),
      reference: (m) =>
        softmaxRows(m, k, (row, code) => row.reduce((s, v, j) => s + term(v, j, code), bias[code]!)),
    };
  },
});
