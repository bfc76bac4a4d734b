/** Opens a table: the one door from what a user names to columns with a schema. */
import { MillwrightError } from "../core/index.ts";
import { type KeepOptions, keepTable } from "./keep-table.ts";
import { requireMemory } from "./memory.ts";
import { openSource, type SourceOptions } from "./open-source.ts";
import type { RawSource } from "./raw-source.ts";
import { requireColumn, requireTarget, type Table } from "./table.ts";

export interface OpenOptions extends SourceOptions, KeepOptions {
  /** Columns of `schema` that the source may lack: the target at predict. */
  readonly optional?: readonly string[];
}

/**
 * Opens a file, an http(s) address or an S3 object, several of one format, a query over them, or a database's table or query.
 *
 * @param source - A path, a glob (`sales-*.csv`), or `postgres://…?table=t`, `mysql://…?table=t`, `sqlite:file.db?table=t`; several
 *   paths are one table of all their rows, or with `sql` one view each, named after its file.
 * @throws MillwrightError `SOURCE_*` when it cannot be reached, `DATA_*` when it holds no usable table,
 *   `SCHEMA_DUPLICATE_COLUMN`, `SCHEMA_MISSING_COLUMN`, and with a given schema `SCHEMA_BAD_CELL` and
 *   `SCHEMA_WRONG_KIND`.
 */
export async function openTable(
  source: string | readonly string[],
  options: OpenOptions = {},
): Promise<Table> {
  const raw = await openChecked(source, options);
  try {
    return await keepTable(raw, options);
  } catch (error) {
    await raw.close();
    throw error;
  }
}

/** Opens a source that has the columns declared. */
export async function openChecked(
  source: string | readonly string[],
  options: OpenOptions,
): Promise<RawSource> {
  requireMemory(options.memory);
  const raw = await openSource(source, options);
  try {
    checkNames(raw.owner, raw.names, options);
    return raw;
  } catch (error) {
    await raw.close();
    throw error;
  }
}

/** @throws MillwrightError `SCHEMA_DUPLICATE_COLUMN`, `SCHEMA_MISSING_COLUMN` and `TARGET_MISSING` for declared columns. */
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
  for (const [name, { role }] of Object.entries(options.columns ?? {})) {
    if (role === "target") requireTarget(owner, name, seen);
    else requireColumn(owner, name, seen);
  }
  const known = new Set(options.schema?.columns.map(({ name }) => name));
  for (const name of needed) requireColumn(owner, name, seen, known);
}
