/**
 * Runs emitted graphs over a table's columns.
 *
 * Strings run once per distinct value, and the answers are scattered to their
 * rows; numbers run in blocks of rows. One thread: what enters a file or a
 * ranking must not depend on how sums are split.
 */
import type { Tensor } from "../core/index.ts";
import { graph, input, type Value } from "../graph/index.ts";
import { compile } from "../runtime/index.ts";
import type { StringCells } from "../schema/index.ts";
import { inputDtype } from "./inputs.ts";
import type { SparseRows } from "./matrix.ts";
import { SparseBuilder, takeSparseRows } from "./sparse.ts";
import type { FittedEncoder, FittedTransform, SourceColumn } from "./step.ts";

type Column = Float32Array | Float64Array;

/** Cells of one block of output; 8 MB of float64 stays near the cache. */
const blockCells = 1 << 16;
/** Characters of one block of strings as a full rectangle: tokens are padded to the longest string of the block. */
const blockCharacters = 1 << 21;

/** Columns of an encoder's answer for every row. */
export async function encode(
  column: SourceColumn,
  fitted: FittedEncoder,
  rowCount: number,
): Promise<Column[]> {
  const { schema, cells } = column;
  const width = fitted.features.length;
  const x = input("x", inputDtype(schema), ["batch", 1]);
  if (cells.type === "number") {
    if (fitted.identity) return [asFed(cells.values, x.dtype)];
    const values = asFed(cells.values, x.dtype);
    return await runRows(x, fitted.emit(x), width, [values], rowCount);
  }
  const out = fitted.features.map(() =>
    fitted.float32 ? new Float32Array(rowCount) : new Float64Array(rowCount),
  );
  const { starts, rows, used } = rowsByCode(cells);
  await runStrings(x, fitted, cells, used, (code, table, at) => {
    const from = starts[code + 1]!;
    const to = starts[code + 2]!;
    for (let j = 0; j < width; j++) {
      const value = table[at + j]!;
      if (value === 0) continue;
      const target = out[j]!;
      for (let r = from; r < to; r++) target[rows[r]!] = value;
    }
  });
  return out;
}

/** Rows of an encoder's answer for strings, without their zeros. */
export async function encodeSparse(
  schema: SourceColumn["schema"],
  cells: StringCells,
  fitted: FittedEncoder,
): Promise<SparseRows> {
  const { used } = rowsByCode(cells);
  const builder = new SparseBuilder(fitted.features.length, fitted.float32 === true);
  const place = new Int32Array(cells.dictionary.length + 1);
  let count = 0;
  const x = input("x", inputDtype(schema), ["batch", 1]);
  await runStrings(x, fitted, cells, used, (code, table, at) => {
    place[code + 1] = count++;
    builder.add(table, at);
  });
  return takeSparseRows(
    builder.finish(),
    cells.codes.map((code) => place[code + 1]!),
  );
}

/** Answers for the strings of some codes, each in `table` from `at` on. */
async function runStrings(
  x: Value,
  fitted: FittedEncoder,
  cells: StringCells,
  used: readonly number[],
  take: (code: number, table: Float64Array, at: number) => void,
): Promise<void> {
  const width = fitted.features.length;
  await run(x, fitted.emit(x), async (answer) => {
    for (const block of stringBlocks(cells, used, width)) {
      const data = block.map((code) => (code < 0 ? "" : cells.dictionary[code]!));
      const table = await answer({ dtype: "string", shape: [data.length, 1], data });
      block.forEach((code, k) => take(code, table, k * width));
    }
  });
}

/** Columns of a transform's answer for every row. */
export async function apply(
  columns: readonly Column[],
  transforms: readonly FittedTransform[],
  rowCount: number,
): Promise<Column[]> {
  const x = input("x", "float64", ["batch", columns.length]);
  const y = transforms.reduce((value, transform) => transform.emit(value), x);
  return await runRows(x, y, transforms.at(-1)!.features.length, columns, rowCount);
}

/** Numbers as the graph sees them: rounded where its input is float32. The same array where nothing changes. */
function asFed(values: Float64Array, dtype: Value["dtype"]): Column {
  if (dtype !== "float32") return values;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Math.fround(value) !== value && !Number.isNaN(value)) return Float32Array.from(values);
  }
  return values;
}

/** The same of sparse rows, which are made dense block by block. */
export async function applySparse(
  rows: SparseRows,
  transforms: readonly FittedTransform[],
): Promise<Column[]> {
  const { columnCount: k, starts, index, values } = rows;
  const x = input("x", "float64", ["batch", k]);
  const y = transforms.reduce((value, transform) => transform.emit(value), x);
  return await runBlocks(
    x,
    y,
    transforms.at(-1)!.features.length,
    k,
    starts.length - 1,
    (block, from, count) => {
      for (let i = 0; i < count; i++)
        for (let at = starts[from + i]!; at < starts[from + i + 1]!; at++)
          block[i * k + index[at]!] = values[at]!;
    },
  );
}

async function runRows(
  x: Value,
  y: Value,
  width: number,
  columns: readonly Column[],
  rowCount: number,
): Promise<Column[]> {
  const k = columns.length;
  return await runBlocks(x, y, width, k, rowCount, (block, from, count) => {
    for (let j = 0; j < k; j++) {
      const column = columns[j]!;
      for (let i = 0, at = j; i < count; i++, at += k) block[at] = column[from + i]!;
    }
  });
}

/** @param fill - Writes `count` rows from `from` on into a block of zeros, row-major [count, k]. */
async function runBlocks(
  x: Value,
  y: Value,
  width: number,
  k: number,
  rowCount: number,
  fill: (block: Column, from: number, count: number) => void,
): Promise<Column[]> {
  const out = Array.from({ length: width }, () => new Float64Array(rowCount));
  const step = Math.max(256, Math.floor(blockCells / Math.max(k, width)));
  await run(x, y, async (answer) => {
    for (let from = 0; from < rowCount; from += step) {
      const count = Math.min(step, rowCount - from);
      const block = x.dtype === "float32" ? new Float32Array(count * k) : new Float64Array(count * k);
      fill(block, from, count);
      const table = await answer({ dtype: x.dtype, shape: [count, k], data: block });
      for (let j = 0; j < width; j++) {
        const target = out[j]!;
        for (let i = 0, at = j; i < count; i++, at += width) target[from + i] = table[at]!;
      }
    }
  });
  return out;
}

/** Runs `body` with a session for y(x), and releases it. */
async function run(
  x: Value,
  y: Value,
  body: (answer: (tensor: Tensor) => Promise<Float64Array>) => Promise<void>,
): Promise<void> {
  const session = await compile(graph({ inputs: [x], outputs: { y } }), { threads: 1 });
  try {
    await body(async (tensor) => (await session.run({ x: tensor }))["y"]!.data as Float64Array);
  } finally {
    await session.release();
  }
}

/** Rows by dictionary code, missing first: those of code c are `rows[starts[c + 1] … starts[c + 2])`. */
function rowsByCode({ codes, dictionary }: StringCells): {
  starts: Uint32Array;
  rows: Uint32Array;
  used: number[];
} {
  const starts = new Uint32Array(dictionary.length + 3);
  for (let i = 0; i < codes.length; i++) starts[codes[i]! + 3]!++;
  const used: number[] = [];
  for (let slot = 2; slot < starts.length; slot++) {
    if (starts[slot]! > 0) used.push(slot - 3);
    starts[slot]! += starts[slot - 1]!;
  }
  const rows = new Uint32Array(codes.length);
  for (let i = 0; i < codes.length; i++) rows[starts[codes[i]! + 2]!++] = i;
  return { starts, rows, used };
}

/** Codes in blocks of similar length, none larger than the limits. */
function* stringBlocks(
  { dictionary }: StringCells,
  used: readonly number[],
  width: number,
): Generator<number[]> {
  const lengthOf = (code: number): number => (code < 0 ? 0 : dictionary[code]!.length);
  const ordered = [...used].sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
  const most = Math.max(64, Math.floor(blockCells / width));
  let block: number[] = [];
  for (const code of ordered) {
    const characters = lengthOf(code) * (block.length + 1);
    if (block.length > 0 && (block.length === most || characters > blockCharacters)) {
      yield block;
      block = [];
    }
    block.push(code);
  }
  if (block.length > 0) yield block;
}
