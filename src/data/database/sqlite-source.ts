/**
 * A table or query of a SQLite file, through libsql.
 *
 * Nothing is ever bound as a parameter: libsql aborts the process on the wrong type. Whole numbers come as
 * BigInt, so that none is rounded; a column declared BOOLEAN comes as true and false.
 */
import { stat } from "node:fs/promises";
import type { WriteStream } from "node:fs";
import { once } from "node:events";
import { MillwrightError, nearest } from "../../core/index.ts";
import { sqlName } from "../duckdb/read-query.ts";
import type { RawSource } from "../raw-source.ts";
import { csvCell, throughTemporaryCsv } from "./temporary-csv.ts";

type Database = import("libsql").Database;

/** What is wanted of a database: a query, or a table by name. */
export interface DatabaseRequest {
  readonly table?: string | undefined;
  readonly sql?: string | undefined;
}

/** Rows between two looks at the event loop. */
const batchRows = 2000;

/**
 * @param path - The SQLite file.
 * @throws MillwrightError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`, `SOURCE_SQL`, `RUNTIME_MISSING`.
 */
export async function openSqlite(path: string, request: DatabaseRequest): Promise<RawSource> {
  await requireFile(path);
  const database = await connect(path);
  try {
    const sql = request.sql ?? `SELECT * FROM ${sqlName(tableOf(database, path, request.table))}`;
    return await throughTemporaryCsv(path, (out) => writeRows(database, sql, path, out));
  } finally {
    database.close();
  }
}

async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() === true) return;
  throw new MillwrightError("SOURCE_NOT_FOUND", `There is no SQLite file ${path}.`, "Check the path.");
}

async function connect(path: string): Promise<Database> {
  let make: new (path: string, options?: { readonly timeout?: number }) => Database;
  try {
    make = (await import("libsql")).default as unknown as typeof make;
  } catch (cause) {
    throw new MillwrightError(
      "RUNTIME_MISSING",
      "Reading SQLite needs the package libsql, which is not installed.",
      "Install it: npm install libsql",
      { cause },
    );
  }
  try {
    const database = new make(path, { timeout: 10_000 });
    database.exec("PRAGMA query_only = ON");
    return database;
  } catch (cause) {
    throw new MillwrightError(
      "SOURCE_UNREADABLE",
      `${path} cannot be opened as SQLite: ${messageOf(cause)}.`,
      "Check that it is a SQLite database.",
      { cause },
    );
  }
}

function messageOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, "");
}

function tableOf(database: Database, path: string, wanted: string | undefined): string {
  const sql =
    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name";
  let names: readonly string[];
  try {
    names = (database.prepare(sql).all() as { name: string }[]).map((row) => row.name);
  } catch (cause) {
    throw new MillwrightError(
      "SOURCE_UNREADABLE",
      `${path} cannot be read as SQLite: ${messageOf(cause)}.`,
      "Check that it is a SQLite database.",
      { cause },
    );
  }
  if (wanted === undefined && names.length === 1) return names[0]!;
  if (wanted !== undefined && names.includes(wanted)) return wanted;
  const guess = wanted === undefined ? undefined : nearest(wanted, names);
  throw new MillwrightError(
    "SOURCE_NOT_FOUND",
    wanted === undefined
      ? `${path} has ${names.length} tables: ${names.slice(0, 8).join(", ")}.`
      : `${path} has no table "${wanted}" among its ${names.length}${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
    `Name one: sqlite:${path}?table=${guess ?? names[0] ?? "NAME"}, or give a query with --sql.`,
  );
}

async function writeRows(database: Database, sql: string, path: string, out: WriteStream): Promise<void> {
  const refuse = (cause: unknown): never => {
    throw new MillwrightError(
      "SOURCE_SQL",
      `The query on ${path} failed: ${messageOf(cause)}.`,
      "Correct the query.",
      { cause },
    );
  };
  let rows: IterableIterator<unknown>;
  let booleans: readonly boolean[];
  try {
    const statement = database.prepare(sql);
    if (!statement.reader) throw new Error("it gives no rows");
    const columns = statement.columns();
    booleans = columns.map((column) => /^bool/i.test(column.type ?? ""));
    out.write(`${columns.map((column) => csvCell(column.name)).join(",")}\n`);
    rows = statement.raw().safeIntegers().iterate();
  } catch (cause) {
    return refuse(cause);
  }
  let text = "";
  let count = 0;
  for (;;) {
    let next: IteratorResult<unknown, unknown>;
    try {
      next = rows.next();
    } catch (cause) {
      return refuse(cause);
    }
    if (next.done === true) break;
    const cells = next.value as readonly unknown[];
    text += `${cells.map((cell, index) => csvCell(booleans[index] === true ? truth(cell) : cell)).join(",")}\n`;
    if (++count % batchRows > 0) continue;
    if (!out.write(text)) await once(out, "drain");
    text = "";
  }
  out.write(text);
}

function truth(cell: unknown): unknown {
  return cell === 1n ? "true" : cell === 0n ? "false" : cell;
}
