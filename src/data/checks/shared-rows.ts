/** Rows of one table that stand in another too, as far as equal rows are no coincidence. */
import type { Cells, Frame } from "../../schema/index.ts";
import { copiedRows } from "./copied-rows.ts";

/**
 * @param known - The table that is learnt from.
 * @param names - Columns of both, of the same kind, in which rows are equal.
 * @returns How many rows of `other` equal one of `known`, at least: those that may be equal by coincidence are not counted
 *   (`copiedRows`).
 */
export function sharedRows(known: Frame, other: Frame, names: readonly string[]): number {
  const columns = new Map(
    names.map((name) => [name, joined(known.columns.get(name)!, other.columns.get(name)!)]),
  );
  const rowCount = known.rowCount + other.rowCount;
  const schema = { columns: known.schema.columns.filter(({ name }) => columns.has(name)) };
  const found = copiedRows({ rowCount, schema, columns }, names, known.rowCount);
  return (
    found?.subarray(known.rowCount).reduce((sum, first) => sum + (first < known.rowCount ? 1 : 0), 0) ?? 0
  );
}

/** The cells of both, one after the other. */
function joined(a: Cells, b: Cells): Cells {
  if (a.type === "number" && b.type === "number") {
    const values = new Float64Array(a.values.length + b.values.length);
    values.set(a.values);
    values.set(b.values, a.values.length);
    return { type: "number", values };
  }
  const [x, y] = [words(a), words(b)];
  const codeOf = new Map(x.dictionary.map((text, code) => [text, code]));
  const dictionary = [...x.dictionary];
  const renumbered = y.dictionary.map((text) => {
    const code = codeOf.get(text);
    if (code !== undefined) return code;
    return dictionary.push(text) - 1;
  });
  const codes = new Int32Array(x.codes.length + y.codes.length);
  codes.set(x.codes);
  y.codes.forEach((code, i) => (codes[x.codes.length + i] = code < 0 ? -1 : renumbered[code]!));
  return { type: "string", codes, dictionary };
}

function words(cells: Cells): Extract<Cells, { type: "string" }> {
  if (cells.type === "string") return cells;
  throw new Error("Millwright defect: a column is numbers in one table and words in the other");
}
