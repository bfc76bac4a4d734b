/** From columns of a table to the inputs of an ONNX file that another tool wrote. */
import { type DType, MillwrightError, nearest, type Tensor } from "../../../core/index.ts";
import type { Port } from "../../../runtime/index.ts";
import { type Cells, type Frame, plainDecimal } from "../../../schema/index.ts";

/** An input and the columns that fill it, side by side. */
export interface BoundInput {
  readonly port: Port;
  readonly columns: readonly string[];
}

/**
 * Finds the columns of each input: the one of its name, or for the input that no column is named like those of
 * `--inputs`.
 *
 * @param names - Columns of the table, without the target.
 * @param given - Columns in the order of one matrix.
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN`, `SHAPE_MISMATCH`, `PARAMETER_CONFLICT`.
 */
export function bindInputs(
  file: string,
  ports: readonly Port[],
  names: readonly string[],
  given: readonly string[] | undefined,
): BoundInput[] {
  for (const name of given ?? []) requireName(name, names);
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "_");
  const byName = ports.map((port) => {
    const width = widthOf(port);
    if (width !== undefined && width !== 1) return undefined;
    return names.find((name) => name === port.name) ?? names.find((name) => plain(name) === plain(port.name));
  });
  const open = ports.filter((_, i) => byName[i] === undefined);
  for (const port of ports) requireRank(file, port);
  if (open.length > 1) throw unmatched(file, open, names);
  const [matrix] = open;
  if (given === undefined && matrix !== undefined) {
    const width = widthOf(matrix);
    throw new MillwrightError(
      "SCHEMA_MISSING_COLUMN",
      `The input "${matrix.name}" of ${file} is no column of the table; it takes ${width ?? "some"} column${width === 1 ? "" : "s"} side by side.`,
      `Name them in its order with --inputs, as --inputs ${names.slice(0, width ?? 3).join(",")}; the table has ${list(names)}.`,
    );
  }
  if (given !== undefined && matrix === undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `--inputs names ${given.length} columns for one matrix, and every input of ${file} is a column of the table by its name.`,
      "Leave --inputs out.",
    );
  }
  return ports.map((port, i) => {
    const own = byName[i];
    if (own !== undefined) return { port, columns: [own] };
    const width = widthOf(port);
    if (width !== undefined && width !== given!.length) {
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `The input "${port.name}" of ${file} takes ${width} columns, and --inputs names ${given!.length}.`,
        "Name as many, in the order in which the model was trained.",
      );
    }
    return { port, columns: given! };
  });
}

/** Columns of an input; undefined where the file leaves it open. */
function widthOf({ shape }: Port): number | undefined {
  if (shape.length < 2) return 1;
  const last = shape[1]!;
  return typeof last === "number" ? last : undefined;
}

function requireRank(file: string, { name, shape }: Port): void {
  if (shape.length === 1 || shape.length === 2) return;
  throw new MillwrightError(
    "SHAPE_MISMATCH",
    `The input "${name}" of ${file} has ${shape.length} dimensions [${shape.join(", ")}], and a row of a table fills one or two.`,
    "Give a model of rows and columns.",
  );
}

function requireName(name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  const guess = nearest(name, names);
  throw new MillwrightError(
    "SCHEMA_MISSING_COLUMN",
    `--inputs names "${name}", which is no column of the table${guess === undefined ? "" : `; the nearest is "${guess}"`}.`,
    `The table has ${list(names)}.`,
  );
}

function unmatched(file: string, open: readonly Port[], names: readonly string[]): MillwrightError {
  return new MillwrightError(
    "SCHEMA_MISSING_COLUMN",
    `${open.length} inputs of ${file} are no columns of the table: ${list(open.map(({ name }) => name))}.`,
    `Name the columns like the inputs, with --sql where they are called otherwise; the table has ${list(names)}.`,
  );
}

function list(names: readonly string[]): string {
  return `${names.slice(0, 12).join(", ")}${names.length > 12 ? `, … (${names.length})` : ""}`;
}

/**
 * Fills the inputs for rows [start, start + count).
 *
 * @param size - Rows that the tensors have; those behind `count` repeat the last row.
 * @throws MillwrightError `SCHEMA_WRONG_KIND` for words where a number is taken, `DATA_BAD_VALUE` for a missing
 *   cell where the file takes whole numbers.
 */
export function feedsFor(
  file: string,
  inputs: readonly BoundInput[],
  frame: Frame,
  rows: { readonly start: number; readonly count: number; readonly size: number },
): Record<string, Tensor> {
  const feeds = Object.create(null) as Record<string, Tensor>;
  for (const { port, columns } of inputs) {
    const width = columns.length;
    const length = rows.size * width;
    const data = emptyData(file, port, length);
    for (let k = 0; k < width; k++) {
      const read = reader(file, port, columns[k]!, frame.columns.get(columns[k]!)!);
      for (let i = 0; i < rows.size; i++) {
        data[i * width + k] = read(rows.start + Math.min(i, rows.count - 1)) as never;
      }
    }
    const shape = port.shape.length === 1 ? [rows.size] : [rows.size, width];
    feeds[port.name] = { dtype: port.dtype, shape, data: data as Tensor["data"] };
  }
  return feeds;
}

type Writable = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array | string[];

function emptyData(file: string, port: Port, length: number): Writable {
  const make: Partial<Record<DType, () => Writable>> = {
    float32: () => new Float32Array(length),
    float64: () => new Float64Array(length),
    int64: () => new BigInt64Array(length),
    int32: () => new Int32Array(length),
    uint8: () => new Uint8Array(length),
    bool: () => new Uint8Array(length),
    string: () => new Array<string>(length).fill(""),
  };
  const data = make[port.dtype]?.();
  if (data !== undefined) return data;
  throw new MillwrightError(
    "GRAPH_UNSUPPORTED",
    `The input "${port.name}" of ${file} is ${port.dtype}, which no column is.`,
    "Cast it inside the model.",
  );
}

/** Reads a cell of a column as an input wants it. */
function reader(
  file: string,
  port: Port,
  name: string,
  cells: Cells,
): (row: number) => number | bigint | string {
  if (port.dtype === "string") {
    if (cells.type === "string")
      return (row) => (cells.codes[row]! < 0 ? "" : cells.dictionary[cells.codes[row]!]!);
    return (row) => (Number.isNaN(cells.values[row]!) ? "" : plainDecimal(cells.values[row]!));
  }
  const number = numberReader(file, port, name, cells);
  if (port.dtype === "float32" || port.dtype === "float64") return number;
  const whole = (row: number): number => {
    const value = number(row);
    if (Number.isInteger(value)) return value;
    throw new MillwrightError(
      "DATA_BAD_VALUE",
      `The input "${port.name}" of ${file} takes whole numbers (${port.dtype}), and "${name}" is ${Number.isNaN(value) ? "missing" : value} in row ${row + 1}.`,
      "Fill such cells, or leave these rows out with --sql.",
    );
  };
  return port.dtype === "int64" ? (row) => BigInt(whole(row)) : whole;
}

function numberReader(file: string, port: Port, name: string, cells: Cells): (row: number) => number {
  if (cells.type === "number") return (row) => cells.values[row]!;
  const values = cells.dictionary.map((text) => {
    const word = text.trim().toLowerCase();
    if (word === "true" || word === "false") return Number(word === "true");
    const value = word === "" ? Number.NaN : Number(word);
    if (!Number.isNaN(value)) return value;
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `The input "${port.name}" of ${file} takes numbers, and the column "${name}" holds ${JSON.stringify(text.slice(0, 40))}.`,
      "Give the column that the model was trained on, or write its codes with --sql.",
    );
  });
  return (row) => (cells.codes[row]! < 0 ? Number.NaN : values[cells.codes[row]!]!);
}
