import { expect, test } from "vitest";
import { evaluate } from "../../test/evaluate.ts";
import { constant, type Value } from "../graph/index.ts";
import * as nn from "./index.ts";

const scores = [
  [0.3, -1.2, 2],
  [1.5, 0.1, -0.4],
];
const single = [[0.3], [-1.2], [40], [-40]];
const yes = [1, 0, 1, 1];
const matrix = (rows: readonly (readonly number[])[]): Value =>
  constant({ dtype: "float64", shape: [rows.length, rows[0]!.length], data: Float64Array.from(rows.flat()) });
const column = (values: readonly number[]): Value => matrix(values.map((value) => [value]));
const codes = (...values: number[]): Value =>
  constant({ dtype: "int64", shape: [values.length], data: BigInt64Array.from(values, BigInt) });

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const logShare = (row: readonly number[], code: number): number =>
  row[code]! - Math.log(sum(row.map((score) => Math.exp(score))));
/** −log p of a yes, or of a no, without loss: log(1 + e^−s). */
const surprise = (score: number, truth: number): number => {
  const against = truth === 1 ? -score : score;
  return Math.max(against, 0) + Math.log1p(Math.exp(-Math.abs(against)));
};
const share = (score: number): number => 1 / (1 + Math.exp(-score));
const pinball = (quantiles: readonly number[], row: readonly number[], y: number): number =>
  sum(quantiles.map((q, i) => Math.max(q * (y - row[i]!), (q - 1) * (y - row[i]!)))) / quantiles.length;
const weights = [1, 2, 0.5];
const numbers = [0.2, -3, 0.5, 2];
const errors = numbers.map((y, i) => single[i]![0]! - y);

test.each<[string, nn.Loss, Value, Value, readonly number[]]>([
  [
    "cross entropy",
    nn.crossEntropy(),
    matrix(scores),
    codes(2, 1),
    [-logShare(scores[0]!, 2), -logShare(scores[1]!, 1)],
  ],
  [
    "with class weights",
    nn.crossEntropy({ classWeights: weights }),
    matrix(scores),
    codes(2, 1),
    [-0.5 * logShare(scores[0]!, 2), -2 * logShare(scores[1]!, 1)],
  ],
  [
    "with smoothed labels",
    nn.crossEntropy({ labelSmoothing: 0.3 }),
    matrix(scores),
    codes(2, 1),
    [2, 1].map(
      (code, i) =>
        -sum([0, 1, 2].map((other) => ((other === code ? 0.7 : 0) + 0.1) * logShare(scores[i]!, other))),
    ),
  ],
  [
    "of shares",
    nn.crossEntropy({ soft: true }),
    matrix(scores),
    matrix([
      [0.2, 0.3, 0.5],
      [1, 0, 0],
    ]),
    [-sum([0.2, 0.3, 0.5].map((part, code) => part * logShare(scores[0]!, code))), -logShare(scores[1]!, 0)],
  ],
  [
    "binary cross entropy",
    nn.binaryCrossEntropy(),
    matrix(single),
    column(yes),
    yes.map((truth, i) => surprise(single[i]![0]!, truth)),
  ],
  [
    "with a weight of the positives",
    nn.binaryCrossEntropy({ positiveWeight: 3 }),
    matrix(single),
    column(yes),
    yes.map((truth, i) => (truth === 1 ? 3 : 1) * surprise(single[i]![0]!, truth)),
  ],
  [
    "focal loss",
    nn.focal({ gamma: 1.5, alpha: 0.3 }),
    matrix(single),
    column(yes),
    yes.map((truth, i) => {
      const p = share(single[i]![0]!);
      return (truth === 1 ? 0.3 * (1 - p) ** 1.5 : 0.7 * p ** 1.5) * surprise(single[i]![0]!, truth);
    }),
  ],
  [
    "squared error",
    nn.meanSquaredError(),
    matrix(single),
    column(numbers),
    errors.map((error) => error ** 2),
  ],
  ["absolute error", nn.meanAbsoluteError(), matrix(single), column(numbers), errors.map(Math.abs)],
  [
    "Huber's",
    nn.huber(0.5),
    matrix(single),
    column(numbers),
    errors.map((error) => (Math.abs(error) < 0.5 ? error ** 2 / 2 : 0.5 * (Math.abs(error) - 0.25))),
  ],
  [
    "of several numbers, the mean",
    nn.meanSquaredError(),
    matrix(scores),
    matrix([
      [0, 0, 0],
      [1, 1, 1],
    ]),
    [sum(scores[0]!.map((s) => s ** 2)) / 3, sum(scores[1]!.map((s) => (s - 1) ** 2)) / 3],
  ],
  [
    "quantiles",
    nn.quantile([0.1, 0.5, 0.9]),
    matrix(scores),
    column([0.5, 0]),
    [pinball([0.1, 0.5, 0.9], scores[0]!, 0.5), pinball([0.1, 0.5, 0.9], scores[1]!, 0)],
  ],
])("the loss of each row is that of the formula (1e-12): %s", async (_, loss, given, target, wanted) => {
  const [rows] = await evaluate(loss.rows(given, target));
  expect(rows!.shape).toEqual([wanted.length]);
  wanted.forEach((value, i) => expect(Number(rows!.data[i])).toBeCloseTo(value, 12));
});
