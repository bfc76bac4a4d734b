/**
 * One cell of a table to what the model sees, by the column's schema: the only code that does it, for
 * training, for whole tables at predict, and for rows given as text.
 */
import type {
  BooleanColumnSchema,
  CategoryColumnSchema,
  ColumnSchema,
  NumberColumnSchema,
} from "./schema.ts";
import { parseDatetimeCell } from "./datetime-format.ts";
import { parseNumberCell } from "./number-format.ts";

/** Whether the cell is empty, blank, or one of the column's missing codes. */
export function isMissingCell(text: string, column: ColumnSchema): boolean {
  const trimmed = text.trim();
  return (
    trimmed === "" || (column.missing?.some((code) => code === text || code.trim() === trimmed) ?? false)
  );
}

/** The column's missing codes that are numbers, for columns that were read as numbers. */
export function missingNumbers(column: ColumnSchema): readonly number[] {
  return (column.missing ?? [])
    .map((code) => parseNumberCell(code))
    .filter((value): value is number => value !== undefined && !Number.isNaN(value));
}

/**
 * A cell of a number column.
 *
 * @returns The number, rounded to float32 where the column is float32; NaN when missing; undefined when the
 *   cell cannot be read as a number of this column.
 */
export function readNumberCell(text: string, column: NumberColumnSchema): number | undefined {
  if (isMissingCell(text, column)) return Number.NaN;
  const value = parseNumberCell(text, column.format);
  if (value === undefined)
    return column.wordsAreMissing === true && !/\d/.test(text) ? Number.NaN : undefined;
  if (missingNumbers(column).includes(value)) return Number.NaN;
  return column.dtype === "float32" ? Math.fround(value) : value;
}

/**
 * A cell of a category, boolean, text or id column.
 *
 * @returns The string as it stands in the table, except that numbers used as categories are written in plain
 *   decimal ("7.0" is "7") and the words true and false in lower case; null when missing.
 */
export function readStringCell(text: string, column: ColumnSchema): string | null {
  if (isMissingCell(text, column)) return null;
  if (column.kind === "boolean") return booleanWord(text, column);
  if (column.kind === "category" && column.numeric === true) return categoryNumber(text, column);
  return text;
}

function booleanWord(text: string, column: BooleanColumnSchema): string {
  const trimmed = text.trim();
  const lower = trimmed.toLowerCase();
  const typed = column.written === undefined || column.written[0].trim().toLowerCase() === "true";
  return typed && (lower === "true" || lower === "false") ? lower : trimmed;
}

function categoryNumber(text: string, column: CategoryColumnSchema): string | null {
  const value = parseNumberCell(text);
  if (value === undefined || Number.isNaN(value)) return text.trim();
  return missingNumbers(column).includes(value) ? null : plainDecimal(value);
}

/** A number as a category: plain decimal without exponent for whole numbers, the shortest exact text else. */
export function plainDecimal(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) >= 1e21) return BigInt(value).toString();
  return Object.is(value, -0) ? "0" : String(value);
}

/** A cell of a datetime column: epoch milliseconds, NaN when missing, undefined when it cannot be read. */
export function readDatetimeCell(
  text: string,
  column: ColumnSchema & { readonly kind: "datetime" },
): number | undefined {
  return isMissingCell(text, column) ? Number.NaN : parseDatetimeCell(text, column);
}
