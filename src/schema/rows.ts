/**
 * Typed rows of an application into the arrays that a graph takes.
 *
 * Each column gets one small function, chosen once by its kind; a row costs one
 * call a column and no allocation. A cell that does not fit stops the row, and
 * only then the message is worked out. Nothing is converted silently: "42" is
 * not a number, a `Date` is not a wall-clock time, and undefined is a column
 * that is not there.
 */
import { MillwrightError, nearest } from "../core/index.ts";
import { missingNumbers, plainDecimal, readStringCell } from "./cells.ts";
import { parseDatetimeCell } from "./datetime-format.ts";
import { kindOf } from "./interface.ts";
import type { ColumnSchema, ImageColumnSchema, SequenceColumnSchema } from "./schema.ts";

/** Element type of a column's graph input. */
export type InputType = "float32" | "float64" | "string" | "uint8";
/** Cells of one column as the graph takes them; NaN and "" are missing, and a picture, a sound or a sequence never is. */
export type InputCells = Float32Array | Float64Array | string[] | Uint8Array;

/** Writes a cell; false when it does not fit the column. */
type CellWriter = (value: unknown, into: InputCells, at: number) => boolean;

/** The element type of a column's graph input. */
export function inputType(column: ColumnSchema): InputType {
  if (column.kind === "number") return column.dtype;
  if (column.kind === "image") return "uint8";
  if (column.kind === "audio") return "float32";
  return column.kind === "datetime" || column.kind === "sequence" ? "float64" : "string";
}

/** Shape of a column's graph input for `count` rows. */
export function inputShape(column: ColumnSchema, count: number): number[] {
  if (column.kind === "sequence") return [count, column.steps, column.columns.length];
  if (column.kind === "tokens") return [count, column.places];
  if (column.kind === "image") return [count, column.height, column.width, column.channels];
  return [count, column.kind === "audio" ? column.length : 1];
}

/** Bytes of one picture. */
const bytesOf = ({ height, width, channels }: ImageColumnSchema): number => height * width * channels;

/** Empty cells for `count` rows of a column. */
export function inputCells(column: ColumnSchema, count: number): InputCells {
  if (column.kind === "image") return new Uint8Array(count * bytesOf(column));
  if (column.kind === "sequence")
    return new Float64Array(count * column.steps * column.columns.length).fill(Number.NaN);
  if (column.kind === "audio") return new Float32Array(count * column.length);
  if (column.kind === "tokens") return new Array<string>(count * column.places).fill("");
  const type = inputType(column);
  if (type === "string") return new Array<string>(count).fill("");
  return type === "float32" ? new Float32Array(count) : new Float64Array(count);
}

/** A string as a graph takes it: ONNX Runtime's JavaScript border cuts at NUL, so NUL is U+FFFD. */
export function inputString(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "\ufffd") : text;
}

/**
 * Makes the reader of rows for some columns.
 *
 * @param columns - The features of a model.
 * @param owner - Who reads, for messages: `churn.onnx`.
 * @returns A function that writes one row: `row` of the application, its `index` for messages, one array a
 *   column, and the place in them. It throws `SCHEMA_MISSING_COLUMN`, `SCHEMA_WRONG_KIND` or
 *   `SCHEMA_BAD_CELL`; what it had written of the row then means nothing.
 */
export function compileRowReader(
  columns: readonly ColumnSchema[],
  owner: string,
): (row: unknown, index: number, into: readonly InputCells[], at: number) => void {
  const names = columns.map((column) => column.name);
  const writers = columns.map(cellWriter);
  return (row, index, into, at) => {
    if (typeof row !== "object" || row === null) throw notARow(owner, row, index);
    const cells = row as { readonly [name: string]: unknown };
    for (let c = 0; c < names.length; c++) {
      if (!writers[c]!(cells[names[c]!], into[c]!, at))
        throw explain(owner, columns, columns[c]!, cells, index);
    }
  };
}

function cellWriter(column: ColumnSchema): CellWriter {
  switch (column.kind) {
    case "number":
      return numberWriter(missingNumbers(column));
    case "datetime":
      return column.clock === "instant" ? writeInstant : writeWallClock;
    case "image": {
      const size = bytesOf(column);
      return (value, into, at) => {
        // A clamped array is what a canvas holds.
        if (!(value instanceof Uint8Array || value instanceof Uint8ClampedArray)) return false;
        if (value.length !== size) return false;
        (into as Uint8Array).set(value, at * size);
        return true;
      };
    }
    case "sequence":
      return sequenceWriter(column);
    case "audio":
      return (value, into, at) => {
        if (!(value instanceof Float32Array) || value.length !== column.length) return false;
        // A sample that is no number would make every answer of the file one.
        if (!value.every(Number.isFinite)) return false;
        (into as Float32Array).set(value, at * column.length);
        return true;
      };
    case "tokens": {
      const { places } = column;
      return (value, into, at) => {
        if (!Array.isArray(value) || value.length === 0 || value.length > places) return false;
        if (!value.every((token) => typeof token === "string" && token !== "")) return false;
        for (let k = 0; k < places; k++) {
          const token = (value as readonly string[])[k];
          into[at * places + k] = token === undefined ? "" : inputString(token);
        }
        return true;
      };
    }
    case "boolean": {
      const [yes, no] = (column.written ?? ["true", "false"]).map(
        (word) => readStringCell(word, column) ?? "",
      );
      return (value, into, at) => {
        if (typeof value === "boolean") into[at] = value ? yes! : no!;
        else if (value === null) into[at] = "";
        else return false;
        return true;
      };
    }
    default: {
      const numeric = column.kind === "category" && column.numeric === true;
      return (value, into, at) => {
        if (typeof value === "string") into[at] = inputString(readStringCell(value, column) ?? "");
        else if (value === null) into[at] = "";
        else if (numeric && typeof value === "number" && !Number.isNaN(value)) {
          into[at] = readStringCell(plainDecimal(value), column) ?? "";
        } else return false;
        return true;
      };
    }
  }
}

function numberWriter(codes: readonly number[]): CellWriter {
  return (value, into, at) => {
    if (typeof value === "number") into[at] = codes.length > 0 && codes.includes(value) ? Number.NaN : value;
    else if (value === null) into[at] = Number.NaN;
    else return false;
    return true;
  };
}

/** Rows as objects or as numbers row by row; the latest count, and rows without a number fill up what is short. */
function sequenceWriter({ steps, columns, pad }: SequenceColumnSchema): CellWriter {
  const width = columns.length;
  return (value, into, at) => {
    const numbers = value instanceof Float64Array || value instanceof Float32Array ? value : undefined;
    if (numbers === undefined && !Array.isArray(value)) return false;
    const rows = numbers === undefined ? (value as readonly unknown[]) : undefined;
    const given = rows?.length ?? numbers!.length / width;
    if (!Number.isInteger(given)) return false;
    const taken = Math.min(given, steps);
    const cells = into as Float64Array;
    const start = at * steps * width;
    cells.fill(Number.NaN, start, start + steps * width);
    const first = start + (pad === "before" ? steps - taken : 0) * width;
    for (let i = 0; i < taken; i++) {
      const row = given - taken + i;
      for (let c = 0; c < width; c++) {
        const cell = numbers === undefined ? cellOf(rows![row], columns[c]!) : numbers[row * width + c]!;
        if (cell === undefined) return false;
        cells[first + i * width + c] = cell;
      }
    }
    return true;
  };
}

/** A number of a row; NaN where it is null, undefined where it is none. */
function cellOf(row: unknown, name: string): number | undefined {
  if (typeof row !== "object" || row === null || !Object.hasOwn(row, name)) return undefined;
  const value = (row as Readonly<Record<string, unknown>>)[name];
  if (value === null) return Number.NaN;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" ? value : undefined;
}

function writeInstant(value: unknown, into: InputCells, at: number): boolean {
  let time: number | undefined;
  if (value === null) time = Number.NaN;
  else if (isDate(value)) time = Number.isNaN(value.getTime()) ? undefined : value.getTime();
  else if (typeof value === "string") time = parseDatetimeCell(value, { clock: "instant" });
  if (time === undefined) return false;
  into[at] = time;
  return true;
}

function writeWallClock(value: unknown, into: InputCells, at: number): boolean {
  let time: number | undefined;
  if (value === null) time = Number.NaN;
  else if (typeof value === "string") time = parseDatetimeCell(value, { clock: "wall" });
  if (time === undefined) return false;
  into[at] = time;
  return true;
}

/** A Date of this or another realm (a frame, a test's sandbox). */
function isDate(value: unknown): value is Date {
  return value instanceof Date || Object.prototype.toString.call(value) === "[object Date]";
}

function notARow(owner: string, row: unknown, index: number): MillwrightError {
  return new MillwrightError(
    "SCHEMA_WRONG_KIND",
    `${owner} needs an object for each row, and rows[${index}] is ${describe(row)}.`,
    "Pass rows such as { column: value }.",
  );
}

/** Works out why a cell was refused. */
function explain(
  owner: string,
  columns: readonly ColumnSchema[],
  column: ColumnSchema,
  row: { readonly [name: string]: unknown },
  index: number,
): MillwrightError {
  const { name } = column;
  const value = row[name];
  // A column named like a method of every object ("constructor") is there only as an own property.
  const inherited = !Object.hasOwn(row, name) && (typeof value === "object" || typeof value === "function");
  if (value === undefined || inherited) return missingColumn(owner, columns, column, row, index);
  const isTime = column.kind === "datetime" && (typeof value === "string" || isDate(value));
  const [got, needed] = isTime ? timeProblem(value, column.clock) : [describe(value), accepted(column)];
  return new MillwrightError(
    isTime ? "SCHEMA_BAD_CELL" : "SCHEMA_WRONG_KIND",
    `${owner} reads the column "${name}" as ${kindOf(column)}, and rows[${index}] has ${got} there.`,
    column.kind === "image"
      ? `Pass ${needed}; decode and resize the picture first.`
      : column.kind === "audio"
        ? `Pass ${needed}; read the sound with decodeSound first.`
        : column.kind === "tokens"
          ? `Pass ${needed}; cut a longer sentence into parts.`
          : column.kind === "sequence"
            ? `Pass ${needed}.`
            : `Pass ${needed}, or null where it is missing.`,
  );
}

function missingColumn(
  owner: string,
  columns: readonly ColumnSchema[],
  column: ColumnSchema,
  row: { readonly [name: string]: unknown },
  index: number,
): MillwrightError {
  const needs = `${owner} needs the column "${column.name}" (${kindOf(column)}), and rows[${index}]`;
  if (Object.hasOwn(row, column.name)) {
    return new MillwrightError(
      "SCHEMA_MISSING_COLUMN",
      `${needs} has undefined there.`,
      "Pass a value, or null where it is missing.",
    );
  }
  const known = new Set(columns.map((other) => other.name));
  const unknown = Object.keys(row).filter((key) => !known.has(key));
  const guess = nearest(column.name, unknown);
  const hint = guess === undefined ? "" : `; the nearest name is "${guess}"`;
  return new MillwrightError(
    "SCHEMA_MISSING_COLUMN",
    `${needs} has ${Object.keys(row).length} columns without it${hint}.`,
    guess === undefined ? "Add it, with null where it is missing." : `Rename "${guess}", or add the column.`,
  );
}

function accepted(column: ColumnSchema): string {
  if (column.kind === "number") return "a number";
  if (column.kind === "boolean") return "true or false";
  if (column.kind === "category" && column.numeric === true) return "a string or a number";
  if (column.kind === "image") {
    const { height, width, channels } = column;
    return `a Uint8Array of ${height} × ${width} × ${channels} = ${bytesOf(column)} bytes`;
  }
  if (column.kind === "sequence")
    return `an array of rows such as { ${column.columns.map((name) => `${JSON.stringify(name)}: 1`).join(", ")} }, null where a number is missing, or a Float64Array of them row by row`;
  if (column.kind === "audio") return `a Float32Array of ${column.length} samples at ${column.rate} a second`;
  if (column.kind === "tokens") return `an array of 1 to ${column.places} strings, none of them empty`;
  if (column.kind !== "datetime") return "a string";
  return column.clock === "instant" ? "a Date" : "an ISO string without zone";
}

/** What is wrong with a time, and what is needed. */
function timeProblem(value: string | Date, clock: "instant" | "wall"): [got: string, needed: string] {
  if (typeof value !== "string") {
    return clock === "wall"
      ? ["a Date", "an ISO string without zone, such as 2024-05-31T14:30"]
      : ["an invalid Date", "a Date that holds a time"];
  }
  const other = clock === "wall" ? "instant" : "wall";
  const otherClock = parseDatetimeCell(value, { clock: other });
  if (clock === "wall") {
    const got = otherClock === undefined ? describe(value) : `${describe(value)}, a time with a zone,`;
    return [got, "an ISO string without zone, such as 2024-05-31T14:30"];
  }
  const got = otherClock === undefined ? describe(value) : `${describe(value)}, a time without a zone,`;
  return [got, "a Date, or an ISO string with its zone, such as 2024-05-31T14:30Z"];
}

function describe(value: unknown): string {
  if (typeof value === "string") {
    return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
  }
  if (typeof value === "number" || typeof value === "bigint") return `the ${typeof value} ${value}`;
  if (typeof value === "boolean" || value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return value.length > 1 ? `an array of ${value.length}` : "an array";
  if (value instanceof Uint8Array || value instanceof Uint8ClampedArray) return `${value.length} bytes`;
  if (value instanceof Float32Array)
    return value.every(Number.isFinite) ? `${value.length} samples` : "samples that are no number";
  return isDate(value) ? "a Date" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
