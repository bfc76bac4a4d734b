/**
 * Nearest neighbours in the graph, in blocks of training rows so that memory stays within bounds.
 *
 * ‖x‖² + ‖t‖² − 2 x·t is one product a block; rounded to whole multiples it ranks rows, and ties go to the row
 * that stands first. Weights then take distances from differences, which keeps the digits of near ones.
 */
import {
  add,
  cast,
  concat,
  constant,
  div,
  expandLike,
  floor,
  gather,
  gatherElements,
  lessOrEqual,
  matMul,
  max,
  min,
  mul,
  reduceMax,
  reduceSum,
  slice,
  sqrt,
  sub,
  topK,
  unsqueeze,
  type Value,
  where,
} from "../../graph/index.ts";
import { type NeighborModel, samePlace } from "./model.ts";

/** Training rows a block. */
const blockRows = 2048;

export function emitNeighbors(model: NeighborModel, asked: Value): Value {
  const { rows, rowCount, featureCount: p, neighbors, outputs, resolution } = model;
  const numbers = (data: Float64Array, shape: readonly number[]): Value =>
    constant({ dtype: "float64", shape, data });
  // A row goes first and is cut off again: TopK ends the process on a batch of no rows (ONNX Runtime 1.30).
  const x = concat([numbers(model.center, [1, p]), asked], 0);
  const at = sub(
    min(max(x, numbers(model.low, [1, p])), numbers(model.high, [1, p])),
    numbers(model.center, [1, p]),
  );
  const norm = reduceSum(mul(at, at), { axes: [1], keepDims: true });
  const found: { values: Value; indices: Value }[] = [];
  for (let start = 0; start < rowCount; start += blockRows) {
    const size = Math.min(blockRows, rowCount - start);
    const turned = new Float64Array(p * size);
    const norms = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < p; j++) {
        const value = rows[(start + i) * p + j]!;
        turned[j * size + i] = -2 * value;
        norms[i]! += value * value;
      }
    }
    const squares = add(add(matMul(at, numbers(turned, [p, size])), numbers(norms, [1, size])), norm);
    const keys = floor(add(mul(squares, resolution), 0.5));
    const { values, indices } = topK(keys, Math.min(neighbors, size), { axis: 1, largest: false });
    const shift = constant({ dtype: "int64", shape: [1, 1], data: BigInt64Array.of(BigInt(start)) });
    found.push({ values, indices: start === 0 ? indices : add(indices, shift) });
  }
  const joined = (of: "values" | "indices"): Value =>
    found.length === 1
      ? found[0]![of]
      : concat(
          found.map((block) => block[of]),
          1,
        );
  const { indices: ranks } = topK(joined("values"), neighbors, { axis: 1, largest: false });
  const nearest = gatherElements(joined("indices"), ranks, 1);
  const rowsAt = (places: Value): Value => gather(numbers(rows, [rowCount, p]), places, 0);
  const own = gather(numbers(model.weight, [rowCount]), nearest, 0);
  const weight = model.byDistance ? mul(own, byDistance(squaresOf(at, rowsAt(nearest)))) : own;
  const answers = gather(numbers(model.answers, [rowCount, outputs]), nearest, 0);
  const sums = reduceSum(mul(answers, unsqueeze(weight, [2])), { axes: [1], keepDims: false });
  const mean = div(sums, reduceSum(weight, { axes: [1], keepDims: true }));
  const answer = slice(mean, [1], [Number.MAX_SAFE_INTEGER], [0]);
  return outputs === 1 ? answer : min(answer, 1);
}

/** From x [batch, p] to rows [batch, k, p]. */
function squaresOf(x: Value, rows: Value): Value {
  const differences = sub(unsqueeze(x, [1]), rows);
  return reduceSum(mul(differences, differences), { axes: [2], keepDims: false });
}

/** One over the distance; where a row stands in the same place, 1 for such rows and 0 for the others. */
function byDistance(squares: Value): Value {
  const same = cast(lessOrEqual(squares, samePlace), "float64");
  const inverse = div(1, sqrt(max(squares, samePlace)));
  return where(cast(expandLike(reduceMax(same, { axes: [1], keepDims: true }), same), "bool"), same, inverse);
}
