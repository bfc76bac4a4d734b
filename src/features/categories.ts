/**
 * Categories as the graph sees them.
 *
 * Strings reach ONNX Runtime as UTF-8 and end at the first NUL, so dictionaries
 * are built from what arrives: cut at NUL, lone surrogates as U+FFFD. The empty
 * string is missing. Only values that at least `minRows` rows hold are kept.
 */
import type { StringCells } from "../schema/index.ts";

/** What the graph receives for a string. */
export function asSeen(text: string): string {
  if (!/[\0\p{Surrogate}]/u.test(text)) return text;
  const nul = text.indexOf("\0");
  return (nul < 0 ? text : text.slice(0, nul)).replace(/\p{Surrogate}/gu, "\ufffd");
}

/** Distinct values of some rows. */
export interface Categories {
  /** Distinct values that occur, in order of code units; never "". */
  readonly values: readonly string[];
  /** Rows that hold each value. */
  readonly counts: Int32Array;
  /** Index into `values` by dictionary code; −1 is missing, −2 is not among the rows. */
  readonly indexOfCode: Int32Array;
  /** Rows without a value. */
  readonly missing: number;
}

/** Counts the values of a column. */
export function countCategories(cells: StringCells): Categories {
  const { codes, dictionary } = cells;
  const rows = new Int32Array(dictionary.length);
  let missing = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code < 0) missing++;
    else rows[code]!++;
  }
  const totals = new Map<string, number>();
  const seen: (string | undefined)[] = dictionary.map((value, code) => {
    if (rows[code] === 0) return undefined;
    const text = asSeen(value);
    if (text === "") missing += rows[code]!;
    else totals.set(text, (totals.get(text) ?? 0) + rows[code]!);
    return text;
  });
  const values = [...totals.keys()].sort();
  const index = new Map(values.map((value, i) => [value, i]));
  return {
    values,
    counts: Int32Array.from(values, (value) => totals.get(value)!),
    indexOfCode: Int32Array.from(seen, (text) => (text === undefined ? -2 : (index.get(text) ?? -1))),
    missing,
  };
}

/**
 * Indices of the values to keep, in order of value.
 *
 * @param minRows - Fewest rows of a kept value.
 * @param most - Most values to keep: the most frequent ones, of equals the first.
 */
export function keptCategories(categories: Categories, minRows: number, most = Infinity): number[] {
  const { counts } = categories;
  const shared = [...counts.keys()].filter((i) => counts[i]! >= minRows);
  if (shared.length <= most) return shared;
  shared.sort((a, b) => counts[b]! - counts[a]! || a - b);
  return shared.slice(0, most).sort((a, b) => a - b);
}
