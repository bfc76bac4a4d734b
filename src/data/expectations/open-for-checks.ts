/** Opens a table so that no cell stops the checks: columns that are not of the kind expected are read as text. */
import type { ColumnSchema, Kind } from "../../schema/index.ts";
import type { ColumnOverride } from "../infer/infer-column.ts";
import { type OpenOptions, openTable } from "../open-table.ts";
import type { Table } from "../table.ts";
import { type CellColumn, freeName } from "./checked-table.ts";
import type { ColumnExpectations, Expectations } from "./expectations.ts";

export interface OpenedForChecks {
  readonly table: Table;
  /** Columns whose cells are still to be read as the kind expected. */
  readonly byCell: readonly CellColumn[];
}

/** Opens a source once, and a second time where a column was not found as it is expected. */
export async function openForChecks(
  source: string | readonly string[],
  expectations: Expectations,
  options: OpenOptions,
): Promise<OpenedForChecks> {
  const open = (columns: Readonly<Record<string, ColumnOverride>>): Promise<Table> =>
    openTable(source, { ...options, exactNumbers: true, columns });
  const first = await open({});
  const columns: Record<string, ColumnOverride> = Object.create(null);
  const byCell: CellColumn[] = [];
  for (const column of first.schema.columns) {
    const { name } = column;
    if (!Object.hasOwn(expectations.columns, name)) continue;
    const expected = expectations.columns[name]!;
    const { kind, missingWords } = expected;
    if (kind === undefined || isAsExpected(column, expected)) continue;
    const missing = missingWords === undefined ? {} : { missing: missingWords };
    if (isTyped(kind) && !isReadable(column, expected)) {
      const format = column.kind === "number" ? column.format : undefined;
      const mark = freeName(first.schema, `millwright unreadable ${name}`);
      byCell.push({ name, kind, expected, missing: missingWords ?? column.missing ?? [], format, mark });
      columns[name] = { kind: "category", ...missing };
    } else {
      const format = column.kind === "number" && kind === "number" ? { format: column.format ?? {} } : {};
      const order = column.kind === "datetime" && column.order !== undefined ? { order: column.order } : {};
      columns[name] = { kind, ...missing, ...format, ...order };
    }
  }
  if (Object.keys(columns).length === 0) return { table: first, byCell };
  await first.close();
  return { table: await open(columns), byCell };
}

/** Whether the column was found exactly so. */
function isAsExpected(column: ColumnSchema, expected: ColumnExpectations): boolean {
  const { kind, missingWords } = expected;
  const found = column.missing ?? [];
  const sameMissing =
    missingWords === undefined ||
    (missingWords.length === found.length && missingWords.every((word) => found.includes(word)));
  return sameMissing && column.kind === kind && isReadable(column, expected);
}

/** Whether every cell of the column, as it was found, can be read as the kind expected. */
function isReadable(column: ColumnSchema, { kind, missingWords, order }: ColumnExpectations): boolean {
  if (column.kind !== kind) return false;
  if (missingWords !== undefined && column.missing?.some((code) => !missingWords.includes(code)) === true)
    return false;
  if (column.kind === "number") return column.wordsAreMissing !== true;
  return column.kind !== "datetime" || order === undefined || order === (column.order ?? "ymd");
}

/** The kinds whose cells can be unreadable. */
function isTyped(kind: Kind): kind is "number" | "datetime" | "boolean" {
  return kind === "number" || kind === "datetime" || kind === "boolean";
}
