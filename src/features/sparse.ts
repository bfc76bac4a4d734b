/**
 * Matrices of mostly zeros by their other values: compressed sparse rows (CSR).
 *
 * A family that reads `Matrix.sparse` never sees a dense column. For one that does not, `columns` are
 * made when they are first asked for.
 */
import { assert } from "../core/index.ts";
import type { Feature, Matrix, SparseRows } from "./matrix.ts";

type Column = Float32Array | Float64Array;

/** Sparse rows, or dense columns, of neighbouring features. */
export type MatrixPart = SparseRows | readonly Column[];

/** Whether a part is sparse. */
export function isSparse(part: MatrixPart): part is SparseRows {
  return "starts" in part;
}

/** Features from which on a matrix may be sparse: with fewer, products of dense blocks are faster. */
const fewestFeatures = 512;
/** Largest share of values other than zero in a sparse matrix. */
const largestShare = 0.1;

/** Whether a matrix of these parts is better kept as sparse rows. */
export function isMostlyZeros(parts: readonly MatrixPart[], rowCount: number): boolean {
  let width = 0;
  let kept = 0;
  for (const part of parts) {
    width += isSparse(part) ? part.columnCount : part.length;
    kept += isSparse(part) ? part.values.length : part.length * rowCount;
  }
  return width >= fewestFeatures && kept <= largestShare * width * rowCount;
}

/** A matrix kept as sparse rows. */
export function sparseMatrix(features: readonly Feature[], sparse: SparseRows): Matrix {
  let columns: readonly Column[] | undefined;
  assert(features.length === sparse.columnCount, "a sparse matrix has one column a feature");
  return {
    rowCount: sparse.starts.length - 1,
    features,
    sparse,
    get columns() {
      return (columns ??= denseColumns(sparse));
    },
  };
}

/** Parts side by side as one matrix: sparse where one of them is. */
export function matrixOf(
  features: readonly Feature[],
  parts: readonly MatrixPart[],
  rowCount: number,
): Matrix {
  if (parts.some(isSparse)) return sparseMatrix(features, joinRows(parts, rowCount));
  return { rowCount, features, columns: parts.flatMap((part) => part as readonly Column[]) };
}

/** Parts by the places of their columns, ascending; a part of which no column is left goes. */
export function takeColumns(parts: readonly MatrixPart[], places: readonly number[]): MatrixPart[] {
  let offset = 0;
  return parts.flatMap((part): MatrixPart[] => {
    const width = isSparse(part) ? part.columnCount : part.length;
    const from = offset;
    offset += width;
    const inside = places
      .filter((place) => place >= from && place < from + width)
      .map((place) => place - from);
    if (inside.length === 0) return [];
    return [isSparse(part) ? takeSparseColumns(part, inside) : inside.map((place) => part[place]!)];
  });
}

function takeSparseColumns(rows: SparseRows, places: readonly number[]): SparseRows {
  const placeOf = new Int32Array(rows.columnCount).fill(-1);
  places.forEach((column, place) => (placeOf[column] = place));
  const rowCount = rows.starts.length - 1;
  const starts = new Uint32Array(rowCount + 1);
  const index = new Uint32Array(rows.index.length);
  const values = rows.values.slice();
  let count = 0;
  for (let i = 0; i < rowCount; i++) {
    for (let at = rows.starts[i]!; at < rows.starts[i + 1]!; at++) {
      const place = placeOf[rows.index[at]!]!;
      if (place < 0) continue;
      index[count] = place;
      values[count++] = rows.values[at]!;
    }
    starts[i + 1] = count;
  }
  return { columnCount: places.length, starts, index: index.slice(0, count), values: values.slice(0, count) };
}

/** All columns in turn; of a sparse matrix each lies in one buffer, and is valid until the next is asked for. */
export function* columnsInTurn(x: Matrix): Generator<Column> {
  if (x.sparse === undefined) {
    yield* x.columns;
    return;
  }
  const { columnCount, starts, index, values } = x.sparse;
  const ends = new Uint32Array(columnCount + 1);
  for (const column of index) ends[column + 1]!++;
  for (let j = 0; j < columnCount; j++) ends[j + 1]! += ends[j]!;
  const begins = ends.slice();
  const rows = new Uint32Array(index.length);
  const places = new Uint32Array(index.length);
  for (let i = 0; i < x.rowCount; i++) {
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      const to = begins[index[at]!]!++;
      rows[to] = i;
      places[to] = at;
    }
  }
  const buffer = new Float64Array(x.rowCount);
  for (let j = 0; j < columnCount; j++) {
    buffer.fill(0);
    for (let at = ends[j]!; at < ends[j + 1]!; at++) buffer[rows[at]!] = values[places[at]!]!;
    yield buffer;
  }
}

/** One column of a matrix, without making the others. */
export function featureColumn(x: Matrix, feature: number): Column {
  if (x.sparse === undefined) return x.columns[feature]!;
  const { starts, index, values } = x.sparse;
  const column = new Float64Array(x.rowCount);
  for (let i = 0; i < x.rowCount; i++)
    for (let at = starts[i]!; at < starts[i + 1]!; at++) if (index[at] === feature) column[i] = values[at]!;
  return column;
}

/** Columns of sparse rows. */
export function denseColumns({ columnCount, starts, index, values }: SparseRows): Column[] {
  const rowCount = starts.length - 1;
  const wide = values instanceof Float64Array;
  const columns = Array.from({ length: columnCount }, () =>
    wide ? new Float64Array(rowCount) : new Float32Array(rowCount),
  );
  for (let i = 0; i < rowCount; i++)
    for (let at = starts[i]!; at < starts[i + 1]!; at++) columns[index[at]!]![i] = values[at]!;
  return columns;
}

/** Parts side by side as sparse rows. Nothing is copied where one sparse part is all. */
export function joinRows(parts: readonly MatrixPart[], rowCount: number): SparseRows {
  const first = parts[0];
  if (parts.length === 1 && first !== undefined && isSparse(first)) return first;
  const starts = new Uint32Array(rowCount + 1);
  for (const part of parts) {
    if (isSparse(part))
      for (let i = 0; i < rowCount; i++) starts[i + 1]! += part.starts[i + 1]! - part.starts[i]!;
    else for (const column of part) for (let i = 0; i < rowCount; i++) if (column[i] !== 0) starts[i + 1]!++;
  }
  for (let i = 0; i < rowCount; i++) starts[i + 1]! += starts[i]!;
  const narrow = parts.every((part) =>
    isSparse(part)
      ? part.values instanceof Float32Array
      : part.every((column) => column instanceof Float32Array),
  );
  const count = starts[rowCount]!;
  const index = new Uint32Array(count);
  const values = narrow ? new Float32Array(count) : new Float64Array(count);
  const next = starts.slice();
  let offset = 0;
  const put = (i: number, column: number, value: number): void => {
    const at = next[i]!++;
    index[at] = offset + column;
    values[at] = value;
  };
  for (const part of parts) {
    if (isSparse(part)) {
      for (let i = 0; i < rowCount; i++)
        for (let at = part.starts[i]!; at < part.starts[i + 1]!; at++)
          put(i, part.index[at]!, part.values[at]!);
    } else {
      part.forEach((column, j) => {
        for (let i = 0; i < rowCount; i++) if (column[i] !== 0) put(i, j, column[i]!);
      });
    }
    offset += isSparse(part) ? part.columnCount : part.length;
  }
  return { columnCount: offset, starts, index, values };
}

/** Sparse rows by row number, in the given order; a row may be taken twice. */
export function takeSparseRows(rows: SparseRows, taken: ArrayLike<number>): SparseRows {
  const starts = new Uint32Array(taken.length + 1);
  for (let i = 0; i < taken.length; i++)
    starts[i + 1] = starts[i]! + rows.starts[taken[i]! + 1]! - rows.starts[taken[i]!]!;
  const count = starts[taken.length]!;
  const index = new Uint32Array(count);
  const values = rows.values instanceof Float32Array ? new Float32Array(count) : new Float64Array(count);
  for (let i = 0; i < taken.length; i++) {
    const [from, to] = [rows.starts[taken[i]!]!, rows.starts[taken[i]! + 1]!];
    index.set(rows.index.subarray(from, to), starts[i]!);
    values.set(rows.values.subarray(from, to), starts[i]!);
  }
  return { columnCount: rows.columnCount, starts, index, values };
}

/** Rows of one matrix above those of another with the same columns. */
export function stackRows(above: SparseRows, below: SparseRows): SparseRows {
  const count = above.values.length;
  const rowCount = above.starts.length - 1;
  const starts = new Uint32Array(rowCount + below.starts.length);
  starts.set(above.starts);
  for (let i = 1; i < below.starts.length; i++) starts[rowCount + i] = count + below.starts[i]!;
  const index = new Uint32Array(count + below.index.length);
  index.set(above.index);
  index.set(below.index, count);
  const narrow = above.values instanceof Float32Array && below.values instanceof Float32Array;
  const values = narrow ? new Float32Array(index.length) : new Float64Array(index.length);
  values.set(above.values);
  values.set(below.values, count);
  return { columnCount: above.columnCount, starts, index, values };
}

/** Sparse rows that grow by dense ones. */
export class SparseBuilder {
  readonly #columnCount: number;
  readonly #starts: number[] = [0];
  #index = new Uint32Array(1024);
  #values: Column;
  #count = 0;

  constructor(columnCount: number, narrow: boolean) {
    this.#columnCount = columnCount;
    this.#values = narrow ? new Float32Array(1024) : new Float64Array(1024);
  }

  /** Adds the row that begins at `from`. */
  add(table: Float64Array, from: number): void {
    const width = this.#columnCount;
    if (this.#count + width > this.#index.length) this.#grow(this.#count + width);
    const index = this.#index;
    const values = this.#values;
    let count = this.#count;
    for (let j = 0; j < width; j++) {
      const value = table[from + j]!;
      if (value === 0) continue;
      index[count] = j;
      values[count++] = value;
    }
    this.#count = count;
    this.#starts.push(count);
  }

  finish(): SparseRows {
    return {
      columnCount: this.#columnCount,
      starts: Uint32Array.from(this.#starts),
      index: this.#index.slice(0, this.#count),
      values: this.#values.slice(0, this.#count),
    };
  }

  #grow(least: number): void {
    const size = Math.max(least, Math.ceil(1.5 * this.#index.length));
    const index = new Uint32Array(size);
    index.set(this.#index.subarray(0, this.#count));
    const values = this.#values instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
    values.set(this.#values.subarray(0, this.#count));
    this.#index = index;
    this.#values = values;
  }
}
