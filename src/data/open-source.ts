/** From what a user names to rows: files by format, SQL over files, databases by URL. */
import { MillwrightError } from "../core/index.ts";
import { hashFiles } from "./bytes.ts";
import { type CsvOptions, openCsvFiles } from "./csv-source.ts";
import { Engine, type EngineOptions } from "./duckdb/engine.ts";
import { sqlText } from "./duckdb/read-query.ts";
import { QuerySource } from "./query-source.ts";
import type { RawSource } from "./raw-source.ts";
import { findFiles, type Format, type SourceFile } from "./source.ts";

export interface SourceOptions extends CsvOptions {
  /** Format, where the extension does not say. */
  readonly format?: Format;
  /** A query instead of a whole table. */
  readonly sql?: string;
  readonly threads?: number;
}

/**
 * @throws MillwrightError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`, `SOURCE_FORMAT`, `SOURCE_SQL`, and what the
 *   format brings.
 */
export async function openSource(
  source: string | readonly string[],
  options: SourceOptions,
): Promise<RawSource> {
  const names = typeof source === "string" ? [source] : source;
  const files: SourceFile[] = [];
  for (const name of names) files.push(...(await findFiles(name, options.format)));
  requireOneFormat(files);
  return openFiles(files, options);
}

async function openFiles(files: readonly SourceFile[], options: SourceOptions): Promise<RawSource> {
  const { format, path } = files[0]!;
  if (format === "csv" || format === "tsv") return openCsvFiles(files, options);
  const engine = await Engine.open(engineOptions(options));
  const list = `[${files.map((file) => sqlText(file.path)).join(", ")}]`;
  return openQuery(engine, {
    owner: files.length === 1 ? path : `${path} and ${files.length - 1} more`,
    sql: `SELECT * FROM ${readerOf(format, list)}`,
    fingerprint: () => hashFiles(files.map((file) => file.path)),
  });
}

function engineOptions(options: SourceOptions): EngineOptions {
  return options.threads === undefined ? {} : { threads: options.threads };
}

function readerOf(format: Exclude<Format, "csv" | "tsv">, list: string): string {
  if (format === "parquet") return `read_parquet(${list})`;
  return `read_json(${list}, format = '${format === "ndjson" ? "newline_delimited" : "auto"}', sample_size = -1)`;
}

async function openQuery(
  engine: Engine,
  options: { readonly owner: string; readonly sql: string; readonly fingerprint: () => Promise<string> },
): Promise<RawSource> {
  try {
    return await QuerySource.open({ engine, ...options });
  } catch (error) {
    engine.close();
    throw error;
  }
}

function requireOneFormat(files: readonly SourceFile[]): void {
  const first = files[0]!;
  const other = files.find((file) => file.format !== first.format);
  if (other === undefined) return;
  throw new MillwrightError(
    "SOURCE_FORMAT",
    `${first.path} is ${first.format} and ${other.path} is ${other.format}.`,
    "Give files of one format, or join them with --sql.",
  );
}
