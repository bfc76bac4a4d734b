/** From what a user names to rows: files by format, SQL over files, addresses of the web, databases. */
import { MillwrightError } from "../core/index.ts";
import { gatherFiles } from "./gather-files.ts";
import type { HttpOptions } from "./remote/http-options.ts";
import { type CsvOptions, openCsvFiles } from "./csv-source.ts";
import { openMysql } from "./database/mysql-source.ts";
import { openPostgres } from "./database/postgres-source.ts";
import { openSqlite } from "./database/sqlite-source.ts";
import { Engine, type EngineOptions } from "./duckdb/engine.ts";
import { writtenNames } from "./duckdb/json-names.ts";
import { loadTable as loadView } from "./duckdb/load-table.ts";
import { sqlName, sqlText } from "./duckdb/read-query.ts";
import type { Finding } from "./finding.ts";
import { keepTable } from "./keep-table.ts";
import { QuerySource } from "./query-source.ts";
import type { RawSource } from "./raw-source.ts";
import { contentOfFiles, type Format, pathsOf, type SourceFile } from "./source.ts";

export interface SourceOptions extends CsvOptions, HttpOptions {
  /** Format, where the extension does not say. */
  readonly format?: Format;
  /** A sheet of an Excel workbook, by name or number from 1; the first that is not hidden by default. */
  readonly sheet?: string;
  /** A query instead of a whole table; each file is a view named after it. */
  readonly sql?: string;
  /** Threads that read; a query of the user's runs on one, so that its rows keep one order. */
  readonly threads?: number;
  /** Bytes that the whole command may take; three quarters of what this process may use by default. */
  readonly memory?: number | undefined;
  /** Bytes of rows that may be kept in memory; larger sources are streamed. By default what `memory` leaves. */
  readonly memoryBytes?: number | undefined;
  /** Stops a download. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * @throws MillwrightError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`, `SOURCE_UNREACHABLE`, `SOURCE_FORMAT`,
 *   `SOURCE_SQL`, and what the format brings.
 */
export async function openSource(
  source: string | readonly string[],
  options: SourceOptions,
): Promise<RawSource> {
  const names = typeof source === "string" ? [source] : source;
  const database = names.find((name) => addressOf(name) !== undefined);
  if (database !== undefined) {
    if (names.length === 1) return openDatabase(addressOf(database)!, options.sql);
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `A database is given among ${names.length} sources.`,
      "Give the database alone, with a query that joins its tables.",
    );
  }
  const { files, temporary, remove } = await gatherFiles(names, options);
  if (!temporary) return openGathered(files, options);
  try {
    const opened = await openGathered(files, options);
    const content = await opened.content();
    const close = async (): Promise<void> => {
      await closeOpened();
      await remove();
    };
    const closeOpened = opened.close.bind(opened);
    return Object.assign(opened, { close, content: async () => content });
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * The local files behind the names of sources, as far as they can be told before anything is read: those of globs, and
 * those of SQLite databases with what SQLite keeps beside them. What cannot be read has none: reading tells why.
 */
export async function filesBehind(names: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const name of names) {
    const address = addressOrNone(name);
    if (address?.kind === "sqlite") {
      const { path } = address;
      files.push(path, `${path}-wal`, `${path}-journal`);
    } else if (address === undefined && !/^(https?|s3):\/\//i.test(name))
      files.push(...(await pathsOf(name)));
  }
  return files;
}

function addressOrNone(name: string): Address | undefined {
  try {
    return addressOf(name);
  } catch {
    return undefined;
  }
}

async function openGathered(files: readonly SourceFile[], options: SourceOptions): Promise<RawSource> {
  if (options.sql !== undefined) return openSql(files, options.sql, options);
  requireOneFormat(files);
  return openFiles(files, options);
}

type Address =
  | { readonly kind: "postgres" | "mysql"; readonly url: URL; readonly table?: string | undefined }
  | { readonly kind: "sqlite"; readonly path: string; readonly table?: string | undefined };

/** A database's address, or undefined for a file. */
function addressOf(name: string): Address | undefined {
  if (/^postgres(ql)?:\/\//i.test(name)) return serverAddress("postgres", "PostgreSQL", name);
  if (/^(mysql|mariadb):\/\//i.test(name)) return serverAddress("mysql", "MySQL", name);
  const prefixed = /^sqlite:(?:\/\/)?([^?]+)(?:\?(.*))?$/i.exec(name);
  const bare = /^([^?]+\.(?:db|sqlite|sqlite3))(?:\?(.*))?$/i.exec(name);
  const match = prefixed ?? bare;
  if (match === null) return undefined;
  const table = new URLSearchParams(match[2] ?? "").get("table") ?? undefined;
  return { kind: "sqlite", path: match[1]!, table };
}

function serverAddress(kind: "postgres" | "mysql", title: string, name: string): Address {
  const url = URL.canParse(name) ? new URL(name) : undefined;
  if (url === undefined || (kind === "mysql" && url.hostname === "")) {
    const port = kind === "postgres" ? 5432 : 3306;
    throw new MillwrightError(
      "SOURCE_UNREACHABLE",
      `The ${title} address cannot be read as a URL.`,
      `Write it as ${kind}://user:password@host:${port}/database?table=NAME.`,
    );
  }
  const table = url.searchParams.get("table") ?? undefined;
  url.searchParams.delete("table");
  return { kind, url, table };
}

function openDatabase(address: Address, sql: string | undefined): Promise<RawSource> {
  const request = { table: address.table, sql };
  if (address.kind === "sqlite") return openSqlite(address.path, request);
  return address.kind === "postgres" ? openPostgres(address.url, request) : openMysql(address.url, request);
}

async function openFiles(files: readonly SourceFile[], options: SourceOptions): Promise<RawSource> {
  const { format, name } = files[0]!;
  if (format === "csv" || format === "tsv") return openCsvFiles(files, options);
  const engine = await Engine.open(engineOptions(options));
  engine.subject = { kind: "file", path: name, format };
  const owner = files.length === 1 ? name : `${name} and ${files.length - 1} more`;
  return openQuery(engine, {
    owner,
    sql: `SELECT * FROM ${readerOf(files)}`,
    content: () => contentOfFiles(files),
    ...(format !== "parquet" && {
      written: (names: readonly string[]) => writtenNames(engine, owner, names, objectsOf(files)),
      noRows: `${owner} holds no objects, so that it has neither columns nor rows.`,
    }),
  });
}

function engineOptions(options: SourceOptions): EngineOptions {
  const { threads, memory } = options;
  // DuckDB reads in blocks of its own; what it spills goes to the temporary folder.
  const memoryBytes = options.memoryBytes ?? (memory === undefined ? undefined : memory / 4);
  return { ...(threads !== undefined && { threads }), ...(memoryBytes !== undefined && { memoryBytes }) };
}

const listOf = (files: readonly SourceFile[]): string =>
  `[${files.map((file) => sqlText(file.path)).join(", ")}]`;

function readerOf(files: readonly SourceFile[]): string {
  if (files[0]!.format === "parquet") return `read_parquet(${listOf(files)})`;
  return `read_json(${listOf(files)}, ${jsonOptions(files)}, sample_size = -1)`;
}

/** The same rows of JSON as objects. */
const objectsOf = (files: readonly SourceFile[]): string =>
  `read_json_objects(${listOf(files)}, ${jsonOptions(files)})`;

function jsonOptions(files: readonly SourceFile[]): string {
  const lines = files[0]!.format === "ndjson" ? "newline_delimited" : "auto";
  const packing = new Set(files.map((file) => file.packing));
  // Files packed in different ways are told apart by their extensions.
  const compression = packing.size > 1 ? "auto" : files[0]!.packing;
  return `format = '${lines}', compression = '${compression === "none" ? "uncompressed" : compression}'`;
}

async function openQuery(
  engine: Engine,
  options: Omit<Parameters<typeof QuerySource.open>[0], "engine">,
): Promise<RawSource> {
  try {
    return await QuerySource.open({ engine, ...options });
  } catch (error) {
    engine.close();
    throw error;
  }
}

/** A query over files, each a view with the name of its file. CSV files are read by our own reader first. */
async function openSql(
  files: readonly SourceFile[],
  sql: string,
  options: SourceOptions,
): Promise<RawSource> {
  const views = new Map<string, SourceFile>();
  for (const file of files) {
    const name = file.stem;
    const other = views.get(name);
    if (other !== undefined) {
      throw new MillwrightError(
        "PARAMETER_CONFLICT",
        `${other.name} and ${file.name} would both be the view "${name}".`,
        "Rename one of the files.",
      );
    }
    views.set(name, file);
  }
  const engine = await Engine.open({ ...engineOptions(options), threads: 1 });
  const findings: Finding[] = [];
  try {
    for (const [name, file] of views) {
      if (file.format === "csv" || file.format === "tsv") {
        const table = await keepTable(await openCsvFiles([file], options), {
          memory: options.memory,
          memoryBytes: options.memoryBytes,
          exactNumbers: true,
        });
        findings.push(...table.findings.filter((finding) => finding.effect === "readAs"));
        await loadView(engine, name, table);
        await table.close();
      } else await engine.execute(`CREATE VIEW ${sqlName(name)} AS SELECT * FROM ${readerOf([file])}`);
    }
  } catch (error) {
    engine.close();
    throw error;
  }
  engine.subject = { kind: "query", sql };
  return openQuery(engine, {
    owner: `the query over ${[...views.keys()].join(", ")}`,
    sql: sql.trim().replace(/;+$/, ""),
    content: () => contentOfFiles(files, sql),
    findings,
  });
}

function requireOneFormat(files: readonly SourceFile[]): void {
  const first = files[0]!;
  const other = files.find((file) => file.format !== first.format);
  if (other === undefined) return;
  throw new MillwrightError(
    "SOURCE_FORMAT",
    `${first.name} is ${first.format} and ${other.name} is ${other.format}.`,
    "Give files of one format, or join them with --sql.",
  );
}
