/** A table of objects that are already in memory: for tests, and for rows that an application has. */
import { canonicalJson, type Json, MillwrightError, sha256 } from "../core/index.ts";
import type { Cell } from "../schema/index.ts";
import type { Finding } from "./finding.ts";
import { settleColumns } from "./load-table.ts";
import type { RawColumn } from "./raw-column.ts";
import type { Declared } from "./raw-source.ts";
import { MemoryTable, type Table } from "./table.ts";

/**
 * Makes a table of rows; the keys of all rows are the columns, in order of appearance.
 *
 * @param rows - Numbers, strings, booleans, `Date`s; null, undefined, NaN and "" are missing.
 * @throws MillwrightError `DATA_EMPTY`, `SCHEMA_BAD_CELL`, `SCHEMA_WRONG_KIND`.
 */
export function tableFromRows(
  rows: readonly Readonly<Record<string, Cell | undefined>>[],
  declared: Declared = {},
): Table {
  const owner = `a table of ${rows.length} rows`;
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (rows.length === 0 || names.length === 0) {
    throw new MillwrightError(
      "DATA_EMPTY",
      `The table has ${names.length} columns and ${rows.length} rows.`,
      "Give rows.",
    );
  }
  const raw = names.map((name) => rawOf(rows.map((row) => row[name])));
  const findings: Finding[] = [];
  const wanted = declared.schema?.columns.map((column) => column.name);
  for (const [index, name] of names.entries())
    if (wanted?.includes(name) === false) raw[index] = { type: "skip" };
  const settled = settleColumns({ owner, names, preferDecimalComma: false }, raw, declared, findings);
  return new MemoryTable({
    owner,
    schema: { columns: settled.map(({ column }) => column) },
    rowCount: rows.length,
    cells: new Map(settled.map(({ column, cells }) => [column.name, cells])),
    findings,
    content: async () => {
      const text = canonicalJson({ names, rows: rows.map((row) => names.map((name) => json(row[name]))) });
      const hash = sha256(text);
      return { sha256: hash, reads: [{ source: owner, bytes: Buffer.byteLength(text), sha256: hash }] };
    },
  });
}

function json(cell: Cell | undefined): Json {
  if (cell === undefined || cell === null) return null;
  if (cell instanceof Date) return cell.toISOString();
  return typeof cell === "number" && !Number.isFinite(cell) ? null : cell;
}

function isMissing(cell: Cell | undefined): cell is null | undefined {
  return (
    cell === null || cell === undefined || cell === "" || (typeof cell === "number" && !Number.isFinite(cell))
  );
}

function rawOf(cells: readonly (Cell | undefined)[]): RawColumn {
  const present = cells.filter((cell) => !isMissing(cell));
  if (present.length > 0 && present.every((cell) => typeof cell === "number")) {
    return {
      type: "number",
      values: Float64Array.from(cells, (cell) => (isMissing(cell) ? Number.NaN : (cell as number))),
    };
  }
  if (present.length > 0 && present.every((cell) => cell instanceof Date)) {
    const values = Float64Array.from(cells, (cell) => (cell instanceof Date ? cell.getTime() : Number.NaN));
    return { type: "datetime", values, zoned: true };
  }
  const dictionary: string[] = [];
  const byText = new Map<string, number>();
  const codes = Int32Array.from(cells, (cell) => {
    if (isMissing(cell)) return -1;
    const text = cell instanceof Date ? cell.toISOString() : String(cell);
    const code = byText.get(text) ?? dictionary.push(text) - 1;
    byText.set(text, code);
    return code;
  });
  const typed = present.length > 0 && present.every((cell) => typeof cell === "boolean");
  return { type: "string", codes, dictionary, ...(typed ? { typed: "boolean" as const } : {}) };
}
