/**
 * Opens a table: finds out how its source is written, reads it, infers a schema, and keeps the columns.
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
import { openSource, type SourceOptions } from "./open-source.ts";
import type { RawColumn } from "./raw-column.ts";
import type { Declared, RawSource, ScanOptions } from "./raw-source.ts";
import { MemoryTable, requireColumn, type Table } from "./table.ts";

export interface OpenOptions extends SourceOptions, Declared {
  /** Columns of `schema` that the source may lack: the target at predict. */
  readonly optional?: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Bytes read and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Opens a file, several of one format, a query over files, or a database's table or query.
 *
 * @param source - A path, a glob (`sales-*.csv`), or `postgres://…?table=t`, `sqlite:file.db?table=t`; several
 *   paths are one table of all their rows, or with `sql` one view each, named after its file.
 * @throws MillwrightError `SOURCE_*` when it cannot be reached, `DATA_*` when it holds no usable table,
 *   `SCHEMA_DUPLICATE_COLUMN`, `SCHEMA_MISSING_COLUMN`, and with a given schema `SCHEMA_BAD_CELL` and
 *   `SCHEMA_WRONG_KIND`.
 */
export async function openTable(
  source: string | readonly string[],
  options: OpenOptions = {},
): Promise<Table> {
  const raw = await openSource(source, options);
  try {
    checkNames(raw.owner, raw.names, options);
    return await loadTable(raw, options);
  } finally {
    await raw.close();
  }
}

/** Reads all columns and decides what each is. */
async function loadTable(source: RawSource, options: OpenOptions): Promise<Table> {
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
  options: OpenOptions,
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
    settled.push({ column: inferred.column, cells: convertColumn(column, inferred.column, owner) });
  }
  return settled;
}

/** @throws MillwrightError `SCHEMA_DUPLICATE_COLUMN`, `SCHEMA_MISSING_COLUMN` for declared columns. */
function checkNames(owner: string, names: readonly string[], options: OpenOptions): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new MillwrightError(
        "SCHEMA_DUPLICATE_COLUMN",
        `${owner} has two columns named "${name}" among its ${names.length}.`,
        "Rename one of them.",
      );
    }
    seen.add(name);
  }
  const needed = (options.schema?.columns ?? [])
    .filter((column) => column.role !== "ignore" && options.optional?.includes(column.name) !== true)
    .map((column) => column.name);
  for (const name of [...Object.keys(options.columns ?? {}), ...needed]) requireColumn(owner, name, seen);
}
