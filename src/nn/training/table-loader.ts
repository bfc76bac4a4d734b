/**
 * A loader of a table's columns, of any number of rows: the table is streamed once, and its columns come as tensors.
 */
import { MillwrightError, type Tensor } from "../../core/index.ts";
import type { Table } from "../../data/index.ts";
import type { Cells, Frame, StringCells } from "../../schema/index.ts";
import type { RowsRead } from "./source-loader.ts";
import type { OpenLoader } from "./loader.ts";
import { streamLoader, type StreamLoaderOptions } from "./stream-loader.ts";

/** Columns of a table as one input of a network. */
export type ColumnsInput =
  | {
      /** Columns of numbers, as they are: a row is [columns], NaN where a cell is missing. */
      readonly numbers: readonly string[];
      /** Default "float32". */
      readonly dtype?: "float32" | "float64";
    }
  | {
      /** Columns of words: a row is [columns], int64. */
      readonly words: readonly string[];
      /** Each word is its place here; all others, and missing cells, are the number behind the last place. */
      readonly values: readonly string[];
    };

export interface TableLoaderOptions extends StreamLoaderOptions {
  /** What the network takes, by the names of its inputs. */
  readonly inputs: Readonly<Record<string, ColumnsInput>>;
  /** A column of numbers: [1] a row, of the dtype. One of words: [] a row, int64, the place in `classes`. */
  readonly target: {
    readonly column: string;
    /** Of a column of words. */
    readonly classes?: readonly string[];
    /** Of a column of numbers. Default "float32". */
    readonly dtype?: "float32" | "float64";
  };
  /** A column of numbers of at least 0. Default: each row weighs 1. */
  readonly weight?: string;
}

/**
 * Batches of a table's rows, with a file of their numbers beside it: see `streamLoader`.
 *
 * The table may be closed as soon as the loader is there. A checkpoint goes on with the same numbers in the same order only.
 *
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN` with the nearest name; `SCHEMA_WRONG_KIND` for words where numbers are
 *   asked for, and the other way round; `DATA_BAD_VALUE` for a target that is missing or of no class, and for a weight that
 *   is none; what `streamLoader` throws.
 */
export function tableLoader(table: Table, options: TableLoaderOptions): Promise<OpenLoader> {
  return streamLoader(rowsOf(table, options), options);
}

/** Makes a part of a tensor of some rows. */
type Maker = (frame: Frame, firstRow: number) => Tensor;

async function* rowsOf(
  table: Table,
  { inputs, target, weight, signal }: TableLoaderOptions,
): AsyncGenerator<RowsRead> {
  const makers = Object.entries(inputs).map(([name, given]): [string, Maker] => [
    name,
    "words" in given ? codesOf(table, given) : numbersOf(table, given.numbers, given.dtype),
  ]);
  const targetOf = targetMaker(table, target);
  const names = new Set(
    Object.values(inputs).flatMap((given) => ("words" in given ? given.words : given.numbers)),
  );
  names.add(target.column);
  if (weight !== undefined) names.add(weight);
  let firstRow = 0;
  for await (const frame of table.stream([...names], signal)) {
    yield {
      inputs: Object.fromEntries(makers.map(([name, make]) => [name, make(frame, firstRow)])),
      target: targetOf(frame, firstRow),
      ...(weight !== undefined && { weight: weightsOf(table, weight, frame, firstRow) }),
    };
    firstRow += frame.rowCount;
  }
}

function numbersOf(
  table: Table,
  columns: readonly string[],
  dtype: "float32" | "float64" = "float32",
): Maker {
  const time = table.schema.columns.find(({ name, kind }) => kind === "datetime" && columns.includes(name));
  if (time && dtype === "float32") {
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `The column "${time.name}" of ${table.owner} holds times in milliseconds since 1970, and float32 keeps two minutes of them apart.`,
      'Take it as { dtype: "float64" }, or a shorter span of time by a query.',
    );
  }
  return (frame) => {
    const { rowCount } = frame;
    const width = columns.length;
    const data =
      dtype === "float32" ? new Float32Array(rowCount * width) : new Float64Array(rowCount * width);
    for (const [j, name] of columns.entries()) {
      const { values } = numberCells(table, frame, name);
      for (let i = 0; i < rowCount; i++) data[i * width + j] = values[i]!;
    }
    return { dtype, shape: [rowCount, width], data };
  };
}

function codesOf(
  table: Table,
  { words, values }: { readonly words: readonly string[]; readonly values: readonly string[] },
): Maker {
  const places = words.map(() => new Places(values));
  return (frame) => {
    const { rowCount } = frame;
    const data = new BigInt64Array(rowCount * words.length);
    for (const [j, name] of words.entries()) {
      const found = places[j]!.of(wordCells(table, frame, name));
      for (let i = 0; i < rowCount; i++) data[i * words.length + j] = BigInt(found[i]!);
    }
    return { dtype: "int64", shape: [rowCount, words.length], data };
  };
}

function targetMaker(table: Table, { column, classes, dtype }: TableLoaderOptions["target"]): Maker {
  if (classes === undefined) {
    const numbers = numbersOf(table, [column], dtype);
    return (frame, firstRow) => {
      const made = numbers(frame, firstRow);
      const missing = (made.data as Float32Array).findIndex(Number.isNaN);
      if (missing < 0) return made;
      throw badTarget(table, column, firstRow + missing, "no value");
    };
  }
  const places = new Places(classes);
  return (frame, firstRow) => {
    const cells = wordCells(table, frame, column);
    const found = places.of(cells);
    const odd = found.indexOf(classes.length);
    if (odd >= 0) {
      const code = cells.codes[odd]!;
      const what =
        code < 0
          ? "no value"
          : `${JSON.stringify(cells.dictionary[code])}, which is none of the ${classes.length} classes`;
      throw badTarget(table, column, firstRow + odd, what);
    }
    return { dtype: "int64", shape: [frame.rowCount], data: BigInt64Array.from(found, BigInt) };
  };
}

/** Places of words in a list; those of a dictionary that grows from chunk to chunk are looked up once. */
class Places {
  readonly #placeOf: ReadonlyMap<string, number>;
  readonly #others: number;
  #dictionary: readonly string[] | undefined;
  #known: number[] = [];

  constructor(values: readonly string[]) {
    this.#placeOf = new Map(values.map((value, place) => [value, place]));
    this.#others = values.length;
    if (this.#placeOf.size === values.length) return;
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `A list of ${values.length} words for tableLoader has only ${this.#placeOf.size} different ones.`,
      "Name each word once.",
    );
  }

  of({ codes, dictionary }: StringCells): Int32Array {
    if (dictionary !== this.#dictionary) {
      this.#dictionary = dictionary;
      this.#known = [];
    }
    const known = this.#known;
    for (let code = known.length; code < dictionary.length; code++)
      known.push(this.#placeOf.get(dictionary[code]!) ?? this.#others);
    return codes.map((code) => (code < 0 ? this.#others : known[code]!));
  }
}

function weightsOf(table: Table, column: string, frame: Frame, firstRow: number): Float32Array {
  const { values } = numberCells(table, frame, column);
  const odd = values.findIndex((value) => !(value >= 0 && value < Number.POSITIVE_INFINITY));
  if (odd < 0) return Float32Array.from(values);
  throw new MillwrightError(
    "DATA_BAD_VALUE",
    `The weight "${column}" of ${table.owner} is ${values[odd]} in row ${firstRow + odd}, counted from 0.`,
    "Give finite numbers of at least 0.",
  );
}

function badTarget(table: Table, column: string, row: number, what: string): MillwrightError {
  return new MillwrightError(
    "DATA_BAD_VALUE",
    `The target "${column}" of ${table.owner} has ${what} in row ${row}, counted from 0.`,
    "Leave such rows out, with a query as the source, or name all classes.",
  );
}

function numberCells(table: Table, frame: Frame, name: string): Extract<Cells, { readonly type: "number" }> {
  const cells = frame.columns.get(name)!;
  if (cells.type === "number") return cells;
  throw wrongKind(table, name, "words", "numbers", "Take it as { words, values }, or read it as a number.");
}

function wordCells(table: Table, frame: Frame, name: string): StringCells {
  const cells = frame.columns.get(name)!;
  if (cells.type === "string") return cells;
  throw wrongKind(table, name, "numbers", "words", "Take it as { numbers }, or read it as a category.");
}

function wrongKind(table: Table, name: string, has: string, needed: string, fix: string): MillwrightError {
  return new MillwrightError(
    "SCHEMA_WRONG_KIND",
    `The column "${name}" of ${table.owner} holds ${has}, and ${needed} are needed.`,
    fix,
  );
}
