/** A DuckDB query as a source: Parquet, JSON, and SQL over any files. */
import { MillwrightError } from "../core/index.ts";
import type { FieldPlan } from "../kernels/index.ts";
import type { Engine } from "./duckdb/engine.ts";
import { flattened } from "./duckdb/nested.ts";
import {
  type Collector,
  collectorOf,
  type QueryColumn,
  queryColumns,
  shapedQuery,
} from "./duckdb/read-query.ts";
import type { Content } from "./bytes.ts";
import { type Finding, shellWord } from "./finding.ts";
import type { Ragged } from "./raw-column.ts";
import type { Declared, RawChunk, RawSource, ScanOptions } from "./raw-source.ts";

/** Rows in one chunk of a scan, and cells where there are many columns. */
const chunkRows = 65_536;
const chunkCells = 1 << 20;
/** A typed column takes at most this many bytes a row. */
const cellBytes = 8;

export interface QuerySourceOptions {
  readonly owner: string;
  readonly engine: Engine;
  readonly sql: string;
  /** Fingerprints of what the query reads. */
  readonly content: () => Promise<Content>;
  /** Findings of what the query reads. */
  readonly findings?: readonly Finding[];
  /** Names of columns as they are written, by those that DuckDB gives them instead. */
  readonly written?: (names: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** What is said where there is no row; else the columns are told. */
  readonly noRows?: string;
  /** Runs after the engine is closed. */
  readonly onClose?: () => Promise<void>;
}

export class QuerySource implements RawSource {
  readonly owner: string;
  readonly names: readonly string[];
  readonly preferDecimalComma = false;
  readonly expectedBytes: number;
  readonly ragged: Ragged = { count: 0, examples: [] };
  private readonly options: QuerySourceOptions;
  private readonly columns: readonly QueryColumn[];

  private nested: readonly Finding[];

  private constructor(
    options: QuerySourceOptions,
    columns: readonly QueryColumn[],
    names: readonly string[],
    rowCount: number,
    nested: readonly Finding[],
  ) {
    this.options = options;
    this.nested = nested;
    this.owner = options.owner;
    this.columns = columns;
    this.names = names;
    this.expectedBytes = rowCount * columns.length * cellBytes;
  }

  /** @throws MillwrightError `SOURCE_SQL`, `DATA_EMPTY` for a query without columns. */
  static async open(options: QuerySourceOptions): Promise<QuerySource> {
    const given = await queryColumns(options.engine, options.sql);
    const { sql, findings: nested } = flattened(options.sql, given);
    const columns = sql === options.sql ? given : await queryColumns(options.engine, sql);
    if (columns.length === 0) {
      throw new MillwrightError(
        "DATA_EMPTY",
        `${options.owner} has no columns.`,
        "Give a source with columns and rows.",
      );
    }
    const rowCount = await options.engine.number(`SELECT count(*)::DOUBLE FROM (${sql})`);
    if (rowCount === 0 && options.noRows !== undefined)
      throw new MillwrightError("DATA_EMPTY", options.noRows, "Give a source with rows.");
    const written = (await options.written?.(given.map(({ name }) => name))) ?? new Map<string, string>();
    const names = columns.map(({ name }) => nameIn(written, name));
    const findings = nested.map((finding): Finding => {
      const column = nameIn(written, finding.column!);
      return column === finding.column
        ? finding
        : { ...finding, column, undo: `--drop ${shellWord(column)}` };
    });
    return new QuerySource({ ...options, sql }, columns, names, rowCount, findings);
  }

  /** Whole numbers that may have more digits than float64 holds are read as numbers first, unless they are to be names. */
  plan(declared: Declared): readonly FieldPlan[] {
    const { schema } = declared;
    const kinds = new Map(schema?.columns.map(({ name, kind }) => [name, kind]));
    const first = (column: QueryColumn, place: number): FieldPlan => {
      const name = this.names[place]!;
      const kind = kinds.get(name) ?? declared.columns?.[name]?.kind;
      return isLong(column) && (kind === undefined || kind === "number" || kind === "datetime")
        ? "number"
        : "string";
    };
    if (schema === undefined) return this.columns.map(first);
    // Whoever reads by a schema has decided what to do with each column.
    this.nested = [];
    return this.columns.map((column, place) =>
      kinds.has(this.names[place]!) ? first(column, place) : "skip",
    );
  }

  /** Of whole numbers the plan "string" keeps all digits; of others a plan means the shape that their own type has. */
  async *scan(plans: readonly FieldPlan[], options: ScanOptions): AsyncGenerator<RawChunk> {
    const { engine, sql } = this.options;
    const places = plans.flatMap((plan, place) => (plan === "skip" ? [] : [place]));
    const used = places.map((place): QueryColumn => {
      const column = this.columns[place]!;
      return isLong(column) && plans[place] === "string" ? { ...column, shape: "string" } : column;
    });
    const enough = Math.min(chunkRows, Math.ceil(chunkCells / Math.max(1, used.length)));
    const collectors = used.map((column) => collectorOf(column, options.dictionaryBytes));
    let rowCount = 0;
    let done = 0;
    const take = (): RawChunk => {
      const chunk = { rowCount, columns: spread(plans.length, places, collectors) };
      rowCount = 0;
      return chunk;
    };
    for await (const chunk of engine.stream(shapedQuery(sql, used), options.signal)) {
      for (let column = 0; column < collectors.length; column++) collectors[column]!.add(chunk, column);
      rowCount += chunk.rowCount;
      done += chunk.rowCount * used.length * cellBytes;
      options.onProgress?.(done, Math.max(done, this.expectedBytes));
      if (options.whole !== true && rowCount >= enough) yield take();
    }
    if (rowCount > 0 || options.whole === true) yield take();
  }

  findings(): readonly Finding[] {
    return [...(this.options.findings ?? []), ...this.nested];
  }

  content(): Promise<Content> {
    return this.options.content();
  }

  async close(): Promise<void> {
    this.options.engine.close();
    await this.options.onClose?.();
  }
}

/** DuckDB's whole numbers that float64 does not hold all of. */
const longTypes = /^(U?(BIG|HUGE)INT|DECIMAL\((1[6-9]|[23]\d),0\))$/;
const isLong = ({ shape, type }: QueryColumn): boolean => shape === "number" && longTypes.test(type);

/** A column's name, or that of a part of its objects, as it is written. */
function nameIn(written: ReadonlyMap<string, string>, name: string): string {
  for (const [given, own] of written)
    if (name === given || name.startsWith(`${given}.`)) return `${own}${name.slice(given.length)}`;
  return name;
}

function spread(
  count: number,
  places: readonly number[],
  collectors: readonly Collector[],
): RawChunk["columns"] {
  const columns: RawChunk["columns"][number][] = Array.from(
    { length: count },
    () => ({ type: "skip" }) as const,
  );
  for (const [index, place] of places.entries()) columns[place] = collectors[index]!.take();
  return columns;
}
