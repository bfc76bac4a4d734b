/**
 * Raw columns to cells by a column's schema: the one way from a source to a Frame, in training and at predict.
 *
 * Strings are converted once per distinct value, then spread by code.
 */
import { MillwrightError } from "../../core/index.ts";
import {
  type Cells,
  type ColumnSchema,
  missingNumbers,
  plainDecimal,
  readDatetimeCell,
  readNumberCell,
  readStringCell,
} from "../../schema/index.ts";
import type { RawColumn } from "../raw-column.ts";

/**
 * @param owner - The source, for messages.
 * @throws MillwrightError `SCHEMA_BAD_CELL` for a cell that its column's schema cannot read, with row and fix.
 * @throws MillwrightError `SCHEMA_WRONG_KIND` when the source delivers another sort of column altogether.
 */
export function convertColumn(raw: RawColumn, column: ColumnSchema, owner: string): Cells {
  switch (raw.type) {
    case "number":
      return fromNumbers(raw.values, column, owner);
    case "datetime":
      return fromDatetimes(raw.values, raw.zoned, column, owner);
    case "string":
      return fromStrings(raw.codes, raw.dictionary, column, owner);
    default:
      throw new Error(`Millwright defect: column "${column.name}" was not read`);
  }
}

function fromNumbers(values: Float64Array, column: ColumnSchema, owner: string): Cells {
  if (column.kind === "datetime") refuseKind(column, "numbers", owner);
  if (column.kind !== "number") {
    const byValue = new Map<number, number>();
    const dictionary: string[] = [];
    const codes = new Int32Array(values.length);
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value !== value) {
        codes[i] = -1;
        continue;
      }
      let code = byValue.get(value);
      if (code === undefined) {
        const text = readStringCell(plainDecimal(value), column);
        code = text === null ? -1 : dictionary.push(text) - 1;
        byValue.set(value, code);
      }
      codes[i] = code;
    }
    return { type: "string", codes, dictionary };
  }
  const missing = missingNumbers(column);
  if (missing.length === 0 && column.dtype === "float64") return { type: "number", values };
  const single = column.dtype === "float32";
  const out = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    out[i] = missing.includes(value) ? Number.NaN : single ? Math.fround(value) : value;
  }
  return { type: "number", values: out };
}

function fromDatetimes(values: Float64Array, zoned: boolean, column: ColumnSchema, owner: string): Cells {
  if (column.kind === "number") refuseKind(column, "datetimes", owner);
  if (column.kind === "datetime") {
    if (zoned !== (column.clock === "instant") && values.some((value) => value === value)) {
      refuseKind(column, zoned ? "datetimes with a zone" : "datetimes without a zone", owner);
    }
    return { type: "number", values };
  }
  const byValue = new Map<number, number>();
  const dictionary: string[] = [];
  const codes = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    let code = value === value ? byValue.get(value) : -1;
    if (code === undefined) {
      code = dictionary.push(isoText(value, zoned)) - 1;
      byValue.set(value, code);
    }
    codes[i] = code;
  }
  return { type: "string", codes, dictionary };
}

/** A datetime as text: a date where the time is midnight, no zone for wall-clock. */
function isoText(value: number, zoned: boolean): string {
  const text = new Date(value).toISOString().replace(".000Z", "Z");
  if (zoned) return text;
  return text.endsWith("T00:00:00Z") ? text.slice(0, -10) : text.slice(0, -1).replace("T", " ");
}

function fromStrings(
  codes: Int32Array,
  dictionary: readonly string[],
  column: ColumnSchema,
  owner: string,
): Cells {
  if (column.kind === "number" || column.kind === "datetime") {
    const lookup = new Float64Array(dictionary.length);
    for (const [code, text] of dictionary.entries()) {
      const value = column.kind === "number" ? readNumberCell(text, column) : readDatetimeCell(text, column);
      if (value === undefined) refuseCell(text, codes.indexOf(code), column, owner);
      lookup[code] = value;
    }
    const values = new Float64Array(codes.length);
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]!;
      values[i] = code < 0 ? Number.NaN : lookup[code]!;
    }
    return { type: "number", values };
  }
  // Cells that mean the same share one code, and codes count up by first appearance again.
  const renumbered = new Int32Array(dictionary.length).fill(-2);
  const byText = new Map<string, number>();
  const kept: string[] = [];
  const out = new Int32Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code < 0) {
      out[i] = -1;
      continue;
    }
    let next = renumbered[code]!;
    if (next === -2) {
      const text = readStringCell(dictionary[code]!, column);
      if (text === null) next = -1;
      else {
        next = byText.get(text) ?? kept.length;
        if (next === kept.length) {
          kept.push(text);
          byText.set(text, next);
        }
      }
      renumbered[code] = next;
    }
    out[i] = next;
  }
  return { type: "string", codes: out, dictionary: kept };
}

function refuseKind(column: ColumnSchema, found: string, owner: string): never {
  throw new MillwrightError(
    "SCHEMA_WRONG_KIND",
    `The column "${column.name}" of ${owner} holds ${found}, and the schema says ${column.kind}${column.kind === "datetime" ? ` (${column.clock})` : ""}.`,
    "Convert the column, or declare its kind as it is.",
  );
}

function refuseCell(text: string, row: number, column: ColumnSchema, owner: string): never {
  const shown = text.length > 40 ? `${text.slice(0, 37)}...` : text;
  throw new MillwrightError(
    "SCHEMA_BAD_CELL",
    `The column "${column.name}" of ${owner} holds ${JSON.stringify(shown)} in data row ${row + 1}, which is no ${column.kind === "datetime" ? `datetime (${column.clock})` : column.kind} as in the schema.`,
    `Correct the cell, or declare it as missing: --column ${column.name}=${column.kind},missing=...`,
  );
}
