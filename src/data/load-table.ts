/**
 * A source into memory: its columns are read, their schema is inferred or obeyed, and they are converted.
 *
 * Columns are read as plain numbers, ISO datetimes or strings, as a sample suggests; a column that turns out
 * to be something else is read a second time as strings, and the parsers of `schema/` decide.
 */
import { MillwrightError } from "../core/index.ts";
import type { Cells, ColumnSchema } from "../schema/index.ts";
import type { Plan } from "./csv/sinks.ts";
import type { Finding } from "./finding.ts";
import { convertColumn } from "./infer/convert.ts";
import { inferColumn } from "./infer/infer-column.ts";
import type { RawColumn } from "./raw-column.ts";
import type { Declared, RawSource, ScanOptions } from "./raw-source.ts";
import { MemoryTable, type Table } from "./table.ts";

export interface LoadOptions extends Declared {
  readonly signal?: AbortSignal | undefined;
  /** Bytes read and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Reads all columns and decides what each is.
 *
 * @throws MillwrightError `DATA_EMPTY` without rows; with a given schema `SCHEMA_BAD_CELL`, `SCHEMA_WRONG_KIND`.
 */
export async function loadTable(source: RawSource, options: LoadOptions): Promise<Table> {
  const { rowCount, columns } = await scanWhole(source, source.plan(options), options);
  const odd = columns.map((column): Plan => (column.type === "odd" ? "string" : "skip"));
  if (odd.includes("string")) {
    const again = await scanWhole(source, odd, options);
    for (const [index, column] of again.columns.entries())
      if (column.type !== "skip") columns[index] = column;
  }
  if (rowCount === 0) {
    throw new MillwrightError(
      "DATA_EMPTY",
      `${source.owner} has ${source.names.length} columns and no rows.`,
      "Give a source with rows.",
    );
  }
  const findings: Finding[] = [...source.findings()];
  const fingerprint = await source.fingerprint();
  const settled = settleColumns(source, columns, options, findings);
  return new MemoryTable({
    owner: source.owner,
    schema: { columns: settled.map(({ column }) => column) },
    rowCount,
    cells: new Map(settled.map(({ column, cells }) => [column.name, cells])),
    findings,
    fingerprint: async () => fingerprint,
  });
}

async function scanWhole(
  source: RawSource,
  plans: readonly Plan[],
  options: LoadOptions,
): Promise<{ readonly rowCount: number; readonly columns: RawColumn[] }> {
  const request: ScanOptions = { whole: true, signal: options.signal, onProgress: options.onProgress };
  let read: { rowCount: number; columns: RawColumn[] } | undefined;
  // Runs to the end, where the source checks how many rows it had to leave out.
  for await (const chunk of source.scan(plans, request)) read = { ...chunk, columns: [...chunk.columns] };
  return read ?? { rowCount: 0, columns: plans.map(() => ({ type: "skip" })) };
}

/** Schema and cells of every column that is wanted; raw columns are let go one by one. */
export function settleColumns(
  source: Pick<RawSource, "owner" | "names" | "preferDecimalComma">,
  raw: RawColumn[],
  declared: Declared,
  findings: Finding[],
): readonly { readonly column: ColumnSchema; readonly cells: Cells }[] {
  const { owner, names, preferDecimalComma } = source;
  const settled: { column: ColumnSchema; cells: Cells }[] = [];
  for (const [index, name] of names.entries()) {
    const column = raw[index]!;
    raw[index] = { type: "skip" };
    if (column.type === "skip") continue;
    if (declared.schema !== undefined) {
      const known = declared.schema.columns.find((other) => other.name === name)!;
      settled.push({ column: known, cells: convertColumn(column, known, owner) });
      continue;
    }
    const place = { index, count: names.length, preferDecimalComma };
    const inferred = inferColumn(name, column, place, declared.columns?.[name]);
    findings.push(...inferred.findings);
    const exact = declared.exactNumbers === true && inferred.column.kind === "number";
    const settledColumn: ColumnSchema = exact ? { ...inferred.column, dtype: "float64" } : inferred.column;
    settled.push({ column: settledColumn, cells: convertColumn(column, settledColumn, owner) });
  }
  return settled;
}
