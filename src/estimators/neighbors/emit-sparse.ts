/**
 * Distances to sparse rows in the graph: for each cell of a row, what the asked row has in its column.
 *
 * A block of rows is a rectangle of columns and values, so that one Gather and one product give x·t of all its rows,
 * and no row is ever written out in full. Weights take the distances of the nearest from differences, in a copy of
 * the asked row where the neighbour's columns hold the difference.
 */
import {
  add,
  cast,
  concat,
  constant,
  gather,
  gatherElements,
  matMul,
  min,
  mul,
  reduceSum,
  reshape,
  scatterElements,
  slice,
  squeeze,
  sub,
  transpose,
  unsqueeze,
  type Value,
} from "../../graph/index.ts";
import type { EvenRows } from "./even-rows.ts";

/** Cells of neighbours times features that are written out at a time, and most such pieces. */
const pieceCells = 2 ** 15;
const mostPieces = 64;

/** A model's sparse rows as constants, and what the graph asks of them. */
export class SparseTable {
  readonly #rows: EvenRows;
  readonly #index: Value;
  readonly #values: Value;

  constructor(rows: EvenRows) {
    this.#rows = rows;
    const dtype = rows.values instanceof Float32Array ? "float32" : "float64";
    this.#index = constant({ dtype: "int32", shape: [rows.index.length], data: rows.index });
    this.#values = constant({ dtype, shape: [rows.values.length], data: rows.values });
  }

  /** From `at` [batch, features], whose squares sum to `norm` [batch, 1], to all rows: [batch, rows]. */
  squares(at: Value, norm: Value): Value {
    const { blocks, places, values, begins, lengths } = this.#rows;
    const turned = transpose(at, [1, 0]);
    const products = blocks.map(({ start, rowCount, width }) => {
      const cells = (of: Value, shape: readonly number[]): Value =>
        reshape(slice(of, [start], [start + rowCount * width], [0]), shape);
      const found = gather(turned, cells(this.#index, [rowCount, width]), 0);
      const held = cast(cells(this.#values, [rowCount, 1, width]), "float64");
      return squeeze(matMul(held, found), [1]);
    });
    const all = products.length === 1 ? products[0]! : concat(products, 0);
    const inOrder = gather(all, constant({ dtype: "int32", shape: [places.length], data: places }), 0);
    const norms = Float64Array.from(begins, (begin, i) => {
      let sum = 0;
      for (let cell = begin; cell < begin + lengths[i]!; cell++) sum += values[cell]! ** 2;
      return sum;
    });
    const own = constant({ dtype: "float64", shape: [1, norms.length], data: norms });
    return add(add(mul(transpose(inOrder, [1, 0]), -2), own), norm);
  }

  /** From `at` to some rows each, by `nearest` [batch, count]: their squared distances, [batch, count]. */
  squaresTo(at: Value, nearest: Value, count: number): Value {
    const features = at.shape[1] as number;
    const size = Math.max(1, Math.floor(pieceCells / features), Math.ceil(count / mostPieces));
    const pieces: Value[] = [];
    for (let from = 0; from < count; from += size) {
      const to = Math.min(count, from + size);
      const rows = from === 0 && to === count ? nearest : slice(nearest, [from], [to], [1]);
      pieces.push(this.#squaresOfPiece(at, rows, to - from));
    }
    return pieces.length === 1 ? pieces[0]! : concat(pieces, 1);
  }

  #squaresOfPiece(at: Value, rows: Value, count: number): Value {
    const { begins, lengths } = this.#rows;
    const whole = (numbers: Int32Array): Value =>
      constant({
        dtype: "int64",
        shape: [numbers.length],
        data: BigInt64Array.from(numbers, (n) => BigInt(n)),
      });
    const longest = lengths.reduce((most, length) => Math.max(most, length), 1);
    const steps = reshape(whole(Int32Array.from({ length: longest }, (_, i) => i)), [1, 1, longest]);
    const of = (numbers: Int32Array): Value => unsqueeze(gather(whole(numbers), rows, 0), [2]);
    // A row that is shorter names its last cell again and again, and writes the same there.
    const cells = add(of(begins), min(steps, of(lengths.map((length) => length - 1))));
    const columns = gather(this.#index, cells, 0);
    const copies = concat(Array<Value>(count).fill(unsqueeze(at, [1])), 1);
    const differences = scatterElements(
      copies,
      columns,
      sub(gatherElements(copies, columns, 2), cast(gather(this.#values, cells, 0), "float64")),
      { axis: 2 },
    );
    return reduceSum(mul(differences, differences), { axes: [2], keepDims: false });
  }
}
