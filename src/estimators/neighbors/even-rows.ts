/**
 * Sparse rows laid out for distances in a graph: blocks of rows of like length, each a rectangle.
 *
 * Rows stand longest first and are filled up to the longest of their block. A block ends where it holds `blockCells`,
 * or where a row is less than half as long as its first, so that at most half of all cells are filling.
 */
import type { SparseRows } from "../../features/index.ts";

/** Cells of a block: so many numbers a row that is asked are in memory at a time. Of 8,192 to 65,536 none was faster by more than the spread. */
const blockCells = 2 ** 15;

export interface EvenRows {
  /** Column of each cell; 0 where it fills. */
  readonly index: Int32Array;
  /** Value less that column's centre; 0 where it fills. */
  readonly values: Float32Array | Float64Array;
  /** First cell of each row. Its own columns ascend, and are at least one. */
  readonly begins: Int32Array;
  readonly lengths: Int32Array;
  /** Place of each row among those of all blocks. */
  readonly places: Int32Array;
  readonly blocks: readonly RowBlock[];
}

/** Rows of `width` cells each, from the cell `start` on. */
export interface RowBlock {
  readonly start: number;
  readonly rowCount: number;
  readonly width: number;
}

/** Rows less a centre, which is 0 for every column that a row leaves out. */
export function evenRows({ starts, index, values }: SparseRows, center: Float64Array): EvenRows {
  const rowCount = starts.length - 1;
  // A row of zeros alone gets a cell that says so.
  const lengths = Int32Array.from({ length: rowCount }, (_, i) => Math.max(1, starts[i + 1]! - starts[i]!));
  const byLength = Uint32Array.from(lengths.keys()).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const begins = new Int32Array(rowCount);
  const places = new Int32Array(rowCount);
  const blocks: RowBlock[] = [];
  let cells = 0;
  for (let first = 0; first < rowCount; ) {
    const width = lengths[byLength[first]!]!;
    const most = Math.min(rowCount, first + Math.max(1, Math.floor(blockCells / width)));
    let end = first;
    for (; end < most && 2 * lengths[byLength[end]!]! >= width; end++) {
      begins[byLength[end]!] = cells + (end - first) * width;
      places[byLength[end]!] = end;
    }
    blocks.push({ start: cells, rowCount: end - first, width });
    cells += (end - first) * width;
    first = end;
  }
  const columns = new Int32Array(cells);
  const less = new Float64Array(cells);
  for (let i = 0; i < rowCount; i++) {
    for (let from = starts[i]!, to = begins[i]!; from < starts[i + 1]!; from++, to++) {
      columns[to] = index[from]!;
      less[to] = values[from]! - center[index[from]!]!;
    }
  }
  const narrow = less.every((value) => Math.fround(value) === value);
  return {
    index: columns,
    values: narrow ? Float32Array.from(less) : less,
    begins,
    lengths,
    places,
    blocks,
  };
}

/** Squared distances of all rows from a place, feature by feature. */
export function squaresFromSparse(
  { index, values, begins, lengths }: EvenRows,
  at: Float64Array,
): Float64Array {
  const asked = Uint32Array.from(at.keys()).filter((j) => at[j] !== 0);
  return Float64Array.from(begins, (begin, i) => {
    let total = 0;
    let next = 0;
    for (let cell = begin; cell < begin + lengths[i]!; cell++) {
      const column = index[cell]!;
      while (next < asked.length && asked[next]! < column) total += at[asked[next++]!]! ** 2;
      if (asked[next] === column) next++;
      total += (at[column]! - values[cell]!) ** 2;
    }
    while (next < asked.length) total += at[asked[next++]!]! ** 2;
    return total;
  });
}
