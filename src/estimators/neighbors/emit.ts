/**
 * Nearest neighbours in the graph, in blocks of training rows so that memory stays within bounds.
 *
 * ‖x‖² + ‖t‖² − 2 x·t is one product a block; rounded to whole multiples it ranks rows, and ties go to the row
 * that stands first. Weights then take distances from differences, which keeps the digits of near ones. Rows that
 * came sparse stay so: `emit-sparse.ts`.
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
import { SparseTable } from "./emit-sparse.ts";
import { type NeighborModel, samePlace } from "./model.ts";

/** Training rows a block. */
const blockRows = 2048;

export function emitNeighbors(model: NeighborModel, asked: Value): Value {
  const { rows, featureCount: p, outputs } = model;
  // A row goes first and is cut off again: TopK ends the process on a batch of no rows (ONNX Runtime 1.30).
  const x = concat([numbers(model.center, [1, p]), asked], 0);
  const at = sub(
    min(max(x, numbers(model.low, [1, p])), numbers(model.high, [1, p])),
    numbers(model.center, [1, p]),
  );
  const norm = reduceSum(mul(at, at), { axes: [1], keepDims: true });
  const { nearest, squares } =
    rows instanceof Float64Array
      ? nearestDense(model, rows, at, norm)
      : nearestSparse(model, new SparseTable(rows), at, norm);
  const own = gather(numbers(model.weight, [model.rowCount]), nearest, 0);
  const weight = model.byDistance ? mul(own, byDistance(squares())) : own;
  const answers = gather(numbers(model.answers, [model.rowCount, outputs]), nearest, 0);
  const sums = reduceSum(mul(answers, unsqueeze(weight, [2])), { axes: [1], keepDims: false });
  const mean = div(sums, reduceSum(weight, { axes: [1], keepDims: true }));
  const answer = slice(mean, [1], [Number.MAX_SAFE_INTEGER], [0]);
  return outputs === 1 ? answer : min(answer, 1);
}

/** Places of the nearest rows, [batch, neighbours], and on demand their squared distances. */
interface Nearest {
  readonly nearest: Value;
  readonly squares: () => Value;
}

function nearestDense(model: NeighborModel, rows: Float64Array, at: Value, norm: Value): Nearest {
  const { rowCount, featureCount: p, neighbors } = model;
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
    const { values, indices } = topK(keysOf(model, squares), Math.min(neighbors, size), {
      axis: 1,
      largest: false,
    });
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
  return { nearest, squares: () => squaresOf(at, gather(numbers(rows, [rowCount, p]), nearest, 0)) };
}

function nearestSparse(model: NeighborModel, table: SparseTable, at: Value, norm: Value): Nearest {
  const { neighbors } = model;
  const keys = keysOf(model, table.squares(at, norm));
  const { indices: nearest } = topK(keys, neighbors, { axis: 1, largest: false });
  return { nearest, squares: () => table.squaresTo(at, nearest, neighbors) };
}

/** Squared distances as the whole multiples that rows are ranked by. */
function keysOf({ resolution }: NeighborModel, squares: Value): Value {
  return floor(add(mul(squares, resolution), 0.5));
}

function numbers(data: Float64Array, shape: readonly number[]): Value {
  return constant({ dtype: "float64", shape, data });
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
